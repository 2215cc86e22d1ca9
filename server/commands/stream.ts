// Streams. What adds and trims, what reads and waits, and what tells about a stream have files
// of their own: stream-add.ts, stream-read.ts, stream-info.ts.

import { MAX_ID, MIN_ID, nextId, prevId } from '../../datatypes/stream-id.ts';
import type { stream as specs } from '../../protocol/commands/stream.ts';
import { NO_SUCH_KEY, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { readStream, replyRange, strictId, writeStream } from '../stream-value.ts';
import { integer } from '../string-value.ts';
import { xadd, xtrim } from './stream-add.ts';
import { groupCommands } from './stream-group.ts';
import { xinfoHelp, xinfoStream } from './stream-info.ts';
import { xread } from './stream-read.ts';

const INVALID_START = new ReplyError('ERR invalid start ID for the interval');
const INVALID_END = new ReplyError('ERR invalid end ID for the interval');
const NEGATIVE_ENTRIES = new ReplyError('ERR entries_added must be positive');
const BELOW_GIVEN_DELETED = new ReplyError(
  'ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id',
);
const BELOW_DELETED = new ReplyError(
  'ERR The ID specified in XSETID is smaller than current max_deleted_entry_id',
);
const BELOW_TOP = new ReplyError(
  'ERR The ID specified in XSETID is smaller than the target stream top item',
);
const TOO_FEW_ENTRIES = new ReplyError(
  'ERR The entries_added specified in XSETID is smaller than the target stream length',
);

/** XLEN key */
function xlen(c: Client): void {
  c.reply.int(readStream(c, c.argv[1])?.size ?? 0);
}

/** XDEL key id [id ...] */
function xdel(c: Client): void {
  const { argv } = c;
  const stream = writeStream(c, argv[1]);
  if (stream === undefined) return c.reply.int(0);
  const ids: string[] = [];
  for (let i = 2; i < argv.length; i++) ids.push(strictId(argv[i]));
  let deleted = 0;
  for (const id of ids) if (stream.delete(id)) deleted++;
  if (deleted > 0) c.db.changed(argv[1], 'xdel', deleted);
  c.reply.int(deleted);
}

/** XRANGE key start end [COUNT count] */
function xrange(c: Client): void {
  range(c, 2, 3, false);
}

/** XREVRANGE key end start [COUNT count] */
function xrevrange(c: Client): void {
  range(c, 3, 2, true);
}

function range(c: Client, start: number, end: number, reverse: boolean): void {
  const { argv, reply } = c;
  const from = bound(argv[start], false);
  const to = bound(argv[end], true);
  let count = -1;
  for (let i = 4; i < argv.length; i += 2) {
    if (i + 1 === argv.length || argv[i].toUpperCase() !== 'COUNT') throw SYNTAX;
    count = Math.max(0, integer(argv[i + 1]));
  }
  const stream = readStream(c, argv[1]);
  if (stream === undefined) reply.array(0);
  else if (count === 0) reply.nullArray();
  else replyRange(reply, stream, from, to, Math.max(0, count), reverse);
}

/** An end of a range: an ID, - or +, or behind a parenthesis an ID that is not part of it. */
function bound(text: string, isEnd: boolean): string {
  if (text === '-') return MIN_ID;
  if (text === '+') return MAX_ID;
  if (text.length === 1 || text[0] !== '(') return strictId(text, isEnd);
  const id = strictId(text.slice(1), isEnd);
  const beside = isEnd ? prevId(id) : nextId(id);
  if (beside === null) throw isEnd ? INVALID_END : INVALID_START;
  return beside;
}

/** XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id] */
function xsetid(c: Client): void {
  const { argv } = c;
  const id = strictId(argv[2]);
  let entriesAdded: number | bigint = -1;
  let maxDeletedId = MIN_ID;
  for (let i = 3; i < argv.length; i += 2) {
    const option = i + 1 < argv.length ? argv[i].toUpperCase() : '';
    if (option === 'ENTRIESADDED') {
      const number = integer(argv[i + 1]);
      if (number < 0) throw NEGATIVE_ENTRIES;
      entriesAdded = parseSafeInt(argv[i + 1]);
      if (Number.isNaN(entriesAdded)) entriesAdded = parseInt64(argv[i + 1])!;
    } else if (option === 'MAXDELETEDID') {
      maxDeletedId = strictId(argv[i + 1]);
      if (id < maxDeletedId) throw BELOW_GIVEN_DELETED;
    } else {
      throw SYNTAX;
    }
  }
  const stream = writeStream(c, argv[1]);
  if (stream === undefined) throw NO_SUCH_KEY;
  if (id < stream.maxDeletedId) throw BELOW_DELETED;
  if (stream.size > 0) {
    if (id < stream.topId) throw BELOW_TOP;
    if (entriesAdded !== -1 && entriesAdded < stream.size) throw TOO_FEW_ENTRIES;
  }
  stream.lastId = id;
  if (entriesAdded !== -1) stream.entriesAdded = entriesAdded;
  if (maxDeletedId !== MIN_ID) stream.maxDeletedId = maxDeletedId;
  c.reply.ok();
  // Redis: transactions that watch the key go on.
  c.server.dirty++;
  c.db.announce(argv[1], 'xsetid');
}

export const streamCommands: Handlers<typeof specs> = {
  xadd,
  xdel,
  'xinfo|help': xinfoHelp,
  'xinfo|stream': xinfoStream,
  xlen,
  xrange,
  xread,
  xrevrange,
  xsetid,
  xtrim,
  ...groupCommands,
};
