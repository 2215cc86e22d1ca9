// What a test can expect of a server.

import { describe, expect, test } from 'vitest';
import '../../server/double/vitest.ts';
import { type RunningServer, startServer } from '../../server/index.ts';

/** Sends requests, each as its words. */
function ask(server: RunningServer, ...requests: (string | Buffer)[][]): void {
  const connection = server.connect();
  for (const argv of requests) {
    connection.write(Buffer.from(`*${argv.length}\r\n`));
    for (const word of argv) {
      connection.write(Buffer.from(`$${Buffer.byteLength(word)}\r\n`));
      connection.write(Buffer.concat([Buffer.from(word), Buffer.from('\r\n')]));
    }
  }
  connection.close();
}

/** What an expectation that does not hold says. */
function complaint(expectation: () => void): string {
  try {
    expectation();
  } catch (problem) {
    return (problem as Error).message;
  }
  throw new Error('it holds');
}

const journalled = () => startServer({ journal: true });

describe('toHaveReceived', () => {
  test('holds for a command, in any case, and words that a request begins with', async () => {
    await using server = await journalled();
    ask(server, ['set', 'user:1', 'ada', 'EX', '60']);
    expect(server).toHaveReceived('SET');
    expect(server).toHaveReceived('Set', 'user:1');
    expect(server).toHaveReceived('SET', 'user:1', 'ada', 'EX', 60);
    expect(server).not.toHaveReceived('SET', 'user:2');
    expect(server).not.toHaveReceived('SET', 'user:1', 'ada', 'EX', 60, 'NX');
    expect(server).not.toHaveReceived('GET');
    expect(server).not.toHaveReceived('SET', 'ada');
  });

  test('knows commands of two words', async () => {
    await using server = await journalled();
    ask(server, ['CLIENT', 'setname', 'worker']);
    expect(server).toHaveReceived('CLIENT SETNAME', 'worker');
    expect(server).toHaveReceived('client|setname', 'worker');
    expect(server).toHaveReceived('CLIENT', 'setname');
    expect(server).not.toHaveReceived('CLIENT GETNAME');
  });

  test('takes patterns, bytes, and what is asymmetric', async () => {
    await using server = await journalled();
    const bytes = Buffer.from([0, 255, 10]);
    ask(server, ['SET', 'user:1', '{"name":"ada"}'], ['SET', 'bin', bytes]);
    expect(server).toHaveReceived('SET', /^user:\d$/, expect.stringContaining('"ada"'));
    expect(server).toHaveReceived('SET', expect.anything(), expect.any(String));
    expect(server).toHaveReceived('SET', 'bin', bytes);
    expect(server).toHaveReceived('SET', 'bin', new Uint8Array(bytes));
    expect(server).not.toHaveReceived('SET', 'bin', Buffer.from([0, 255]));
    expect(server).not.toHaveReceived('SET', /^group/);
  });

  test('says what came instead', async () => {
    await using server = await journalled();
    expect(complaint(() => expect(server).toHaveReceived('GET', 'a'))).toBe(
      'It has not received GET "a".\nIt has received nothing.',
    );
    ask(server, ['SET', 'a', 'b c']);
    expect(complaint(() => expect(server).toHaveReceived('GET', /x/))).toMatch(
      /^It has not received GET \/x\/\.\nThis is what it has received:\n {2}\[\d+\] SET a "b c" -> "OK"$/,
    );
    ask(server, ['GET', 'b']);
    expect(complaint(() => expect(server).toHaveReceived('get', 'a'))).toMatch(
      /^It has not received GET "a"\.\nThese are like it:\n {2}\[\d+\] GET b -> null$/,
    );
    expect(complaint(() => expect(server).not.toHaveReceived('GET'))).toMatch(
      /^It should not have received GET, but did:\n {2}\[\d+\] GET b -> null$/,
    );
  });

  test('is refused where there is no journal, or no server', async () => {
    await using server = await startServer();
    expect(complaint(() => expect(server).toHaveReceived('GET'))).toContain('no journal');
    expect(complaint(() => expect({}).toHaveReceived('GET'))).toContain('expected of a server');
    expect(complaint(() => expect(null).not.toHaveReceived('GET'))).toContain('of a server');
  });
});

test('toHaveReceivedTimes counts', async () => {
  await using server = await journalled();
  expect(server).toHaveReceivedTimes(0, 'INCR');
  ask(server, ['INCR', 'a'], ['INCR', 'a'], ['INCR', 'b']);
  expect(server).toHaveReceivedTimes(3, 'INCR');
  expect(server).toHaveReceivedTimes(2, 'INCR', 'a');
  expect(server).not.toHaveReceivedTimes(1, 'INCR', 'a');
  expect(complaint(() => expect(server).toHaveReceivedTimes(1, 'INCR', 'a'))).toMatch(
    /^It has received INCR "a" 2 times, not once\.\n {2}\[\d+\] INCR a -> 1\n {2}\[\d+\] INCR a -> 2$/,
  );
  expect(complaint(() => expect(server).not.toHaveReceivedTimes(3, 'INCR'))).toBe(
    'It should not have received INCR 3 times.',
  );
});

