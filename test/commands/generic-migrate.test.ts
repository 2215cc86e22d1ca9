// MIGRATE: between two servers of each kind, and to others that misbehave.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { READY, RequestParser } from '../../protocol/request-parser.ts';
import { Config } from '../../server/config/config.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { makeCertificates } from '../certificates.ts';
import { argvOf } from '../redis.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const here = (await realRedis('8.0.2')) !== null;
if (!here) process.stderr.write(`\n*** MIGRATE BESIDE NO REAL REDIS: ${whyNoRedis('8.0.2')} ***\n`);

type Talker = (line: string | readonly (string | number)[]) => Promise<string>;

/** What a client says, and the bytes of what it hears. */
function talker(wire: Wire): Talker {
  return async (line) => (await wire.ask(...argvOf(line))).raw.replace(/\r\n$/, '');
}

type House = { port: number; say: Talker; stop: () => Promise<void> };

async function open(kind: 'ours' | 'real'): Promise<House> {
  let port: number;
  let stop: () => Promise<void>;
  if (kind === 'ours') {
    const server: RunningServer = await startServer({ save: '', 'enable-debug-command': 'yes' });
    port = server.port;
    stop = () => server.close();
  } else {
    const server = (await startReal('8.0.2')) as RealServer;
    port = server.port;
    stop = () => server.stop();
  }
  const wire = await overSocket({ host: '127.0.0.1', port });
  return { port, say: talker(wire), stop };
}

