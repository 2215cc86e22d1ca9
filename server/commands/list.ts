// Lists. Those commands that wait for an element are in list-blocking.ts.

import { LIST } from '../../datatypes/collection.ts';
import { List } from '../../datatypes/list.ts';
import type { list as specs } from '../../protocol/commands/list.ts';
import {
  INDEX_OUT_OF_RANGE,
  MUST_BE_POSITIVE,
  NO_SUCH_KEY,
  NOT_AN_INTEGER,
  ReplyError,
  SYNTAX,
  wrongArity,
} from '../../protocol/errors.ts';
import { isInt64 } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { integer } from '../string-value.ts';
import { blmove, blmpop, blpop, brpop, brpoplpush } from './list-blocking.ts';
import {
  grow,
  isHead,
  move,
  multiplePop,
  popFirst,
  popFrom,
  removed,
  shrink,
} from './list-moves.ts';

const RANK_IS_ZERO = new ReplyError(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
    'or use negative to start from the end of the list',
);
const COUNT_IS_NEGATIVE = new ReplyError("ERR COUNT can't be negative");
const MAXLEN_IS_NEGATIVE = new ReplyError("ERR MAXLEN can't be negative");
const BELOW_LEAST = new ReplyError(
  'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
);

const LEAST_INT64 = '-9223372036854775808';

/** LPUSH key element [element ...] */
function lpush(c: Client): void {
  push(c, true, false);
}

/** LPUSHX key element [element ...] */
function lpushx(c: Client): void {
  push(c, true, true);
}

/** RPUSH key element [element ...] */
function rpush(c: Client): void {
  push(c, false, false);
}

/** RPUSHX key element [element ...] */
function rpushx(c: Client): void {
  push(c, false, true);
}

function push(c: Client, atHead: boolean, onlyIfThere: boolean): void {
  const { argv, db } = c;
  const key = argv[1];
  let list = db.writeKind(key, LIST) as List | undefined;
  if (list === undefined) {
    if (onlyIfThere) return c.reply.int(0);
    list = new List();
    db.add(key, list);
  }
  let bytes = 0;
  for (let i = 2; i < argv.length; i++) bytes += argv[i].length;
  grow(c, list, bytes, argv.length - 2);
  const threshold = c.server.debug.packedThreshold;
  for (let i = 2; i < argv.length; i++) {
    if (atHead) list.pushHead(argv[i], threshold);
    else list.pushTail(argv[i], threshold);
  }
  db.changed(key, atHead ? 'lpush' : 'rpush', argv.length - 2);
  c.reply.int(list.size);
}

/** LPOP key [count] */
function lpop(c: Client): void {
  pop(c, true);
}

/** RPOP key [count] */
function rpop(c: Client): void {
  pop(c, false);
}

function pop(c: Client, atHead: boolean): void {
  const { argv, reply } = c;
  if (argv.length > 3) throw wrongArity(argv[0].toLowerCase());
  const counted = argv.length === 3;
  const count = counted ? positive(argv[2], MUST_BE_POSITIVE) : 1;
  const list = c.db.writeKind(argv[1], LIST) as List | undefined;
  if (list === undefined) return counted ? reply.nullArray() : reply.null();
  if (count === 0) return reply.array(0);
  if (counted) {
    popFrom(c, argv[1], list, atHead, count);
    return;
  }
  list.popTo(reply, atHead);
  removed(c, argv[1], list, atHead ? 'lpop' : 'rpop', 1);
}

/** LLEN key */
function llen(c: Client): void {
  const list = c.db.readKind(c.argv[1], LIST);
  c.reply.int(list === undefined ? 0 : list.size);
}

/** LINDEX key index */
function lindex(c: Client): void {
  const list = c.db.readKind(c.argv[1], LIST) as List | undefined;
  if (list === undefined) return c.reply.null();
  const element = list.at(integer(c.argv[2]));
  if (element === undefined) c.reply.null();
  else c.reply.bulk(element);
}

/** LINSERT key BEFORE|AFTER pivot element */
function linsert(c: Client): void {
  const [, key, where, pivot, element] = c.argv;
  const after = isAfter(where);
  const list = c.db.writeKind(key, LIST) as List | undefined;
  if (list === undefined) return c.reply.int(0);
  // Redis: the encoding changes before it is known whether anything is inserted.
  grow(c, list, element.length, 1);
  if (!list.insert(pivot, element, after, c.server.debug.packedThreshold)) return c.reply.int(-1);
  c.db.changed(key, 'linsert');
  c.reply.int(list.size);
}

function isAfter(word: string): boolean {
  switch (word.toLowerCase()) {
    case 'after':
      return true;
    case 'before':
      return false;
    default:
      throw SYNTAX;
  }
}

/** LRANGE key start stop */
function lrange(c: Client): void {
  let start = integer(c.argv[2]);
  let stop = integer(c.argv[3]);
  const list = c.db.readKind(c.argv[1], LIST) as List | undefined;
  if (list === undefined) return c.reply.array(0);
  const { size } = list;
  if (start < 0) start = Math.max(0, size + start);
  stop = stop < 0 ? size + stop : Math.min(stop, size - 1);
  if (start > stop) return c.reply.array(0);
  c.reply.array(stop - start + 1);
  list.range(start, stop - start + 1, c.reply);
}

