import { describe, expect, test } from 'vitest';
import { realRedis } from '../oracle/bring.ts';
import type { Reply } from '../wire.ts';
import { ME, nodeLine, OTHER, type Pair, THIRD, withPair } from './cluster-pair.ts';

const ALONE = `${nodeLine(ME, 7001, 'myself,master', '')}vars currentEpoch 1 lastVoteEpoch 0\n`;
const ALL = `${nodeLine(ME, 7001, 'myself,master', '0-16383')}vars currentEpoch 1 lastVoteEpoch 0\n`;
// foo is of slot 12182, bar of 5061, hello of 866.
const THREE =
  nodeLine(ME, 7001, 'myself,master', '0-5460') +
  nodeLine(OTHER, 7002, 'master', '5461-10922') +
  nodeLine(THIRD, 7003, 'master', '10923-16383') +
  'vars currentEpoch 3 lastVoteEpoch 0\n';

const there = (await realRedis('8.0.2')) !== null;

/** Lines in their order, whatever that is; without when nodes were heard. */
function nodeLines({ text }: Reply): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/ \d+ \d+ (\d+) (dis)?connected/, ' $1'))
    .sort();
}

async function say(pair: Pair, lines: string): Promise<void> {
  for (const line of lines.split('\n')) {
    if (line.trim() !== '') await pair(line.trim());
  }
}

