// Clients that wait for keys, by chance, beside real Redis 8.0.2: who is served, with what, in which
// step. WAIT_STEPS=20000 takes more of them, WAIT_SEED=7 others.
//
// Without SWAPDB: of the keys that it brings at once, Redis serves first whichever comes first in
// a hash table with a seed of its own.

import { describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import type { Chance } from '../protocol/real.ts';
import { type Call, playParty } from './party.ts';

const STEPS = Number(process.env['WAIT_STEPS'] ?? 1500);
const SEED = Number(process.env['WAIT_SEED'] ?? 1);

const KEYS = ['a', 'a', 'b', 'c'];

function change(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  const end = () => chance.one(['LEFT', 'RIGHT']);
  switch (chance.below(14)) {
    case 0:
    case 1:
    case 2:
      return [chance.one(['LPUSH', 'RPUSH']), key(), ...['1', '2', '3'].slice(chance.below(3))];
    case 3:
      return ['ZADD', key(), '1', 'x', '2', 'y'];
    case 4:
      return ['DEL', key(), key()];
    case 5:
      return ['SET', key(), 'v'];
    case 6:
      return ['RENAME', key(), key()];
    case 7:
      return ['COPY', key(), key(), ...(chance.below(2) === 0 ? ['REPLACE'] : [])];
    case 8:
      return ['MOVE', key(), chance.one(['0', '1'])];
    case 9:
      return ['LTRIM', key(), '1', '-1'];
    case 10:
      return ['LMOVE', key(), key(), end(), end()];
    case 11:
      return ['PEXPIREAT', key(), chance.one(['1', '99999999999999'])];
    case 12:
      return ['SELECT', chance.one(['0', '0', '1'])];
    default:
      return ['LREM', key(), '0', '2'];
  }
}

function wait(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  const end = () => chance.one(['LEFT', 'RIGHT']);
  switch (chance.below(7)) {
    case 0:
      return ['BLPOP', key(), '0'];
    case 1:
      return ['BRPOP', key(), key(), '0'];
    case 2:
      return ['BLMOVE', key(), key(), end(), end(), '0'];
    case 3:
      return ['BRPOPLPUSH', key(), key(), '0'];
    case 4:
      return ['BLMPOP', '0', '2', key(), key(), end(), 'COUNT', chance.one(['1', '2'])];
    case 5:
      return ['BZPOPMIN', key(), key(), '0'];
    default:
      return ['BZMPOP', '0', '1', key(), 'MAX'];
  }
}

/** What one client sends in one go: a command, several behind each other, or a transaction. */
function draw(chance: Chance): Call[] {
  const some = () => Array.from({ length: 1 + chance.below(4) }, () => change(chance));
  switch (chance.below(6)) {
    case 0:
      return [['MULTI'], ...some().filter(([name]) => name !== 'SELECT'), wait(chance), ['EXEC']];
    case 1:
    case 2:
      return [wait(chance)];
    case 3:
      return [wait(chance), ...some()];
    default:
      return some();
  }
}

const here = (await realRedis('8.0.2')) !== null;
if (!here) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!here)('beside real Redis 8.0.2', () => {
  test(`in ${STEPS} steps the same clients are served (seed ${SEED})`, async () => {
    await playParty(STEPS, SEED, draw);
  });
});
