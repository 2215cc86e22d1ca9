// Lists: what does not wait. The blocking commands are in list-blocking.test.ts, encodings and
// nodes beside real Redis in list-random.test.ts.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const INTEGER = /^ERR value is not an integer or out of range$/;
const SYNTAX = /^ERR syntax error$/;
const WRONG_TYPE = /^WRONGTYPE /;

const ONE_NODE = { 'list-max-listpack-size': '-2' };
const MANY_NODES = { 'list-max-listpack-size': '2' };

everywhere(
  (test) => {
    test('elements pushed at the head come out in reverse', async (r) => {
      expect(await r('LPUSH k a b c')).toBe(3);
      expect(await r('RPUSH k x y')).toBe(5);
      expect(await r('LRANGE k 0 -1')).toEqual(['c', 'b', 'a', 'x', 'y']);
      expect(await r('LLEN k')).toBe(5);
    });

    test('LPUSHX and RPUSHX make no list', async (r) => {
      expect(await r('LPUSHX k a')).toBe(0);
      expect(await r('RPUSHX k a b')).toBe(0);
      expect(await r('EXISTS k')).toBe(0);
      await r('RPUSH k m');
      expect(await r('LPUSHX k a b')).toBe(3);
      expect(await r('RPUSHX k z')).toBe(4);
      expect(await r('LRANGE k 0 -1')).toEqual(['b', 'a', 'm', 'z']);
    });

    test('the last element takes the key with it', async (r) => {
      await r('RPUSH k a');
      expect(await r('LPOP k')).toBe('a');
      expect(await r('EXISTS k')).toBe(0);
      await r('RPUSH k a a');
      expect(await r('LREM k 0 a')).toBe(2);
      expect(await r('EXISTS k')).toBe(0);
      await r('RPUSH k a');
      expect(await r('LTRIM k 1 0')).toBe('OK');
      expect(await r('EXISTS k')).toBe(0);
    });

    test('a count makes LPOP and RPOP answer an array', async (r) => {
      await r('RPUSH k a b c d e');
      expect(await r('LPOP k 2')).toEqual(['a', 'b']);
      expect(await r('RPOP k 2')).toEqual(['e', 'd']);
      expect(await r('RPOP k 0')).toEqual([]);
      expect(await r('RPOP k 9')).toEqual(['c']);
      expect(await r('LPOP k 1')).toBe(null);
      expect(await r.raw('LPOP k 1')).toBe(r.resp3 ? '_\r\n' : '*-1\r\n');
      expect(await r.raw('LPOP k')).toBe(r.resp3 ? '_\r\n' : '$-1\r\n');
      await r.fails('LPOP k -1', /^ERR value is out of range, must be positive$/);
      await r.fails('LPOP k x', /^ERR value is out of range, must be positive$/);
      await r.fails('LPOP k 1 2', /^ERR wrong number of arguments for 'lpop' command$/);
    });

    test('indexes count from either end', async (r) => {
      await r('RPUSH k a b c d e');
      expect(await r('LINDEX k 0')).toBe('a');
      expect(await r('LINDEX k 3')).toBe('d');
      expect(await r('LINDEX k -2')).toBe('d');
      expect(await r('LINDEX k 5')).toBe(null);
      expect(await r('LINDEX k -6')).toBe(null);
      await r.fails('LINDEX k x', INTEGER);
      expect(await r('LINDEX nobody x')).toBe(null);
    });

    test('LSET replaces one element, and wants an index that is there', async (r) => {
      await r('RPUSH k a b c');
      expect(await r('LSET k 1 B')).toBe('OK');
      expect(await r('LSET k -1 C')).toBe('OK');
      expect(await r('LRANGE k 0 -1')).toEqual(['a', 'B', 'C']);
      await r.fails('LSET k 3 x', /^ERR index out of range$/);
      await r.fails('LSET k x x', INTEGER);
      await r.fails('LSET nobody x x', /^ERR no such key$/);
    });

    test('of an index beyond 32 bits LSET sees the lowest 32', async (r) => {
      await r('RPUSH k a b');
      expect(await r('LSET k 4294967297 B')).toBe('OK');
      expect(await r('LRANGE k 0 -1')).toEqual(['a', 'B']);
    });

    test('LINSERT looks for the first of equal pivots', async (r) => {
      await r('RPUSH k a b a');
      expect(await r('LINSERT k BEFORE a x')).toBe(4);
      expect(await r('LINSERT k after b y')).toBe(5);
      expect(await r('LRANGE k 0 -1')).toEqual(['x', 'a', 'b', 'y', 'a']);
      expect(await r('LINSERT k AFTER nobody z')).toBe(-1);
      expect(await r('LINSERT none AFTER a z')).toBe(0);
      await r.fails('LINSERT k BESIDE a z', SYNTAX);
    });

    test('LREM counts from the side that its sign names', async (r) => {
      await r('RPUSH k a b a c a b a');
      expect(await r('LREM k 1 a')).toBe(1);
      expect(await r('LREM k -2 a')).toBe(2);
      expect(await r('LRANGE k 0 -1')).toEqual(['b', 'a', 'c', 'b']);
      expect(await r('LREM k 0 b')).toBe(2);
      expect(await r('LREM k 0 z')).toBe(0);
      expect(await r('LRANGE k 0 -1')).toEqual(['a', 'c']);
      await r.fails('LREM k -9223372036854775808 a', /^ERR value is out of range, value must/);
    });

    test('LTRIM and LRANGE take ranges that reach beyond the list', async (r) => {
      await r('RPUSH k a b c d e f');
      expect(await r('LRANGE k -100 1')).toEqual(['a', 'b']);
      expect(await r('LRANGE k 4 9223372036854775807')).toEqual(['e', 'f']);
      expect(await r('LRANGE k 3 2')).toEqual([]);
      expect(await r('LRANGE k 6 9')).toEqual([]);
      expect(await r('LTRIM k 1 -2')).toBe('OK');
      expect(await r('LTRIM k -3 100')).toBe('OK');
      expect(await r('LRANGE k 0 -1')).toEqual(['c', 'd', 'e']);
      await r.fails('LTRIM k 1 x', INTEGER);
    });

    test('LPOS tells indexes by rank, from either end, and not too far', async (r) => {
      await r('RPUSH k a b c 1 2 3 c c');
      expect(await r('LPOS k c')).toBe(2);
      expect(await r('LPOS k c RANK 2')).toBe(6);
      expect(await r('LPOS k c RANK -1')).toBe(7);
      expect(await r('LPOS k c RANK 4')).toBe(null);
      expect(await r('LPOS k c COUNT 0')).toEqual([2, 6, 7]);
      expect(await r('LPOS k c COUNT 2 RANK -2')).toEqual([6, 2]);
      expect(await r('LPOS k c COUNT 0 MAXLEN 7')).toEqual([2, 6]);
      expect(await r('LPOS k c MAXLEN 2')).toBe(null);
      expect(await r('LPOS nobody c')).toBe(null);
      expect(await r('LPOS nobody c COUNT 1')).toEqual([]);
      await r.fails('LPOS k c RANK 0', /^ERR RANK can't be zero: use 1/);
      await r.fails('LPOS k c COUNT -1', /^ERR COUNT can't be negative$/);
      await r.fails('LPOS k c MAXLEN x', /^ERR MAXLEN can't be negative$/);
      await r.fails('LPOS k c MAXLEN', SYNTAX);
    });

    test('LMOVE takes from one end and puts at another, also of the same list', async (r) => {
      await r('RPUSH k a b c');
      expect(await r('LMOVE k k LEFT RIGHT')).toBe('a');
      expect(await r('RPOPLPUSH k k')).toBe('a');
      expect(await r('LMOVE k other right left')).toBe('c');
      expect(await r('LRANGE k 0 -1')).toEqual(['a', 'b']);
      expect(await r('LRANGE other 0 -1')).toEqual(['c']);
      expect(await r('LMOVE nobody other LEFT LEFT')).toBe(null);
      await r.fails('LMOVE k other UP LEFT', SYNTAX);
      await r('SET s x');
      await r.fails('LMOVE k s LEFT LEFT', WRONG_TYPE);
      expect(await r('LLEN k')).toBe(2);
      expect(await r('LMOVE nobody s LEFT LEFT')).toBe(null);
    });

    test('LMPOP takes from the first list that there is', async (r) => {
      await r('RPUSH b 1 2 3');
      expect(await r('LMPOP 2 a b LEFT')).toEqual(['b', ['1']]);
      expect(await r('LMPOP 2 a b RIGHT COUNT 5')).toEqual(['b', ['3', '2']]);
      expect(await r('LMPOP 2 a b RIGHT')).toBe(null);
      await r.fails('LMPOP 0 a LEFT', /^ERR numkeys should be greater than 0$/);
      await r.fails('LMPOP 1 a LEFT COUNT 0', /^ERR count should be greater than 0$/);
      await r.fails('LMPOP 2 a LEFT', SYNTAX);
      await r.fails('LMPOP 1 a LEFT COUNT 1 COUNT 1', SYNTAX);
    });

    test('a list refuses what is for other values, and they what is for lists', async (r) => {
      await r('RPUSH k a');
      await r('SET s x');
      await r.fails('GET k', WRONG_TYPE);
      await r.fails('APPEND k x', WRONG_TYPE);
      for (const line of ['LPUSH s x', 'RPUSHX s x', 'LPOP s', 'LLEN s', 'LRANGE s 0 1']) {
        await r.fails(line, WRONG_TYPE);
      }
      for (const line of ['LINDEX s x', 'LSET s 0 x', 'LREM s 0 x', 'LTRIM s 0 1', 'LPOS s x']) {
        await r.fails(line, WRONG_TYPE);
      }
      expect(await r('TYPE k')).toBe('list');
    });

    test('a copy has a life of its own', async (r) => {
      await r('RPUSH k a b c d e f');
      expect(await r('COPY k other')).toBe(1);
      await r('LSET k 0 x');
      await r('RPOP k 3');
      expect(await r('LRANGE other 0 -1')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      expect(await r('OBJECT ENCODING other')).toMatch(/list/);
    });
  },
  { configs: { 'one node': ONE_NODE, 'many nodes': MANY_NODES } },
);

everywhere((test) => {
  test('a list becomes a quicklist beyond the limit and a listpack at half of it', async (r) => {
    await r('CONFIG SET list-max-listpack-size 4');
    await r('RPUSH k a b c d');
    expect(await r('OBJECT ENCODING k')).toBe('listpack');
    await r('RPUSH k e');
    expect(await r('OBJECT ENCODING k')).toBe('quicklist');
    await r('RPOP k 2');
    expect(await r('OBJECT ENCODING k')).toBe('quicklist');
    await r('RPOP k');
    expect(await r('OBJECT ENCODING k')).toBe('listpack');
  });

  test('a large element is a node by itself', async (r) => {
    await r(['RPUSH', 'k', 'a', 'x'.repeat(10_000), 'b']);
    expect(await r('DEBUG OBJECT k')).toMatch(/ ql_nodes:3 .* ql_uncompressed_size:10020$/);
    expect(await r('LSET k 1 small')).toBe('OK');
    expect(await r('LRANGE k 0 -1')).toEqual(['a', 'small', 'b']);
  });

  test('an LSET out of range may have changed the encoding', async (r) => {
    await r('RPUSH k a');
    await r.fails(['LSET', 'k', '5', 'x'.repeat(10_000)], /^ERR index out of range$/);
    expect(await r('OBJECT ENCODING k')).toBe('quicklist');
  });
});
