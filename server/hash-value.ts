// What the handlers of hashes have in common.

import { HASH } from '../datatypes/collection.ts';
import { Hash } from '../datatypes/hash.ts';
import type { Client } from './client.ts';

/** The hash at argv[1] for a command that only looks. Throws WRONGTYPE. */
export function readHash(c: Client): Hash | undefined {
  return c.db.readKind(c.argv[1], HASH) as Hash | undefined;
}

/** The same for one to be changed. */
export function writeHash(c: Client): Hash | undefined {
  return c.db.writeKind(c.argv[1], HASH) as Hash | undefined;
}

/** Sets one field, and creates the hash if it is missing. */
export function put(
  c: Client,
  hash: Hash | undefined,
  field: string,
  value: string,
  keepExpiry: boolean,
): void {
  const values = c.server.config.values;
  const to = hash ?? new Hash(c.server.hashSeed);
  const maxEntries = values['hash-max-listpack-entries'];
  to.set(field, value, maxEntries, values['hash-max-listpack-value'], keepExpiry);
  if (hash === undefined) c.db.add(c.argv[1], to);
}

/** Sets the fields that argv names from argv[first] on, and tells how many are new. */
export function setAll(
  c: Client,
  hash: Hash | undefined,
  first: number,
  keepExpiry: boolean,
): number {
  const argv = c.argv;
  const values = c.server.config.values;
  const maxEntries = values['hash-max-listpack-entries'];
  const maxBytes = values['hash-max-listpack-value'];
  const to = hash ?? new Hash(c.server.hashSeed);
  let longest = 0;
  for (let i = first; i < argv.length; i++) {
    if (argv[i].length > longest) longest = argv[i].length;
  }
  to.prepare((argv.length - first) / 2, longest, maxEntries, maxBytes);
  let created = 0;
  for (let i = first; i < argv.length; i += 2) {
    if (to.set(argv[i], argv[i + 1], maxEntries, maxBytes, keepExpiry)) created++;
  }
  if (hash === undefined) c.db.add(argv[1], to);
  return created;
}

/** Removes the key in argv[1] if its hash has no field left. */
export function dropEmpty(c: Client, hash: Hash): void {
  if (hash.size !== 0) return;
  c.db.drop(c.argv[1]);
  c.db.announce(c.argv[1], 'del');
}
