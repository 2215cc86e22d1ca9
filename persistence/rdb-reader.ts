// A whole RDB file, read record by record, in whatever chunks it comes.
//
//   const reader = new RdbReader(make, { checksum: true });
//   reader.feed(chunk);
//   for (;;) {
//     const what = reader.next();
//     if (what === MORE) break;                     feed() or finish() first
//     if (what === KEY) add(reader.database, reader.key, reader.value, reader.whenMs);
//     if (what === END) ...
//   }
//
// What next() found is in the reader's fields until it is called again. Nothing but one value
// is in memory at a time, so a file may be of any size; and since next() comes back with every
// key, and with every chunk, the event loop can have its turn as often as one likes.
//
// It decides nothing: keys whose time has come are found like all others.

import { corrupt, RdbError } from './rdb-error.ts';
import { isType, OPCODE, RDB_VERSION, TYPE } from './rdb-format.ts';
import { RdbInput, SHORT } from './rdb-input.ts';
import { EMPTY, isPacked, type RdbMaker, readElements, readPacked } from './rdb-load.ts';
import { moduleName } from './rdb-module.ts';
import type { RdbValue } from './rdb-values.ts';

// What next() found.
export const MORE = 0; // Nothing: it needs more bytes.
export const KEY = 1; // key, value, type, database, whenMs, idleSeconds, frequency.
export const EMPTY_KEY = 2; // key: it holds nothing, and Redis passes over it.
export const AUX = 3; // name, text.
export const FUNCTIONS = 4; // text: the code of a library.
export const DATABASE = 5; // database: its number, for all keys from here on.
export const SIZES = 6; // keys, expiring: how many this database will have.
export const END = 7; // The file is whole.

export type RdbReaderOptions = {
  /** Whether the checksum is compared: rdbchecksum. */
  readonly checksum: boolean;
  /** How many bytes there will be, if that is known. */
  readonly bytes?: number;
};

const OPENING_BYTES = 9;
const CHECKSUM_SINCE = 5; // The version.
const NOT_YET = -1;
const MODULE_UINT = 2;

export class RdbReader {
  /** The version of the file, once it is known. */
  version = 0;
  database = 0;
  key = '';
  value: RdbValue = '';
  /** What the value was in the file: see TYPE in rdb-format.ts. */
  type = 0;
  /** When the key expires (Unix ms), or -1. */
  whenMs: number | bigint = -1;
  /** For how many seconds the key was idle, or -1. */
  idleSeconds = -1;
  /** How often the key was used, as LFU counts, or -1. */
  frequency = -1;
  name = '';
  text = '';
  keys = 0;
  expiring = 0;

  private readonly input: RdbInput;
  private readonly make: RdbMaker;
  private elements: Generator<void, RdbValue | typeof EMPTY, void> | null = null;
  private told = false; // next() has told of a key, and of what was said before it.

  constructor(make: RdbMaker, options: RdbReaderOptions) {
    this.make = make;
    this.input = new RdbInput(options.checksum);
    if (options.bytes !== undefined) this.input.expect(options.bytes);
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.input.offset;
  }

  /** Takes the next bytes of the file; they must not be changed afterwards. */
  feed(chunk: Buffer): void {
    this.input.feed(chunk);
  }

  /** There are no more bytes: from now on next() never asks for any. */
  finish(): void {
    this.input.end();
  }

  /** After END: bytes that came and are no part of the file. */
  rest(): Buffer {
    return this.input.rest();
  }

  /** Reads on, and tells what it found. Throws an RdbError. */
  next(): number {
    if (this.told) {
      this.told = false;
      this.whenMs = -1;
      this.idleSeconds = -1;
      this.frequency = -1;
    }
    try {
      for (;;) {
        if (!this.input.ready()) return MORE;
        const found = this.elements === null ? this.step() : this.moreElements();
        if (found !== NOT_YET) return found;
      }
    } catch (problem) {
      if (problem instanceof RdbError) problem.offset = this.input.offset;
      throw problem;
    }
  }

