// What each word of a reply looks like; and long random replies, with marks and rewinds that
// reach over the borders of chunks, beside a writer too dull to be wrong.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../protocol/reply.ts';
import { BufferPool, ReplyWriter } from '../../protocol/reply-writer.ts';

function written(resp3: boolean, say: (reply: Reply) => void): string {
  const writer = new ReplyWriter(new BufferPool());
  writer.resp3 = resp3;
  say(writer);
  return Buffer.concat(writer.take()).toString('latin1');
}

describe('spelling', () => {
  test.each<[what: string, say: (reply: Reply) => void, resp2: string, resp3: string]>([
    ['ok', (r) => r.ok(), '+OK\r\n', '+OK\r\n'],
    ['a status', (r) => r.status('QUEUED'), '+QUEUED\r\n', '+QUEUED\r\n'],
    ['an error', (r) => r.error('ERR no'), '-ERR no\r\n', '-ERR no\r\n'],
    ['zero', (r) => r.int(0), ':0\r\n', ':0\r\n'],
    ['a digit', (r) => r.int(9), ':9\r\n', ':9\r\n'],
    ['ten', (r) => r.int(10), ':10\r\n', ':10\r\n'],
    ['a negative integer', (r) => r.int(-1), ':-1\r\n', ':-1\r\n'],
    ['32 bits', (r) => r.int(2147483648), ':2147483648\r\n', ':2147483648\r\n'],
    ['-2^31', (r) => r.int(-2147483648), ':-2147483648\r\n', ':-2147483648\r\n'],
    ['2^53 - 1', (r) => r.int(2 ** 53 - 1), ':9007199254740991\r\n', ':9007199254740991\r\n'],
    ['64 bits', (r) => r.int64(-(2n ** 63n)), `:${-(2n ** 63n)}\r\n`, `:${-(2n ** 63n)}\r\n`],
    ['a string', (r) => r.bulk('a\r\n\xff\0'), '$5\r\na\r\n\xff\0\r\n', '$5\r\na\r\n\xff\0\r\n'],
    ['an empty string', (r) => r.bulk(''), '$0\r\n\r\n', '$0\r\n\r\n'],
    ['an integer as a string', (r) => r.bulkInt(-105), '$4\r\n-105\r\n', '$4\r\n-105\r\n'],
    ['part of some bytes', (r) => r.bulkBytes(bytes, 1, 3), '$2\r\nbc\r\n', '$2\r\nbc\r\n'],
    ['no string', (r) => r.null(), '$-1\r\n', '_\r\n'],
    ['no array', (r) => r.nullArray(), '*-1\r\n', '_\r\n'],
    ['an array', (r) => r.array(12), '*12\r\n', '*12\r\n'],
    ['a map', (r) => r.map(6), '*12\r\n', '%6\r\n'],
    ['a set', (r) => r.set(3), '*3\r\n', '~3\r\n'],
    ['a push', (r) => r.push(3), '*3\r\n', '>3\r\n'],
    ['a double', (r) => r.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
    ['a whole double', (r) => r.double(-3), '$2\r\n-3\r\n', ',-3\r\n'],
    ['infinity', (r) => r.double(1 / 0), '$3\r\ninf\r\n', ',inf\r\n'],
    ['minus infinity', (r) => r.double(-1 / 0), '$4\r\n-inf\r\n', ',-inf\r\n'],
    ['no number', (r) => r.double(0 / 0), '$3\r\nnan\r\n', ',nan\r\n'],
    ['digits of a double', (r) => r.doubleText('0.1000'), '$6\r\n0.1000\r\n', ',0.1000\r\n'],
    ['true', (r) => r.bool(true), ':1\r\n', '#t\r\n'],
    ['false', (r) => r.bool(false), ':0\r\n', '#f\r\n'],
    [
      'a big number',
      (r) => r.bigNumber('-12345678901234567890'),
      '$21\r\n-12345678901234567890\r\n',
      '(-12345678901234567890\r\n',
    ],
    ['text', (r) => r.verbatim('txt', 'Some'), '$4\r\nSome\r\n', '=8\r\ntxt:Some\r\n'],
  ])('%s', (_, say, resp2, resp3) => {
    expect(written(false, say)).toBe(resp2);
    expect(written(true, say)).toBe(resp3);
  });

  const bytes = Buffer.from('abcd');

  test('an attribute', () => {
    expect(written(true, (r) => r.attribute(1))).toBe('|1\r\n');
  });

  test('integers of every length', () => {
    for (let digits = 1; digits <= 16; digits++) {
      for (const text of ['1'.padEnd(digits, '0'), '9'.repeat(digits)]) {
        const n = Number(text);
        if (n > Number.MAX_SAFE_INTEGER) continue;
        expect(written(false, (r) => r.int(n))).toBe(`:${text}\r\n`);
        expect(written(false, (r) => r.int(-n))).toBe(`:-${text}\r\n`);
        expect(written(false, (r) => r.bulkInt(n))).toBe(`$${digits}\r\n${text}\r\n`);
        expect(written(false, (r) => r.bulkInt(-n))).toBe(`$${digits + 1}\r\n-${text}\r\n`);
      }
    }
  });
});

describe('arrays whose length is not known at first', () => {
  test('their header stands in front of what they hold', () => {
    const say = (end: (r: Reply, mark: number) => void) => (r: Reply) => {
      r.status('before');
      const mark = r.beginArray();
      r.bulk('a');
      r.int(1);
      end(r, mark);
      r.status('behind');
    };
    const around = (header: string) => `+before\r\n${header}$1\r\na\r\n:1\r\n+behind\r\n`;
    const array = say((r, mark) => r.endArray(mark, 2));
    const set = say((r, mark) => r.endSet(mark, 2));
    const map = say((r, mark) => r.endMap(mark, 1));
    expect([array, set, map].map((each) => written(false, each))).toEqual(
      Array(3).fill(around('*2\r\n')),
    );
    expect(written(true, array)).toBe(around('*2\r\n'));
    expect(written(true, set)).toBe(around('~2\r\n'));
    expect(written(true, map)).toBe(around('%1\r\n'));
  });

  test('an empty one is nothing but its header', () => {
    expect(written(false, (r) => r.endArray(r.beginArray(), 0))).toBe('*0\r\n');
  });

  test('one may stand in another, and be larger than a buffer', () => {
    const piece = 'x'.repeat(10_000);
    const reply = written(false, (r) => {
      const outer = r.beginArray();
      r.bulk(piece);
      const inner = r.beginArray();
      for (let i = 0; i < 12; i++) r.bulk(piece);
      r.endArray(inner, 12);
      r.bulk(piece);
      r.endArray(outer, 3);
    });
    const bulk = `$10000\r\n${piece}\r\n`;
    expect(reply === `*3\r\n${bulk}*12\r\n${bulk.repeat(13)}`).toBe(true);
  });
});

describe('buffers', () => {
  test('large bytes are handed over, not copied', () => {
    const large = Buffer.alloc(50_000, 'x');
    const writer = new ReplyWriter(new BufferPool());
    writer.bulkBytes(large, 0, large.length);
    const chunks = writer.take();
    expect(chunks.some((chunk) => chunk.buffer === large.buffer)).toBe(true);
    expect(Buffer.concat(chunks).toString()).toBe(`$50000\r\n${large}\r\n`);
  });

  test('an idle writer holds none, and a busy one takes what another gave back', () => {
    const pool = new BufferPool();
    const writer = new ReplyWriter(pool);
    expect(writer.held).toBe(0);
    writer.ok();
    const [chunk] = writer.take();
    writer.release(true);
    expect(writer.held).toBe(0);
    const other = new ReplyWriter(pool);
    other.ok();
    expect(other.take()[0].buffer).toBe(chunk.buffer);
  });

  test('a buffer that is not sent yet is not used again', () => {
    const pool = new BufferPool();
    const writer = new ReplyWriter(pool);
    writer.bulk('first');
    const chunks = writer.take();
    writer.release(false);
    const other = new ReplyWriter(pool);
    other.bulk('second');
    expect(Buffer.concat(chunks).toString()).toBe('$5\r\nfirst\r\n');
  });
});

// A writer that could not be duller: one string.
class Model {
  text = '';

  insert(mark: number, header: string): void {
    this.text = this.text.slice(0, mark) + header + this.text.slice(mark);
  }
}

type Action =
  | { do: 'bulk' | 'bytes' | 'raw'; size: number }
  | { do: 'int' | 'end'; n: number }
  | { do: 'begin' | 'mark' | 'rewind' | 'take' };

// Sizes around those where a writer seals a chunk or hands bytes over.
const size = fc.oneof(
  { weight: 5, arbitrary: fc.nat(40) },
  { weight: 3, arbitrary: fc.constantFrom(5000, 16_000, 16_384, 32_767, 32_768, 40_000, 70_000) },
);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('bulk' as const, 'bytes' as const, 'raw' as const),
      size,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('int' as const), n: fc.maxSafeInteger() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), n: fc.nat(200) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'begin' as const,
        'begin' as const,
        'mark' as const,
        'rewind' as const,
        'take' as const,
      ),
    }),
  },
);

