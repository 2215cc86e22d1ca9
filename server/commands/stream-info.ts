// XINFO STREAM: what there is to know about a stream.

import { MAX_ID, MIN_ID, printId } from '../../datatypes/stream-id.ts';
import type { Stream } from '../../datatypes/stream.ts';
import { NO_SUCH_KEY, badSubcommand } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import { readStream, replyRange } from '../stream-value.ts';
import { integer } from '../string-value.ts';
import { replyGroups } from './stream-group-info.ts';

const ENTRIES_UNASKED = 10;

/** XINFO STREAM key [FULL [COUNT count]] */
export function xinfoStream(c: Client): void {
  const { argv, reply } = c;
  const stream = readStream(c, argv[2]);
  if (stream === undefined) throw NO_SUCH_KEY;
  const isFull = argv.length > 3;
  const count = isFull ? parseFull(argv) : 0;
  reply.map(isFull ? 9 : 10);
  replyFields(reply, stream);
  if (isFull) {
    reply.bulk('entries');
    replyRange(reply, stream, MIN_ID, MAX_ID, count, false);
    reply.bulk('groups');
    replyGroups(c, stream, count);
    return;
  }
  reply.bulk('groups');
  reply.int(stream.groups?.size ?? 0);
  reply.bulk('first-entry');
  replyEntry(reply, stream, false);
  reply.bulk('last-entry');
  replyEntry(reply, stream, true);
}

/** Reads FULL and what comes behind: how many entries and pending ones; 0 is no limit. */
function parseFull(argv: readonly string[]): number {
  if (argv[3].toUpperCase() !== 'FULL') throw badSubcommand(argv);
  if (argv.length === 4) return ENTRIES_UNASKED;
  if (argv.length !== 6 || argv[4].toUpperCase() !== 'COUNT') throw badSubcommand(argv);
  const count = integer(argv[5]);
  return count < 0 ? ENTRIES_UNASKED : count;
}

/** Tells seven fields with their values that are part of either form of XINFO STREAM. */
function replyFields(reply: Reply, stream: Stream): void {
  reply.bulk('length');
  reply.int(stream.size);
  reply.bulk('radix-tree-keys');
  reply.int(stream.nodeCount);
  reply.bulk('radix-tree-nodes');
  reply.int(stream.radixNodes());
  reply.bulk('last-generated-id');
  reply.bulk(printId(stream.lastId));
  reply.bulk('max-deleted-entry-id');
  reply.bulk(printId(stream.maxDeletedId));
  reply.bulk('entries-added');
  replyCount(reply, stream.entriesAdded);
  reply.bulk('recorded-first-entry-id');
  reply.bulk(printId(stream.firstId));
}

function replyEntry(reply: Reply, stream: Stream, isLast: boolean): void {
  const cursor = stream.cursor(MIN_ID, MAX_ID, isLast);
  if (cursor.advance()) cursor.emit(reply);
  else reply.null();
}

/** A count that may be more than a number holds exactly. Redis: it has a sign. */
function replyCount(reply: Reply, count: number | bigint): void {
  if (typeof count === 'number') reply.int(count);
  else reply.int64(BigInt.asIntN(64, count));
}

const HELP = [
  'XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CONSUMERS <key> <group>',
  '    Tell about the consumers of a group.',
  'GROUPS <key>',
  '    Tell about the consumer groups of a stream.',
  'STREAM <key> [FULL [COUNT <count>]]',
  '    Tell about a stream: how long it is, its IDs, and its first and last entry. With FULL,',
  '    all of its entries and groups, or the first so many; 0 is no limit.',
  'HELP',
  '    Show this text.',
];

/** XINFO HELP */
export function xinfoHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}
