// Commands through an append-only file and back, in chunks of any size.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AofOutput } from '../../persistence/aof-output.ts';
import {
  AofFormatError,
  AofReader,
  COMMAND,
  CUT,
  END,
  MORE,
} from '../../persistence/aof-reader.ts';

const argument = fc
  .tuple(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0, 0, 0, 300))
  .map(([codes, more]) => Buffer.from(codes).toString('latin1') + '\r\n*1'.repeat(more));
const command = fc.array(argument, { minLength: 1, maxLength: 12 });

function written(commands: readonly (readonly string[])[]): Buffer {
  const out = new AofOutput();
  commands.forEach((argv, i) => {
    if (i % 3 === 1) out.timestamp(1_700_000_000 + i);
    out.command(argv);
  });
  return Buffer.from(out.buf.subarray(0, out.length));
}

type Outcome = { commands: string[][]; end: number; offset: number };

function read(file: Buffer, chunkBytes: number, total = file.length): Outcome {
  const reader = new AofReader(0, total);
  const commands: string[][] = [];
  for (let at = 0; ; at += chunkBytes) {
    if (at < file.length) reader.feed(file.subarray(at, at + chunkBytes));
    else reader.finish();
    for (;;) {
      const found = reader.next();
      if (found === MORE) break;
      if (found !== COMMAND) return { commands, end: found, offset: reader.offset };
      commands.push(reader.argv.slice());
    }
  }
}

test('what was written is read, whatever the chunks are', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 12 }),
      fc.integer({ min: 1, max: 200 }),
      (commands, chunkBytes) => {
        const file = written(commands);
        const outcome = read(file, chunkBytes);
        expect(outcome).toEqual({ commands, end: END, offset: file.length });
      },
    ),
  );
});

test('a file that ends anywhere is read up to its last whole command', () => {
  fc.assert(
    fc.property(
      fc.array(command, { minLength: 1, maxLength: 4 }),
      fc.nat(10_000),
      fc.boolean(),
      (commands, cut, knowsLength) => {
        const file = written(commands);
        const length = cut % file.length;
        const outcome = read(file.subarray(0, length), 50, knowsLength ? length : file.length);
        expect(commands.slice(0, outcome.commands.length)).toEqual(outcome.commands);
        const whole = outcome.offset === length;
        expect(outcome.end).toBe(whole ? END : CUT);
        expect(read(file.subarray(0, outcome.offset), 1000).commands).toEqual(outcome.commands);
      },
    ),
  );
});

test.each([
  '!!!',
  'SET a b\r\n',
  '*0\r\n',
  '*-1\r\n',
  '*x\r\n',
  '*1\r\n*1\r\n',
  '*1\r\n:1\r\n',
  '*1\r\n$-1\r\n',
  '*1\r\n$x\r\n',
  `#${'x'.repeat(2000)}\r\n`,
  `*${'1'.repeat(2000)}\r\n`,
])('%j is no command', (text) => {
  const good = written([['PING']]);
  const file = Buffer.concat([good, Buffer.from(text)]);
  expect(() => read(file, 10)).toThrow(new AofFormatError(good.length));
});

test('a length that goes beyond the end of the file does not gather the rest of it', () => {
  const reader = new AofReader(0, 1000);
  reader.feed(Buffer.from('*1\r\n$2000\r\n'));
  expect(reader.next()).toBe(CUT);
});

test('numbers are written as Redis writes them', () => {
  const out = new AofOutput();
  for (const n of [0, 9, 10, 999, 12345]) {
    out.begin(n);
    out.bulk('x'.repeat(n % 1000));
  }
  const text = out.buf.latin1Slice(0, out.length);
  expect(text).toMatch(/^\*0\r\n\$0\r\n\r\n\*9\r\n\$9\r\nx{9}\r\n\*10\r\n\$10\r\n/);
  expect(text).toContain('\r\n*12345\r\n$345\r\n');
});

test('with a sink, chunks hold whole arguments in their order', () => {
  const chunks: Buffer[] = [];
  const out = new AofOutput((chunk) => chunks.push(chunk), 64);
  const commands = Array.from({ length: 50 }, (_, i) => ['SET', `key:${i}`, 'v'.repeat(i * 3)]);
  for (const argv of commands) out.command(argv);
  out.flush();
  expect(chunks.length).toBeGreaterThan(10);
  expect(read(Buffer.concat(chunks), 33).commands).toEqual(commands);
});
