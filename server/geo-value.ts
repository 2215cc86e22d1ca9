// Places as geo commands read them from a call and say them in a reply.

import { latitudeOf, longitudeOf, MAX_LATITUDE, MAX_LONGITUDE } from '../datatypes/geohash.ts';
import { NOT_A_FLOAT, ReplyError } from '../protocol/errors.ts';
import { parseDouble } from '../protocol/numbers.ts';
import type { Reply } from '../protocol/reply.ts';

const BAD_UNIT = new ReplyError('ERR unsupported unit provided. please use M, KM, FT, MI');
const NEED_RADIUS = new ReplyError('ERR need numeric radius');
const NEED_WIDTH = new ReplyError('ERR need numeric width');
const NEED_HEIGHT = new ReplyError('ERR need numeric height');
const NEGATIVE_RADIUS = new ReplyError('ERR radius cannot be negative');
const NEGATIVE_SIDE = new ReplyError('ERR height or width cannot be negative');

/** How many metres a unit has; throws if it is none. */
export function metresOf(unit: string): number {
  switch (unit.toLowerCase()) {
    case 'm':
      return 1;
    case 'km':
      return 1000;
    case 'ft':
      return 0.3048;
    case 'mi':
      return 1609.34;
    default:
      throw BAD_UNIT;
  }
}

// The place that readPlace() read last.
export let longitude = 0;
export let latitude = 0;

/** Reads longitude and latitude from argv[i] and on; throws if they are no place. */
export function readPlace(argv: readonly string[], i: number): void {
  longitude = number(argv[i], NOT_A_FLOAT);
  latitude = number(argv[i + 1], NOT_A_FLOAT);
  if (Math.abs(longitude) <= MAX_LONGITUDE && Math.abs(latitude) <= MAX_LATITUDE) return;
  const pair = `${sixDecimals(longitude)},${sixDecimals(latitude)}`;
  throw new ReplyError(`ERR invalid longitude,latitude pair ${pair}`);
}

/** A radius; throws if it is none. */
export function radiusOf(text: string): number {
  const radius = number(text, NEED_RADIUS);
  if (radius < 0) throw NEGATIVE_RADIUS;
  return radius;
}

/** A width and a height; throws if they are none. */
export function sidesOf(width: string, height: string): [width: number, height: number] {
  const wide = number(width, NEED_WIDTH);
  const high = number(height, NEED_HEIGHT);
  if (wide < 0 || high < 0) throw NEGATIVE_SIDE;
  return [wide, high];
}

/** Says longitude and latitude of a score. */
export function sayPlace(reply: Reply, score: number): void {
  reply.array(2);
  reply.double(longitudeOf(score));
  reply.double(latitudeOf(score));
}

/** Says a distance with four decimals. */
export function sayDistance(reply: Reply, distance: number): void {
  const scaled = distance * 10_000;
  let whole = Math.round(scaled);
  // Ties go to the even one, as the processor rounds.
  if (whole - scaled === 0.5 && whole % 2 === 1) whole--;
  const digits = String(whole).padStart(5, '0');
  const point = digits.length - 4;
  reply.bulk(`${digits.slice(0, point)}.${digits.slice(point)}`);
}

function number(text: string, problem: ReplyError): number {
  const n = parseDouble(text);
  if (n !== n) throw problem;
  return n;
}

/** As C's "%f" prints a double. */
function sixDecimals(n: number): string {
  if (!Number.isFinite(n)) return n < 0 ? '-inf' : 'inf';
  const size = Math.abs(n);
  let text: string;
  if (size >= 2 ** 53) {
    text = `${BigInt(size)}.000000`;
  } else {
    text = size.toFixed(6);
    // What lies half way, C rounds to even, and toFixed up.
    const halves = size * 2 ** 7;
    const millionths = Number(text.slice(-6));
    if (halves % 2 === 1 && millionths % 2 === 1) text = (size - 5e-7).toFixed(6);
  }
  return n < 0 || Object.is(n, -0) ? `-${text}` : text;
}
