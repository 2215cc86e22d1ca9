// Streams beside a dull model: an array of entries.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEntry, entryAfter, FIRST_ENTRY } from '../../datatypes/listpack.ts';
import { Stream } from '../../datatypes/stream.ts';
import { makeId, MAX_ID, MIN_ID, printId, wideId } from '../../datatypes/stream-id.ts';

type Entry = { id: string; words: string[] };

const DEFAULTS = [4096, 100] as const;

function entries(stream: Stream, from = MIN_ID, to = MAX_ID, reverse = false): Entry[] {
  const all: Entry[] = [];
  const cursor = stream.cursor(from, to, reverse);
  while (cursor.advance()) all.push({ id: cursor.id, words: cursor.words() });
  return all;
}

/** What a cursor tells a reply, as values. */
function emitted(stream: Stream, reverse: boolean): unknown[] {
  const root: unknown[] = [];
  const open: { into: unknown[]; left: number }[] = [{ into: root, left: Number.MAX_VALUE }];
  const add = (value: unknown): void => {
    while (open[0].left === 0) open.shift();
    open[0].left--;
    open[0].into.push(value);
  };
  const sink = {
    array(length: number) {
      const into: unknown[] = [];
      add(into);
      open.unshift({ into, left: length });
    },
    bulk: (bytes: string) => add(bytes),
    bulkInt: (n: number) => add(String(n)),
    bulks: (spelt: Buffer, start: number, end: number) =>
      add(spelt.latin1Slice(start, end).split('\r\n')[1]),
    bulkBytes: (bytes: Buffer, start: number, end: number) => add(bytes.latin1Slice(start, end)),
  };
  const cursor = stream.cursor(MIN_ID, MAX_ID, reverse);
  while (cursor.advance()) cursor.emit(sink);
  return root;
}

const word = fc.oneof(
  fc.constantFrom('', 'f', 'g', '0', '12', '-1', '4095', '70000', '-9223372036854775808', '007'),
  fc.integer().map(String),
  fc.integer({ min: 0, max: 300 }).map((n) => 'x'.repeat(n)),
);
const fields = fc.constantFrom<string[]>(['f'], ['f', 'g'], ['7', 'f', '']);
const step = fc.constantFrom(0n, 1n, 2n, 1000n, 2n ** 31n, 2n ** 40n, 2n ** 53n, 2n ** 60n);
const share = fc.double({ min: 0, max: 1, noNaN: true });

type Act =
  | { readonly do: 'append'; ms: bigint; seq: bigint; fields: string[]; value: string }
  | { readonly do: 'delete' | 'trimById' | 'trimByLength' | 'range'; at: number; to: number }
  | { readonly do: 'copy' };

const append = fc.record({
  do: fc.constant('append' as const),
  ms: step,
  seq: step,
  fields,
  value: word,
});
const other = fc.record({
  do: fc.constantFrom(
    'delete' as const,
    'trimById' as const,
    'trimByLength' as const,
    'range' as const,
  ),
  at: share,
  to: share,
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: append },
  { weight: 4, arbitrary: other },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('copy' as const) }) },
);

class Model {
  entries: Entry[] = [];
  last = { ms: 0n, seq: 0n };

  /** An ID, deleted or not, that is in the middle of the others. */
  idAt(share: number): string {
    if (this.entries.length === 0) return makeId(3, 3);
    return this.entries[Math.min(this.entries.length - 1, Math.floor(share * this.entries.length))]
      .id;
  }
}

function run(stream: Stream, model: Model, acts: Act[], limits: readonly [number, number]): void {
  for (const one of acts) {
    switch (one.do) {
      case 'append': {
        const { last } = model;
        const ms = last.ms + one.ms;
        const seq = one.ms === 0n ? last.seq + one.seq + 1n : one.seq;
        if (ms >= 2n ** 64n || seq >= 2n ** 64n) break;
        model.last = { ms, seq };
        const id = wideId(ms, seq);
        const words = one.fields.flatMap((field, i) => [field, i === 0 ? one.value : String(i)]);
        expect(stream.append(id, ['XADD', ...words], 1, ...limits)).toBe(true);
        model.entries.push({ id, words });
        expect(stream.lastId).toBe(id);
        break;
      }
      case 'delete': {
        const id = one.to < 0.1 ? makeId(2 ** 40, 77) : model.idAt(one.at);
        const before = model.entries.length;
        model.entries = model.entries.filter((entry) => entry.id !== id);
        expect(stream.has(id)).toBe(model.entries.length < before);
        expect(stream.delete(id)).toBe(model.entries.length < before);
        expect(stream.has(id)).toBe(false);
        break;
      }
      case 'trimById': {
        const minId = model.idAt(one.at / 4);
        const before = model.entries.length;
        model.entries = model.entries.filter((entry) => entry.id >= minId);
        const how = { maxLength: -1, minId, approximate: false, limit: 0 };
        expect(stream.trim(how)).toBe(before - model.entries.length);
        break;
      }
      case 'trimByLength': {
        const maxLength = Math.floor(model.entries.length * (1 - one.at / 4));
        const before = model.entries.length;
        model.entries = model.entries.slice(before - maxLength);
        const how = { maxLength, minId: MIN_ID, approximate: false, limit: 0 };
        expect(stream.trim(how)).toBe(before - maxLength);
        break;
      }
      case 'range': {
        const [from, to] = [model.idAt(one.at), model.idAt(one.to)];
        const within = model.entries.filter(({ id }) => id >= from && id <= to);
        expect(entries(stream, from, to)).toEqual(within);
        expect(entries(stream, from, to, true)).toEqual(within.toReversed());
        break;
      }
      case 'copy':
        stream = stream.copy();
    }
    stream.check();
    expect(stream.size).toBe(model.entries.length);
    expect(stream.firstId).toBe(model.entries[0]?.id ?? MIN_ID);
    expect(stream.topId).toBe(model.entries.at(-1)?.id ?? MIN_ID);
  }
  expect(entries(stream)).toEqual(model.entries);
  expect(entries(stream, MIN_ID, MAX_ID, true)).toEqual(model.entries.toReversed());
  const told = model.entries.map(({ id, words }) => [printId(id), words]);
  expect(emitted(stream, false)).toEqual(told);
  expect(emitted(stream, true)).toEqual(told.toReversed());
}

