// Keyspace events: which are published, and in what order, beside those of a real server.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WRITE } from '../../protocol/command-spec.ts';
import { commandTable } from '../../protocol/command-table.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { Auditor } from '../fuzz/auditor.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { argvOf, everywhere, meaningOf, type Talk } from '../redis.ts';
import { inProcess, overSocket } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

/** The messages that a listener has been sent, up to now, as 'channel message'. */
async function heardBy(ear: Talk, r: Talk): Promise<string[]> {
  await r('PUBLISH __keyend x');
  const found: string[] = [];
  for (;;) {
    const [, , channel, message] = meaningOf(await ear.wire.next()) as string[];
    if (channel === '__keyend') return found;
    found.push(`${channel} ${message}`);
  }
}

async function listener(r: Talk): Promise<Talk> {
  const ear = await r.client();
  await ear.raw('PSUBSCRIBE __key*');
  return ear;
}

everywhere((test) => {
  test('nothing is announced unless it was asked for', async (r) => {
    const ear = await listener(r);
    await r('SET k v');
    expect(await heardBy(ear, r)).toEqual([]);
    await r('CONFIG SET notify-keyspace-events A'); // Neither K nor E.
    await r('SET k v');
    expect(await heardBy(ear, r)).toEqual([]);
  });

  test('K announces what happened to a key, E to which key something happened', async (r) => {
    const ear = await listener(r);
    await r('CONFIG SET notify-keyspace-events KA');
    await r('SET k v');
    expect(await heardBy(ear, r)).toEqual(['__keyspace@0__:k set']);
    await r('CONFIG SET notify-keyspace-events EA');
    await r('SELECT 3');
    await r('SET k v');
    expect(await heardBy(ear, r)).toEqual(['__keyevent@3__:set k']);
    await r('CONFIG SET notify-keyspace-events KEA');
    await r('DEL k');
    expect(await heardBy(ear, r)).toEqual(['__keyspace@3__:k del', '__keyevent@3__:del k']);
    await r('CONFIG SET notify-keyspace-events ""');
    await r('SET k v');
    expect(await heardBy(ear, r)).toEqual([]);
  });

  const classes: readonly [letter: string, does: string, event: string][] = [
    ['g', 'PERSIST k', 'persist'],
    ['$', 'APPEND k x', 'append'],
    ['l', 'LPUSH list x', 'lpush'],
    ['s', 'SADD set x', 'sadd'],
    ['h', 'HSET hash f v', 'hset'],
    ['z', 'ZADD sorted 1 x', 'zadd'],
    ['x', 'PEXPIRE k 1', 'expired'],
    ['m', 'GET nothing', 'keymiss'],
    ['n', 'SET fresh x', 'new'],
  ];
  for (const [letter, line, event] of classes) {
    test(`class ${letter} has ${event}, and no other class has`, async (r) => {
      const ear = await listener(r);
      const play = async () => {
        await r('FLUSHALL');
        await r('SET k v EX 100');
        await r(line);
        while (event === 'expired' && (await r('EXISTS k')) === 1);
        return (await heardBy(ear, r)).filter((each) =>
          each.startsWith(`__keyevent@0__:${event} `),
        );
      };
      await r(`CONFIG SET notify-keyspace-events E${letter}`);
      expect(await play()).toHaveLength(letter === 'n' ? 2 : 1); // SET k is new, too.
      const others = [...'g$lshzxetdmn'].filter((each) => each !== letter).join('');
      await r(`CONFIG SET notify-keyspace-events E${others}`);
      expect(await play()).toEqual([]);
    });
  }

  test('CONFIG GET shows the classes in one order, and n not beside A', async (r) => {
    const shown = async (letters: string) => {
      await r(['CONFIG', 'SET', 'notify-keyspace-events', letters]);
      const reply = await r('CONFIG GET notify-keyspace-events');
      return reply instanceof Map ? reply.get('notify-keyspace-events') : (reply as string[])[1];
    };
    expect(await shown('gKE')).toBe('gKE');
    expect(await shown('EKzhsl$g')).toBe('g$lshzKE');
    expect(await shown('mnKEdtex')).toBe('xetdnKEm');
    expect(await shown('g$lshzxetdE')).toBe('AE');
    expect(await shown('KEAnm')).toBe('AKEm');
    expect(await shown('')).toBe('');
    await r.fails('CONFIG SET notify-keyspace-events KEy', /Invalid event class character/);
  });

  test('n is honoured beside A', async (r) => {
    const ear = await listener(r);
    await r('CONFIG SET notify-keyspace-events EAn');
    await r('SET k v');
    expect(await heardBy(ear, r)).toEqual(['__keyevent@0__:new k', '__keyevent@0__:set k']);
  });

  test('events of a transaction are announced as it runs, and those of DISCARD never', async (r) => {
    const ear = await listener(r);
    await r('CONFIG SET notify-keyspace-events EA');
    await r('MULTI');
    await r('SET a 1');
    await r('DISCARD');
    await r('MULTI');
    await r('SET a 1');
    await r('PUBLISH __key2 between');
    await r('DEL a');
    await r('EXEC');
    expect(await heardBy(ear, r)).toEqual([
      '__keyevent@0__:set a',
      '__key2 between',
      '__keyevent@0__:del a',
    ]);
  });
});