for (const [from, to] of [
  ['ours', 'ours'],
  ['ours', 'real'],
  ['real', 'ours'],
  ['real', 'real'],
] as const) {
  describe.skipIf(!here && (from === 'real' || to === 'real'))(`from ${from} to ${to}`, () => {
    let source: House;
    let target: House;
    beforeAll(async () => {
      source = await open(from);
      target = await open(to);
    });
    afterAll(async () => {
      await source.stop();
      await target.stop();
    });
    afterEach(async () => {
      await target.say('CONFIG SET requirepass ""');
      await source.say('FLUSHALL');
      await target.say('FLUSHALL');
    });
    const migrate = (...rest: (string | number)[]) =>
      source.say(['MIGRATE', '127.0.0.1', target.port, ...rest]);

    test('a key goes, with its expiry, and is in the database that was named', async () => {
      await source.say('SET k v PX 100000');
      expect(await migrate('k', 3, 5000)).toBe('+OK');
      expect(await source.say('EXISTS k')).toBe(':0');
      expect(await target.say('EXISTS k')).toBe(':0');
      await target.say('SELECT 3');
      expect(await target.say('GET k')).toBe('$1\r\nv');
      expect(Number((await target.say('PTTL k')).slice(1))).toBeGreaterThan(0);
      expect(Number((await target.say('PTTL k')).slice(1))).toBeLessThanOrEqual(100_000);
      await source.say('SET other v');
      expect(await migrate('other', 3, 5000)).toBe('+OK');
      expect(await target.say('TTL other')).toBe(':-1');
      await target.say('SELECT 0');
    });

    test('values of every kind arrive as they were, large ones too', async () => {
      const keys = ['string', 'list', 'set', 'hash', 'zset', 'stream', 'large', 'many'];
      await source.say('SET string 12345');
      await source.say('RPUSH list a b 3');
      await source.say('SADD set 1 2 three');
      await source.say('HSET hash f v g w');
      await source.say('HPEXPIRE hash 100000000 FIELDS 1 f');
      await source.say('ZADD zset 1.5 a 2 b');
      await source.say('XADD stream 1-1 f v');
      await source.say('XGROUP CREATE stream g 0');
      await source.say(['SETRANGE', 'large', 3_000_000, '\x00\xff']);
      await source.say(['RPUSH', 'many', ...Array.from({ length: 20_000 }, (_, i) => `item ${i}`)]);
      await source.say('HPEXPIREAT hash 4000000000000 FIELDS 1 f');
      const before = await source.say(['DEBUG', 'DIGEST-VALUE', ...keys]);
      expect(await migrate('', 0, 30_000, 'COPY', 'KEYS', ...keys)).toBe('+OK');
      expect(await target.say(['DEBUG', 'DIGEST-VALUE', ...keys])).toBe(before);
      expect(await source.say(['EXISTS', ...keys])).toBe(':8');
      expect(await migrate('', 0, 30_000, 'REPLACE', 'KEYS', ...keys)).toBe('+OK');
      expect(await target.say(['DEBUG', 'DIGEST-VALUE', ...keys])).toBe(before);
      expect(await source.say('DBSIZE')).toBe(':0');
    });

    test('of several keys those go that are there and are taken', async () => {
      expect(await migrate('', 0, 5000, 'KEYS', 'a', 'b')).toBe('+NOKEY');
      await source.say('MSET a 1 b 2 c 3 d 4');
      await target.say('MSET b _ c _');
      expect(await migrate('', 0, 5000, 'KEYS', 'none', 'a', 'b', 'c', 'd')).toBe(
        '-ERR Target instance replied with error: BUSYKEY Target key name already exists.',
      );
      expect(await source.say('MGET a b c d')).toBe('*4\r\n$-1\r\n$1\r\n2\r\n$1\r\n3\r\n$-1');
      expect(await target.say('MGET a b c d')).toBe(
        '*4\r\n$1\r\n1\r\n$1\r\n_\r\n$1\r\n_\r\n$1\r\n4',
      );
      expect(await migrate('b', 0, 5000, 'replace')).toBe('+OK');
      expect(await target.say('GET b')).toBe('$1\r\n2');
    });

    test('a password is told, and a wrong one moves nothing', async () => {
      await source.say('SET k v');
      await target.say('CONFIG SET requirepass secret');
      await target.say('AUTH secret');
      expect(await migrate('k', 0, 5000, 'AUTH', 'wrong')).toBe(
        '-ERR Target instance replied with error: WRONGPASS invalid username-password pair or ' +
          'user is disabled.',
      );
      expect(await source.say('EXISTS k')).toBe(':1');
      expect(await migrate('k', 0, 5000, 'AUTH2', 'default', 'secret', 'COPY', 'REPLACE')).toBe(
        '+OK',
      );
      expect(await migrate('k', 0, 5000, 'AUTH', 'secret', 'REPLACE')).toBe('+OK');
      expect(await source.say('EXISTS k')).toBe(':0');
      expect(await target.say('GET k')).toBe('$1\r\nv');
    });

    test('a database that the target does not have', async () => {
      await source.say('SET k v');
      expect(await migrate('k', 99, 5000)).toBe(
        '-ERR Target instance replied with error: ERR DB index is out of range',
      );
      expect(await source.say('EXISTS k')).toBe(':1');
    });

    test('what is wrong with a call is told before anything is sent', async () => {
      const syntax = '-ERR syntax error';
      const number = '-ERR value is not an integer or out of range';
      const both =
        '-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string';
      for (const [line, answer] of [
        ['k 0 x', number],
        ['k x 10', number],
        ['k x 10 NOTHING', syntax],
        ['k 0 10 AUTH', syntax],
        ['k 0 10 AUTH2 name', syntax],
        ['k 0 10 KEYS a', both],
        ['k 0 10 AUTH KEYS KEYS', both],
        ['"" 0 10 KEYS', '+NOKEY'],
        ['"" 0 10', '+NOKEY'],
        ['none 0 0', '+NOKEY'],
      ]) {
        expect(await source.say(`MIGRATE 127.0.0.1 ${target.port} ${line}`), line).toBe(answer);
      }
    });

    test('connections are kept, and counted', async () => {
      await source.say('MSET a 1 b 2');
      await migrate('a', 0, 5000);
      await migrate('b', 0, 5000);
      expect(await source.say('INFO stats')).toContain('migrate_cached_sockets:1\r\n');
    });

    test('nobody is where the key should go', async () => {
      await source.say('SET k v');
      const nobody = await unusedPort();
      expect(await source.say(`MIGRATE 127.0.0.1 ${nobody} k 0 1000`)).toBe(
        '-IOERR error or timeout writing to target instance',
      );
      expect(await source.say('EXISTS k')).toBe(':1');
    });
  });
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A target that answers as it is told to: each request with a line, or with null for nothing. */
class Puppet {
  readonly requests: string[][] = [];
  readonly sockets: Socket[] = [];
  answer: (argv: string[]) => string | null = () => '+OK';
  private readonly server = createServer((socket) => this.accept(socket));
  private readonly waiting: (() => void)[] = [];

  async open(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves when so many requests have come. */
  async has(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((go) => this.waiting.push(go));
  }

  send(line: string): void {
    this.sockets.at(-1)!.write(`${line}\r\n`);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private accept(socket: Socket): void {
    const parser = new RequestParser();
    this.sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      parser.feed(chunk, chunk.length);
      while (parser.next() === READY) {
        const argv = parser.argv.slice();
        this.requests.push(argv);
        const line = this.answer(argv);
        if (line !== null) socket.write(`${line}\r\n`);
      }
      parser.keep();
      for (const go of this.waiting.splice(0)) go();
    });
  }
}

describe('while keys are under way', () => {
  let server: Server;
  let puppet: Puppet;
  let r: Talker;
  const wires: Wire[] = [];

  /** Another client. */
  function client(): Talker {
    const wire = inProcess(server);
    wires.push(wire);
    return talker(wire);
  }

  /** What the server says of a request that waits, once it is over; '' until then. */
  function pending(say: Talker, line: string): { reply: string; over: Promise<void> } {
    const held = { reply: '', over: Promise.resolve() };
    held.over = say(line).then((reply) => {
      held.reply = reply;
    });
    return held;
  }

  const migrate = (rest: string) => `MIGRATE 127.0.0.1 ${puppet.port} ${rest}`;
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  beforeAll(async () => {
    puppet = await new Puppet().open();
  });
  afterAll(() => puppet.close());

  const begin = () => {
    const config = new Config();
    config.options({ save: '' });
    server = new Server(config, { seed: 1 });
    puppet.requests.length = 0;
    puppet.answer = () => null;
    r = client();
  };
  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close();
    server.close();
  });

  test('others are served, and only those wait who could change them', async () => {
    begin();
    await r('MSET k v other v');
    const mover = pending(client(), migrate('k 0 5000'));
    await puppet.has(2);
    expect(await r('GET k')).toBe('$1\r\nv');
    expect(await r('SET other w')).toBe('+OK');
    expect(await r('PFCOUNT other')).toMatch(/^-WRONGTYPE/);
    const writers = [
      'APPEND k x',
      'EVAL "return 1" 0',
      migrate('"" 0 5000 KEYS k'),
      'RENAME other k',
    ];
    const held = writers.map((line) => pending(client(), line));
    const second = client();
    await second('MULTI');
    await second('INCR n');
    await second('LPUSH k x');
    held.push(pending(second, 'EXEC'));
    held.push(pending(client(), 'FLUSHALL'));
    await settled();
    expect(held.map(({ reply }) => reply)).toEqual(held.map(() => ''));
    expect(mover.reply).toBe('');

    puppet.answer = () => '+OK';
    puppet.send('+OK'); // SELECT
    puppet.send('+OK');
    await mover.over;
    expect(mover.reply).toBe('+OK');
    await Promise.all(held.map(({ over }) => over));
    expect(held.map(({ reply }) => reply)).toEqual([
      ':1', // Of a new key.
      ':1',
      '+OK',
      '+OK',
      expect.stringMatching(/^\*2\r\n:1\r\n-WRONGTYPE/),
      '+OK',
    ]);
    expect(await r('DBSIZE')).toBe(':0');
  });

  test('who waits for another key is not served with one that is under way', async () => {
    begin();
    await r('RPUSH k a');
    const waiter = pending(client(), 'BLMOVE source k LEFT LEFT 0');
    await settled();
    const mover = pending(client(), migrate('k 0 5000'));
    await puppet.has(2);
    expect(await r('RPUSH source b')).toBe(':1');
    await settled();
    expect(waiter.reply).toBe('');
    puppet.send('+OK');
    puppet.send('+OK');
    await Promise.all([mover.over, waiter.over]);
    expect(waiter.reply).toBe('$1\r\nb');
    expect(await r('LRANGE k 0 -1')).toBe('*1\r\n$1\r\nb');
  });

  test('what left is deleted once, for those who repeat what changes, and for who watches', async () => {
    begin();
    const stream: string[] = [];
    server.propagation.listen((_, argv) => stream.push(argv.join(' ')));
    await r('MSET a 1 b 2 c 3');
    const watcher = client();
    await watcher('WATCH b');
    puppet.answer = ([name, key]) => (key === 'c' ? '-BUSYKEY' : name === 'SELECT' ? '+OK' : '+OK');
    expect(await r(migrate('"" 0 5000 KEYS a b c a'))).toBe(
      '-ERR Target instance replied with error: BUSYKEY',
    );
    expect(stream).toEqual(['MSET a 1 b 2 c 3', 'DEL a b']);
    expect(await r('INFO persistence')).toContain('rdb_changes_since_last_save:5\r\n');
    await watcher('MULTI');
    await watcher('PING');
    expect(await watcher('EXEC')).toBe('*-1');
  });

  test('a client that leaves has its keys moved all the same', async () => {
    begin();
    await r('SET k v');
    const wire = inProcess(server);
    wire.send(`MIGRATE 127.0.0.1 ${puppet.port} k 0 5000\r\n`);
    await puppet.has(2);
    wire.close();
    const next = pending(client(), 'INCR k');
    await settled();
    expect(next.reply).toBe('');
    puppet.send('+OK');
    puppet.send('+OK');
    await next.over;
    expect(next.reply).toBe(':1');
  });

  test('a target that says nothing is given up when the time is over, and the key stays', async () => {
    begin();
    await r('SET k v');
    server.clock.freeze();
    const mover = pending(client(), migrate('k 0 500'));
    await puppet.has(2);
    server.clock.advance(499);
    puppet.send('+OK'); // For SELECT: the time counts from here again.
    await settled();
    await settled();
    server.clock.advance(499);
    await settled();
    expect(mover.reply).toBe('');
    server.clock.advance(2);
    await mover.over;
    expect(mover.reply).toBe('-IOERR error or timeout reading from target instance');
    expect(await r('GET k')).toBe('$1\r\nv');
    expect(await r('INFO stats')).toContain('migrate_cached_sockets:0\r\n');
  });

  test('a target that refuses everything, as one does that loads', async () => {
    begin();
    await r('MSET a 1 b 2');
    puppet.answer = () => '-LOADING Redis is loading the dataset in memory';
    expect(await r(migrate('"" 0 5000 KEYS a b'))).toBe(
      '-ERR Target instance replied with error: LOADING Redis is loading the dataset in memory',
    );
    expect(await r('DBSIZE')).toBe(':2');
    puppet.answer = () => '+OK';
    puppet.requests.length = 0;
    expect(await r(migrate('"" 0 5000 KEYS a b'))).toBe('+OK');
    expect(puppet.requests.map(([name]) => name)).toEqual(['SELECT', 'RESTORE', 'RESTORE']);
  });

  test('a kept connection is used for ten seconds, and replaced if it broke', async () => {
    begin();
    server.clock.freeze();
    await r('MSET a 1 b 2 c 3');
    puppet.answer = () => '+OK';
    expect(await r(migrate('a 7 5000'))).toBe('+OK');
    const connections = puppet.sockets.length;
    expect(await r(migrate('b 7 5000'))).toBe('+OK');
    expect(puppet.sockets.length).toBe(connections);
    expect(puppet.requests.map(([name]) => name)).toEqual(['SELECT', 'RESTORE', 'RESTORE']);
    puppet.answer = () => null;
    puppet.requests.length = 0;
    const mover = pending(client(), migrate('c 7 5000'));
    await puppet.has(1);
    puppet.answer = () => '+OK';
    puppet.sockets.at(-1)!.destroy();
    await mover.over;
    expect(mover.reply).toBe('+OK');
    expect(puppet.sockets.length).toBe(connections + 1);
    server.clock.advance(9000);
    expect(await r('INFO stats')).toContain('migrate_cached_sockets:1\r\n');
    server.clock.advance(3000);
    expect(await r('INFO stats')).toContain('migrate_cached_sockets:0\r\n');
  });

  test('a connection that breaks twice is an error', async () => {
    begin();
    await r('SET k v');
    puppet.answer = () => {
      puppet.sockets.at(-1)!.destroy();
      return null;
    };
    expect(await r(migrate('k 0 5000'))).toBe(
      '-IOERR error or timeout reading from target instance',
    );
    expect(puppet.requests.length).toBeGreaterThan(1);
    expect(await r('GET k')).toBe('$1\r\nv');
  });

  test('in a transaction and in a script it is refused', async () => {
    begin();
    await r('SET k v');
    await r('MULTI');
    await r(migrate('k 0 5000'));
    expect(await r('EXEC')).toBe('*1\r\n-ERR MIGRATE is not allowed in transactions and scripts');
    expect(
      await r(['EVAL', `return redis.call('migrate','127.0.0.1','1',KEYS[1],'0','10')`, 1, 'k']),
    ).toMatch(/^-ERR MIGRATE is not allowed in transactions and scripts/);
  });

  test('it is counted, and the slow log has it without its password', async () => {
    begin();
    await r('CONFIG SET slowlog-log-slower-than 0');
    await r('SET k v');
    puppet.answer = () => '+OK';
    await r(migrate('k 0 5000 AUTH secret'));
    const slow = await r('SLOWLOG GET 1');
    expect(slow).toContain('(redacted)');
    expect(slow).not.toContain('secret');
    expect(await r('INFO commandstats')).toMatch(/cmdstat_migrate:calls=1,.*failed_calls=0/);
  });
});

