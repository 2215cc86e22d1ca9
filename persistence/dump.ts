// The payload of DUMP and RESTORE: one value as a file has it, and what is needed to trust it.
//
//   type, value | version, 2 bytes | CRC-64 of all before it, 8 bytes

import { Crc64 } from './crc64.ts';
import { corrupt, RdbError } from './rdb-error.ts';
import { isType, OPCODE, RDB_VERSION, TYPE } from './rdb-format.ts';
import { RdbInput } from './rdb-input.ts';
import { EMPTY, isPacked, type RdbMaker, readElements, readPacked } from './rdb-load.ts';
import { RdbOutput } from './rdb-output.ts';
import { type RdbValue, typeOfValue, writeValue } from './rdb-values.ts';

const FOOTER_BYTES = 10;

/** The payload that stands for a value. The bytes are the caller's. */
export function dump(value: RdbValue, compression: boolean, version = RDB_VERSION): Buffer {
  const out = new RdbOutput();
  out.compression = compression;
  out.version = version;
  out.byte(typeOfValue(value, version));
  writeValue(out, value);
  out.byte(version & 255);
  out.byte(version >> 8);
  out.checksum();
  return out.take();
}

/** The payload that stands for libraries of functions: FUNCTION DUMP. */
export function dumpLibraries(
  codes: Iterable<string>,
  compression: boolean,
  version = RDB_VERSION,
): Buffer {
  const out = new RdbOutput();
  out.compression = compression;
  for (const code of codes) {
    out.byte(OPCODE.FUNCTION2);
    out.string(code);
  }
  out.byte(version & 255);
  out.byte(version >> 8);
  out.checksum();
  return out.take();
}

/** The libraries that an intact payload stands for. Throws an RdbError. */
export function undumpLibraries(payload: Buffer): string[] {
  const input = new RdbInput(false);
  input.feed(payload.subarray(0, payload.length - FOOTER_BYTES));
  input.end();
  input.ready();
  const codes: string[] = [];
  while (!input.isEmpty) {
    const type = input.byte();
    if (type === OPCODE.FUNCTION_PRE_GA) throw corrupt('Pre-GA function format not supported');
    if (type !== OPCODE.FUNCTION2) throw corrupt('given type is not a function');
    codes.push(input.string());
  }
  return codes;
}

/** Makes the checksum of a payload that was changed right again. */
export function sealed(payload: Buffer): Buffer {
  const crc = new Crc64();
  crc.update(payload, 0, payload.length - 8);
  crc.write(payload, payload.length - 8);
  return payload;
}

/** How many bytes a value takes in a file, its type and key left out, as DEBUG OBJECT counts. */
export function savedLength(value: RdbValue, compression: boolean): number {
  const out = new RdbOutput(() => {});
  out.compression = compression;
  writeValue(out, value);
  const type = typeOfValue(value);
  const timed = type === TYPE.HASH_LISTPACK_EX || type === TYPE.HASH_METADATA;
  // Redis: does not count the time at the front of a hash.
  return out.written - (timed ? 8 : 0);
}

/** Whether a payload is of a known version (`newest` or older), and unchanged since it was made. */
export function isIntact(payload: Buffer, checksum: boolean, newest = RDB_VERSION): boolean {
  const footer = payload.length - FOOTER_BYTES;
  if (footer < 0 || payload.readUInt16LE(footer) > newest) return false;
  if (!checksum) return true;
  const crc = new Crc64();
  crc.update(payload, 0, footer + 2);
  return crc.matches(payload, footer + 2);
}

/**
 * The value that a payload stands for. What follows the value is not looked at. Throws an RdbError
 * if it makes no sense, or holds nothing.
 */
export function undump(payload: Buffer, make: RdbMaker): RdbValue {
  const input = new RdbInput(false);
  input.feed(payload);
  input.end();
  input.ready();
  const type = input.byte();
  if (!isType(type)) throw corrupt(`Unknown RDB encoding type ${type}`);
  if (type === TYPE.MODULE_PRE_GA || type === TYPE.MODULE_2) {
    throw new RdbError('module', 'a value that only a module could read');
  }
  const value = isPacked(type) ? readPacked(input, type, make) : all(input, type, make);
  if (value === EMPTY) throw corrupt('a value without elements');
  return value;
}

function all(input: RdbInput, type: number, make: RdbMaker): RdbValue | typeof EMPTY {
  const elements = readElements(input, type, make);
  for (;;) {
    const step = elements.next();
    if (step.done) return step.value;
  }
}
