// XREAD: what is newer than some IDs, in several streams, and waiting for it.
//
// How a client waits is told in server/blocking.ts; to the command it only means to be called
// again. `$` is the last ID at the moment when the command came, so that is what it becomes.

import { STREAM } from '../../datatypes/collection.ts';
import { MAX_ID, MIN_ID, nextId, prevId, printId } from '../../datatypes/stream-id.ts';
import type { Stream } from '../../datatypes/stream.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { readStream, replyOn, strictId } from '../stream-value.ts';
import { integer } from '../string-value.ts';
import { wholeTimeoutMs } from '../timeout.ts';

const NO_GROUP = new ReplyError(
  'ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.',
);
const NO_NOACK = new ReplyError(
  'ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.',
);
const NEW_FOR_GROUPS = new ReplyError(
  'ERR The > ID can be specified only when calling XREADGROUP using the ' +
    'GROUP <group> <consumer> option.',
);
const UNBALANCED = new ReplyError(
  "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be " +
    'specified.',
);

type Request = {
  /** How many entries of each stream at most; 0 is no limit. */
  count: number;
  /** How long to wait: 0 is for ever, -1 not at all. */
  blockMs: number;
  /** Where in argv the keys begin, and how many there are; as many IDs follow. */
  keysAt: number;
  keys: number;
};

function parse(c: Client): Request {
  const { argv } = c;
  let count = 0;
  let blockMs = -1;
  for (let i = 1; i < argv.length; i++) {
    const more = argv.length - i - 1;
    const option = argv[i].toUpperCase();
    if (option === 'BLOCK' && more > 0) {
      blockMs = wholeTimeoutMs(c, argv[++i]);
    } else if (option === 'COUNT' && more > 0) {
      count = Math.max(0, integer(argv[++i]));
    } else if (option === 'STREAMS' && more > 0) {
      if (more % 2 !== 0) throw UNBALANCED;
      return { count, blockMs, keysAt: i + 1, keys: more / 2 };
    } else if (option === 'GROUP' && more > 1) {
      throw NO_GROUP;
    } else {
      throw option === 'NOACK' ? NO_NOACK : SYNTAX;
    }
  }
  throw SYNTAX;
}

/** XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...] */
export function xread(c: Client): void {
  const { argv, reply } = c;
  const { count, blockMs, keysAt, keys } = parse(c);
  const after: string[] = [];
  for (let i = 0; i < keys; i++) {
    const stream = readStream(c, argv[keysAt + i]);
    after.push(afterWhat(argv[keysAt + keys + i], stream));
  }
  const mark = reply.beginArray();
  let told = 0;
  for (let i = 0; i < keys; i++) {
    const key = argv[keysAt + i];
    const stream = readStream(c, key);
    const from = nextId(after[i]);
    if (stream === undefined || from === null) continue;
    const cursor = stream.cursor(from, MAX_ID, false);
    if (!cursor.advance()) continue;
    told++;
    if (!reply.resp3) reply.array(2);
    reply.bulk(key);
    replyOn(reply, cursor, count);
  }
  if (told > 0) return endStreams(c, mark, told);
  reply.rewind(mark);
  if (blockMs < 0 || c.inExec) reply.nullArray();
  else {
    for (let i = 0; i < keys; i++) {
      const at = keysAt + keys + i;
      if (argv[at] === '$') argv[at] = printId(after[i]);
    }
    const waitsFor = argv.slice(keysAt, keysAt + keys);
    c.server.blocking.block(c, waitsFor, STREAM, blockMs, nothing);
  }
}

/** Ends a reply of streams: a map, or in RESP2 an array of pairs. */
function endStreams(c: Client, mark: number, streams: number): void {
  if (c.reply.resp3) c.reply.endMap(mark, streams);
  else c.reply.endArray(mark, streams);
}

/** The ID that entries have to be above: `$` means new ones, `+` the last that there is. */
function afterWhat(text: string, stream: Stream | undefined): string {
  switch (text) {
    case '$':
      return stream?.lastId ?? MIN_ID;
    case '+':
      return stream === undefined || stream.size === 0 ? MIN_ID : prevId(stream.topId)!;
    case '>':
      throw NEW_FOR_GROUPS;
    default:
      return strictId(text);
  }
}

function nothing(c: Client): void {
  c.reply.nullArray();
}
