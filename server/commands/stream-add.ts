// XADD and XTRIM: what comes in at the end of a stream, and what goes at its start.
//
// Trimming by whole nodes removes what happens to be in them, and only so much at once, so
// that those who repeat it are told what came of it: how many entries there are now, or which
// one is the first.

import {
  makeId,
  MAX_ID,
  MIN_ID,
  msOf,
  nextId,
  nextSeq,
  parseOpenId,
  printId,
} from '../../datatypes/stream-id.ts';
import { Stream } from '../../datatypes/stream.ts';
import { ReplyError, SYNTAX, wrongArity } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { strictId, writeStream } from '../stream-value.ts';
import { integer } from '../string-value.ts';

const BOTH_STRATEGIES = new ReplyError(
  'ERR syntax error, MAXLEN and MINID options at the same time are not compatible',
);
const NEGATIVE_MAXLEN = new ReplyError('ERR The MAXLEN argument must be >= 0.');
const NEGATIVE_LIMIT = new ReplyError('ERR The LIMIT argument must be >= 0.');
const LIMIT_OF_NOTHING = new ReplyError(
  'ERR syntax error, LIMIT cannot be used without specifying a trimming strategy',
);
const NO_STRATEGY = new ReplyError(
  'ERR syntax error, XTRIM must be called with a trimming strategy',
);
const LIMIT_OF_EXACT = new ReplyError(
  'ERR syntax error, LIMIT cannot be used without the special ~ option',
);
const ZERO_ID = new ReplyError('ERR The ID specified in XADD must be greater than 0-0');
const EXHAUSTED = new ReplyError(
  'ERR The stream has exhausted the last possible ID, unable to add more items',
);
const BELOW_TOP = new ReplyError(
  'ERR The ID specified in XADD is equal or smaller than the target stream top item',
);
const TOO_LARGE = new ReplyError('ERR Elements are too large to be stored');

const BY_LENGTH = 1;
const BY_ID = 2;

/** The options of XADD and XTRIM. */
class Options {
  /** Where the ID is in argv. */
  idAt = 0;
  /** The ID that was given, or null for one that is to be made. */
  id: string | null = null;
  /** Whether the ID's sequence number is to be made. */
  seqOpen = false;
  makesStream = true;
  strategy = 0; // None, BY_LENGTH or BY_ID.
  approximate = false;
  maxLength = -1;
  minId = MIN_ID;
  limit = 0;
  /** Where the threshold is in argv. */
  thresholdAt = 0;
}

const PLAIN = new Options(); // Of `XADD key * ...`.
PLAIN.idAt = 2;

function parse(c: Client, isXadd: boolean): Options {
  const { argv } = c;
  if (isXadd && argv[2] === '*') return PLAIN;
  const options = new Options();
  let limitGiven = false;
  let i = 2;
  for (; i < argv.length; i++) {
    const more = argv.length - 1 - i;
    const word = argv[i];
    const option = word.toUpperCase();
    if (isXadd && word === '*') break;
    if ((option === 'MAXLEN' || option === 'MINID') && more > 0) {
      i = parseStrategy(argv, i, options, option === 'MAXLEN');
    } else if (option === 'LIMIT' && more > 0) {
      options.limit = integer(argv[++i]);
      if (options.limit < 0) throw NEGATIVE_LIMIT;
      limitGiven = true;
    } else if (isXadd && option === 'NOMKSTREAM') {
      options.makesStream = false;
    } else if (isXadd) {
      const open = parseOpenId(word);
      options.id = open ?? strictId(word);
      options.seqOpen = open !== null;
      break;
    } else {
      throw SYNTAX;
    }
  }
  options.idAt = i;
  if (options.strategy === 0) {
    if (options.limit > 0) throw LIMIT_OF_NOTHING;
    if (!isXadd) throw NO_STRATEGY;
  }
  if (c.repeats) {
    options.limit = 0; // What was passed on of an approximate trim is exact, and says LIMIT still.
    return options;
  }
  if (limitGiven && !options.approximate) throw LIMIT_OF_EXACT;
  if (!limitGiven && options.approximate) {
    const atOnce = 100 * c.server.config.values['stream-node-max-entries'];
    options.limit = atOnce === 0 ? 10_000 : Math.min(atOnce, 1_000_000);
  }
  return options;
}

