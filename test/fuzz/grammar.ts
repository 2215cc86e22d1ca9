// Conversations drawn by chance: sequences of commands out of the table's own grammars.
//
// A conversation keeps to a handful of commands over a handful of keys, so that what one
// command leaves behind matters to the next. Some have several clients, some transactions;
// each client may speak RESP2 or RESP3 and change its mind. A call is now and then maimed:
// a word dropped, doubled, exchanged or replaced.
//
// They shrink to less: without some of the steps, without some of the words.

import fc from 'fast-check';
import { BLOCKING, type CommandSpec } from '../../protocol/command-spec.ts';
import { families } from '../../protocol/command-table.ts';
import { sample } from '../../protocol/derive.ts';
import { left } from './normalise.ts';
import { isConfirmed } from './told.ts';
import { preface, settled } from './streams.ts';
import { oddWord, pick, simpler } from './values.ts';

/** One command of one client. */
export type Step = { readonly client: number; readonly argv: readonly string[] };

export const CLIENTS = 3;
/** Clients beside those that do nothing but wait for keys: their numbers follow. */
export const WAITERS = 3;

/** The commands of some families (of all, for none named) that a conversation may use. */
export function commandsOf(names: readonly string[]): CommandSpec[] {
  const chosen = Object.entries(families).filter(([name]) => {
    return names.length === 0 || names.includes(name);
  });
  if (chosen.length < names.length) throw new Error(`no such family among ${names.join()}`);
  return chosen
    .flatMap(([, rows]) => Object.values<CommandSpec>(rows))
    .filter((spec) => !spec.container && !left.has(spec.name));
}

function blocks(spec: CommandSpec): boolean {
  return (spec.flags & BLOCKING) !== 0;
}

/** Whether a command waits only if it is asked to. */
function mayBlock(spec: CommandSpec): boolean {
  return spec.name.startsWith('xread');
}

/** Conversations over these commands. */
export function conversations(commands: readonly CommandSpec[]): fc.Arbitrary<Step[]> {
  return new Conversations(commands);
}

class Conversations extends fc.Arbitrary<Step[]> {
  private readonly commands: readonly CommandSpec[];

  constructor(commands: readonly CommandSpec[]) {
    super();
    this.commands = commands;
  }

