// What a parameter can hold: how words become a value, and how it is shown.
//
// Of each parameter the text is kept, in the one spelling that CONFIG GET shows:
// it compares, prints, rolls back and rewrites without loss, also where a number
// has more than 53 bits. The value that the server works with is read off the text.
//
//   words   what was written: ['1gb'], or ['900', '1', '300', '10']
//   text    the one spelling of it: '1073741824', '900 1 300 10'
//   value   what the program sees: 1073741824, [{ seconds: 900, changes: 1 }, ...]

import { parseInt64, parseMemory } from '../../protocol/numbers.ts';
import { quoted } from '../../protocol/words.ts';

/** Thrown where words do not fit a parameter; `why` is the end of Redis's error line. */
export class Refused {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** What stands behind a parameter's name; `needed` if a file without such a line must get it. */
export type ConfigLine = { readonly words: string; readonly needed: boolean };

export abstract class Kind<T> {
  /** Takes any number of words, and splits CONFIG SET's one argument at each blank. */
  readonly manyWords: boolean = false;
  /** The first line in a file replaces the default, later ones add to it. */
  readonly gathers: boolean = false;

  /** The text for these words; `before` is the text so far. Throws Refused. */
  abstract text(words: readonly string[], before: string): string;

  abstract value(text: string): T;

  /** What CONFIG GET says of a text. */
  shown(text: string): string {
    return text;
  }

  /** What CONFIG SET makes of a text once it is applied. */
  settled(text: string): string {
    return text;
  }

  /** What CONFIG REWRITE writes, a line each. No lines at all removes those that the file has. */
  lines(text: string, initial: string): ConfigLine[] {
    return [{ words: this.spelled(text), needed: text !== initial }];
  }

  /** A text as a file spells it. */
  protected spelled(text: string): string {
    return text;
  }
}

export class BooleanKind extends Kind<boolean> {
  private readonly whyNot: string;

  /** `whyNot` refuses yes. */
  constructor(whyNot = '') {
    super();
    this.whyNot = whyNot;
  }

  text(words: readonly string[]): string {
    const word = words[0].toLowerCase();
    if (word !== 'yes' && word !== 'no') throw new Refused("argument must be 'yes' or 'no'");
    if (word === 'yes' && this.whyNot !== '') throw new Refused(this.whyNot);
    return word;
  }

  value(text: string): boolean {
    return text === 'yes';
  }
}

const MAX_INT64 = (1n << 63n) - 1n;

type Form = 'integer' | 'memory' | 'memory or percent';

export class NumberKind extends Kind<number> {
  readonly form: Form;
  readonly min: bigint;
  readonly max: bigint;
  private least = 0n;
  private clamp: readonly [bigint, bigint] | undefined;

  constructor(form: Form, min: bigint | number, max: bigint | number) {
    super();
    this.form = form;
    this.min = BigInt(min);
    this.max = BigInt(max);
  }

  /** Brings what lies outside, though allowed, to the nearest number inside. */
  clamped(low: number, high: number): this {
    this.clamp = [BigInt(low), BigInt(high)];
    return this;
  }

  /** Raises what CONFIG SET sets, unless it is 0, to this. Redis: a config file is believed. */
  raisedTo(least: number): this {
    this.least = BigInt(least);
    return this;
  }

  text(words: readonly string[]): string {
    let n = this.form === 'integer' ? readInteger(words[0]) : this.readMemory(words[0]);
    const percent = this.form === 'memory or percent';
    if (percent && n < this.min) {
      throw new Refused(`percentage argument must be less or equal to ${-this.min}`);
    }
    if (n < this.min || n > this.max) {
      throw new Refused(`argument must be between ${this.min} and ${this.max} inclusive`);
    }
    if (this.clamp !== undefined) {
      const [low, high] = this.clamp;
      if (n < low) n = low;
      if (n > high) n = high;
    }
    return percent && n < 0 ? `${-n}%` : `${n}`;
  }

  // Redis: the unsigned result is stored in a signed variable, unless the parameter has one
  // that goes up to 2^64 - 1. So 2^64 - 20 bytes of maxmemory-clients are 20 percent.
  private readMemory(word: string): bigint {
    if (this.form === 'memory or percent' && word.endsWith('%')) {
      const percent = parseInt64(word.slice(0, -1));
      if (percent !== undefined && percent >= 0n) return -percent;
    }
    const bytes = parseMemory(word);
    if (bytes === undefined) throw new Refused(`argument must be a ${this.form} value`);
    return this.max > MAX_INT64 ? bytes : BigInt.asIntN(64, bytes);
  }

