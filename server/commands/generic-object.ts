// OBJECT: how a value is represented, and how it was used.

import { Bytes } from '../../datatypes/string.ts';
import { FREQUENCY_UNKNOWN, IDLE_TIME_UNKNOWN } from '../../protocol/errors.ts';
import { isInt64 } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { isString, type Value } from '../keyspace.ts';
import type { Server } from '../server.ts';

const LONGEST_EMBEDDED = 44; // Redis: what fits 64 bytes together with the object's header.
const SHARED_INTEGERS = 10_000; // Redis: 0 to 9999 are made once, for all keys,
const SHARED = 2147483647; // and this is said to be the number of references to them.

/** The value of the key in question. Redis: asking is no use of the key, and a miss no event. */
function look(c: Client): Value | undefined {
  const key = c.argv[2];
  if (c.db.has(key)) return c.db.peek(key);
  c.server.stats.keyspaceMisses++;
  return undefined;
}

/** OBJECT ENCODING key */
export function objectEncoding(c: Client): void {
  const value = look(c);
  if (value === undefined) c.reply.null();
  else c.reply.bulk(encodingName(value));
}

/** The name of the encoding in which Redis would hold a value. */
export function encodingName(value: Value): string {
  if (typeof value === 'number') return 'int';
  if (!isString(value)) return value.encoding;
  if (value instanceof Bytes) return value.embedded ? 'embstr' : 'raw';
  if (value.length > LONGEST_EMBEDDED) return 'raw';
  return isInt64(value) ? 'int' : 'embstr'; // An integer beyond 2^53 is a string here.
}

/** OBJECT FREQ key */
export function objectFreq(c: Client): void {
  if (look(c) === undefined) return c.reply.null();
  if (!c.server.lfu) throw FREQUENCY_UNKNOWN;
  c.reply.int(c.db.frequency());
}

/** OBJECT IDLETIME key */
export function objectIdletime(c: Client): void {
  if (look(c) === undefined) return c.reply.null();
  if (c.server.lfu) throw IDLE_TIME_UNKNOWN;
  c.reply.int(c.db.idleSeconds());
}

/** OBJECT REFCOUNT key */
export function objectRefcount(c: Client): void {
  const value = look(c);
  if (value === undefined) return c.reply.null();
  c.reply.int(references(c.server, value));
}

/** How many references there are to a value, as Redis counts. */
export function references(server: Server, value: Value): number {
  // Unlike Redis: a copy of a small integer, which it does not share, is said to be shared too.
  const small = typeof value === 'number' && value >= 0 && value < SHARED_INTEGERS;
  return small && !evictsByUse(server) ? SHARED : 1;
}

/** Redis: integers are not shared if each needs a last use of its own. */
function evictsByUse(server: Server): boolean {
  const { maxmemory, 'maxmemory-policy': policy } = server.config.values;
  return Number(maxmemory) !== 0 && /l[rf]u$/.test(policy);
}

const HELP = [
  'OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'ENCODING <key>',
  '    Name the encoding in which the value of a key is held.',
  'FREQ <key>',
  '    Tell how often a key was used lately: a count on a logarithmic scale, which',
  '    is kept under an LFU policy only.',
  'IDLETIME <key>',
  '    Tell for how many seconds a key was not used.',
  'REFCOUNT <key>',
  '    Tell how many references there are to the value of a key.',
  'HELP',
  '    Show this text.',
];

/** OBJECT HELP */
export function objectHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}
