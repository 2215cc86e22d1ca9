// redis.call(): one command of a script.
//
// It runs through call() like any other, for a client of the script's own, whose replies are Lua
// values. Before that come the gates of a script, in Redis's order. What they refuse is an error
// of the script, counted as one of the command.

import { LuaTable } from '../lua/table.ts';
import type { Value } from '../lua/value.ts';
import * as flag from '../protocol/command-spec.ts';
import {
  NO_REPLICAS,
  OUT_OF_MEMORY,
  READ_ONLY as READ_ONLY_REPLICA,
  ReplyError,
} from '../protocol/errors.ts';
import { denial } from './acl-check.ts';
import { call } from './call.ts';
import * as route from './cluster-route.ts';
import type { Command } from './command-table.ts';
import type { ScriptRun } from './script-run.ts';
import { errorTable } from './script-reply.ts';

const UNKNOWN = new ReplyError('ERR Unknown Redis command called from script');
const WRONG_ARITY = new ReplyError('ERR Wrong number of args calling Redis command from script');
const NOT_IN_SCRIPTS = new ReplyError('ERR This Redis command is not allowed from script');
const STALE = new ReplyError('ERR Can not execute the command on a stale replica');
const READ_ONLY = new ReplyError('ERR Write commands are not allowed from read-only scripts.');

const OTHER_SLOT = new ReplyError(
  'ERR Script attempted to access keys that do not hash to the same slot',
);
const DOWN_TO_WRITES = new ReplyError(
  'ERR Script attempted to execute a write command while the cluster is down and readonly',
);
const DOWN = new ReplyError('ERR Script attempted to execute a command while the cluster is down');
const UNSERVED = new ReplyError('ERR Script attempted to access a slot not served');
const NOT_LOCAL = new ReplyError(
  'ERR Script attempted to access a non local key in a cluster node',
);

/** Runs a command and returns its reply; `run.failed` says whether that is an error. */
export function callFromScript(run: ScriptRun, argv: string[]): Value {
  return run.debugger === null ? carryOut(run, argv) : watched(run, argv);
}

/** The same, and tells the debugger. */
function watched(run: ScriptRun, argv: string[]): Value {
  run.debugger!.calls(argv);
  run.refused = false;
  const value = carryOut(run, argv);
  if (run.failed && value instanceof LuaTable) {
    const problem = String(value.getString('err'));
    run.debugger!.failed(run.refused ? problem.replace(/^ERR /, '') : `-${problem}`);
  }
  if (!run.refused) run.debugger!.answered(value, run.reply.resp3);
  return value;
}

function carryOut(run: ScriptRun, argv: string[]): Value {
  const { client, reply } = run;
  const { commands } = client.server;
  if (argv[0] !== client.lastWord) {
    client.lastWord = argv[0];
    client.lastNamed = commands.find(argv[0]);
  }
  let command = client.lastNamed;
  if (command !== undefined && command.subcommands !== null && argv.length > 1) {
    command = command.subcommands.get(argv[1].toLowerCase());
  }
  if (command === undefined) return refused(run, undefined, UNKNOWN);
  const { flags } = command;
  if (!command.spec.accepts(argv.length)) return refused(run, command, WRONG_ARITY);
  if (flags & flag.NOSCRIPT && !client.server.debug.scriptsUnrestricted) {
    return refused(run, command, NOT_IN_SCRIPTS);
  }
  if (client.server.following.isStale && !(flags & flag.STALE)) {
    return refused(run, command, STALE);
  }
  client.user = run.caller.user;
  if (!client.user.unrestricted) {
    const reason = client.server.acl.denied(client, command.spec, argv, 'lua');
    if (reason !== 0) {
      const why = denial(reason, client.user, command.spec, argv, false);
      return refused(run, command, new ReplyError(`ERR ACL failure in script: ${why}`));
    }
  }
  if (flags & (flag.WRITE | flag.MAY_REPLICATE)) {
    const problem = problemOfWriting(run, flags);
    if (problem !== null) return refused(run, command, problem);
    if (flags & flag.WRITE) {
      run.wrote = true;
      own(argv);
    }
  }
  client.argv = argv;
  client.command = command;
  const { cluster, compatibility } = client.server;
  if (cluster !== null && !run.caller.repeats) {
    const problem = problemOfKeys(run, command);
    if (problem !== null) return refused(run, command, problem);
  } else if (compatibility.samples) {
    compatibility.lookInScript(command, argv, run.spreads);
  }
  reply.begin();
  run.runtime.fuel -= FUEL_OF_A_CALL;
  call(client, command);
  run.failed = reply.failed;
  return reply.value;
}

function problemOfWriting(run: ScriptRun, flags: number): ReplyError | null {
  if (run.readOnly) return READ_ONLY;
  // Redis: who has changed something must be able to end what was begun.
  if (run.wrote || !(flags & flag.WRITE)) return null;
  const { server } = run.client;
  if (server.following.readOnly && !run.caller.repeats) return READ_ONLY_REPLICA;
  if (server.troubled && server.writeProblem !== null) return server.writeProblem;
  if (server.lacksReplicas) return NO_REPLICAS;
  return server.eviction.short && flags & flag.DENYOOM && !run.exceeds ? OUT_OF_MEMORY : null;
}

/** Why the keys of a command cannot be used in a script on this node of a cluster. */
function problemOfKeys(run: ScriptRun, command: Command): ReplyError | null {
  const { client } = run;
  const code = route.routeInScript(client, command);
  if (code !== route.HERE) return problemOfRoute(code, command.spec.name);
  if (client.slot < 0 || run.spreads) return null;
  if (run.slot < 0) run.slot = client.slot;
  return run.slot === client.slot ? null : OTHER_SLOT;
}

function problemOfRoute(code: number, name: string): ReplyError {
  switch (code) {
    case route.DOWN_TO_WRITES:
      return DOWN_TO_WRITES;
    case route.DOWN:
      return DOWN;
    case route.UNSERVED:
      return UNSERVED;
    case route.CROSS_SLOT: {
      const what = `Command '${name}' in script attempted to access keys`;
      return new ReplyError(`ERR ${what} that don't hash to the same slot`);
    }
    case route.UNSTABLE: {
      const why = 'because undeclared keys were accessed during rehashing of the slot';
      return new ReplyError(`ERR Unable to execute command '${name}' in script ${why}`);
    }
    default:
      return NOT_LOCAL;
  }
}

function refused(run: ScriptRun, command: Command | undefined, problem: ReplyError): Value {
  run.client.server.stats.countError(problem.code);
  if (command !== undefined) command.rejected++;
  run.failed = true;
  run.refused = true;
  const table = errorTable(problem.line);
  table.setString('ignore_error_stats_update', true);
  return table;
}

const FUEL_OF_A_CALL = 200; // So that the clock is looked at while a script calls slow commands.
const SHARED_FROM = 13; // V8 copies shorter strings where it would share the bytes of longer ones.

/**
 * Sees to it that words do not hold on to longer texts that a script cut them from, or pieces that
 * it put them together from: they may be stored for good.
 */
function own(argv: string[]): void {
  for (let i = 1; i < argv.length; i++) {
    if (argv[i].length >= SHARED_FROM) argv[i] = copyOf(argv[i]);
  }
}

function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').latin1Slice();
}