test('no change is lost of a key that moves away again and again', async () => {
  const source = await open('ours');
  const target = await open('ours');
  const wire = await overSocket({ host: '127.0.0.1', port: source.port });
  const writer = talker(wire);
  let acknowledged = 0;
  let moving = true;
  const write = async () => {
    while (moving) {
      await writer('INCR k');
      acknowledged++;
    }
  };
  const writing = write();
  for (let db = 0; db < 16; db++) {
    while ((await source.say(`MIGRATE 127.0.0.1 ${target.port} k ${db} 5000`)) === '+NOKEY');
  }
  moving = false;
  await writing;
  let found = Number((await source.say('GET k')).split('\r\n')[1] ?? 0);
  for (let db = 0; db < 16; db++) {
    await target.say(`SELECT ${db}`);
    found += Number((await target.say('GET k')).split('\r\n')[1]);
  }
  expect(found).toBe(acknowledged);
  wire.close();
  await source.stop();
  await target.stop();
});

const certificates = makeCertificates();

test.skipIf(certificates === null)('with tls-cluster, keys travel over TLS', async () => {
  const { ca, server, stranger } = certificates!;
  const terms = { save: '', 'tls-ca-cert-file': ca };
  const own = { 'tls-cert-file': server.cert, 'tls-key-file': server.key };
  const target = await startServer({ ...terms, ...own, 'tls-port': 0, port: 0 });
  const source = await startServer({ ...terms, ...own, 'tls-cluster': 'yes', port: 0 });
  const wire = await overSocket({ host: '127.0.0.1', port: source.port });
  const say = talker(wire);
  await say('MSET a 1 b 2');
  const migrate = (key: string, port: number) => say(`MIGRATE 127.0.0.1 ${port} ${key} 0 5000`);
  expect(await migrate('a', target.tlsPort)).toBe('+OK');
  const there = await overSocket({ host: '127.0.0.1', port: target.port });
  expect((await there.ask('GET', 'a')).text).toBe('1');
  const refused = '-IOERR error or timeout connecting to the client';
  // Nobody speaks TLS there.
  expect(await say(`MIGRATE 127.0.0.1 ${target.port} b 0 100`)).toBe(refused);
  const odd = { 'tls-cert-file': stranger.cert, 'tls-key-file': stranger.key };
  const other = await startServer({ ...terms, ...odd, 'tls-port': 0, port: 0 });
  expect(await migrate('b', other.tlsPort)).toBe(refused);
  await other.close();
  expect(await say('EXISTS b')).toBe(':1');
  wire.close();
  there.close();
  await source.close();
  await target.close();
  certificates!.remove();
});
