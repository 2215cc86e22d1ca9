// Keys of all types and encodings, as the calls that make them: the same calls give two servers the
// same data, down to how it is encoded.

import fc from 'fast-check';

export type Call = string[];

/** The calls that make what is at KEY; the configuration that they ran under is a part of them. */
export type Making = Call[];

export const KEY = 'k';
export const FAR_MS = 4_000_000_000_000; // The year 2096.

const INTEGERS = ['0', '-1', '127', '128', '-129', '32767', '-32769', '8388607', '2147483648'];
const WIDE = ['9223372036854775807', '-9223372036854775808', '9007199254740993', '123456789012'];

const integer = fc.oneof(
  fc.constantFrom(...INTEGERS, ...WIDE),
  fc.integer().map(String),
  fc.integer({ min: -200, max: 200 }).map(String),
);
const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((codes) => Buffer.from(codes).toString('latin1'));
const repeated = (most: number) =>
  fc.tuple(bytes(9), fc.nat(most)).map(([text, count]) => text.repeat(count));
const short = fc.oneof(integer, bytes(20), fc.constantFrom('', 'a', '007', '-0', '+1', ' 1'));
const element = fc.oneof(
  { weight: 6, arbitrary: short },
  { weight: 2, arbitrary: repeated(8) },
  { weight: 1, arbitrary: repeated(600) },
  { weight: 1, arbitrary: fc.tuple(bytes(3), fc.nat(20_000)).map(([a, n]) => a + 'x'.repeat(n)) },
);

const string: fc.Arbitrary<Making> = fc.oneof(
  element.map((value) => [['SET', KEY, value]]),
  fc.tuple(element, short).map(([a, b]) => [
    ['SET', KEY, a],
    ['APPEND', KEY, b],
  ]),
  fc
    .tuple(fc.nat(70_000), short)
    .map(([at, value]) => [['SETRANGE', KEY, String(at), `${value}.`]]),
  fc.nat(5000).map((bit) => [['SETBIT', KEY, String(bit), '1']]),
);

const config = (name: string, ...values: string[]) =>
  fc.constantFrom(...values).map((value) => ['CONFIG', 'SET', name, value]);

const list: fc.Arbitrary<Making> = fc
  .tuple(
    config('list-max-listpack-size', '-2', '-2', '-1', '-5', '1', '3', '100'),
    config('list-compress-depth', '0', '0', '1', '2'),
    fc.array(element, { minLength: 1, maxLength: 60 }),
    fc.array(element, { maxLength: 10 }),
    fc.array(fc.nat(50), { maxLength: 5 }),
  )
  .map(([size, depth, tail, head, inside]) => [
    size,
    depth,
    ['RPUSH', KEY, ...tail],
    ...(head.length > 0 ? [['LPUSH', KEY, ...head]] : []),
    ...inside.map((i) => ['LINSERT', KEY, 'BEFORE', tail[i % tail.length], `in${i}`]),
    ...inside.map((i) => ['LSET', KEY, String(i % tail.length), 'set']),
  ]);

const set: fc.Arbitrary<Making> = fc.oneof(
  fc
    .tuple(fc.array(integer, { minLength: 1, maxLength: 100 }), fc.array(integer, { maxLength: 9 }))
    .map(([members, gone]) => [
      ['SADD', KEY, ...members, '5'],
      ...(gone.length > 0 ? [['SREM', KEY, ...gone.filter((each) => each !== '5'), '6']] : []),
    ]),
  fc.array(short, { minLength: 1, maxLength: 100 }).map((members) => [['SADD', KEY, ...members]]),
  fc
    .tuple(
      config('set-max-listpack-entries', '128', '3'),
      config('set-max-intset-entries', '512', '2', '0'),
      fc.array(element, { minLength: 1, maxLength: 200 }),
    )
    .map(([packs, intsets, members]) => [packs, intsets, ['SADD', KEY, ...members]]),
);

