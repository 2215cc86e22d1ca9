// What EVAL and FCALL have in common: keys and arguments, and what is checked before a script runs.

import { LuaTable } from '../lua/table.ts';
import { MASTER_DOWN, NO_REPLICAS, ReplyError } from '../protocol/errors.ts';
import { parseInt64 } from '../protocol/numbers.ts';
import type { Client } from './client.ts';
import { feedMonitors } from './monitor.ts';
import {
  ALLOW_CROSS_SLOT_KEYS,
  ALLOW_OOM,
  ALLOW_STALE,
  COMPATIBLE,
  NO_CLUSTER,
  NO_WRITES,
  readShebang,
} from './script-flags.ts';
import { arrayOf } from './script-reply.ts';
import type { Server } from './server.ts';

const TOO_MANY_KEYS = new ReplyError("ERR Number of keys can't be greater than number of args");
const NEGATIVE_KEYS = new ReplyError("ERR Number of keys can't be negative");
const WRITES = new ReplyError('ERR Can not execute a script with write flag using *_ro command.');
const NOT_ON_CLUSTER = new ReplyError(
  "ERR Can not run script on cluster, 'no-cluster' flag is set.",
);
const STALE = new ReplyError(
  "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and " +
    "'allow-stale' flag is not set on the script.",
);
const READ_ONLY = new ReplyError('READONLY Can not run script with write flag on readonly replica');
const OUT_OF_MEMORY = new ReplyError(
  "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
);
const FIRST = 3; // Where keys begin in argv.

/** How many keys the request names. Throws a ReplyError, `problem` if that is no number. */
export function countKeys(argv: readonly string[], problem: ReplyError): number {
  if (argv[2] === '0') return 0;
  const count = parseInt64(argv[2]);
  if (count === undefined) throw problem;
  if (count > argv.length - FIRST) throw TOO_MANY_KEYS;
  if (count < 0) throw NEGATIVE_KEYS;
  return Number(count);
}

/** The keys of a request, as a table. */
export function keysOf(argv: readonly string[], keys: number): LuaTable {
  return keys === 0 ? new LuaTable() : arrayOf(argv.slice(FIRST, FIRST + keys));
}

/** The arguments behind the keys. */
export function argumentsOf(argv: readonly string[], keys: number): LuaTable {
  const start = FIRST + keys;
  return argv.length === start ? new LuaTable() : arrayOf(argv.slice(start));
}

// Redis: a monitor hears of the script before it hears of what the script does.
export function announce(c: Client): void {
  if (c.server.monitors.size !== 0) feedMonitors(c.server, c, c.argv);
}

/** Whether SCRIPT FLUSH or FUNCTION FLUSH asks to be done in the background. Throws `problem`. */
export function isAsyncFlush(c: Client, problem: ReplyError): boolean {
  const { argv, server } = c;
  if (argv.length === 2) return server.config.values['lazyfree-lazy-user-flush'];
  const how = argv[2].toLowerCase();
  if (argv.length > 3 || (how !== 'sync' && how !== 'async')) throw problem;
  return how === 'async';
}

/** Whether a script may change nothing, since it says so. */
export function isReadOnly(flags: number): boolean {
  return (flags & (COMPATIBLE | NO_WRITES)) === NO_WRITES;
}

/** Whether a script may use keys of several slots of a cluster. */
export function maySpread(flags: number): boolean {
  return (flags & (COMPATIBLE | ALLOW_CROSS_SLOT_KEYS)) !== 0;
}

/** Whether a script may change something that needs memory when there is none. */
export function mayExceed(flags: number): boolean {
  return (flags & (COMPATIBLE | ALLOW_OOM)) === ALLOW_OOM;
}

/** Whether a request runs a script that says of itself that it needs memory, as most do. */
export function declaresNeed(
  { scripting }: Server,
  command: string,
  argv: readonly string[],
): boolean {
  const { scripts, functions } = scripting;
  let flags: number | undefined;
  if (command.startsWith('fcall')) flags = functions.libraries.find(argv[1])?.flags;
  else if (command.startsWith('evalsha')) flags = scripts.find(argv[1])?.flags;
  else flags = argv[1].startsWith('#!lua') ? flagsOf(argv[1]) : undefined;
  return flags !== undefined && (flags & (COMPATIBLE | NO_WRITES | ALLOW_OOM)) === 0;
}

function flagsOf(script: string): number | undefined {
  try {
    return readShebang(script).flags;
  } catch {
    return undefined; // EVAL will say what is wrong with it.
  }
}

/** Refuses a script that says that it may change something where it must not. */
export function checkFlags(c: Client, flags: number, readOnly: boolean): void {
  const { server } = c;
  if (flags & NO_CLUSTER) {
    if (server.cluster !== null) throw NOT_ON_CLUSTER;
    server.compatibility.incompatible++;
  }
  if (server.following.isStale) {
    if (flags & COMPATIBLE) throw MASTER_DOWN;
    if (!(flags & ALLOW_STALE)) throw STALE;
  }
  if (flags & (COMPATIBLE | NO_WRITES)) return;
  if (server.following.readOnly && !c.repeats) throw READ_ONLY;
  if (server.troubled && server.writeProblem !== null) throw cannotSave(server.writeProblem);
  if (readOnly) throw WRITES;
  if (server.lacksReplicas) throw NO_REPLICAS;
  if (server.eviction.short && !(flags & ALLOW_OOM)) throw OUT_OF_MEMORY;
}

const BLOCKED =
  "but it's currently unable to persist to disk. Writable scripts are blocked. " +
  "Use 'no-writes' flag for read only scripts.";

function cannotSave({ line }: ReplyError): ReplyError {
  const aof = /^MISCONF Errors writing to the AOF file: (.*)$/.exec(line);
  if (aof === null) {
    return new ReplyError(`MISCONF Redis is configured to save RDB snapshots, ${BLOCKED}`);
  }
  const what = 'MISCONF Redis is configured to persist data to AOF';
  return new ReplyError(`${what}, ${BLOCKED} AOF error: ${aof[1]}`);
}
