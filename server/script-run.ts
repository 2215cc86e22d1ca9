// A script, or a function, while it runs.
//
// It runs to its end at once, unless that takes longer than busy-reply-threshold. From then on it
// runs in slices, between which the server does what it can for others, which is little: most
// commands are refused (BUSY), and nothing happens by itself. What the script has done is passed
// on when it is over, as one unit.
//
//   RUNNING --too long--> busy: slice, others, slice, others, ... --> over
//                            \-- SCRIPT KILL, if it has changed nothing
//
// For the script time stands still. To kill it, an error is thrown into it that Lua cannot catch.

import { LuaError } from '../lua/errors.ts';
import { type Runtime, show } from '../lua/runtime.ts';
import { LuaTable } from '../lua/table.ts';
import { DONE, Killing, LINE, type Step, Thread, TICK } from '../lua/thread.ts';
import { first, type LuaFunction, type Value } from '../lua/value.ts';
import { ReplyError } from '../protocol/errors.ts';
import { passOn, replied } from './call.ts';
import type { Client } from './client.ts';
import { RUNNING, SCRIPT } from './client-state.ts';
import type { Command } from './command-table.ts';
import { execute } from './execute.ts';
import { TO_ALL } from './propagate.ts';
import { tellHeld } from './push.ts';
import type { ScriptDebugger } from './script-debugger.ts';
import type { ScriptEngine } from './script-engine.ts';
import { errorTable, type LuaReply, tagged } from './script-reply.ts';
import { describeProblem, ResultWriter, writeInteger } from './script-result.ts';

const SLICE_MS = 5;
const KILLED = 'ERR Script killed by user with SCRIPT KILL...';

export class ScriptRun {
  /** Whose commands the script calls. */
  readonly client: Client;
  readonly reply: LuaReply;
  /** Who called the script, and with which command. */
  caller!: Client;
  /** What errors and FUNCTION STATS call it: the SHA1, or the function's name. */
  name = '';
  isEval = false;
  readOnly = false;
  /** Whether it may use keys of several slots of a cluster, */
  spreads = false;
  /** whether it may change something that needs memory when there is none, */
  exceeds = false;
  /** and if not, the slot of those that it has used so far, or -1. */
  slot = -1;
  /** Whether it called a command that changes something: it cannot be killed any more. */
  wrote = false;
  /** Whether the last command that it called failed. */
  failed = false;
  /** Whether that was before it ran. */
  refused = false;
  startMs = 0; // By the stopwatch.
  runtime!: Runtime;
  /** Who steps through it, or null. */
  debugger: ScriptDebugger | null = null;
  /** Why it failed, if it came from a file and others had their turns meanwhile. */
  problem: ReplyError | null = null;
  private readonly engine: ScriptEngine;
  private command!: Command;
  private calledMs = 0; // When the caller's command began.
  private timeMs = 0; // What time it is for the script.
  private thread!: Thread;
  private args: readonly Value[] | undefined = undefined;
  private busy = false;
  private killed = false;

  constructor(engine: ScriptEngine) {
    this.engine = engine;
    this.client = engine.client;
    this.reply = engine.reply;
  }

  /**
   * A run of a script, which has not started. What one leaves that ended in time is used for the
   * next one: most scripts are over so soon that making it anew would be a good part of the cost.
   */
  static of(
    engine: ScriptEngine,
    caller: Client,
    runtime: Runtime,
    body: LuaFunction,
    name: string,
    isEval: boolean,
    readOnly: boolean,
    spreads: boolean,
    exceeds: boolean,
  ): ScriptRun {
    const { server } = caller;
    const run = engine.spare ?? new ScriptRun(engine);
    engine.spare = null;
    run.caller = caller;
    run.name = name;
    run.isEval = isEval;
    run.readOnly = readOnly;
    run.spreads = spreads;
    run.exceeds = exceeds;
    run.slot = caller.slot;
    run.debugger = null;
    run.wrote = false;
    run.failed = false;
    run.command = caller.running!;
    run.calledMs = server.stopwatchMs();
    run.startMs = run.calledMs;
    run.timeMs = server.clock.ms;
    if (run.runtime === runtime) run.thread.restart(body);
    else run.thread = new Thread(runtime, body);
    run.runtime = runtime;
    return run;
  }

  /** Runs the script to its end, or until it is busy. */
  start(args: readonly Value[]): void {
    this.args = args;
    const { client, caller, reply } = this;
    client.db = caller.db;
    client.noTouch = caller.noTouch;
    reply.resp3 = false;
    this.engine.run = this;
    if (caller.server.propagation.active) caller.instead = [];
    const result = this.proceed(this.limitMs());
    if (result === BUSY) return;
    if (!(result instanceof Failure) && this.debugger === null) this.engine.spare = this;
    this.end(result);
  }

  /** The time that it has taken. */
  get durationMs(): number {
    return Math.floor(this.caller.server.clock.stopwatch() - this.startMs);
  }

  kill(): void {
    this.killed = true;
  }

  /** Goes on from where a debugger had it stop, till it stops again or is over. */
  goOn(): void {
    this.turn(Number.POSITIVE_INFINITY);
  }

  /** Has it find an error where it stopped. */
  fail(error: LuaError): void {
    this.thread.fail(error);
  }

  /** Calls something as if the script did, while it is stopped. */
  callInside(call: () => void): void {
    const { caller, timeMs } = this;
    const { server } = caller;
    server.beginTurn();
    server.clock.ms = timeMs;
    server.current = caller;
    call();
    server.current = null;
    server.endTurn();
  }

  private stops(): void {
    const { caller } = this;
    caller.server.propagation.held = true;
    caller.waits = SCRIPT;
  }