describe('a stream holds what a plain array would', () => {
  for (const limits of [DEFAULTS, [0, 3], [100, 0]] as const) {
    test(`with nodes of ${limits[0]} bytes and ${limits[1]} entries`, () => {
      fc.assert(
        fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
          run(new Stream(), new Model(), acts, limits);
        }),
      );
    });
  }
});

function filled(count: number, entriesInNode = 10): Stream {
  const stream = new Stream();
  for (let i = 1; i <= count; i++) {
    stream.append(makeId(i, 0), ['f', String(i)], 0, 0, entriesInNode);
  }
  return stream;
}

test('a node is laid out as Redis has it', () => {
  const stream = new Stream();
  stream.append(makeId(10, 1), ['name', 'ada', 'year', '1815'], 0, ...DEFAULTS);
  stream.append(makeId(12, 0), ['name', 'alan', 'year', '1912'], 0, ...DEFAULTS);
  stream.append(makeId(12, 5), ['born', 'London'], 0, ...DEFAULTS);
  stream.delete(makeId(12, 0));
  const { pack, bytes } = stream.nodeAt(0)!;
  const elements: string[] = [];
  for (let at = FIRST_ENTRY; at < bytes - 1; at = entryAfter(pack, at)) {
    elements.push(readEntry(pack, at));
  }
  expect(elements.join(' ')).toBe(
    '2 1 2 name year 0 ' + '2 0 0 ada 1815 5 ' + '3 2 -1 alan 1912 5 ' + '0 2 4 1 born London 6',
  );
  expect(pack.readUInt32LE(0)).toBe(bytes);
  expect(pack.readUInt16LE(4)).toBe(elements.length);
});

test('counts that need more bytes move what is behind them', () => {
  const stream = filled(300, 0);
  expect(stream.nodeCount).toBe(1);
  stream.check();
  for (let i = 1; i <= 200; i++) stream.delete(makeId(i, 0));
  stream.check();
  expect(entries(stream).map(({ words }) => words[1])[0]).toBe('201');
});

test('an approximate trim takes whole nodes, and no more entries than it may', () => {
  const how = { maxLength: 25, minId: MIN_ID, approximate: true, limit: 0 };
  expect(filled(100).trim(how)).toBe(70);
  expect(filled(100).trim({ ...how, limit: 30 })).toBe(30);
  expect(filled(100).trim({ ...how, limit: 39 })).toBe(30);
  expect(filled(100).trim({ ...how, limit: 9 })).toBe(0);
  expect(filled(100).trim({ ...how, maxLength: -1, minId: makeId(31, 0) })).toBe(30);
  expect(filled(100).trim({ ...how, maxLength: -1, minId: makeId(40, 0) })).toBe(30);
  expect(filled(100).trim({ ...how, approximate: false })).toBe(75);
});

test('a node that was filled up keeps little room', () => {
  const stream = filled(1000, 100);
  for (let i = 0; i < 9; i++) {
    const { pack, bytes } = stream.nodeAt(i)!;
    expect(pack.length - bytes).toBeLessThanOrEqual(bytes / 16);
  }
});

test('a queue that is trimmed as it grows holds on to nothing', () => {
  const stream = new Stream();
  const how = { maxLength: 50, minId: MIN_ID, approximate: false, limit: 0 };
  for (let i = 1; i <= 5000; i++) {
    stream.append(makeId(i, 0), ['f', String(i)], 0, 0, 10);
    stream.trim(how);
  }
  stream.check();
  expect(stream.nodeCount).toBeLessThanOrEqual(6);
  expect(stream.memory).toBeLessThan(10_000);
});

test('what a stream remembers outlives its entries', () => {
  const stream = filled(3);
  for (let i = 1; i <= 3; i++) stream.delete(makeId(i, 0));
  expect(stream.size).toBe(0);
  expect(stream.nodeCount).toBe(0);
  expect(printId(stream.lastId)).toBe('3-0');
  expect(printId(stream.maxDeletedId)).toBe('3-0');
  expect(stream.entriesAdded).toBe(3);
  expect(stream.firstId).toBe(MIN_ID);
});

test('the count of all entries stays exact beyond what a number holds', () => {
  const stream = new Stream();
  stream.entriesAdded = Number.MAX_SAFE_INTEGER;
  for (let i = 1; i <= 3; i++) stream.append(makeId(i, 0), ['f', 'v'], 0, ...DEFAULTS);
  expect(stream.entriesAdded).toBe(2n ** 53n + 2n);
});
