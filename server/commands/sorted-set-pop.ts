// Taking members from either end of a sorted set, and waiting for some.

import { SORTED_SET } from '../../datatypes/collection.ts';
import type { SortedSet } from '../../datatypes/sorted-set.ts';
import { BAD_COUNT, BAD_NUMKEYS, MUST_BE_POSITIVE, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { timeoutMs } from '../timeout.ts';
import { dropIfEmpty, parseAtLeast, writeSortedSet } from '../sorted-set-value.ts';

// What ZMPOP or BZMPOP asked for, set by options().
let firstKey = 0;
let endOfKeys = 0;
let count = 1;
let highest = false;

/** Passes on what was taken from the first of several keys as if it had been asked for. */
function passOn(c: Client, key: string, max: boolean, many: string[]): void {
  if (c.server.propagation.active) c.instead = [[max ? 'ZPOPMAX' : 'ZPOPMIN', key, ...many]];
}

/** Says and removes members from one end of a set, as pairs or one after the other. */
function take(
  c: Client,
  key: string,
  set: SortedSet,
  many: number,
  max: boolean,
  nested: boolean,
): void {
  const { reply } = c;
  const { size } = set;
  set.walk(max ? size - 1 : 0, many, max, (member, score) => {
    if (nested) reply.array(2);
    reply.bulk(member);
    reply.double(score);
  });
  if (max) set.removeRanks(size - many, size);
  else set.removeRanks(0, many);
  c.db.changed(key, max ? 'zpopmax' : 'zpopmin', many);
  dropIfEmpty(c, key, set);
}

function pop(c: Client, max: boolean): void {
  const { argv, reply } = c;
  if (argv.length > 3) throw SYNTAX;
  const asked = argv.length === 3 ? parseAtLeast(argv[2], 0, MUST_BE_POSITIVE) : -1;
  const set = writeSortedSet(c, argv[1]);
  if (set === undefined || asked === 0) return reply.array(0);
  const many = asked < 0 ? 1 : Math.min(asked, set.size);
  const nested = reply.resp3 && asked >= 0;
  reply.array(nested ? many : many * 2);
  take(c, argv[1], set, many, max, nested);
}

/** ZPOPMIN key [count] */
function zpopmin(c: Client): void {
  pop(c, false);
}

/** ZPOPMAX key [count] */
function zpopmax(c: Client): void {
  pop(c, true);
}

function blockingPop(c: Client, max: boolean): void {
  const { argv, reply } = c;
  const end = argv.length - 1;
  const waitMs = timeoutMs(c, argv[end]);
  for (let i = 1; i < end; i++) {
    const set = writeSortedSet(c, argv[i]);
    if (set === undefined) continue;
    reply.array(3);
    reply.bulk(argv[i]);
    take(c, argv[i], set, 1, max, false);
    return passOn(c, argv[i], max, []);
  }
  wait(c, argv.slice(1, end), waitMs);
}

/** BZPOPMIN key [key ...] timeout */
function bzpopmin(c: Client): void {
  blockingPop(c, false);
}

/** BZPOPMAX key [key ...] timeout */
function bzpopmax(c: Client): void {
  blockingPop(c, true);
}

function wait(c: Client, keys: readonly string[], waitMs: number): void {
  if (c.inExec) return inVain(c);
  c.server.blocking.block(c, keys, SORTED_SET, waitMs, inVain);
}

function inVain(c: Client): void {
  c.reply.nullArray();
}

/** Reads the number of keys at argv[at] and all that follows. */
function options(argv: readonly string[], at: number): void {
  const keys = parseAtLeast(argv[at], 1, BAD_NUMKEYS);
  firstKey = at + 1;
  endOfKeys = firstKey + keys;
  if (endOfKeys >= argv.length) throw SYNTAX;
  const where = argv[endOfKeys].toUpperCase();
  if (where !== 'MIN' && where !== 'MAX') throw SYNTAX;
  highest = where === 'MAX';
  count = 0;
  for (let i = endOfKeys + 1; i < argv.length; i += 2) {
    if (count !== 0 || i + 1 === argv.length || argv[i].toUpperCase() !== 'COUNT') throw SYNTAX;
    count = parseAtLeast(argv[i + 1], 1, BAD_COUNT);
  }
  if (count === 0) count = 1;
}

/** Takes from the first of the keys that has any; false if none has. */
function takeFromFirst(c: Client): boolean {
  for (let i = firstKey; i < endOfKeys; i++) {
    const key = c.argv[i];
    const set = writeSortedSet(c, key);
    if (set === undefined) continue;
    const many = Math.min(count, set.size);
    c.reply.array(2);
    c.reply.bulk(key);
    c.reply.array(many);
    take(c, key, set, many, highest, true);
    passOn(c, key, highest, [String(many)]);
    return true;
  }
  return false;
}

/** ZMPOP numkeys key [key ...] MIN|MAX [COUNT count] */
function zmpop(c: Client): void {
  options(c.argv, 1);
  if (!takeFromFirst(c)) c.reply.nullArray();
}

/** BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count] */
function bzmpop(c: Client): void {
  options(c.argv, 2);
  const waitMs = timeoutMs(c, c.argv[1]);
  if (!takeFromFirst(c)) wait(c, c.argv.slice(firstKey, endOfKeys), waitMs);
}

export const popCommands = { zpopmin, zpopmax, bzpopmin, bzpopmax, zmpop, bzmpop };