  private limitMs(): number {
    const { server, repeats } = this.caller;
    if (this.debugger !== null) return Number.POSITIVE_INFINITY;
    const threshold = server.config.values['busy-reply-threshold'];
    if (threshold === 0 || server.later === null) return Infinity;
    // Whoever reads a file can wait; what a master sends comes in an order that has to be kept.
    if (repeats && server.loading === null) return Infinity;
    return this.startMs + threshold;
  }

  /** Goes on until a time; returns how it ended, or BUSY. */
  private proceed(untilMs: number): Outcome {
    const { runtime, thread } = this;
    const { clock } = this.caller.server;
    try {
      for (;;) {
        const step: Step = thread.step(this.args);
        this.args = undefined;
        if (step === DONE) return first(thread.result);
        if (step === LINE) {
          if (!this.debugger!.reached()) continue;
          this.stops();
          return BUSY;
        }
        if (step !== TICK) throw new LuaError('attempt to yield from outside a coroutine');
        runtime.refuel();
        if (this.debugger !== null) this.debugger.ticked();
        if (untilMs !== Infinity && clock.stopwatch() >= untilMs) {
          if (!this.busy) this.becomeBusy();
          return BUSY;
        }
      }
    } catch (problem) {
      if (!(problem instanceof Killing)) return this.failure(problem);
      return new Failure(located(errorTable(KILLED), problem.origin));
    }
  }

  private failure(problem: unknown): Failure {
    const error = this.runtime.asLuaError(problem);
    if (error === null) throw problem;
    if (error.argument !== null) error.value = `bad argument #${error.argument.index}`;
    const { value } = error;
    const table = value instanceof LuaTable ? value : tagged('err', `ERR ${show(value)}`);
    return new Failure(located(table, error.origin));
  }

  private becomeBusy(): void {
    const { caller, isEval, name } = this;
    const { server } = caller;
    const how = isEval ? 'SCRIPT KILL' : 'FUNCTION KILL';
    server.log.warning(
      `Slow script detected: still in execution after ${this.durationMs} milliseconds. ` +
        `You can try killing the script using the ${how} command. Script name is: ${name}.`,
    );
    this.busy = true;
    server.busyScript = this;
    server.propagation.held = true;
    caller.waits = SCRIPT;
    server.later!(() => this.slice());
  }

  private slice(): void {
    const { server } = this.caller;
    if (this.engine.run !== this) return; // The server was closed.
    if (this.killed) {
      server.log.notice('Lua script killed by user with SCRIPT KILL.');
      this.thread.kill();
    }
    if (this.turn(server.clock.stopwatch() + SLICE_MS)) server.later!(() => this.slice());
  }

  /** Goes on until a time, in a turn of the server's; true if it is not over then. */
  private turn(untilMs: number): boolean {
    const { caller, timeMs } = this;
    const { server } = caller;
    server.beginTurn();
    server.clock.ms = timeMs;
    server.current = caller;
    const result = this.proceed(untilMs);
    server.current = null;
    if (result !== BUSY) this.endBusy(result);
    server.endTurn();
    return result === BUSY;
  }

  private endBusy(result: Value | Failure): void {
    const { caller, command } = this;
    const { server } = caller;
    server.busyScript = null;
    server.propagation.held = false;
    caller.waits = RUNNING;
    this.debugger?.end();
    const mark = caller.reply.mark();
    let failed = false;
    try {
      this.end(result);
    } catch (problem) {
      if (!(problem instanceof ReplyError)) throw problem;
      if (caller.repeats) this.problem = problem;
      else caller.reply.error(problem.line);
      server.stats.countError(problem.code);
      failed = true;
    }
    if (caller.repeats) return;
    server.ran(caller, command, this.calledMs, failed);
    const { execution } = caller;
    if (execution !== null) {
      server.current = caller;
      const done = execute(caller, execution);
      server.current = null;
      if (!done) return;
      server.ran(caller, execution.command, execution.startMs, false);
    }
    replied(caller, mark);
    if (server.held.length !== 0) tellHeld(caller);
    if (server.tracking.active) server.tracking.ran(caller, command);
    if (server.propagation.active) passOn(caller, command);
    server.blocking.serve();
    if (!caller.closed) caller.go();
    if (this.debugger !== null) this.engine.onSessionEnd();
  }

  /** Says the result to the caller; throws a ReplyError. */
  private end(result: Value | Failure): void {
    const { caller, runtime, reply, engine } = this;
    engine.run = null;
    caller.server.propagation.to = TO_ALL;
    runtime.reset();
    if (result instanceof Failure) {
      const { table } = result;
      const line = describeProblem(table, this.name);
      if (table.getString('ignore_error_stats_update') !== true) throw new ReplyError(line);
      // Redis: the command within was counted, and now this one is one that failed as well.
      this.command.failed++;
      caller.reply.error(line);
      return;
    }
    // Most results are simple.
    if (typeof result === 'string') return caller.reply.bulk(result);
    if (typeof result === 'number') return writeInteger(caller.reply, result);
    const writer = new ResultWriter(caller.reply, caller.server.stats, reply.resp3);
    writer.write(result);
    this.command.failed += writer.failed;
  }
}

const BUSY = Symbol('busy');

/** An error that nobody caught. */
class Failure {
  readonly table: LuaTable;

  constructor(table: LuaTable) {
    this.table = table;
  }
}

type Outcome = Value | Failure | typeof BUSY;

/** Writes down in an error where it was thrown. */
function located(table: LuaTable, origin: string): LuaTable {
  const colon = origin.lastIndexOf(':');
  if (colon < 0) return table;
  table.setString('source', origin.slice(0, colon));
  table.setString('line', Number(origin.slice(colon + 1)));
  return table;
}
