// SCRIPT DEBUG: a script that is stepped through, with `redis-cli --ldb`.
//
// The script is compiled to stop at its lines (lua/compile-stepping.ts). Where it is to stop for
// its user, the run of it is left as it is (script-run.ts), the client is told where that is, and
// what it sends from then on are commands of the debugger, until one lets the script go on:
//
//   EVAL --> runs --line--> stopped: print, break, eval, redis, ... --step, continue--> runs ...
//                 \--> over: <endsession>, the reply of EVAL, the connection ends
//
// With SYNC the server stands still meanwhile (sleep.ts), as Redis's does. With YES, Redis forks,
// so that nothing happens to the data set: here the client moves to a server of its own with a
// copy of it (script-debugger-copy.ts).

import { compile } from '../lua/compile.ts';
import { compileStepping } from '../lua/compile-stepping.ts';
import { LuaError, LuaSyntaxError } from '../lua/errors.ts';
import { show } from '../lua/runtime.ts';
import { type Frame, Stepping } from '../lua/stepping.ts';
import { DONE, Thread, TICK } from '../lua/thread.ts';
import { first, type LuaFunction, type Value } from '../lua/value.ts';
import { parseInt64 } from '../protocol/numbers.ts';
import { MORE, PIECE, READY } from '../protocol/request-parser.ts';
import type { Client } from './client.ts';
import { soon } from './real-time.ts';
import { callFromScript } from './script-call.ts';
import { describe, describeReply, HELP } from './script-debugger-text.ts';
import { errorTable } from './script-reply.ts';
import type { ScriptRun } from './script-run.ts';

const MOST_BREAKPOINTS = 64;
const TRIMMED = 256;
const LEAST_TRIMMED = 60;
const CONTEXT = 5; // Lines that `list` shows before and behind.
const WORDS_LOGGED = 10;
const LONGEST_WORD = 1024; // Of a command.
const BAD = 'protocol error';
const TIMEOUT_MS = 5000; // Where busy-reply-threshold has none.
const HINT = "<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.";
const UNKNOWN = '<error> Unknown Redis Lua debugger command or wrong number of arguments.';

export class ScriptDebugger {
  readonly client: Client;
  private readonly lines: readonly string[];
  private readonly stepping = new Stepping();
  private readonly breakpoints: number[] = [];
  private readonly waiting = new Set<Client>(); // Others, who have something to ask.
  private log: string[] = [];
  private run!: ScriptRun;
  private steps = true; // It stops at the next line, and tells what commands it calls till then.
  private breaks = false; // redis.breakpoint() was called.
  private timedOut = false;
  private stopped = false;
  private sinceMs = 0; // When it went on last, by the stopwatch.
  private most = TRIMMED; // Chars of what is printed; 0 for any number.
  private hinted = false;

  constructor(client: Client, source: string) {
    this.client = client;
    const text = source.replace(/[\r\n]+$/, '');
    this.lines = text === '' ? [] : text.split('\n');
    client.server.log.notice('Redis synchronous debugging eval session started');
  }

  /** Whose command everybody waits for, for crash reports. */
  get sleeper(): Client {
    return this.client;
  }

  /** Compiles the script so that it can be stepped through; throws a LuaSyntaxError. */
  compile(source: string): LuaFunction {
    const { runtime } = this.client.server.scripting.scripts;
    return compileStepping(runtime, source, 'user_script', runtime.globals, this.stepping);
  }

  /** The script is about to run. */
  starts(run: ScriptRun): void {
    this.run = run;
    this.sinceMs = this.client.server.clock.stopwatch();
  }

  /** It is at a line: whether it stops there. */
  reached(): boolean {
    const frame = this.frame!;
    if (frame.chunk.name !== 'user_script') return false;
    const isBreak = this.breaks || this.breakpoints.includes(frame.line);
    if (!this.steps && !isBreak) return false;
    const reason = this.breaks
      ? 'redis.breakpoint() called'
      : isBreak
        ? 'break point'
        : this.timedOut
          ? 'timeout reached, infinite loop?'
          : 'step over';
    this.steps = false;
    this.breaks = false;
    this.timedOut = false;
    this.log.push(`* Stopped at ${frame.line}, stop reason = ${reason}`);
    this.showLine(frame.line);
    this.send();
    this.stop();
    return true;
  }

  /** It runs for a while: it stops at its next line if that has become too long. */
  ticked(): void {
    if (this.steps) return;
    const { server } = this.client;
    const limitMs = server.config.values['busy-reply-threshold'] || TIMEOUT_MS;
    if (server.clock.stopwatch() - this.sinceMs < limitMs) return;
    this.timedOut = true;
    this.steps = true;
  }

  /** The script is over, however it ended; the reply of EVAL follows. */
  end(): void {
    const { client } = this;
    const { server } = client;
    if (server.asleep === this) {
      server.asleep = null;
      server.clock.release();
    }
    this.log.push('<endsession>');
    this.send();
    server.log.notice('Redis synchronous debugging eval session ended');
    client.closing = true;
    for (const c of this.waiting) c.goOn();
  }

