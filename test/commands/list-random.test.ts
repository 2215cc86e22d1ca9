// List commands drawn by chance, against real Redis 8.0.2, with everything that can be seen of
// the nodes. LIST_CALLS=100000 plays more of them, LIST_SEED=7 others.

import { describe, expect, test } from 'vitest';
import { List } from '../../datatypes/list.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Wire } from '../wire.ts';

type Call = readonly string[];

const CALLS = Number(process.env['LIST_CALLS'] ?? 4000);
const SEED = Number(process.env['LIST_SEED'] ?? 1);
const BOUT = 60; // Calls from empty databases on.

// Limits that are reached soon, by count and by bytes, and sizes from which elements are plain.
const LIMITS = ['-1', '-2', '-5', '-9', '0', '1', '2', '3', '4', '5', '128', '40000'];
const THRESHOLDS = ['0', '0', '0', '1b', '20b', '200b'];

const KEYS = ['a', 'a', 'a', 'b', 'b', 'c', 'string'];
const ELEMENTS = [
  ...['x', 'y', 'z', '', '1', '2', '-1', '127', '128', '-4096', '4095', '4096', '32767', '32768'],
  ...['8388607', '-8388609', '2147483647', '-2147483649', '9223372036854775807', '007', '-0'],
  ...['9223372036854775808', '-9223372036854775808', '\x00\xff', 'm'.repeat(63), 'n'.repeat(64)],
  ...['o'.repeat(125), 'p'.repeat(126), 'q'.repeat(500), 'r'.repeat(1000), 's'.repeat(3000)],
  ...['t'.repeat(4095), 'u'.repeat(4096), 'v'.repeat(8000), 'w'.repeat(8193), 'long'.repeat(4500)],
];
const INDEXES = [
  ...['0', '0', '1', '2', '3', '4', '5', '8', '12', '20', '-1', '-1', '-2', '-3', '-4', '-5', '-9'],
  ...['100', '-100', '4294967296', '9223372036854775807', '-9223372036854775808', 'x', '1.5'],
];
const COUNTS = ['0', '1', '1', '2', '3', '5', '100', '-1', 'x', '9223372036854775808'];
const ENDS = ['LEFT', 'RIGHT', 'left', 'Right', 'UP'];

function draw(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  const element = () =>
    chance.below(3) === 0 ? chance.one(ELEMENTS) : chance.one(['x', 'y', '5']);
  const several = () => Array.from({ length: 1 + chance.below(4) }, () => chance.one(ELEMENTS));
  const index = () => chance.one(INDEXES);
  const seldom = (...words: string[]) => (chance.below(3) === 0 ? words : []);
  const end = () => chance.one(chance.below(8) === 0 ? ENDS : ['LEFT', 'RIGHT']);
  switch (chance.below(20)) {
    case 0:
      return ['LPUSH', key(), ...several()];
    case 1:
    case 2:
    case 3:
      return ['RPUSH', key(), ...several()];
    case 4:
      return [chance.one(['LPUSHX', 'RPUSHX']), key(), ...several()];
    case 5:
      return [chance.one(['LPOP', 'RPOP']), key(), ...seldom(chance.one(COUNTS))];
    case 6:
      return ['LINDEX', key(), index()];
    case 7:
    case 8:
    case 9:
      return ['LINSERT', key(), chance.one(['BEFORE', 'AFTER']), element(), chance.one(ELEMENTS)];
    case 10:
    case 11:
      return ['LSET', key(), index(), chance.one(ELEMENTS)];
    case 12:
      return ['LREM', key(), chance.one([...COUNTS, '-2', '-9223372036854775808']), element()];
    case 13:
      return chance.below(3) === 0
        ? ['LTRIM', key(), index(), index()]
        : ['LTRIM', key(), '1', '-2'];
    case 14:
      return ['LRANGE', key(), index(), index()];
    case 15: {
      const options = [
        seldom('RANK', index()),
        seldom('COUNT', chance.one(COUNTS)),
        seldom('MAXLEN', chance.one(COUNTS)),
      ];
      return [
        'LPOS',
        key(),
        element(),
        ...options.flat(),
        ...(chance.below(20) === 0 ? ['RANK'] : []),
      ];
    }
    case 16:
      return ['LMOVE', key(), key(), end(), end()];
    case 17:
      return chance.below(2) === 0
        ? ['RPOPLPUSH', key(), key()]
        : ['COPY', key(), key(), 'REPLACE'];
    case 18:
      return [
        'LMPOP',
        chance.one(['1', '2', '2', '0', 'x', '5']),
        key(),
        key(),
        end(),
        ...seldom('COUNT', index()),
      ];
    default:
      return chance.below(2) === 0 ? ['LLEN', key()] : ['DEL', key()];
  }
}

