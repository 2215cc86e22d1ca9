import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RdbInput } from '../../persistence/rdb-input.ts';
import { RdbOutput } from '../../persistence/rdb-output.ts';

function inputOf(bytes: Buffer): RdbInput {
  const input = new RdbInput(false);
  input.feed(bytes);
  input.end();
  input.ready();
  return input;
}

const string = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('', '-0', '007', '-128', '128', '32768', '-32769', '2147483648', '-2147483648'),
  fc.uint8Array({ maxLength: 300 }).map((codes) => Buffer.from(codes).toString('latin1')),
  fc.tuple(fc.constantFrom('a', 'ab', 'abc'), fc.nat(9000)).map(([text, n]) => text.repeat(n)),
);

test('strings come back, with and without compression', () => {
  fc.assert(
    fc.property(fc.array(string, { maxLength: 20 }), fc.boolean(), (strings, compression) => {
      const out = new RdbOutput();
      out.compression = compression;
      for (const each of strings) out.string(each);
      const input = inputOf(out.take());
      for (const each of strings) expect(input.string()).toBe(each);
      expect(input.isEmpty).toBe(true);
    }),
  );
});

test('the bytes are the same in chunks of any size, none of which is larger than that', () => {
  fc.assert(
    fc.property(
      fc.array(string, { maxLength: 20 }),
      fc.integer({ min: 64, max: 500 }),
      (all, size) => {
        const whole = new RdbOutput();
        const chunks: Buffer[] = [];
        const out = new RdbOutput((chunk) => chunks.push(chunk), true, size);
        for (const each of all) {
          whole.string(each);
          out.string(each);
        }
        expect(out.written).toBe(whole.written);
        whole.checksum();
        out.checksum();
        expect(Buffer.concat(chunks).toString('hex')).toBe(whole.take().toString('hex'));
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(size);
      },
    ),
  );
});

test('lengths and times come back', () => {
  const length = fc.oneof(fc.nat(70), fc.nat(20_000), fc.nat(), fc.maxSafeNat());
  const time = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
  fc.assert(
    fc.property(length, time, fc.double({ noNaN: true }), (n, ms, score) => {
      const out = new RdbOutput();
      out.length(n);
      out.time(ms);
      out.double(score);
      const input = inputOf(out.take());
      expect(input.length()).toBe(n);
      expect(BigInt(input.time())).toBe(BigInt(ms));
      expect(input.double()).toBe(score);
    }),
  );
});

test('integers of 64 bits come back in halves', () => {
  const half = fc.nat(0xffffffff);
  fc.assert(
    fc.property(half, half, (high, low) => {
      const out = new RdbOutput();
      out.length64(high, low);
      const input = inputOf(out.take());
      input.length64();
      expect([input.high, input.low]).toEqual([high, low]);
    }),
  );
});
