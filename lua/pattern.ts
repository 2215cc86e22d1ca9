// Lua's patterns.
//
// A pattern is a row of items, each a kind of char ("%a", ".", "[a-z]", "x"), maybe repeated, or
// something that takes no turn of its own: the start or end of a capture, "%b()", "%f[set]", "%1",
// the "$" at the end. There are no alternatives and nothing but single kinds of chars is repeated.
// Two things follow, on which the matcher below rests:
//
//   - Whatever fails goes back to the last repeated item that can still take one char less (or,
//     for "-", one more). Each item has at most one such place, so a stack as long as the pattern
//     suffices, and nothing recurses.
//   - Which captures are open at an item, or closed, does not depend on the subject. So going back
//     never has to restore a capture: it will be set again when its item is passed again.
//
// Lua finds faults in a pattern when the match gets there, and not before: "x[" is no fault in a
// subject without an "x". So a fault is an item too, the last of its row.
//
// To Lua 5.1 a pattern ends at its first zero byte.

import { LuaError } from './errors.ts';
import type { Value } from './value.ts';

const MOST_CAPTURES = 32;

const ONE = 0; // A char of a kind,
const MOST = 1; // as many as there are, then fewer: "*",
const FEWEST = 2; // as few as will do: "-",
const OPTIONAL = 3; // or one or none: "?".
const OPEN = 4;
const CLOSE = 5;
const POSITION = 6;
const BALANCE = 7; // %bxy
const FRONTIER = 8; // %f[set]
const AGAIN = 9; // %1
const END = 10; // $
const NEVER = 11;
const FAULT = 12;
const DONE = 13;

type Item = {
  readonly kind: number;
  /** The char, of ONE to OPTIONAL; -1 if a set says which. Of BALANCE, the first of the two. */
  readonly char: number;
  /** Of BALANCE the second char, of captures their number. */
  readonly other: number;
  readonly set: Uint8Array;
  readonly fault: string;
};

const NO_SET: Uint8Array = new Uint8Array(0);

function item(kind: number, char = -1, other = 0, set = NO_SET, fault = ''): Item {
  return { kind, char, other, set, fault };
}

export class Pattern {
  /** Whether no char of it means anything but itself. */
  readonly plain: boolean;
  /** Whether it begins with "^". */
  readonly anchored: boolean;
  /** How many captures it has. */
  readonly captures: number;
  /** Where the last match ended. */
  end = 0;
  private readonly items: readonly Item[];
  private readonly starts: Int32Array;
  private readonly ends: Int32Array; // HERE for position captures, OPENED for unfinished ones.
  private readonly stack: Int32Array;
  private readonly firstChar: string; // What every match begins with, or ''.

