// How long fields of hashes live: HEXPIRE and its like, HTTL and its like, HPERSIST.

import type { Hash } from '../../datatypes/hash.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { expireField, fieldTime } from '../field-expire.ts';
import { dropEmpty, readHash, writeHash } from '../hash-value.ts';
import { integer } from '../string-value.ts';

// What HEXPIRE answers for a field.
export const NO_FIELD = -2;
const NOT_MET = 0; // The condition.
export const EXPIRES = 1;
export const DELETED = 2; // The time has come already.

const NO_EXPIRY = -1;
const PERSISTED = 1;

export const NO_FIELDS = new ReplyError(
  'ERR Mandatory argument FIELDS is missing or not at the right position',
);
const BAD_NUMFIELDS = new ReplyError('ERR Parameter `numFields` should be greater than 0');
export const NOT_POSITIVE = new ReplyError('ERR Number of fields must be a positive integer');
const MISCOUNTED = new ReplyError(
  'ERR The `numfields` parameter must match the number of arguments',
);

/**
 * Reads `FIELDS numfields field ...`, which begin at argv[at] and end the call; returns where the
 * first field is. Throws if anything is wrong, `problem` if numfields is no positive number.
 */
export function fieldsFrom(argv: readonly string[], at: number, problem: ReplyError): number {
  if (argv[at].toUpperCase() !== 'FIELDS') throw NO_FIELDS;
  // Unlike Redis: a call that ends here is refused without a look at what lies behind argv.
  const count = at + 1 < argv.length ? integer(argv[at + 1], problem) : 0;
  if (count < 1) throw problem;
  if (count !== argv.length - at - 2) throw MISCOUNTED;
  return at + 2;
}

/** HEXPIRE key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...] */
export function hexpire(c: Client): void {
  setExpiries(c, 1000, c.server.clock.ms, 'hexpire');
}

/** HEXPIREAT key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...] */
export function hexpireat(c: Client): void {
  setExpiries(c, 1000, 0, 'hexpireat');
}

/** HPEXPIRE key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...] */
export function hpexpire(c: Client): void {
  setExpiries(c, 1, c.server.clock.ms, 'hpexpire');
}

/** HPEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...] */
export function hpexpireat(c: Client): void {
  setExpiries(c, 1, 0, 'hpexpireat');
}

function setExpiries(c: Client, unitMs: number, fromMs: number, command: string): void {
  const argv = c.argv;
  const hash = writeHash(c);
  const whenMs = fieldTime(argv[2], unitMs, fromMs, command);
  const condition = conditionOf(argv[3]);
  const first = fieldsFrom(argv, condition === '' ? 3 : 4, BAD_NUMFIELDS);
  c.reply.array(argv.length - first);
  hash?.prepareTimes();
  let deleted = 0;
  const set: string[] = [];
  for (let at = first; at < argv.length; at++) {
    const result = hash === undefined ? NO_FIELD : expire(c, hash, argv[at], whenMs, condition);
    if (result === DELETED) deleted++;
    if (result === EXPIRES) set.push(argv[at]);
    c.reply.int(result);
  }
  if (c.server.propagation.active) {
    // Deletions are passed on one by one, by expire().
    c.instead = set.length === 0 ? [] : [repeatable(argv, whenMs, condition !== '', set)];
  }
  if (deleted + set.length === 0) return;
  c.db.changed(argv[1], deleted > 0 ? 'hdel' : 'hexpire', deleted + set.length);
  dropEmpty(c, hash!);
}

/** The command that lets fields expire at the same moment whenever it runs. */
function repeatable(
  argv: readonly string[],
  whenMs: number,
  conditional: boolean,
  set: readonly string[],
): string[] {
  const start = ['HPEXPIREAT', argv[1], String(whenMs)];
  if (conditional) start.push(argv[3]);
  return [...start, 'FIELDS', String(set.length), ...set];
}

function conditionOf(word: string): string {
  const upper = word.length === 2 ? word.toUpperCase() : '';
  return upper === 'NX' || upper === 'XX' || upper === 'GT' || upper === 'LT' ? upper : '';
}

/** Lets a field of the hash in argv[1] expire at a time, and tells what became of it. */
export function expire(
  c: Client,
  hash: Hash,
  field: string,
  whenMs: number,
  condition: string,
): number {
  const i = hash.find(field);
  if (i < 0) return NO_FIELD;
  if (!holds(condition, whenMs, hash.expiryAt(i))) return NOT_MET;
  if (whenMs <= c.server.clock.ms) {
    const { propagation } = c.server;
    if (propagation.active) propagation.add(c.db, ['HDEL', c.argv[1], field]);
    hash.removeAt(i);
    return DELETED;
  }
  expireField(c.server, c.db, c.argv[1], hash, i, whenMs);
  return EXPIRES;
}

/** Whether a field with this expiry, 0 for none, may get the new one. No expiry is the latest. */
function holds(condition: string, whenMs: number, presentMs: number): boolean {
  if (condition === '') return true;
  if (presentMs === 0) return condition === 'NX' || condition === 'LT';
  if (condition === 'GT') return whenMs > presentMs;
  if (condition === 'LT') return whenMs < presentMs;
  return condition === 'XX';
}

/** HTTL key FIELDS numfields field [field ...] */
export function httl(c: Client): void {
  replyExpiries(c, 1000, c.server.clock.ms);
}

/** HPTTL key FIELDS numfields field [field ...] */
export function hpttl(c: Client): void {
  replyExpiries(c, 1, c.server.clock.ms);
}

/** HEXPIRETIME key FIELDS numfields field [field ...] */
export function hexpiretime(c: Client): void {
  replyExpiries(c, 1000, 0);
}

/** HPEXPIRETIME key FIELDS numfields field [field ...] */
export function hpexpiretime(c: Client): void {
  replyExpiries(c, 1, 0);
}

function replyExpiries(c: Client, unitMs: number, fromMs: number): void {
  const argv = c.argv;
  const hash = readHash(c);
  const first = fieldsFrom(argv, 2, NOT_POSITIVE);
  const nowMs = c.server.clock.ms;
  c.reply.array(argv.length - first);
  for (let at = first; at < argv.length; at++) {
    const i = hash === undefined ? -1 : hash.find(argv[at]);
    if (i < 0 || hash!.expiredAt(i, nowMs)) {
      c.reply.int(NO_FIELD);
      continue;
    }
    const whenMs = hash!.expiryAt(i);
    // Redis: unlike TTL, a second that has begun counts as a whole one.
    c.reply.int(whenMs === 0 ? NO_EXPIRY : Math.ceil((whenMs - fromMs) / unitMs));
  }
}

/** HPERSIST key FIELDS numfields field [field ...] */
export function hpersist(c: Client): void {
  const argv = c.argv;
  const hash = writeHash(c);
  const first = fieldsFrom(argv, 2, NOT_POSITIVE);
  const nowMs = c.server.clock.ms;
  let persisted = 0;
  c.reply.array(argv.length - first);
  for (let at = first; at < argv.length; at++) {
    const i = hash === undefined ? -1 : hash.find(argv[at]);
    if (i < 0 || hash!.expiredAt(i, nowMs)) {
      c.reply.int(NO_FIELD);
    } else if (hash!.expiryAt(i) === 0) {
      c.reply.int(NO_EXPIRY);
    } else {
      hash!.expireAt(i, 0);
      persisted++;
      c.reply.int(PERSISTED);
    }
  }
  if (persisted > 0) c.db.changed(argv[1], 'hpersist');
}