  /** Somebody has sent something while the server stands still. */
  holds(c: Client): void {
    if (c === this.client) return this.read();
    this.waiting.add(c);
    c.link.pause();
  }

  /** Somebody has gone. Without its user, the script runs to its end. */
  left(c: Client): void {
    if (c !== this.client || !this.stopped) return;
    this.steps = false;
    this.breakpoints.length = 0;
    this.proceed();
  }

  /** redis.breakpoint() */
  breakpoint(): void {
    this.breaks = true;
  }

  /** redis.debug() */
  debug(values: readonly Value[]): void {
    const text = values.map((value) => describe(value)).join(', ');
    this.log.push(`<debug> line ${this.frame?.line ?? 0}: ${text}`);
  }

  /** A command that the script is about to call. */
  calls(argv: readonly string[]): void {
    if (!this.steps) return;
    const more = argv.length - WORDS_LOGGED - 1;
    const words = argv.slice(0, WORDS_LOGGED).join(' ');
    const rest = argv.length > WORDS_LOGGED ? ` ... (${more} more)` : '';
    this.log.push(`<redis> ${words}${rest}`);
  }

  /** What it was answered. */
  answered(value: Value, resp3: boolean): void {
    if (this.steps) this.print(`<reply> ${describeReply(value, resp3)}`);
  }

  /** An error of redis.call(). */
  failed(problem: string): void {
    if (this.steps) this.log.push(`<error> ${problem}`);
  }

  private get frame(): Frame | null {
    return this.stepping.at;
  }

  private stop(): void {
    const { server } = this.client;
    this.stopped = true;
    if (server.asleep === null) {
      server.asleep = this;
      server.clock.hold(Number.POSITIVE_INFINITY, () => {});
    }
    // What came together with the last command is still there.
    (server.later ?? soon)(() => this.read());
  }

  private proceed(): void {
    this.stopped = false;
    this.sinceMs = this.client.server.clock.stopwatch();
    this.run.goOn();
  }

  private read(): void {
    const { parser } = this.client;
    while (this.stopped && !this.client.closed) {
      const found = parser.next();
      if (found === MORE) break;
      if (found === PIECE) continue;
      if (found !== READY) return this.fail(BAD);
      const argv = parser.argv.slice();
      if (argv.some((word) => word === '' || word.length > LONGEST_WORD)) return this.fail(BAD);
      if (argv.length > 0) this.carryOut(argv);
    }
    parser.keep();
  }

  /** Lets an error happen in the script where it stands, and the script go on. */
  private fail(problem: string): void {
    this.failed(problem);
    this.run.fail(new LuaError(errorTable(`ERR ${problem}`), 0));
    this.proceed();
  }

  private carryOut(argv: readonly string[]): void {
    const command = COMMANDS[argv[0].toLowerCase()];
    switch (command) {
      case 'step':
        this.steps = true;
        return this.proceed();
      case 'continue':
        return this.proceed();
      case 'abort':
        return this.fail('script aborted for user request');
      case 'help':
        this.log.push(...HELP);
        break;
      case 'list':
        this.list(argv);
        break;
      case 'whole':
        this.showAround(1, Number.POSITIVE_INFINITY);
        break;
      case 'print':
        this.printVariables(argv);
        break;
      case 'break':
        this.changeBreakpoints(argv);
        break;
      case 'trace':
        this.trace();
        break;
      case 'eval':
        this.evaluate(argv.slice(1).join(' '));
        break;
      case 'maxlen':
        this.changeMost(argv);
        break;
      default:
        if (command === 'redis' && argv.length > 1) this.callCommand(argv.slice(1));
        else this.log.push(UNKNOWN);
    }
    this.send();
  }

  private list(argv: readonly string[]): void {
    const wanted = argv.length > 1 ? atoi(argv[1]) : 0;
    const context = argv.length > 2 ? atoi(argv[2]) : CONTEXT;
    this.showAround(wanted > 0 ? wanted : this.frame!.shownLine, context);
  }

  private showAround(line: number, context: number): void {
    for (let i = 1; i <= this.lines.length; i++) {
      if (Math.abs(line - i) <= context) this.showLine(i);
    }
  }

  private showLine(line: number): void {
    const isCurrent = this.frame?.shownLine === line;
    const isBreak = this.breakpoints.includes(line);
    const prefix = (isCurrent ? '->' : '  ') + (isBreak ? '#' : ' ');
    const text = this.lines[line - 1] ?? '<out of range source code line>';
    this.log.push(`${prefix}${String(line).padEnd(3)} ${text}`);
  }

  private printVariables(argv: readonly string[]): void {
    if (argv.length === 2) return this.printVariable(argv[1]);
    const locals = this.frame!.locals();
    for (const [name, value] of locals) this.print(`<value> ${name} = ${describe(value)}`);
    if (locals.length === 0) this.log.push('No local variables in the current context.');
  }