/** The nodes of a quicklist and what they would take in a file, as DEBUG OBJECT tells. */
function nodes(line: string): string {
  return (
    /encoding:.*serializedlength:[0-9]+|ERR.*/.exec(line)![0] + (/ql_.*/.exec(line) ?? [''])[0]
  );
}

async function both(ours: Wire, theirs: Wire, calls: readonly Call[]): Promise<[string, string][]> {
  const bytes = calls.map(encode).join('');
  ours.send(bytes);
  theirs.send(bytes);
  const replies: [string, string][] = [];
  for (let i = 0; i < calls.length; i++) {
    replies.push([ours.take()?.raw ?? 'none', (await theirs.next()).raw]);
  }
  return replies;
}

function shown(calls: readonly Call[]): string {
  const short = (word: string) => (word.length < 50 ? word : `${word[0]}*${word.length}`);
  return calls.map((call) => call.map((word) => JSON.stringify(short(word))).join(' ')).join('\n');
}

const here = (await realRedis('8.0.2')) !== null;
if (!here) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!here)('beside real Redis 8.0.2', () => {
  test(`${CALLS} list commands of chance leave the same nodes (seed ${SEED})`, async () => {
    const real = (await startReal('8.0.2'))!;
    const config = new Config();
    config.options({ 'enable-debug-command': 'yes' });
    const server = new Server(config, { seed: 1 });
    const ours = inProcess(server);
    const theirs = await overSocket({ path: real.socket });
    const chance = new Chance(SEED);
    try {
      for (let played = 0; played < CALLS; played += BOUT) {
        const setting = [
          ['FLUSHALL'],
          ['CONFIG', 'SET', 'list-max-listpack-size', chance.one(LIMITS)],
          ['CONFIG', 'SET', 'list-compress-depth', chance.one(['0', '0', '1'])],
          ['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', chance.one(THRESHOLDS)],
          ['SET', 'string', 'x'],
        ];
        const calls = [...setting];
        for (let i = 0; i < BOUT; i++) {
          calls.push([...draw(chance)]);
          for (const key of ['a', 'b']) calls.push(['DEBUG', 'OBJECT', key]);
        }
        calls.push(['LRANGE', 'a', '0', '-1'], ['LRANGE', 'b', '0', '-1'], ['DEBUG', 'DIGEST']);
        const replies = await both(ours, theirs, calls);
        replies.forEach(([mine, other], i) => {
          const isObject = calls[i][1] === 'OBJECT';
          const [a, b] = isObject ? [nodes(mine), nodes(other)] : [mine, other];
          const before = () => calls.slice(0, i + 1).filter((call) => call[1] !== 'OBJECT');
          expect(a, a === b ? '' : `${shown(before())}\n${calls[i].join(' ')}`).toBe(b);
        });
        for (const key of ['a', 'b']) {
          const list = server.databases[0].dict.get(key);
          if (list instanceof List) list.check();
        }
      }
    } finally {
      theirs.close();
      server.close();
      await real.stop();
    }
  });
});
