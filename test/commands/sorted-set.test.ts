// Members and scores. Ranges, combinations, and taking from the ends have transcripts of their own.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const configs = {
  'small sets': {},
  'large sets': { 'zset-max-listpack-entries': '0' },
};

everywhere(
  (test) => {
    test('ZADD counts the members that are new, or with CH those that changed', async (r) => {
      expect(await r('ZADD board 10 ada 20 bob')).toBe(2);
      expect(await r('ZADD board 15 ada 30 cyd')).toBe(1);
      expect(await r('ZADD board CH 16 ada 30 cyd 5 dan')).toBe(2);
      expect(await r('ZRANGE board 0 -1')).toEqual(['dan', 'ada', 'bob', 'cyd']);
      expect(await r('ZCARD board')).toBe(4);
    });

    test('equal scores are ordered by the bytes of the members', async (r) => {
      await r('ZADD board 1 b 1 a 1 Z 1 "\\xff" 1 aa');
      expect(await r('ZRANGE board 0 -1')).toEqual(['Z', 'a', 'aa', 'b', '\xff']);
    });

    test('ZADD stores nothing if any score is bad', async (r) => {
      await r.fails('ZADD board 1 ada x bob', /^ERR value is not a valid float$/);
      await r.fails('ZADD board 1 ada nan bob', /^ERR value is not a valid float$/);
      expect(await r('EXISTS board')).toBe(0);
    });

    test('ZADD XX on a missing key does not create it', async (r) => {
      expect(await r('ZADD board XX 1 ada')).toBe(0);
      expect(await r('ZADD board XX INCR 1 ada')).toBe(null);
      expect(await r('EXISTS board')).toBe(0);
    });

    test('ZADD refuses options that contradict each other', async (r) => {
      await r.fails('ZADD board NX XX 1 ada', /^ERR XX and NX/);
      await r.fails('ZADD board NX GT 1 ada', /^ERR GT, LT, and\/or NX/);
      await r.fails('ZADD board GT LT 1 ada', /^ERR GT, LT, and\/or NX/);
      await r.fails('ZADD board INCR 1 ada 2 bob', /^ERR INCR option supports a single/);
      await r.fails('ZADD board NX', /wrong number of arguments/);
      await r.fails('ZADD board NX CH', /^ERR syntax error$/);
      await r.fails('ZADD board 1 ada 2', /^ERR syntax error$/);
    });

    for (const [option, score, outcome] of [
      ['GT', 11, 11],
      ['GT', 9, 10],
      ['LT', 9, 9],
      ['LT', 11, 10],
      ['NX', 99, 10],
      ['XX', 99, 99],
    ] as const) {
      test(`ZADD ${option} ${score} over a score of 10 leaves ${outcome}`, async (r) => {
        await r('ZADD board 10 ada');
        await r(`ZADD board ${option} ${score} ada`);
        expect(Number(await r('ZSCORE board ada'))).toBe(outcome);
      });
    }

    test('ZADD INCR and ZINCRBY answer the new score, and refuse to make a NaN', async (r) => {
      expect(Number(await r('ZADD board INCR 1.5 ada'))).toBe(1.5);
      expect(Number(await r('ZINCRBY board 2 ada'))).toBe(3.5);
      expect(await r('ZADD board NX INCR 1 ada')).toBe(null);
      await r('ZADD board inf ada');
      await r.fails('ZINCRBY board -inf ada', /^ERR resulting score is not a number \(NaN\)$/);
      expect(await r('ZRANGEBYSCORE board inf inf')).toEqual(['ada']);
    });

    test('ZREM of the last member removes the key', async (r) => {
      await r('ZADD board 1 ada 2 bob');
      expect(await r('ZREM board ada nobody ada')).toBe(1);
      expect(await r('ZREM board bob ada')).toBe(1);
      expect(await r('EXISTS board')).toBe(0);
      expect(await r('ZREM board bob')).toBe(0);
    });

    test('a score is a string in RESP2 and a double in RESP3', async (r) => {
      await r('ZADD board 1.5 ada -inf bob');
      expect(await r.raw('ZSCORE board ada')).toBe(r.resp3 ? ',1.5\r\n' : '$3\r\n1.5\r\n');
      expect(await r.raw('ZSCORE board bob')).toBe(r.resp3 ? ',-inf\r\n' : '$4\r\n-inf\r\n');
      expect(await r('ZSCORE board nobody')).toBe(null);
      expect(await r('ZSCORE nothing ada')).toBe(null);
      const scores = (await r('ZMSCORE board nobody ada')) as unknown[];
      expect(scores.map((score) => score && Number(score))).toEqual([null, 1.5]);
    });

    test('ZRANK and ZREVRANK count from either end, with the score if asked', async (r) => {
      await r('ZADD board 1 ada 2 bob 3 cyd');
      expect(await r('ZRANK board ada')).toBe(0);
      expect(await r('ZREVRANK board ada')).toBe(2);
      expect(await r('ZRANK board nobody')).toBe(null);
      const [rank, score] = (await r('ZRANK board cyd withscore')) as unknown[];
      expect([rank, Number(score)]).toEqual([2, 3]);
      const none = r.resp3 ? '_\r\n' : '*-1\r\n';
      expect(await r.raw('ZREVRANK board nobody WITHSCORE')).toBe(none);
      await r.fails('ZRANK board ada scores', /^ERR syntax error$/);
      await r.fails('ZRANK board ada withscore x', /wrong number of arguments for 'zrank'/);
    });

    test('ZSCAN says every member with its score', async (r) => {
      for (let i = 0; i < 40; i++) await r(['ZADD', 'board', i, `m${i}`]);
      const found = new Map<string, number>();
      let cursor = '0';
      do {
        const [next, pairs] = (await r(['ZSCAN', 'board', cursor, 'COUNT', 7])) as [
          string,
          string[],
        ];
        for (let i = 0; i < pairs.length; i += 2) found.set(pairs[i], Number(pairs[i + 1]));
        cursor = next;
      } while (cursor !== '0');
      expect(found.size).toBe(40);
      for (const [member, score] of found) expect(member).toBe(`m${score}`);
      const [, some] = (await r('ZSCAN board 0 MATCH m3 COUNT 100')) as [string, string[]];
      expect(some).toEqual(['m3', '3']);
      await r.fails('ZSCAN board 0 NOVALUES', /NOVALUES option can only be used in HSCAN/);
      await r.fails('ZSCAN board 0 TYPE zset', /^ERR syntax error$/);
    });

    test('ZRANDMEMBER picks members, distinct ones unless told otherwise', async (r) => {
      await r('ZADD board 1 ada 2 bob 3 cyd');
      expect(['ada', 'bob', 'cyd']).toContain(await r('ZRANDMEMBER board'));
      const two = (await r('ZRANDMEMBER board 2')) as string[];
      expect(new Set(two).size).toBe(2);
      expect(await r('ZRANDMEMBER board -9')).toHaveLength(9);
      expect(((await r('ZRANDMEMBER board 9')) as string[]).sort()).toEqual(['ada', 'bob', 'cyd']);
      const pairs = await r('ZRANDMEMBER board -2 WITHSCORES');
      expect(pairs).toHaveLength(r.resp3 ? 2 : 4);
      expect(await r('ZRANDMEMBER board 0')).toEqual([]);
      expect(await r('ZRANDMEMBER nothing')).toBe(null);
      expect(await r('ZRANDMEMBER nothing 3')).toEqual([]);
    });

    test('a copy has members of its own', async (r) => {
      await r('ZADD board 1 ada 2 bob');
      await r('COPY board other');
      await r('ZADD other 9 ada');
      expect(await r('ZRANGE board 0 -1')).toEqual(['ada', 'bob']);
      expect(await r('ZRANGE other 0 -1')).toEqual(['bob', 'ada']);
      expect(await r('TYPE other')).toBe('zset');
    });
  },
  { configs },
);

