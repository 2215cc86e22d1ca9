import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RdbEntry, RdbError, readRdb } from '../../persistence/index.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Wire } from '../wire.ts';
import { save } from './rdb-files.ts';

let server: Server;
let wire: Wire;
beforeAll(async () => {
  server = new Server(new Config(), { seed: 1 });
  wire = inProcess(server);
  for (const call of [
    ['SET', 'text', 'Gr\xc3\xbc\xc3\x9fe'],
    ['SET', 'number', '42'],
    ['SETRANGE', 'large', '40000', 'end'],
    ['RPUSH', 'list', 'a', 'b'],
    ['SADD', 'set', '3', '1'],
    ['ZADD', 'zset', '2.5', 'b', '-1', 'a'],
    ['HSET', 'hash', 'f', 'v', 'g', '7'],
    ['HPEXPIREAT', 'hash', '4000000000000', 'FIELDS', '1', 'g'],
    ['XADD', 'stream', '1-1', 'f', 'v', 'g', '7'],
    ['XADD', 'stream', '1-2', 'f', 'w'],
    ['XGROUP', 'CREATE', 'stream', 'readers', '0'],
    ['XREADGROUP', 'GROUP', 'readers', 'ada', 'COUNT', '1', 'STREAMS', 'stream', '>'],
    ['SELECT', '3'],
    ['SET', 'elsewhere', 'x'],
    ['PEXPIREAT', 'elsewhere', '4000000000000'],
  ]) {
    expect((await wire.ask(...call)).isError, call.join(' ')).toBe(false);
  }
});
afterAll(() => server.close());

function* cut(file: Buffer, bytes: number): Generator<Uint8Array> {
  for (let at = 0; at < file.length; at += bytes) {
    yield new Uint8Array(file.subarray(at, at + bytes));
  }
}

async function entries(file: Buffer, bytes = 7): Promise<Map<string, RdbEntry<string>>> {
  const all = new Map<string, RdbEntry<string>>();
  for await (const entry of readRdb(cut(file, bytes))) all.set(entry.key, entry);
  return all;
}

describe('the keys of a file', () => {
  test.each([1, 7, 1_000_000])('come with their values, in chunks of %i bytes', async (bytes) => {
    const all = await entries(save(server), bytes);
    expect(all.size).toBe(9);
    expect(all.get('text')).toMatchObject({ type: 'string', value: 'Grüße', db: 0 });
    expect(all.get('number')).toMatchObject({ value: '42', expiresAt: null, idleSeconds: null });
    expect(all.get('large')!.value).toHaveLength(40_003);
    expect(all.get('list')).toMatchObject({ type: 'list', value: ['a', 'b'] });
    expect(all.get('set')).toMatchObject({ type: 'set', value: ['1', '3'] });
    expect(all.get('zset')!.value).toEqual([
      { member: 'a', score: -1 },
      { member: 'b', score: 2.5 },
    ]);
    expect(all.get('hash')).toMatchObject({
      type: 'hash',
      value: new Map([
        ['g', '7'],
        ['f', 'v'],
      ]),
      expires: new Map([['g', 4_000_000_000_000]]),
    });
    expect(all.get('elsewhere')).toMatchObject({ db: 3, expiresAt: 4_000_000_000_000 });
  });

  test('of a stream are its entries and its groups', async () => {
    const { type, value } = (await entries(save(server))).get('stream')!;
    expect(type).toBe('stream');
    expect(value).toMatchObject({
      lastId: '1-2',
      entries: [
        {
          id: '1-1',
          fields: [
            ['f', 'v'],
            ['g', '7'],
          ],
        },
        { id: '1-2', fields: [['f', 'w']] },
      ],
      groups: [
        {
          name: 'readers',
          lastId: '1-1',
          consumers: [{ name: 'ada', pending: [{ id: '1-1', deliveries: 1 }] }],
        },
      ],
    });
  });

  test('come as bytes if asked for', async () => {
    for await (const entry of readRdb([save(server)], { encoding: 'buffer' })) {
      if (entry.key.toString() !== 'text') continue;
      expect(entry.value).toEqual(Buffer.from('Grüße'));
      return;
    }
    throw new Error('not there');
  });
});

test('facts about the file are told', async () => {
  const facts: string[][] = [];
  const onFact = (name: string, value: string) => void facts.push([name, value]);
  for await (const _ of readRdb([save(server)], { onFact }));
  expect(facts).toContainEqual(['redis-ver', '8.0.2']);
});

test('what is no RDB file, or not all of one, is an RdbError', async () => {
  const file = save(server);
  const fault = (bytes: Buffer) =>
    entries(bytes).then(
      () => 'none',
      (problem: unknown) => (problem instanceof RdbError ? problem.fault : problem),
    );
  expect(await fault(Buffer.from('not an RDB file at all'))).toBe('signature');
  expect(await fault(Buffer.from('REDIS9999 and so on'))).toBe('version');
  expect(await fault(file.subarray(0, -1))).toBe('short');
  expect(await fault(file)).toBe('none');
  const changed = Buffer.from(file);
  changed[changed.length - 1] ^= 1;
  expect(await fault(changed)).toBe('checksum');
});
