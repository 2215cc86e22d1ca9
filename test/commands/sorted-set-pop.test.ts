// Taking members from the ends, and waiting for them.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

everywhere(
  (test) => {
    test('ZPOPMIN and ZPOPMAX take from either end', async (r) => {
      await r('ZADD z 1 a 2 b 3 c 4 d');
      expect(await r('ZPOPMIN z')).toEqual(r.resp3 ? ['a', 1] : ['a', '1']);
      expect(await r('ZPOPMAX z 2')).toEqual(
        r.resp3
          ? [
              ['d', 4],
              ['c', 3],
            ]
          : ['d', '4', 'c', '3'],
      );
      expect(await r('ZPOPMIN z 0')).toEqual([]);
      expect(await r('ZCARD z')).toBe(1);
      expect(await r('ZPOPMAX z 100')).toHaveLength(r.resp3 ? 1 : 2);
      expect(await r('EXISTS z')).toBe(0);
      expect(await r('ZPOPMIN z')).toEqual([]);
      await r.fails('ZPOPMIN z -1', /^ERR value is out of range, must be positive$/);
      await r.fails('ZPOPMIN z 1 2', /^ERR syntax error$/);
    });

    test('ZMPOP takes from the first key that has members, and tells which', async (r) => {
      await r('ZADD z 1 a 2 b 3 c');
      const score = (n: number) => (r.resp3 ? n : String(n));
      expect(await r('ZMPOP 2 none z MIN')).toEqual(['z', [['a', score(1)]]]);
      expect(await r('ZMPOP 2 none z MAX COUNT 9')).toEqual([
        'z',
        [
          ['c', score(3)],
          ['b', score(2)],
        ],
      ]);
      expect(await r('ZMPOP 2 none z MAX')).toBe(null);
      await r.fails('ZMPOP 0 z MIN', /^ERR numkeys should be greater than 0$/);
      await r.fails('ZMPOP 1 z MIN COUNT 0', /^ERR count should be greater than 0$/);
      await r.fails('ZMPOP 1 z SIDE', /^ERR syntax error$/);
    });

    test('BZPOPMIN takes at once what there is', async (r) => {
      await r('ZADD z 1 a 2 b');
      expect(await r('BZPOPMIN none z 0')).toEqual(['z', 'a', r.resp3 ? 1 : '1']);
      expect(await r('BZMPOP 0 1 z MIN COUNT 5')).toEqual(['z', [['b', r.resp3 ? 2 : '2']]]);
      await r.fails('BZPOPMIN z x', /^ERR timeout is not a float or out of range$/);
      await r.fails('BZPOPMIN z -1', /^ERR timeout is negative$/);
    });

    test('those who wait are served in the order of their coming', async (r) => {
      const one = await r.client();
      const two = await r.client();
      const id = async () =>
        Number(/blocked_clients:(\d+)/.exec((await r('INFO clients')) as string)![1]);
      const first = one('BZPOPMIN z 0');
      while ((await id()) < 1);
      const second = two('BZMPOP 0 2 none z MAX');
      while ((await id()) < 2);
      await r('ZADD z 1 a 2 b');
      expect(await first).toEqual(['z', 'a', r.resp3 ? 1 : '1']);
      expect(await second).toEqual(['z', [['b', r.resp3 ? 2 : '2']]]);
      expect(await r('EXISTS z')).toBe(0);
    });

    test('a set of another kind does not wake those who wait for a sorted one', async (r) => {
      const one = await r.client();
      const id = async () =>
        Number(/blocked_clients:(\d+)/.exec((await r('INFO clients')) as string)![1]);
      const first = one('BZPOPMAX z 0');
      while ((await id()) < 1);
      await r('SADD z x');
      await r('DEL z');
      await r('ZUNIONSTORE z 1 none');
      await r('ZADD other 1 a 2 b');
      await r('ZRANGESTORE z other 0 -1');
      expect(await first).toEqual(['z', 'b', r.resp3 ? 2 : '2']);
    });

    test('nobody waits inside of a transaction', async (r) => {
      await r('MULTI');
      await r('BZPOPMIN z 0');
      await r('BZMPOP 0 1 z MIN');
      expect(await r('EXEC')).toEqual([null, null]);
    });
  },
  {
    configs: {
      'small sets': {},
      'large sets': { 'zset-max-listpack-entries': '0' },
    },
  },
);

everywhere(
  (test) => {
    test('who waits in vain is told so when the time is over', async (r) => {
      r.clock.freeze();
      const one = await r.client();
      const waiting = one('BZPOPMIN z 1.5');
      while (!/blocked_clients:1/.test((await r('INFO clients')) as string));
      r.clock.advance(1500);
      expect(await waiting).toBe(null);
    });
  },
  { skip: { real: 'its clock is not ours' } },
);
