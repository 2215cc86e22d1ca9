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
import { ReplyError } from '../../protocol/errors.ts';
import { parseSafeInt } from '../../protocol/numbers.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import type { CommandRow, Handler } from '../command-table.ts';
import { control as specs } from './control-rows.ts';
import type { RestoreOptions, ServerSnapshot } from './state.ts';

/** What is steered: a RunningServer, as far as it is needed. */
export type Controlled = {
  readonly clock: {
    readonly ms: number;
    freeze(): void;
    resume(): void;
    set(when: number): unknown;
    advance(ms: number): unknown;
    tick(): number;
  };
  snapshot(): ServerSnapshot;
  restore(snapshot: ServerSnapshot, options?: RestoreOptions): void;
};

const NOT_A_NUMBER = new ReplyError('ERR value is not an integer or out of range');

const NOT_LOCAL = new ReplyError(
  'ERR RESPITE is for connections from this machine only: enable-respite-command is "local".',
);
const NO_SNAPSHOT = new ReplyError('ERR no such snapshot');

const HELP = [
  'RESPITE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CLOCK GET|FREEZE [<ms>]|SET <ms>|ADVANCE <ms>|RESUME',
  '    Read, stop, set, move on or let go of the time. Returns Unix time in milliseconds;',
  '    of ADVANCE and SET, when all that fell due was done and sent.',
  'SNAPSHOT',
  '    Remember keys, configuration, users and functions. Returns a number for it.',
  'RESTORE [<snapshot>] [CLOCK]',
  '    Go back to a snapshot, the newest unless told otherwise; with CLOCK the time, too.',
  'FORGET <snapshot>',
  '    Let go of a snapshot.',
  'HELP',
  '    Show this text.',
];

/** The rows and handlers of RESPITE, for one server; `local` keeps other machines out. */
export function controlCommands(controlled: Controlled, local: boolean): CommandRow[] {
  const { handlers } = new Control(controlled);
  return Object.values(specs)
    .filter(({ name, container }) => container || handlers[name] !== undefined)
    .map((spec) => ({
      spec,
      run: (c) => {
        if (local && !c.isLocal) throw NOT_LOCAL;
        handlers[spec.name](c);
      },
    }));
}

class Control {
  readonly handlers: Readonly<Record<string, Handler>>;
  private readonly it: Controlled;
  private readonly snapshots = new Map<number, ServerSnapshot>();
  private taken = 0; // So many snapshots, and the number of the last.

  constructor(controlled: Controlled) {
    this.it = controlled;
    this.handlers = {
      'respite|help': help,
      'respite|clock': (c) => this.clock(c),
      'respite|snapshot': (c) => this.snapshot(c),
      'respite|restore': (c) => this.restore(c),
      'respite|forget': (c) => this.forget(c),
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
}

function ok(reply: Reply): void {
  reply.ok();
}

/** RESPITE HELP */
function help(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** Does something once the turn has ended, and then writes the reply; or the Error that it threw. */
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
        throw new ReplyError(fromText(`ERR ${oneLine(String(problem.message))}`));
      },
    );
  c.waitFor(done, (reply) => reply());
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
