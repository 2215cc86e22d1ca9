// DUMP and RESTORE: a value as bytes that any Redis takes.

import { dump as payloadOf, isIntact, undump } from '../../persistence/dump.ts';
import { RdbError } from '../../persistence/rdb-error.ts';
import { BUSY_KEY, NOT_AN_INTEGER, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { Value } from '../keyspace.ts';
import { integer } from '../string-value.ts';

const BAD_IDLE_TIME = new ReplyError('ERR Invalid IDLETIME value, must be >= 0');
const BAD_FREQUENCY = new ReplyError('ERR Invalid FREQ value, must be >= 0 and <= 255');
const BAD_TTL = new ReplyError('ERR Invalid TTL value, must be >= 0');
const BAD_CHECKSUM = new ReplyError('ERR DUMP payload version or checksum are wrong');
const MAX_INT64 = 9223372036854775807n;
const BAD_DATA = new ReplyError('ERR Bad data format');

/** DUMP key */
export function dump(c: Client): void {
  const value = c.db.read(c.argv[1]);
  if (value === undefined) return c.reply.null();
  const payload = payloadOf(value, c.server.config.values.rdbcompression, c.server.version.rdb);
  c.reply.bulkBytes(payload, 0, payload.length);
}

/**
 * RESTORE-ASKING key ttl serialized-value [REPLACE] [ABSTTL]
 *   [IDLETIME seconds] [FREQ frequency]
 */
export function restoreAsking(c: Client): void {
  restore(c);
}

type Options = { replace: boolean; absolute: boolean; idleSeconds: number; frequency: number };

/**
 * RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds]
 *   [FREQ frequency]
 */
export function restore(c: Client): void {
  const { db, server, argv } = c;
  const key = argv[1];
  const options = readOptions(argv);
  if (!options.replace && db.write(key) !== undefined) throw BUSY_KEY;
  const ttl = readTtl(argv[2]);
  const value = load(c, argv[3]);

  const replaced = options.replace && db.drop(key);
  const whenMs = ttl === 0 || options.absolute ? ttl : after(server.clock.ms, ttl);
  if (ttl !== 0 && whenMs <= server.clock.ms) {
    if (replaced) {
      db.changed(key, 'del');
      const lazy = server.config.values['lazyfree-lazy-server-del'];
      if (server.propagation.active) c.instead = [[lazy ? 'UNLINK' : 'DEL', key]];
    }
    return c.reply.ok();
  }
  db.add(key, value);
  const i = db.at;
  if (ttl !== 0) db.expireAt(key, whenMs);
  db.at = i;
  db.restoreUse(options.idleSeconds, options.frequency);
  server.expirer.addFields(db, key);
  if (ttl !== 0 && !options.absolute && server.propagation.active) {
    c.instead = [[...argv.slice(0, 2), String(whenMs), ...argv.slice(3), 'ABSTTL']];
  }
  db.changed(key, 'restore');
  c.reply.ok();
}

function readOptions(argv: readonly string[]): Options {
  const options = { replace: false, absolute: false, idleSeconds: -1, frequency: -1 };
  for (let i = 4; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    const more = i + 1 < argv.length;
    if (word === 'REPLACE') {
      options.replace = true;
    } else if (word === 'ABSTTL') {
      options.absolute = true;
    } else if (word === 'IDLETIME' && more && options.frequency < 0) {
      options.idleSeconds = integer(argv[++i]);
      if (options.idleSeconds < 0) throw BAD_IDLE_TIME;
    } else if (word === 'FREQ' && more && options.idleSeconds < 0) {
      options.frequency = integer(argv[++i]);
      if (options.frequency < 0 || options.frequency > 255) throw BAD_FREQUENCY;
    } else {
      throw SYNTAX;
    }
  }
  return options;
}

function readTtl(bytes: string): number | bigint {
  const n = parseSafeInt(bytes);
  const ttl = n === n ? n : parseInt64(bytes);
  if (ttl === undefined) throw NOT_AN_INTEGER;
  if (ttl < 0) throw BAD_TTL;
  return ttl;
}

/** So many milliseconds from now on. */
function after(nowMs: number, ttl: number | bigint): number | bigint {
  if (typeof ttl === 'number' && ttl + nowMs <= Number.MAX_SAFE_INTEGER) return ttl + nowMs;
  // Unlike Redis: RESTORE with a ttl that ends beyond 2^63 ms means that very moment, rather than
  // one that comes out negative.
  const whenMs = BigInt(ttl) + BigInt(nowMs);
  return whenMs > MAX_INT64 ? MAX_INT64 : whenMs;
}

function load(c: Client, bytes: string): Value {
  const { server } = c;
  const payload = Buffer.from(bytes, 'latin1');
  if (!isIntact(payload, !server.debug.checksumsIgnored, server.version.rdb)) throw BAD_CHECKSUM;
  try {
    const limits = server.config.values;
    return undump(payload, { limits, seed: server.hashSeed, chance: server.random });
  } catch (problem) {
    if (!(problem instanceof RdbError)) throw problem;
    server.log.verbose(`Bad data in a payload: ${problem.message}`);
    throw BAD_DATA;
  }
}
