// A whole RDB file, written record by record: who calls this says what and when.
//
//   const writer = new RdbWriter(sink, { compression: true, checksum: true });
//   writer.begin();
//   writer.aux('redis-ver', '8.0.2');
//   writer.database(0, keys, expiring);
//   writer.key(key, value, whenMs, idleSeconds, frequency);     for each
//   writer.end();
//
// A record is written at once, so what it holds may change as soon as the call has returned.

import { OPCODE } from './rdb-format.ts';
import { RdbOutput, type Sink } from './rdb-output.ts';
import { type RdbValue, typeOfValue, writeValue } from './rdb-values.ts';

export type { Sink } from './rdb-output.ts';
export type { RdbValue } from './rdb-values.ts';

export type RdbWriterOptions = {
  /** Whether strings are compressed: rdbcompression. */
  readonly compression: boolean;
  /** Whether there is a checksum at the end, rather than zeros: rdbchecksum. */
  readonly checksum: boolean;
  /** The version of the format, if it is not the newest. */
  readonly version?: number;
  /** How many bytes the sink is given at a time. */
  readonly chunkBytes?: number;
};

const CHUNK_BYTES = 64 * 1024;

export class RdbWriter {
  private readonly out: RdbOutput;

  constructor(sink: Sink, options: RdbWriterOptions) {
    this.out = new RdbOutput(sink, options.checksum, options.chunkBytes ?? CHUNK_BYTES);
    this.out.compression = options.compression;
    if (options.version !== undefined) this.out.version = options.version;
  }

  /** How many bytes were written, those included that the sink has not been given yet. */
  get written(): number {
    return this.out.written;
  }

  /** The first record: signature and version. */
  begin(): void {
    this.out.raw(`REDIS${String(this.out.version).padStart(4, '0')}`);
  }

  /** A fact about the writer or the data set. */
  aux(name: string, value: string | number): void {
    this.out.byte(OPCODE.AUX);
    this.out.string(name);
    if (typeof value === 'number') this.out.integer(value);
    else this.out.string(value);
  }

  /** A library of functions, as FUNCTION LOAD takes it. */
  functions(code: string): void {
    this.out.byte(OPCODE.FUNCTION2);
    this.out.string(code);
  }

  /** The database that the keys from here on belong to: how many there are, and how many expire. */
  database(id: number, keys: number, expiring: number): void {
    this.out.byte(OPCODE.SELECTDB);
    this.out.length(id);
    this.out.byte(OPCODE.RESIZEDB);
    this.out.length(keys);
    this.out.length(expiring);
  }

  /**
   * A key: what it holds, when it expires (Unix ms, -1 for never), and under an LRU policy for how
   * many seconds it was idle, or under an LFU policy how often it was used; -1 where not.
   */
  key(
    key: string,
    value: RdbValue,
    whenMs: number | bigint = -1,
    idleSeconds = -1,
    frequency = -1,
  ): void {
    const { out } = this;
    if (whenMs !== -1) {
      out.byte(OPCODE.EXPIRETIME_MS);
      out.time(whenMs);
    }
    if (idleSeconds >= 0) {
      out.byte(OPCODE.IDLE);
      out.length(idleSeconds);
    }
    if (frequency >= 0) {
      out.byte(OPCODE.FREQ);
      out.byte(frequency);
    }
    out.byte(typeOfValue(value, out.version));
    out.string(key);
    writeValue(out, value);
  }

  /** Gives the sink what it has not been given yet. */
  flush(): void {
    this.out.flush();
  }

  /** The end of the file, and its checksum. */
  end(): void {
    this.out.byte(OPCODE.EOF);
    this.out.checksum();
  }
}
