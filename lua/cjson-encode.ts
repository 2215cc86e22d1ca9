// Values to JSON, as cjson writes it.
//
// Tables may be thousands deep, if the setting allows it, so there is no recursion: each table that
// is begun is an Open, which knows the one around it and how far it has come. The settings are not
// the only limit: Redis needs places on Lua's stack, of which there are 8000; `height` counts them.

import type { JsonSettings } from './cjson.ts';
import { LuaError } from './errors.ts';
import { formatGeneral } from './numbers.ts';
import { typeName } from './runtime.ts';
import { LuaTable } from './table.ts';
import { NULL } from './userdata.ts';
import type { Value } from './value.ts';

const STACK_PLACES = 8000; // LUAI_MAXCSTACK.
const LONGEST = 2 ** 29 - 24; // V8's longest string.
const TO_ESCAPE = /["\\/\0-\x1f\x7f]/;
const ALL_TO_ESCAPE = /["\\/\0-\x1f\x7f]/g;
const IS_ESCAPED = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(TO_ESCAPE.test(String.fromCharCode(code))),
);
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/** A table that is not yet written to its end. */
class Open {
  readonly outer: Open | null;
  readonly table: LuaTable;
  /** How many items an array has; 0 if this is an object. */
  readonly items: number;
  readonly depth: number;
  readonly height: number;
  /** The item, or the place in the table, that was written last. */
  at = 0;

  constructor(outer: Open | null, table: LuaTable, settings: JsonSettings) {
    this.outer = outer;
    this.table = table;
    this.depth = outer === null ? 1 : outer.depth + 1;
    this.height = outer === null ? 1 : outer.height + (outer.items > 0 ? 1 : 2);
    if (this.depth > settings.encodeDepth || this.height + 3 > STACK_PLACES) {
      throw new LuaError(`Cannot serialise, excessive nesting (${this.depth})`);
    }
    this.items = itemsOf(table, settings);
  }
}

/** Throws where a value has no JSON, or settings forbid it. */
export function encode(root: Value, settings: JsonSettings): string {
  let json = '';
  let open: Open | null = null;
  let value = root;
  for (;;) {
    if (value instanceof LuaTable) {
      open = new Open(open, value, settings);
      json += open.items > 0 ? '[' : '{';
    } else {
      json += encodeScalar(value, settings);
    }
    for (;;) {
      if (open === null) return json;
      const { table, items } = open;
      if (items > 0) {
        if (open.at < items) {
          if (open.at++ > 0) json += ',';
          value = table.getNumber(open.at);
          if (value !== undefined) break;
          const more = gapBehind(open);
          json += `null${',null'.repeat(more)}`;
          open.at += more;
          continue;
        }
        json += ']';
      } else {
        const place = table.nextPlace(open.at);
        if (place > 0) {
          const key = encodeKey(table.keyAtPlace(place), settings);
          json += open.at > 0 ? `,${key}` : key;
          open.at = place;
          value = table.valueAtPlace(place);
          break;
        }
        json += '}';
      }
      open = open.outer;
    }
  }
}

/** How many items are nil behind the one that was written last. */
function gapBehind(open: Open): number {
  const { table, items, at } = open;
  let end = at;
  while (end < items && table.getNumber(end + 1) === undefined) end++;
  return end - at;
}

/** How long an array the table makes; 0 or less if it is an object. */
function itemsOf(table: LuaTable, settings: JsonSettings): number {
  let longest = 0;
  let items = 0;
  for (let at = table.nextPlace(0); at > 0; at = table.nextPlace(at)) {
    const key = table.keyAtPlace(at);
    if (typeof key !== 'number' || !(key >= 1) || Math.floor(key) !== key) return 0;
    // Redis: what is no integer of 32 bits becomes the least of them.
    if (key > longest) longest = key <= 0x7fffffff ? key : -0x80000000;
    items++;
  }
  const { sparseRatio } = settings;
  if (sparseRatio > 0 && longest > Math.imul(items, sparseRatio) && longest > settings.sparseSafe) {
    if (settings.sparseAsObject === 0) throw refusal(table, 'excessively sparse array');
    return 0;
  }
  if ((longest - items) * ',null'.length > LONGEST) throw new LuaError('not enough memory', 0);
  return longest;
}

function encodeScalar(value: Value, settings: JsonSettings): string {
  switch (typeof value) {
    case 'string':
      return encodeString(value);
    case 'number':
      return encodeNumber(value, settings);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value === undefined || value === NULL) return 'null';
      throw refusal(value, 'type not supported');
  }
}

function encodeKey(key: Value, settings: JsonSettings): string {
  if (typeof key === 'string') return `${encodeString(key)}:`;
  if (typeof key === 'number') return `"${encodeNumber(key, settings)}":`;
  throw refusal(key, 'table key must be a number or string');
}

function encodeString(text: string): string {
  if (needsEscape(text)) return `"${text.replace(ALL_TO_ESCAPE, escaped)}"`;
  return `"${text}"`;
}

function needsEscape(text: string): boolean {
  // A short text is looked through before a regular expression would have begun.
  if (text.length > 40) return TO_ESCAPE.test(text);
  for (let i = 0; i < text.length; i++) if (IS_ESCAPED[text.charCodeAt(i)] === 1) return true;
  return false;
}

function escaped(char: string): string {
  const code = char.charCodeAt(0).toString(16);
  return SHORT_ESCAPES[char] ?? `\\u${code.padStart(4, '0')}`;
}

function encodeNumber(n: number, settings: JsonSettings): string {
  if (Math.trunc(n) === n && n !== 0) {
    const size = n < 0 ? -n : n;
    if (size < 1e9 ? settings.precision >= 9 : size < 1e14 && settings.precision === 14) {
      return String(n);
    }
  }
  if (n - n !== 0) {
    if (settings.encodeInvalid === 0) throw refusal(n, 'must not be NaN or Inf');
    if (settings.encodeInvalid === 2) return 'null';
    if (n !== n) return 'nan';
  }
  return formatGeneral(n, settings.precision);
}

function refusal(value: Value, why: string): LuaError {
  return new LuaError(`Cannot serialise ${typeName(value)}: ${why}`);
}