  /** With `caret`, "^" at the start anchors the pattern; otherwise it is a char like others. */
  constructor(pattern: string, caret: boolean) {
    const zero = pattern.indexOf('\0');
    const text = zero < 0 ? pattern : pattern.slice(0, zero);
    this.plain = !/[\^$*+?.([%-]/.test(text);
    this.anchored = caret && text[0] === '^';
    const compiler = new Compiler(text, this.anchored ? 1 : 0);
    this.items = compiler.items;
    this.captures = compiler.captures.length;
    this.starts = new Int32Array(this.captures);
    this.ends = Int32Array.from(compiler.captures);
    this.stack = new Int32Array(this.items.length * 3);
    const [start] = this.items;
    this.firstChar = start.kind === ONE && start.char >= 0 ? String.fromCharCode(start.char) : '';
  }

  /**
   * Where the first match starts at `from` or behind it, -1 if nowhere; `end` is where it ends.
   * Throws LuaError where a fault of the pattern shows.
   */
  search(subject: string, from: number): number {
    if (this.anchored) return this.match(subject, from) ? from : -1;
    const { firstChar } = this;
    for (let start = from; start <= subject.length; start++) {
      if (firstChar !== '') {
        start = subject.indexOf(firstChar, start);
        if (start < 0) return -1;
      }
      if (this.match(subject, start)) return start;
    }
    return -1;
  }

  /** A capture of the last match, counting from 0; without any, 0 is the whole match. */
  capture(index: number, subject: string, start: number, end: number): Value {
    if (index >= this.captures) {
      if (index === 0) return subject.slice(start, end);
      throw new LuaError('invalid capture index');
    }
    const to = this.ends[index];
    if (to === OPENED) throw new LuaError('unfinished capture');
    if (to === HERE) return this.starts[index] + 1;
    return subject.slice(this.starts[index], to);
  }

  /** All captures, or the whole match where the pattern has none, behind what is in `into`. */
  captureAll(subject: string, start: number, end: number, into: Value[]): Value[] {
    const count = this.captures === 0 ? 1 : this.captures;
    for (let i = 0; i < count; i++) into.push(this.capture(i, subject, start, end));
    return into;
  }

  private match(subject: string, from: number): boolean {
    const { items, stack, starts, ends } = this;
    const { length } = subject;
    let top = 0; // Of the stack: item, place, and for MOST the lowest place.
    let at = 0;
    let s = from;
    for (;;) {
      const it = items[at];
      let fits = true;
      switch (it.kind) {
        case ONE:
          fits = s < length && isOf(it, subject.charCodeAt(s));
          s++;
          break;
        case OPTIONAL:
        case MOST: {
          const lowest = s;
          const last = it.kind === MOST ? length : Math.min(length, s + 1);
          while (s < last && isOf(it, subject.charCodeAt(s))) s++;
          if (s > lowest) {
            stack[top] = at;
            stack[top + 1] = s;
            stack[top + 2] = lowest;
            top += 3;
          }
          break;
        }
        case FEWEST:
          stack[top] = at;
          stack[top + 1] = s;
          top += 3;
          break;
        case OPEN:
        case POSITION:
          starts[it.other] = s;
          break;
        case CLOSE:
          ends[it.other] = s;
          break;
        case DONE:
          this.end = s;
          return true;
        default:
          s = this.special(it, subject, s);
          fits = s >= 0;
      }
      at++;
      while (!fits) {
        if (top === 0) return false;
        const back = items[stack[top - 3]];
        s = stack[top - 2];
        if (back.kind === FEWEST) fits = s < length && isOf(back, subject.charCodeAt(s++));
        else fits = s-- > stack[top - 1];
        if (fits) {
          stack[top - 2] = s;
          at = stack[top - 3] + 1;
        } else top -= 3;
      }
    }
  }

  /** The rare items: where the next one goes on, -1 if this one does not match. */
  private special(it: Item, subject: string, s: number): number {
    switch (it.kind) {
      case END:
        return s === subject.length ? s : -1;
      case BALANCE:
        return balanced(subject, s, it.char, it.other);
      case FRONTIER: {
        // Before the first char and behind the last there are zero bytes.
        const before = s === 0 ? 0 : subject.charCodeAt(s - 1);
        const behind = s === subject.length ? 0 : subject.charCodeAt(s);
        return it.set[before] === 0 && it.set[behind] === 1 ? s : -1;
      }
      case AGAIN: {
        const text = subject.slice(this.starts[it.other], this.ends[it.other]);
        return subject.startsWith(text, s) ? s + text.length : -1;
      }
      case FAULT:
        throw new LuaError(it.fault);
      default:
        return -1;
    }
  }
}

function isOf(it: Item, char: number): boolean {
  return it.char >= 0 ? char === it.char : it.set[char] === 1;
}

/** Behind the char that closes what is opened here; -1 if nothing is. */
function balanced(subject: string, s: number, open: number, close: number): number {
  if (s >= subject.length || subject.charCodeAt(s) !== open) return -1;
  let depth = 1;
  for (let i = s + 1; i < subject.length; i++) {
    const char = subject.charCodeAt(i);
    if (char === close) {
      if (--depth === 0) return i + 1;
    } else if (char === open) depth++;
  }
  return -1;
}

const HERE = -1;
const OPENED = -2;

class Compiler {
  readonly items: Item[] = [];
  /** For each capture: 0 if it is closed, or HERE or OPENED. */
  readonly captures: number[] = [];
  private readonly text: string;
  private at: number;

  constructor(text: string, from: number) {
    this.text = text;
    this.at = from;
    let fault = '';
    while (this.at < text.length && fault === '') fault = this.item();
    this.items.push(fault === '' ? item(DONE) : item(FAULT, -1, 0, NO_SET, fault));
  }

  /** Adds the next item; returns the fault in it, or ''. */
  private item(): string {
    const { text } = this;
    const next = text[this.at + 1] ?? '';
    switch (text[this.at]) {
      case '(':
        return this.open(next === ')');
      case ')':
        return this.close();
      case '$':
        if (next !== '') break;
        this.items.push(item(END));
        this.at++;
        return '';
      case '%':
        if (next === 'b') return this.balance();
        if (next === 'f') return this.frontier();
        if (next >= '0' && next <= '9') return this.again(next);
    }
    return this.chars();
  }

  private open(position: boolean): string {
    const { captures } = this;
    if (captures.length >= MOST_CAPTURES) return 'too many captures';
    this.items.push(item(position ? POSITION : OPEN, -1, captures.length));
    captures.push(position ? HERE : OPENED);
    this.at += position ? 2 : 1;
    return '';
  }

  private close(): string {
    const index = this.captures.lastIndexOf(OPENED);
    if (index < 0) return 'invalid pattern capture';
    this.captures[index] = 0;
    this.items.push(item(CLOSE, -1, index));
    this.at++;
    return '';
  }

  private balance(): string {
    const { text, at } = this;
    if (at + 3 >= text.length) return 'unbalanced pattern';
    this.items.push(item(BALANCE, text.charCodeAt(at + 2), text.charCodeAt(at + 3)));
    this.at += 4;
    return '';
  }

  private frontier(): string {
    this.at += 2;
    if (this.text[this.at] !== '[') return "missing '[' after '%f' in pattern";
    const from = this.at;
    const fault = this.skipSet();
    if (fault === '') this.items.push(item(FRONTIER, -1, 0, setOf(this.text, from, this.at)));
    return fault;
  }

  private again(digit: string): string {
    const index = Number(digit) - 1;
    const state = this.captures[index];
    if (state === undefined || state === OPENED) return 'invalid capture index';
    // A position has no text that could come again.
    this.items.push(item(state === HERE ? NEVER : AGAIN, -1, index));
    this.at += 2;
    return '';
  }

  /** A kind of char, and how often. */
  private chars(): string {
    const { text, at: from } = this;
    let char = -1;
    let set = NO_SET;
    if (text[from] === '%') {
      if (from + 1 === text.length) return "malformed pattern (ends with '%')";
      this.at += 2;
      set = kindOf(text[from + 1]);
      if (set === NO_SET) char = text.charCodeAt(from + 1);
    } else if (text[from] === '[') {
      const fault = this.skipSet();
      if (fault !== '') return fault;
      set = setOf(text, from, this.at);
    } else {
      this.at++;
      if (text[from] === '.') set = ALL;
      else char = text.charCodeAt(from);
    }
    const often = text[this.at] ?? '';
    if (often === '*') this.items.push(item(MOST, char, 0, set));
    else if (often === '-') this.items.push(item(FEWEST, char, 0, set));
    else if (often === '?') this.items.push(item(OPTIONAL, char, 0, set));
    else this.items.push(item(ONE, char, 0, set));
    if (often === '+') this.items.push(item(MOST, char, 0, set));
    if (often !== '' && '*-?+'.includes(often)) this.at++;
    return '';
  }

  /** Goes behind the "]" of a set; the first char in it may be one that does not end it. */
  private skipSet(): string {
    const { text } = this;
    let at = this.at + 1;
    if (text[at] === '^') at++;
    do {
      if (at >= text.length) return "malformed pattern (missing ']')";
      if (text[at++] === '%' && at < text.length) at++;
    } while (text[at] !== ']');
    this.at = at + 1;
    return '';
  }
}

/** The set from its "[" to behind its "]": for each char whether it is in it. */
function setOf(text: string, from: number, behind: number): Uint8Array {
  const set: Uint8Array = new Uint8Array(256);
  const last = behind - 1;
  const negated = text[from + 1] === '^';
  for (let at = from + (negated ? 2 : 1); at < last; at++) {
    if (text[at] === '%') {
      const kind = kindOf(text[++at]);
      if (kind === NO_SET) set[text.charCodeAt(at)] = 1;
      else for (let char = 0; char < 256; char++) set[char] |= kind[char];
    } else if (text[at + 1] === '-' && at + 2 < last) {
      const to = text.charCodeAt(at + 2);
      for (let char = text.charCodeAt(at); char <= to; char++) set[char] = 1;
      at += 2;
    } else set[text.charCodeAt(at)] = 1;
  }
  return negated ? set.map((there) => 1 - there) : set;
}

const ALL: Uint8Array = new Uint8Array(256).fill(1);

const KINDS = new Map<string, Uint8Array>();
for (const [letter, inside] of [
  ['a', /[A-Za-z]/],
  ['c', /[\0-\x1f\x7f]/],
  ['d', /[0-9]/],
  ['l', /[a-z]/],
  ['p', /[!-/:-@[-`{-~]/],
  ['s', /[\t-\r ]/],
  ['u', /[A-Z]/],
  ['w', /[0-9A-Za-z]/],
  ['x', /[0-9A-Fa-f]/],
  ['z', /\0/],
] as const) {
  const kind = Uint8Array.from(ALL, (_, char) => Number(inside.test(String.fromCharCode(char))));
  KINDS.set(letter, kind);
  const others = kind.map((there) => 1 - there);
  KINDS.set(letter.toUpperCase(), others);
}

/** What "%a" and the like stand for; NO_SET if for the char itself. */
function kindOf(letter: string): Uint8Array {
  return KINDS.get(letter) ?? NO_SET;
}

const MOST_KEPT = 500;
const LONGEST_KEPT = 200;
const kept: readonly [Map<string, Pattern>, Map<string, Pattern>] = [new Map(), new Map()];

/** The pattern that a text spells; they are kept, for scripts use few of them. */
export function patternOf(text: string, caret: boolean): Pattern {
  const patterns = kept[caret ? 1 : 0];
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    // A copy, because the text may be a slice that would keep all of a longer one in memory.
    const own = Buffer.from(text, 'latin1').latin1Slice();
    pattern = new Pattern(own, caret);
    if (own.length > LONGEST_KEPT) return pattern;
    if (patterns.size >= MOST_KEPT) patterns.clear();
    patterns.set(own, pattern);
  }
  return pattern;
}