everywhere(
  (test) => {
    test('a key expires at its time, though nobody asks for it, in the order of times', async (r) => {
      const ear = await listener(r);
      await r('CONFIG SET notify-keyspace-events Ex');
      r.clock.freeze();
      await r('SET late v PX 3000');
      await r('SET soon v PX 1000');
      await r('HSET h f v');
      await r('PEXPIRE h 2000');
      r.clock.advance(1000);
      expect(await heardBy(ear, r)).toEqual([]);
      r.clock.advance(1);
      expect(await heardBy(ear, r)).toEqual(['__keyevent@0__:expired soon']);
      r.clock.advance(10_000);
      expect(await heardBy(ear, r)).toEqual([
        '__keyevent@0__:expired h',
        '__keyevent@0__:expired late',
      ]);
    });

    test('a key that is asked for first expires then, before the miss', async (r) => {
      const ear = await listener(r);
      r.server.expirer.active = false;
      await r('CONFIG SET notify-keyspace-events ExmA');
      r.clock.freeze();
      await r('SET k v PX 10');
      r.clock.advance(1000);
      expect(await r('GET k')).toBe(null);
      expect(await heardBy(ear, r)).toEqual([
        '__keyevent@0__:set k',
        '__keyevent@0__:expire k',
        '__keyevent@0__:expired k',
        '__keyevent@0__:keymiss k',
      ]);
    });

    test('fields of a hash expire at their time, and with the last one the key goes', async (r) => {
      const ear = await listener(r);
      await r('CONFIG SET notify-keyspace-events Khg');
      r.clock.freeze();
      await r('HSET h a 1 b 2');
      await r('HPEXPIRE h 100 FIELDS 1 a');
      await r('HPEXPIRE h 200 FIELDS 1 b');
      r.clock.advance(150);
      r.clock.advance(150);
      expect(await heardBy(ear, r)).toEqual(
        ['hset', 'hexpire', 'hexpire', 'hexpired', 'hexpired', 'del'].map(
          (event) => `__keyspace@0__:h ${event}`,
        ),
      );
    });
  },
  { skip: { real: 'its clock cannot be moved' } },
);

