// XPENDING, XCLAIM and XAUTOCLAIM: what is pending, and taking it over.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

/** A group of which ada has 1-0, 2-0 and 3-0 pending, bob 4-0; 5-0 is new. */
async function prepare(r: Talk): Promise<void> {
  for (let i = 1; i <= 5; i++) await r(`XADD s ${i}-0 n ${i}`);
  await r('XGROUP CREATE s g 0');
  await r('XREADGROUP GROUP g ada COUNT 3 STREAMS s >');
  await r('XREADGROUP GROUP g bob COUNT 1 STREAMS s >');
}

/** What is pending: each as ID, consumer and deliveries. */
async function pending(r: Talk, range = '- + 100'): Promise<string[]> {
  const entries = (await r(`XPENDING s g ${range}`)) as Value[][];
  return entries.map(([id, name, , deliveries]) => `${id} ${name} ${deliveries}`);
}

const MOVED = { skip: { real: 'time is moved' } };

everywhere((test) => {
  test('XPENDING lists a range of IDs, of the group or of one consumer', async (r) => {
    await prepare(r);
    expect(await pending(r)).toEqual(['1-0 ada 1', '2-0 ada 1', '3-0 ada 1', '4-0 bob 1']);
    expect(await pending(r, '2 3 100')).toEqual(['2-0 ada 1', '3-0 ada 1']);
    expect(await pending(r, '(2-0 (4-0 100')).toEqual(['3-0 ada 1']);
    expect(await pending(r, '2 + 1')).toEqual(['2-0 ada 1']);
    expect(await pending(r, '- + 100 bob')).toEqual(['4-0 bob 1']);
    expect(await pending(r, '- + 100 nobody')).toEqual([]);
    expect(await pending(r, '- + 0')).toEqual([]);
    expect(await pending(r, '- + -1')).toEqual([]);
  });

  test('XPENDING refuses mistakes before it looks for the group', async (r) => {
    await prepare(r);
    await r.fails('XPENDING none g - +', /^ERR syntax error$/);
    await r.fails('XPENDING none g IDLE 1 - +', /^ERR syntax error$/);
    await r.fails('XPENDING none g IDLE x - + 1', /^ERR value is not an integer/);
    await r.fails('XPENDING none g - + x', /^ERR value is not an integer/);
    await r.fails('XPENDING none g x + 1', /^ERR Invalid stream ID/);
    const last = '18446744073709551615-18446744073709551615';
    await r.fails(`XPENDING none g (${last} + 1`, /^ERR invalid start ID for the interval$/);
    await r.fails('XPENDING none g - (0-0 1', /^ERR invalid end ID for the interval$/);
    await r.fails('XPENDING none g - + 1', /^NOGROUP No such key 'none' or consumer group 'g'$/);
    await r.fails('XPENDING s none', /^NOGROUP No such key 's' or consumer group 'none'$/);
  });

  test('XPENDING IDLE leaves out what was delivered lately', MOVED, async (r) => {
    r.clock.freeze();
    await prepare(r);
    r.clock.advance(1000);
    await r('XREADGROUP GROUP g ada COUNT 1 STREAMS s 0');
    expect(await pending(r, 'IDLE 1000 - + 10')).toEqual(['2-0 ada 1', '3-0 ada 1', '4-0 bob 1']);
    expect(await pending(r, 'IDLE 1000 - + 1 bob')).toEqual(['4-0 bob 1']);
    expect(await pending(r, 'IDLE 1001 - + 10')).toEqual([]);
    expect(await pending(r, 'IDLE -5 - + 1')).toEqual(['1-0 ada 2']);
    expect(await r('XPENDING s g 2 2 1')).toEqual([['2-0', 'ada', 1000, 1]]);
  });

  test('XCLAIM gives entries to another consumer, who may be new', async (r) => {
    await prepare(r);
    const reply = await r('XCLAIM s g cyd 0 1-0 4-0 5-0 9-9');
    expect(reply).toEqual([
      ['1-0', ['n', '1']],
      ['4-0', ['n', '4']],
    ]);
    expect(await pending(r)).toEqual(['1-0 cyd 2', '2-0 ada 1', '3-0 ada 1', '4-0 cyd 2']);
    expect(await r('XCLAIM s g ada 0 2-0 JUSTID')).toEqual(['2-0']);
    expect(await r('XCLAIM s g ada 0 3-0 RETRYCOUNT 7 JUSTID')).toEqual(['3-0']);
    expect(await pending(r, '- + 100 ada')).toEqual(['2-0 ada 1', '3-0 ada 7']);
  });

  test('XCLAIM FORCE makes pending what is not, if the stream has it', async (r) => {
    await prepare(r);
    expect(await r('XCLAIM s g cyd 1000000 5-0 9-9 FORCE')).toEqual([['5-0', ['n', '5']]]);
    expect(await pending(r, '5 + 9')).toEqual(['5-0 cyd 2']);
    await r('XACK s g 5-0');
    await r('XCLAIM s g cyd 0 5-0 FORCE JUSTID');
    expect(await pending(r, '5 + 9')).toEqual(['5-0 cyd 1']);
  });

  test('XCLAIM drops what the stream no longer has', async (r) => {
    await prepare(r);
    await r('XDEL s 1-0 4-0');
    expect(await r('XCLAIM s g cyd 1000000 1-0 4-0 FORCE')).toEqual([]);
    expect(await pending(r)).toEqual(['2-0 ada 1', '3-0 ada 1']);
  });

  test('XCLAIM LASTID moves the group on, never back', async (r) => {
    await prepare(r);
    await r('XCLAIM s g cyd 0 1-0 LASTID 2-0');
    expect(await r('XREADGROUP GROUP g ada COUNT 1 NOACK STREAMS s >')).not.toBe(null);
    await r('XCLAIM s g cyd 0 9-9 LASTID 7-0');
    await r('XADD s 7-0 n 7');
    expect(await r('XREADGROUP GROUP g ada STREAMS s >')).toBe(null);
  });

  test('XCLAIM takes what stands behind the IDs for options', async (r) => {
    await prepare(r);
    await r.fails('XCLAIM none g cyd 0 1-0', /^NOGROUP No such key 'none' or consumer group 'g'$/);
    await r.fails('XCLAIM s g cyd x 1-0', /^ERR Invalid min-idle-time argument for XCLAIM$/);
    await r.fails('XCLAIM s g cyd 0 1-0 x', /^ERR Unrecognized XCLAIM option 'x'$/);
    await r.fails('XCLAIM s g cyd 0 1-0 JUSTID 2-0', /^ERR Unrecognized XCLAIM option '2-0'$/);
    await r.fails('XCLAIM s g cyd 0 1-0 IDLE', /^ERR Unrecognized XCLAIM option 'IDLE'$/);
    await r.fails('XCLAIM s g cyd 0 1-0 IDLE x', /^ERR Invalid IDLE option argument for XCLAIM$/);
    await r.fails('XCLAIM s g cyd 0 1-0 TIME x', /^ERR Invalid TIME option argument for XCLAIM$/);
    await r.fails('XCLAIM s g cyd 0 1-0 RETRYCOUNT x', /^ERR Invalid RETRYCOUNT option argument/);
    await r.fails('XCLAIM s g cyd 0 1-0 LASTID x', /^ERR Invalid stream ID/);
    expect(await r('XCLAIM s g cyd 0 FORCE')).toEqual([]);
    expect(await pending(r)).toEqual(['1-0 ada 1', '2-0 ada 1', '3-0 ada 1', '4-0 bob 1']);
  });

  test(
    'XCLAIM takes only what has been idle, and says how idle it is from now on',
    MOVED,
    async (r) => {
      r.clock.freeze();
      await prepare(r);
      r.clock.advance(1000);
      expect(await r('XCLAIM s g cyd 1001 1-0')).toEqual([]);
      expect(await r('XCLAIM s g cyd 1000 1-0 IDLE 300 JUSTID')).toEqual(['1-0']);
      const now = r.clock.ms;
      await r(`XCLAIM s g cyd 0 2-0 TIME ${now - 70} JUSTID`);
      await r(`XCLAIM s g cyd 0 3-0 TIME ${now + 70} JUSTID`);
      await r('XCLAIM s g cyd -1 4-0 IDLE -70 JUSTID');
      expect(await r('XPENDING s g - + 9')).toEqual([
        ['1-0', 'cyd', 300, 1],
        ['2-0', 'cyd', 70, 1],
        ['3-0', 'cyd', 0, 1],
        ['4-0', 'cyd', 0, 1],
      ]);
    },
  );

  test('XAUTOCLAIM takes over some, and says where to go on', async (r) => {
    await prepare(r);
    expect(await r('XAUTOCLAIM s g cyd 0 - COUNT 2 JUSTID')).toEqual(['3-0', ['1-0', '2-0'], []]);
    expect(await r('XAUTOCLAIM s g cyd 0 (2-0')).toEqual([
      '0-0',
      [
        ['3-0', ['n', '3']],
        ['4-0', ['n', '4']],
      ],
      [],
    ]);
    expect(await pending(r)).toEqual(['1-0 cyd 1', '2-0 cyd 1', '3-0 cyd 2', '4-0 cyd 2']);
    expect(await r('XAUTOCLAIM s g ada 1000000 0')).toEqual(['0-0', [], []]);
  });

  test('XAUTOCLAIM names what it dropped because the stream no longer has it', async (r) => {
    await prepare(r);
    await r('XDEL s 1-0 3-0');
    const first = await r('XAUTOCLAIM s g cyd 1000000 0 COUNT 1');
    expect(first).toEqual(['2-0', [], ['1-0']]);
    expect(await r('XAUTOCLAIM s g cyd 0 2-0 COUNT 2 JUSTID')).toEqual(['4-0', ['2-0'], ['3-0']]);
    expect(await pending(r)).toEqual(['2-0 cyd 1', '4-0 bob 1']);
  });

  test('XAUTOCLAIM looks at ten times as many as it may return', async (r) => {
    for (let i = 1; i <= 25; i++) await r(`XADD s ${i}-0 n 1`);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    expect(await r('XAUTOCLAIM s g cyd 1000000 0 COUNT 1')).toEqual(['11-0', [], []]);
    expect(await r('XAUTOCLAIM s g cyd 1000000 11-0 COUNT 2')).toEqual(['0-0', [], []]);
  });

  test('XAUTOCLAIM refuses mistakes before it looks for the group', async (r) => {
    await prepare(r);
    await r.fails(
      'XAUTOCLAIM none g cyd x 0',
      /^ERR Invalid min-idle-time argument for XAUTOCLAIM/,
    );
    await r.fails('XAUTOCLAIM none g cyd 0 x', /^ERR Invalid stream ID/);
    await r.fails('XAUTOCLAIM none g cyd 0 0 COUNT 0', /^ERR COUNT must be > 0$/);
    await r.fails('XAUTOCLAIM none g cyd 0 0 COUNT x', /^ERR COUNT must be > 0$/);
    await r.fails('XAUTOCLAIM none g cyd 0 0 COUNT', /^ERR syntax error$/);
    await r.fails('XAUTOCLAIM none g cyd 0 0 COUNT 576460752303423488', /^ERR COUNT must be > 0$/);
    await r.fails('XAUTOCLAIM none g cyd 0 0 COUNT 1', /^NOGROUP No such key 'none' or consumer/);
    await r.fails('XAUTOCLAIM s g cyd 0 0 COUNT 576460752303423487', /^ERR Insufficient memory/);
    await r('SET text x');
    await r.fails('XAUTOCLAIM text g cyd 0 0', /^WRONGTYPE/);
    expect(((await r('XINFO CONSUMERS s g')) as Value[]).length).toBe(2);
  });

  test('deliveries are counted to the last of 63 bits', async (r) => {
    await prepare(r);
    await r('XCLAIM s g ada 0 1-0 RETRYCOUNT 9223372036854775807 JUSTID');
    expect(await pending(r, '1 1 1')).toEqual(['1-0 ada 9223372036854775807']);
    await r('XCLAIM s g ada 0 1-0');
    expect(await pending(r, '1 1 1')).toEqual(['1-0 ada -9223372036854775808']);
  });
});
