// Consumer groups: the groups and their consumers themselves, and acknowledging. Reading is in
// stream-group-read.ts, what is pending in stream-group-pending.ts.

import { STREAM } from '../../datatypes/collection.ts';
import { Stream } from '../../datatypes/stream.ts';
import { Group, UNKNOWN } from '../../datatypes/stream-group.ts';
import { MIN_ID, parseId } from '../../datatypes/stream-id.ts';
import {
  BAD_STREAM_ID,
  BUSY_GROUP,
  ReplyError,
  badSubcommand,
  noGroupOf,
} from '../../protocol/errors.ts';
import type { groupRows } from '../../protocol/commands/stream-group.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { xautoclaim, xclaim } from './stream-group-claim.ts';
import { xinfoConsumers, xinfoGroups } from './stream-group-info.ts';
import { xpending } from './stream-group-pending.ts';
import { xreadgroup } from './stream-group-read.ts';
import {
  createConsumer,
  exactInteger,
  groupChanged,
  looseId,
  readForGroups,
  strictId,
} from './stream-group-value.ts';

const NO_KEY = new ReplyError(
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use ' +
    'the MKSTREAM option to create an empty stream automatically.',
);
const BAD_ENTRIES_READ = new ReplyError('ERR value for ENTRIESREAD must be positive or -1');

const HELP = [
  'XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CREATE <key> <group> <id|$> [MKSTREAM] [ENTRIESREAD <entries-read>]',
  '    Let a group read a stream from an ID on, or what comes from now on. MKSTREAM makes a',
  '    stream where there is none, and ENTRIESREAD says how many entries came up to the ID.',
  'CREATECONSUMER <key> <group> <consumer>',
  '    Add a consumer to a group.',
  'DELCONSUMER <key> <group> <consumer>',
  '    Remove a consumer, and tell how many entries it had pending.',
  'DESTROY <key> <group>',
  '    Remove a group.',
  'SETID <key> <group> <id|$> [ENTRIESREAD <entries-read>]',
  '    Say from which ID on a group reads.',
  'HELP',
  '    Show this text.',
];

// What CREATE and SETID were told, set by options().
let makeStream = false;
let entriesRead: number | bigint = UNKNOWN;

/** Reads what follows the ID. */
function options(argv: readonly string[], mayMakeStream: boolean): void {
  makeStream = false;
  entriesRead = UNKNOWN;
  for (let i = 5; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'MKSTREAM' && mayMakeStream) {
      makeStream = true;
    } else if (word === 'ENTRIESREAD' && i + 1 < argv.length) {
      entriesRead = exactInteger(argv[++i]);
      if (entriesRead < UNKNOWN) throw BAD_ENTRIES_READ;
    } else {
      throw badSubcommand(argv);
    }
  }
}

function writeStream(c: Client): Stream | undefined {
  return c.db.writeKind(c.argv[2], STREAM) as Stream | undefined;
}

function mustHaveStream(c: Client): Stream {
  const stream = writeStream(c);
  if (stream === undefined) throw NO_KEY;
  return stream;
}

function groupOf(c: Client, stream = mustHaveStream(c)): Group {
  const [, , key, name] = c.argv;
  const group = stream.groups?.get(name);
  if (group === undefined) throw noGroupOf(name, key);
  return group;
}

/** XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD entries-read] */
function xgroupCreate(c: Client): void {
  const { argv } = c;
  const [, , key, name] = argv;
  options(argv, true);
  let stream = writeStream(c);
  if (stream === undefined && !makeStream) throw NO_KEY;
  if (argv.length > 8) throw badSubcommand(argv);
  const id = argv[4] === '$' ? (stream?.lastId ?? MIN_ID) : strictId(argv[4]);
  if (stream === undefined) {
    stream = new Stream();
    c.db.add(key, stream);
    c.db.touched(key);
  }
  stream.groups ??= new Map();
  if (stream.groups.has(name)) throw BUSY_GROUP;
  stream.groups.set(name, new Group(name, id, entriesRead));
  groupChanged(c, key, 'xgroup-create');
  c.reply.ok();
}

/** XGROUP SETID key group id|$ [ENTRIESREAD entries-read] */
function xgroupSetid(c: Client): void {
  const { argv } = c;
  options(argv, false);
  const stream = mustHaveStream(c);
  const group = groupOf(c, stream);
  if (argv.length !== 5 && argv.length !== 7) throw badSubcommand(argv);
  group.lastId = argv[4] === '$' ? stream.lastId : looseId(argv[4]);
  group.entriesRead = entriesRead;
  groupChanged(c, argv[2], 'xgroup-setid');
  c.reply.ok();
}

/** XGROUP DESTROY key group */
function xgroupDestroy(c: Client): void {
  const [, , key, name] = c.argv;
  const gone = mustHaveStream(c).groups?.delete(name) ?? false;
  if (gone) {
    groupChanged(c, key, 'xgroup-destroy');
    c.server.blocking.keyReady(c.db, key); // Those who read for the group can only be refused.
  }
  c.reply.int(gone ? 1 : 0);
}

/** XGROUP CREATECONSUMER key group consumer */
function xgroupCreateconsumer(c: Client): void {
  const [, , key, , name] = c.argv;
  const group = groupOf(c);
  const isNew = !group.consumers.has(name);
  if (isNew) createConsumer(c, key, group, name);
  c.reply.int(isNew ? 1 : 0);
}

/** XGROUP DELCONSUMER key group consumer */
function xgroupDelconsumer(c: Client): void {
  const [, , key, , name] = c.argv;
  const group = groupOf(c);
  const consumer = group.consumers.get(name);
  if (consumer === undefined) return c.reply.int(0);
  const { size } = consumer.pending;
  group.removeConsumer(consumer);
  groupChanged(c, key, 'xgroup-delconsumer');
  c.reply.int(size);
}

/** XGROUP HELP */
function xgroupHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** XACK key group id [id ...] */
function xack(c: Client): void {
  const { argv } = c;
  const group = readForGroups(c, argv[1])?.groups?.get(argv[2]);
  if (group === undefined) return c.reply.int(0);
  // All of them are read before any is acknowledged. Nearly always there is one.
  for (let i = 4; i < argv.length; i++) if (parseId(argv[i]) === null) throw BAD_STREAM_ID;
  let acknowledged = 0;
  for (let i = 3; i < argv.length; i++) {
    if (group.acknowledge(strictId(argv[i]))) acknowledged++;
  }
  c.server.dirty += acknowledged;
  c.reply.int(acknowledged);
}

export const groupCommands: Handlers<typeof groupRows> = {
  xack,
  xautoclaim,
  xclaim,
  'xgroup|create': xgroupCreate,
  'xgroup|createconsumer': xgroupCreateconsumer,
  'xgroup|delconsumer': xgroupDelconsumer,
  'xgroup|destroy': xgroupDestroy,
  'xgroup|help': xgroupHelp,
  'xgroup|setid': xgroupSetid,
  'xinfo|consumers': xinfoConsumers,
  'xinfo|groups': xinfoGroups,
  xpending,
  xreadgroup,
};