test.each([false, true])('any reply is what the dull writer makes of it (RESP3: %j)', (resp3) => {
  const pool = new BufferPool();
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const writer = new ReplyWriter(pool);
      writer.resp3 = resp3;
      play(actions, writer, new Model());
    }),
    { numRuns: 400 },
  );
});

function play(actions: readonly Action[], writer: ReplyWriter, model: Model): void {
  const open: number[] = []; // Marks of arrays begun, each checked to be a position.
  const marks: number[] = [];
  const compare = () => {
    const bytes = Buffer.concat(writer.take()).toString('latin1');
    writer.release(true);
    if (bytes !== model.text) throw new Error(`${bytes.length} bytes for ${model.text.length}`);
    model.text = '';
    open.length = 0;
    marks.length = 0;
  };
  for (const each of actions) {
    act(each, writer, model, open, marks);
    if (each.do === 'take') compare();
    expect(writer.size).toBe(model.text.length);
  }
  while (open.length > 0) endOne(writer, model, open, 3);
  compare();
}

function act(
  each: Action,
  writer: ReplyWriter,
  model: Model,
  open: number[],
  marks: number[],
): void {
  switch (each.do) {
    case 'bulk':
    case 'bytes': {
      const bytes = `${model.text.length}`.padEnd(each.size, 'x').slice(0, each.size);
      if (each.do === 'bulk') writer.bulk(bytes);
      else writer.bulkBytes(Buffer.from(`ab${bytes}cd`), 2, 2 + each.size);
      model.text += `$${each.size}\r\n${bytes}\r\n`;
      break;
    }
    case 'raw': {
      const bytes = `${model.text.length}`.padEnd(each.size, 'y').slice(0, each.size);
      writer.rawBytes(Buffer.from(bytes));
      model.text += bytes;
      break;
    }
    case 'int':
      writer.int(each.n);
      model.text += `:${each.n}\r\n`;
      break;
    case 'begin':
      expect(writer.beginArray()).toBe(model.text.length);
      open.push(model.text.length);
      break;
    case 'end':
      endOne(writer, model, open, each.n);
      break;
    case 'mark':
      expect(writer.mark()).toBe(model.text.length);
      marks.push(model.text.length);
      break;
    case 'rewind': {
      const mark = marks.pop();
      if (mark === undefined) break;
      while (open.length > 0 && open[open.length - 1] > mark) open.pop();
      writer.rewind(mark);
      model.text = model.text.slice(0, mark);
      break;
    }
  }
}

