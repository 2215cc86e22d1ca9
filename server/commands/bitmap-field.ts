// BITFIELD: integers of any width inside a string.
//
// The operations of a call are all read before the first is carried out, so that an error
// in the last one leaves no half change. They are then read a second time to be carried
// out, rather than kept in between: that allocates nothing.
//
// Up to 52 bits, a field and any sum that still is a safe integer are numbers. Beyond that
// the same is done with BigInt.

import { readBigBits, readBits, writeBigBits, writeBits } from '../../datatypes/bitmap.ts';
import { bytesOf, stringLength } from '../../datatypes/string.ts';
import { NOT_AN_INTEGER, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { isInt64, parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { edit } from '../string-value.ts';

const BAD_OFFSET = new ReplyError('ERR bit offset is not an integer or out of range');
const BAD_TYPE = new ReplyError(
  'ERR Invalid bitfield type. Use something like i16 u8. ' +
    'Note that u64 is not supported but i64 is.',
);
const BAD_OVERFLOW = new ReplyError('ERR Invalid OVERFLOW type specified');
const ONLY_GET = new ReplyError('ERR BITFIELD_RO only supports the GET subcommand');

const NARROW = 52; // Bits of the widest field that numbers hold, whatever is added to it.
const HASH = 0x23;

// What an operation does.
const GET = 0;
const SET = 1;
const INCRBY = 2;
const OVERFLOW = 3; // Nothing: it tells the following ones what to do.

// What becomes of a number that does not fit.
const WRAP = 0;
const SAT = 1;
const FAIL = 2;

// The operation read last.
let kind = GET;
let signed = false;
let width = 0;
let offset = 0;
let operand = ''; // What to set or to add.
let overflow = WRAP; // Holds for those that follow, too.

/**
 * The number of a bit, as a request gives it; with a `fieldWidth`, '#3' is where the
 * fourth such field starts. Throws if it is none, or lies too far out.
 */
export function bitOffset(c: Client, bytes: string, fieldWidth: number): number {
  const counted = fieldWidth !== 0 && bytes.charCodeAt(0) === HASH;
  const digits = counted ? bytes.slice(1) : bytes;
  let bit = parseSafeInt(digits);
  if (counted) bit *= fieldWidth;
  if (!Number.isSafeInteger(bit)) {
    const large = parseInt64(digits);
    if (large === undefined) throw BAD_OFFSET;
    // Redis: the product is cut to 64 bits, so that it can come out small.
    bit = Number(BigInt.asIntN(64, counted ? large * BigInt(fieldWidth) : large));
  }
  if (bit < 0 || Math.floor(bit / 8) >= c.server.config.values['proto-max-bulk-len']) {
    throw BAD_OFFSET;
  }
  return bit;
}

/**
 * BITFIELD key [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] SET encoding offset value|INCRBY
 *   encoding offset increment [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] SET encoding offset
 *   value|INCRBY encoding offset increment ...]]
 */
export function bitfield(c: Client): void {
  operate(c, false);
}

/** BITFIELD_RO key [GET encoding offset [GET encoding offset ...]] */
export function bitfieldRo(c: Client): void {
  operate(c, true);
}

function operate(c: Client, readOnly: boolean): void {
  const argv = c.argv;
  const key = argv[1];
  let replies = 0;
  let written = 0; // Bits that the string has to have for what is written.
  overflow = WRAP;
  for (let at = 2; at < argv.length; ) {
    at = readOperation(c, at);
    if (kind !== OVERFLOW) replies++;
    if (kind === SET || kind === INCRBY) written = Math.max(written, offset + width);
  }
  if (written > 0 && readOnly) throw ONLY_GET;
  const value = written > 0 ? c.db.writeString(key) : c.db.readString(key);
  let length = value === undefined ? 0 : stringLength(value);
  const grows = written > length * 8;
  let buf: Buffer;
  if (written > 0) {
    const edited = edit(c.db, key, value, Math.ceil(written / 8));
    buf = edited.buf;
    length = edited.length;
  } else {
    buf = bytesOf(value ?? '');
  }

  c.reply.array(replies);
  let changes = 0;
  overflow = WRAP;
  for (let at = 2; at < argv.length; ) {
    at = readOperation(c, at);
    if (kind === GET) get(c, buf, length);
    else if (kind !== OVERFLOW) changes += change(c, buf, grows);
  }
  if (changes > 0) c.db.changed(key, 'setbit', changes);
}

/** Reads the operation that starts at argv[at], and returns where the next one does. */
function readOperation(c: Client, at: number): number {
  const argv = c.argv;
  const follow = argv.length - at - 1;
  const word = argv[at].toUpperCase();
  if (word === 'OVERFLOW' && follow >= 1) {
    kind = OVERFLOW;
    overflow = overflowOf(argv[at + 1]);
    return at + 2;
  }
  if (word === 'GET' && follow >= 2) kind = GET;
  else if (word === 'SET' && follow >= 3) kind = SET;
  else if (word === 'INCRBY' && follow >= 3) kind = INCRBY;
  else throw SYNTAX;
  readType(argv[at + 1]);
  offset = bitOffset(c, argv[at + 2], width);
  if (kind === GET) return at + 3;
  operand = argv[at + 3];
  if (!isInt64(operand)) throw NOT_AN_INTEGER;
  return at + 4;
}

function overflowOf(word: string): number {
  switch (word.toUpperCase()) {
    case 'WRAP':
      return WRAP;
    case 'SAT':
      return SAT;
    case 'FAIL':
      return FAIL;
    default:
      throw BAD_OVERFLOW;
  }
}

/** Reads i1 … i64 or u1 … u63. */
function readType(type: string): void {
  signed = type[0] === 'i';
  if (!signed && type[0] !== 'u') throw BAD_TYPE;
  width = parseSafeInt(type.slice(1));
  if (!(width >= 1 && width <= (signed ? 64 : 63))) throw BAD_TYPE;
}

function get(c: Client, buf: Buffer, length: number): void {
  if (width <= NARROW) c.reply.int(field(buf, length));
  else c.reply.int64(bigField(buf, length));
}

function field(buf: Buffer, length: number): number {
  const n = readBits(buf, length, offset, width);
  return signed && n >= 2 ** (width - 1) ? n - 2 ** width : n;
}

function bigField(buf: Buffer, length: number): bigint {
  const n = readBigBits(buf, length, offset, width);
  return signed ? BigInt.asIntN(width, n) : n;
}

/**
 * Carries out SET or INCRBY in a string that is long enough. Returns how many changes it counts
 *   as.
 */
function change(c: Client, buf: Buffer, grows: boolean): number {
  const by = parseSafeInt(operand);
  if (by !== by || width > NARROW) return changeBig(c, buf, grows);
  const old = field(buf, buf.length);
  let n = kind === SET ? by : old + by;
  if (!Number.isSafeInteger(n)) return changeBig(c, buf, grows);

  const lowest = signed ? -(2 ** (width - 1)) : 0;
  const highest = 2 ** (signed ? width - 1 : width) - 1;
  if (n < lowest || n > highest) {
    if (overflow === FAIL) {
      c.reply.null();
      return 0;
    }
    // Redis: a negative number, set as an unsigned one, is a very large one.
    const low = n < lowest && !(kind === SET && !signed);
    if (overflow === SAT) n = low ? lowest : highest;
    else n = wrap(n);
  }
  writeBits(buf, offset, width, n < 0 ? n + 2 ** width : n);
  c.reply.int(kind === SET ? old : n);
  return grows || n !== old ? 1 : 0;
}

function wrap(n: number): number {
  const size = 2 ** width;
  const unsigned = ((n % size) + size) % size; // The first remainder has the sign of n.
  return signed && unsigned >= size / 2 ? unsigned - size : unsigned;
}

function changeBig(c: Client, buf: Buffer, grows: boolean): number {
  const by = BigInt(operand);
  const old = bigField(buf, buf.length);
  let n = old + by;
  if (kind === SET) n = signed ? by : BigInt.asUintN(64, by);

  const lowest = signed ? -(1n << BigInt(width - 1)) : 0n;
  const highest = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  if (n < lowest || n > highest) {
    if (overflow === FAIL) {
      c.reply.null();
      return 0;
    }
    // Redis: the distance to the highest number is computed with 64 bits. If that overflows,
    // a number far below the lowest one is taken for one above the highest.
    const low = n < lowest && !(kind === SET && highest - n >= 1n << 63n);
    if (overflow === SAT) n = low ? lowest : highest;
    else n = signed ? BigInt.asIntN(width, n) : BigInt.asUintN(width, n);
  }
  writeBigBits(buf, offset, width, n);
  c.reply.int64(kind === SET ? old : n);
  return grows || n !== old ? 1 : 0;
}
