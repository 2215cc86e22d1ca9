// Bitmap commands. They see a string as a row of bits (datatypes/bitmap.ts); BITFIELD and
// BITFIELD_RO, which see integers in it, are in bitmap-field.ts.

import { AND, combine, countOnes, findBit, invert, OR, XOR } from '../../datatypes/bitmap.ts';
import { Bytes, bytesOf, stringLength, stringOf } from '../../datatypes/string.ts';
import type { bitmap as specs } from '../../protocol/commands/bitmap.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { edit, endsFirst, integer } from '../string-value.ts';
import { bitfield, bitfieldRo, bitOffset } from './bitmap-field.ts';

const NOT_A_BIT = new ReplyError('ERR bit is not an integer or out of range');
const NEITHER_BIT = new ReplyError('ERR The bit argument must be 1 or 0.');
const NOT_OF_ONE = new ReplyError('ERR BITOP NOT must be called with a single source key.');

/** SETBIT key offset value */
function setbit(c: Client): void {
  const [, key, , bit] = c.argv;
  const offset = bitOffset(c, c.argv[2], 0);
  if (bit !== '0' && bit !== '1') throw NOT_A_BIT;
  const value = c.db.writeString(key);
  const at = Math.floor(offset / 8);
  const mask = 0x80 >> (offset & 7);
  const wanted = bit === '1' ? mask : 0;
  const grows = value === undefined || at >= stringLength(value);
  if (!grows && value instanceof Bytes && !value.embedded) {
    // Without a change there is no need for a copy of a value that was lent out.
    if ((value.buf[at] & mask) === wanted) return c.reply.int(wanted === 0 ? 0 : 1);
  }
  // Redis: the encoding becomes raw, even if no bit changes.
  const { buf } = edit(c.db, key, value, at + 1);
  const old = buf[at] & mask;
  if (grows || old !== wanted) {
    buf[at] = (buf[at] & ~mask) | wanted;
    c.db.changed(key, 'setbit');
  }
  c.reply.int(old === 0 ? 0 : 1);
}

/** GETBIT key offset */
function getbit(c: Client): void {
  const offset = bitOffset(c, c.argv[2], 0);
  const value = c.db.readString(c.argv[1]);
  const at = Math.floor(offset / 8);
  let byte = 0;
  if (value instanceof Bytes) byte = at < value.length ? value.buf[at] : 0;
  else if (value !== undefined) byte = stringOf(value).charCodeAt(at); // NaN past the end.
  c.reply.int((byte >> (7 - (offset & 7))) & 1);
}

// The range that rangeOf() read last, in bits.
let first = 0;
let end = 0;

/**
 * Makes bits of a range of bytes or bits, both ends included, negative ones counted from the end
 * of a string of so many bytes. False if nothing is in it.
 */
function rangeOf(from: number, to: number, bytes: number, inBits: boolean): boolean {
  const length = inBits ? bytes * 8 : bytes;
  if (from < 0) from = Math.max(0, from + length);
  if (to < 0) to = Math.max(0, to + length);
  if (to >= length) to = length - 1;
  first = inBits ? from : from * 8;
  end = inBits ? to + 1 : (to + 1) * 8;
  return from <= to;
}

/** Whether a range is given in bits, by its last word. */
function unitIsBit(word: string): boolean {
  switch (word.toUpperCase()) {
    case 'BIT':
      return true;
    case 'BYTE':
      return false;
    default:
      throw SYNTAX;
  }
}

/** BITCOUNT key [start end [BYTE|BIT]] */
function bitcount(c: Client): void {
  const argv = c.argv;
  let from = 0;
  let to = -1;
  let inBits = false;
  if (argv.length === 4 || argv.length === 5) {
    from = integer(argv[2]);
    to = integer(argv[3]);
    if (argv.length === 5) inBits = unitIsBit(argv[4]);
  } else if (argv.length !== 2) {
    throw SYNTAX;
  }
  const value = c.db.readString(argv[1]);
  if (value === undefined) return c.reply.int(0);
  if (argv.length > 2 && endsFirst(argv[2], argv[3])) return c.reply.int(0);
  if (!rangeOf(from, to, stringLength(value), inBits)) return c.reply.int(0);
  c.reply.int(countOnes(bytesOf(value), first, end));
}

/** BITPOS key bit [start [end [BYTE|BIT]]] */
function bitpos(c: Client): void {
  const argv = c.argv;
  const bit = integer(argv[2]);
  if (bit !== 0 && bit !== 1) throw NEITHER_BIT;
  let from = 0;
  let to = -1;
  let inBits = false;
  if (argv.length > 6) throw SYNTAX;
  if (argv.length > 3) from = integer(argv[3]);
  if (argv.length === 6) inBits = unitIsBit(argv[5]);
  if (argv.length > 4) to = integer(argv[4]);
  const value = c.db.readString(argv[1]);
  if (value === undefined) return c.reply.int(bit === 1 ? -1 : 0);
  const length = stringLength(value);
  if (!rangeOf(from, to, length, inBits)) return c.reply.int(-1);
  const position = findBit(bytesOf(value), bit === 1, first, end);
  // Redis: without an end, the string counts as if it were followed by zeros.
  const behind = bit === 0 && argv.length < 5 ? length * 8 : -1;
  c.reply.int(position < 0 ? behind : position);
}

const NOT = -1; // The one operation that does not combine.

function operationOf(word: string): number {
  switch (word.toUpperCase()) {
    case 'AND':
      return AND;
    case 'OR':
      return OR;
    case 'XOR':
      return XOR;
    case 'NOT':
      return NOT;
    default:
      throw SYNTAX;
  }
}

/** BITOP AND|OR|XOR|NOT destkey key [key ...] */
function bitop(c: Client): void {
  const argv = c.argv;
  const target = argv[2];
  const how = operationOf(argv[1]);
  if (how === NOT && argv.length !== 4) throw NOT_OF_ONE;
  const sources = argv.slice(3).map((key) => c.db.readString(key) ?? '');
  const length = Math.max(...sources.map(stringLength));
  if (length === 0) {
    if (c.db.drop(target)) c.db.changed(target, 'del');
    return c.reply.int(0);
  }
  const result = Buffer.alloc(length);
  bytesOf(sources[0]).copy(result, 0, 0, stringLength(sources[0]));
  if (how === NOT) invert(result);
  for (let i = 1; i < sources.length; i++) {
    combine(result, bytesOf(sources[i]), stringLength(sources[i]), how);
  }
  c.db.put(target, new Bytes(result, length));
  c.db.changed(target, 'set');
  c.reply.int(length);
}

export const bitmapCommands: Handlers<typeof specs> = {
  bitcount,
  bitfield,
  bitfield_ro: bitfieldRo,
  bitop,
  bitpos,
  getbit,
  setbit,
};
