// What was asked and answered: looked up, waited for, replayed.

import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { proxyTo, type RunningServer, startServer } from '../../server/index.ts';
import { ReplyError } from '../../protocol/errors.ts';
import { startReal } from '../oracle/server.ts';
import { dial, type Line } from './lines.ts';

let server: RunningServer;
let line: Line;

beforeEach(async () => {
  server = await startServer({ journal: true });
  line = await dial(server, 'memory');
});
afterEach(() => server.close());

describe('entries', () => {
  test('have what was asked, by whom, when, and what was answered', async () => {
    server.clock.freeze();
    await server.clock.set(1_000_000);
    line.say('CLIENT SETNAME tester', 'set k \xc3\xa9', 'INCR k', 'HGETALL none', 'nothing here');
    const [, set, incr, hash, unknown] = server.journal.entries();
    expect(set).toMatchObject({
      time: 1_000_000,
      name: 'set',
      argv: ['set', 'k', 'é'],
      keys: ['k'],
      reply: 'OK',
      error: null,
      answered: true,
      client: { name: 'tester', address: 'memory:0', db: 0 },
    });
    expect(set.bytes[2]).toEqual(Buffer.from('é'));
    expect(set.replyBytes?.toString()).toBe('+OK\r\n');
    expect(set.micros).toBeGreaterThan(0);
    expect(incr.error).toBe('ERR value is not an integer or out of range');
    expect(incr.reply).toBeInstanceOf(ReplyError);
    expect(hash.reply).toEqual([]);
    expect(unknown).toMatchObject({ name: 'nothing', argv: ['nothing', 'here'] });
  });

  test('are found by command, words, client, key, pattern, or anything', () => {
    line.say('SET user:1 a', 'SET user:2 b EX 10', 'GET user:1', 'CLIENT SETNAME x', 'CLIENT ID');
    const { journal } = server;
    expect(journal.count()).toBe(5);
    expect(journal.count('set')).toBe(2);
    expect(journal.count('SET', 'user:2', 'b', 'EX', 10)).toBe(1);
    expect(journal.count('SET', 'user:2', 'b', 'EX', 10, 'NX')).toBe(0);
    expect(journal.count('SET', /^user:\d$/)).toBe(2);
    expect(journal.count('CLIENT SETNAME', 'x')).toBe(1);
    expect(journal.count('CLIENT')).toBe(2);
    expect(journal.count({ key: 'user:1' })).toBe(2);
    expect(journal.count({ command: '@write', key: '*:1' })).toBe(1);
    expect(journal.count({ client: { name: 'x' } })).toBe(1);
    expect(journal.count({ where: ({ reply }) => reply === 'a' })).toBe(1);
    expect(journal.last('SET')?.argv[1]).toBe('user:2');
    expect(journal.last('DEL')).toBeUndefined();
  });

  test('are of requests, so that EXEC stands for what it ran, and EVAL for what it called', () => {
    line.say('MULTI', 'SET a 1', 'EXEC', "EVAL redis.call('set','b',2) 0");
    expect(server.journal.entries().map(({ name, reply }) => [name, reply])).toEqual([
      ['multi', 'OK'],
      ['set', 'QUEUED'],
      ['exec', ['OK']],
      ['eval', null],
    ]);
  });

  test('of those who wait have no reply until they are served', async () => {
    line.say('BLPOP list 0');
    const other = await dial(server, 'memory');
    expect(server.journal.last('BLPOP')?.answered).toBe(false);
    other.say('RPUSH list a');
    expect(server.journal.last('BLPOP')).toMatchObject({ answered: true, reply: ['list', 'a'] });
  });

  test('have all replies of one request, and what a client did not want to hear', () => {
    line.say('SUBSCRIBE a b', 'UNSUBSCRIBE', 'CLIENT REPLY SKIP', 'ECHO unheard', 'PING');
    const [subscribe] = server.journal.entries();
    expect(subscribe.reply).toEqual([
      ['subscribe', 'a', 1],
      ['subscribe', 'b', 2],
    ]);
    expect(server.journal.last('ECHO')?.reply).toBe('unheard');
    expect(line.text()).not.toContain('unheard');
  });

  test('are the last ones, as many as was said', async () => {
    await using small = await startServer({ journal: { max: 3 }, listen: false });
    const quick = await dial(small, 'memory');
    for (let i = 0; i < 20; i++) quick.say(`ECHO ${i}`);
    expect(small.journal.entries().map(({ argv }) => argv[1])).toEqual(['17', '18', '19']);
    small.journal.clear();
    expect(small.journal.entries()).toEqual([]);
  });

  test('are missed rather than none, where no journal is kept', async () => {
    await using plain = await startServer({ listen: false });
    expect(() => plain.journal.entries()).toThrow('there is no journal');
    const quiet = await dial(plain, 'memory');
    quiet.say('SET before 1');
    plain.journal.start();
    quiet.say('SET since 1');
    plain.journal.stop();
    quiet.say('SET after 1');
    expect(plain.journal.entries().map(({ argv }) => argv[1])).toEqual(['since']);
  });
});

