// Functions that requests pass through.

import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../client/index.ts';
import { type RunningServer, startServer, status } from '../../server/index.ts';
import { encode } from '../wire.ts';
import { dial, type Line } from './lines.ts';

let server: RunningServer;
let line: Line;

beforeEach(async () => {
  server = await startServer();
  line = await dial(server, 'memory');
});
afterEach(() => server.close());

/** What a line says by the end of this turn of the event loop's microtasks. */
async function heard(count: number): Promise<string> {
  let text = '';
  for (let i = 0; i < count; i++) text += await line.hear();
  return text;
}

describe('a handler that answers at once', () => {
  test('answers in its place, in the same turn', () => {
    server.intercept('GET', ({ argv }) => (argv[1] === 'flag' ? 'on' : undefined));
    line.say('SET flag off', 'GET flag', 'GET other', 'PING');
    expect(line.text()).toBe('+OK\r\n$2\r\non\r\n$-1\r\n+PONG\r\n');
  });

  test('answers values of JavaScript in the protocol of the client', () => {
    const map = new Map<unknown, unknown>([
      ['a', 1],
      ['b', [true, null, 1.5]],
    ]);
    server.intercept('ECHO', () => map);
    server.intercept('GET', () => ({ list: ['é', new Set([10n])] }));
    server.intercept('TYPE', () => status('wonder'));
    line.say('ECHO x', 'GET x', 'TYPE x');
    const resp2 =
      '*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*3\r\n:1\r\n$-1\r\n$3\r\n1.5\r\n' +
      '*2\r\n$4\r\nlist\r\n*2\r\n$2\r\n\xc3\xa9\r\n*1\r\n:10\r\n+wonder\r\n';
    expect(line.text()).toBe(resp2);
    const before = line.text().length;
    line.say('HELLO 3');
    const greeted = line.text().length;
    line.say('ECHO x');
    expect(greeted).toBeGreaterThan(before);
    expect(line.text().slice(greeted)).toBe(
      '%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*3\r\n#t\r\n_\r\n,1.5\r\n',
    );
  });

  test('refuses with what it throws', () => {
    server.intercept('@write', ({ keys }) => {
      throw new Error(keys.includes('secret') ? 'NOPERM not yours' : 'no writing today');
    });
    server.intercept('PING', () => () => {});
    line.say('SET secret 1', 'DEL a', 'GET a', 'PING');
    expect(line.text()).toBe(
      '-NOPERM not yours\r\n-ERR no writing today\r\n$-1\r\n-ERR a function is no reply\r\n',
    );
  });

  test('has the request go on with other words', () => {
    server.intercept('SET', ({ argv, pass }) => pass(['SET', argv[1], 'censored']));
    server.intercept('SET', ({ argv, pass }) => pass([...argv, 'EX', 100]));
    server.intercept('FETCH', ({ bytes, pass }) => pass(['GET', bytes[1]]));
    line.say('SET k v', 'FETCH k', 'TTL k', 'GET k');
    expect(line.text()).toBe('+OK\r\n$8\r\ncensored\r\n:100\r\n$8\r\ncensored\r\n');
  });

  test('ends the connection', () => {
    server.intercept('QUIT', ({ close }) => close());
    line.say('PING', 'QUIT', 'PING');
    expect(line.closed).toBe(true);
  });

  test('is asked no more once it is removed', () => {
    const interception = server.intercept('GET', () => 'x');
    line.say('GET k');
    interception.remove();
    line.say('GET k');
    expect(line.text()).toBe('$1\r\nx\r\n$-1\r\n');
    expect(interception.hits).toBe(1);
  });
});

describe('a handler that takes its time', () => {
  test('holds its client alone, and what that sent behind', async () => {
    let open = (_: string) => {};
    server.intercept('GET', () => new Promise<string>((resolve) => (open = resolve)));
    const other = await dial(server, 'memory');
    line.say('GET k', 'ECHO behind');
    expect(line.text()).toBe('');
    expect((await other.ask('ECHO', 'free')).text).toBe('free');
    open('late');
    expect(await heard(2)).toBe('$4\r\nlate\r\n$6\r\nbehind\r\n');
  });

  test('waits by the clock of the server', async () => {
    server.clock.freeze();
    server.intercept('GET', async ({ delay }, next) => {
      await delay(50);
      return next();
    });
    line.say('SET k v', 'GET k');
    await server.clock.advance(49);
    expect(line.text()).toBe('+OK\r\n');
    await server.clock.advance(1);
    expect(await heard(2)).toBe('+OK\r\n$1\r\nv\r\n');
  });

  test('sees the reply, hands it on byte for byte, or changes it', async () => {
    const seen: unknown[] = [];
    server.intercept('*', async (_, next) => {
      const reply = await next();
      seen.push(reply);
      return reply;
    });
    line.say('SET k v', 'HSET h f 1', 'HGETALL h', 'HELLO 3', 'HGETALL h', 'GETDEL none');
    const text = await heard(6);
    expect(text).toMatch(/^\+OK\r\n:1\r\n\*2\r\n\$1\r\nf\r\n\$1\r\n1\r\n%7/);
    expect(text).toMatch(/%1\r\n\$1\r\nf\r\n\$1\r\n1\r\n_\r\n$/);
    expect(seen.slice(0, 3)).toEqual(['OK', 1, ['f', '1']]);
    expect(seen.slice(4)).toEqual([{ f: '1' }, null]);
    server.intercept('GET', async (_, next) => `${await next()}!`);
    expect((await line.ask('GET', 'k')).text).toBe('v!');
  });

  test('has an error of the server thrown by next(), and may catch it', async () => {
    server.intercept('INCR', async (_, next) => {
      try {
        return await next();
      } catch {
        return -1;
      }
    });
    server.intercept('LPUSH', (_, next) => next());
    line.say('SET k v', 'INCR k', 'LPUSH k x');
    expect(await heard(3)).toBe(
      '+OK\r\n:-1\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n',
    );
    expect((await line.ask('INFO', 'errorstats')).text).toContain('errorstat_WRONGTYPE:count=1');
  });

  test('may try again', async () => {
    server.intercept('INCR', async (_, next) => {
      while (((await next()) as number) < 5);
      return next();
    });
    expect((await line.ask('INCR', 'n')).text).toBe('6');
  });

  test('lets a blocked command through, which is served like any', async () => {
    server.intercept('BLPOP', async (_, next) => {
      const found = (await next()) as string[];
      return found.toReversed();
    });
    line.say('BLPOP list 0', 'PING');
    const other = await dial(server, 'memory');
    await Promise.resolve();
    await other.ask('RPUSH', 'list', 'a');
    expect(await heard(2)).toBe('*2\r\n$1\r\na\r\n$4\r\nlist\r\n+PONG\r\n');
    expect((await other.ask('LLEN', 'list')).text).toBe('0');
  });

  test('hears of a client that goes away', async () => {
    let reason: unknown = null;
    const over = new Promise<void>((resolve) => {
      server.intercept('BLPOP', async ({ signal }, next) => {
        signal.addEventListener('abort', () => resolve());
        reason = await next().catch((problem: unknown) => problem);
      });
    });
    line.say('BLPOP list 0');
    await Promise.resolve();
    line.close();
    await over;
    await Promise.resolve();
    expect(String(reason)).toContain('the client is gone');
  });

  test('may stand behind another one', async () => {
    server.intercept('GET', async (_, next) => `<${await next()}>`);
    server.intercept('GET', async (_, next) => `(${await next()})`);
    server.intercept('GET', ({ argv }) => argv[1].toUpperCase());
    expect((await line.ask('GET', 'key')).text).toBe('<(KEY)>');
  });
});

