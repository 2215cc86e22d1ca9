// Between byte strings and the values of string keys.

import { Bytes, LARGE, type StringValue, stringOf } from '../datatypes/string.ts';
import { NOT_AN_INTEGER, STRING_TOO_LONG } from '../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../protocol/numbers.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Database } from './keyspace.ts';

/** The value to keep for a byte string: a number where Redis says `int`, Bytes if it is large. */
export function encode(bytes: string): StringValue {
  if (bytes.length >= LARGE) return Bytes.from(bytes);
  const n = parseSafeInt(bytes);
  return n === n ? n : bytes;
}

/** Replies with a string value. */
export function replyValue(reply: Reply, value: StringValue): void {
  if (typeof value === 'string') reply.bulk(value);
  else if (typeof value === 'number') reply.bulkInt(value);
  else reply.bulkBytes(value.length < LARGE ? value.buf : value.lend(), 0, value.length);
}

/**
 * Makes the string at `key` at least `length` bytes long, the new ones zero, and fit to be
 * written to. `value` is what writeString(key) just found. Throws if there is no room.
 */
export function edit(
  db: Database,
  key: string,
  value: StringValue | undefined,
  length: number,
): Bytes {
  try {
    if (value instanceof Bytes && !value.embedded) {
      value.edit(length);
      return value;
    }
    const edited = value === undefined ? Bytes.zeros(length) : Bytes.from(stringOf(value));
    edited.edit(length);
    if (value === undefined) db.add(key, edited);
    else db.replace(edited);
    return edited;
  } catch (problem) {
    // Unlike Redis: what no buffer can hold is refused, whatever proto-max-bulk-len allows.
    if (problem instanceof RangeError) throw STRING_TOO_LONG;
    throw problem;
  }
}

/**
 * A 64-bit integer of a request, for what makes no difference beyond 2^53, such as an
 * index: numbers larger than that come out as if they were 2^53. Throws if it is none.
 */
export function integer(bytes: string, problem = NOT_AN_INTEGER): number {
  const n = parseSafeInt(bytes);
  if (n === n) return n;
  const large = parseInt64(bytes);
  if (large === undefined) throw problem;
  return large < 0n ? -(2 ** 53) : 2 ** 53;
}

/**
 * Whether a range ends before it starts, both counted from the end of a string, and so is empty
 * whatever the string. Both are integers; of negative ones, the longer is the lower.
 */
export function endsFirst(start: string, end: string): boolean {
  if (start[0] !== '-' || end[0] !== '-') return false;
  return start.length === end.length ? start < end : start.length < end.length;
}
