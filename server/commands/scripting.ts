// Scripts: EVAL and its kin, and SCRIPT. What runs them is server/script-run.ts; functions are in a
// file of their own.

import type { scripting as specs } from '../../protocol/commands/scripting.ts';
import { NOT_AN_INTEGER, ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import type { Script } from '../eval-scripts.ts';
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
import { ScriptDebugger } from '../script-debugger.ts';
import { debugOnCopy } from '../script-debugger-copy.ts';
import { readShebang } from '../script-flags.ts';
import { killRun } from '../script-kill.ts';
import { ScriptRun } from '../script-run.ts';
import { functionCommands } from './scripting-functions.ts';

const NO_SCRIPT = new ReplyError('NOSCRIPT No matching script. Please use EVAL.');
const BAD_FLUSH = new ReplyError('ERR SCRIPT FLUSH only support SYNC|ASYNC option');
const BAD_DEBUG = new ReplyError('ERR Use SCRIPT DEBUG YES/SYNC/NO');
const IN_PIPELINE = new ReplyError('ERR SCRIPT DEBUG must be called outside a pipeline');
const NOT_BY_SHA = new ReplyError('ERR Please use EVAL instead of EVALSHA for debugging');
const SHA_LENGTH = 40;

/** EVAL script numkeys [key [key ...]] [arg [arg ...]] */
function evaluate(c: Client): void {
  evaluateText(c, false);
}

/** EVAL_RO script numkeys [key [key ...]] [arg [arg ...]] */
function evalRo(c: Client): void {
  evaluateText(c, true);
}

/** EVALSHA sha1 numkeys [key [key ...]] [arg [arg ...]] */
function evalsha(c: Client): void {
  evaluateSha(c, false);
}

/** EVALSHA_RO sha1 numkeys [key [key ...]] [arg [arg ...]] */
function evalshaRo(c: Client): void {
  evaluateSha(c, true);
}

function evaluateText(c: Client, readOnly: boolean): void {
  const { argv, server } = c;
  const { scripts } = server.scripting;
  announce(c);
  if (c.debugs !== 'no') return debug(c, readOnly);
  const keys = countKeys(argv, NOT_AN_INTEGER);
  run(c, scripts.known(argv[1]) ?? scripts.load(argv[1], true), keys, readOnly);
}

function evaluateSha(c: Client, readOnly: boolean): void {
  const { argv, server } = c;
  const { scripts } = server.scripting;
  announce(c);
  if (argv[1].length !== SHA_LENGTH) throw NO_SCRIPT;
  if (c.debugs !== 'no') throw NOT_BY_SHA;
  const keys = countKeys(argv, NOT_AN_INTEGER);
  const script = scripts.find(argv[1]);
  if (script === undefined) throw NO_SCRIPT;
  run(c, script, keys, readOnly);
}

function run(
  c: Client,
  script: Script,
  keys: number,
  readOnly: boolean,
  stepper: ScriptDebugger | null = null,
): void {
  const { scripting } = c.server;
  const { scripts } = scripting;
  checkFlags(c, script.flags, readOnly);
  scripts.give(keysOf(c.argv, keys), argumentsOf(c.argv, keys));
  const mayOnlyRead = readOnly || isReadOnly(script.flags);
  const { runtime } = scripts;
  const { body, sha } = script;
  const spreads = maySpread(script.flags);
  const exceeds = mayExceed(script.flags);
  const of = ScriptRun.of(scripting, c, runtime, body, sha, true, mayOnlyRead, spreads, exceeds);
  of.debugger = stepper;
  stepper?.starts(of);
  of.start(NONE);
  if (stepper === null) scripts.used(script);
}

const NONE: readonly never[] = [];

/** Has a script be stepped through by its client. */
function debug(c: Client, readOnly: boolean): void {
  if (c.debugs === 'yes') return debugOnCopy(c);
  const { scripting, stats } = c.server;
  c.argv = c.argv.slice(); // What follows is read while this command is still running.
  const stepper = new ScriptDebugger(c, c.argv[1]);
  try {
    const keys = countKeys(c.argv, NOT_AN_INTEGER);
    const script = scripting.scripts.load(c.argv[1], true);
    const body = stepper.compile(script.source.slice(readShebang(script.source).start));
    run(c, { ...script, body }, keys, readOnly, stepper);
  } catch (problem) {
    if (!(problem instanceof ReplyError)) throw problem;
    stepper.end();
    c.reply.error(problem.line);
    stats.countError(problem.code);
    scripting.onSessionEnd();
  }
}

/** SCRIPT DEBUG YES|SYNC|NO */
function scriptDebug(c: Client): void {
  const mode = c.argv[2].toLowerCase();
  if (mode !== 'yes' && mode !== 'sync' && mode !== 'no') throw BAD_DEBUG;
  if (c.writer.size !== 0) throw IN_PIPELINE;
  c.debugs = mode;
  c.reply.ok();
}

/** SCRIPT EXISTS sha1 [sha1 ...] */
function scriptExists(c: Client): void {
  const { argv, reply, server } = c;
  reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    reply.int(server.scripting.scripts.find(argv[i]) === undefined ? 0 : 1);
  }
}

/** SCRIPT FLUSH [ASYNC|SYNC] */
function scriptFlush(c: Client): void {
  const { scripting, stats } = c.server;
  const { scripts } = scripting;
  if (isAsyncFlush(c, BAD_FLUSH)) stats.countFreed(scripts.count);
  scripts.clear();
  c.reply.ok();
}

const HELP = [
  'SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DEBUG (YES|SYNC|NO)',
  '    Set the debug mode for subsequent scripts executed.',
  'EXISTS <sha1> [<sha1> ...]',
  '    Tell which of these scripts are known.',
  'FLUSH [ASYNC|SYNC]',
  '    Forget all scripts.',
  'KILL',
  '    End the script that runs, unless it has changed something.',
  'LOAD <script>',
  '    Make a script known without running it.',
  'HELP',
  '    Show this text.',
];

/** SCRIPT HELP */
function scriptHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** SCRIPT KILL */
function scriptKill(c: Client): void {
  killRun(c.server, true);
  c.reply.ok();
}

/** SCRIPT LOAD script */
function scriptLoad(c: Client): void {
  c.reply.bulk(c.server.scripting.scripts.load(c.argv[2], false).sha);
}

export const scriptingCommands: Handlers<typeof specs> = {
  eval: evaluate,
  evalsha,
  evalsha_ro: evalshaRo,
  eval_ro: evalRo,
  'script|debug': scriptDebug,
  'script|exists': scriptExists,
  'script|flush': scriptFlush,
  'script|help': scriptHelp,
  'script|kill': scriptKill,
  'script|load': scriptLoad,
  ...functionCommands,
};
