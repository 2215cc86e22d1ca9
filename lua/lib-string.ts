// Lua's string library.

import {
  checkInt,
  checkInteger,
  checkText,
  optionalInt,
  optionalInteger,
  checkFunction,
} from './arguments.ts';
import { badArgument, LuaError } from './errors.ts';
import { format } from './format.ts';
import { inside, libraryOf } from './library.ts';
import { type Pattern, patternOf } from './pattern.ts';
import { CALL, type Runtime, toText, typeName } from './runtime.ts';
import { LuaTable } from './table.ts';
import {
  first,
  LuaFunction,
  NOTHING,
  native,
  type Result,
  type Steps,
  stepped,
  TAIL,
  type Value,
} from './value.ts';

const LONGEST = 2 ** 29 - 24; // V8's longest string.
const SHORT = 32; // Up to here, chars are put together one by one.
const DUMPED = '\x1bLuaQ\0\x01\x04\x08\x04\x08\0'; // Lua 5.1 on a 64-bit machine.
const MOST_RESULTS = 8000; // LUAI_MAXCSTACK.

/** Makes the library, and gives all strings their metatable. */
export function openString(runtime: Runtime): LuaTable {
  const gsub = stepped('gsub', (...args) =>
    args[2] instanceof LuaFunction ? substituteBack(runtime, args) : substitute(runtime, args),
  );
  const library = libraryOf(NAMES, [...NATIVES, gsub]);
  library.setString('gfind', library.getString('gmatch'));
  const meta = new LuaTable(0, 1);
  meta.setString('__index', library);
  runtime.stringMeta = meta;
  return library;
}

const NAMES = [
  ...['byte', 'char', 'dump', 'find', 'format', 'gfind', 'gmatch', 'gsub', 'len', 'lower'],
  ...['match', 'rep', 'reverse', 'sub', 'upper'],
];

const NATIVES: readonly LuaFunction[] = [
  native('byte', (...args) => bytes(args[0], args[1], args[2], args.length)),
  native('char', (...args) => {
    if (args.length === 1) return String.fromCharCode(checkByte(args[0], 0, args));
    return String.fromCharCode(...args.map(checkByte));
  }),
  native('dump', (...args) => {
    checkFunction(args[0], 1, args.length);
    // Unlike Redis: no function has bytecode; what string.dump() returns is only its beginning.
    return DUMPED;
  }),
  native('find', (...args) => find(args[0], args[1], args[2], args[3], args.length)),
  native('format', (...args) => format(checkText(args[0], 1, args.length), args)),
  native('gmatch', (...args) =>
    matches(checkText(args[0], 1, args.length), checkText(args[1], 2, args.length)),
  ),
  native('len', (...args) => checkText(args[0], 1, args.length).length),
  native('lower', (...args) => lower(checkText(args[0], 1, args.length))),
  native('match', (...args) => match(args[0], args[1], args[2], args.length)),
  native('rep', (...args) => {
    const text = checkText(args[0], 1, args.length);
    const times = Math.max(0, checkInt(args[1], 2, args.length));
    checkLength(text.length * times);
    return text.repeat(times);
  }),
  native('reverse', (...args) => {
    const text = checkText(args[0], 1, args.length);
    if (text.length > SHORT) return Buffer.from(text, 'latin1').reverse().latin1Slice();
    let out = '';
    for (let i = text.length - 1; i >= 0; i--) out += text[i];
    return out;
  }),
  native('sub', (...args) => sub(args[0], args[1], args[2], args.length)),
  native('upper', (...args) => upper(checkText(args[0], 1, args.length))),
];

/** What is too long for us is what there is no memory for. */
function checkLength(length: number): void {
  if (length > LONGEST) throw new LuaError('not enough memory', 0);
}

/** A place counted from the start, from 1; those below 0 are counted from the end. */
function fromStart(place: number, length: number): number {
  return place >= 0 ? place : Math.max(0, place + length + 1);
}

function sub(value: Value, from: Value, to: Value, count: number): string {
  const text = checkText(value, 1, count);
  const { length } = text;
  const start = fromStart(checkInteger(from, 2, count), length);
  const end = fromStart(optionalInteger(to, 3, count, -1), length);
  return start <= end ? text.slice(start < 1 ? 0 : start - 1, end) : '';
}

function bytes(value: Value, from: Value, to: Value, count: number): Result {
  const text = checkText(value, 1, count);
  const { length } = text;
  const start = fromStart(optionalInteger(from, 2, count, 1), length);
  const last = Math.min(length, fromStart(optionalInteger(to, 3, count, start), length));
  const first = start < 1 ? 1 : start;
  if (first > last) return NOTHING;
  if (first === last) return text.charCodeAt(first - 1);
  if (last - first + 1 + count > MOST_RESULTS) {
    throw new LuaError('stack overflow (string slice too long)');
  }
  const codes: Value[] = [];
  for (let i = first - 1; i < last; i++) codes.push(text.charCodeAt(i));
  return codes;
}

function checkByte(value: Value, i: number, args: readonly Value[]): number {
  const code = checkInt(value, i + 1, args.length);
  if (code !== (code & 0xff)) throw badArgument(i + 1, 'invalid value');
  return code;
}