// What a line does to the keys decides which event the next ones lead to: so the order counts.
const LINES = `
SET k v|SET k v EX 100|SET k v PX 100000 GET|SET k v NX|SET k w XX KEEPTTL|SET none v XX
SETEX k 100 v|PSETEX k 100000 v|SETNX k v|SETNX k2 v|GETSET k v|GETSET k3 v|GETDEL k3|GETDEL k3
GETEX k EX 100|GETEX k PERSIST|GETEX k PERSIST|GETEX k PXAT 1|GETEX none PERSIST|GETEX k
SET n 1|INCR n|DECR n|INCRBY n 5|DECRBY n 5|INCRBYFLOAT n 0.5|INCRBY fresh 1|INCR k2
APPEND n x|APPEND a2 y|SETRANGE n 3 yy|SETRANGE n 3 ""|SETRANGE none 3 ""|SETRANGE r2 2 x
MSET a 1 b 2 a 3|MSETNX a 1 c 2|MSETNX x1 1 x2 2|MGET a none b|GET none|GETRANGE none 0 1
STRLEN none|SUBSTR none 0 1|LCS a none|SETBIT bits 7 1|SETBIT bits 7 1|GETBIT none 0
BITFIELD bits SET u8 0 200 INCRBY u8 8 1|BITFIELD bits GET u8 0|BITFIELD_RO none GET u8 0
BITCOUNT none|BITPOS none 1|BITOP NOT other bits|BITOP NOT other nothing|BITOP AND nothing2 none
PFADD hll a b|PFADD hll a|PFADD hll2|PFCOUNT hll|PFCOUNT hll none|PFMERGE merged hll none|PFMERGE m2
PFDEBUG GETREG hll|PFDEBUG TODENSE merged
EXPIRE n 100|EXPIRE n 100 NX|EXPIRE n 50 GT|PEXPIRE n 100000|EXPIREAT n 99999999999|TTL none|TTL n
PEXPIREAT n 99999999999999|PERSIST n|PERSIST n|EXPIRE n -1|EXPIRE none 100|EXPIRETIME none|PTTL none
TYPE none|OBJECT ENCODING none|OBJECT FREQ none|EXISTS none a|TOUCH none a|DUMP none|RANDOMKEY
COPY a acopy|COPY a acopy|COPY a acopy REPLACE|COPY a acopy DB 1|COPY none acopy|COPY a a9 DB 9
RENAME a a1|RENAME a1 b|RENAMENX b a1|RENAMENX a1 acopy|RENAME none x|RENAME acopy acopy
MOVE acopy 1|MOVE a1 1|MOVE none 1|SELECT 1|GET a1|DEL acopy a1 none|SELECT 0|UNLINK k2 none
DEL none|UNLINK none|KEYS *|SCAN 0 COUNT 1000|DBSIZE|FLUSHDB
LPUSH l a b c|RPUSH l d e|LPUSHX l z|RPUSHX l z|LPUSHX none z|LINSERT l BEFORE b x|LINSERT l AFTER nope x
LSET l 0 y|LREM l 0 nope|LREM l 1 x|LTRIM l 0 3|LTRIM l 0 -1|LPOP l|RPOP l|LPOP l 0|LPOP l 10|LPOP none
RPUSH l a b c d|LMOVE l l2 LEFT RIGHT|LMOVE l l LEFT RIGHT|RPOPLPUSH l l2|RPOPLPUSH none l2|LRANGE none 0 1
LMPOP 2 none l LEFT COUNT 1|LMPOP 2 none l2 RIGHT COUNT 10|LMPOP 1 none LEFT|BLMPOP 1 2 none l LEFT
RPUSH l a b|BLPOP none l 1|BRPOP l 1|RPUSH l a|BLMOVE l l3 LEFT LEFT 1|BRPOPLPUSH l3 l4 1|LTRIM l4 5 6
LPOS none a|LINDEX none 0|LLEN none|RPUSH l 3 1 2|LREM l 0 3|SORT l STORE sorted|SORT none STORE sorted
SORT l|SORT none|SORT_RO none|SORT l BY w_* GET # GET d_* STORE sorted|DEL l sorted
SADD s a b c|SADD s a|SADD s d|SREM s nope|SREM s a|SMOVE s s2 b|SMOVE s s2 nope|SMOVE s2 s2 b|SMOVE none s b
SADD t c d e|SINTERSTORE dst s t|SINTERSTORE dst s none|SINTERSTORE dst s none|SUNIONSTORE dst s t
SDIFFSTORE dst s s|SDIFFSTORE dst s none|SINTER s none|SUNION none|SDIFF none s|SINTERCARD 2 s none
SMEMBERS none|SISMEMBER none a|SMISMEMBER none a b|SCARD none|SRANDMEMBER none|SSCAN none 0
SPOP s 0|SPOP s|SADD s 1 2 3|SPOP s 2|SPOP s 100|SPOP none|SPOP none 2|SADD one 1|SREM one 1|SADD one 1
SMOVE one two 1|SADD one 1|SPOP one|SINTERSTORE two none1 none2|SUNIONSTORE two none1
HSET h f 1 g 2|HSET h f 1|HSETNX h f 1|HSETNX h n 1|HMSET h a 1 b 2|HINCRBY h f 5|HINCRBYFLOAT h f 0.5
HDEL h nope|HDEL h f nope|HGET none f|HMGET none f g|HGETALL none|HKEYS none|HVALS none|HLEN none
HEXISTS none f|HSTRLEN none f|HRANDFIELD none|HSCAN none 0|HINCRBY hn f 1|HDEL hn f|HSETNX hn f 1|DEL hn
HEXPIRE h 100 FIELDS 1 a|HPEXPIRE h 100000 FIELDS 2 a nope|HEXPIREAT h 99999999999 FIELDS 1 a
HPEXPIREAT h 99999999999 NX FIELDS 1 a|HTTL h FIELDS 1 a|HTTL none FIELDS 1 a|HPERSIST h FIELDS 1 a
HPERSIST h FIELDS 1 a|HPEXPIREAT h 1 FIELDS 1 a|HEXPIRE h 0 FIELDS 1 nope|HGETEX h EX 100 FIELDS 1 b
HGETEX h PERSIST FIELDS 1 b|HGETEX h PERSIST FIELDS 1 b|HGETEX h FIELDS 1 b|HGETEX h EXAT 1 FIELDS 1 b
HGETDEL h FIELDS 1 n|HGETDEL h FIELDS 1 n|HGETDEL h FIELDS 1 g|HGETDEL none FIELDS 1 g
HSETEX h FIELDS 1 a 1|HSETEX h EX 100 FIELDS 2 a 1 b 2|HSETEX h FNX FIELDS 1 a 1|HSETEX h FXX FIELDS 1 a 2
HSETEX h KEEPTTL FIELDS 1 a 3|HSETEX h EXAT 1 FIELDS 1 a 1|HSETEX h PXAT 1 FIELDS 2 b 1 a 1
HSETEX fresh EXAT 1 FIELDS 1 a 1|HSET h a 1|HEXPIREAT h 1 FIELDS 1 a|EXISTS h
ZADD z 1 a 2 b 3 c|ZADD z 1 a|ZADD z XX 5 a|ZADD z INCR 1 a|ZADD z NX INCR 1 a|ZADD z XX CH 7 a|ZADD z XX 1 q
ZINCRBY z 1 a|ZINCRBY z2 1 a|ZREM z nope|ZREM z a|ZSCORE none a|ZRANGE none 0 1|ZCARD none|ZCOUNT none 0 1
ZADD z 1 a 2 b 3 c 4 d 5 e 6 f|ZREMRANGEBYRANK z 0 0|ZREMRANGEBYRANK z 9 9|ZREMRANGEBYSCORE z 2 2
ZREMRANGEBYLEX z [c [c|ZREMRANGEBYSCORE z 50 60|ZPOPMIN z|ZPOPMAX z 0|ZPOPMAX z|ZMPOP 2 none z MIN COUNT 9
ZADD z 1 a 2 b|ZMPOP 1 z MAX|BZPOPMIN none z 1|ZADD z 1 a 2 b|BZPOPMAX z 1|BZMPOP 1 1 z MIN COUNT 5|ZPOPMIN none
ZADD z 1 a 2 b|ZADD y 1 a|ZUNIONSTORE d 2 z y|ZINTERSTORE d 2 z y|ZINTERSTORE d 2 z none|ZDIFFSTORE d 2 z y
ZDIFFSTORE d 1 none|ZRANGESTORE d z 0 -1|ZRANGESTORE d z 5 6|ZRANGESTORE d none 0 1|ZUNION 2 z none
ZUNIONSTORE d 1 none|ZREMRANGEBYRANK y 0 -1|ZREM z a b|ZRANDMEMBER none|ZSCAN none 0|ZRANK none a
ZLEXCOUNT none - +|ZMSCORE none a|ZINTERCARD 2 none y|ZDIFF 1 none|ZREVRANGE none 0 1
GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania|GEOADD g NX 1 1 Palermo|GEOPOS none a
GEOADD g CH 14 38 Palermo|GEOSEARCHSTORE g2 g FROMLONLAT 15 37 BYRADIUS 200 km|GEODIST none a b
GEORADIUS g 15 37 200 km STORE g2|GEORADIUS g 0 0 1 m STORE g2|GEORADIUS g 0 0 1 m STORE g2
GEORADIUSBYMEMBER g Catania 1000 km STOREDIST g3|GEOSEARCHSTORE g3 none FROMLONLAT 1 1 BYRADIUS 1 m
GEOSEARCH none FROMLONLAT 1 1 BYRADIUS 1 m|GEOHASH none a
XADD x 1-1 f v|XADD x 1-2 f v|XADD x NOMKSTREAM 1-3 f v|XADD none NOMKSTREAM 1-1 f v|XADD x MAXLEN 2 1-4 f v
XLEN none|XRANGE none - +|XREVRANGE none + -|XDEL x 9-9|XDEL x 1-4|XTRIM x MAXLEN 5|XTRIM x MAXLEN 1
XSETID x 5-1|XGROUP CREATE x g $|XGROUP CREATE x g $|XGROUP CREATE nx g $ MKSTREAM|XGROUP SETID x g 0
XGROUP CREATECONSUMER x g c1|XGROUP CREATECONSUMER x g c1|XREADGROUP GROUP g c2 STREAMS x >
XREADGROUP GROUP g c2 STREAMS x >|XREADGROUP GROUP g c3 STREAMS x >|XREADGROUP GROUP g c2 STREAMS x 0
XADD x 6-1 f v|XREADGROUP GROUP g c3 COUNT 1 STREAMS x >|XACK x g 6-1|XACK x g 6-1|XACK none g 6-1
XADD x 7-1 f v|XREADGROUP GROUP g c3 COUNT 1 STREAMS x >|XCLAIM x g c4 0 7-1|XCLAIM x g c1 0 7-1 JUSTID
XAUTOCLAIM x g c5 0 0|XAUTOCLAIM x g c1 0 0|XPENDING x g|XINFO STREAM x|XREAD STREAMS x none 0 0
XGROUP DELCONSUMER x g c5|XGROUP DELCONSUMER x g nope|XGROUP DESTROY x g|XGROUP DESTROY x g
XADD x MINID 7-1 8-1 f v|XTRIM x MINID 99-1|XDEL x 8-1|DEL x nx
SET past v|PEXPIREAT past 1|SET past v PXAT 1|GET past|SET past v|SET past w PXAT 1|SET past w
SET past v PXAT 1|MGET past past|SET past v PXAT 1|DEL past|SET past v PXAT 1|RENAME past p2
SET past v PXAT 1|ZUNIONSTORE past 1 none|SET past v PXAT 1|ZRANGESTORE past none 0 1
SET past v PXAT 1|SINTERSTORE past none|SET past v PXAT 1|SORT none STORE past|SET past v PXAT 1
GEOSEARCHSTORE past none FROMLONLAT 1 1 BYRADIUS 1 m|SET past v PXAT 1|BITOP AND past none
SET past v PXAT 1|ZADD z1 1 a|ZUNIONSTORE past 1 z1|SET past v PXAT 1|SADD s1 a|SUNIONSTORE past s1
SET past v PXAT 1|RPUSH past x|SET past v PXAT 1|INCR past|SET past v PXAT 1|PFADD past x
SET past v PXAT 1|GETSET past x|SET past v PXAT 1|GETDEL past|SET past v PXAT 1|SETBIT past 1 1
SET past v PXAT 1|MSET past x|SET past v PXAT 1|MSETNX past x|SET past v PXAT 1|MOVE past 1
SET past v PXAT 1|RENAME s1 past|SET past v PXAT 1|COPY z1 past|SET past v PXAT 1|COPY z1 past REPLACE
SET past v PXAT 1|PERSIST past|SET past v PXAT 1|UNLINK past|SET past v PXAT 1|TYPE past
SET past v PXAT 1|RENAMENX z1 past|SET past v PXAT 1|LMOVE none past LEFT LEFT|DEL z1 s1 past
SET past v PXAT 1|COPY past p2|SET past v PXAT 1|SADD past x|EXPIRE past 100|SET past v PXAT 1
MULTI;SET m 1;INCR m;EXEC|MULTI;SET m 2;DISCARD|MULTI;DEL m;RPUSH m x;LPOP m;EXEC
SET sw 1|SWAPDB 0 1|SWAPDB 0 1|GET sw|FLUSHALL|GET sw
SADD k a|SET k v|SADD k2 a|LPUSH k2 x|MSET k2 v|BITOP OR k3 k2|SADD k3 a|SUNIONSTORE k2 k3|RENAME k3 k2
ZADD k 1 a|ZUNIONSTORE k2 1 k2|GET k2|PFMERGE k3 nothing|SORT k2 STORE k3|GETSET k2 v|SINTERSTORE k4 k5
`
  .trim()
  .split(/[|\n]/);

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let ours: Auditor;
  let theirs: Auditor;
  const config = new Config();
  config.options({ 'notify-keyspace-events': 'KEAnm' });
  const server = new Server(config, {});
  let heard = 0;
  const known = (name: string) => server.commands.find(name) !== undefined;

  beforeAll(async () => {
    real = (await startReal('8.0.2', ['--notify-keyspace-events', 'KEAnm']))!;
    const connect = () => overSocket({ path: real.socket });
    ours = await Auditor.open(inProcess(server), inProcess(server), inProcess(server));
    theirs = await Auditor.open(await connect(), await connect(), await connect());
    server.expirer.active = false;
    await theirs.must('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  });
  afterAll(async () => {
    ours?.close();
    theirs?.close();
    server.close();
    await real?.stop();
  });

  LINES.forEach((line, i) => {
    test.runIf(known(line.split(' ')[0].replace(/;.*/, '')))(`${line} (${i + 1})`, async () => {
      for (const command of line.split(';')) {
        await ours.wire.ask(...argvOf(command));
        await theirs.wire.ask(...argvOf(command));
      }
      await compare();
    });
  });

  test('there was a lot to hear', () => {
    expect(heard).toBeGreaterThan(500);
  });

  test.runIf(known('restore'))(
    'RESTORE, of a key that was there and of one that was not',
    async () => {
      for (const { wire } of [ours, theirs]) {
        await wire.ask('SET', 'k', 'v');
        const { text: payload } = await wire.ask('DUMP', 'k');
        await wire.ask('RESTORE', 'restored', '0', payload);
        await wire.ask('RESTORE', 'restored', '0', payload);
        await wire.ask('RESTORE', 'restored', '1000000', payload, 'REPLACE');
        await wire.ask('RESTORE', 'restored', '1', payload, 'REPLACE', 'ABSTTL');
        await wire.ask('RESTORE', 'restored', '1', payload, 'ABSTTL');
      }
      await compare();
    },
  );

  async function compare(): Promise<void> {
    const events = await theirs.events();
    expect(await ours.events()).toEqual(events);
    heard += events.length;
  }
});

test('every command that writes is among those whose events are compared', () => {
  const named = new Set(
    LINES.flatMap((line) => line.split(';')).flatMap((command) => {
      const [first, second] = command.toLowerCase().split(' ');
      return [first, `${first}|${second}`];
    }),
  );
  const silent = /^(restore|restore-asking|migrate|pfselftest|function|script|eval)/;
  for (const [name, spec] of commandTable) {
    if (!(spec.flags & WRITE) || spec.container || silent.test(name)) continue;
    expect(named, name).toContain(name);
  }
});
