// What a script returns, said to its client.
//
// A table is what its first field of these names says: err, ok, double, big_number,
// verbatim_string, map, set; otherwise it is an array, up to its first nil. Numbers lose their
// fractions, as a C compiler would have it. Metamethods are not called.

import { LuaTable } from '../lua/table.ts';
import type { Value } from '../lua/value.ts';
import { cString, oneLine, ReplyError } from '../protocol/errors.ts';
import type { Reply } from '../protocol/reply.ts';
import { formatNumber } from '../lua/numbers.ts';
import type { Stats } from './stats.ts';

const TOO_DEEP = new ReplyError('ERR reached lua stack limit');
const STACK = 8000; // LUAI_MAXCSTACK: values that may be on Lua's stack here.
const NEEDED = 4;
const FIRST_DEPTH = 2; // The error handler lies below what is returned.
const MOST_INT64 = 2 ** 63;

const ARRAY = 0;
const MAP = 1;
const SET = 2;

/** A table whose items are being said. */
type Frame = {
  readonly kind: number;
  readonly table: LuaTable;
  readonly mark: number;
  /** How many values there would be on Lua's stack below it, itself included. */
  readonly depth: number;
  count: number;
  place: number;
  /** Whether a map's key was said, and its value was not. */
  between: boolean;
};

/** Says the results of scripts, and counts the errors among them. */
export class ResultWriter {
  private readonly reply: Reply;
  private readonly stats: Stats;
  private readonly scriptResp3: boolean;
  /** How many errors were said that make the command one that failed. */
  failed = 0;
  // Tables may be deeper in each other than JavaScript's stack is.
  private readonly frames: Frame[] = [];
  private uncounted = false;

  /** `scriptResp3` is what the script asked for: it decides what its booleans are. */
  constructor(reply: Reply, stats: Stats, scriptResp3: boolean) {
    this.reply = reply;
    this.stats = stats;
    this.scriptResp3 = scriptResp3;
  }

  write(value: Value): void {
    const { frames } = this;
    this.begin(value, FIRST_DEPTH);
    while (frames.length !== 0) {
      const frame = frames[frames.length - 1];
      if (frame.kind === ARRAY) this.nextItem(frame);
      else this.nextKey(frame);
    }
    if (this.uncounted) this.failed++;
  }

  /** Says a value, or as much of a table as comes before its items. */
  private begin(value: Value, depth: number): void {
    const { reply } = this;
    if (depth + NEEDED > STACK) return this.error(TOO_DEEP.line, false);
    switch (typeof value) {
      case 'string':
        return reply.bulk(value);
      case 'number':
        return writeInteger(reply, value);
      case 'boolean':
        if (this.scriptResp3) return reply.bool(value);
        return value ? reply.int(1) : reply.null();
      default:
        if (value instanceof LuaTable) return this.table(value, depth);
        return reply.null();
    }
  }

  private error(line: string, counted: boolean): void {
    if (counted) {
      this.failed++;
    } else {
      this.stats.countError(new ReplyError(line).code);
      this.uncounted = true;
    }
    this.reply.error(line);
  }

  private table(table: LuaTable, depth: number): void {
    const { reply } = this;
    const problem = table.getString('err');
    if (typeof problem === 'string') {
      const counted = table.getString('ignore_error_stats_update') === true;
      return this.error(errorLine(problem), counted);
    }
    const status = table.getString('ok');
    if (typeof status === 'string') return reply.status(oneLine(cString(status)));
    const double = table.getString('double');
    if (typeof double === 'number') return reply.double(double);
    const digits = table.getString('big_number');
    if (typeof digits === 'string') return reply.bigNumber(oneLine(digits));
    const verbatim = table.getString('verbatim_string');
    if (verbatim instanceof LuaTable) {
      const format = verbatim.getString('format');
      const text = verbatim.getString('string');
      if (typeof format === 'string' && typeof text === 'string') {
        return reply.verbatim(format.slice(0, 3), text);
      }
    }
    const map = table.getString('map');
    if (map instanceof LuaTable) return this.open(MAP, map, depth);
    const set = table.getString('set');
    if (set instanceof LuaTable) return this.open(SET, set, depth);
    this.open(ARRAY, table, depth);
  }

  private open(kind: number, table: LuaTable, depth: number): void {
    const mark = this.reply.beginArray();
    this.frames.push({ kind, table, mark, depth, count: 0, place: 0, between: false });
  }

  private nextItem(frame: Frame): void {
    const item = frame.table.getNumber(frame.count + 1);
    if (item === undefined) {
      this.frames.pop();
      return this.reply.endArray(frame.mark, frame.count);
    }
    frame.count++;
    this.begin(item, frame.depth + 1);
  }

  private nextKey(frame: Frame): void {
    const { kind, table, depth, mark } = frame;
    if (frame.between) {
      frame.between = false;
      return this.begin(table.valueAtPlace(frame.place), depth + 3);
    }
    frame.place = table.nextPlace(frame.place);
    if (frame.place === 0) {
      this.frames.pop();
      if (kind === MAP) return this.reply.endMap(mark, frame.count);
      return this.reply.endSet(mark, frame.count);
    }
    frame.count++;
    frame.between = kind === MAP;
    this.begin(table.keyAtPlace(frame.place), depth + (kind === MAP ? 4 : 3));
  }
}

/** The line of an error that a script made up: line breaks would end it. */
export function errorLine(text: string): string {
  return oneLine(cString(text).replace(/[\r\n]+$/, ''));
}

/** A number as C casts it to 64 bits. */
export function writeInteger(reply: Reply, n: number): void {
  const whole = Math.trunc(n);
  if (Number.isSafeInteger(whole)) return reply.int(whole + 0);
  const fits = whole >= -MOST_INT64 && whole < MOST_INT64;
  reply.int64(fits ? BigInt(whole) : -(2n ** 63n));
}

/** What an error of Lua's says to a client: "CODE text script: <name>, on @user_script:1." */
export function describeProblem(error: LuaTable, name: string): string {
  // Unlike Redis: an error that is a table without a text does not end the server.
  let line = textOf(error.getString('err'));
  const source = error.getString('source');
  const at = error.getString('line');
  if (isText(source) && isText(at)) {
    line = `${line ?? ''} script: ${name}, on ${textOf(source)}:${textOf(at)}.`;
  }
  return errorLine(line ?? '');
}

function isText(value: Value): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function textOf(value: Value): string | undefined {
  if (typeof value === 'number') return formatNumber(value);
  return typeof value === 'string' ? cString(value) : undefined;
}
