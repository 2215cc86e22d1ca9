// Kinds of data, one for each type in each encoding, for memory-program.ts.

/** Commands that fill a server with one kind of data: number n of so many. */
export type Shape = { readonly count: number; readonly command: (n: number) => string[] };

const digits = (n: number, length = 16): string => String(n).padStart(length, 'x');

export function each(count: number, command: (n: number) => string[]): Shape {
  return { count, command };
}

/** So many values of `size` elements each, which `element` makes. */
function values(count: number, size: number, name: string, element: (n: number) => string[]) {
  return each(count, (n) => {
    const argv = [name, `key:${digits(n, 8)}`];
    for (let i = 0; i < size; i++) argv.push(...element(n * size + i));
    return argv;
  });
}

/** One value of so many elements. */
function one(count: number, command: (n: number) => string[]): Shape {
  return each(count, command);
}

export const SHAPES: Readonly<Record<string, Shape>> = {
  'small integers': each(100_000, (n) => ['SET', `key:${n}`, String(n % 1000)]),
  'large integers': each(100_000, (n) => ['SET', `key:${n}`, String(2 ** 40 + n)]),
  'strings of 16 bytes': each(100_000, (n) => ['SET', `key:${n}`, digits(n)]),
  'strings of 1000 bytes': each(20_000, (n) => ['SET', `key:${n}`, digits(n, 1000)]),
  'strings of 50000 bytes': each(500, (n) => ['SET', `key:${n}`, digits(n, 50_000)]),
  'strings that grew': each(40_000, (n) => ['APPEND', `key:${n % 500}`, digits(n, 100)]),
  'keys that expire': each(100_000, (n) => ['SET', `key:${n}`, digits(n), 'EX', `${1000 + n}`]),
  'sparse counters': each(20_000, (n) => ['PFADD', `key:${n % 5000}`, digits(n)]),
  'hashes of 5 fields': values(20_000, 5, 'HSET', (n) => [`f${n}`, digits(n)]),
  'hashes of 100 fields': values(1000, 100, 'HSET', (n) => [`f${n}`, digits(n)]),
  'large hashes of 1000 fields': values(200, 1000, 'HSET', (n) => [`f${n}`, digits(n)]),
  'one hash of many fields': one(100_000, (n) => ['HSET', 'hash', `f${n}`, digits(n)]),
  'fields that expire': each(40_000, (n) => {
    const key = `key:${n % 2000}`;
    return ['HSETEX', key, 'EX', String(1000 + n), 'FIELDS', '1', `f${n}`, digits(n)];
  }),
  'sets of 10 integers': values(20_000, 10, 'SADD', (n) => [String(n)]),
  'sets of 300 integers': values(1000, 300, 'SADD', (n) => [String(n)]),
  'sets of 20 members': values(10_000, 20, 'SADD', (n) => [digits(n)]),
  'one set of many members': one(200_000, (n) => ['SADD', 'set', digits(n)]),
  'sorted sets of 10 members': values(20_000, 10, 'ZADD', (n) => [String(n), digits(n)]),
  'sorted sets of 100 members': values(2000, 100, 'ZADD', (n) => [`${n}.5`, digits(n)]),
  'one sorted set of many members': one(100_000, (n) => ['ZADD', 'zset', `${n}.5`, digits(n)]),
  'lists of 5 elements': values(20_000, 5, 'RPUSH', (n) => [digits(n)]),
  'lists of 100 elements': values(2000, 100, 'RPUSH', (n) => [digits(n)]),
  'one list of many elements': one(300_000, (n) => ['RPUSH', 'list', digits(n)]),
  'one list of numbers': one(300_000, (n) => ['LPUSH', 'list', String(n)]),
  'one list of long elements': one(3000, (n) => ['RPUSH', 'list', digits(n, 9000)]),
  'streams of 10 entries': each(20_000, (n) => ['XADD', `key:${n % 2000}`, '*', 'f', digits(n)]),
  'one stream of many entries': one(200_000, (n) => ['XADD', 'stream', '*', 'f', digits(n)]),
  'entries that are pending': each(40_000, (n) => {
    if (n % 2 === 0) return ['XADD', 'stream', 'MAXLEN', '1', `${n + 1}-0`, 'f', 'v'];
    return n === 1
      ? ['XGROUP', 'CREATE', 'stream', 'group', '0']
      : ['XREADGROUP', 'GROUP', 'group', `c${n % 20}`, 'STREAMS', 'stream', '>'];
  }),
};
