// What is passed on to those who repeat the changes: the same as a real server sends to its
// replicas.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dump } from '../../persistence/dump.ts';
import { Config } from '../../server/config/config.ts';
import { type Listener, listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { ReplicationStream, type Sent } from '../oracle/stream.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***`);

const PAYLOAD = dump('v', true).toString('latin1'); // It has no blank.

// Its line break is put in where the line is sent.
const LIBRARY =
  "#!lua\tname=lib¶redis.register_function('f',function(k)redis.call('incr',k[1])end)";

const LINES = `
SET k v
SET k v EX 100
SET k v PX 100000 GET
SET k v PXAT 99999999999999
SET k v EXAT 99999999999 NX
SET k v XX GET
SET k v XX KEEPTTL
SET none v XX
SETEX k 100 v
PSETEX k 100000 v
SETNX k w
SETNX fresh w
GETSET k w
GETDEL k
GETDEL k
SET k 1
GETEX k EX 100
GETEX k PERSIST
GETEX k PERSIST
GETEX k PXAT 1
GETEX k
INCR n
INCRBY n 5
DECR n
INCRBYFLOAT n 0.5
EXPIRE n 100
EXPIRE n 50 GT
EXPIRE n 200 gt
pexpireat n 99999999999999 XX
EXPIREAT n 99999999999 LT
PEXPIRE n 100000
EXPIREAT n 99999999999
PEXPIREAT n 99999999999999
PERSIST n
PERSIST n
APPEND n x
SETRANGE n 3 yy
SETRANGE n 3 ""
GEOADD g CH NX 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
GEOADD g NX 1 1 Palermo
GEOSEARCHSTORE g2 g FROMLONLAT 15 37 BYRADIUS 200 km
GEORADIUS g 15 37 200 km STOREDIST g2
GEORADIUS g 0 0 1 m STORE g2
GEORADIUS g 0 0 1 m STORE g2
ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h
ZADD z CH 1 a
ZADD z GT 0 a
ZINCRBY z 0 a
ZINCRBY z 0.5 a
ZREM z nobody
ZPOPMIN z
ZPOPMIN z 0
ZMPOP 2 none z MAX COUNT 2
ZMPOP 1 z MIN
ZMPOP 1 none MIN
BZPOPMIN none z 0
BZPOPMAX z 0
BZMPOP 0 2 none z MIN COUNT 10
ZADD z 1 a 2 b
ZUNIONSTORE y 2 z none WEIGHTS 1 2
ZINTERSTORE y 2 z none
ZINTERSTORE y 2 z none
ZRANGESTORE y z 0 0
ZRANGESTORE y z 5 5
ZDIFFSTORE y 1 z
ZREMRANGEBYRANK z 5 6
ZREMRANGEBYSCORE z -inf inf
ZRANDMEMBER y
PFADD hll a b
PFADD hll a
PFCOUNT hll
PFCOUNT hll
PFCOUNT hll none
PFMERGE merged hll none
PFDEBUG DECODE hll
PFDEBUG GETREG hll
PFDEBUG GETREG hll
PFDEBUG TODENSE merged
SETBIT bits 7 1
BITFIELD bits SET u8 0 200 INCRBY u8 8 1
BITFIELD bits GET u8 0
BITOP NOT other bits
BITOP NOT other nothing
MSET a 1 b 2
MSETNX a 1 c 2
MSETNX x1 1 x2 2
COPY a acopy
RENAME acopy amoved
RENAMENX amoved b
MOVE a 1
DEL nothing
DEL b
UNLINK amoved fresh
EXPIRE n -1
EXPIRE nothing -1
HSET h f 1 g 2 h 3
HSETNX h f 1
HSETNX h k 1
HMSET h a 1
HINCRBY h f 5
HINCRBYFLOAT h f 0.5
HDEL h nothing
HDEL h a nothing
HEXPIREAT h 4000000000 FIELDS 2 f nothing
HEXPIREAT h 4000000000 NX FIELDS 2 f nothing
HPEXPIREAT h 1 FIELDS 1 f
HPERSIST h FIELDS 1 g
HPEXPIREAT h 4000000000000 GT FIELDS 1 g
HPEXPIREAT h 4000000000000 LT FIELDS 1 g
HPERSIST h FIELDS 2 g k
HGETEX h FIELDS 1 g
HGETEX h EXAT 4000000000 FIELDS 2 g none
HGETEX h PERSIST FIELDS 2 g none
HGETEX h PERSIST FIELDS 2 g none
HGETEX h EXAT 1 FIELDS 2 g none
HGETDEL h FIELDS 2 k none
HGETDEL h FIELDS 2 k none
HSETEX h FIELDS 1 a 1
HSETEX h EXAT 4000000000 FIELDS 2 a 1 b 2
HSETEX h KEEPTTL FIELDS 1 a 2
HSETEX h FNX FIELDS 1 a 2
HSETEX h FXX FIELDS 1 a 2
HSETEX h FXX EXAT 4000000000 FIELDS 1 a 2
HSETEX h EXAT 4000000000 FNX FIELDS 1 y 2
HSETEX h EXAT 1 FIELDS 2 a 2 z 3
HEXPIREAT h 1 FIELDS 2 b h
HGETALL h
GET n
MULTI|SET m 1|EXEC
MULTI|SET m 1|INCR m|GET m|EXEC
MULTI|GET m|EXEC
MULTI|INCRBYFLOAT m 1.5|EXPIRE m 100|EXEC
MULTI|SET m x|INCR m|DEL m|EXEC
MULTI|SET m x|DISCARD
SELECT 1
SET one 1
SELECT 0
SWAPDB 0 1
FLUSHDB
FLUSHALL ASYNC
FLUSHALL
SADD s a b c
SPOP s 3
SPOP s
SPOP s 2
SADD s 1
SPOP s 0
SPOP s
SADD s 1 2 3 x
SADD t 3 4
SREM s none
SREM s x none
SRANDMEMBER s
SMOVE s t 1
SMOVE s t none
SINTERSTORE u s t
SUNIONSTORE u s t
SDIFFSTORE u s s
SDIFFSTORE none u
SORT s BY nosort STORE v
SORT none STORE v
SORT s
XADD x 1-1 f v
XADD x 1-* f v
XADD x 2 f v
XADD x * f v
XADD x NOMKSTREAM * f v
XADD none NOMKSTREAM * f v
XADD x MAXLEN = 3 * f v
XADD x MAXLEN ~ 3 * f v
XADD x MAXLEN 10 4000000000000-0 f v
XADD x MINID ~ 2 LIMIT 10 * f v
XADD x MINID 2 4000000000000-7 f v
XADD x MAXLEN ~ 0 LIMIT 1000 * f v
XADD x 4000000000000-9 f v
XTRIM x MAXLEN 10
XTRIM x MAXLEN ~ 10
XTRIM x MAXLEN ~ 0
XADD x 4000000000001 f v
XADD x 4000000000002 f v
XADD x 4000000000003 f v
XDEL x 4000000000001-0
XADD x MINID ~ 4 4000000000004 f v
XTRIM x MINID 4000000000003
XTRIM x MINID = 4000000000004
XTRIM x MINID ~ 4000000000004
XTRIM x MINID ~ 4000000000005
XADD x MINID ~ 4000000000009 4000000000006 f v
CONFIG SET stream-node-max-entries 2
DEL x
XADD x 1-1 f v
XADD x 1-2 f v
XADD x 1-3 f v
XADD x 1-4 f v
XADD x 1-5 f v
XADD x MAXLEN ~ 3 1-6 f v
XDEL x 1-3
XADD x MAXLEN ~ 2 LIMIT 1 1-7 f v
XTRIM x MINID ~ 1-4
XTRIM x MINID ~ 1-5 LIMIT 2
XTRIM x MAXLEN ~ 1
CONFIG SET stream-node-max-entries 100
XDEL x 1-7 1-6
XDEL x 9-9
XSETID x 5-5
XSETID x 6-5 ENTRIESADDED 100 MAXDELETEDID 2-1
XREAD STREAMS x 0
XLEN x
XGROUP CREATE q g $
XGROUP CREATE q g $ MKSTREAM
XGROUP CREATE q g $ MKSTREAM
XGROUP CREATE q h 0 ENTRIESREAD 0
XADD q 1-1 f v
XADD q 1-2 f v
XADD q 1-3 f v
XADD q 1-4 f v
XADD q 1-5 f v
XREADGROUP GROUP g c COUNT 2 STREAMS q >
XREADGROUP GROUP g c COUNT 2 STREAMS q 0
XREADGROUP GROUP g d STREAMS q 0
XREADGROUP GROUP g c NOACK COUNT 1 STREAMS q >
XREADGROUP GROUP g e NOACK COUNT 1 STREAMS q >
XREADGROUP GROUP g f NOACK STREAMS q 0
XREADGROUP GROUP g f STREAMS q >
XREADGROUP GROUP g f STREAMS q >
XREADGROUP GROUP h f STREAMS q >
MULTI|XREADGROUP GROUP g y BLOCK 0 STREAMS q >|EXEC
MULTI|XREADGROUP GROUP g z NOACK STREAMS q >|XACK q h 1-1|EXEC
XGROUP CREATECONSUMER q g c
XGROUP CREATECONSUMER q g new
XACK q g 1-1
XACK q g 1-1 9-9
XACK q none 1-1
XCLAIM q g d 0 1-2 01-5 7-7
XCLAIM q g d 0 1-2 RETRYCOUNT 5 TIME 1000 JUSTID
XCLAIM q g d 100000000 1-2
XCLAIM q g d 0 1-3 FORCE JUSTID LASTID 1-2
XCLAIM q g d 0 9-9 LASTID 6-6
XCLAIM q g d 0 9-9 LASTID 6-6
XCLAIM q g someone 0 9-9
XDEL q 1-3 1-4
XCLAIM q g d 0 01-3
XAUTOCLAIM q h g 0 - COUNT 3
XAUTOCLAIM q h other 100000000 -
XAUTOCLAIM q h other 0 - JUSTID
XPENDING q g
XPENDING q g - + 10
XINFO GROUPS q
XGROUP SETID q g 1-1
XGROUP SETID q g $ ENTRIESREAD 3
XGROUP SETID q none $
XGROUP DELCONSUMER q g d
XGROUP DELCONSUMER q g d
XADD p 1-1 f v
XGROUP CREATE p g 0
XADD q 9-1 f v
XREADGROUP GROUP g c STREAMS q p > >
XREADGROUP GROUP g n NOACK STREAMS q p > >
COPY q q2
XACK q2 h 1-1 1-2
XGROUP DESTROY q g
XGROUP DESTROY q g
DEL q q2 p
FLUSHDB
RESTORE r 0 ${PAYLOAD}
RESTORE r 0 ${PAYLOAD}
RESTORE r 100000 ${PAYLOAD} REPLACE
RESTORE r 4000000000000 ${PAYLOAD} REPLACE ABSTTL
RESTORE r 1 ${PAYLOAD} ABSTTL REPLACE
RESTORE none 1 ${PAYLOAD} ABSTTL REPLACE
SET past v PXAT 1
GET past
SET past v PXAT 1
SET past w
SET past v PXAT 1
MULTI|GET past|SET after 1|EXEC
PUBLISH channel message
SPUBLISH channel message
MULTI|PUBLISH channel message|EXEC
MULTI|SET m 1|PUBLISH channel message|SPUBLISH c x|EXEC
FLUSHALL
EVAL redis.call('set','k',1) 0
EVAL redis.call('set','k',1)redis.call('incr','k') 0
EVAL return{redis.call('spop','none'),redis.call('get','k')} 0
EVAL redis.call('set','k',1)error('x') 0
EVAL redis.call('select',1)redis.call('set','k',1)redis.call('select',0)redis.call('set','k',2) 0
EVAL redis.call('setex','k',100,'v')redis.call('incrbyfloat','f',0.5) 0
EVAL redis.set_repl(0)redis.call('set','k',1)redis.set_repl(3)redis.call('set','k',2) 0
EVAL redis.set_repl(1)redis.call('set','k',1)redis.set_repl(2)redis.call('set','k',3) 0
EVAL redis.call('publish','c','m') 0
MULTI|EVAL redis.call('set','k',1)redis.call('incr','k') 0|INCR k|EXEC
MULTI|EVAL return(1) 0|EXEC
SCRIPT LOAD return(1)
EVALSHA 0000000000000000000000000000000000000000 0
SCRIPT FLUSH
FUNCTION LOAD ${LIBRARY}
FUNCTION LOAD ${LIBRARY}
FUNCTION LOAD REPLACE ${LIBRARY}
FCALL f 1 k
FCALL none 0
FUNCTION DELETE lib
FUNCTION DELETE lib
FUNCTION FLUSH ASYNC
FUNCTION FLUSH
SET past v PXAT 1
EVAL redis.call('get','past')redis.call('set','k',1) 0
EVAL redis.call('set','a',1) 0
EVAL redis.call('set','a',1)redis.call('incr','a')redis.call('get','a') 0
EVAL return(redis.call('get','a')) 0
EVAL redis.call('set','a',1)redis.call('nothing') 0
EVAL redis.call('select',5)redis.call('set','a',1)redis.call('expire','a',100) 0
EVAL redis.call('incrbyfloat','f',0.5)redis.call('spop','nothing') 0
EVAL redis.call('set','past',1,'PX',1) 0
MULTI|SET m 1|EVAL redis.call('set','a',1)redis.call('incr','a') 0|EXEC
MULTI|EVAL redis.call('get','a') 0|EXEC
FLUSHALL
`
  .trim()
  .split('\n');

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let port: Listener;
  const streams: ReplicationStream[] = [];
  let theirs: Wire;
  let ours: Wire;
  const server = new Server(new Config(), {});

  beforeAll(async () => {
    real = (await startReal('8.0.2', ['--repl-diskless-sync', 'no']))!;
    port = await listenTcp(server, '127.0.0.1', 0);
    theirs = await overSocket({ path: real.socket });
    ours = inProcess(server);
    server.expirer.active = false;
    await theirs.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    streams.push(await ReplicationStream.open({ path: real.socket }));
    streams.push(await ReplicationStream.open({ host: '127.0.0.1', port: port.port }));
  });
  afterAll(async () => {
    for (const stream of streams) stream.close();
    theirs?.close();
    server.close();
    await port?.close();
    await real?.stop();
  });

  LINES.forEach((line, i) => {
    test(`${line} (${i + 1})`, async () => {
      for (const wire of [theirs, ours]) {
        for (const command of line.split('|')) {
          const words = command.split(' ').map((word) => (word === '""' ? '' : word));
          await wire.ask(...words.map((word) => word.replace('¶', '\n')));
        }
        await wire.ask('SET', `mark:${i}`, '');
        await wire.ask('GETDEL', `mark:${i}`);
      }
      const [expected, sent] = await Promise.all(streams.map((each) => each.until(`mark:${i}`)));
      expect(sent.map(told)).toEqual(expected.map(told));
    });
  });
});

/** The bytes of a command, without what the clock decides. */
function told({ raw }: Sent): string {
  return raw.replace(/\r\n1\d{12}(-\d+)?(?=\r\n)/g, '\r\nsoon');
}