  override generate(source: fc.Random): fc.Value<Step[]> {
    const random = () => source.nextDouble();
    return new fc.Value(new Author(this.commands, random).write(), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Step[] {
    return Array.isArray(value);
  }

  override shrink(steps: Step[]): fc.Stream<fc.Value<Step[]>> {
    return fc.stream(lesser(steps)).map((fewer) => new fc.Value(fewer, undefined));
  }
}

class Author {
  private readonly commands: readonly CommandSpec[];
  private readonly random: () => number;
  private readonly value: ReturnType<typeof pick>;
  private readonly queueing: boolean[] = [];
  private readonly blocking: readonly CommandSpec[];

  constructor(commands: readonly CommandSpec[], random: () => number) {
    this.commands = commands.filter((spec) => !blocks(spec) || mayBlock(spec));
    this.blocking = commands.filter(blocks);
    this.random = random;
    this.value = pick(random);
  }

  write(): Step[] {
    const { random } = this;
    const clients = random() < 0.7 ? 1 : CLIENTS;
    const transactions = random() < 0.4 ? 0.2 : 0;
    const waits = this.blocking.length > 0 && random() < 0.5 ? 0.2 : 0;
    const topics = Array.from({ length: 3 + this.below(8) }, () => this.one(this.commands));
    const steps: Step[] = [];
    for (let client = 0; client < clients; client++) {
      if (random() < 0.5) steps.push({ client, argv: ['HELLO', '3'] });
    }
    if (topics.some(({ group }) => group === 'stream') && random() < 0.8) {
      for (const argv of preface(random)) steps.push({ client: 0, argv });
    }
    let client = 0;
    for (let left = 5 + this.below(55); left > 0; left--) {
      if (random() < 0.15) client = this.below(clients);
      if (random() < waits) {
        steps.push({ client: CLIENTS + this.below(WAITERS), argv: this.blockingCall() });
      }
      if (random() < transactions) {
        steps.push({ client, argv: this.transaction(client) });
      } else {
        const spec = random() < 0.8 ? this.one(topics) : this.one(this.commands);
        const argv = settled(this.maimed(sample(spec, random, this.value)), false, random);
        if (/^multi$/i.test(argv[0])) this.queueing[client] = true;
        // In a transaction several confirmations would make its reply longer than it says.
        if (this.queueing[client] && isConfirmed(argv)) argv.length = Math.min(argv.length, 2);
        if (isFair(argv)) steps.push({ client, argv });
      }
    }
    for (let each = 0; each < clients; each++) {
      if (this.queueing[each]) steps.push({ client: each, argv: ['EXEC'] });
    }
    return steps;
  }

  /** A call that waits for ever if there is nothing to take. */
  private blockingCall(): string[] {
    const spec = this.one(this.blocking);
    const argv = sample(spec, this.random, this.value);
    if (mayBlock(spec)) return settled(argv, true, this.random);
    const at = /^b[lz]mpop$/.test(spec.name) ? 1 : argv.length - 1;
    const odd = oddWord(this.random);
    // Any other time would come at another moment for each server.
    argv[at] = this.random() < 0.95 || Number(odd) > 0 ? '0' : odd;
    return argv;
  }

  /** What moves a client's transaction on. */
  private transaction(client: number): string[] {
    const luck = this.random();
    if (this.queueing[client]) {
      if (luck < 0.6) return this.queue(client, false, 'EXEC');
      if (luck < 0.75) return this.queue(client, false, 'DISCARD');
      return luck < 0.85 ? ['MULTI'] : luck < 0.93 ? ['WATCH', 'k1'] : ['UNWATCH'];
    }
    if (luck < 0.7) return this.queue(client, true, 'MULTI');
    if (luck < 0.9) return ['WATCH', this.one(['k1', 'k2', 'k3'])];
    return [this.one(['EXEC', 'DISCARD', 'UNWATCH'])];
  }

  private queue(client: number, queueing: boolean, word: string): string[] {
    this.queueing[client] = queueing;
    return [word];
  }

  private maimed(argv: string[]): string[] {
    const { random } = this;
    if (random() > 0.05) return argv;
    const at = this.below(argv.length);
    switch (this.below(5)) {
      case 0:
        // The name stays: an argument in its place might be one of SYNC, SAVE...
        if (at > 0) argv.splice(at, 1);
        break;
      case 1:
        argv.splice(at, 0, argv[at]);
        break;
      case 2:
        argv.splice(at + 1, 0, oddWord(random));
        break;
      case 3:
        argv[at] = at === 0 ? argv[at].slice(1) || 'x' : oddWord(random);
        break;
      default:
        argv.push(this.one(argv));
    }
    return argv;
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }

  private one<T>(of: readonly T[]): T {
    return of[this.below(of.length)];
  }
}

/** Whether a call that was maimed can still be expected to be answered the same. */
function isFair(argv: readonly string[]): boolean {
  const words = argv.map((word) => word.toUpperCase());
  if (words.includes('AUTH')) return false; // As normalise.ts says.
  // Everything is left in the order of a hash table with a seed of its own.
  if (/^[PS]?UNSUBSCRIBE$/.test(words[0]) && words.length === 1) return false;
  // Where two of them overlap, the reply of 8.0.2 may be two (docs/differences.md).
  if (words.filter((word) => word === 'PREFIX').length > 2) return false;
  // A key that expires soon is gone at one server and still there at the other.
  const soon = (at: number) => at > 0 && /^[1-9][0-9]{0,5}$/.test(argv[at] ?? '');
  if (/^(P?SETEX|P?EXPIRE)$/.test(words[0])) return !soon(2);
  return !words.some((word, i) => (word === 'EX' || word === 'PX') && soon(i + 1));
}

/** The same conversation with less in it, the boldest cuts first. */
function* lesser(steps: readonly Step[]): Generator<Step[]> {
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = steps.length - size; from >= 0; from -= size) {
      yield [...steps.slice(0, from), ...steps.slice(from + size)];
    }
  }
  for (let i = 0; i < steps.length; i++) {
    for (const argv of lesserCall(steps[i].argv)) {
      yield steps.with(i, { client: steps[i].client, argv });
    }
    const { client, argv } = steps[i];
    if (client > 0 && client < CLIENTS) yield steps.with(i, { client: 0, argv });
  }
}

function* lesserCall(argv: readonly string[]): Generator<string[]> {
  for (let i = argv.length - 1; i > 0; i--) yield argv.toSpliced(i, 1);
  for (let i = 1; i < argv.length; i++) {
    const word = simpler(argv[i]);
    if (word !== null) yield argv.with(i, word);
  }
}
