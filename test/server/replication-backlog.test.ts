import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backlog } from '../../server/replication-backlog.ts';

const KB = 1024;

test('bytes are given back as they came, from any offset that is kept', () => {
  const addition = fc.record({
    bytes: fc.nat(60 * KB),
    size: fc.constantFrom(16 * KB, 64 * KB, 512 * KB),
    needs: fc.nat(200 * KB),
    ask: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.nat(1000), fc.array(addition, { maxLength: 30 }), (first, additions) => {
      const backlog = new Backlog(first);
      let all = '';
      for (const { bytes, size, needs, ask } of additions) {
        const text = String.fromCharCode(97 + (all.length % 26)).repeat(bytes);
        backlog.add(Buffer.from(`${text}not this`), bytes, size);
        all += text;
        expect(backlog.end).toBe(first + all.length);
        const needed = backlog.end - needs;
        const before = backlog.first;
        backlog.trim(size, needed);
        expect(backlog.first).toBeGreaterThanOrEqual(before);
        // Nobody loses what he needs, and never is less kept than was wanted.
        if (needed >= before) expect(backlog.first).toBeLessThanOrEqual(needed);
        expect(backlog.length).toBeGreaterThanOrEqual(Math.min(size, backlog.end - before));
        const from = backlog.first + Math.floor((backlog.length * ask) / 1000);
        expect(backlog.has(from)).toBe(true);
        expect(backlog.has(backlog.first - 1)).toBe(false);
        expect(backlog.has(backlog.end + 1)).toBe(false);
        const whole = Buffer.concat(backlog.from(from, Number.POSITIVE_INFINITY)).toString();
        expect(whole === all.slice(from - first)).toBe(true);
        const some = Buffer.concat(backlog.from(from, 1)).toString();
        expect(some.length > 0 || from === backlog.end).toBe(true);
        expect(whole.startsWith(some)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

test('what nobody needs goes, down to about as much as is wanted', () => {
  const backlog = new Backlog(1);
  const bytes = Buffer.alloc(1000);
  for (let i = 0; i < 10_000; i++) {
    backlog.add(bytes, bytes.length, 64 * KB);
    backlog.trim(64 * KB, backlog.end);
    expect(backlog.length).toBeLessThanOrEqual((64 + 16) * KB);
  }
  expect(backlog.memory).toBeLessThanOrEqual((64 + 2 * 16) * KB);
  expect(backlog.end).toBe(10_000_001);
});
