import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandSpec, KeyRun } from '../../protocol/command-spec.ts';
import * as is from '../../protocol/command-spec.ts';
import { commandTable } from '../../protocol/command-table.ts';
import {
  accessNames,
  aclCategories,
  flagNames,
  keyAccess,
  keyIndexes,
  likely,
  sample,
  usage,
} from '../../protocol/derive.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** DERIVED KEYS NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

function row(name: string): CommandSpec {
  return commandTable.get(name)!;
}

function made(args: is.Arg[], ...keys: KeyRun[]): CommandSpec {
  const spec = new is.CommandSpec(-1, 0, keys, args, { since: '1.0.0', cost: '', summary: '' });
  return is.group('generic', { made: spec }).made;
}

function keysOf(spec: CommandSpec, line: string): string[] | null {
  const argv = line.split(' ');
  const out: number[] = [];
  const count = keyIndexes(spec, argv, out);
  return count < 0 ? null : out.slice(0, count).map((i) => argv[i]);
}

/** Numbers in [0, 1), the same ones for the same seed. */
function chance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 0x1000000;
  };
}

test('a usage line shows options, choices, words before values, and repetition', () => {
  expect(usage(row('mset'))).toBe('MSET key value [key value ...]');
  expect(usage(row('bitcount'))).toBe('BITCOUNT key [start end [BYTE|BIT]]');
  expect(usage(row('client|setname'))).toBe('CLIENT SETNAME connection-name');
  expect(usage(row('scan'))).toBe('SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]');
  expect(usage(row('bitfield_ro'))).toBe(
    'BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]',
  );
});

test('keys are found at an index, over a range, and in steps', () => {
  expect(keysOf(row('get'), 'get k')).toEqual(['k']);
  expect(keysOf(row('del'), 'del a b c')).toEqual(['a', 'b', 'c']);
  expect(keysOf(row('mset'), 'mset a 1 b 2')).toEqual(['a', 'b']);
  expect(keysOf(row('bitop'), 'bitop and d a b')).toEqual(['d', 'a', 'b']);
  expect(keysOf(row('ping'), 'ping')).toEqual([]);
});

test('keys are found behind a word, from either end', () => {
  const streams = made([], is.keyAfter('STREAMS', 1, is.RO, -1, 1, 2));
  expect(keysOf(streams, 'xread count 2 streams a b 0 0')).toEqual(['a', 'b']);
  expect(keysOf(streams, 'xread count 2')).toBe(null);
  const backwards = made([], is.keyAfter('KEYS', -2, is.RO, -1));
  expect(keysOf(backwards, 'migrate h p 0 keys a')).toEqual(['a']);
});

test('keys are found by a count, which has to be right', () => {
  const counted = made([], is.numkeysAt(2, is.RO));
  expect(keysOf(counted, 'eval x 2 a b c')).toEqual(['a', 'b']);
  for (const line of ['eval x 3 a b', 'eval x -1 a', 'eval x two a b', 'eval x 0', 'eval x']) {
    expect(keysOf(counted, line), line).toBe(null);
  }
});

test('what only routes like a key is not one', () => {
  expect(keysOf(made([], is.keyAt(1, is.NOT_KEY)), 'spublish c')).toEqual([]);
});

test('SORT writes to what stands behind the last STORE, and what it looks up is not told', () => {
  expect(keysOf(row('sort'), 'sort k by w_* get *->f')).toEqual(['k']);
  expect(keysOf(row('sort'), 'sort k store a limit store b store c alpha')).toEqual(['k', 'c']);
  expect(keysOf(row('sort'), 'sort k get store by store store')).toEqual(['k']);
  expect(keysOf(row('sort_ro'), 'sort_ro k store a')).toEqual(['k']);
});

test('SET and BITFIELD say what this call does with the key', () => {
  const access = (line: string): string[] => {
    const argv = line.split(' ');
    const bits: number[] = [];
    expect(keyAccess(row(argv[0]), argv, [], bits)).toBe(1);
    return accessNames(bits[0]);
  };
  expect(access('set k v')).toEqual(['OW', 'update']);
  expect(access('set k v ex 1 get')).toEqual(['RW', 'access', 'update']);
  expect(access('set k get')).toEqual(['OW', 'update']);
  expect(access('bitfield k get u8 0 overflow sat')).toEqual(['RO', 'access']);
  expect(access('bitfield k get u8 0 set u8 0 1')).toEqual(['RW', 'access', 'update']);
  expect(access('bitfield k bogus')).toEqual(['RW', 'access', 'update']);
  expect(access('bitfield k get u8')).toEqual(['RW', 'access', 'update']);
});

