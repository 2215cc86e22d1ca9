// What the client knows of a command at run time: how it is spelled, where its keys are, whether
// it may be repeated, how its arguments are written and its reply is read.
//
// The rows come from client/commands.generated.ts, one line each, and are taken apart when a
// command is first used: a program that calls twenty commands pays for twenty.
//
//   get⇥r⇥1⇥p⇥           reads; argument 1 is its key; one plain argument; its reply as it is
//   client setname⇥⇥⇥p⇥        two words
//   zadd⇥w⇥1⇥p o:nx:NX:f …⇥d   options; the reply is a double (client/decode.ts)

import type { Plan } from './plan.ts';
import { parsePlan } from './plan.ts';
import type { Decode } from './decode.ts';
import { decoderFor } from './decode.ts';
import { rows } from './commands.generated.ts';
import { OWN, OWN_METHODS, WIRED } from './names.ts';

/** What can be an argument. Text is sent as UTF-8, bytes as they are, numbers in their digits. */
export type Value = string | number | bigint | Uint8Array;

/** A run of keys: see KeyRun in protocol/command-spec.ts, of which this is the short form. */
export interface KeyRun {
  /** Where it begins, or where the search for the keyword does; argv[0] is the command. */
  at: number;
  keyword: string;
  /** argv[at] says how many. */
  counted: boolean;
  last: number;
  step: number;
  limit: number;
}

export class Command {
  /** 'get', 'client setname'. */
  readonly name: string;
  /** GET; CLIENT and SETNAME. */
  readonly words: readonly string[];
  /** The words as RESP spells them, from the end of the array's head on. */
  readonly head: string;
  /** It changes nothing, so that it may be sent again, and to a replica. */
  readonly reads: boolean;
  /** It may wait for somebody else's doing, and so gets a connection of its own. */
  readonly blocks: boolean;
  /** It changes what comes after it, so that a connection which others use refuses it. */
  readonly own: boolean;
  /** It changes what is said on its connection: where bytes are not needed, it takes some. */
  readonly wired: boolean;
  /** Its reply is bytes, whatever is asked for. */
  readonly binary: boolean;
  private readonly row: readonly string[];
  private parsedKeys: readonly KeyRun[] | null = null;
  private parsedPlan: Plan | null = null;
  private parsedDecode: Decode | null | undefined = undefined;

  constructor(row: readonly string[]) {
    this.row = row;
    this.name = row[0]!;
    this.words = this.name.toUpperCase().split(' ');
    this.head = this.words.map((word) => `\r\n$${word.length}\r\n${word}`).join('');
    const flags = row[1] ?? '';
    this.reads = flags.includes('r');
    this.blocks = flags.includes('b');
    this.binary = flags.includes('B');
    this.own = !this.blocks && (OWN.has(this.name) || OWN_METHODS.has(this.name));
    this.wired = WIRED.has(this.name) || OWN_METHODS.has(this.name);
  }

  get keys(): readonly KeyRun[] {
    this.parsedKeys ??= parseKeys(this.row[2] ?? '');
    return this.parsedKeys;
  }

  get plan(): Plan {
    this.parsedPlan ??= parsePlan(this.row[3] ?? '');
    return this.parsedPlan;
  }

  /** What makes of a reply, in RESP2 or RESP3, what the method promises; null: it is that. */
  get decode(): Decode | null {
    if (this.parsedDecode === undefined) this.parsedDecode = decoderFor(this.row[4] ?? '');
    return this.parsedDecode;
  }
}

// Lines by name, and what has been made of those that were asked for.
const lines = new Map(
  rows.split('\n').map((line) => {
    const tab = line.indexOf('\t');
    return [tab < 0 ? line : line.slice(0, tab), line];
  }),
);
const made = new Map<string, Command>();
const UNKNOWN_MAX = 1000;
let unknown = 0;

/** The names of all commands of the table: 'get', 'client setname'. */
export function commandNames(): Iterable<string> {
  return lines.keys();
}

/** A command by its name. One that the table does not hold has a name, and nothing else. */
export function commandNamed(name: string): Command {
  const known = made.get(name);
  if (known !== undefined) return known;
  const line = lines.get(name);
  const command = new Command(line === undefined ? [name] : line.split('\t'));
  // Modules, newer servers, mistakes: remembered, but not without end.
  if (line !== undefined || unknown++ < UNKNOWN_MAX) made.set(name, command);
  return command;
}

/** The command that argv begins with, and how many of its words name it. */
export function findCommand(argv: readonly Value[]): [command: Command, words: number] {
  const first = String(argv[0]).toLowerCase();
  if (argv.length > 1) {
    const both = `${first} ${String(argv[1]).toLowerCase()}`;
    if (lines.has(both)) return [commandNamed(both), 2];
  }
  return [commandNamed(first), 1];
}

// 1 | 1:-1:1 (from, last counted from there or back from the end, step) | #2 (counted) |
// STREAMS@1:-1:1:2 (behind a word, looked for from 1 on; of what follows, 1/2)
function parseKeys(text: string): KeyRun[] {
  if (text === '') return [];
  return text.split(',').map((run) => {
    const counted = run.startsWith('#');
    const [keyword, range] = run.includes('@') ? run.split('@') : ['', run.replace('#', '')];
    const [at, last = 0, step = 1, limit = 0] = range!.split(':').map(Number);
    return { at: at!, keyword: keyword!, counted, last, step, limit };
  });
}

/** The keys among a command's arguments; `args` do not include its words. */
export function keysOf(command: Command, args: readonly Value[]): Value[] {
  const shift = command.words.length;
  const length = args.length + shift;
  const found: Value[] = [];
  for (const run of command.keys) {
    let first = run.at;
    if (run.keyword !== '') {
      const from = first < 0 ? length + first : first;
      const step = first < 0 ? -1 : 1;
      first = 0;
      for (let i = from; i >= shift && i < length - 1; i += step) {
        if (String(args[i - shift]).toUpperCase() !== run.keyword) continue;
        first = i + 1;
        break;
      }
      if (first === 0) continue;
    }
    let last = run.last < 0 ? length + run.last : first + run.last;
    let { step } = run;
    if (run.counted) {
      last = first + Number(args[first - shift]);
      first++;
      step = 1;
    } else if (run.limit > 1) {
      last = first + Math.floor((length - first) / run.limit) - 1;
    }
    for (let i = first; i <= last && i < length; i += step) found.push(args[i - shift]!);
  }
  return found;
}