/** LSET key index element */
function lset(c: Client): void {
  const [, key, index, element] = c.argv;
  const list = c.db.writeKind(key, LIST) as List | undefined;
  if (list === undefined) throw NO_SUCH_KEY;
  if (!isInt64(index)) throw NOT_AN_INTEGER;
  // Redis: of an index that does not fit 32 bits, the lowest 32 count.
  const at = index.length < 10 ? Number(index) : Number(BigInt.asIntN(32, BigInt(index)));
  grow(c, list, element.length, 1);
  if (!list.replace(at, element, c.server.debug.packedThreshold)) throw INDEX_OUT_OF_RANGE;
  shrink(c, list);
  c.db.changed(key, 'lset');
  c.reply.ok();
}

/** LREM key count element */
function lrem(c: Client): void {
  const [, key, count, element] = c.argv;
  const most = symmetric(count);
  const list = c.db.writeKind(key, LIST) as List | undefined;
  if (list === undefined) return c.reply.int(0);
  const gone = list.removeEqual(element, most);
  if (gone > 0) removed(c, key, list, 'lrem', gone);
  c.reply.int(gone);
}

/** LTRIM key start stop */
function ltrim(c: Client): void {
  const key = c.argv[1];
  let start = integer(c.argv[2]);
  let stop = integer(c.argv[3]);
  const list = c.db.writeKind(key, LIST) as List | undefined;
  if (list === undefined) return c.reply.ok();
  const { size } = list;
  if (start < 0) start = Math.max(0, size + start);
  stop = stop < 0 ? size + stop : Math.min(stop, size - 1);
  if (start > stop) [start, stop] = [size, size - 1];
  list.removeRange(0, start);
  list.removeRange(stop + 1 - start, size - 1 - stop);
  removed(c, key, list, 'ltrim', size - list.size);
  c.reply.ok();
}

/** LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len] */
function lpos(c: Client): void {
  const { argv, reply } = c;
  let rank = 1;
  let most = -1;
  let maxLength = 0;
  for (let i = 3; i < argv.length; i += 2) {
    if (i + 1 === argv.length) throw SYNTAX;
    switch (argv[i].toLowerCase()) {
      case 'rank':
        rank = symmetric(argv[i + 1]);
        if (rank === 0) throw RANK_IS_ZERO;
        break;
      case 'count':
        most = positive(argv[i + 1], COUNT_IS_NEGATIVE);
        break;
      case 'maxlen':
        maxLength = positive(argv[i + 1], MAXLEN_IS_NEGATIVE);
        break;
      default:
        throw SYNTAX;
    }
  }
  const list = c.db.readKind(argv[1], LIST) as List | undefined;
  if (most >= 0) return positions(c, list, rank, most, maxLength);
  const at = list === undefined ? -1 : position(list, argv[2], rank, maxLength);
  if (at < 0) reply.null();
  else reply.int(at);
}

/** Replies with the indexes of the matches from the one of this rank on. */
function positions(
  c: Client,
  list: List | undefined,
  rank: number,
  most: number,
  maxLength: number,
): void {
  const { reply } = c;
  if (list === undefined) return reply.array(0);
  let skip = Math.abs(rank) - 1;
  let found = 0;
  const mark = reply.beginArray();
  list.findEach(c.argv[2], rank < 0, maxLength === 0 ? list.size : maxLength, (index) => {
    if (skip-- > 0) return false;
    reply.int(index);
    return ++found === most;
  });
  reply.endArray(mark, found);
}

/** The index of the match of this rank, -1 if there is none. */
function position(list: List, wanted: string, rank: number, maxLength: number): number {
  let skip = Math.abs(rank) - 1;
  let found = -1;
  list.findEach(wanted, rank < 0, maxLength === 0 ? list.size : maxLength, (index) => {
    if (skip-- > 0) return false;
    found = index;
    return true;
  });
  return found;
}

/** LMOVE source destination LEFT|RIGHT LEFT|RIGHT */
function lmove(c: Client): void {
  const fromHead = isHead(c.argv[3]);
  move(c, fromHead, isHead(c.argv[4]));
}

/** RPOPLPUSH source destination */
function rpoplpush(c: Client): void {
  move(c, false, true);
}

/** LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count] */
function lmpop(c: Client): void {
  const request = multiplePop(c.argv, 1);
  if (!popFirst(c, request)) c.reply.nullArray();
}

/** An integer that is not negative. */
function positive(text: string, problem: ReplyError): number {
  const n = integer(text, problem);
  if (n < 0) throw problem;
  return n;
}

/** An integer of 64 bits whose negative is one, too. */
function symmetric(text: string): number {
  const n = integer(text);
  if (text === LEAST_INT64) throw BELOW_LEAST;
  return n;
}

export const listCommands: Handlers<typeof specs> = {
  blmove,
  blmpop,
  blpop,
  brpop,
  brpoplpush,
  lindex,
  linsert,
  llen,
  lmove,
  lmpop,
  lpop,
  lpos,
  lpush,
  lpushx,
  lrange,
  lrem,
  lset,
  ltrim,
  rpop,
  rpoplpush,
  rpush,
  rpushx,
};
