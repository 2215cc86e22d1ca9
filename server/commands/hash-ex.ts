// HGETEX, HSETEX and HGETDEL: values of fields together with how long they live.

import type { Hash } from '../../datatypes/hash.ts';
import { quoting, ReplyError, wrongArity } from '../../protocol/errors.ts';
import { parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { dropExpired, fieldTime } from '../field-expire.ts';
import { dropEmpty, setAll, writeHash } from '../hash-value.ts';
import { DELETED, EXPIRES, expire, fieldsFrom, NOT_POSITIVE } from './hash-expire.ts';
import type { KeyEvent } from '../notify.ts';

const ONE_TIME = new ReplyError(
  'ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified',
);
const ONE_CONDITION = new ReplyError('ERR Only one of FXX or FNX arguments can be specified');
const BAD_COUNT = new ReplyError('ERR invalid number of fields');
const MAX_COUNT = 2 ** 31 - 1;

const NEVER = -1; // No time was given.

/** Whether a word, in upper case, says that a time follows. */
function isTime(word: string): boolean {
  return word === 'EX' || word === 'PX' || word === 'EXAT' || word === 'PXAT';
}

function timeAfter(c: Client, word: string, bytes: string, command: string): number {
  const fromMs = word.length === 2 ? c.server.clock.ms : 0;
  return fieldTime(bytes, word[0] === 'E' ? 1000 : 1, fromMs, command);
}

/**
 * HGETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|
 *   PERSIST] FIELDS numfields field [field ...]
 */
export function hgetex(c: Client): void {
  const argv = c.argv;
  const hash = writeHash(c);
  const word = argv[2].toUpperCase();
  const timed = isTime(word);
  const whenMs = timed ? timeAfter(c, word, argv[3], 'hgetex') : NEVER;
  const persists = word === 'PERSIST';
  const first = fieldsFrom(argv, timed ? 4 : persists ? 3 : 2, NOT_POSITIVE);
  const done = new Done();
  if (timed || persists) hash?.prepareTimes();
  c.reply.array(argv.length - first);
  for (let at = first; at < argv.length; at++) {
    const i = replyField(c, hash, argv[at], done);
    if (i < 0) continue;
    if (timed) {
      if (expire(c, hash!, argv[at], whenMs, '') === DELETED) done.deleted++;
      else done.changed.push(argv[at]);
    } else if (persists && hash!.expiryAt(i) !== 0) {
      hash!.expireAt(i, 0);
      done.changed.push(argv[at]);
    }
  }
  if (c.server.propagation.active) {
    const start = timed ? ['HPEXPIREAT', argv[1], String(whenMs)] : ['HPERSIST', argv[1]];
    c.instead = done.changed.length === 0 ? [] : [[...start, ...argv.slice(first - 2)]];
  }
  if (hash !== undefined) done.tell(c, hash, timed ? 'hexpire' : 'hpersist');
}

/** What a command did to the fields that it named. */
class Done {
  expired = 0;
  deleted = 0;
  readonly changed: string[] = [];

  /** Tells of it, `event` being what was changed, and removes the key if no field is left. */
  tell(c: Client, hash: Hash, event: KeyEvent | null): void {
    const { db } = c;
    const key = c.argv[1];
    const { expired, deleted, changed } = this;
    if (expired > 0) db.changed(key, 'hexpired', 0);
    if (event !== null && changed.length > 0) db.changed(key, event, changed.length);
    if (deleted > 0) db.changed(key, 'hdel', deleted);
    dropEmpty(c, hash);
  }
}

/** Replies with a field's value, and returns its entry; null and -1 if there is none. */
function replyField(c: Client, hash: Hash | undefined, field: string, done: Done): number {
  const i = hash === undefined ? -1 : findOrDrop(c, hash, field, done);
  if (i < 0) c.reply.null();
  else c.reply.bulk(hash!.valueAt(i));
  return i;
}

function findOrDrop(c: Client, hash: Hash, field: string, done: Done): number {
  const i = hash.find(field);
  if (i < 0 || !hash.expiredAt(i, c.server.clock.ms)) return i;
  if (dropExpired(c.server, c.db, c.argv[1], hash, i)) done.expired++;
  return -1;
}

/** HGETDEL key FIELDS numfields field [field ...] */
export function hgetdel(c: Client): void {
  const argv = c.argv;
  const hash = writeHash(c);
  const first = fieldsFrom(argv, 2, NOT_POSITIVE);
  const done = new Done();
  c.reply.array(argv.length - first);
  for (let at = first; at < argv.length; at++) {
    const i = replyField(c, hash, argv[at], done);
    if (i < 0) continue;
    hash!.removeAt(i);
    done.deleted++;
  }
  if (c.server.propagation.active) {
    c.instead = done.deleted === 0 ? [] : [['HDEL', argv[1], ...argv.slice(first)]];
  }
  if (hash !== undefined && done.deleted + done.expired > 0) done.tell(c, hash, null);
}

// What the options read last said.
let condition = '';
let keepsExpiry = false;
let givenMs = NEVER;
let givenAt = 0; // Where in argv its number is.

/** Reads the options of HSETEX, and returns where its first field is. */
function options(c: Client): number {
  const argv = c.argv;
  condition = '';
  keepsExpiry = false;
  givenMs = NEVER;
  let timed = false;
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'FIELDS') {
      checkCount(argv, i);
      return i + 2;
    }
    if (word === 'FXX' || word === 'FNX') {
      if (condition !== '') throw ONE_CONDITION;
      condition = word;
      continue;
    }
    if (word !== 'KEEPTTL' && !isTime(word)) throw quoting('unknown argument: ', argv[i], '');
    if (timed) throw ONE_TIME;
    timed = true;
    keepsExpiry = word === 'KEEPTTL';
    if (keepsExpiry) continue;
    givenAt = ++i;
    givenMs = timeAfter(c, word, argv[i], 'hsetex');
  }
  throw wrongArity('hsetex'); // Never: so many options exclude each other.
}

