// Where calls drawn from the table go, beside real Redis: every command that has keys, over keys of
// slots that are served here, by others, by nobody, that move away and that move here.

import { describe, expect, test } from 'vitest';
import { type Arg, BLOCKING, type CommandSpec, PUBSUB } from '../../protocol/command-spec.ts';
import { commandTable } from '../../protocol/command-table.ts';
import { likely, sample } from '../../protocol/derive.ts';
import { realRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import type { Reply } from '../wire.ts';
import { ME, nodeLine, OTHER, type Pair, THIRD, withPair } from './cluster-pair.ts';

const there = (await realRedis('8.0.2')) !== null;
const CASES = Number(process.env.CLUSTER_CASES ?? 1500);
const SEED = Number(process.env.CLUSTER_SEED ?? 8002);

// hello is of slot 866, foo of 12182, bar of 5061, b of 3300, a of 15495.
const KEYS = ['hello', '{hello}1', '{hello}2', 'foo', '{foo}1', 'bar', 'b', '{b}1', 'a', ''];
const NODES =
  nodeLine(ME, 7001, 'myself,master', '0-5460') +
  nodeLine(OTHER, 7002, 'master', '5461-10922') +
  nodeLine(THIRD, 7003, 'master', '10923-15000') +
  'vars currentEpoch 3 lastVoteEpoch 0\n';

// MIGRATE wants a target; what joins channels is told so later.
const LEFT = new Set(['migrate', 'ssubscribe', 'sunsubscribe']);
const commands = [...commandTable.values()].filter((spec) => {
  const { flags, keys, name } = spec;
  return keys.length > 0 && !(flags & BLOCKING) && !LEFT.has(name) && !/expire|setex/.test(name);
});

async function prepare(pair: Pair, moves = true): Promise<void> {
  const lines = ['CLUSTER SETSLOT 866 STABLE', 'CLUSTER SETSLOT 12182 STABLE', 'FLUSHALL'];
  lines.push('SET hello 1', 'SET {hello}1 1', 'SET b 1', 'READWRITE');
  const opened = [
    ...[`CLUSTER SETSLOT 866 MIGRATING ${OTHER}`, `CLUSTER SETSLOT 12182 IMPORTING ${THIRD}`],
    ...['ASKING', 'SET foo 1'],
  ];
  for (const line of [...lines, ...(moves ? opened : [])]) await pair(line);
}

/** What a reply says of where a request belongs. */
function direction({ text, isError, items }: Reply): string {
  const inner = items.find((item) => item.isError);
  const said = isError ? text : (inner?.text ?? '');
  if (/^(MOVED|ASK|CROSSSLOT|TRYAGAIN|CLUSTERDOWN|EXECABORT)\b/.test(said)) return said;
  return /non local|same slot|rehashing|not served|is down/.test(said) ? said : 'here';
}

function drawn(chance: Chance, spec: CommandSpec): string[] {
  const random = () => chance.next();
  const value = likely(random);
  const pick = (arg: Arg, of: CommandSpec) =>
    arg.type === 'key' || arg.name.includes('channel') ? chance.one(KEYS) : value(arg, of);
  const argv = sample(spec, random, pick);
  // Nobody is to wait, and no key goes by itself.
  return argv.map((word) => (/^(block|p?ex(at)?)$/i.test(word) ? 'COUNT' : word));
}

describe.skipIf(!there)('where requests go', () => {
  test(`${CASES} calls go where real Redis sends them (seed ${SEED})`, async () => {
    const chance = new Chance(SEED);
    await withPair(NODES, { 'cluster-require-full-coverage': 'no' }, async (pair) => {
      let moved = 0;
      for (let i = 0; i < CASES; i++) {
        if (i % 25 === 0) await prepare(pair);
        const argv = drawn(chance, chance.one(commands));
        const way = chance.below(6);
        const before = [['PING'], ['ASKING'], ['READONLY'], ['MULTI']][way] ?? ['PING'];
        await pair(before);
        let told = 'here';
        await pair.apart(argv, (reply) => {
          told = direction(reply);
          return told;
        });
        if (told !== 'here') moved++;
        if (way === 3) {
          await pair.apart(drawn(chance, chance.one(commands)), direction);
          await pair.apart(['EXEC'], direction);
        }
        await pair('READWRITE');
      }
      expect(moved).toBeGreaterThan(CASES / 4);
      expect(moved).toBeLessThan(CASES);
    });
  });

  test('and so do the commands of scripts', async () => {
    const chance = new Chance(SEED + 1);
    const script = 'return redis.call(unpack(ARGV))';
    const inScripts = commands.filter(({ flags }) => !(flags & PUBSUB));
    await withPair(NODES, { 'cluster-require-full-coverage': 'no' }, async (pair) => {
      for (let i = 0; i < CASES / 5; i++) {
        // Redis looks for keys in the slot of those that a script declares: in a slot that moves
        // it does not find others, so the two are not tried together.
        const declares = i % 50 < 25;
        if (i % 25 === 0) await prepare(pair, !declares);
        const argv = drawn(chance, chance.one(inScripts)).flatMap((word) => word.split('|'));
        const keys = declares ? [chance.one(KEYS)] : [];
        const head = chance.below(2) === 0 ? '#!lua\n' : '';
        const line = ['EVAL', head + script, String(keys.length), ...keys, ...argv];
        await pair.apart(line, direction);
      }
    });
  });
});