/** Only letters of ASCII are letters. */
function lower(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upper(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text.toUpperCase();
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Where a search begins, from 0. */
function searchFrom(init: Value, length: number, count: number): number {
  const place = fromStart(optionalInteger(init, 3, count, 1), length);
  return place < 1 ? 0 : Math.min(place - 1, length);
}

function find(value: Value, wanted: Value, init: Value, plain: Value, count: number): Result {
  const text = checkText(value, 1, count);
  const spelled = checkText(wanted, 2, count);
  const from = searchFrom(init, text.length, count);
  const literally = plain !== undefined && plain !== false;
  const pattern = literally ? null : patternOf(spelled, true);
  if (pattern === null || pattern.plain) {
    const at = text.indexOf(spelled, from);
    return at < 0 ? undefined : [at + 1, at + spelled.length];
  }
  const start = pattern.search(text, from);
  if (start < 0) return undefined;
  const found: Value[] = [start + 1, pattern.end];
  return pattern.captures === 0 ? found : pattern.captureAll(text, start, pattern.end, found);
}

function match(value: Value, wanted: Value, init: Value, count: number): Result {
  const text = checkText(value, 1, count);
  const pattern = patternOf(checkText(wanted, 2, count), true);
  const start = pattern.search(text, searchFrom(init, text.length, count));
  return start < 0 ? undefined : captures(pattern, text, start);
}

function captures(pattern: Pattern, text: string, start: number): Result {
  if (pattern.captures > 1) return pattern.captureAll(text, start, pattern.end, []);
  return pattern.capture(0, text, start, pattern.end);
}

/** gmatch: a function that returns one match after the other. */
function matches(text: string, spelled: string): LuaFunction {
  const pattern = patternOf(spelled, false);
  let from = 0;
  return native('gmatch', () => {
    const start = pattern.search(text, from);
    if (start < 0) return NOTHING;
    // Behind an empty match, the next one is looked for a char further on.
    from = pattern.end === start ? start + 1 : pattern.end;
    return captures(pattern, text, start);
  });
}

/** gsub */
function* substituteBack(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const { nested } = runtime;
  runtime.enterBack();
  try {
    return yield* substitute(runtime, args);
  } finally {
    runtime.nested = nested;
  }
}

function* substitute(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const count = args.length;
  const text = checkText(args[0], 1, count);
  const pattern = patternOf(checkText(args[1], 2, count), true);
  const by = args[2];
  const most = optionalInt(args[3], 4, count, text.length + 1);
  const template = toText(by);
  if (template === undefined && !(by instanceof LuaFunction || by instanceof LuaTable)) {
    throw badArgument(3, 'string/function/table expected');
  }
  const constant = template === undefined || template.includes('%') ? undefined : template;
  let out = '';
  let copied = 0; // Up to here `text` is in `out`.
  let from = 0;
  let done = 0;
  while (done < most) {
    const start = pattern.search(text, from);
    if (start < 0) break;
    const { end } = pattern;
    done++;
    let put = constant;
    if (put === undefined && template !== undefined) {
      put = fillIn(template, pattern, text, start, end);
    } else if (put === undefined) {
      const given = by as LuaFunction | LuaTable;
      put = replacement(first(yield* answerTo(runtime, given, pattern, text, start)));
    }
    put ??= text.slice(start, end);
    checkLength(out.length + start - copied + put.length);
    out += text.slice(copied, start) + put;
    copied = end;
    from = end > start ? end : start + 1;
    if (from > text.length || pattern.anchored) break;
  }
  checkLength(out.length + text.length - copied);
  return [out + text.slice(copied), done];
}

/** What a table has, or a function says, for a match. */
function* answerTo(
  runtime: Runtime,
  by: LuaFunction | LuaTable,
  pattern: Pattern,
  text: string,
  start: number,
): Steps<Result> {
  const { end } = pattern;
  if (by instanceof LuaTable) {
    const key = pattern.capture(0, text, start, end);
    const value = inside(() => runtime.index(by, key, ''));
    return value === CALL ? yield* runtime.callPending() : value;
  }
  const given = pattern.captureAll(text, start, end, []);
  try {
    if (by.native !== null) return by.native(...given);
    const answer = yield* by.stepped!(...given);
    return answer === TAIL ? yield* runtime.untail() : answer;
  } catch (problem) {
    throw runtime.passed(problem);
  }
}

/** A replacement with its "%1" and the like filled in. */
function fillIn(
  template: string,
  pattern: Pattern,
  text: string,
  start: number,
  end: number,
): string {
  let out = '';
  let from = 0;
  for (;;) {
    const percent = template.indexOf('%', from);
    if (percent < 0) return out + template.slice(from);
    const letter = template[percent + 1] ?? '\0'; // C reads the zero byte behind the string.
    out += template.slice(from, percent);
    if (letter < '0' || letter > '9') out += letter;
    else if (letter === '0') out += text.slice(start, end);
    else out += toText(pattern.capture(Number(letter) - 1, text, start, end));
    from = percent + 2;
  }
}

/** What to put in place of a match, undefined if it stays. */
function replacement(value: Value): string | undefined {
  if (value === undefined || value === false) return undefined;
  const text = toText(value);
  if (text !== undefined) return text;
  throw new LuaError(`invalid replacement value (a ${typeName(value)})`);
}
