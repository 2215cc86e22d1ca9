// RESPITE, the command with which tests in any language steer the server that they talk to.
//
// Each subcommand calls what a program in this process would call (index.ts). None of that may
// happen in the middle of a command, so the client waits, the turn ends, and then it is done: time
// moves while no command runs, and whoever is served by that has its answer before the one who
// asked has "it is so".
//
// Replies are plain: a number, OK, a text, or JSON where there is structure, because every language
// can read that.

import { fromText } from '../../protocol/byte-string.ts';
import { commandTable } from '../../protocol/command-table.ts';
import { ReplyError } from '../../protocol/errors.ts';
import { parseSafeInt } from '../../protocol/numbers.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import type { CommandRow, Handler, Handlers } from '../command-table.ts';
import { soon } from '../real-time.ts';
import { control as specs } from './control-rows.ts';
import { faultOf, jsonOf, queryOf, stubOf } from './control-words.ts';
import type { Fault, Faults } from './faults.ts';
import type { Interception, Interceptor } from './interception.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Leak } from './leaks.ts';
import type { Match } from './match.ts';
import type { Dumped } from './plain.ts';
import type { RestartOptions } from './restart.ts';
import type { SeedData } from './seed.ts';
import type { RestoreOptions, ServerSnapshot } from './state.ts';
import { toText } from './values.ts';

/** What is steered: a RunningServer, as far as it is needed. */
export type Controlled = {
  readonly clock: {
    readonly ms: number;
    freeze(): void;
    resume(): void;
    set(when: number): unknown;
    advance(ms: number): unknown;
    tick(): number;
    settled(): Promise<void>;
  };
  snapshot(): ServerSnapshot;
  restore(snapshot: ServerSnapshot, options?: RestoreOptions): void;
  readonly faults: Faults;
  readonly journal: Journal;
  intercept(which: Match, handler: Interceptor): Interception;
  leaks(): Leak[];
  seed(data: SeedData): void;
  dump(): Dumped;
  restart(options?: RestartOptions): Promise<void>;
};

const NOT_A_NUMBER = new ReplyError('ERR value is not an integer or out of range');

const NOT_LOCAL = new ReplyError(
  'ERR RESPITE is for connections from this machine only: enable-respite-command is "local".',
);
const NOT_HIM = new ReplyError('NOPERM RESPITE is for users who may also SHUTDOWN the server');
const SHUTDOWN = commandTable.get('shutdown')!;
const SHUTDOWN_WORDS = ['SHUTDOWN'];
const NO_FAULT = new ReplyError('ERR no such fault');
const NO_SNAPSHOT = new ReplyError('ERR no such snapshot');

const HELP = [
  'RESPITE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CLOCK GET|FREEZE [<ms>]|SET <ms>|ADVANCE <ms>|RESUME',
  '    Read, stop, set, move on or let go of the time. Returns Unix time in milliseconds;',
  '    of ADVANCE and SET, when all that fell due was done and sent.',
  'FAULT ADD <name> <value> [<name> <value> ...]',
  '    Add a fault and return its number. Whom it hits: COMMAND, KEY, CLIENT (a name), LIBRARY,',
  '    ADDRESS, USER, PROBABILITY, COUNT, AFTER. What it does: LATENCY <ms>|<ms>-<ms>, ERROR',
  '    <code or text>, MOVED or ASK <host:port>, RESET yes, CLOSE yes, BLACKHOLE yes, HALFCLOSE',
  '    yes, CUT <bytes>, CORRUPT <bytes>, BYTESPERMS <bytes>, REFUSE yes; WHEN before|after.',
  'FAULT LIST|CLEAR|REMOVE <number>',
  '    Show all faults as JSON, with how often each has hit; or remove all, or one.',
  'STUB ADD <command> <json> [<key>]|CLEAR',
  '    Answer a command (of keys like this one) with a value in the place of the server:',
  '    {"error": "..."} is an error, {"status": "OK"} a simple string. Or end all of that.',
  'LEAKS',
  '    Show as JSON which others are connected, and what they have left open.',
  'JOURNAL START [<max>]|STOP|CLEAR',
  '    Keep what is asked and answered, or no more; forget what was kept.',
  'JOURNAL ENTRIES|COUNT [<command> [<arg> ...]]',
  '    Show as JSON, or count, the requests that begin with these words.',
  'JOURNAL NEXT <ms> [<command> [<arg> ...]]',
  '    Wait for the next such request; null if none comes in this time.',
  'SNAPSHOT',
  '    Remember keys, configuration, users and functions. Returns a number for it.',
  'RESTORE [<snapshot>] [CLOCK]',
  '    Go back to a snapshot, the newest unless told otherwise; with CLOCK the time, too.',
  'FORGET <snapshot>',
  '    Let go of a snapshot.',
  'SEED <data>',
  '    Add keys: a JSON object as DUMP returns it, commands as one types them, or an RDB file.',
  'DUMP',
  '    Return all keys as JSON.',
  'RESTART [NODATA]',
  '    Answer, end all connections and start again, with the data unless told otherwise; of a',
  '    server that keeps files, with what they hold.',
  'HELP',
  '    Show this text.',
];

