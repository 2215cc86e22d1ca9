// JSON to values, as cjson reads it: errors say what was expected, what was found, and where.
//
// cjson works on C's strings, so a zero byte is the end of the text, wherever it is. Numbers are
// what C's strtod reads, which is more than JSON has: hexadecimal, infinities, NaN, leading zeros.
//
// Nesting is not recursion here: each array or object that is begun is an Open, which knows the one
// around it. Besides the setting, Lua's stack of 8000 places limits it in Redis; `height` counts
// what would be taken.

import type { JsonSettings } from './cjson.ts';
import { LuaError } from './errors.ts';
import { parseNumber } from './numbers.ts';
import { LuaTable } from './table.ts';
import { NULL } from './userdata.ts';
import type { Value } from './value.ts';

const STACK_PLACES = 8000; // LUAI_MAXCSTACK.

// What tokens there are, and what errors call them.
const END = 0;
const OBJECT_BEGIN = 1;
const OBJECT_END = 2;
const ARRAY_BEGIN = 3;
const ARRAY_END = 4;
const COLON = 5;
const COMMA = 6;
const STRING = 7;
const NUMBER = 8;
const BOOLEAN = 9;
const NIL = 10;
const WRONG = 11;
const SPACE = 12;
const LETTERS = 13; // Something that its first char does not tell.
const NAMES = [
  ...['T_END', 'T_OBJ_BEGIN', 'T_OBJ_END', 'T_ARR_BEGIN', 'T_ARR_END', 'T_COLON', 'T_COMMA'],
  ...['T_STRING', 'T_NUMBER', 'T_BOOLEAN', 'T_NULL'],
];

const KINDS = new Uint8Array(256).fill(WRONG);
'\0{}[]:,'.split('').forEach((char, kind) => {
  KINDS[char.charCodeAt(0)] = kind;
});
for (const char of ' \t\n\r') KINDS[char.charCodeAt(0)] = SPACE;
for (const char of 'fiInNt+') KINDS[char.charCodeAt(0)] = LETTERS;
for (const char of '-0123456789') KINDS[char.charCodeAt(0)] = NUMBER;
KINDS[0x22] = STRING;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;
const LOWER_X = 0x78;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
};

// What strtod takes of a text, and what of that is no number in JSON.
const HEXADECIMAL = '0x(?:[0-9a-f]+\\.?[0-9a-f]*|\\.[0-9a-f]+)(?:p[+-]?[0-9]+)?';
const DECIMAL = '(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:e[+-]?[0-9]+)?';
const SPECIAL = 'inf(?:inity)?|nan(?:\\([0-9a-z_]*\\))?';
const STRTOD = new RegExp(`[+-]?(?:${HEXADECIMAL}|${DECIMAL}|${SPECIAL})`, 'iy');
const NOT_JSON = /\+|-?(?:0[x0-9]|inf|nan)/iy;

/** An array or object that is not yet read to its end. */
class Open {
  readonly outer: Open | null;
  readonly isArray: boolean;
  readonly depth: number;
  readonly height: number;
  key = '';
  private readonly items: Value[] | null;
  private readonly object: LuaTable | null;

  constructor(outer: Open | null, isArray: boolean) {
    this.outer = outer;
    this.isArray = isArray;
    this.depth = outer === null ? 1 : outer.depth + 1;
    this.height = outer === null ? 1 : outer.height + (outer.isArray ? 1 : 2);
    this.items = isArray ? [] : null;
    this.object = isArray ? null : new LuaTable();
  }

  put(value: Value): void {
    if (this.items !== null) this.items.push(value);
    else this.object!.setString(this.key, value);
  }

  /** The table that it has become. */
  table(): LuaTable {
    const { items, object } = this;
    if (items === null) return object!;
    if (items.length === 0) return new LuaTable();
    const table = new LuaTable(2 ** Math.ceil(Math.log2(items.length)));
    table.setItems(1, items);
    return table;
  }
}