describe('next()', () => {
  test('resolves to the next one that is meant, over a socket too', async () => {
    const redis = new Redis(server.port, server.host);
    const next = server.journal.next('PUBLISH', 'news');
    await redis.publish('other', 'x');
    await redis.publish('news', 'hello');
    expect((await next).argv).toEqual(['publish', 'news', 'hello']);
    redis.disconnect();
  });

  test('resolves to one that has no reply yet, if that is wanted', async () => {
    const redis = new Redis(server.port, server.host);
    await redis.ping();
    server.clock.freeze();
    const received = server.journal.received('BLPOP');
    const popped = redis.blpop('list', 5);
    expect((await received).answered).toBe(false);
    await server.clock.advance(5000);
    expect(await popped).toBeNull();
    redis.disconnect();
  });

  test('rejects when the time of the server is over, or a signal comes', async () => {
    server.clock.freeze();
    const late = server.journal.nextWithin({ timeout: 100 }, 'GET', 'k');
    const expected = expect(late).rejects.toThrow('no GET k came in time');
    await server.clock.advance(100);
    await expected;
    const stop = new AbortController();
    const stopped = server.journal.nextWithin({ signal: stop.signal }, 'GET');
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    await expect(
      server.journal.nextWithin({ signal: AbortSignal.abort(new Error('late')) }),
    ).rejects.toThrow('late');
  });
});

test('the text is a session of redis-cli, which can be typed again', async () => {
  line.say('RPUSH l a b', 'LRANGE l 0 -1', 'GET none', 'INCR l', 'SELECT 3', 'SET k "');
  line.send('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\xff \n\r\n');
  const text = String(server.journal);
  expect(text).toBe(
    [
      '127.0.0.1:6379> RPUSH l a b',
      '(integer) 2',
      '127.0.0.1:6379> LRANGE l 0 -1',
      '1) "a"',
      '2) "b"',
      '127.0.0.1:6379> GET none',
      '(nil)',
      '127.0.0.1:6379> INCR l',
      '(error) WRONGTYPE Operation against a key holding the wrong kind of value',
      '127.0.0.1:6379> SELECT 3',
      'OK',
      '127.0.0.1:6379[3]> SET k "\\""',
      'OK',
      '127.0.0.1:6379[3]> SET k "\\xff \\n"',
      'OK',
      '',
    ].join('\n'),
  );
  await using again = await startServer({ listen: false });
  again.seed(text.replace(/.*INCR l\n.*\n/, '')); // An error would be one again.
  const other = await dial(again, 'memory');
  expect((await other.ask('LLEN', 'l')).text).toBe('2');
});

describe('replayed', () => {
  async function something(): Promise<void> {
    const other = await dial(server, 'memory');
    line.say('SET n 1', 'INCR n', 'MULTI', 'INCR n', 'EXEC', 'BLPOP list 0', 'GET n');
    other.say('HELLO 3', 'RPUSH list a b', 'LPOP none', 'SUBSCRIBE c', 'BLPOP nothing 0');
    await Promise.resolve();
  }

  test('it has the same replies in an empty server in this process', async () => {
    await something();
    await using again = await startServer({ listen: false });
    const replayed = await server.journal.replay(again);
    expect(replayed.filter(({ same }) => !same).map(({ entry }) => entry.name)).toEqual(['hello']);
    expect(replayed.length).toBe(server.journal.count());
    const blpop = replayed.find(({ entry }) => entry.name === 'blpop')!;
    expect(blpop.reply).toEqual(['list', 'a']);
  });

  test('it has the same replies in a real Redis', async () => {
    const real = await startReal('8.0.2');
    if (real === null) return;
    try {
      line.say('SET k v', 'INCR k', 'ZADD z 1.5 a', 'ZRANGE z 0 -1 WITHSCORES', 'MULTI', 'GET k');
      line.say('EXEC', 'XADD s 1-1 a b', 'XRANGE s - +', 'BLPOP list 0');
      (await dial(server, 'memory')).say('LPUSH list x', 'LPOP list 1', 'GETEX k EX 100');
      const replayed = await server.journal.replay(`redis://127.0.0.1:${real.port}`);
      expect(replayed.length).toBe(13);
      expect(replayed.filter(({ same }) => !same)).toEqual([]);
    } finally {
      await real.stop();
    }
  });

  test('what differs is told', async () => {
    line.say('SET k v', 'GET k', 'GET k');
    await using again = await startServer();
    again.intercept('GET', () => 'else');
    const replayed = await server.journal.replay(again.url, 'GET');
    expect(replayed.map(({ same, reply }) => [same, reply])).toEqual([
      [false, 'else'],
      [false, 'else'],
    ]);
  });
});

describe('sent on to another server', () => {
  test('requests are answered there, and the journal has them', async () => {
    await using far = await startServer();
    server.intercept('*', proxyTo(far.url));
    const redis = new Redis(server.port, server.host);
    await redis.set('k', 'v');
    expect(await redis.multi().get('k').incr('n').exec()).toEqual([
      [null, 'v'],
      [null, 1],
    ]);
    await expect(redis.incr('k')).rejects.toThrow('ERR value is not an integer');
    expect((await (await dial(far, 'memory')).ask('GET', 'k')).text).toBe('v');
    expect(server.journal.last('GET')?.reply).toBe('QUEUED');
    const listener = new Redis(server.port, server.host);
    await listener.subscribe('news');
    const heard = new Promise((resolve) => listener.once('message', (...all) => resolve(all)));
    await redis.publish('news', 'hello');
    expect(await heard).toEqual(['news', 'hello']);
    redis.disconnect();
    listener.disconnect();
  });

  test('what is not there is an error, and is asked for again', async () => {
    const far = await startServer();
    const { port } = far;
    server.intercept('GET', proxyTo(far.url));
    expect((await line.ask('GET', 'k')).isNull).toBe(true);
    await far.close();
    expect((await line.ask('GET', 'k')).isError).toBe(true);
    expect((await line.ask('GET', 'k')).text).toMatch(/ECONNREFUSED/);
    await using again = await startServer({ port });
    again.seed({ k: 'back' });
    expect((await line.ask('GET', 'k')).text).toBe('back');
  });
});