function checkCount(argv: readonly string[], at: number): void {
  if (at >= argv.length - 3) throw wrongArity('hsetex');
  const count = parseSafeInt(argv[at + 1]);
  if (!(count >= 1 && count <= MAX_COUNT)) throw BAD_COUNT;
  if (count * 2 !== argv.length - at - 2) throw wrongArity('hsetex');
}

/**
 * HSETEX key [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT
 *   unix-time-milliseconds|KEEPTTL] FIELDS numfields field value [field value ...]
 */
export function hsetex(c: Client): void {
  const argv = c.argv;
  const key = argv[1];
  const first = options(c);
  const whenMs = givenMs;
  const found = writeHash(c);
  if (condition !== '' && !isMet(c, found, first)) {
    if (c.server.propagation.active) c.instead = [];
    if (found !== undefined) dropEmpty(c, found);
    return c.reply.int(0);
  }
  setAll(c, found, first, keepsExpiry || whenMs !== NEVER);
  const hash = found ?? writeHash(c)!;
  let deleted = 0;
  let set = 0;
  if (whenMs !== NEVER) {
    hash.prepareTimes();
    for (let at = first; at < argv.length; at += 2) {
      const result = expire(c, hash, argv[at], whenMs, '');
      if (result === DELETED) deleted++;
      else if (result === EXPIRES) set++;
    }
  }
  c.db.changed(key, 'hset', (argv.length - first) / 2);
  if (deleted + set > 0) c.db.announce(key, deleted > 0 ? 'hdel' : 'hexpire');
  dropEmpty(c, hash);
  if (c.server.propagation.active && whenMs !== NEVER) {
    const moment = argv.slice();
    moment.splice(givenAt - 1, 2, 'PXAT', String(whenMs));
    c.instead = deleted > 0 ? [] : [moment];
  }
  c.reply.int(1);
}

/** Whether all fields are there (FXX), or none (FNX). Those whose time has come go, silently. */
function isMet(c: Client, hash: Hash | undefined, first: number): boolean {
  const done = new Done();
  const wanted = condition === 'FXX';
  for (let at = first; at < c.argv.length; at += 2) {
    const there = hash !== undefined && findOrDrop(c, hash, c.argv[at], done) >= 0;
    if (there !== wanted) return false;
  }
  return true;
}