function endOne(writer: ReplyWriter, model: Model, open: number[], n: number): void {
  const mark = open.pop();
  if (mark === undefined) return;
  const before = model.text.length;
  const kind = n % 3;
  if (kind === 0) writer.endArray(mark, n);
  else if (kind === 1) writer.endSet(mark, n);
  else writer.endMap(mark, n);
  const resp2 = `*${kind === 2 ? n * 2 : n}\r\n`;
  const resp3 = `${'*~%'[kind]}${n}\r\n`;
  model.insert(mark, writer.resp3 ? resp3 : resp2);
  expect(writer.size - before).toBe(model.text.length - before);
}

describe('messages that many hear', () => {
  const message = Buffer.from('a message\r\n');

  test('one alone is handed over as it is, without a buffer', () => {
    const writer = new ReplyWriter(new BufferPool());
    writer.rawBytes(message);
    expect(writer.held).toBe(0);
    expect(writer.takeOne()).toBe(message);
    expect(writer.size).toBe(0);
  });

  test.each([2, 31, 32, 33, 34, 500])('%i small ones leave in one piece', (count) => {
    const pool = new BufferPool();
    const writer = new ReplyWriter(pool);
    for (let i = 0; i < count; i++) writer.rawBytes(message);
    const piece = writer.takeOne()!;
    expect(piece.toString()).toBe(message.toString().repeat(count));
    writer.release(true);
    expect(writer.held).toBe(0);
    writer.int(7);
    expect(writer.takeOne()!.toString()).toBe(':7\r\n');
  });

  test('a reply before and a reply behind keep their places', () => {
    const writer = new ReplyWriter(new BufferPool());
    writer.int(1);
    writer.rawBytes(message);
    writer.int(2);
    expect(writer.takeOne()!.toString()).toBe(':1\r\na message\r\n:2\r\n');
    writer.release(true);
    writer.rawBytes(message);
    const mark = writer.mark();
    writer.rawBytes(message);
    writer.int(2);
    writer.rewind(mark);
    expect(writer.takeOne()!.toString()).toBe('a message\r\n');
  });

  test('one that waits for many who do not read takes its room once', () => {
    const long = Buffer.alloc(10_000, 'x');
    const writer = new ReplyWriter(new BufferPool());
    for (let i = 0; i < 500; i++) writer.rawBytes(long);
    expect(writer.size).toBe(500 * long.length);
    expect(writer.held).toBe(0);
    const pieces = writer.take();
    expect(pieces.length).toBe(500);
    expect(pieces.every((piece) => piece === long)).toBe(true);
  });

  test('what is too much for one buffer leaves in pieces', () => {
    const writer = new ReplyWriter(new BufferPool());
    for (let i = 0; i < 3000; i++) writer.rawBytes(message);
    expect(writer.takeOne()).toBeNull();
    expect(Buffer.concat(writer.take()).toString()).toBe(message.toString().repeat(3000));
  });
});
