// Passwords: never kept, only their SHA-256; compared in a time that tells nothing; made of
// chance that nobody can guess.
//
// This file is one of the edges that may use node: modules.

import { createHash, randomBytes } from 'node:crypto';

const HASH_DIGITS = 64;

/** The SHA-256 of a password, in lower-case hexadecimal digits. */
export function hashPassword(password: string): string {
  return createHash('sha256').update(password, 'latin1').digest('hex');
}

export function isPasswordHash(text: string): boolean {
  return text.length === HASH_DIGITS && /^[0-9a-f]+$/.test(text);
}

/** Whether a hash is among these; all of them are looked at, to their ends. */
export function isAmong(hash: string, hashes: readonly string[]): boolean {
  let found = false;
  for (const each of hashes) {
    let difference = each.length ^ hash.length;
    for (let i = 0; i < HASH_DIGITS; i++) difference |= each.charCodeAt(i) ^ hash.charCodeAt(i);
    if (difference === 0) found = true;
  }
  return found;
}

/** So many hexadecimal digits that nobody can foretell. */
export function unguessable(digits: number): string {
  return randomBytes((digits + 1) >> 1)
    .toString('hex')
    .slice(0, digits);
}
