// SET and GETEX: the string commands with many options, most of them about time.

import { SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { expireTime } from '../expire-time.ts';
import { removal } from '../propagate.ts';
import { encode, replyValue } from '../string-value.ts';

// The options met, as bits.
const NX = 1 << 0;
const XX = 1 << 1;
const GET = 1 << 2;
const EX = 1 << 3;
const PX = 1 << 4;
const EXAT = 1 << 5;
const PXAT = 1 << 6;
const KEEPTTL = 1 << 7;
const PERSIST = 1 << 8;
const TIMES = EX | PX | EXAT | PXAT;

let timeAt = 0; // Where the options read last had their time; 0 if they had none.

/** Reads the options from argv[first] on; throws unless they are of those allowed, and agree. */
function options(argv: readonly string[], first: number, allowed: number): number {
  let how = 0;
  timeAt = 0;
  for (let i = first; i < argv.length; i++) {
    const option = optionOf(argv[i]) & allowed;
    if (option === 0 || how & excludedBy(option)) throw SYNTAX;
    how |= option;
    if (option & TIMES) {
      timeAt = ++i;
      if (i === argv.length) throw SYNTAX;
    }
  }
  return how;
}

function optionOf(word: string): number {
  switch (word.length <= 7 ? word.toUpperCase() : '') {
    case 'NX':
      return NX;
    case 'XX':
      return XX;
    case 'GET':
      return GET;
    case 'EX':
      return EX;
    case 'PX':
      return PX;
    case 'EXAT':
      return EXAT;
    case 'PXAT':
      return PXAT;
    case 'KEEPTTL':
      return KEEPTTL;
    case 'PERSIST':
      return PERSIST;
    default:
      return 0;
  }
}

function excludedBy(option: number): number {
  switch (option) {
    case NX:
      return XX;
    case XX:
      return NX;
    case GET:
      return 0;
    default: // Whatever is about time excludes all else that is; twice the same is allowed.
      return (TIMES | KEEPTTL | PERSIST) & ~option;
  }
}

function timeOf(c: Client, how: number, command: string): number | bigint {
  const unitMs = how & (EX | EXAT) ? 1000 : 1;
  return expireTime(c.argv[timeAt], unitMs, how & (EX | PX) ? c.server.clock.ms : 0, command);
}

/**
 * SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT
 *   unix-time-milliseconds|KEEPTTL]
 */
export function set(c: Client): void {
  const argv = c.argv;
  const key = argv[1];
  if (argv.length === 3) {
    c.db.put(key, encode(argv[2]));
    c.db.changed(key, 'set');
    return c.reply.ok();
  }
  const how = options(argv, 3, NX | XX | GET | TIMES | KEEPTTL);
  const whenMs = timeAt === 0 ? 0 : timeOf(c, how, 'set');
  if (how & GET) {
    const old = c.db.readString(key);
    if (old === undefined) c.reply.null();
    else replyValue(c.reply, old);
  }
  if (how & (NX | XX)) {
    const found = c.db.write(key) !== undefined;
    if (found ? how & NX : how & XX) {
      if (!(how & GET)) c.reply.null();
      return;
    }
  }
  c.db.put(key, encode(argv[2]), (how & KEEPTTL) !== 0);
  if (whenMs !== 0) c.db.expireAt(key, whenMs);
  c.db.changed(key, 'set');
  if (whenMs !== 0) c.db.announce(key, 'expire');
  if (c.server.propagation.active) c.instead = [repeatable(argv, how, whenMs)];
  if (!(how & GET)) c.reply.ok();
}

/** SET in the form that does the same at another time: with the moment of expiry, without GET. */
function repeatable(argv: readonly string[], how: number, whenMs: number | bigint): string[] {
  if (whenMs !== 0 && !(how & PXAT)) {
    return ['SET', argv[1], argv[2], 'PXAT', String(whenMs)];
  }
  if (whenMs !== 0) return argv.slice();
  return argv.filter((word, i) => i < 3 || word.toUpperCase() !== 'GET');
}

/**
 * GETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|
 *   PERSIST]
 */
export function getex(c: Client): void {
  const key = c.argv[1];
  const how = options(c.argv, 2, TIMES | PERSIST);
  const value = c.db.readString(key);
  if (value === undefined) return c.reply.null();
  const whenMs = timeAt === 0 ? 0 : timeOf(c, how, 'getex');
  replyValue(c.reply, value);
  if (how & (EXAT | PXAT) && whenMs <= c.server.clock.ms) {
    c.db.remove(key);
    c.db.changed(key, 'del');
    if (c.server.propagation.active) c.instead = [removal(c.server, key)];
  } else if (whenMs !== 0) {
    c.db.expireAt(key, whenMs);
    c.db.changed(key, 'expire');
    if (c.server.propagation.active) c.instead = [['PEXPIREAT', key, String(whenMs)]];
  } else if (how & PERSIST && c.db.persist(key)) {
    c.db.changed(key, 'persist');
    if (c.server.propagation.active) c.instead = [['PERSIST', key]];
  }
}
