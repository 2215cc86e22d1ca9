// Functions: FCALL, FCALL_RO and FUNCTION. The libraries are in server/functions.ts.

import { dumpLibraries, isIntact, undumpLibraries } from '../../persistence/dump.ts';
import { RdbError } from '../../persistence/rdb-error.ts';
import { badSubcommand, BUSY_SCRIPT, quoting, ReplyError } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import type { Client } from '../client.ts';
import { Libraries, type Library, type LibraryFunction } from '../functions.ts';
import {
  announce,
  argumentsOf,
  checkFlags,
  countKeys,
  isReadOnly,
  mayExceed,
  maySpread,
  keysOf,
  isAsyncFlush,
} from '../script-arguments.ts';
import { FLAGS } from '../script-flags.ts';
import { killRun } from '../script-kill.ts';
import { errorLine } from '../script-result.ts';
import { ScriptRun } from '../script-run.ts';

const NOT_FOUND = new ReplyError('ERR Function not found');
const BAD_KEYS = new ReplyError('ERR Bad number of keys provided');
const NO_LIBRARY = new ReplyError('ERR Library not found');
const NO_PATTERN = new ReplyError('ERR library name argument was not given');
const BAD_FLUSH = new ReplyError('ERR FUNCTION FLUSH only supports SYNC|ASYNC option');
const BAD_CHECKSUM = new ReplyError('ERR DUMP payload version or checksum are wrong');
const BAD_PAYLOAD = new ReplyError('ERR failed loading the given functions payload');
const BAD_POLICY = new ReplyError(
  'ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.',
);

/** FCALL function numkeys [key [key ...]] [arg [arg ...]] */
function fcall(c: Client): void {
  run(c, false);
}

/** FCALL_RO function numkeys [key [key ...]] [arg [arg ...]] */
function fcallRo(c: Client): void {
  run(c, true);
}

function run(c: Client, readOnly: boolean): void {
  const { argv, server } = c;
  const { scripting } = server;
  const { functions } = scripting;
  announce(c);
  const called = functions.libraries.find(argv[1]);
  if (called === undefined) throw NOT_FOUND;
  const keys = countKeys(argv, BAD_KEYS);
  checkFlags(c, called.flags, readOnly);
  const { runtime } = functions;
  const { body, name } = called;
  const given = [keysOf(argv, keys), argumentsOf(argv, keys)];
  const spreads = maySpread(called.flags);
  const exceeds = mayExceed(called.flags);
  const readsOnly = readOnly || isReadOnly(called.flags);
  ScriptRun.of(scripting, c, runtime, body, name, false, readsOnly, spreads, exceeds).start(given);
}

/** FUNCTION DELETE library-name */
function functionDelete(c: Client): void {
  const { libraries } = c.server.scripting.functions;
  const library = libraries.byName.get(c.argv[2]);
  if (library === undefined) throw NO_LIBRARY;
  libraries.unlink(library);
  c.server.dirty++;
  c.reply.ok();
}

/** FUNCTION DUMP */
function functionDump(c: Client): void {
  const { scripting, config, version } = c.server;
  const compressed = config.values.rdbcompression;
  const payload = dumpLibraries(scripting.functions.codes(), compressed, version.rdb);
  c.reply.bulkBytes(payload, 0, payload.length);
}

/** FUNCTION FLUSH [ASYNC|SYNC] */
function functionFlush(c: Client): void {
  const { argv } = c;
  if (argv.length > 3) throw badSubcommand(argv);
  const { scripting, stats } = c.server;
  const { functions } = scripting;
  if (isAsyncFlush(c, BAD_FLUSH)) stats.countFreed(functions.libraries.size + 1);
  functions.clear();
  c.server.dirty++;
  c.reply.ok();
}

const HELP = [
  'FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'LOAD [REPLACE] <FUNCTION CODE>',
  '    Make a library from its code; its first line names it.',
  'DELETE <LIBRARY NAME>',
  '    Delete a library and its functions.',
  'LIST [LIBRARYNAME PATTERN] [WITHCODE]',
  '    List the libraries, or those whose names match, with their functions.',
  'STATS',
  '    Tell which function runs, for how long, and how many there are.',
  'KILL',
  '    End the function that runs, unless it has changed something.',
  'FLUSH [ASYNC|SYNC]',
  '    Delete all libraries.',
  'DUMP',
  '    Return all libraries as a payload for FUNCTION RESTORE.',
  'RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]',
  '    Make the libraries of a payload: in place of all, beside those that are there, or in place',
  '    of those of the same names.',
  'HELP',
  '    Show this text.',
];

/** FUNCTION HELP */
function functionHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** FUNCTION KILL */
function functionKill(c: Client): void {
  killRun(c.server, false);
  c.reply.ok();
}

/** FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE] */
function functionList(c: Client): void {
  const { argv, reply, server } = c;
  let withCode = false;
  let pattern: string | null = null;
  for (let i = 2; i < argv.length; i++) {
    const option = argv[i].toLowerCase();
    if (option === 'withcode' && !withCode) {
      withCode = true;
    } else if (option === 'libraryname' && pattern === null) {
      if (++i === argv.length) throw NO_PATTERN;
      pattern = argv[i];
    } else {
      throw quoting('Unknown argument ', argv[i], '');
    }
  }
  const all = [...server.scripting.functions.libraries.byName.values()];
  const shown = all.filter(({ name }) => pattern === null || globMatch(pattern, name, true));
  reply.array(shown.length);
  for (const library of shown) listLibrary(c, library, withCode);
}

function listLibrary(c: Client, library: Library, withCode: boolean): void {
  const { reply } = c;
  reply.map(withCode ? 4 : 3);
  reply.bulk('library_name');
  reply.bulk(library.name);
  reply.bulk('engine');
  reply.bulk('LUA');
  reply.bulk('functions');
  reply.array(library.functions.size);
  for (const one of library.functions.values()) listFunction(c, one);
  if (!withCode) return;
  reply.bulk('library_code');
  reply.bulk(library.code);
}

function listFunction(c: Client, { name, description, flags }: LibraryFunction): void {
  const { reply } = c;
  reply.map(3);
  reply.bulk('name');
  reply.bulk(name);
  reply.bulk('description');
  if (description === null) reply.null();
  else reply.bulk(description);
  reply.bulk('flags');
  const set = [...FLAGS].filter(([, bit]) => flags & bit);
  reply.set(set.length);
  for (const [flag] of set) reply.status(flag);
}

/** FUNCTION LOAD [REPLACE] function-code */
function functionLoad(c: Client): void {
  const { argv, server } = c;
  const last = argv.length - 1;
  for (let i = 2; i < last; i++) {
    if (argv[i].toLowerCase() === 'replace') continue;
    throw new ReplyError(errorLine(`ERR Unknown option given: ${argv[i]}`));
  }
  const { functions } = server.scripting;
  const name = functions.load(argv[last], last > 2, functions.libraries, !c.repeats);
  server.dirty++;
  c.reply.bulk(name);
}

/** FUNCTION RESTORE serialized-value [FLUSH|APPEND|REPLACE] */
function functionRestore(c: Client): void {
  const { argv, server } = c;
  if (argv.length > 4) throw badSubcommand(argv);
  const policy = argv.length === 4 ? argv[3].toLowerCase() : 'append';
  if (policy !== 'append' && policy !== 'replace' && policy !== 'flush') throw BAD_POLICY;
  const payload = Buffer.from(argv[2], 'latin1');
  if (!isIntact(payload, true, server.version.rdb)) throw BAD_CHECKSUM;
  const { functions } = server.scripting;
  const restored = new Libraries();
  for (const code of codesOf(payload)) functions.load(code, false, restored, false);
  if (policy === 'flush') functions.libraries = restored;
  else functions.libraries.join(restored, policy === 'replace');
  server.dirty++;
  c.reply.ok();
}

function codesOf(payload: Buffer): string[] {
  try {
    return undumpLibraries(payload);
  } catch (problem) {
    if (!(problem instanceof RdbError)) throw problem;
    throw problem.fault === 'corrupt' ? new ReplyError(`ERR ${problem.message}`) : BAD_PAYLOAD;
  }
}

/** FUNCTION STATS */
function functionStats(c: Client): void {
  const { reply, server } = c;
  const { run: running, functions } = server.scripting;
  if (running?.isEval) throw BUSY_SCRIPT;
  reply.map(2);
  reply.bulk('running_script');
  if (running === null) {
    reply.null();
  } else {
    const { argv } = running.caller;
    reply.map(3);
    reply.bulk('name');
    reply.bulk(running.name);
    reply.bulk('command');
    reply.array(argv.length);
    for (const word of argv) reply.bulk(word);
    reply.bulk('duration_ms');
    reply.int(running.durationMs);
  }
  reply.bulk('engines');
  reply.map(1);
  reply.bulk('LUA');
  reply.map(2);
  reply.bulk('libraries_count');
  reply.int(functions.libraries.byName.size);
  reply.bulk('functions_count');
  reply.int(functions.libraries.size);
}

export const functionCommands = {
  fcall,
  fcall_ro: fcallRo,
  'function|delete': functionDelete,
  'function|dump': functionDump,
  'function|flush': functionFlush,
  'function|help': functionHelp,
  'function|kill': functionKill,
  'function|list': functionList,
  'function|load': functionLoad,
  'function|restore': functionRestore,
  'function|stats': functionStats,
};
