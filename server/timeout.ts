// How long a blocking command waits, as its caller writes it.

import { ReplyError } from '../protocol/errors.ts';
import { parseLongDouble } from '../protocol/long-double.ts';
import { parseInt64 } from '../protocol/numbers.ts';
import type { Client } from './client.ts';

const NOT_A_FLOAT = new ReplyError('ERR timeout is not a float or out of range');
const NOT_AN_INTEGER = new ReplyError('ERR timeout is not an integer or out of range');
const OUT_OF_RANGE = new ReplyError('ERR timeout is out of range');
const NEGATIVE = new ReplyError('ERR timeout is negative');

const LAST_MS = 2 ** 63 - 1024; // The last double before the end of Redis's time.
const MAX_MS = 2n ** 63n - 1n;
const BITS = 64; // Of a long double's significand.

/** Seconds, with fractions, in whole milliseconds; 0 is for ever. Throws if it cannot be. */
export function timeoutMs(c: Client, seconds: string): number {
  const number = parseLongDouble(seconds);
  if (number === undefined) throw NOT_A_FLOAT;
  const { negative, significand, exponent } = number;
  if (!number.isFinite) throw negative ? NEGATIVE : OUT_OF_RANGE;
  const ms = ceilTimes1000(negative, significand, exponent);
  if (ms < 0) throw NEGATIVE;
  if (ms > LAST_MS - c.server.clock.ms) throw OUT_OF_RANGE;
  return ms;
}

/** The same of whole milliseconds, as XREAD has them. */
export function wholeTimeoutMs(c: Client, text: string): number {
  const ms = parseInt64(text);
  if (ms === undefined) throw NOT_AN_INTEGER;
  if (ms < 0n) throw NEGATIVE;
  if (ms > MAX_MS - BigInt(c.server.clock.ms)) throw OUT_OF_RANGE;
  return Number(ms);
}

/** significand * 2^exponent * 1000, first rounded as Redis's long double is, then up. */
function ceilTimes1000(negative: boolean, significand: bigint, exponent: number): number {
  let product = significand * 1000n;
  const excess = product.toString(2).length - BITS;
  if (excess > 0) {
    // 0.001 is not exact, but a thousand times of it has to be 1, not a little more.
    const half = 1n << BigInt(excess - 1);
    product = (product + half) >> BigInt(excess);
    exponent += excess;
  }
  if (exponent >= 0) return Number(product) * (negative ? -1 : 1) * 2 ** exponent;
  const whole = product >> BigInt(-exponent);
  if (negative) return -Number(whole);
  return Number(whole << BigInt(-exponent) === product ? whole : whole + 1n);
}
