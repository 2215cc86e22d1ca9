// How long keys live: EXPIRE and its like, TTL and its like, PERSIST.
//
// A time is a number, or a bigint where it lies beyond 2^53; a comparison of the two is exact.

import {
  GT_AND_LT,
  NOT_AN_INTEGER,
  NX_AND_XX_GT_LT,
  unsupportedOption,
} from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { removal } from '../propagate.ts';
import { invalidExpireTime } from '../expire-time.ts';

const NX = 1; // Only if the key has no expiry,
const XX = 2; // only if it has one,
const GT = 4; // only if the new one is later,
const LT = 8; // only if it is sooner.

const MAX_INT64 = 9223372036854775807n;
const MIN_INT64 = -9223372036854775808n;

/** EXPIRE key seconds [NX|XX|GT|LT] */
export function expire(c: Client): void {
  setExpiry(c, 1000, c.server.clock.ms, 'expire');
}

/** EXPIREAT key unix-time-seconds [NX|XX|GT|LT] */
export function expireat(c: Client): void {
  setExpiry(c, 1000, 0, 'expireat');
}

/** PEXPIRE key milliseconds [NX|XX|GT|LT] */
export function pexpire(c: Client): void {
  setExpiry(c, 1, c.server.clock.ms, 'pexpire');
}

/** PEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT] */
export function pexpireat(c: Client): void {
  setExpiry(c, 1, 0, 'pexpireat');
}

function setExpiry(c: Client, unitMs: number, fromMs: number, command: string): void {
  const key = c.argv[1];
  const how = c.argv.length > 3 ? condition(c.argv) : 0;
  const whenMs = timeOf(c.argv[2], unitMs, fromMs, command);
  const db = c.db;
  if (db.write(key) === undefined) return c.reply.int(0);
  if (how !== 0 && !holds(how, whenMs, db.exactExpiryAt(db.at))) return c.reply.int(0);
  if (whenMs <= c.server.clock.ms) {
    db.remove(key);
    const expires = c.server.version.hasOwn('8.1');
    if (expires) c.server.stats.expiredKeys++;
    db.changed(key, expires ? 'expired' : 'del');
    if (c.server.propagation.active) c.instead = [removal(c.server, key)];
  } else {
    db.expireAt(key, whenMs);
    db.changed(key, 'expire');
    if (c.server.propagation.active && command !== 'pexpireat') {
      c.instead = [['PEXPIREAT', key, String(whenMs), ...c.argv.slice(3)]];
    }
  }
  c.reply.int(1);
}

function condition(argv: readonly string[]): number {
  let how = 0;
  for (let i = 3; i < argv.length; i++) how |= option(argv[i]);
  if (how & NX && how !== NX) throw NX_AND_XX_GT_LT;
  if (how & GT && how & LT) throw GT_AND_LT;
  return how;
}

function option(word: string): number {
  switch (word.length === 2 ? word.toUpperCase() : '') {
    case 'NX':
      return NX;
    case 'XX':
      return XX;
    case 'GT':
      return GT;
    case 'LT':
      return LT;
    default:
      throw unsupportedOption(word);
  }
}

/** Whether a key with this expiry, -1 for none, may get the new one. No expiry is the latest. */
function holds(how: number, whenMs: number | bigint, presentMs: number | bigint): boolean {
  if (presentMs === -1) return !(how & (XX | GT));
  if (how & NX) return false;
  return !(how & GT && whenMs <= presentMs) && !(how & LT && whenMs >= presentMs);
}

/** The Unix time in ms that is so many units from `fromMs`; throws if it does not fit 64 bits. */
function timeOf(bytes: string, unitMs: number, fromMs: number, command: string): number | bigint {
  const n = parseSafeInt(bytes);
  if (Number.isSafeInteger(n * unitMs + fromMs)) return n * unitMs + fromMs;
  const large = parseInt64(bytes);
  if (large === undefined) throw NOT_AN_INTEGER;
  const ms = large * BigInt(unitMs);
  const whenMs = ms + BigInt(fromMs);
  if (ms < MIN_INT64 || ms > MAX_INT64 || whenMs > MAX_INT64) throw invalidExpireTime(command);
  return whenMs;
}

/** PERSIST key */
export function persist(c: Client): void {
  const key = c.argv[1];
  const db = c.db;
  const had = db.write(key) !== undefined && db.persist(key);
  if (had) db.changed(key, 'persist');
  c.reply.int(had ? 1 : 0);
}

/** TTL key */
export function ttl(c: Client): void {
  replyExpiry(c, 1000, c.server.clock.ms);
}

/** PTTL key */
export function pttl(c: Client): void {
  replyExpiry(c, 1, c.server.clock.ms);
}

/** EXPIRETIME key */
export function expiretime(c: Client): void {
  replyExpiry(c, 1000, 0);
}

/** PEXPIRETIME key */
export function pexpiretime(c: Client): void {
  replyExpiry(c, 1, 0);
}

function replyExpiry(c: Client, unitMs: number, fromMs: number): void {
  const db = c.db;
  if (db.peek(c.argv[1]) === undefined) return c.reply.int(-2);
  const whenMs = db.exactExpiryAt(db.at);
  if (whenMs === -1) return c.reply.int(-1);
  if (typeof whenMs === 'bigint') {
    const leftMs = whenMs - BigInt(fromMs);
    return c.reply.int64(unitMs === 1 ? leftMs : (leftMs + 500n) / 1000n);
  }
  const leftMs = Math.max(0, whenMs - fromMs);
  c.reply.int(unitMs === 1 ? leftMs : Math.floor((leftMs + 500) / 1000));
}
