// Ranges of ranks, scores and names, and sets put together from others.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

const configs = {
  'small sets': {},
  'large sets': { 'zset-max-listpack-entries': '0' },
};

/** What a reply with scores says in either protocol. */
async function pairs(r: Talk, line: string): Promise<unknown[]> {
  const reply = (await r(line)) as unknown[];
  const flat = r.resp3 ? reply.flat() : reply;
  return flat.map((each, i) => (i % 2 === 0 ? each : Number(each)));
}

everywhere(
  (test) => {
    test('ZRANGE counts ranks from either end', async (r) => {
      await r('ZADD z 1 a 2 b 3 c 4 d');
      expect(await r('ZRANGE z 0 -1')).toEqual(['a', 'b', 'c', 'd']);
      expect(await r('ZRANGE z 1 2')).toEqual(['b', 'c']);
      expect(await r('ZRANGE z -2 100')).toEqual(['c', 'd']);
      expect(await r('ZRANGE z 3 1')).toEqual([]);
      expect(await r('ZRANGE z 0 1 REV')).toEqual(['d', 'c']);
      expect(await r('ZREVRANGE z 2 -1')).toEqual(['b', 'a']);
      expect(await r('ZRANGE nothing 0 -1')).toEqual([]);
      await r.fails('ZRANGE z a 1', /^ERR value is not an integer or out of range$/);
    });

    test('WITHSCORES is flat in RESP2 and nested in RESP3', async (r) => {
      await r('ZADD z 1.5 a 2 b');
      expect(await r('ZRANGE z 0 -1 WITHSCORES')).toEqual(
        r.resp3
          ? [
              ['a', 1.5],
              ['b', 2],
            ]
          : ['a', '1.5', 'b', '2'],
      );
    });

    test('a range of scores may leave its ends out, and be limited', async (r) => {
      await r('ZADD z -inf a 1 b 1 c 2 d inf e');
      expect(await r('ZRANGE z -inf +inf BYSCORE')).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await r('ZRANGEBYSCORE z (-inf (2')).toEqual(['b', 'c']);
      expect(await r('ZREVRANGEBYSCORE z 2 1')).toEqual(['d', 'c', 'b']);
      expect(await r('ZRANGE z 2 1 BYSCORE REV LIMIT 1 1')).toEqual(['c']);
      expect(await r('ZRANGEBYSCORE z 2 1')).toEqual([]);
      expect(await r('ZRANGEBYSCORE z -inf inf LIMIT 3 -1')).toEqual(['d', 'e']);
      expect(await pairs(r, 'ZRANGEBYSCORE z 1 2 LIMIT 1 2 WITHSCORES')).toEqual(['c', 1, 'd', 2]);
      expect(await r('ZCOUNT z (1 inf')).toBe(2);
      await r.fails('ZCOUNT z x 1', /^ERR min or max is not a float$/);
    });

    test('a negative offset leaves nothing of a small set, but something of a large one', async (r) => {
      await r('ZADD z 1 a 2 b 3 c');
      const large = (await r('OBJECT ENCODING z')) === 'skiplist';
      expect(await r('ZRANGEBYSCORE z 1 3 LIMIT -1 9')).toEqual(large ? ['c'] : []);
      expect(await r('ZREVRANGEBYSCORE z 3 1 LIMIT -2 9')).toEqual(large ? ['b', 'a'] : []);
      expect(await r('ZRANGEBYSCORE z 1 3 LIMIT -4 9')).toEqual([]);
    });

    test('where scores are equal, a range may be of names', async (r) => {
      await r('ZADD z 0 a 0 b 0 c 0 d');
      expect(await r('ZRANGE z - + BYLEX')).toEqual(['a', 'b', 'c', 'd']);
      expect(await r('ZRANGEBYLEX z (a [c')).toEqual(['b', 'c']);
      expect(await r('ZREVRANGEBYLEX z + (b')).toEqual(['d', 'c']);
      expect(await r('ZRANGE z [d [b BYLEX REV LIMIT 1 1')).toEqual(['c']);
      expect(await r('ZRANGEBYLEX z + -')).toEqual([]);
      expect(await r('ZLEXCOUNT z [b [bb')).toBe(1);
      await r.fails('ZRANGEBYLEX z a b', /^ERR min or max not valid string range item$/);
    });

    test('ZRANGE refuses what it cannot combine', async (r) => {
      await r.fails('ZRANGE z 0 1 LIMIT 0 1', /LIMIT is only supported in combination/);
      await r.fails('ZRANGE z - + BYLEX WITHSCORES', /WITHSCORES not supported in combination/);
      await r.fails('ZRANGE z 0 1 BYLEX BYSCORE', /^ERR syntax error$/);
      await r.fails('ZREVRANGE z 0 1 REV', /^ERR syntax error$/);
    });

    test('ZRANGESTORE stores a range over whatever the key held', async (r) => {
      await r('ZADD z 1 a 2 b 3 c');
      await r('SET d x');
      expect(await r('ZRANGESTORE d z (1 3 BYSCORE LIMIT 0 1')).toBe(1);
      expect(await pairs(r, 'ZRANGE d 0 -1 WITHSCORES')).toEqual(['b', 2]);
      expect(await r('ZRANGESTORE d z 9 9')).toBe(0);
      expect(await r('EXISTS d')).toBe(0);
    });

    test('ranges can be removed, and the key with the last of them', async (r) => {
      await r('ZADD z 0 a 0 b 0 c 0 d 1 e 2 f');
      expect(await r('ZREMRANGEBYRANK z -1 -1')).toBe(1);
      expect(await r('ZREMRANGEBYSCORE z (0 5')).toBe(1);
      expect(await r('ZREMRANGEBYLEX z [b (d')).toBe(2);
      expect(await r('ZRANGE z 0 -1')).toEqual(['a', 'd']);
      expect(await r('ZREMRANGEBYSCORE z 5 0')).toBe(0);
      expect(await r('ZREMRANGEBYRANK z 0 -1')).toBe(2);
      expect(await r('EXISTS z')).toBe(0);
    });

    test('ZUNION adds up weighed scores, or takes the lowest or highest', async (r) => {
      await r('ZADD x 1 a 2 b');
      await r('ZADD y 10 b 20 c');
      expect(await pairs(r, 'ZUNION 2 x y WITHSCORES')).toEqual(['a', 1, 'b', 12, 'c', 20]);
      expect(await pairs(r, 'ZUNION 2 x y WEIGHTS 3 -1 AGGREGATE MIN WITHSCORES')).toEqual([
        'c',
        -20,
        'b',
        -10,
        'a',
        3,
      ]);
      expect(await r('ZUNIONSTORE d 3 x y none AGGREGATE MAX')).toBe(3);
      expect(await pairs(r, 'ZRANGE d 0 -1 WITHSCORES')).toEqual(['a', 1, 'b', 10, 'c', 20]);
    });

    test('a plain set counts as one whose scores are 1', async (r) => {
      await r('ZADD x 5 a 2 b');
      await r('SADD s a c');
      expect(await pairs(r, 'ZINTER 2 x s WITHSCORES')).toEqual(['a', 6]);
      expect(await pairs(r, 'ZUNION 2 s x WITHSCORES')).toEqual(['c', 1, 'b', 2, 'a', 6]);
      expect(await pairs(r, 'ZDIFF 2 s x WITHSCORES')).toEqual(['c', 1]);
    });

    test('infinity less infinity is nothing, and so is infinity times nothing', async (r) => {
      await r('ZADD x inf a');
      await r('ZADD y -inf a');
      expect(await pairs(r, 'ZUNION 2 x y WITHSCORES')).toEqual(['a', 0]);
      expect(await pairs(r, 'ZINTER 2 x x WEIGHTS 0 0 WITHSCORES')).toEqual(['a', 0]);
    });

    test('ZINTERCARD stops at its limit', async (r) => {
      await r('ZADD x 1 a 2 b 3 c');
      await r('ZADD y 1 a 2 b 3 c');
      expect(await r('ZINTERCARD 2 x y')).toBe(3);
      expect(await r('ZINTERCARD 2 x y LIMIT 2')).toBe(2);
      expect(await r('ZINTERCARD 2 x y LIMIT 0')).toBe(3);
      await r.fails('ZINTERCARD 2 x y LIMIT -1', /^ERR LIMIT can't be negative$/);
    });

    test('an empty result takes the key away that it should be stored in', async (r) => {
      await r('ZADD x 1 a');
      await r('SET d 1');
      expect(await r('ZDIFFSTORE d 2 x x')).toBe(0);
      expect(await r('EXISTS d')).toBe(0);
      expect(await r('ZINTERSTORE d 2 x none')).toBe(0);
    });

    test('combinations need a key, and as many as they say', async (r) => {
      await r.fails('ZUNION 0 x', /^ERR at least 1 input key is needed for 'zunion' command$/);
      await r.fails('ZDIFFSTORE d 0 x', /needed for 'zdiffstore' command$/);
      await r.fails('ZINTER 3 x y', /^ERR syntax error$/);
      await r.fails('ZINTER x y', /^ERR value is not an integer or out of range$/);
      await r.fails('ZUNION 1 x WEIGHTS y', /^ERR weight value is not a float$/);
      await r.fails('ZDIFF 1 x WEIGHTS 1', /^ERR syntax error$/);
      await r.fails('ZUNIONSTORE d 1 x WITHSCORES', /^ERR syntax error$/);
    });
  },
  { configs },
);
