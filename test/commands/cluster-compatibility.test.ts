import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

async function incompatible(r: Talk): Promise<number> {
  const text = String(await r('INFO stats'));
  return Number(/cluster_incompatible_ops:(\d+)/.exec(text)?.[1] ?? Number.NaN);
}

everywhere((test) => {
  test('outside of a cluster, CLUSTER and its like are refused', async (r) => {
    for (const line of [
      ...['CLUSTER INFO', 'CLUSTER KEYSLOT k', 'CLUSTER SLOTS', 'CLUSTER MEET 127.0.0.1 1'],
      ...['CLUSTER ADDSLOTS 1', 'CLUSTER RESET', 'ASKING', 'READONLY', 'READWRITE'],
    ]) {
      await r.fails(line, /^ERR This instance has cluster support disabled$/);
    }
    await r.fails('CLUSTER', /wrong number of arguments/);
    await r.fails('CLUSTER NOSUCH', /^ERR unknown subcommand 'NOSUCH'. Try CLUSTER HELP.$/);
    await r.fails('DEBUG INTERNAL_SECRET', /^ERR Internal secret is missing$/);
  });

  test('what a cluster would not do is not told of unless it is asked for', async (r) => {
    await r('MSET foo 1 bar 2');
    expect(await incompatible(r)).toBeNaN();
    await r('CONFIG SET cluster-compatibility-sample-ratio 100');
    expect(await incompatible(r)).toBe(0);
  });

  test('requests, transactions and scripts with keys of several slots are counted', async (r) => {
    await r('CONFIG SET cluster-compatibility-sample-ratio 100');
    let count = 0;
    const adds = async (more: number, ...lines: readonly string[][]) => {
      for (const line of lines) await r(line);
      count += more;
      expect([lines, await incompatible(r)]).toEqual([lines, count]);
    };
    await adds(0, ['MSET', '{a}1', '1', '{a}2', '2'], ['GET', 'foo']);
    await adds(1, ['MSET', 'foo', '1', 'bar', '2']);
    await adds(0, ['MULTI'], ['SET', 'foo', '1'], ['GET', 'foo'], ['EXEC']);
    await adds(1, ['MULTI'], ['SET', 'foo', '1'], ['SET', 'bar', '1'], ['EXEC']);
    await adds(1, ['EVAL', "redis.call('mset', 'foo', 0, 'bar', 0)", '0']);
    await adds(0, ['EVAL', "redis.call('set', 'foo', 0) redis.call('set', 'bar', 0)", '0']);
    const apart = "#!lua\nredis.call('set', 'foo', 0) redis.call('set', 'bar', 0)";
    await adds(1, ['EVAL', apart, '0']);
    await adds(1, ['EVAL', '#!lua flags=no-cluster\nreturn 1', '0']);
    await adds(1, ['SORT', 'list', 'BY', 'w_*']);
    await adds(0, ['SORT', 'list', 'BY', 'w_{list}*', 'GET', '#']);
    await adds(1, ['SORT', 'list', 'GET', 'o_*']);
    await adds(2, ['SELECT', '1'], ['SWAPDB', '0', '1'], ['SELECT', '0']);
    await adds(1, ['SET', 'k', 'v'], ['MOVE', 'k', '1']);
    await adds(1, ['SET', 'k', 'v'], ['COPY', 'k', 'l{k}', 'DB', '2']);
    await r('CONFIG RESETSTAT');
    expect(await incompatible(r)).toBe(0);
  });
});