/** Throws where the text is not all of a JSON value. */
export function decode(text: string, settings: JsonSettings): Value {
  if (text.length >= 2 && (text.charCodeAt(0) === 0 || text.charCodeAt(1) === 0)) {
    throw new LuaError('JSON parser does not support UTF-16 or UTF-32');
  }
  return new Decoder(text, settings).decode();
}

class Decoder {
  private readonly text: string;
  private readonly settings: JsonSettings;
  private at = 0;
  /** Of the last token: where it began or went wrong, its value, and what is wrong. */
  private start = 0;
  private value: Value;
  private problem = '';

  constructor(text: string, settings: JsonSettings) {
    this.text = text;
    this.settings = settings;
  }

  decode(): Value {
    let open: Open | null = null;
    let token = this.next();
    for (;;) {
      let value: Value;
      if (token === ARRAY_BEGIN || token === OBJECT_BEGIN) {
        open = this.descend(open, token === ARRAY_BEGIN);
        token = this.next();
        if (token !== (open.isArray ? ARRAY_END : OBJECT_END)) {
          if (!open.isArray) token = this.keyOf(open, token);
          continue;
        }
        value = open.table();
        open = open.outer;
      } else {
        if (token < STRING || token > NIL) throw this.unexpected('value', token);
        value = this.value;
      }
      for (;;) {
        token = this.next();
        if (open === null) {
          if (token !== END) throw this.unexpected('the end', token);
          return value;
        }
        open.put(value);
        if (token === COMMA) break;
        if (token !== (open.isArray ? ARRAY_END : OBJECT_END)) {
          throw this.unexpected(`comma or ${open.isArray ? 'array' : 'object'} end`, token);
        }
        value = open.table();
        open = open.outer;
      }
      token = this.next();
      if (!open.isArray) token = this.keyOf(open, token);
    }
  }

  private descend(outer: Open | null, isArray: boolean): Open {
    const open = new Open(outer, isArray);
    const slots = isArray ? 2 : 3;
    if (open.depth > this.settings.decodeDepth || open.height + slots > STACK_PLACES) {
      throw new LuaError(
        `Found too many nested data structures (${open.depth}) at character ${this.at}`,
      );
    }
    return open;
  }

  /** Takes a token as the key of the next value in an object, whose first token it returns. */
  private keyOf(open: Open, token: number): number {
    if (token !== STRING) throw this.unexpected('object key string', token);
    open.key = this.value as string;
    const colon = this.next();
    if (colon !== COLON) throw this.unexpected('colon', colon);
    return this.next();
  }

  private unexpected(expected: string, token: number): LuaError {
    const found = token === WRONG ? this.problem : NAMES[token];
    return new LuaError(`Expected ${expected} but found ${found} at character ${this.start + 1}`);
  }

  private next(): number {
    const { text } = this;
    let kind = END;
    for (; this.at < text.length; this.at++) {
      kind = KINDS[text.charCodeAt(this.at)];
      if (kind !== SPACE) break;
      kind = END;
    }
    this.start = this.at;
    switch (kind) {
      case END:
        return END;
      case STRING:
        return this.string();
      case NUMBER:
        return this.number();
      case LETTERS:
        return this.letters();
      case WRONG:
        return this.wrong('invalid token', this.at);
      default:
        this.at++;
        return kind;
    }
  }

  private wrong(problem: string, at: number): number {
    this.problem = problem;
    this.start = at;
    return WRONG;
  }

  private string(): number {
    const { text } = this;
    let whole = '';
    let from = this.at + 1;
    for (let at = from; ; at++) {
      const char = text.charCodeAt(at);
      if (char === QUOTE) {
        const last = text.slice(from, at);
        this.value = whole === '' ? last : whole + last;
        this.at = at + 1;
        return STRING;
      }
      // A zero byte is the end, as is the end.
      if (!(char > 0)) return this.wrong('unexpected end of string', at);
      if (char !== BACKSLASH) continue;
      whole += text.slice(from, at);
      const escaped = text[at + 1];
      if (escaped === 'u') {
        const length = unicodeLength(text, at);
        if (length === 0) return this.wrong('invalid unicode escape code', at);
        whole += unicode(text, at, length);
        from = at + length;
      } else {
        const char = ESCAPES[escaped];
        if (char === undefined) return this.wrong('invalid escape code', at);
        whole += char;
        from = at + 2;
      }
      at = from - 1;
    }
  }

