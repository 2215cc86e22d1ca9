// Hashes. Walks, draws and times have files of their own: hash-walk.ts, hash-expire.ts, hash-ex.ts.

import type { Hash } from '../../datatypes/hash.ts';
import type { hash as specs } from '../../protocol/commands/hash.ts';
import {
  NAN_OR_INFINITY,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  OVERFLOW,
  ReplyError,
  wrongArity,
} from '../../protocol/errors.ts';
import { incrByFloat, NOT_FINITE, parseLongDouble } from '../../protocol/long-double.ts';
import { fitsInt64, parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { announceExpired, dropExpired, findLive } from '../field-expire.ts';
import { dropEmpty, put, readHash as read, setAll, writeHash as write } from '../hash-value.ts';
import { hgetdel, hgetex, hsetex } from './hash-ex.ts';
import {
  hexpire,
  hexpireat,
  hexpiretime,
  hpersist,
  hpexpire,
  hpexpireat,
  hpexpiretime,
  hpttl,
  httl,
} from './hash-expire.ts';
import { hrandfield, hscan } from './hash-walk.ts';
import type { KeyEvent } from '../notify.ts';

const NOT_AN_INTEGER_VALUE = new ReplyError('ERR hash value is not an integer');
const NOT_A_FLOAT_VALUE = new ReplyError('ERR hash value is not a float');
const NOT_FINITE_INCREMENT = new ReplyError('ERR value is NaN or Infinity');

function setPairs(c: Client, command: string): number {
  const argc = c.argv.length;
  if (argc % 2 === 1) throw wrongArity(command);
  const created = setAll(c, write(c), 2, false);
  c.db.changed(c.argv[1], 'hset', (argc - 2) / 2);
  return created;
}

/** HSET key field value [field value ...] */
function hset(c: Client): void {
  c.reply.int(setPairs(c, 'hset'));
}

/** HMSET key field value [field value ...] */
function hmset(c: Client): void {
  setPairs(c, 'hmset');
  c.reply.ok();
}

/** HSETNX key field value */
function hsetnx(c: Client): void {
  const [, key, field, value] = c.argv;
  let hash = write(c);
  if (hash !== undefined) {
    if (findLive(c, key, hash, field) >= 0) return c.reply.int(0);
    if (hash.size === 0) hash = undefined;
  }
  put(c, hash, field, value, false);
  c.db.changed(key, 'hset');
  c.reply.int(1);
}

/** HGET key field */
function hget(c: Client): void {
  const hash = read(c);
  const i = hash === undefined ? -1 : findLive(c, c.argv[1], hash, c.argv[2]);
  if (i < 0) c.reply.null();
  else c.reply.bulk(hash!.valueAt(i));
}

/** HMGET key field [field ...] */
function hmget(c: Client): void {
  const [, key] = c.argv;
  const hash = read(c);
  const nowMs = c.server.clock.ms;
  let dropped = 0;
  c.reply.array(c.argv.length - 2);
  for (let at = 2; at < c.argv.length; at++) {
    const i = hash === undefined ? -1 : hash.find(c.argv[at]);
    if (i < 0) {
      c.reply.null();
    } else if (hash!.expiredAt(i, nowMs)) {
      if (dropExpired(c.server, c.db, key, hash!, i)) dropped++;
      c.reply.null();
    } else {
      c.reply.bulk(hash!.valueAt(i));
    }
  }
  if (dropped === 1 && hash!.size === 0)
    dropSilently(c); // Redis: forgets to tell.
  else if (dropped > 0) announceExpired(c.db, key, hash!);
}

function dropSilently(c: Client): void {
  c.db.drop(c.argv[1]);
  c.db.touched(c.argv[1]);
}

/** HGETALL key */
function hgetall(c: Client): void {
  const hash = read(c);
  if (hash === undefined) return c.reply.map(0);
  const nowMs = c.server.clock.ms;
  c.reply.map(hash.liveSize(nowMs));
  for (let i = 0; i < hash.size; i++) {
    if (hash.expiredAt(i, nowMs)) continue;
    c.reply.bulk(hash.fieldAt(i));
    c.reply.bulk(hash.valueAt(i));
  }
}

/** HKEYS key */
function hkeys(c: Client): void {
  const hash = read(c);
  if (hash === undefined) return c.reply.array(0);
  const nowMs = c.server.clock.ms;
  c.reply.array(hash.liveSize(nowMs));
  for (let i = 0; i < hash.size; i++) {
    if (!hash.expiredAt(i, nowMs)) c.reply.bulk(hash.fieldAt(i));
  }
}

/** HVALS key */
function hvals(c: Client): void {
  const hash = read(c);
  if (hash === undefined) return c.reply.array(0);
  const nowMs = c.server.clock.ms;
  c.reply.array(hash.liveSize(nowMs));
  for (let i = 0; i < hash.size; i++) {
    if (!hash.expiredAt(i, nowMs)) c.reply.bulk(hash.valueAt(i));
  }
}

/** HDEL key field [field ...] */
function hdel(c: Client): void {
  const [, key] = c.argv;
  const hash = write(c);
  let deleted = 0;
  for (let at = 2; hash !== undefined && at < c.argv.length && hash.size > 0; at++) {
    const i = hash.find(c.argv[at]);
    if (i < 0) continue;
    hash.removeAt(i); // Redis: even if its time has come.
    deleted++;
  }
  if (deleted > 0) {
    c.db.changed(key, 'hdel', deleted);
    dropEmpty(c, hash!);
  }
  c.reply.int(deleted);
}

/** HLEN key */
function hlen(c: Client): void {
  // Redis: fields whose time has come count until they are removed.
  c.reply.int(read(c)?.size ?? 0);
}

/** HEXISTS key field */
function hexists(c: Client): void {
  const hash = read(c);
  c.reply.int(hash !== undefined && findLive(c, c.argv[1], hash, c.argv[2]) >= 0 ? 1 : 0);
}

/** HSTRLEN key field */
function hstrlen(c: Client): void {
  const hash = read(c);
  const i = hash === undefined ? -1 : findLive(c, c.argv[1], hash, c.argv[2]);
  c.reply.int(i < 0 ? 0 : hash!.valueAt(i).length);
}

/** HINCRBY key field increment */
function hincrby(c: Client): void {
  const [, key, field, by] = c.argv;
  const safe = parseSafeInt(by);
  if (safe !== safe && parseInt64(by) === undefined) throw NOT_AN_INTEGER;
  const hash = write(c);
  const i = hash === undefined ? -1 : findLive(c, key, hash, field);
  const old = i < 0 ? '0' : hash!.valueAt(i);
  const sum = parseSafeInt(old) + safe;
  if (Number.isSafeInteger(sum)) {
    keepSum(c, hash, String(sum), 'hincrby');
    return c.reply.int(sum);
  }
  const oldLarge = parseInt64(old);
  if (oldLarge === undefined) throw NOT_AN_INTEGER_VALUE;
  const large = oldLarge + BigInt(by);
  if (!fitsInt64(large)) throw OVERFLOW;
  keepSum(c, hash, String(large), 'hincrby');
  c.reply.int64(large);
}

function keepSum(c: Client, hash: Hash | undefined, sum: string, event: KeyEvent): void {
  // The hash is gone if the field was its last one and has just expired.
  const live = hash !== undefined && hash.size > 0 ? hash : undefined;
  put(c, live, c.argv[2], sum, true);
  c.db.changed(c.argv[1], event);
}

/** HINCRBYFLOAT key field increment */
function hincrbyfloat(c: Client): void {
  const [, key, field, by] = c.argv;
  // Redis: looks at the increment, then at the key's type, then at the old value.
  if (parseSafeInt(by) !== parseSafeInt(by)) {
    const increment = parseLongDouble(by);
    if (increment === undefined) throw NOT_A_FLOAT;
    if (!increment.isFinite) throw NOT_FINITE_INCREMENT;
  }
  const hash = write(c);
  const i = hash === undefined ? -1 : findLive(c, key, hash, field);
  const sum = incrByFloat(i < 0 ? '0' : hash!.valueAt(i), by);
  if (sum === undefined) throw NOT_A_FLOAT_VALUE;
  if (sum === NOT_FINITE) throw NAN_OR_INFINITY;
  const timed = i >= 0 && hash!.expiryAt(i) !== 0;
  keepSum(c, hash, sum, 'hincrbyfloat');
  if (c.server.propagation.active) {
    // Unlike Redis, which passes on HSET in any case, so that replicas forget the expiry.
    const set = timed ? ['HSETEX', key, 'KEEPTTL', 'FIELDS', '1'] : ['HSET', key];
    c.instead = [[...set, field, sum]];
  }
  c.reply.bulk(sum);
}

export const hashCommands: Handlers<typeof specs> = {
  hdel,
  hexists,
  hexpire,
  hexpireat,
  hexpiretime,
  hget,
  hgetall,
  hgetdel,
  hgetex,
  hincrby,
  hincrbyfloat,
  hkeys,
  hlen,
  hmget,
  hmset,
  hpersist,
  hpexpire,
  hpexpireat,
  hpexpiretime,
  hpttl,
  hrandfield,
  hscan,
  hset,
  hsetex,
  hsetnx,
  hstrlen,
  httl,
  hvals,
};