/** Reads MAXLEN or MINID and what comes behind; returns where that ends. */
function parseStrategy(
  argv: readonly string[],
  i: number,
  options: Options,
  byLength: boolean,
): number {
  if (options.strategy !== 0) throw BOTH_STRATEGIES;
  const operator = i + 2 < argv.length ? argv[i + 1] : '';
  options.approximate = operator === '~';
  const at = operator === '~' || operator === '=' ? i + 2 : i + 1;
  if (byLength) {
    options.maxLength = integer(argv[at]);
    if (options.maxLength < 0) throw NEGATIVE_MAXLEN;
  } else {
    options.minId = strictId(argv[at]);
  }
  options.strategy = byLength ? BY_LENGTH : BY_ID;
  options.thresholdAt = at;
  return at;
}

/**
 * XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value
 *   [field value ...]
 */
export function xadd(c: Client): void {
  const { argv, db } = c;
  const key = argv[1];
  const options = parse(c, true);
  const words = argv.length - options.idAt - 1;
  if (words < 2 || words % 2 === 1) throw wrongArity('xadd');
  if (options.id === MIN_ID && !options.seqOpen) throw ZERO_ID;
  let stream = writeStream(c, key);
  if (stream === undefined) {
    if (!options.makesStream) return c.reply.null();
    stream = new Stream();
    db.add(key, stream);
  }
  if (!append(c, stream, options)) throw TOO_LARGE;
  stream.emitLastId(c.reply);
  db.changed(key, 'xadd');
  if (db.blocked.size !== 0) c.server.blocking.keyReady(db, key);
  if (options.strategy !== 0 && stream.trim(options) > 0) db.announce(key, 'xtrim');
  const made = options.id === null || options.seqOpen;
  if (c.server.propagation.active && (made || options.approximate)) {
    const instead = argv.slice();
    if (made) instead[options.idAt] = printId(stream.lastId);
    if (options.approximate) tellExactly(instead, stream, options);
    c.instead = [instead];
  }
}

/** Adds the entry; false if it is too large. */
function append(c: Client, stream: Stream, options: Options): boolean {
  const { values } = c.server.config;
  const maxBytes = values['stream-node-max-bytes'];
  const maxEntries = values['stream-node-max-entries'];
  const from = options.idAt + 1;
  if (options.id === null && stream.countsInNumbers) {
    return stream.appendAt(c.server.clock.ms, c.argv, from, maxBytes, maxEntries);
  }
  return stream.append(newId(c, stream, options), c.argv, from, maxBytes, maxEntries);
}

/** The ID that an entry is to have; throws if it would not come behind the others. */
function newId(c: Client, stream: Stream, options: Options): string {
  const last = stream.lastId;
  if (last === MAX_ID) throw EXHAUSTED;
  let { id } = options;
  if (id === null) {
    const now = c.server.clock.ms;
    return now > msOf(last) ? makeId(now, 0) : nextId(last)!;
  }
  if (options.seqOpen && msOf(id) === msOf(last)) id = afterSame(id, last);
  if (id === null || id <= last) throw BELOW_TOP;
  return id;
}

/** What `ms-*` means behind another ID that is about as large. */
function afterSame(id: string, last: string): string | null {
  return id.startsWith(last.slice(0, 8)) ? nextSeq(last) : id;
}

/** XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count] */
export function xtrim(c: Client): void {
  const { argv } = c;
  const options = parse(c, false);
  const stream = writeStream(c, argv[1]);
  if (stream === undefined) return c.reply.int(0);
  const removed = stream.trim(options);
  if (removed > 0) {
    if (options.approximate && c.server.propagation.active) {
      const instead = argv.slice();
      tellExactly(instead, stream, options);
      c.instead = [instead];
    }
    c.db.changed(argv[1], 'xtrim', removed);
  }
  c.reply.int(removed);
}

/** Lets those who repeat a trim end up with the same entries. */
function tellExactly(argv: string[], stream: Stream, options: Options): void {
  const { thresholdAt } = options;
  argv[thresholdAt - 1] = '=';
  if (options.strategy === BY_LENGTH) argv[thresholdAt] = String(stream.size);
  // Redis: the first entry may be one that was deleted, as long as its node is there.
  else argv[thresholdAt] = printId(stream.nodeAt(0)?.id ?? MAX_ID);
}