  /** A number that is one in JSON; others are left to anyNumber(). */
  private number(): number {
    const { text, at } = this;
    const negative = text.charCodeAt(at) === MINUS;
    const first = negative ? at + 1 : at;
    let end = digitsEnd(text, first);
    const count = end - first;
    if (count === 0 || (count > 1 && text.charCodeAt(first) === ZERO)) return this.anyNumber();
    const whole = text.charCodeAt(end) !== DOT;
    if (!whole) end = digitsEnd(text, end + 1);
    const letter = text.charCodeAt(end) | 0x20;
    if (letter === LOWER_E || letter === LOWER_X) return this.anyNumber();
    if (whole && count <= 15) {
      let n = 0;
      for (let i = first; i < end; i++) n = n * 10 + text.charCodeAt(i) - ZERO;
      this.value = negative ? -n : n;
      this.at = end;
      return NUMBER;
    }
    this.value = Number(text.slice(at, end));
    this.at = end;
    return NUMBER;
  }

  /** A number as strtod reads it. */
  private anyNumber(): number {
    if (this.settings.decodeInvalid === 0 && this.isNoJson()) {
      return this.wrong('invalid number', this.at);
    }
    STRTOD.lastIndex = this.at;
    const found = STRTOD.exec(this.text);
    if (found === null) return this.wrong('invalid number', this.at);
    this.value = parseNumber(found[0]);
    this.at += found[0].length;
    return NUMBER;
  }

  private isNoJson(): boolean {
    NOT_JSON.lastIndex = this.at;
    return NOT_JSON.test(this.text);
  }

  private letters(): number {
    const { text, at } = this;
    if (text.startsWith('true', at)) return this.word(4, BOOLEAN, true);
    if (text.startsWith('false', at)) return this.word(5, BOOLEAN, false);
    if (text.startsWith('null', at)) return this.word(4, NIL, NULL);
    if (this.settings.decodeInvalid === 1 && this.isNoJson()) return this.anyNumber();
    return this.wrong('invalid token', at);
  }

  private word(length: number, token: number, value: Value): number {
    this.at += length;
    this.value = value;
    return token;
  }
}

/** Where the digits end that begin here. */
function digitsEnd(text: string, from: number): number {
  let at = from;
  for (; ; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return at;
  }
}

/** How long the escape is that begins here with \u: 6, 12 for a pair, 0 if it is none. */
function unicodeLength(text: string, at: number): number {
  const unit = hexadecimal(text, at + 2);
  if (unit < 0) return 0;
  if (unit < 0xd800 || unit > 0xdfff) return 6;
  const second = text.startsWith('\\u', at + 6) ? hexadecimal(text, at + 8) : -1;
  return unit < 0xdc00 && second >= 0xdc00 && second <= 0xdfff ? 12 : 0;
}

/** The bytes of UTF-8 of the char that an escape stands for. */
function unicode(text: string, at: number, length: number): string {
  const unit = hexadecimal(text, at + 2);
  const low = (code: number) => 0x80 | (code & 0x3f);
  if (length === 12) {
    const code = 0x10000 + ((unit & 0x3ff) << 10) + (hexadecimal(text, at + 8) & 0x3ff);
    return String.fromCharCode(0xf0 | (code >> 18), low(code >> 12), low(code >> 6), low(code));
  }
  if (unit < 0x80) return String.fromCharCode(unit);
  if (unit < 0x800) return String.fromCharCode(0xc0 | (unit >> 6), low(unit));
  return String.fromCharCode(0xe0 | (unit >> 12), low(unit >> 6), low(unit));
}

/** Four hexadecimal digits as a number; -1 if there are not so many. */
function hexadecimal(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}