  private printVariable(wanted: string): void {
    for (const frame of this.stepping.trace) {
      const found = frame.locals().find(([name]) => name === wanted);
      if (found !== undefined) return this.print(`<value> ${describe(found[1])}`);
    }
    if (wanted !== 'KEYS' && wanted !== 'ARGV') {
      this.log.push('No such variable.');
      return;
    }
    const { globals } = this.client.server.scripting.scripts.runtime;
    this.print(`<value> ${describe(globals.getString(wanted))}`);
  }

  private changeBreakpoints(argv: readonly string[]): void {
    const { breakpoints, log } = this;
    if (argv.length === 1) {
      if (breakpoints.length === 0) log.push("No breakpoints set. Use 'b <line>' to add one.");
      else log.push(`${breakpoints.length} breakpoints set:`);
      for (const line of breakpoints) this.showLine(line);
    }
    for (const word of argv.slice(1)) {
      const line = Number(parseInt64(word) ?? Number.NaN);
      if (Number.isNaN(line)) {
        log.push(`Invalid argument:'${word}'`);
      } else if (line === 0) {
        breakpoints.length = 0;
        log.push('All breakpoints removed.');
      } else if (line < 0) {
        const at = breakpoints.indexOf(-line);
        if (at >= 0) breakpoints.splice(at, 1);
        log.push(at >= 0 ? 'Breakpoint removed.' : 'No breakpoint in the specified line.');
      } else if (breakpoints.length === MOST_BREAKPOINTS) {
        log.push('Too many breakpoints set.');
      } else if (line > this.lines.length) {
        log.push('Wrong line number.');
      } else {
        if (!breakpoints.includes(line)) breakpoints.push(line);
        this.showAround(line, 1);
      }
    }
  }

  private trace(): void {
    for (const [level, frame] of this.stepping.trace.entries()) {
      if (frame.chunk.name !== 'user_script') continue;
      this.log.push(`${level === 0 ? 'In' : 'From'} ${frame.name || 'top level'}:`);
      this.showLine(frame.shownLine);
    }
  }

  /** Runs some Lua, an expression or a statement, to its end. */
  private evaluate(code: string): void {
    const { runtime } = this.client.server.scripting.scripts;
    const compiled = (text: string) => compile(runtime, text, 'ldb_eval', runtime.globals);
    try {
      let body: LuaFunction;
      try {
        body = compiled(`return ${code}`);
      } catch (problem) {
        if (!(problem instanceof LuaSyntaxError)) throw problem;
        body = compiled(code);
      }
      const thread = new Thread(runtime, body);
      let step = thread.step();
      while (step === TICK) {
        runtime.refuel();
        step = thread.step();
      }
      if (step !== DONE) throw new LuaError('attempt to yield from outside a coroutine');
      this.print(`<retval> ${describe(first(thread.result))}`);
    } catch (problem) {
      if (problem instanceof LuaSyntaxError) this.log.push(`<error> ${problem.message}`);
      else if (problem instanceof LuaError) this.log.push(`<error> ${show(problem.value)}`);
      else throw problem;
    }
  }

  private callCommand(argv: string[]): void {
    this.steps = true;
    this.run.callInside(() => callFromScript(this.run, argv));
    this.steps = false;
  }

  private changeMost(argv: readonly string[]): void {
    if (argv.length === 2) {
      const wanted = atoi(argv[1]);
      this.hinted = true;
      this.most = wanted !== 0 && wanted <= LEAST_TRIMMED ? LEAST_TRIMMED : wanted;
    }
    const what = this.most === 0 ? 'unlimited' : `truncated at ${this.most} bytes`;
    this.log.push(`<value> replies are ${what}.`);
  }

  private print(text: string): void {
    if (this.most === 0 || text.length <= this.most) {
      this.log.push(text);
      return;
    }
    this.log.push(`${text.slice(0, this.most)} ...`);
    if (!this.hinted) this.log.push(HINT);
    this.hinted = true;
  }

  /** Sends what there is to say, as an array of status replies. */
  private send(): void {
    const { client, log } = this;
    this.log = [];
    if (client.closed) return;
    client.writer.array(log.length);
    for (const line of log) client.writer.status(line.replace(/[\r\n]/g, ' '));
    client.flush();
  }
}

const COMMANDS: Readonly<Record<string, string>> = {
  ...{ h: 'help', s: 'step', step: 'step', n: 'step', next: 'step', c: 'continue', l: 'list' },
  ...{ help: 'help', continue: 'continue', list: 'list', w: 'whole', whole: 'whole', p: 'print' },
  ...{ print: 'print', b: 'break', break: 'break', t: 'trace', trace: 'trace', e: 'eval' },
  ...{ eval: 'eval', r: 'redis', redis: 'redis', m: 'maxlen', maxlen: 'maxlen', a: 'abort' },
  abort: 'abort',
};

/** An integer as C's atoi reads it: what looks like none is 0. */
function atoi(text: string): number {
  const n = Number.parseInt(text, 10);
  return Number.isNaN(n) ? 0 : n;
}