describe('in MULTI', () => {
  test('an answer stands in the reply of EXEC, and an error makes EXEC fail', async () => {
    server.intercept('GET', ({ inMulti }) => `in multi: ${inMulti}`);
    server.intercept('INCR', async (_, next) => next());
    line.say('MULTI', 'GET k', 'INCR n', 'EXEC');
    expect(await heard(4)).toBe(
      '+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$14\r\nin multi: true\r\n:1\r\n',
    );
    server.intercept('DEL', () => {
      throw new Error('no');
    });
    line.say('MULTI', 'DEL k', 'EXEC');
    expect(await heard(3)).toBe(
      '+OK\r\n-ERR no\r\n-EXECABORT Transaction discarded because of previous errors.\r\n',
    );
  });
});

test('a client in the same process, which needs no bytes otherwise, is met as well', async () => {
  const client = createClient(server);
  await client.set('k', 'v');
  {
    using _ = server.intercept('GET', async (__, next) => `${await next()}!`);
    using fault = server.faults.add({ command: 'INCR', error: 'BUSY' });
    expect(await client.get('k')).toBe('v!');
    await expect(client.incr('n')).rejects.toThrow('BUSY Redis is busy running a script');
    expect(fault.hits).toBe(1);
  }
  expect(await client.get('k')).toBe('v');
  expect(await client.incr('n')).toBe(1);
  await client.close();
});

test('over a socket, and with CLIENT REPLY, it is the same', async () => {
  const redis = new Redis(server.port, server.host);
  server.intercept('GET', async ({ client, delay }) => {
    await delay(1);
    return `for ${client.name}`;
  });
  await redis.client('SETNAME', 'me');
  const all = await Promise.all([redis.get('a'), redis.ping(), redis.get('b')]);
  expect(all).toEqual(['for me', 'PONG', 'for me']);
  redis.disconnect();
  line.say('CLIENT REPLY SKIP', 'GET k', 'PING');
  expect(await heard(1)).toBe('+PONG\r\n');
});

test('what passes through changes no byte, however long it takes', () => {
  const word = fc.constantFrom('a', 'b', 'list', '1', '2', 'x y', '', '10', 'SKIP', 'OFF', 'ON');
  const name = fc.constantFrom(
    ...['set', 'get', 'incr', 'lpush', 'lrange', 'multi', 'multi', 'exec', 'discard', 'hello|3'],
    ...['client|reply', 'subscribe', 'publish|a', 'eval|return 1|0', 'sadd', 'nothing', 'reset'],
    ...['watch', 'blpop|list', 'client|tracking|on', 'unsubscribe', 'ping'],
  );
  const request = fc.tuple(name, fc.array(word, { maxLength: 3 }));
  const delays = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });
  return fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 20 }), delays, async (requests, waits) => {
      await using plain = await startServer({ seed: 1, listen: false });
      await using watched = await startServer({ seed: 1, listen: false, journal: true });
      for (const each of [plain, watched]) {
        each.clock.freeze();
        await each.clock.set(1_700_000_000_000);
      }
      let n = 0;
      watched.intercept('*', async (_, next) => {
        for (let i = waits[n++ % waits.length]; i > 0; i--) await Promise.resolve();
        return next();
      });
      watched.intercept('@write', (_, next) => next());
      watched.faults.add({ latency: 0 });
      const [one, two] = [await dial(plain, 'memory'), await dial(watched, 'memory')];
      for (const [words, args] of requests) {
        const bytes = encode([...words.split('|'), ...args]);
        one.send(bytes);
        two.send(bytes);
      }
      for (let i = 0; i < 2000 && two.text() !== one.text(); i++) await Promise.resolve();
      await new Promise(setImmediate);
      expect(two.text()).toBe(one.text());
      expect(two.closed).toBe(one.closed);
    }),
    { numRuns: 150 },
  );
});