  private step(): number {
    const { input } = this;
    input.mark();
    try {
      return this.version === 0 ? this.opening() : this.record();
    } catch (problem) {
      if (problem !== SHORT) throw problem;
    }
    input.rewind();
    return MORE;
  }

  private moreElements(): number {
    const step = this.elements!.next();
    if (!step.done) return MORE;
    this.elements = null;
    return this.found(step.value);
  }

  private found(value: RdbValue | typeof EMPTY): number {
    this.told = true;
    if (value === EMPTY) return EMPTY_KEY;
    this.value = value;
    return KEY;
  }

  private opening(): number {
    const bytes = this.input.raw(OPENING_BYTES);
    if (!bytes.startsWith('REDIS')) {
      throw new RdbError('signature', 'Wrong signature trying to load DB from file');
    }
    const version = Number.parseInt(bytes.slice(5), 10) || 0;
    if (version < 1 || version > RDB_VERSION) {
      throw new RdbError('version', `Can't handle RDB format version ${version}`);
    }
    this.version = version;
    return NOT_YET;
  }

  private record(): number {
    const type = this.input.byte();
    if (type >= OPCODE.SLOT_INFO) return this.opcode(type);
    if (!isType(type)) throw corrupt(`Unknown RDB encoding type ${type}`);
    const { input } = this;
    const key = input.string();
    if (isPacked(type)) {
      const value = readPacked(input, type, this.make);
      this.key = key;
      this.type = type;
      return this.found(value);
    }
    if (type === TYPE.MODULE_PRE_GA) {
      throw new RdbError('module', 'Pre-release module format not supported');
    }
    if (type === TYPE.MODULE_2) {
      input.length64();
      const name = moduleName(input.high, input.low);
      throw new RdbError(
        'module',
        `The RDB file contains module data I can't load: no matching module type '${name}'`,
      );
    }
    this.key = key;
    this.type = type;
    this.elements = readElements(input, type, this.make);
    return NOT_YET;
  }

  private opcode(opcode: number): number {
    const { input } = this;
    switch (opcode) {
      case OPCODE.EXPIRETIME_MS:
        this.whenMs = input.time();
        return NOT_YET;
      case OPCODE.EXPIRETIME:
        this.whenMs = input.int32() * 1000;
        return NOT_YET;
      case OPCODE.FREQ:
        this.frequency = input.byte();
        return NOT_YET;
      case OPCODE.IDLE:
        this.idleSeconds = input.length();
        return NOT_YET;
      case OPCODE.AUX: {
        const name = input.string();
        this.text = input.string();
        this.name = name;
        return AUX;
      }
      case OPCODE.SELECTDB:
        this.database = input.length();
        return DATABASE;
      case OPCODE.RESIZEDB: {
        const keys = input.length();
        this.expiring = input.length();
        this.keys = keys;
        return SIZES;
      }
      case OPCODE.SLOT_INFO:
        for (let i = 0; i < 3; i++) input.length();
        return NOT_YET;
      case OPCODE.FUNCTION2:
        this.text = input.string();
        return FUNCTIONS;
      case OPCODE.FUNCTION_PRE_GA:
        throw new RdbError('functions', 'Pre-release function format not supported.');
      case OPCODE.MODULE_AUX:
        return this.moduleAux();
      default:
        return this.end();
    }
  }

  private moduleAux(): number {
    const { input } = this;
    input.length64();
    const name = moduleName(input.high, input.low);
    const opcode = input.length();
    input.length();
    if (opcode !== MODULE_UINT) throw corrupt('bad when_opcode');
    throw new RdbError(
      'module',
      `The RDB file contains AUX module data I can't load: no matching module '${name}'`,
    );
  }

  private end(): number {
    if (this.version >= CHECKSUM_SINCE && !this.input.checksum()) {
      throw new RdbError('checksum', 'RDB CRC error');
    }
    return END;
  }
}
