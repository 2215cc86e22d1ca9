// When a key is to expire, as SET, GETEX and SETEX are told.

import { NOT_AN_INTEGER, ReplyError } from '../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../protocol/numbers.ts';

const MAX_INT64 = 9223372036854775807n;

/** The refusal of a time that is not after the epoch, or too far away. */
export function invalidExpireTime(command: string): ReplyError {
  return new ReplyError(`ERR invalid expire time in '${command}' command`);
}

/**
 * The Unix time in ms that a number of a request means: so many `unitMs`, counted from
 * `fromMs` (0 for the epoch). A bigint where a number would not be exact. Throws if it is
 * no integer, or no time after the epoch.
 */
export function expireTime(
  bytes: string,
  unitMs: 1 | 1000,
  fromMs: number,
  command: string,
): number | bigint {
  const n = parseSafeInt(bytes);
  if (n === n && n < 2 ** 42) {
    if (n <= 0) throw invalidExpireTime(command);
    return n * unitMs + fromMs;
  }
  const large = parseInt64(bytes);
  if (large === undefined) throw NOT_AN_INTEGER;
  const ms = large * BigInt(unitMs) + BigInt(fromMs);
  if (large <= 0n || large > MAX_INT64 / BigInt(unitMs) || ms > MAX_INT64) {
    throw invalidExpireTime(command);
  }
  return ms > Number.MAX_SAFE_INTEGER ? ms : Number(ms);
}