test('ACL categories follow from group and flags, and a row adds the rest', () => {
  expect(aclCategories(row('get'))).toEqual(['read', 'string', 'fast']);
  expect(aclCategories(row('keys'))).toEqual(['keyspace', 'read', 'slow', 'dangerous']);
  expect(aclCategories(row('client'))).toEqual(['slow']);
});

test('flags that Redis keeps to itself are not named', () => {
  expect(row('debug').flags & is.PROTECTED).not.toBe(0);
  expect(flagNames(row('debug'))).toEqual(['admin', 'noscript', 'loading', 'stale']);
});

test('every sampled call has the arity that its row asks for', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = chance(seed);
      for (const spec of commandTable.values()) {
        if (spec.container || spec.args.length === 0) continue;
        const argv = sample(spec, random, likely(random));
        expect(spec.accepts(argv.length), argv.join(' ')).toBe(true);
      }
    }),
  );
});

test('samples spell out every option sooner or later, alone and together', () => {
  const random = chance(1);
  const seen = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    const [, , , ...options] = sample(row('set'), random, (arg) => `<${arg.name}>`);
    seen.add(options.join(' ').toUpperCase());
  }
  for (const line of ['', 'NX', 'KEEPTTL', 'EX <SECONDS>', 'GET XX', 'XX GET PX <MILLISECONDS>']) {
    expect(seen).toContain(line);
  }
});

test('samples repeat blocks whole, with or without their word, and count keys truly', () => {
  const value = (): string => 'v';
  const store = made([is.int('numkeys'), is.many(is.key('key')), is.many(is.int('weight'))]);
  for (let seed = 0; seed < 200; seed++) {
    const random = chance(seed);
    expect(sample(row('mset'), random, value).length % 2).toBe(1);
    const reads = sample(row('bitfield_ro'), random, value).slice(2);
    expect(reads.filter((word) => /^get$/i.test(word)).length).toBe(reads.length / 3);
    const argv = sample(store, random, value);
    expect(argv.length).toBe(2 + 2 * Number(argv[1]));
  }
});

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer | null = null;
  let client: Redis;
  beforeAll(async () => {
    real = await startReal('8.0.2');
    client = new Redis({ path: real!.socket });
  });
  afterAll(async () => {
    client.disconnect();
    await real?.stop();
  });

  const answer = (...argv: string[]): Promise<unknown> =>
    client.callBuffer(argv[0], ...argv.slice(1).map((word) => Buffer.from(word, 'latin1'))).then(
      (reply) => reply,
      (error: Error) => error.message,
    );

  test('the keys of sampled calls are those that GETKEYSANDFLAGS finds', async () => {
    const random = chance(2);
    const out: number[] = [];
    const access: number[] = [];
    for (const spec of commandTable.values()) {
      if (spec.keys.every((run) => run.access & is.NOT_KEY)) continue; // Refused, on both sides.
      for (let i = 0; i < 20; i++) {
        const argv = sample(spec, random, likely(random));
        const found = keyAccess(spec, argv, out, access);
        const ours: unknown[] = [];
        for (let k = 0; k < found; k++) ours.push([argv[out[k]], accessNames(access[k])]);
        const theirs = await answer('COMMAND', 'GETKEYSANDFLAGS', ...argv);
        if (found < 0 && String(theirs).startsWith('ERR Invalid arguments')) continue;
        expect(ours, argv.join(' ')).toEqual(asText(theirs));
      }
    }
  });

  test('sampled calls are not refused for their arity, and seldom for their syntax', async () => {
    const random = chance(3);
    for (const spec of commandTable.values()) {
      if (!/^(string|bitmap|generic)$/.test(spec.group) || spec.container) continue;
      if (spec.flags & is.BLOCKING) continue; // Nobody answers WAIT here.
      let refused = 0;
      for (let i = 0; i < 40; i++) {
        const argv = sample(spec, random, likely(random));
        const reply = await answer(...argv);
        expect(String(reply), argv.join(' ')).not.toMatch(/wrong number|unknown command/i);
        if (/syntax/i.test(String(reply))) refused++;
      }
      // LCS: LEN excludes IDX; its other options ask for IDX. RESTORE: IDLETIME excludes FREQ.
      const choosy = spec.name === 'lcs' || spec.name === 'restore';
      expect(refused, spec.name).toBeLessThanOrEqual(choosy ? 12 : 6);
    }
  });
});

function asText(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(asText);
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : reply;
}
