// What is no RDB file, or was one: cut at every byte, every byte changed. Reading one ends with the
// whole file or with an RdbError, soon, and never with anything else.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { dump, undump } from '../../persistence/dump.ts';
import { RdbError } from '../../persistence/rdb-error.ts';
import { TYPE } from '../../persistence/rdb-format.ts';
import { END, MORE, RdbReader } from '../../persistence/rdb-reader.ts';
import type { RdbValue } from '../../persistence/rdb-values.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { inProcess } from '../wire.ts';
import { DEFAULTS, KEY, making } from './datasets.ts';
import { save } from './rdb-files.ts';

const server = new Server(new Config(), { seed: 1 });
const make = { limits: server.config.values, seed: 1, chance: server.random };

/** What reading a file ends with: 'whole', or the fault. */
function read(file: Buffer, checksum: boolean): string {
  const reader = new RdbReader(make, { checksum });
  reader.feed(file);
  reader.finish();
  try {
    for (;;) {
      const what = reader.next();
      expect(what).not.toBe(MORE);
      if (what === END) return reader.rest().length === 0 ? 'whole' : 'longer';
    }
  } catch (problem) {
    if (problem instanceof RdbError) return problem.fault;
    throw problem;
  }
}

/** Reads a payload; what comes of it has to be fit for use. */
function tried(payload: Buffer): void {
  let value: RdbValue;
  try {
    value = undump(payload, make);
  } catch (problem) {
    if (!(problem instanceof RdbError)) throw problem;
    return;
  }
  const again = dump(value, true);
  const twice = dump(undump(again, make), true);
  // Fields that expire may change places on the way into a hash table.
  if (again[0] === TYPE.HASH_METADATA) expect(twice.length).toBe(again.length);
  else expect(twice.toString('hex')).toBe(again.toString('hex'));
  if (typeof value !== 'object' || !('copy' in value)) return;
  expect(dump(value.copy(), true).toString('hex')).toBe(again.toString('hex'));
  if ('check' in value) (value as RdbValue & { check(): void }).check();
}

/** Small keys of all types and encodings. */
const CALLS = [
  ['SET', 'int', '12345'],
  ['SET', 'text', 'a text that is not very long'],
  ['SET', 'lzf', 'abc'.repeat(100)],
  ['RPUSH', 'list', 'a', '1', '-70000', 'x'.repeat(70)],
  ['SADD', 'intset', '1', '2', '70000'],
  ['SADD', 'set', 'a', 'b', '3'],
  ['SADD', 'table', 'x'.repeat(65), 'y'],
  ['ZADD', 'zset', '1', 'a', '2.5', 'b', '-inf', 'c'],
  ['ZADD', 'skip', '1', 'x'.repeat(65), '2', 'b'],
  ['HSET', 'hash', 'f', 'v', 'g', '7'],
  ['HSET', 'wide', 'f', 'x'.repeat(65), 'g', '7'],
  ['HSET', 'times', 'f', 'v', 'g', '7'],
  ['HPEXPIREAT', 'times', '4000000000000', 'FIELDS', '1', 'g'],
  ['HSET', 'widetimes', 'f', 'x'.repeat(65), 'g', '7'],
  ['HPEXPIREAT', 'widetimes', '4000000000000', 'FIELDS', '1', 'g'],
  ['PEXPIREAT', 'set', '4000000000000'],
  ['XADD', 'stream', '1-1', 'f', 'v', 'g', '7'],
  ['XADD', 'stream', '1-2', 'f', 'w', 'g', '8'],
  ['XADD', 'stream', '2-1', 'h', 'w'],
  ['XDEL', 'stream', '1-2'],
  ['XGROUP', 'CREATE', 'stream', 'g', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', 'stream', '>'],
];

describe('a file with something of everything', () => {
  let file: Buffer;
  beforeAll(async () => {
    const from = new Server(new Config(), { seed: 1 });
    const wire = inProcess(from);
    for (const call of CALLS) expect((await wire.ask(...call)).isError).toBe(false);
    file = save(from);
    from.close();
  });

  test('is whole', () => {
    expect(read(file, true)).toBe('whole');
  });

  test('cut at any byte, it is short', () => {
    for (let length = 0; length < file.length; length++) {
      expect(read(file.subarray(0, length), true), `${length} bytes`).toBe('short');
    }
  });

  test('with any byte changed, it is refused; without its checksum, refused or read', () => {
    for (let at = 0; at < file.length; at++) {
      for (const mask of [1, 0x80, 0xff]) {
        const changed = Buffer.from(file);
        changed[at] ^= mask;
        expect(read(changed, true), `byte ${at}`).not.toBe('whole');
        read(changed, false);
      }
    }
  });

  test('what follows it is left alone', () => {
    const reader = new RdbReader(make, { checksum: true });
    for (const chunk of [file, Buffer.from('*1\r\n'), Buffer.from('$4\r\nPING\r\n')]) {
      reader.feed(chunk);
    }
    while (reader.next() !== END);
    expect(reader.rest().toString()).toBe('*1\r\n$4\r\nPING\r\n');
    expect(reader.offset).toBe(file.length);
  });
});

test('changed payloads are refused or read', async () => {
  await fc.assert(
    fc.asyncProperty(
      making,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (calls, changes) => {
        const from = new Server(new Config(), { seed: 1 });
        const wire = inProcess(from);
        for (const call of [...DEFAULTS, ...calls]) await wire.ask(...call);
        const payload = Buffer.from((await wire.ask('DUMP', KEY)).text, 'latin1');
        from.close();
        for (const [at, byte] of changes) payload[at % payload.length] = byte;
        tried(payload);
        tried(payload.subarray(0, changes[0][0] % payload.length));
      },
    ),
    { numRuns: 500 },
  );
});

test('bytes by chance of any type are refused or read', () => {
  const small = fc.constantFrom(0, 1, 2, 3, 6, 7, 10, 254, 255);
  const byte = fc.oneof(small, fc.nat(255));
  fc.assert(
    fc.property(fc.nat(30), fc.array(byte, { maxLength: 60 }), (type, bytes) => {
      tried(Buffer.from([type, ...bytes]));
    }),
    { numRuns: 20_000 },
  );
});

test('packs by chance with an honest size are refused or read', () => {
  const sized = [TYPE.HASH_ZIPLIST, TYPE.HASH_LISTPACK, TYPE.SET_LISTPACK, TYPE.LIST_ZIPLIST];
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(1, 2, 3, 0x81, 0xf0, 0xf1, 0xf4, 0xfe, 0xff));
  fc.assert(
    fc.property(
      fc.constantFrom(...sized),
      fc.array(byte, { maxLength: 40 }),
      fc.nat(4),
      (type, bytes, count) => {
        const old = type === TYPE.HASH_ZIPLIST || type === TYPE.LIST_ZIPLIST;
        const size = bytes.length + (old ? 11 : 7);
        const tail = old ? [10 + (bytes[0] ?? 0), 0, 0, 0] : [];
        tried(Buffer.from([type, size, size, 0, 0, 0, ...tail, count, 0, ...bytes, 0xff]));
      },
    ),
    { numRuns: 20_000 },
  );
});

test('lengths that lie cost neither time nor memory', () => {
  const huge = [0x81, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff];
  for (let type = 0; type <= TYPE.HASH_LISTPACK_EX; type++) {
    tried(Buffer.from([type, ...huge, ...huge, 1, 2, 3]));
    tried(Buffer.from([type, 0xc3, 4, ...huge, 1, 2, 3, 4]));
    tried(Buffer.from([type, 0xc3, ...huge, 4, 1, 2, 3, 4]));
  }
});