const score = fc.oneof(
  fc.constantFrom('0', '-0', 'inf', '-inf', '1.5', '0.1', '1e300', '4.9e-324', '3e20', '1e17'),
  integer,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

const sortedSet: fc.Arbitrary<Making> = fc
  .tuple(
    config('zset-max-listpack-entries', '128', '3', '0'),
    fc.array(fc.tuple(score, element), { minLength: 1, maxLength: 80 }),
  )
  .map(([size, pairs]) => [size, ['ZADD', KEY, ...pairs.flat()]]);

const field = fc.oneof(fc.nat(40).map(String), short);

const hash: fc.Arbitrary<Making> = fc
  .tuple(
    config('hash-max-listpack-entries', '128', '3', '0'),
    fc.array(fc.tuple(field, element), { minLength: 1, maxLength: 40 }),
    fc.array(fc.tuple(fc.nat(40), fc.nat(3)), { maxLength: 6 }),
    fc.array(fc.nat(40), { maxLength: 2 }),
  )
  .map(([size, pairs, timed, untimed]) => [
    size,
    ['HSET', KEY, ...pairs.flat()],
    ...timed.map(([i, time]) => [
      ...['HPEXPIREAT', KEY, String(FAR_MS + time * 1000), 'FIELDS', '1'],
      pairs[i % pairs.length][0],
    ]),
    ...untimed.map((i) => ['HPERSIST', KEY, 'FIELDS', '1', pairs[i % pairs.length][0]]),
  ]);

const id = fc.tuple(fc.nat(6), fc.nat(3)).map(([ms, seq]) => `${ms * 1000 + 1}-${seq}`);
const entryFields = fc.constantFrom(['f'], ['f', 'g'], ['7', 'f', ''], ['other']);

export const stream: fc.Arbitrary<Making> = fc
  .tuple(
    config('stream-node-max-entries', '100', '3', '1'),
    fc.array(fc.tuple(fc.nat(900), entryFields, element), { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(40), { maxLength: 6 }),
    fc.array(fc.tuple(short, id, fc.array(short, { maxLength: 3 })), { maxLength: 3 }),
    fc.array(id, { maxLength: 3 }),
  )
  .map(([entries, added, deleted, groups, acknowledged]) => {
    let ms = 0;
    const ids: string[] = [];
    const calls: Call[] = [entries];
    for (const [gap, fields, value] of added) {
      ms += gap;
      ids.push(gap === 0 ? `${ms}-${ids.length + 1}` : `${ms}-0`);
      calls.push(['XADD', KEY, ids[ids.length - 1], ...fields.flatMap((name) => [name, value])]);
    }
    for (const [i, [text, from, consumers]] of groups.entries()) {
      const name = `${text} ${i}`;
      calls.push(['XGROUP', 'CREATE', KEY, name, from]);
      for (const consumer of consumers) {
        const group = ['XREADGROUP', 'GROUP', name, consumer, 'COUNT', '3'];
        calls.push([...group, 'STREAMS', KEY, '>']);
      }
      calls.push(...acknowledged.map((each) => ['XACK', KEY, name, each]));
    }
    calls.push(...deleted.map((i) => ['XDEL', KEY, ids[i % ids.length]]));
    return calls;
  });

/** Settings as they are before any making. */
export const DEFAULTS: Call[] = [
  ['CONFIG', 'SET', 'list-max-listpack-size', '-2'],
  ['CONFIG', 'SET', 'list-compress-depth', '0'],
  ['CONFIG', 'SET', 'set-max-listpack-entries', '128'],
  ['CONFIG', 'SET', 'set-max-intset-entries', '512'],
  ['CONFIG', 'SET', 'zset-max-listpack-entries', '128'],
  ['CONFIG', 'SET', 'hash-max-listpack-entries', '128'],
  ['CONFIG', 'SET', 'stream-node-max-entries', '100'],
  ['CONFIG', 'SET', 'rdbcompression', 'yes'],
];

/** A key of any type. */
export const making: fc.Arbitrary<Making> = fc
  .tuple(
    config('rdbcompression', 'yes', 'yes', 'yes', 'no'),
    fc.oneof(string, list, set, sortedSet, hash, stream),
  )
  .map(([compression, calls]) => [compression, ...calls]);

/**
 * The same call for a key of this name. Without scores of -0: a sorted set that was large by
 * configuration when it was saved may be small when it was loaded, and then knows none. Redis's
 * neither.
 */
const renamed = (call: Call, name: string): Call =>
  call.map((word, i) => {
    if ((i === 1 || call[0][0] === 'X') && word === KEY) return name;
    return word === '-0' && call[0] === 'ZADD' ? '0' : word;
  });

/** Calls that make many keys of all types in several databases, some of which expire. */
export function manyKeys(seed: number, count: number): Call[] {
  const calls: Call[] = [];
  fc.sample(making, { numRuns: count, seed }).forEach((made, i) => {
    const name = i % 3 === 0 ? `key:${i}` : String(i * 1000);
    calls.push(...DEFAULTS, ['SELECT', String(i % 4 === 0 ? 9 : 0)]);
    calls.push(...made.map((call) => renamed(call, name)));
    if (i % 5 === 0) calls.push(['PEXPIREAT', name, String(FAR_MS + i)]);
  });
  return [...calls, ...DEFAULTS, ['SELECT', '0']];
}
