// Strict mode: what it tells of and refuses, from clients, transactions and scripts.

import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import {
  type RunningServer,
  type StrictOptions,
  type StrictWarning,
  startServer,
} from '../../server/index.ts';

let server: RunningServer | null = null;
let client: Redis | null = null;

afterEach(async () => {
  client?.disconnect();
  await server?.close();
  client = server = null;
});

async function strict(options: StrictOptions): Promise<Redis> {
  server = await startServer({ strict: options });
  client = new Redis(server.url);
  return client;
}

/** Starts a server that is told of everything, and what it was told. */
async function listening(): Promise<{ redis: Redis; told: StrictWarning[] }> {
  const told: StrictWarning[] = [];
  const redis = await strict((warning) => told.push(warning));
  return { redis, told };
}

test('KEYS is refused, and says what to use instead', async () => {
  const redis = await strict('fail');
  await redis.set('a', '1');
  await expect(redis.keys('*')).rejects.toThrow(/^STRICT KEYS .*SCAN/);
  expect(await redis.scan('0')).toEqual(['0', ['a']]);
});

test('a warning says who did what, and the command runs', async () => {
  const { redis, told } = await listening();
  await redis.client('SETNAME', 'checkout');
  await redis.mset('{a}1', 'x', '{a}2', 'y');
  expect(await redis.getset('{a}1', 'z')).toBe('x');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({
    rule: 'deprecated',
    failed: false,
    command: 'getset',
    argv: ['getset', '{a}1', 'z'],
    client: { name: 'checkout' },
  });
  expect(told[0].message).toMatch(/^GETSET is deprecated since 6\.2\.0: SET with GET/);
});

test('keys of several slots in one command are refused before anything is changed', async () => {
  const redis = await strict('fail');
  await expect(redis.mset('a', '1', 'b', '2')).rejects.toThrow(/'b' is in slot 3300, 'a' in 15495/);
  expect(await redis.exists('a')).toBe(0);
  await redis.mset('{x}a', '1', '{x}b', '2');
});

test('keys of several slots in one transaction end it, and nothing of it runs', async () => {
  const redis = await strict('fail');
  await redis.multi({ pipeline: false });
  await redis.set('a', '1');
  await redis.set('b', '2');
  await expect(redis.exec()).rejects.toThrow(/^STRICT one transaction uses keys of several slots/);
  expect(await redis.exists('a')).toBe(0);
  expect(await redis.multi().set('{a}1', '1').set('{a}2', '2').exec()).toHaveLength(2);
});

test('a script may use only keys that it was given', async () => {
  const redis = await strict('fail');
  const script = "return redis.call('SET', ARGV[1], 'x')";
  await expect(redis.eval(script, 1, 'given', 'other')).rejects.toThrow(
    /STRICT a script uses the key 'other', which EVAL was not given/,
  );
  expect(await redis.exists('other')).toBe(0);
  expect(await redis.eval(script, 1, 'given', 'given')).toBe('OK');
});

test('what a script uses has to be in one slot, however many commands it calls', async () => {
  const { redis, told } = await listening();
  const script = "redis.call('SET', ARGV[1], 1) return redis.call('SET', ARGV[2], 1)";
  expect(await redis.eval(script, 0, 'a', 'b')).toBe('OK');
  const rules = told.map(({ rule }) => rule);
  expect(rules).toEqual(['undeclaredKeys', 'undeclaredKeys', 'crossSlot']);
  expect(told[2].message).toMatch(/^one script uses keys of several slots/);
});

test('functions are scripts', async () => {
  const { redis, told } = await listening();
  const body = "redis.register_function('f', function(keys, args) redis.call('GET', args[1]) end)";
  await redis.function('LOAD', `#!lua name=lib\n${body}`);
  await redis.fcall('f', 1, 'given', 'given');
  expect(told).toEqual([]);
  await redis.fcall('f', 1, 'given', '{given}2');
  expect(told.map(({ message }) => message)).toEqual([
    "a script uses the key '{given}2', which FCALL was not given in KEYS",
  ]);
});

test('each rule has an action of its own', async () => {
  const told: string[] = [];
  const redis = await strict({
    keys: 'off',
    deprecated: 'fail',
    onWarning: ({ rule }) => told.push(rule),
  });
  expect(await redis.keys('*')).toEqual([]);
  await expect(redis.setnx('a', '1')).rejects.toThrow(/^STRICT SETNX is deprecated/);
  await redis.mset('a', '1', 'b', '2');
  expect(told).toEqual(['deprecated', 'crossSlot']);
});

test('a client that waits for a key is told of once', async () => {
  const { redis, told } = await listening();
  const other = redis.duplicate();
  const popped = other.brpoplpush('{q}1', '{q}2', 0);
  await expect.poll(() => told.length).toBe(1);
  await redis.lpush('{q}1', 'job');
  expect(await popped).toBe('job');
  expect(told.map(({ command }) => command)).toEqual(['brpoplpush']);
  other.disconnect();
});

test('what is no rule, and no action, is refused', async () => {
  await expect(startServer({ strict: 'loud' as never })).rejects.toThrow(/no action 'loud'/);
  const options = { key: 'warn' } as never;
  await expect(startServer({ strict: options })).rejects.toThrow(/there is no rule 'key'/);
});
