// Hashes as a whole: fields drawn at random, and walks over all of them.

import type { Hash } from '../../datatypes/hash.ts';
import { NOT_AN_INTEGER, OUT_OF_RANGE, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64 } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { dropAllExpired } from '../field-expire.ts';
import { readHash } from '../hash-value.ts';
import { limitOutput } from '../output-limit.ts';
import { scanEntries, scanOptions } from './element-scan.ts';
import { parseCursor } from './generic-scan.ts';

const MAX_INT64 = 9223372036854775807n;
const OUTSIDE_INT64 = new ReplyError(
  `ERR value is out of range, value must between -${MAX_INT64} and ${MAX_INT64}`,
);
const GLANCE = 1024; // Fields drawn between two looks at how much output waits.

/** HRANDFIELD key [count [WITHVALUES]] */
export function hrandfield(c: Client): void {
  const argv = c.argv;
  if (argv.length > 2) return drawMany(c);
  const hash = readHash(c);
  const live = hash === undefined ? [] : liveFields(c, hash);
  if (live === null) c.reply.bulk(hash!.fieldAt(c.server.random.below(hash!.size)));
  else if (live.length === 0) c.reply.null();
  else c.reply.bulk(hash!.fieldAt(live[c.server.random.below(live.length)]));
}

/** The entries that have not expired, or null where none can have. Those that have go. */
function liveFields(c: Client, hash: Hash): number[] | null {
  dropAllExpired(c, c.argv[1], hash);
  if (hash.timed === 0 && hash.size > 0) return null;
  const nowMs = c.server.clock.ms;
  const live: number[] = [];
  for (let i = 0; i < hash.size; i++) if (!hash.expiredAt(i, nowMs)) live.push(i);
  return live;
}

function drawMany(c: Client): void {
  const { argv, server } = c;
  const given = parseInt64(argv[2]);
  if (given === undefined) throw NOT_AN_INTEGER;
  if (given < -MAX_INT64) throw OUTSIDE_INT64;
  const withValues = argv.length === 4 && argv[3].toUpperCase() === 'WITHVALUES';
  if (argv.length > 4 || (argv.length === 4 && !withValues)) throw SYNTAX;
  if (withValues && (given < -MAX_INT64 / 2n || given > MAX_INT64 / 2n)) throw OUT_OF_RANGE;
  const hash = readHash(c);
  const live = hash === undefined ? [] : liveFields(c, hash);
  const size = live === null ? hash!.size : live.length;
  if (size === 0 || given === 0n) return c.reply.array(0);
  const say = (drawn: number): void => {
    replyField(c, hash!, live === null ? drawn : live[drawn], withValues);
  };
  if (given < 0n) {
    const count = Number(-given);
    beginFields(c, count, withValues);
    for (let n = 1; n <= count; n++) {
      say(server.random.below(size));
      // Redis: whoever asks for more than a client may have waiting for it is cut off meanwhile.
      if (n % GLANCE === 0 && limitOutput(c)) return;
    }
  } else if (given >= BigInt(size)) {
    beginFields(c, size, withValues);
    for (let i = 0; i < size; i++) say(i);
  } else {
    const count = Number(given);
    beginFields(c, count, withValues);
    for (const i of sample(count, size, (below) => server.random.below(below))) say(i);
  }
}

/** Redis: RESP3 has a pair for each field, RESP2 one flat array. */
function beginFields(c: Client, fields: number, withValues: boolean): void {
  c.reply.array(withValues && !c.reply.resp3 ? fields * 2 : fields);
}

function replyField(c: Client, hash: Hash, i: number, withValues: boolean): void {
  if (withValues && c.reply.resp3) c.reply.array(2);
  c.reply.bulk(hash.fieldAt(i));
  if (withValues) c.reply.bulk(hash.valueAt(i));
}

/** So many different numbers below `size`, each set of them as likely as any (Floyd, 1987). */
function sample(count: number, size: number, below: (n: number) => number): Set<number> {
  const drawn = new Set<number>();
  for (let last = size - count; last < size; last++) {
    const i = below(last + 1);
    drawn.add(drawn.has(i) ? last : i);
  }
  return drawn;
}

/** HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES] */
export function hscan(c: Client): void {
  const argv = c.argv;
  const cursor = parseCursor(argv[2]);
  const hash = readHash(c);
  if (hash === undefined) return replyScan(c, 0, [], null, false);
  const options = scanOptions(argv, true);
  const nowMs = c.server.clock.ms;
  const found: number[] = [];
  const nameAt = (i: number): string | null => (hash.expiredAt(i, nowMs) ? null : hash.fieldAt(i));
  const next = scanEntries(cursor, hash.size, hash.isSmall, options, nameAt, found);
  replyScan(c, next, found, hash, options.values);
}

function replyScan(
  c: Client,
  cursor: number,
  found: readonly number[],
  hash: Hash | null,
  values: boolean,
): void {
  c.reply.array(2);
  c.reply.bulkInt(cursor);
  c.reply.array(values ? found.length * 2 : found.length);
  for (const i of found) {
    c.reply.bulk(hash!.fieldAt(i));
    if (values) c.reply.bulk(hash!.valueAt(i));
  }
}
