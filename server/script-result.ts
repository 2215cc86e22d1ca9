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
const MOST_INT64 = 2 ** 63;

/** Says the results of scripts, and counts the errors among them. */
export class ResultWriter {
  private readonly reply: Reply;
  private readonly stats: Stats;
  private readonly scriptResp3: boolean;
  /** Whether errors were said that nobody has counted before. */
  failed = false;

  /** `scriptResp3` is what the script asked for: it decides what its booleans are. */
  constructor(reply: Reply, stats: Stats, scriptResp3: boolean) {
    this.reply = reply;
    this.stats = stats;
    this.scriptResp3 = scriptResp3;
  }

  /** `depth` is how many values would be on Lua's stack, this one included. */
  write(value: Value, depth: number): void {
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
    if (!counted) {
      this.stats.countError(new ReplyError(line).code);
      this.failed = true;
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
    if (map instanceof LuaTable) return this.map(map, depth);
    const set = table.getString('set');
    if (set instanceof LuaTable) return this.set(set, depth);
    this.array(table, depth);
  }

  private array(table: LuaTable, depth: number): void {
    const { reply } = this;
    const mark = reply.beginArray();
    let length = 0;
    for (;;) {
      const item = table.getNumber(length + 1);
      if (item === undefined) break;
      this.write(item, depth + 1);
      length++;
    }
    reply.endArray(mark, length);
  }

  private map(map: LuaTable, depth: number): void {
    const { reply } = this;
    const mark = reply.beginArray();
    let pairs = 0;
    for (let place = map.nextPlace(0); place !== 0; place = map.nextPlace(place)) {
      this.write(map.keyAtPlace(place), depth + 4);
      this.write(map.valueAtPlace(place), depth + 3);
      pairs++;
    }
    reply.endMap(mark, pairs);
  }

  private set(set: LuaTable, depth: number): void {
    const { reply } = this;
    const mark = reply.beginArray();
    let length = 0;
    for (let place = set.nextPlace(0); place !== 0; place = set.nextPlace(place)) {
      this.write(set.keyAtPlace(place), depth + 3);
      length++;
    }
    reply.endSet(mark, length);
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
