import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compress, decompress } from '../../persistence/lzf.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { overSocket, type Wire } from '../wire.ts';

// Bytes that repeat themselves, some nearby, some from afar.
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.tuple(fc.nat(255), fc.nat(400)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
  fc.array(fc.constantFrom(97, 98), { maxLength: 60 }).map((codes) => Uint8Array.from(codes)),
);
const data = fc
  .tuple(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(11), { maxLength: 12 }))
  .map(([pieces, order]) =>
    Buffer.concat([...pieces, ...order.map((i) => pieces[i] ?? new Uint8Array(0))]),
  );

test('what is decompressed is what was compressed', () => {
  fc.assert(
    fc.property(data, (bytes) => {
      const short = compress(bytes, bytes.length + 100);
      if (short === null) expect(bytes.length).toBe(0);
      else expect(Buffer.from(decompress(short, bytes.length)).equals(bytes)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('it takes no more room than it is given', () => {
  fc.assert(
    fc.property(data, fc.nat(300), (bytes, room) => {
      const short = compress(bytes, room);
      if (short !== null) expect(short.length).toBeLessThanOrEqual(room);
    }),
  );
});

test('repetitions are found, near and far, but not beyond 8192 bytes', () => {
  expect(compress(Buffer.alloc(1000, 'a'), 996)!.length).toBeLessThan(20);
  const text = Buffer.from('a text that is not all one');
  const apart = (gap: number) => {
    let state = 1;
    const next = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 16;
    const noise = Buffer.from(Array.from({ length: gap }, next));
    return compress(Buffer.concat([Buffer.from('.'), text, noise, text]), gap * 2)!.length - gap;
  };
  expect(apart(8192)).toBeGreaterThan(apart(8100) + 15);
});

test('bytes that no compressor made are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(60), (bytes, length) => {
      try {
        expect(decompress(bytes, length)).toHaveLength(length);
      } catch (problem) {
        expect(problem).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 2000 },
  );
  expect(() => decompress(Uint8Array.of(0x20, 0), 3)).toThrow(RangeError);
  expect(() => decompress(Uint8Array.of(5, 1), 6)).toThrow(RangeError);
});

const install = await realRedis('8.0.2');
if (install === null)
  process.stderr.write(`\n*** LZF NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let wire: Wire;
  beforeAll(async () => {
    real = (await startReal('8.0.2'))!;
    wire = await overSocket(real);
  });
  afterAll(async () => {
    wire.close();
    await real.stop();
  });

  // DUMP shows a string as an RDB file has it: type, [0xc3, two lengths, data], ten bytes more.
  test('the compressed bytes are the same', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (bytes) => {
        fc.pre(bytes.length > 20);
        await wire.ask('SET', 'k', bytes.toString('latin1'));
        const dump = Buffer.from((await wire.ask('DUMP', 'k')).text, 'latin1');
        const short = compress(bytes, bytes.length - 4);
        expect(dump[1] === 0xc3).toBe(short !== null);
        if (short === null) return;
        const ours = Buffer.from(short).toString('hex');
        expect(dump.subarray(-10 - short.length, -10).toString('hex')).toBe(ours);
      }),
      { numRuns: 500 },
    );
  });
});
