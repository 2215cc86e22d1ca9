// Consumer groups: making them, leaving them, acknowledging, and what XINFO tells.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

/** The groups of a stream: each as name, entries-read, lag. */
async function progress(r: Talk, key: string): Promise<Value[][]> {
  const groups = (await r(`XINFO GROUPS ${key}`)) as Value[];
  return groups.map((group) => {
    const of = fields(group);
    return [of['name'], of['entries-read'], of['lag']];
  });
}

/** Fields by name, in RESP2 as in RESP3. */
function fields(reply: Value): Record<string, Value> {
  if (reply instanceof Map) return Object.fromEntries(reply) as Record<string, Value>;
  const flat = reply as Value[];
  const found: Record<string, Value> = {};
  for (let i = 0; i < flat.length; i += 2) found[String(flat[i])] = flat[i + 1];
  return found;
}

/** Adds entries 1-0, 2-0, ... */
async function fill(r: Talk, key: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) await r(`XADD ${key} ${i}-0 n ${i}`);
}

everywhere((test) => {
  test('XGROUP CREATE needs a stream, unless it may make one', async (r) => {
    await r.fails('XGROUP CREATE s g $', /^ERR The XGROUP subcommand requires the key to exist\./);
    expect(await r('XGROUP CREATE s g $ MKSTREAM')).toBe('OK');
    expect(await r('TYPE s')).toBe('stream');
    expect(await r('XLEN s')).toBe(0);
    await r.fails('XGROUP CREATE s g 0', /^BUSYGROUP Consumer Group name already exists$/);
    await r('SET text x');
    await r.fails('XGROUP CREATE text g $ MKSTREAM', /^WRONGTYPE/);
  });

  test('XGROUP CREATE refuses what is no ID and no option before it makes anything', async (r) => {
    await r.fails('XGROUP CREATE s g 1-x MKSTREAM', /^ERR Invalid stream ID/);
    await r.fails('XGROUP CREATE s g - MKSTREAM', /^ERR Invalid stream ID/);
    await r.fails('XGROUP CREATE s g 0 MKSTREAM ENTRIESREAD', /^ERR unknown subcommand or wrong/);
    await r.fails('XGROUP CREATE s g 0 MKSTREAM ENTRIESREAD x', /^ERR value is not an integer/);
    await r.fails('XGROUP CREATE s g 0 ENTRIESREAD -2', /must be positive or -1$/);
    await r.fails('XGROUP CREATE s g', /wrong number of arguments for 'xgroup\|create' command$/);
    expect(await r('EXISTS s')).toBe(0);
    expect(await r('XGROUP CREATE s g 0 ENTRIESREAD 1 MKSTREAM')).toBe('OK');
    expect(await r('XGROUP CREATE s h 0 MKSTREAM MKSTREAM MKSTREAM')).toBe('OK');
    const many = 'XGROUP CREATE s i 0 ENTRIESREAD 1 ENTRIESREAD 2';
    await r.fails(many, /^ERR unknown subcommand or wrong number of arguments for 'CREATE'/);
  });

  test('XGROUP SETID takes the ends of all IDs too, and forgets what was read', async (r) => {
    await fill(r, 's', 3);
    await r('XGROUP CREATE s g 0 ENTRIESREAD 0');
    await r.fails('XGROUP SETID s h 0', /^NOGROUP No such consumer group 'h' for key name 's'$/);
    await r.fails('XGROUP SETID none g 0', /^ERR The XGROUP subcommand requires/);
    await r.fails('XGROUP SETID s g 0 MKSTREAM', /^ERR unknown subcommand or wrong number/);
    for (const [id, is] of [
      ['2-0', '2-0'],
      ['-', '0-0'],
      ['+', '18446744073709551615-18446744073709551615'],
      ['$', '3-0'],
      ['7', '7-0'],
    ]) {
      expect(await r(`XGROUP SETID s g ${id}`)).toBe('OK');
      const [group] = (await r('XINFO GROUPS s')) as Value[];
      expect(fields(group)).toMatchObject({ 'last-delivered-id': is, 'entries-read': null });
    }
    expect(await r('XGROUP SETID s g 2 ENTRIESREAD 2')).toBe('OK');
    expect(await progress(r, 's')).toEqual([['g', 2, 1]]);
  });

  test('consumers come and go, and take with them what they had pending', async (r) => {
    await fill(r, 's', 3);
    await r('XGROUP CREATE s g 0');
    expect(await r('XGROUP CREATECONSUMER s g ada')).toBe(1);
    expect(await r('XGROUP CREATECONSUMER s g ada')).toBe(0);
    await r('XREADGROUP GROUP g bob COUNT 2 STREAMS s >');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    expect(await r('XPENDING s g')).toEqual([
      ...[3, '1-0', '3-0'],
      [
        ['ada', '1'],
        ['bob', '2'],
      ],
    ]);
    expect(await r('XGROUP DELCONSUMER s g bob')).toBe(2);
    expect(await r('XGROUP DELCONSUMER s g bob')).toBe(0);
    expect(await r('XPENDING s g')).toEqual([1, '3-0', '3-0', [['ada', '1']]]);
    await r.fails('XGROUP CREATECONSUMER s h ada', /^NOGROUP No such consumer group 'h' for key/);
    await r.fails('XGROUP DELCONSUMER none g ada', /^ERR The XGROUP subcommand requires/);
  });

  test('XGROUP DESTROY says whether there was a group', async (r) => {
    await r('XGROUP CREATE s g $ MKSTREAM');
    expect(await r('XGROUP DESTROY s g')).toBe(1);
    expect(await r('XGROUP DESTROY s g')).toBe(0);
    expect(await r('XINFO GROUPS s')).toEqual([]);
    await r.fails('XGROUP DESTROY none g', /^ERR The XGROUP subcommand requires/);
  });

  test('XACK counts what was pending, and refuses all if one ID is none', async (r) => {
    await fill(r, 's', 3);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    expect(await r('XACK none g 1-0')).toBe(0);
    expect(await r('XACK s h x')).toBe(0);
    await r.fails('XACK s g 1-0 x', /^ERR Invalid stream ID/);
    await r.fails('XACK s g x 1-0', /^ERR Invalid stream ID/);
    expect(await r('XACK s g 1-0 1-0 3-0 9-9')).toBe(2);
    expect(await r('XACK s g 1')).toBe(0);
    expect(await r('XACK s g 2')).toBe(1);
    expect(await r('XPENDING s g')).toEqual([0, null, null, null]);
  });

  test('entries-read and lag are kept as long as nothing is missing', async (r) => {
    await r('XGROUP CREATE s g $ MKSTREAM');
    expect(await progress(r, 's')).toEqual([['g', null, 0]]);
    await fill(r, 's', 5);
    expect(await progress(r, 's')).toEqual([['g', null, 5]]);
    await r('XREADGROUP GROUP g ada COUNT 1 STREAMS s >');
    expect(await progress(r, 's')).toEqual([['g', 1, 4]]);
    await r('XDEL s 4-0');
    expect(await progress(r, 's')).toEqual([['g', 1, null]]);
    await r('XREADGROUP GROUP g ada COUNT 2 STREAMS s >');
    expect(await progress(r, 's')).toEqual([['g', null, null]]);
    await r('XREADGROUP GROUP g ada STREAMS s >');
    expect(await progress(r, 's')).toEqual([['g', 5, 0]]);
    await r('XADD s 6-0 n 6');
    expect(await progress(r, 's')).toEqual([['g', 5, 1]]);
  });

  test('a group behind all that is left has as much before it as there is', async (r) => {
    await fill(r, 's', 5);
    await r('XGROUP CREATE s g 1-0');
    expect(await progress(r, 's')).toEqual([['g', null, 4]]);
    await r('XDEL s 1-0 2-0');
    expect(await progress(r, 's')).toEqual([['g', null, 3]]);
    await r('XREADGROUP GROUP g ada COUNT 1 STREAMS s >');
    expect(await progress(r, 's')).toEqual([['g', 3, 2]]);
    await r('XDEL s 3-0 4-0 5-0');
    expect(await progress(r, 's')).toEqual([['g', 3, 0]]);
  });

  test('counts of entries are exact to the last of 63 bits', async (r) => {
    await fill(r, 's', 2);
    await r('XGROUP CREATE s g 1-0 ENTRIESREAD 9223372036854775806');
    expect(await progress(r, 's')).toEqual([['g', 9223372036854775806n, -9223372036854775804n]]);
    await r('XREADGROUP GROUP g ada STREAMS s >');
    expect(await progress(r, 's')).toEqual([['g', 9223372036854775807n, -9223372036854775805n]]);
  });

  test('XINFO tells what there is of groups and consumers, in the order of names', async (r) => {
    await fill(r, 's', 2);
    for (const name of ['z', 'a', 'aa']) await r(`XGROUP CREATE s ${name} 0`);
    await r('XGROUP CREATECONSUMER s a idler');
    await r('XREADGROUP GROUP a worker COUNT 1 STREAMS s >');
    const groups = (await r('XINFO GROUPS s')) as Value[];
    expect(groups.map((group) => fields(group)['name'])).toEqual(['a', 'aa', 'z']);
    expect(fields(groups[0])).toMatchObject({ consumers: 2, pending: 1 });
    const consumers = (await r('XINFO CONSUMERS s a')) as Value[];
    expect(consumers.map(fields)).toMatchObject([
      { name: 'idler', pending: 0, inactive: -1 },
      { name: 'worker', pending: 1 },
    ]);
    await r.fails('XINFO CONSUMERS s none', /^NOGROUP No such consumer group 'none' for key name/);
    await r.fails('XINFO CONSUMERS none a', /^ERR no such key$/);
    await r.fails('XINFO GROUPS none', /^ERR no such key$/);
  });

  test('XINFO STREAM FULL shows so many entries of each list', async (r) => {
    await fill(r, 's', 12);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    const shown = async (options: string): Promise<number[]> => {
      const full = fields(await r(`XINFO STREAM s FULL ${options}`));
      const group = fields((full['groups'] as Value[])[0]);
      const consumer = fields((group['consumers'] as Value[])[0]);
      expect(group['pel-count']).toBe(12);
      expect(consumer['pel-count']).toBe(12);
      const lists = [full['entries'], group['pending'], consumer['pending']] as Value[][];
      return lists.map((list) => list.length);
    };
    expect(await shown('')).toEqual([10, 10, 10]);
    expect(await shown('COUNT 3')).toEqual([3, 3, 3]);
    expect(await shown('COUNT 0')).toEqual([12, 12, 12]);
    expect(await shown('COUNT -5')).toEqual([10, 10, 10]);
  });

  test('COPY takes the groups along, and what is pending', async (r) => {
    await fill(r, 's', 3);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada COUNT 2 STREAMS s >');
    await r('COPY s t');
    await r('XACK s g 1-0');
    expect(await r('XPENDING t g')).toEqual([2, '1-0', '2-0', [['ada', '2']]]);
    expect(await r('XACK t g 1-0 2-0')).toBe(2);
    expect(await r('XPENDING s g')).toEqual([1, '2-0', '2-0', [['ada', '1']]]);
  });

  test('transactions that watch a stream go on when only a group changes', async (r) => {
    await fill(r, 's', 1);
    const other = await r.client();
    await r('WATCH s');
    await other('XGROUP CREATE s g 0');
    await other('XREADGROUP GROUP g ada STREAMS s >');
    await other('XACK s g 1-0');
    await other('XGROUP DESTROY s g');
    await r('MULTI');
    await r('PING');
    expect(await r('EXEC')).toEqual(['PONG']);
    await r('WATCH t');
    await other('XGROUP CREATE t g 0 MKSTREAM');
    await r('MULTI');
    expect(await r('EXEC')).toBe(null);
  });
});
