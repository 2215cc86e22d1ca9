// XREAD: what is newer, and waiting for it.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

/** Comes back when so many clients wait. */
async function blocked(r: Talk, count: number): Promise<void> {
  for (;;) {
    const text = String(await r('INFO clients'));
    if (text.includes(`blocked_clients:${count}\r\n`)) return;
  }
}

/** What XREAD tells of some streams, in either protocol. */
function told(r: Talk, streams: Record<string, Value>): Value {
  const pairs = Object.entries(streams);
  return r.resp3 ? new Map<Value, Value>(pairs) : pairs;
}

const entry = (id: string, ...words: string[]): Value => [id, words];

everywhere((test) => {
  test('XREAD tells what is newer in each stream', async (r) => {
    await r('XADD a 1-1 f v');
    await r('XADD a 2-1 f w');
    await r('XADD b 5-1 g x');
    expect(await r('XREAD STREAMS a b 1-1 0')).toEqual(
      told(r, { a: [entry('2-1', 'f', 'w')], b: [entry('5-1', 'g', 'x')] }),
    );
    expect(await r('XREAD COUNT 1 STREAMS none a 0 0')).toEqual(
      told(r, { a: [entry('1-1', 'f', 'v')] }),
    );
    expect(await r('XREAD STREAMS a b 2-1 7')).toBeNull();
    expect(await r('XREAD STREAMS a $')).toBeNull();
    expect(await r('XREAD COUNT 10 STREAMS a +')).toEqual(told(r, { a: [entry('2-1', 'f', 'w')] }));
    expect(await r('XREAD STREAMS a 18446744073709551615-18446744073709551615')).toBeNull();
  });

  test('the last entry is one that was not deleted', async (r) => {
    for (const id of ['1-1', '1-2', '1-3']) await r(`XADD a ${id} f v`);
    await r('XDEL a 1-3');
    expect(await r('XREAD STREAMS a +')).toEqual(told(r, { a: [entry('1-2', 'f', 'v')] }));
    expect(await r('XREAD STREAMS a 1-2')).toBeNull();
    await r('XDEL a 1-1 1-2');
    expect(await r('XREAD STREAMS a +')).toBeNull();
  });

  test('what cannot be meant is refused', async (r) => {
    await r('SET k v');
    for (const [call, words] of [
      ['XREAD STREAMS a', /^ERR wrong number|^ERR Unbalanced/],
      ['XREAD STREAMS a b 0', /^ERR Unbalanced 'xread' list of streams/],
      ['XREAD COUNT 1 a 0', /^ERR syntax error$/],
      ['XREAD GROUP g c STREAMS a 0', /^ERR The GROUP option is only supported by XREADGROUP/],
      ['XREAD NOACK STREAMS a 0', /^ERR The NOACK option is only supported by XREADGROUP/],
      ['XREAD STREAMS a >', /^ERR The > ID can be specified only when calling XREADGROUP/],
      ['XREAD STREAMS a x', /^ERR Invalid stream ID/],
      ['XREAD STREAMS k 0', /^WRONGTYPE/],
      ['XREAD BLOCK -1 STREAMS a 0', /^ERR timeout is negative$/],
      ['XREAD BLOCK x STREAMS a 0', /^ERR timeout is not an integer or out of range$/],
    ] as const) {
      await r.fails(call, words);
    }
  });

  test('nobody waits where there is something to read', async (r) => {
    await r('XADD a 1-1 f v');
    expect(await r('XREAD BLOCK 0 STREAMS a 0')).toEqual(told(r, { a: [entry('1-1', 'f', 'v')] }));
    await r('MULTI');
    await r('XREAD BLOCK 0 STREAMS a $');
    expect(await r('EXEC')).toEqual([null]);
  });

  test('all who wait are told of a new entry', async (r) => {
    await r('XADD a 1-1 f v');
    const readers = [await r.client(), await r.client(), await r.client()];
    const replies = readers.map((reader) => reader('XREAD BLOCK 0 STREAMS a b $ 0'));
    await blocked(r, 3);
    await r('XADD a 1-2 f w');
    for (const reply of replies) {
      expect(await reply).toEqual(told(r, { a: [entry('1-2', 'f', 'w')] }));
    }
  });

  test('what comes in one transaction is told at once, and nothing that came before', async (r) => {
    await r('XADD a 1-1 f v');
    const reader = await r.client();
    const reply = reader('XREAD BLOCK 0 STREAMS a $');
    await blocked(r, 1);
    await r('MULTI');
    await r('XADD a 1-2 f w');
    await r('XADD a 1-3 f x');
    await r('EXEC');
    expect(await reply).toEqual(told(r, { a: [entry('1-2', 'f', 'w'), entry('1-3', 'f', 'x')] }));
  });

  test('an entry that comes and goes wakes nobody, nor does one that is too old', async (r) => {
    const reader = await r.client();
    const reply = reader('XREAD BLOCK 0 STREAMS a 5-0');
    await blocked(r, 1);
    await r('XADD a 4-0 f v');
    await r('MULTI');
    await r('XADD a 6-0 f v');
    await r('XDEL a 6-0');
    await r('EXEC');
    await blocked(r, 1);
    await r('XADD a 7-0 f v');
    expect(await reply).toEqual(told(r, { a: [entry('7-0', 'f', 'v')] }));
  });

  test('a key that holds something else, or goes, is waited for on', async (r) => {
    const reader = await r.client();
    const reply = reader('XREAD BLOCK 0 STREAMS a $');
    await blocked(r, 1);
    await r('SET a x');
    await r('RPUSH l x');
    await r('RENAME l a');
    await r('DEL a');
    await blocked(r, 1);
    await r('XADD b 9-9 f v');
    await r('RENAME b a');
    expect(await reply).toEqual(told(r, { a: [entry('9-9', 'f', 'v')] }));
  });

  test('a reader who waits for the last entry gets the first that comes', async (r) => {
    const reader = await r.client();
    const reply = reader('XREAD BLOCK 0 STREAMS a +');
    await blocked(r, 1);
    await r('XADD a 1-1 f v');
    expect(await reply).toEqual(told(r, { a: [entry('1-1', 'f', 'v')] }));
  });

  test('who waits in vain is told nothing', async (r) => {
    expect(await r.raw('XREAD BLOCK 5 STREAMS a 0')).toBe(r.resp3 ? '_\r\n' : '*-1\r\n');
    const reader = await r.client();
    const id = await reader('CLIENT ID');
    const reply = reader('XREAD BLOCK 0 STREAMS a 0');
    await blocked(r, 1);
    await r(`CLIENT UNBLOCK ${id}`);
    expect(await reply).toBeNull();
  });
});
