// String commands: plain values, counters, parts of values. What a string key holds is
// datatypes/string.ts; what each command accepts is protocol/commands/string.ts.

import { Bytes, LARGE, stringLength, stringOf, type StringValue } from '../../datatypes/string.ts';
import type { string as specs } from '../../protocol/commands/string.ts';
import {
  DECREMENT_OVERFLOW,
  NAN_OR_INFINITY,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  OFFSET_OUT_OF_RANGE,
  OVERFLOW,
  STRING_TOO_LONG,
  wrongArity,
} from '../../protocol/errors.ts';
import { incrByFloat, NOT_FINITE } from '../../protocol/long-double.ts';
import { fitsInt64, parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { expireTime } from '../expire-time.ts';
import { edit, encode, endsFirst, integer, replyValue } from '../string-value.ts';
import { lcs } from './string-lcs.ts';
import { getex, set } from './string-set.ts';

const NUMERAL_MAX = 5 * 1024;
const EMBEDDED_MAX = 44; // Redis: longer strings are not kept in one piece with their object.

/** GET key */
function get(c: Client): void {
  const value = c.db.readString(c.argv[1]);
  if (value === undefined) c.reply.null();
  else replyValue(c.reply, value);
}

/** GETDEL key */
function getdel(c: Client): void {
  const value = c.db.readString(c.argv[1]);
  if (value === undefined) return c.reply.null();
  c.db.remove(c.argv[1]);
  c.db.changed(c.argv[1], 'del');
  if (c.server.propagation.active) c.instead = [['DEL', c.argv[1]]];
  replyValue(c.reply, value);
}

/** GETSET key value */
function getset(c: Client): void {
  const [, key, bytes] = c.argv;
  const old = c.db.readString(key);
  if (old === undefined) c.reply.null();
  else replyValue(c.reply, old);
  c.db.put(key, encode(bytes));
  c.db.changed(key, 'set');
  if (c.server.propagation.active) c.instead = [['SET', key, bytes]];
}

/** SETNX key value */
function setnx(c: Client): void {
  const key = c.argv[1];
  if (c.db.write(key) !== undefined) return c.reply.int(0);
  c.db.add(key, encode(c.argv[2]));
  c.db.changed(key, 'set');
  c.reply.int(1);
}

/** SETEX key seconds value */
function setex(c: Client): void {
  setExpiring(c, expireTime(c.argv[2], 1000, c.server.clock.ms, 'setex'));
}

/** PSETEX key milliseconds value */
function psetex(c: Client): void {
  setExpiring(c, expireTime(c.argv[2], 1, c.server.clock.ms, 'psetex'));
}

function setExpiring(c: Client, whenMs: number | bigint): void {
  const key = c.argv[1];
  c.db.put(key, encode(c.argv[3]));
  c.db.expireAt(key, whenMs);
  c.db.changed(key, 'set');
  c.db.announce(key, 'expire');
  if (c.server.propagation.active) {
    c.instead = [['SET', key, c.argv[3], 'PXAT', String(whenMs)]];
  }
  c.reply.ok();
}

/** MGET key [key ...] */
function mget(c: Client): void {
  const argv = c.argv;
  c.reply.array(argv.length - 1);
  for (let i = 1; i < argv.length; i++) {
    const value = c.db.readIfString(argv[i]);
    if (value === undefined) c.reply.null();
    else replyValue(c.reply, value);
  }
}

/** MSET key value [key value ...] */
function mset(c: Client): void {
  if (c.argv.length % 2 === 0) throw wrongArity('mset');
  setMany(c);
  c.reply.ok();
}

/** MSETNX key value [key value ...] */
function msetnx(c: Client): void {
  const argv = c.argv;
  if (argv.length % 2 === 0) throw wrongArity('msetnx');
  for (let i = 1; i < argv.length; i += 2) {
    if (c.db.write(argv[i]) !== undefined) return c.reply.int(0);
  }
  setMany(c);
  c.reply.int(1);
}

function setMany(c: Client): void {
  const argv = c.argv;
  for (let i = 1; i < argv.length; i += 2) {
    c.db.put(argv[i], encode(argv[i + 1]));
    c.db.changed(argv[i], 'set');
  }
}

/** STRLEN key */
function strlen(c: Client): void {
  const value = c.db.readString(c.argv[1]);
  c.reply.int(value === undefined ? 0 : stringLength(value));
}

/** APPEND key value */
function append(c: Client): void {
  const [, key, bytes] = c.argv;
  const value = c.db.writeString(key);
  if (value === undefined) {
    c.db.add(key, encode(bytes));
    c.db.changed(key, 'append');
    return c.reply.int(bytes.length);
  }
  const length = stringLength(value);
  checkLength(c, length, bytes.length);
  edit(c.db, key, value, length + bytes.length).buf.latin1Write(bytes, length);
  c.db.changed(key, 'append');
  c.reply.int(length + bytes.length);
}

/** SETRANGE key offset value */
function setrange(c: Client): void {
  const [, key, , bytes] = c.argv;
  const offset = integer(c.argv[2]);
  if (offset < 0) throw OFFSET_OUT_OF_RANGE;
  const value = c.db.writeString(key);
  const length = value === undefined ? 0 : stringLength(value);
  if (bytes.length === 0) return c.reply.int(length);
  checkLength(c, offset, bytes.length);
  const edited = edit(c.db, key, value, offset + bytes.length);
  edited.buf.latin1Write(bytes, offset);
  c.db.changed(key, 'setrange');
  c.reply.int(edited.length);
}

function checkLength(c: Client, start: number, more: number): void {
  if (start + more > c.server.config.values['proto-max-bulk-len']) throw STRING_TOO_LONG;
}

/** GETRANGE key start end */
function getrange(c: Client): void {
  let start = integer(c.argv[2]);
  let end = integer(c.argv[3]);
  const value = c.db.readString(c.argv[1]);
  if (value === undefined) return c.reply.bulk('');
  const length = stringLength(value);
  if (endsFirst(c.argv[2], c.argv[3])) return c.reply.bulk('');
  if (start < 0) start = Math.max(0, start + length);
  if (end < 0) end = Math.max(0, end + length);
  if (end >= length) end = length - 1;
  if (start > end || length === 0) return c.reply.bulk('');
  if (value instanceof Bytes) {
    const buf = end + 1 - start < LARGE ? value.buf : value.lend();
    return c.reply.bulkBytes(buf, start, end + 1);
  }
  c.reply.bulk(stringOf(value).slice(start, end + 1));
}

/** SUBSTR key start end */
function substr(c: Client): void {
  getrange(c);
}

/** INCR key */
function incr(c: Client): void {
  increase(c, 1);
}

/** DECR key */
function decr(c: Client): void {
  increase(c, -1);
}

/** INCRBY key increment */
function incrby(c: Client): void {
  const by = parseSafeInt(c.argv[2]);
  if (by === by) return increase(c, by);
  const large = parseInt64(c.argv[2]);
  if (large === undefined) throw NOT_AN_INTEGER;
  increaseLarge(c, c.db.writeString(c.argv[1]), large);
}

/** DECRBY key decrement */
function decrby(c: Client): void {
  const by = parseSafeInt(c.argv[2]);
  if (by === by) return increase(c, -by);
  const large = parseInt64(c.argv[2]);
  if (large === undefined) throw NOT_AN_INTEGER;
  if (!fitsInt64(-large)) throw DECREMENT_OVERFLOW;
  increaseLarge(c, c.db.writeString(c.argv[1]), -large);
}

function increase(c: Client, by: number): void {
  const key = c.argv[1];
  const value = c.db.writeString(key);
  const old = value === undefined ? 0 : value;
  if (typeof old !== 'number') return increaseLarge(c, value, BigInt(by));
  const sum = old + by;
  if (!Number.isSafeInteger(sum)) return increaseLarge(c, value, BigInt(by));
  if (value === undefined) c.db.add(key, sum);
  else c.db.replace(sum);
  c.db.changed(key, 'incrby');
  c.reply.int(sum);
}

/** What increase() does where it takes more than 53 bits, or text turned out to be a number. */
function increaseLarge(c: Client, value: StringValue | undefined, by: bigint): void {
  const key = c.argv[1];
  const old = value === undefined ? 0n : parseInt64(numeral(value));
  if (old === undefined) throw NOT_AN_INTEGER;
  const sum = old + by;
  if (!fitsInt64(sum)) throw OVERFLOW;
  if (value === undefined) c.db.add(key, encode(String(sum)));
  else c.db.replace(encode(String(sum)));
  c.db.changed(key, 'incrby');
  c.reply.int64(sum);
}

/** The text of a value that may be a number; '' if it is longer than any that Redis would read. */
function numeral(value: StringValue): string {
  return stringLength(value) < NUMERAL_MAX ? stringOf(value) : '';
}

/** INCRBYFLOAT key increment */
function incrbyfloat(c: Client): void {
  const [, key, by] = c.argv;
  const value = c.db.writeString(key);
  const sum = incrByFloat(value === undefined ? '0' : numeral(value), by);
  if (sum === undefined) throw NOT_A_FLOAT;
  if (sum === NOT_FINITE) throw NAN_OR_INFINITY;
  // Redis: the sum is kept as text, even where it looks like an integer.
  const kept = new Bytes(Buffer.from(sum, 'latin1'), sum.length, sum.length <= EMBEDDED_MAX);
  if (value === undefined) c.db.add(key, kept);
  else c.db.replace(kept);
  c.db.changed(key, 'incrbyfloat');
  if (c.server.propagation.active) c.instead = [['SET', key, sum, 'KEEPTTL']];
  c.reply.bulk(sum);
}

export const stringCommands: Handlers<typeof specs> = {
  append,
  decr,
  decrby,
  get,
  getdel,
  getex,
  getrange,
  getset,
  incr,
  incrby,
  incrbyfloat,
  lcs,
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
  substr,
};