  /** A percentage is a negative number. */
  value(text: string): number {
    return text.endsWith('%') ? -Number(text.slice(0, -1)) : Number(text);
  }

  override settled(text: string): string {
    if (this.least === 0n || text === '0' || BigInt(text) >= this.least) return text;
    return `${this.least}`;
  }

  protected override spelled(text: string): string {
    return this.form === 'integer' || text.endsWith('%') ? text : shortMemory(BigInt(text));
  }
}

function readInteger(word: string): bigint {
  const n = parseInt64(word);
  if (n === undefined) throw new Refused("argument couldn't be parsed into an integer");
  return n;
}

const UNITS = [
  [1n << 30n, 'gb'],
  [1n << 20n, 'mb'],
  [1n << 10n, 'kb'],
] as const;

/** The shortest spelling of a number of bytes that loses nothing, as CONFIG REWRITE writes it. */
export function shortMemory(bytes: bigint): string {
  for (const [size, unit] of UNITS) {
    if (bytes !== 0n && bytes % size === 0n) return `${bytes / size}${unit}`;
  }
  return `${bytes}`;
}

/** File permissions: an octal number. */
export class OctalKind extends Kind<number> {
  readonly max: number;

  constructor(max: number) {
    super();
    this.max = max;
  }

  text(words: readonly string[]): string {
    if (!/^[0-7]*$/.test(words[0])) {
      throw new Refused("argument couldn't be parsed as an octal number");
    }
    const n = Number.parseInt(words[0] || '0', 8);
    if (n > this.max) {
      throw new Refused(`argument must be between 0 and ${this.max.toString(8)} inclusive`);
    }
    return n.toString(8);
  }

  value(text: string): number {
    return Number.parseInt(text, 8);
  }
}

/** Answers why a text will not do, or undefined. */
export type Check = (text: string) => string | undefined;

export class TextKind extends Kind<string> {
  private readonly check: Check | undefined;
  private readonly emptyIsNone: boolean;

  /** `emptyIsNone`: an empty text means that there is none, and gets no line in a file. */
  constructor(check?: Check, emptyIsNone = true) {
    super();
    this.check = check;
    this.emptyIsNone = emptyIsNone;
  }

  text(words: readonly string[], _before: string): string {
    const text = this.cut(words[0]);
    const problem = this.check?.(text);
    if (problem !== undefined) throw new Refused(problem);
    return text;
  }

  /** Redis: most texts are C strings, which end at a NUL. */
  protected cut(word: string): string {
    const end = word.indexOf('\0');
    return end < 0 ? word : word.slice(0, end);
  }

  value(text: string): string {
    return text;
  }

  override lines(text: string, initial: string): ConfigLine[] {
    const none = text === '' && initial === '' && this.emptyIsNone;
    return none ? [] : super.lines(text, initial);
  }

  protected override spelled(text: string): string {
    return quoted(text);
  }
}

/** A text that may hold any byte, as passwords may. */
export class BytesKind extends TextKind {
  protected override cut(word: string): string {
    return word;
  }
}

/** A folder that is there, by its absolute path: the Config sees to that. */
export class DirectoryKind extends TextKind {}

/** One of several words. */
export class WordKind<W extends string> extends Kind<W> {
  readonly choices: readonly W[];

  constructor(choices: readonly W[]) {
    super();
    this.choices = choices;
  }

  text(words: readonly string[]): string {
    return chosen(words[0], this.choices);
  }

  value(text: string): W {
    return text as W;
  }
}

/** Some of several words, of which the first means none of the others. */
export class WordSetKind<W extends string> extends Kind<readonly W[]> {
  override readonly manyWords = true;
  readonly choices: readonly W[];
  private readonly check: Check;

  constructor(choices: readonly W[], check: Check) {
    super();
    this.choices = choices;
    this.check = check;
  }

  text(words: readonly string[]): string {
    if (words.length === 0) chosen('', this.choices); // Refuses.
    const given = words.map((word) => chosen(word, this.choices));
    const kept = this.choices.filter((word, i) => i > 0 && given.includes(word));
    const text = kept.join(' ') || this.choices[0];
    const problem = this.check(text);
    if (problem !== undefined) throw new Refused(problem);
    return text;
  }

  value(text: string): readonly W[] {
    return text === this.choices[0] ? [] : (text.split(' ') as W[]);
  }
}

function chosen<W extends string>(word: string, choices: readonly W[]): W {
  const lower = word.toLowerCase();
  const choice = choices.find((each) => each === lower);
  if (choice !== undefined) return choice;
  throw new Refused(`argument(s) must be one of the following: ${choices.join(', ')}`);
}
