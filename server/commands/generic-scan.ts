// SCAN: a walk over the keys, some at a time, with nothing remembered between the calls.
//
// The cursor is the number of keys that are still to be visited (datatypes/dict.ts tells why
// that is enough). Nobody may rely on what it means, and a cursor that was made up is
// as good as any other.

import {
  INVALID_CURSOR,
  NOT_AN_INTEGER,
  NOVALUES_IN_HSCAN,
  SYNTAX,
} from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import { isInt64, parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import { patternSlot } from '../../protocol/slot.ts';
import type { Client } from '../client.ts';
import { type Database, typeName } from '../keyspace.ts';

const MAX_UINT64 = 18446744073709551615n;
const NO_NUMBER = ['', '', '', ''];
const FRUITLESS = 10; // Redis: how many times COUNT keys are visited to find COUNT that match.

/** SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] */
export function scan(c: Client): void {
  const argv = c.argv;
  let cursor = parseCursor(argv[1]);
  let pattern = '*';
  let count = 10;
  let type: string | null = null;
  for (let i = 2; i < argv.length; i += 2) {
    const word = argv[i].toUpperCase();
    if (word === 'NOVALUES') throw NOVALUES_IN_HSCAN;
    if (i + 1 === argv.length) throw SYNTAX;
    if (word === 'COUNT') count = parseCount(argv[i + 1]);
    else if (word === 'MATCH') pattern = argv[i + 1];
    else if (word === 'TYPE') type = argv[i + 1].toLowerCase();
    else throw SYNTAX;
  }

  const db = c.db;
  const found: string[] = [];
  const all = pattern === '*';
  const visit = (i: number): void => {
    const key = db.dict.keyAt(i);
    if (all || globMatch(pattern, key)) found.push(key);
  };
  let left = count * FRUITLESS;
  // What matches may be of one slot alone. Its cursor means nothing to any other pattern.
  const slot = db.slots === null || all ? -1 : patternSlot(pattern);
  do {
    const visits = Math.min(count - found.length, left);
    if (slot < 0) cursor = db.scan(cursor, visits, visit);
    else cursor = db.slots!.scan(slot, cursor, visits, visit);
    left -= visits;
  } while (cursor !== 0 && left > 0 && found.length < count);

  c.reply.array(2);
  c.reply.bulkInt(cursor);
  const start = c.reply.beginArray();
  let said = 0;
  for (const key of found) {
    // Redis: a key of another type is looked at too, and goes if its time has come.
    if (!(type === null ? db.has(key) : isOfType(db, key, type))) continue;
    c.reply.bulk(key);
    said++;
  }
  c.reply.endArray(start, said);
}

function isOfType(db: Database, key: string, type: string): boolean {
  const value = db.peek(key);
  return value !== undefined && typeName(value) === type;
}

/**
 * A cursor: 64 bits without a sign. Those beyond 2^53 come out as that; there are no so many keys.
 * Redis: what is not spelled as numbers usually are is read by C's strtoull, up to a NUL, so
 * that " 5" and "+5" are 5, and " -5" is a large number; but "-5" is refused.
 */
export function parseCursor(bytes: string): number {
  const n = parseSafeInt(bytes);
  if (n >= 0) return n;
  const [, text, sign, digits] = /^([\t-\r ]*([+-]?)(\d+))(?:\0|$)/.exec(bytes) ?? NO_NUMBER;
  if (digits === '' || (sign === '-' && isInt64(text))) throw INVALID_CURSOR;
  const magnitude = BigInt(digits);
  if (magnitude > MAX_UINT64) throw INVALID_CURSOR;
  const cursor = sign === '-' ? BigInt.asUintN(64, -magnitude) : magnitude;
  return Math.min(Number(cursor), Number.MAX_SAFE_INTEGER);
}

export function parseCount(bytes: string): number {
  const n = parseSafeInt(bytes);
  if (n >= 1) return n;
  const large = parseInt64(bytes);
  if (large === undefined) throw NOT_AN_INTEGER;
  if (large < 1n) throw SYNTAX;
  return Number.MAX_SAFE_INTEGER;
}