everywhere((test) => {
  test('a set is a skip list from the first member on that is one too many, or too long', async (r) => {
    for (let i = 0; i < 128; i++) await r(['ZADD', 'board', i, i]);
    expect(await r('OBJECT ENCODING board')).toBe('listpack');
    await r('ZADD board 0 more');
    expect(await r('OBJECT ENCODING board')).toBe('skiplist');
    await r('ZREM board more');
    expect(await r('OBJECT ENCODING board')).toBe('skiplist');
    await r(['ZADD', 'other', 1, 'x'.repeat(64)]);
    expect(await r('OBJECT ENCODING other')).toBe('listpack');
    await r(['ZADD', 'other', 1, 'x'.repeat(65)]);
    expect(await r('OBJECT ENCODING other')).toBe('skiplist');
  });

  test('every command here answers WRONGTYPE to a string, and leaves it alone', async (r) => {
    await r('SET s x');
    for (const line of [
      'ZADD s 1 a',
      'ZINCRBY s 1 a',
      'ZREM s a',
      'ZCARD s',
      'ZSCORE s a',
      'ZMSCORE s a',
      'ZRANK s a',
      'ZREVRANK s a',
      'ZCOUNT s 0 1',
      'ZLEXCOUNT s - +',
      'ZRANGE s 0 -1',
      'ZREVRANGE s 0 -1',
      'ZRANGEBYSCORE s 0 1',
      'ZRANGEBYLEX s - +',
      'ZRANGESTORE d s 0 -1',
      'ZREMRANGEBYRANK s 0 -1',
      'ZREMRANGEBYSCORE s 0 1',
      'ZREMRANGEBYLEX s - +',
      'ZPOPMIN s',
      'ZMPOP 1 s MAX',
      'BZPOPMAX s 0',
      'BZMPOP 0 1 s MIN',
      'ZUNION 1 s',
      'ZINTERSTORE d 1 s',
      'ZINTERCARD 1 s',
      'ZRANDMEMBER s',
      'ZSCAN s 0',
    ]) {
      await r.fails(line, /^WRONGTYPE/);
    }
    expect(await r('GET s')).toBe('x');
  });
});
