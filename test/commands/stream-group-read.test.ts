// XREADGROUP: what a consumer is given, and waiting for it.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

/** Adds entries 1-0, 2-0, ... */
async function fill(r: Talk, key: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) await r(`XADD ${key} ${i}-0 n ${i}`);
}

/** The IDs that a consumer is given of a stream, each with a '!' if its entry is gone. */
async function ids(r: Talk, options: string): Promise<string[] | null> {
  return idsOf(await r(`XREADGROUP ${options}`));
}

function idsOf(reply: Value): string[] | null {
  if (reply === null) return null;
  const streams = reply instanceof Map ? [...reply] : (reply as [Value, Value][]);
  const entries = streams.flatMap(([, list]) => list as [string, Value][]);
  return entries.map(([id, words]) => (words === null ? `${id}!` : id));
}

/** Comes back when so many clients wait. */
async function blocked(r: Talk, count: number): Promise<void> {
  for (;;) {
    const text = String(await r('INFO clients'));
    if (text.includes(`blocked_clients:${count}\r\n`)) return;
  }
}

const failure = (reply: Promise<Value>): Promise<string> =>
  reply.then(
    () => 'no failure',
    (problem: Error) => problem.message,
  );

everywhere((test) => {
  test('the entries of a stream are shared among the consumers', async (r) => {
    await fill(r, 's', 4);
    await r('XGROUP CREATE s g 0');
    expect(await ids(r, 'GROUP g ada COUNT 1 STREAMS s >')).toEqual(['1-0']);
    expect(await ids(r, 'GROUP g bob COUNT 2 STREAMS s >')).toEqual(['2-0', '3-0']);
    expect(await ids(r, 'GROUP g ada STREAMS s >')).toEqual(['4-0']);
    expect(await ids(r, 'GROUP g bob STREAMS s >')).toBe(null);
  });

  test('any other ID asks for what the consumer has pending behind it', async (r) => {
    await fill(r, 's', 4);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada COUNT 3 STREAMS s >');
    expect(await ids(r, 'GROUP g ada STREAMS s 0')).toEqual(['1-0', '2-0', '3-0']);
    expect(await ids(r, 'GROUP g ada COUNT 1 STREAMS s 1')).toEqual(['2-0']);
    expect(await ids(r, 'GROUP g bob STREAMS s 0')).toEqual([]);
    await r('XDEL s 2-0');
    expect(await ids(r, 'GROUP g ada STREAMS s 1-0')).toEqual(['2-0!', '3-0']);
    await r('XACK s g 1-0 2-0 3-0');
    expect(await ids(r, 'GROUP g ada BLOCK 0 STREAMS s 0')).toEqual([]);
  });

  test('reading again counts deliveries, but not of what is gone', async (r) => {
    await fill(r, 's', 2);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    await r('XREADGROUP GROUP g ada STREAMS s 0');
    await r('XDEL s 1-0');
    await r('XREADGROUP GROUP g ada STREAMS s 0');
    const pending = (await r('XPENDING s g - + 10')) as Value[][];
    expect(pending.map(([id, , , deliveries]) => [id, deliveries])).toEqual([
      ['1-0', 2],
      ['2-0', 3],
    ]);
  });

  test('several streams are read at once, those without news left out', async (r) => {
    for (const key of ['a', 'b', 'c']) await r(`XGROUP CREATE ${key} g 0 MKSTREAM`);
    await r('XADD a 1-0 n 1');
    await r('XADD c 2-0 n 2');
    const reply = await r('XREADGROUP GROUP g ada STREAMS a b c > > >');
    const streams = reply instanceof Map ? [...reply] : (reply as Value[][]);
    expect(streams).toEqual([
      ['a', [['1-0', ['n', '1']]]],
      ['c', [['2-0', ['n', '2']]]],
    ]);
    expect(await ids(r, 'GROUP g ada STREAMS a b c 0 0 >')).toEqual(['1-0']);
  });

  test('with NOACK nothing becomes pending', async (r) => {
    await fill(r, 's', 2);
    await r('XGROUP CREATE s g 0');
    expect(await ids(r, 'GROUP g ada NOACK COUNT 1 STREAMS s >')).toEqual(['1-0']);
    expect(await ids(r, 'GROUP g ada NOACK STREAMS s 0')).toEqual([]);
    expect(await r('XPENDING s g')).toEqual([0, null, null, null]);
    expect(await ids(r, 'GROUP g ada STREAMS s >')).toEqual(['2-0']);
  });

  test('a group that was set back gives entries to others than before', async (r) => {
    await fill(r, 's', 3);
    await r('XGROUP CREATE s g 0');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    await r('XREADGROUP GROUP g ada STREAMS s 0');
    await r('XGROUP SETID s g 1-0');
    expect(await ids(r, 'GROUP g bob COUNT 1 STREAMS s >')).toEqual(['2-0']);
    const pending = (await r('XPENDING s g - + 10')) as Value[][];
    expect(pending.map(([id, name, , deliveries]) => [id, name, deliveries])).toEqual([
      ['1-0', 'ada', 2],
      ['2-0', 'bob', 1],
      ['3-0', 'ada', 2],
    ]);
  });

  test('mistakes are noticed in this order', async (r) => {
    await r('XGROUP CREATE s g 0 MKSTREAM');
    const refused = async (rest: string, words: RegExp): Promise<void> =>
      r.fails(`XREADGROUP ${rest}`, words);
    await refused('GROUP g ada STREAMS s', /^ERR wrong number of arguments for 'xreadgroup'/);
    await refused('GROUP g ada STREAMS s > x', /^ERR Unbalanced 'xreadgroup' list of streams/);
    await refused('GROUP g ada BLOCK x STREAMS s >', /^ERR timeout is not an integer/);
    await refused('GROUP g ada BLOCK -1 STREAMS s >', /^ERR timeout is negative$/);
    await refused('GROUP g ada COUNT x STREAMS s >', /^ERR value is not an integer/);
    await refused('GROUP g ada JUNK STREAMS s >', /^ERR syntax error$/);
    await refused('COUNT 1 NOACK NOACK STREAMS s >', /^ERR Missing GROUP option for XREADGROUP$/);
    await refused('GROUP g ada COUNT 1 s >', /^ERR syntax error$/);
    await refused('GROUP h ada STREAMS s x', /^NOGROUP No such key 's' or consumer group 'h' in X/);
    await refused('GROUP g ada STREAMS none >', /group 'g' in XREADGROUP with GROUP option$/);
    await refused('GROUP g ada STREAMS s $', /^ERR The \$ ID is meaningless in the context of/);
    await refused('GROUP g ada STREAMS s +', /^ERR The \+ ID is meaningless in the context of/);
    await refused('GROUP g ada STREAMS s -', /^ERR Invalid stream ID/);
    await r('SET text x');
    await refused('GROUP g ada STREAMS s text > >', /^WRONGTYPE/);
    await refused('GROUP g ada STREAMS text s > x', /^WRONGTYPE/);
    await r.fails('XREAD GROUP g ada STREAMS s 0', /^ERR The GROUP option is only supported by/);
    expect(await r('XINFO CONSUMERS s g')).toEqual([]);
  });

  test('a consumer that waits is there at once, and is given what comes', async (r) => {
    await r('XGROUP CREATE s g $ MKSTREAM');
    const ada = await r.client();
    const bob = await r.client();
    const first = ada('XREADGROUP GROUP g ada BLOCK 0 STREAMS s >');
    await blocked(r, 1);
    const second = bob('XREADGROUP GROUP g bob BLOCK 0 STREAMS s >');
    await blocked(r, 2);
    expect(((await r('XINFO CONSUMERS s g')) as Value[]).length).toBe(2);
    await r('XADD s 1-0 n 1');
    expect(idsOf(await first)).toEqual(['1-0']);
    await blocked(r, 1);
    await r('MULTI');
    await r('XADD s 2-0 n 2');
    await r('XADD s 3-0 n 3');
    await r('EXEC');
    expect(idsOf(await second)).toEqual(['2-0', '3-0']);
    const shares = [
      ['ada', '1'],
      ['bob', '2'],
    ];
    expect(await r('XPENDING s g')).toEqual([3, '1-0', '3-0', shares]);
  });

  test('in a transaction nobody waits', async (r) => {
    await r('XGROUP CREATE s g $ MKSTREAM');
    await r('MULTI');
    await r('XREADGROUP GROUP g ada BLOCK 0 STREAMS s >');
    expect(await r('EXEC')).toEqual([null]);
  });

  for (const [how, words, ...lines] of [
    ['the stream is deleted', /^NOGROUP No such key 's' or consumer group 'g' in/, 'DEL s'],
    ['its database is emptied', /^NOGROUP /, 'FLUSHALL'],
    ['it expires', /^NOGROUP /, 'PEXPIREAT s 1'],
    ['it gets another name', /^NOGROUP /, 'RENAME s t'],
    ['it is moved away', /^NOGROUP /, 'MOVE s 1'],
    ['the group is destroyed', /^NOGROUP /, 'XGROUP DESTROY s g'],
    ['the key holds something else', /^WRONGTYPE /, 'SET s x'],
    ['something else takes its name', /^WRONGTYPE /, 'SET t x', 'RENAME t s'],
    ['databases are exchanged', /^NOGROUP /, 'SWAPDB 0 1'],
    ['another stream is copied there', /^NOGROUP /, 'XADD t * a b', 'COPY t s REPLACE'],
  ] as [string, RegExp, ...string[]][]) {
    test(`who waits is refused when ${how}`, async (r) => {
      await r('XGROUP CREATE s g $ MKSTREAM');
      const ada = await r.client();
      const reply = failure(ada('XREADGROUP GROUP g ada BLOCK 0 STREAMS s >'));
      await blocked(r, 1);
      for (const line of lines) await r(line);
      expect(await reply).toMatch(words);
      expect(await ada('PING')).toBe('PONG');
    });
  }

  test('who waits goes on waiting if the group is there again in time', async (r) => {
    await r('XGROUP CREATE s g $ MKSTREAM');
    const ada = await r.client();
    const reply = ada('XREADGROUP GROUP g ada BLOCK 0 STREAMS s >');
    await blocked(r, 1);
    await r('MULTI');
    await r('DEL s');
    await r('XGROUP CREATE s g 5-0 MKSTREAM');
    await r('XADD s 5-0 n 1');
    await r('EXEC');
    expect(((await r('XINFO CONSUMERS s g')) as Value[]).length).toBe(1);
    await blocked(r, 1);
    await r('XADD s 6-0 n 1');
    expect(idsOf(await reply)).toEqual(['6-0']);
  });

  test('XREAD waits on when its stream goes', async (r) => {
    await r('XADD s 1-0 n 1');
    const reader = await r.client();
    const reply = reader('XREAD BLOCK 0 STREAMS s $');
    await blocked(r, 1);
    await r('DEL s');
    await blocked(r, 1);
    await r('XADD s 2-0 n 2');
    expect(idsOf(await reply)).toEqual(['2-0']);
  });

  test('who has waited long enough gets nothing', {
    skip: { real: 'time is moved' },
  }, async (r) => {
    r.clock.freeze();
    await r('XGROUP CREATE s g $ MKSTREAM');
    const ada = await r.client();
    const reply = ada('XREADGROUP GROUP g ada BLOCK 1500 STREAMS s >');
    await blocked(r, 1);
    r.clock.advance(1499);
    await blocked(r, 1);
    r.clock.advance(1);
    expect(await reply).toBe(null);
  });

  test('when a consumer was seen and when it was given something are two times', {
    skip: { real: 'time is moved' },
  }, async (r) => {
    r.clock.freeze();
    const times = async (): Promise<Value[]> => {
      const [consumer] = (await r('XINFO CONSUMERS s g')) as Value[];
      const flat = consumer instanceof Map ? [...consumer].flat() : (consumer as Value[]);
      return [flat[5], flat[7]];
    };
    await r('XGROUP CREATE s g $ MKSTREAM');
    await r('XGROUP CREATECONSUMER s g ada');
    r.clock.advance(10);
    expect(await times()).toEqual([10, -1]);
    await r('XREADGROUP GROUP g ada STREAMS s >');
    expect(await times()).toEqual([0, -1]);
    await r('XADD s 1-0 n 1');
    await r('XREADGROUP GROUP g ada STREAMS s >');
    r.clock.advance(5);
    expect(await times()).toEqual([5, 5]);
    await r('XREADGROUP GROUP g ada STREAMS s 0');
    expect(await times()).toEqual([0, 5]);
    await r('XADD s 2-0 n 1');
    await r('XREADGROUP GROUP g ada NOACK STREAMS s >');
    expect(await times()).toEqual([0, 5]);
    await r('XAUTOCLAIM s g ada 0 0');
    expect(await times()).toEqual([0, 0]);
  });
});