/** The rows and handlers of RESPITE, for one server; `local` keeps other machines out. */
export function controlCommands(controlled: Controlled, local: boolean): CommandRow[] {
  const handlers: Readonly<Record<string, Handler>> = new Control(controlled).handlers;
  return Object.values(specs).map((spec) => ({
    spec,
    run: (c) => {
      if (local && !c.isLocal) throw NOT_LOCAL;
      // Rules can name only what every server has, and RESPITE does more than this.
      if (c.server.acl.refusal(c, SHUTDOWN, SHUTDOWN_WORDS) !== null) throw NOT_HIM;
      handlers[spec.name](c);
    },
  }));
}

class Control {
  readonly handlers: Handlers<typeof specs>;
  private readonly it: Controlled;
  private readonly snapshots = new Map<number, ServerSnapshot>();
  private taken = 0; // So many snapshots, and the number of the last.
  private readonly faults = new Map<Fault, number>();
  private added = 0; // The same of faults.
  private stubs: Interception[] = [];

  constructor(controlled: Controlled) {
    this.it = controlled;
    this.handlers = {
      'respite|help': help,
      'respite|clock': (c) => this.clock(c),
      'respite|fault': (c) => this.fault(c),
      'respite|stub': (c) => this.stub(c),
      'respite|leaks': (c) => this.leaks(c),
      'respite|journal': (c) => this.journal(c),
      'respite|snapshot': (c) => this.snapshot(c),
      'respite|restore': (c) => this.restore(c),
      'respite|forget': (c) => this.forget(c),
      'respite|seed': (c) => this.seed(c),
      'respite|dump': (c) => this.dump(c),
      'respite|restart': (c) => this.restart(c),
    };
  }

  private clock(c: Client): void {
    const { clock } = this.it;
    const what = c.argv[2].toUpperCase();
    const given = c.argv.length > 3 ? number(c.argv[3]) : Number.NaN;
    const needsTime = what === 'SET' || what === 'ADVANCE';
    if (needsTime ? c.argv.length !== 4 : c.argv.length > (what === 'FREEZE' ? 4 : 3)) throw bad(c);
    const moves: Record<string, () => unknown> = {
      GET: () => {},
      FREEZE: () => {
        clock.freeze();
        return Number.isNaN(given) ? undefined : clock.set(given);
      },
      SET: () => clock.set(given),
      ADVANCE: () => clock.advance(given),
      RESUME: () => clock.resume(),
    };
    const move = moves[what];
    if (move === undefined) throw bad(c);
    afterwards(c, move, (reply) => reply.int(clock.tick()));
  }

  private fault(c: Client): void {
    const { faults } = this.it;
    switch (c.argv[2].toUpperCase()) {
      case 'ADD': {
        const fault = sane(() => faults.add(faultOf(c.argv.slice(3))));
        this.faults.set(fault, ++this.added);
        return c.reply.int(this.added);
      }
      case 'LIST': {
        const all = [...this.faults].filter(([fault]) => faults.has(fault));
        c.reply.array(all.length);
        for (const [{ hits, spec }, id] of all) {
          c.reply.bulk(fromText(jsonOf({ id, hits, ...spec })));
        }
        return;
      }
      case 'REMOVE': {
        if (c.argv.length !== 4) throw bad(c);
        const id = number(c.argv[3]);
        const found = [...this.faults].find((entry) => entry[1] === id);
        if (found === undefined) throw NO_FAULT;
        this.faults.delete(found[0]);
        found[0].remove();
        return c.reply.ok();
      }
      case 'CLEAR':
        this.faults.clear();
        faults.clear();
        return c.reply.ok();
      default:
        throw bad(c);
    }
  }

  private stub(c: Client): void {
    const [what, command, json, key, ...more] = c.argv.slice(2).map(toText);
    if (what.toUpperCase() === 'CLEAR' && command === undefined) {
      for (const stub of this.stubs) stub.remove();
      this.stubs = [];
    } else if (what.toUpperCase() === 'ADD' && json !== undefined && more.length === 0) {
      const value = sane(() => stubOf(json));
      const match: Match = key === undefined ? { command } : { command, key };
      this.stubs.push(sane(() => this.it.intercept(match, () => value)));
    } else {
      throw bad(c);
    }
    c.reply.ok();
  }

  private leaks(c: Client): void {
    const others = this.it.leaks().filter(({ id }) => id !== c.id);
    c.reply.bulk(fromText(jsonOf(others)));
  }

