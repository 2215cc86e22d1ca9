// Between byte strings and the values of string keys.

import { Bytes, LARGE, type StringValue } from '../datatypes/string.ts';
import { NOT_AN_INTEGER } from '../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../protocol/numbers.ts';
import type { Reply } from '../protocol/reply.ts';

/** The value to keep for a byte string: a number where Redis says `int`, or Bytes if it is large. */
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
