// Streams: what comes in, what goes, and what is told of them.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

/** Adds entries 1-0, 2-0, ... with the fields f and their own number. */
async function fill(r: Talk, key: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) await r(`XADD ${key} ${i}-0 f ${i}`);
}

/** The IDs of all entries. */
async function ids(r: Talk, key: string): Promise<Value[]> {
  const entries = (await r(`XRANGE ${key} - +`)) as Value[][];
  return entries.map(([id]) => id);
}

/** What XINFO STREAM says, by name. */
async function info(r: Talk, key: string): Promise<Map<Value, Value>> {
  const reply = await r(`XINFO STREAM ${key}`);
  if (reply instanceof Map) return reply;
  const flat = reply as Value[];
  const fields = new Map<Value, Value>();
  for (let i = 0; i < flat.length; i += 2) fields.set(flat[i], flat[i + 1]);
  return fields;
}

const BELOW_TOP =
  /^ERR The ID specified in XADD is equal or smaller than the target stream top item$/;
const INVALID_ID = /^ERR Invalid stream ID specified as stream command argument$/;

everywhere((test) => {
  test('an entry has the ID that it is given, above all before it', async (r) => {
    expect(await r('XADD s 5-1 name ada')).toBe('5-1');
    expect(await r('XADD s 5-2 name alan born 1912')).toBe('5-2');
    expect(await r('XADD s 7 name grace')).toBe('7-0');
    for (const id of ['5-2', '5-1', '7-0', '7', '0-1'])
      await r.fails(`XADD s ${id} f v`, BELOW_TOP);
    expect(await r('XRANGE s - +')).toEqual([
      ['5-1', ['name', 'ada']],
      ['5-2', ['name', 'alan', 'born', '1912']],
      ['7-0', ['name', 'grace']],
    ]);
    expect(await r('XLEN s')).toBe(3);
    expect(await r('TYPE s')).toBe('stream');
    expect(await r('OBJECT ENCODING s')).toBe('stream');
  });

  test('an ID is made of the time, or goes on from the last one', async (r) => {
    const first = String(await r('XADD s * f v'));
    expect(first).toMatch(/^[0-9]{13}-0$/);
    const second = String(await r('XADD s * f v'));
    expect(await ids(r, 's')).toEqual([first, second]);
    await r('XADD s 99999999999999-7 f v');
    expect(await r('XADD s * f v')).toBe('99999999999999-8');
  });

  test('a sequence number may be left open', async (r) => {
    expect(await r('XADD s 0-* f v')).toBe('0-1');
    expect(await r('XADD s 0-* f v')).toBe('0-2');
    expect(await r('XADD s 3-* f v')).toBe('3-0');
    expect(await r('XADD s 3-* f v')).toBe('3-1');
    await r.fails('XADD s 2-* f v', BELOW_TOP);
    await r('XADD s 4-18446744073709551615 f v');
    await r.fails('XADD s 4-* f v', BELOW_TOP);
    expect(await r('XADD s 5-* f v')).toBe('5-0');
  });

  test('behind the last ID there is room for no other', async (r) => {
    await r('XADD s 18446744073709551615-18446744073709551614 f v');
    expect(await r('XADD s * f v')).toBe('18446744073709551615-18446744073709551615');
    const exhausted = /^ERR The stream has exhausted the last possible ID/;
    await r.fails('XADD s * f v', exhausted);
    await r.fails('XADD s 1-1 f v', exhausted);
    expect(await r('XRANGE s 18446744073709551615-18446744073709551615 +')).toHaveLength(1);
    await r.fails('XADD t 0-0 f v', /^ERR The ID specified in XADD must be greater than 0-0$/);
    expect(await r('EXISTS t')).toBe(0);
  });

  test('what is no ID, no pair, or no stream is refused', async (r) => {
    for (const id of ['x', '1-x', '-', '+', '1-2-3', '18446744073709551616']) {
      await r.fails(`XADD s ${id} f v`, INVALID_ID);
    }
    await r.fails('XADD s 1-1 f', /wrong number of arguments for 'xadd'/);
    await r.fails('XADD s 1-1 f v g', /wrong number of arguments for 'xadd'/);
    expect(await r('EXISTS s')).toBe(0);
    await r('SET k v');
    for (const call of ['XADD k 1 f v', 'XLEN k', 'XRANGE k - +', 'XDEL k 1', 'XTRIM k MAXLEN 1']) {
      await r.fails(call, /^WRONGTYPE/);
    }
  });

  test('NOMKSTREAM adds to nothing', async (r) => {
    expect(await r('XADD s NOMKSTREAM 1-1 f v')).toBeNull();
    expect(await r('EXISTS s')).toBe(0);
    await r('XADD s 1-1 f v');
    expect(await r('XADD s NOMKSTREAM 1-2 f v')).toBe('1-2');
  });

  test('values come back as they went in, whether they look like numbers or not', async (r) => {
    const values = ['', '0', '-1', '007', '+5', '127', '4095', '-4097', '8388608', '2147483648'];
    values.push('9223372036854775807', '-9223372036854775808', '9223372036854775808', '\x00\xff');
    values.push('x'.repeat(63), 'x'.repeat(64), 'x'.repeat(4096), 'x'.repeat(100_000));
    const words = values.flatMap((value, i) => [`f${i}`, value]);
    await r(['XADD', 's', '1-1', ...words]);
    await r(['XADD', 's', '1-2', ...words]);
    expect(await r('XRANGE s - +')).toEqual([
      ['1-1', words],
      ['1-2', words],
    ]);
    expect(await r('XREVRANGE s + - COUNT 1')).toEqual([['1-2', words]]);
  });

  test('a range has ends that may be left out, and a count', async (r) => {
    await fill(r, 's', 5);
    const range = async (ends: string) =>
      ((await r(`XRANGE s ${ends}`)) as Value[][]).map(([id]) => id);
    expect(await range('2 4')).toEqual(['2-0', '3-0', '4-0']);
    expect(await range('(2-0 (4-0')).toEqual(['3-0']);
    expect(await range('(2 (4')).toEqual(['3-0', '4-0']); // 4 ends with the last ID of all.
    expect(await range('- + COUNT 2')).toEqual(['1-0', '2-0']);
    expect(await range('4 2')).toEqual([]);
    expect(await r('XRANGE none - +')).toEqual([]);
    expect(await r.raw('XRANGE s - + COUNT 0')).toBe(r.resp3 ? '_\r\n' : '*-1\r\n');
    expect(await r('XREVRANGE s 4 2 COUNT 2')).toEqual([
      ['4-0', ['f', '4']],
      ['3-0', ['f', '3']],
    ]);
    expect(await r('XREVRANGE s - +')).toEqual([]);
    await r.fails('XRANGE s (18446744073709551615-18446744073709551615 +', /^ERR invalid start ID/);
    await r.fails('XRANGE s - (0-0', /^ERR invalid end ID/);
    await r.fails('XRANGE s ( +', INVALID_ID);
    await r.fails('XRANGE s - + COUNT', /^ERR syntax error$/);
  });

  test('deleted entries are gone, but a stream remembers that there were some', async (r) => {
    await fill(r, 's', 250);
    expect(await r('XDEL s 1-0 100-0 250-0 7-7 100-0')).toBe(3);
    expect(await r('XDEL s 100-0')).toBe(0);
    expect(await r('XDEL none 1-0')).toBe(0);
    await r.fails('XDEL s 2-0 x', INVALID_ID);
    expect(await r('XLEN s')).toBe(247);
    expect((await ids(r, 's')).slice(97, 99)).toEqual(['99-0', '101-0']);
    const fields = await info(r, 's');
    expect(fields.get('last-generated-id')).toBe('250-0');
    expect(fields.get('max-deleted-entry-id')).toBe('250-0');
    expect(fields.get('entries-added')).toBe(250);
    expect(fields.get('recorded-first-entry-id')).toBe('2-0');
    await r.fails('XADD s 250-0 f v', BELOW_TOP);
  });

  test('a stream may be empty', async (r) => {
    await r('XADD s 1-1 f v');
    await r('XDEL s 1-1');
    expect(await r('EXISTS s')).toBe(1);
    expect(await r('XLEN s')).toBe(0);
    const fields = await info(r, 's');
    expect(fields.get('first-entry')).toBeNull();
    expect(fields.get('last-entry')).toBeNull();
    expect(fields.get('recorded-first-entry-id')).toBe('0-0');
    expect(fields.get('radix-tree-nodes')).toBe(1);
    expect(await r('XADD t MAXLEN 0 1-1 f v')).toBe('1-1');
    expect(await r('XLEN t')).toBe(0);
  });

  test('a stream is trimmed to a length', async (r) => {
    await fill(r, 's', 10);
    expect(await r('XTRIM s MAXLEN 20')).toBe(0);
    expect(await r('XTRIM s MAXLEN = 8')).toBe(2);
    expect(await ids(r, 's')).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map((i) => `${i}-0`));
    await r('XADD s MAXLEN 2 11-0 f v');
    expect(await ids(r, 's')).toEqual(['10-0', '11-0']);
    expect((await info(r, 's')).get('max-deleted-entry-id')).toBe('0-0');
  });

  test('a stream is trimmed to an ID', async (r) => {
    await fill(r, 's', 10);
    expect(await r('XTRIM s MINID 4-1')).toBe(4);
    expect(await r('XTRIM s MINID = 4')).toBe(0);
    await r('XADD s MINID 9 11-0 f v');
    expect(await ids(r, 's')).toEqual(['9-0', '10-0', '11-0']);
  });

  test('an approximate trim takes only whole nodes', async (r) => {
    await r('CONFIG SET stream-node-max-entries 10');
    await fill(r, 's', 45);
    expect((await info(r, 's')).get('radix-tree-keys')).toBe(5);
    expect(await r('XTRIM s MAXLEN ~ 40')).toBe(0);
    expect(await r('XTRIM s MAXLEN ~ 12')).toBe(30);
    expect(await r('XTRIM s MINID ~ 41')).toBe(10);
    expect(await r('XLEN s')).toBe(5);
    await fill(r, 't', 100);
    expect(await r('XTRIM t MAXLEN ~ 0 LIMIT 35')).toBe(30);
    expect(await r('XTRIM t MAXLEN ~ 0 LIMIT 0')).toBe(70);
    await r('CONFIG SET stream-node-max-entries 100');
  });

  test('a node is full when it has so many bytes', async (r) => {
    await r('CONFIG SET stream-node-max-bytes 100');
    for (let i = 1; i <= 10; i++) await r(['XADD', 's', `${i}-0`, 'f', 'x'.repeat(40)]);
    expect((await info(r, 's')).get('radix-tree-keys')).toBe(10);
    await r('CONFIG SET stream-node-max-bytes 4096');
  });

  test('options that make no sense are refused', async (r) => {
    await r('XADD s 1-1 f v');
    for (const [call, words] of [
      ['XTRIM s MAXLEN -1', /^ERR The MAXLEN argument must be >= 0\.$/],
      ['XTRIM s MAXLEN x', /^ERR value is not an integer or out of range$/],
      ['XTRIM s MAXLEN ~ 1 LIMIT -1', /^ERR The LIMIT argument must be >= 0\.$/],
      ['XTRIM s MAXLEN 1 LIMIT 1', /LIMIT cannot be used without the special ~ option$/],
      ['XTRIM s LIMIT 1 NOMKSTREAM', /^ERR syntax error$/],
      ['XTRIM s LIMIT 0 LIMIT 0', /XTRIM must be called with a trimming strategy$/],
      ['XADD s LIMIT 1 2-1 f v', /LIMIT cannot be used without specifying a trimming strategy$/],
      ['XADD s MAXLEN 1 MINID 1 2-1 f v', /MAXLEN and MINID options at the same time/],
      ['XADD s MINID x 2-1 f v', INVALID_ID],
    ] as const) {
      await r.fails(call, words);
    }
    expect(await r('XLEN s')).toBe(1);
  });

  test('XSETID sets what a stream remembers', async (r) => {
    await fill(r, 's', 3);
    expect(await r('XSETID s 10-1 ENTRIESADDED 50 MAXDELETEDID 9-9')).toBe('OK');
    const fields = await info(r, 's');
    expect(fields.get('last-generated-id')).toBe('10-1');
    expect(fields.get('entries-added')).toBe(50);
    expect(fields.get('max-deleted-entry-id')).toBe('9-9');
    for (const [call, words] of [
      ['XSETID s 9-8', /smaller than current max_deleted_entry_id$/],
      ['XSETID s 11 MAXDELETEDID 12', /smaller than the provided max_deleted_entry_id$/],
      [
        'XSETID s 11 ENTRIESADDED 2',
        /entries_added specified in XSETID is smaller than the target/,
      ],
      ['XSETID s 11 ENTRIESADDED -1', /^ERR entries_added must be positive$/],
      ['XSETID none 1', /^ERR no such key$/],
      ['XSETID s x', INVALID_ID],
    ] as const) {
      await r.fails(call, words);
    }
    await r('XADD t 5-5 f v');
    await r.fails('XSETID t 5-4', /smaller than the target stream top item$/);
    await r('XSETID t 5-5 ENTRIESADDED 9223372036854775807');
    expect((await info(r, 't')).get('entries-added')).toBe(9223372036854775807n);
  });

  test('XINFO STREAM tells all, if it is asked for all', async (r) => {
    await fill(r, 's', 12);
    const raw = await r.raw('XINFO STREAM s FULL COUNT 1');
    expect(raw).toContain(r.resp3 ? '%9\r\n' : '*18\r\n');
    expect(await r('XINFO STREAM s FULL')).not.toEqual(await r('XINFO STREAM s FULL COUNT 0'));
    expect(await r('XINFO STREAM s FULL COUNT -1')).toEqual(await r('XINFO STREAM s FULL'));
    await r.fails('XINFO STREAM s FULL COUNT', /^ERR unknown subcommand or wrong number/);
    await r.fails('XINFO STREAM none', /^ERR no such key$/);
  });

  test('a copy goes its own way', async (r) => {
    await fill(r, 's', 150);
    await r('XDEL s 1-0 3-0');
    await r('COPY s t');
    expect(await r('DEBUG DIGEST-VALUE s')).toEqual(await r('DEBUG DIGEST-VALUE t'));
    expect(await r('XINFO STREAM t FULL COUNT 0')).toEqual(await r('XINFO STREAM s FULL COUNT 0'));
    await r('XADD t 151-0 f v');
    await r('XDEL t 2-0');
    expect(await r('XLEN s')).toBe(148);
    expect((await ids(r, 's'))[0]).toBe('2-0');
    expect(await r('MEMORY USAGE s')).toBeGreaterThan(1000);
  });
});