describe('toHaveKey', () => {
  test('holds for keys of all kinds, in the form of dump() and in those of seed()', async () => {
    await using server = await startServer();
    const data = {
      greeting: 'hello',
      hits: 42,
      queue: ['a', 'b', 3],
      'user:1': { name: 'Ann', age: 41 },
      tags: new Set(['y', 'x', 'ä']),
      board: { $zset: { ann: 10, bob: 7.5 } },
      events: { $stream: { '1-0': ['type', 'login'] } },
      $$odd: 'x',
      bytes: Buffer.from([255, 0]),
      session: { $string: 'abc', $expireIn: 60_000 },
    };
    server.seed(data);
    const { $$odd, session, ...rest } = data;
    for (const [key, value] of Object.entries(rest)) {
      expect(server).toHaveKey(key);
      expect(server).toHaveKey(key, value);
      expect(server).not.toHaveKey(key, 'another');
    }
    for (const [key, value] of Object.entries(server.dump())) {
      if (key !== '$$odd') expect(server).toHaveKey(key, value);
    }
    expect(server).toHaveKey('$odd', $$odd);
    expect(server).toHaveKey('session', 'abc');
    expect(server).toHaveKey('session', { $expireAt: expect.any(Number) });
    expect(server).toHaveKey(
      'user:1',
      new Map([
        ['age', 41],
        ['name', 'Ann'],
      ] as never),
    );
    expect(server).toHaveKey('user:1', expect.objectContaining({ name: 'Ann' }));
    expect(server).toHaveKey('user:1', { name: expect.any(String), age: 41 });
    expect(server).toHaveKey('board', { $zset: expect.objectContaining({ ann: 10 }) });
    expect(server).toHaveKey('tags', { $set: ['ä', 'x', 'y'] });
    expect(server).toHaveKey('events', { $lastId: '1-0' });
    expect(server).not.toHaveKey('tags', ['x', 'y', 'ä']);
    expect(server).not.toHaveKey('user:1', { name: 'Ann' });
    expect(server).not.toHaveKey('user:2');
  });

  test('does not count as a look at the key', async () => {
    await using server = await startServer({ journal: true });
    server.seed({ k: 'v' });
    expect(server).toHaveKey('k', 'v');
    expect(server).toHaveReceivedTimes(0, 'GET');
  });

  test('says what is there instead', async () => {
    await using server = await startServer();
    expect(complaint(() => expect(server).toHaveKey('a'))).toBe(
      'It has no key "a".\nIt has none at all.',
    );
    server.seed({ b: 'x', c: ['y'] });
    expect(complaint(() => expect(server).toHaveKey('a'))).toBe(
      'It has no key "a".\nThese are there: b, c',
    );
    expect(complaint(() => expect(server).toHaveKey('b', 'z'))).toBe(
      'The key "b" holds "x", not "z".',
    );
    expect(complaint(() => expect(server).not.toHaveKey('b', 'x'))).toContain('should not hold');
    expect(complaint(() => expect(server).not.toHaveKey('b'))).toContain('should not have a key');
    expect(complaint(() => expect({}).toHaveKey('b'))).toContain('expected of a server');
  });
});

test('toHaveExpiry tells when a key goes', async () => {
  await using server = await startServer();
  server.clock.freeze();
  await server.clock.set(1_800_000_000_000);
  server.seed({ session: { $string: 'x', $expireIn: 60_000 }, always: 'y' });
  expect(server).toHaveExpiry('session');
  expect(server).toHaveExpiry('session', 60_000);
  expect(server).toHaveExpiry('session', 60_999);
  expect(server).toHaveExpiry('session', new Date(1_800_000_060_000));
  expect(server).toHaveExpiry('session', expect.any(Number));
  expect(server).not.toHaveExpiry('session', 59_999);
  expect(server).not.toHaveExpiry('session', 61_000);
  expect(server).not.toHaveExpiry('session', new Date(1_800_000_060_001));
  expect(server).not.toHaveExpiry('always');
  expect(server).not.toHaveExpiry('nothing');
  expect(complaint(() => expect(server).toHaveExpiry('session', 5000))).toBe(
    'The key "session" expires in 60000 ms, at 2027-01-15T08:01:00.000Z, not in 5000 ms.',
  );
  expect(complaint(() => expect(server).toHaveExpiry('always'))).toContain('does not expire');
});