  private journal(c: Client): void {
    const { journal } = this.it;
    const words = c.argv.slice(3);
    switch (c.argv[2].toUpperCase()) {
      case 'START':
        sane(() => journal.start(words.length > 0 ? { max: number(words[0]) } : {}));
        return c.reply.ok();
      case 'STOP':
        journal.stop();
        return c.reply.ok();
      case 'CLEAR':
        journal.clear();
        return c.reply.ok();
      case 'COUNT':
        return c.reply.int(sane(() => journal.count(...queryOf(words))));
      case 'ENTRIES': {
        const found = sane(() => journal.entries(...queryOf(words)));
        c.reply.array(found.length);
        for (const entry of found) c.reply.bulk(spelled(entry));
        return;
      }
      case 'NEXT': {
        if (words.length === 0) throw bad(c);
        const timeout = number(words[0]);
        // It is looked out for from now on, not from the end of the turn.
        const next = sane(() => journal.nextWithin({ timeout }, ...queryOf(words.slice(1))));
        const none = () => null; // The time is over.
        return afterwards(
          c,
          () => next.catch(none),
          (reply, entry) => {
            if (entry === null) reply.null();
            else reply.bulk(spelled(entry));
          },
        );
      }
      default:
        throw bad(c);
    }
  }

  private snapshot(c: Client): void {
    const take = () => {
      this.snapshots.set(++this.taken, this.it.snapshot());
      return this.taken;
    };
    afterwards(c, take, (reply, id) => reply.int(id));
  }

  private restore(c: Client): void {
    const words = c.argv.slice(2);
    const clock = words.at(-1)?.toUpperCase() === 'CLOCK';
    if (clock) words.pop();
    if (words.length > 1) throw bad(c);
    const id = words.length === 1 ? number(words[0]) : Math.max(0, ...this.snapshots.keys());
    const snapshot = this.snapshots.get(id);
    if (snapshot === undefined) throw NO_SNAPSHOT;
    afterwards(c, () => this.it.restore(snapshot, { clock }), ok);
  }

  private forget(c: Client): void {
    const id = number(c.argv[2]);
    const snapshot = this.snapshots.get(id);
    if (snapshot === undefined) throw NO_SNAPSHOT;
    this.snapshots.delete(id);
    snapshot.dispose();
    c.reply.ok();
  }

  private seed(c: Client): void {
    const bytes = Buffer.from(c.argv[2], 'latin1');
    const isJson = /^\s*\{/.test(c.argv[2]);
    const isFile = /^REDIS\d{4}/.test(c.argv[2]);
    const data = isFile ? bytes : isJson ? sane(() => JSON.parse(bytes.toString())) : undefined;
    afterwards(c, () => this.it.seed(data ?? bytes.toString()), ok);
  }

  private dump(c: Client): void {
    const write = () => fromText(JSON.stringify(this.it.dump(), null, 2));
    afterwards(c, write, (reply, text) => reply.bulk(text));
  }

  private restart(c: Client): void {
    const [word, ...more] = c.argv.slice(2);
    if (more.length > 0 || (word !== undefined && word.toUpperCase() !== 'NODATA')) throw bad(c);
    const { log, clock } = c.server;
    // The answer has to leave before the connection ends, and nothing can be said after that.
    afterwards(
      c,
      () => {},
      (reply) => {
        reply.ok();
        soon(() => {
          clock
            .settled()
            .then(() => this.it.restart({ data: word === undefined }))
            .catch((problem) => log.warning(`RESPITE RESTART: ${(problem as Error).message}`));
        });
      },
    );
  }
}

function ok(reply: Reply): void {
  reply.ok();
}

/** RESPITE HELP */
function help(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** Does something once the turn has ended, and writes the reply, or the Error that it threw. */
function afterwards<T>(
  c: Client,
  work: () => T | Promise<T>,
  say: (reply: Reply, result: T) => void,
): void {
  const done = Promise.resolve()
    .then(work)
    .then(
      (result) => () => say(c.reply, result),
      (problem) => () => {
        throw errorReply(problem);
      },
    );
  c.waitFor(done, (reply) => reply());
}

/** What it returns; the Error that it throws becomes the reply. */
function sane<T>(work: () => T): T {
  try {
    return work();
  } catch (problem) {
    if (problem instanceof ReplyError) throw problem;
    throw errorReply(problem);
  }
}

function errorReply(problem: unknown): ReplyError {
  if (problem instanceof ReplyError) return problem;
  return new ReplyError(fromText(`ERR ${oneLine((problem as Error).message)}`));
}

/** An entry of the journal as JSON. */
function spelled({ time, client, argv, reply, micros }: JournalEntry): string {
  const { id, name, library, address, user, db } = client;
  const who = { id, name, library, address, user, db };
  return fromText(jsonOf({ time, client: who, argv, reply, micros: Math.round(micros) }));
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

function number(word: string): number {
  const n = parseSafeInt(word);
  if (Number.isNaN(n)) throw NOT_A_NUMBER;
  return n;
}

function bad(c: Client): ReplyError {
  const words = c.argv.slice(1, 3).join(' ').toUpperCase();
  return new ReplyError(oneLine(`ERR wrong use of RESPITE ${words}. Try RESPITE HELP.`));
}