describe.skipIf(!there)('a node beside a real one', () => {
  test('alone, it takes slots and gives them back', async () => {
    await withPair(ALONE, {}, async (pair) => {
      await say(
        pair,
        `
        CLUSTER MYID
        CLUSTER MYSHARDID
        CLUSTER KEYSLOT foo
        CLUSTER KEYSLOT {foo}bar
        CLUSTER SLOTS
        CLUSTER LINKS
        GET foo
        CLUSTER ADDSLOTS 1 2 x
        CLUSTER ADDSLOTS 1 2 16384
        CLUSTER ADDSLOTS 1 2 -1
        CLUSTER ADDSLOTS 1 2 1
        CLUSTER ADDSLOTS 1 2
        CLUSTER ADDSLOTS 3 2
        CLUSTER DELSLOTS 3
        CLUSTER DELSLOTS 2 2
        CLUSTER DELSLOTS 2
        CLUSTER ADDSLOTSRANGE 5
        CLUSTER ADDSLOTSRANGE 5 7 9
        CLUSTER ADDSLOTSRANGE 7 5
        CLUSTER ADDSLOTSRANGE 5 7 7 9
        CLUSTER ADDSLOTSRANGE 5 7 9 9 12 16383
        CLUSTER SLOTS
        CLUSTER SHARDS
        CLUSTER DELSLOTSRANGE 5 8
        CLUSTER DELSLOTSRANGE 6 6 6 6
        CLUSTER DELSLOTSRANGE 6 6
        CLUSTER SLOTS
        CLUSTER COUNTKEYSINSLOT 6
        CLUSTER COUNTKEYSINSLOT 16384
        CLUSTER COUNTKEYSINSLOT x
        CLUSTER GETKEYSINSLOT 6 10
        CLUSTER GETKEYSINSLOT 6 -1
        CLUSTER GETKEYSINSLOT 16384 1
        CLUSTER GETKEYSINSLOT x 1
        CLUSTER GETKEYSINSLOT 1 x
        CLUSTER COUNT-FAILURE-REPORTS ${ME}
        CLUSTER COUNT-FAILURE-REPORTS ${OTHER}
        CLUSTER REPLICAS ${ME}
        CLUSTER SLAVES ${ME}
        CLUSTER REPLICAS nobody
        CLUSTER FORGET ${ME}
        CLUSTER FORGET ${OTHER}
        CLUSTER SET-CONFIG-EPOCH -1
        CLUSTER SET-CONFIG-EPOCH x
        CLUSTER SET-CONFIG-EPOCH 7
        CLUSTER BUMPEPOCH
        CLUSTER SAVECONFIG
        CLUSTER SETSLOT 5 STABLE
        CLUSTER SETSLOT 5 STABLE now
        CLUSTER SETSLOT 5 NODE ${OTHER}
        CLUSTER SETSLOT 5 NODE ${ME}
        CLUSTER SETSLOT 8 MIGRATING ${ME}
        CLUSTER SETSLOT 5 MIGRATING ${OTHER}
        CLUSTER SETSLOT 5 IMPORTING ${OTHER}
        CLUSTER SETSLOT 8 IMPORTING ${OTHER}
        CLUSTER FLUSHSLOTS
        CLUSTER SLOTS
        CLUSTER RESET HARDER
        CLUSTER RESET SOFT
        CLUSTER NOSUCH
        CLUSTER
        CLUSTER INFO now
        ASKING
        READONLY
        CLIENT INFO NOW
        READWRITE
        REPLICAOF localhost 1
        `,
      );
      await pair.apart('CLUSTER NODES', nodeLines);
      await pair.apart('CLUSTER INFO', ({ text }) => text.replace(/stats_.*/s, ''));
    });
  });

  test('with all slots, it serves keys, and only those of one slot at a time', async () => {
    await withPair(ALL, {}, async (pair) => {
      await say(
        pair,
        `
        SET foo 1
        MSET foo 1 bar 2
        MSET {foo}1 1 {foo}2 2
        DEL foo bar
        RENAME foo bar
        SELECT 0
        SELECT 1
        SELECT -1
        SELECT x
        MOVE foo 1
        MOVE foo 0
        SWAPDB 0 1
        COPY {foo}1 {foo}3
        COPY {foo}1 {foo}3 DB 0
        COPY {foo}1 {foo}3 DB 1
        CONFIG GET databases
        DBSIZE
        CLUSTER COUNTKEYSINSLOT 12182
        CLUSTER FLUSHSLOTS
        CLUSTER RESET
        CLUSTER SETSLOT 12182 NODE ${OTHER}
        EVAL "return redis.call('get', 'foo')" 0
        EVAL "return redis.call('get', 'foo')" 1 bar
        EVAL "return redis.call('get', KEYS[1])" 2 foo bar
        EVAL "return redis.call('mget', 'foo', 'bar')" 0
        EVAL "#!lua\\nredis.call('get', 'foo') return redis.call('get', 'bar')" 0
        EVAL "#!lua\\nreturn redis.call('get', 'bar')" 1 foo
        EVAL "#!lua flags=allow-cross-slot-keys\\nreturn redis.call('get', 'bar')" 1 foo
        EVAL "#!lua flags=no-cluster\\nreturn 1" 0
        MULTI
        SET foo 1
        SET bar 1
        EXEC
        MULTI
        SET foo 2
        MSET foo 1 bar 1
        EXEC
        MULTI
        SPUBLISH ch1 hello
        GET foo
        EXEC
        GET foo
        WATCH foo bar
        SPUBLISH ch1 hello
        SSUBSCRIBE ch1 ch2
        XREAD STREAMS foo bar 0 0
        ZUNIONSTORE foo 2 {foo}1 bar
        SORT {foo}l BY w*
        SORT {foo}l BY w_{foo}*
        SORT {foo}l BY nosort
        SORT {foo}l GET w*
        SORT {foo}l GET # GET {foo}*
        SORT {foo}l STORE other
        GEORADIUS {foo}g 0 0 1 m STORE other
        KEYS {foo}1
        KEYS {foo}1*x
        KEYS {foo}\\\\*
        INFO cluster
        OBJECT ENCODING foo
        DEBUG OBJECT nosuch
        DEBUG INTERNAL_SECRET now
        `,
      );
      await pair.apart('HELLO 3', ({ items }) => items.slice(8, 12).map(({ raw }) => raw));
      await say(pair, 'CLUSTER SLOTS\nCLUSTER SHARDS\nCLUSTER LINKS\nHELLO 2 BAD');
      await pair.apart('INFO server', ({ text }) => /redis_mode:.*/.exec(text)?.[0]);
    });
  });

  test('in a cluster of three, it sends clients on', async () => {
    await withPair(THREE, {}, async (pair) => {
      await say(
        pair,
        `
        SET hello 1
        SET foo 1
        GET foo
        MGET foo bar
        MSET foo 1 {foo}2 1
        EVAL "return 1" 1 foo
        EVAL "return redis.call('get', 'foo')" 0
        MULTI
        SET hello 2
        SET foo 2
        EXEC
        MULTI
        SET foo 2
        GET hello
        DISCARD
        SSUBSCRIBE foo
        SPUBLISH foo bar
        READONLY
        GET foo
        ASKING
        GET foo
        CLUSTER SET-CONFIG-EPOCH 3
        CLUSTER BUMPEPOCH
        CLUSTER BUMPEPOCH
        CLUSTER SLOTS
        CONFIG SET cluster-announce-hostname me.example
        CONFIG SET cluster-preferred-endpoint-type hostname
        CLUSTER SLOTS
        GET foo
        CONFIG SET cluster-preferred-endpoint-type unknown-endpoint
        CLUSTER SLOTS
        GET foo
        CONFIG SET cluster-preferred-endpoint-type ip
        CLUSTER DELSLOTS 12182
        GET foo
        SPUBLISH foo x
        CLUSTER FORGET ${THIRD}
        CLUSTER FORGET ${THIRD}
        `,
      );
      await pair.apart('CLUSTER NODES', nodeLines);
      await pair.apart('CLUSTER SHARDS', ({ items }) => items.map(({ raw }) => raw).sort());
    });
  });

  test('a slot that moves is looked at key by key', async () => {
    await withPair(THREE, {}, async (pair) => {
      await say(
        pair,
        `
        SET hello 1
        SET {hello}1 1
        CLUSTER SETSLOT 866 MIGRATING ${OTHER}
        GET hello
        GET {hello}2
        MGET hello {hello}1
        MGET hello {hello}2
        MGET {hello}2 {hello}3
        SPUBLISH hello 1
        MULTI
        GET hello
        GET {hello}2
        EXEC
        MULTI
        GET hello
        GET {hello}1
        EXEC
        EVAL "return redis.call('mget', 'hello', '{hello}2')" 0
        EVAL "return redis.call('get', '{hello}2')" 0
        CLUSTER SETSLOT 866 NODE ${OTHER}
        CLUSTER SETSLOT 866 STABLE
        MGET hello {hello}2
        CLUSTER SETSLOT 866 MIGRATING ${OTHER}
        DEL hello {hello}1
        CLUSTER SETSLOT 866 NODE ${OTHER}
        GET hello
        CLUSTER SETSLOT 12182 IMPORTING ${THIRD}
        GET foo
        ASKING
        GET foo
        GET foo
        ASKING
        MSET foo 1 {foo}1 2
        ASKING
        SET foo 1
        ASKING
        MGET foo {foo}1
        ASKING
        MULTI
        SET foo 2
        GET foo
        EXEC
        GET foo
        CLUSTER SETSLOT 12182 NODE ${ME}
        GET foo
        `,
      );
      await pair.apart('CLUSTER NODES', nodeLines);
    });
  });

  test('a cluster that is down refuses keys, as it was told to', async () => {
    const half =
      nodeLine(ME, 7001, 'myself,master', '0-100 200-6000') +
      'vars currentEpoch 3 lastVoteEpoch 0\n';
    await withPair(half, {}, async (pair) => {
      await say(
        pair,
        `
        GET bar
        SET bar 1
        GET foo
        SPUBLISH bar x
        SPUBLISH foo x
        EVAL "return redis.call('get', 'bar')" 0
        CONFIG SET cluster-allow-reads-when-down yes
        GET bar
        SET bar 1
        EVAL "return redis.call('get', 'bar')" 0
        EVAL "return redis.call('set', 'bar', '1')" 0
        EVAL "return redis.call('set', 'foo', '1')" 0
        CONFIG SET cluster-allow-pubsubshard-when-down no
        SPUBLISH bar x
        `,
      );
    });
  });

  test('who is blocked or listens is sent on when the slot goes', async () => {
    await withPair(THREE, {}, async (pair) => {
      const other = await pair.client();
      const listener = await pair.client();
      await listener('SSUBSCRIBE hello');
      await other('CLIENT ID NO');
      await pair(`CLUSTER SETSLOT 866 NODE ${OTHER}`);
      const left = await listener('PING');
      expect(left.raw).toContain('sunsubscribe');
    });
  });
});
