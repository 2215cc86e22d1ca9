// A snapshot is played against commands that change the data set while it is walked: it has to be
// the data set of its first moment, each key once.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Snapshot } from '../../server/snapshot.ts';
import { dump } from '../../persistence/dump.ts';
import { Config } from '../../server/config/config.ts';
import { MemoryConnection } from '../../server/memory-link.ts';
import { Server } from '../../server/server.ts';
import { encode } from '../wire.ts';

type Kept = Map<string, string>;

function keep(into: Kept, db: number, key: string, bytes: Buffer, whenMs: number | bigint): void {
  expect(into.has(`${db} ${key}`)).toBe(false);
  into.set(`${db} ${key}`, `${bytes.toString('hex')} ${whenMs}`);
}

function everything(server: Server): Kept {
  const kept: Kept = new Map();
  for (const db of server.databases) {
    const { id, dict } = db;
    for (let i = 0; i < dict.size; i++) {
      keep(kept, id, dict.keyAt(i), dump(dict.valueAt(i), true), db.exactExpiryAt(i));
    }
  }
  return kept;
}

const key = fc.constantFrom('s', 'l', 'h', 'z', 'p', 'x', 'other');
const word = fc.constantFrom('1', '2', 'v', 'w', '10000000000');
const onItsOwnKey = fc.constantFrom(
  ['PFADD', 'p', '1'],
  ['PFCOUNT', 'p'],
  ['XADD', 'x', '*', 'f', 'v'],
  ['XGROUP', 'CREATE', 'x', 'g', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', 'x', '>'],
  ['XAUTOCLAIM', 'x', 'g', 'd', '0', '0'],
  ['HSET', 'h', 'v', '1', 'w', '2'],
  ['HPEXPIRE', 'h', '5', 'FIELDS', '1', 'v'],
  ['HGETALL', 'h'],
);
const onEverything = fc.constantFrom(
  ['FLUSHDB'],
  ['FLUSHALL'],
  ['SWAPDB', '0', '1'],
  ['SELECT', '1'],
  ['SELECT', '0'],
);
const command: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.tuple(fc.constantFrom('SET', 'APPEND', 'INCRBY', 'GETSET'), key, word),
  fc.tuple(fc.constantFrom('DEL', 'UNLINK', 'PERSIST'), key),
  fc.tuple(fc.constantFrom('SETBIT', 'SETRANGE'), fc.constant('s'), word, word),
  fc.tuple(fc.constantFrom('LPUSH', 'RPUSH', 'LPOP', 'LREM'), fc.constant('l'), word),
  fc.tuple(fc.constantFrom('PFADD'), fc.constant('p'), word),
  fc.tuple(fc.constantFrom('HSET', 'HINCRBY'), fc.constant('h'), word, word),
  fc.tuple(fc.constantFrom('ZADD', 'ZINCRBY'), fc.constant('z'), word, word),
  fc.tuple(fc.constant('XADD'), fc.constant('x'), fc.constant('*'), word, word),
  { weight: 12, arbitrary: onItsOwnKey },
  { weight: 2, arbitrary: onEverything },
  fc.tuple(fc.constantFrom('RENAME', 'COPY', 'RENAMENX'), key, key),
  fc.tuple(fc.constant('MOVE'), key, fc.constantFrom('0', '1')),
  fc.tuple(fc.constantFrom('PEXPIRE', 'EXPIRE'), key, fc.constantFrom('1', '100', '-1')),
);
const step = fc.oneof(
  { weight: 6, arbitrary: command },
  { weight: 2, arbitrary: fc.constant('walk' as const) },
  { weight: 1, arbitrary: fc.constant('later' as const) },
);

test('a snapshot is the data set of its moment, whatever commands do meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 40 }),
      fc.array(step, { maxLength: 40 }),
      async (before, during) => {
        const server = new Server(new Config(), { seed: 1 });
        server.clock.freeze();
        const connection = new MemoryConnection(server);
        const ask = (argv: readonly string[]) =>
          connection.write(Buffer.from(encode(argv), 'latin1'));
        try {
          for (const argv of before) ask(argv);
          const expected = everything(server);
          const found: Kept = new Map();
          const snapshot = new Snapshot(server, (db, name, value, whenMs) => {
            keep(found, db, name, dump(value, true), whenMs);
          });
          expect(snapshot.total).toBe(expected.size);
          for (const each of during) {
            if (each === 'walk') snapshot.step();
            else if (each === 'later') await server.clock.advance(10);
            else ask(each);
          }
          while (snapshot.step());
          expect(found).toEqual(expected);
          expect(snapshot.saved).toBe(snapshot.total);
          expect(server.databases.every((db) => db.past === null)).toBe(true);
        } finally {
          server.close();
        }
      },
    ),
    { numRuns: 500 },
  );
});
