// Fields whose time has come, met by every command while nobody else removes them, beside real
// Redis: what it answers, announces and leaves.

import { describe, test } from 'vitest';
import { unordered } from '../fuzz/normalise.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import type { Reply } from '../wire.ts';
import { type Call, Duel } from './string-duel.ts';

const LONG = 'x'.repeat(65); // Makes a hash large.

/** What the key holds at first. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  'one field of one': ['f', '1'],
  'one field of one, in a large hash': ['f', LONG],
  'two fields of three': ['f', '1', 'g', '2', 'h', '3'],
  'two fields of three, in a large hash': ['f', '1', 'g', '2', 'h', LONG],
};

const COMMANDS = [
  ...['HLEN a', 'HGETALL a', 'HKEYS a', 'HVALS a', 'HSCAN a 0', 'HRANDFIELD a', 'HRANDFIELD a 5'],
  ...['HGET a f', 'HEXISTS a f', 'HSTRLEN a f', 'HMGET a f', 'HMGET a f g h', 'HMGET a h f'],
  ...[
    'HSET a f 5',
    'HSETNX a f 5',
    'HINCRBY a f 5',
    'HINCRBYFLOAT a f 5',
    'HDEL a f',
    'HDEL a f g',
  ],
  ...['HGETDEL a FIELDS 1 f', 'HGETDEL a FIELDS 3 f h g', 'HGETEX a FIELDS 1 f'],
  ...['HGETEX a PERSIST FIELDS 2 f h', 'HGETEX a EXAT 1 FIELDS 2 f h'],
  ...['HGETEX a EXAT 4000000000 FIELDS 3 f g h', 'HSETEX a FNX FIELDS 1 f 9'],
  ...['HSETEX a FXX FIELDS 1 f 9', 'HSETEX a KEEPTTL FIELDS 1 f 9'],
  ...['HSETEX a FNX EXAT 4000000000 FIELDS 2 f 9 g 8', 'HPERSIST a FIELDS 2 f h'],
  ...['HEXPIREAT a 4000000000 FIELDS 2 f h', 'HEXPIREAT a 4000000000 NX FIELDS 2 f h'],
  ...['HEXPIREAT a 4000000000 GT FIELDS 2 f h', 'HEXPIREAT a 1 FIELDS 2 f h'],
  ...['HTTL a FIELDS 2 f h', 'HEXPIRETIME a FIELDS 2 f h', 'COPY a b', 'RENAME a b', 'TYPE a'],
  ...['OBJECT ENCODING a', 'DEBUG DIGEST-VALUE a', 'EXISTS a', 'DEL a'],
];

const AFTERWARDS = [
  ...['HLEN a', 'HGETALL a', 'EXISTS a', 'HLEN b', 'HEXPIRETIME a FIELDS 3 f g h'],
  ...['OBJECT ENCODING a', 'DEBUG DIGEST-VALUE a'],
].map((line) => line.split(' '));

/** A large hash has an order of its own. */
function sameButForOrder(_: Call, ours: Reply, real: Reply): boolean {
  return ours.raw === real.raw || unordered(ours, real);
}

const here = (await realRedis('8.0.2')) !== null;
if (!here)
  process.stderr.write(`\n*** NOT COMPARED WITH REDIS 8.0.2: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!here)('a field whose time has come', () => {
  for (const [name, pairs] of Object.entries(STATES)) {
    test(`is met as real Redis meets it: ${name}`, { timeout: 60_000 }, async () => {
      const duel = await Duel.open(false);
      const begin: Call[] = [
        ['HSET', 'a', ...pairs],
        ['HPEXPIRE', 'a', '1', 'FIELDS', '2', 'f', 'g'],
        ['DEBUG', 'SLEEP', '0.003'],
      ];
      try {
        for (const line of COMMANDS) {
          const call = line.split(' ');
          if (call[0] === 'HRANDFIELD' && pairs.length > 2 && call.length === 2) continue;
          await duel.play([...begin, call], sameButForOrder);
          await duel.play([...begin, call, ...AFTERWARDS], sameButForOrder);
        }
      } finally {
        await duel.close();
      }
    });
  }
});
