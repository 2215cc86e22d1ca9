// The server as a whole: how many keys, what time, an end to it all. CONFIG is in config.ts,
// DEBUG in debug.ts.

import {
  BAD_FIRST_DB,
  BAD_SECOND_DB,
  DB_OUT_OF_RANGE,
  NOT_AN_INTEGER,
  ReplyError,
  SYNTAX,
} from '../../protocol/errors.ts';
import type { server as specs } from '../../protocol/commands/server.ts';
import { isInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { REPLY_ON } from '../client-state.ts';
import type { Handlers } from '../command-table.ts';
import type { Database } from '../keyspace.ts';
import { drawMap } from '../lolwut.ts';
import { tellHeld } from '../push.ts';
import { bgrewriteaof } from './append-only.ts';
import { configCommands } from './config.ts';
import { debug } from './debug.ts';
import { restoreAsking } from './generic-dump.ts';
import { moduleCommands } from './modules.ts';
import { savingCommands } from './server-saving.ts';

/** DBSIZE */
function dbsize(c: Client): void {
  c.reply.int(c.db.size);
}

/** FLUSHALL [ASYNC|SYNC] */
function flushall(c: Client): void {
  const lazily = flushesLazily(c);
  c.server.tracking.flushed();
  for (const db of c.server.databases) empty(db, c, lazily);
  passOn(c);
  saveNothing(c);
  answerFlush(c);
}

// Redis: whoever saves wants the file to be empty too, before anything else happens.
function saveNothing(c: Client): void {
  const { saving, background, config, disk } = c.server;
  if (background === 'rdb') saving.cancel();
  if (config.values.save.length > 0 && disk !== null) saving.save();
}

/** FLUSHDB [ASYNC|SYNC] */
function flushdb(c: Client): void {
  const lazily = flushesLazily(c);
  c.server.tracking.flushed();
  empty(c.db, c, lazily);
  passOn(c);
  answerFlush(c);
}

/**
 * Redis: who waits for the background to have freed everything is told by then, like everybody
 * else, of the keys that have gone, and hears afterwards that it is done.
 */
function answerFlush(c: Client): void {
  const { tracking } = c.server;
  if (tracking.active && waitsForFlush(c)) {
    tracking.tellPending(c);
    if (tracking.due) tracking.broadcast();
    if (c.replyMode === REPLY_ON) tellHeld(c); // Or it would be skipped with the reply.
  }
  c.reply.ok();
}

/** Redis: whoever repeats what happens here is told even if nothing was there to be removed. */
function passOn(c: Client): void {
  if (c.server.propagation.active) c.instead = [c.argv.slice()];
}

/**
 * Whether Redis would free the keys in the background. Here a database lets go of its
 * dictionary, and the collector takes it apart in its own time: only INFO shows a difference.
 */
function flushesLazily(c: Client): boolean {
  const { argv } = c;
  const type = argv.length === 1 ? '' : argv[1].toUpperCase();
  if (argv.length > 2 || (argv.length === 2 && type !== 'SYNC' && type !== 'ASYNC')) throw SYNTAX;
  return waitsForFlush(c) || isAsync(c, type);
}

/** Redis: a client that can wait waits for the background even when it asks for SYNC. */
function waitsForFlush(c: Client): boolean {
  return !c.inExec && !isAsync(c, c.argv.length === 1 ? '' : c.argv[1].toUpperCase());
}

function isAsync(c: Client, type: string): boolean {
  return type === 'ASYNC' || (type === '' && c.server.config.values['lazyfree-lazy-user-flush']);
}

function empty(db: Database, c: Client, lazily: boolean): void {
  c.server.dirty += db.size;
  if (lazily) c.server.stats.lazyFreed += db.size;
  db.clear();
}

/** LOLWUT [VERSION version] */
function lolwut(c: Client): void {
  const argv = c.argv;
  if (argv.length >= 3 && argv[1].toUpperCase() === 'VERSION' && !isInt64(argv[2])) {
    throw NOT_AN_INTEGER;
  }
  // Unlike Redis: LOLWUT has one drawing, for all versions and whatever other arguments say.
  const { release } = c.server.version;
  const map = drawMap(c.server.random.next);
  c.reply.verbatim('txt', `${map}\nRedis ver. ${release}\n`);
}

const NO_SWAPDB = new ReplyError('ERR SWAPDB is not allowed in cluster mode');

/** SWAPDB index1 index2 */
function swapdb(c: Client): void {
  const { databases, cluster, compatibility } = c.server;
  if (cluster !== null) throw NO_SWAPDB;
  const first = index(c.argv[1], BAD_FIRST_DB);
  const second = index(c.argv[2], BAD_SECOND_DB);
  const one = databases[first];
  const other = databases[second];
  if (one === undefined || other === undefined) throw DB_OUT_OF_RANGE;
  if (one !== other) {
    one.swapWith(other);
    c.server.blocking.databaseReady(one);
    c.server.blocking.databaseReady(other);
  }
  compatibility.incompatible++;
  c.server.dirty++;
  c.reply.ok();
}

/** A C int, or an error. */
function index(argument: string, problem: ReplyError): number {
  const n = parseSafeInt(argument);
  if (!(n >= -0x80000000 && n <= 0x7fffffff)) throw problem;
  return n;
}

/** TIME */
function time(c: Client): void {
  // Redis: inside a transaction time stands still.
  const micros = c.inExec ? c.server.clock.ms * 1000 : c.server.clock.micros();
  c.reply.array(2);
  c.reply.bulkInt(Math.floor(micros / 1e6));
  c.reply.bulkInt(micros % 1e6);
}

export const serverCommands: Handlers<typeof specs> = {
  ...configCommands,
  ...moduleCommands,
  ...savingCommands,
  bgrewriteaof,
  dbsize,
  debug,
  flushall,
  flushdb,
  lolwut,
  'restore-asking': restoreAsking,
  swapdb,
  time,
};
