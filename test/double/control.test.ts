// RESPITE, as a client in any language uses it: over TCP, with nothing but RESP.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../../server/index.ts';
import { realRedis } from '../oracle/bring.ts';
import { overSocket, type Wire } from '../wire.ts';

const servers: RunningServer[] = [];
const wires: Wire[] = [];

afterEach(async () => {
  for (const wire of wires.splice(0)) wire.close();
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startServer({ 'enable-respite-command': 'local', ...options });
  servers.push(server);
  return server;
}

async function connect({ host, port }: RunningServer): Promise<Wire> {
  const wire = await overSocket({ host, port });
  wires.push(wire);
  return wire;
}

/** A server that may be steered, and two clients: one for the test, one for what is tested. */
async function stage(options?: ServerOptions): Promise<{ test: Wire; app: Wire }> {
  const server = await start(options);
  return { test: await connect(server), app: await connect(server) };
}

async function ask(wire: Wire, line: string): Promise<string> {
  return (await wire.ask(...line.split(' '))).text;
}

describe('a server that is not to be steered', () => {
  test('knows nothing of RESPITE', async () => {
    const wire = await connect(await start({ 'enable-respite-command': 'no' }));
    expect(await ask(wire, 'RESPITE CLOCK GET')).toMatch(/^ERR unknown command 'RESPITE'/);
    expect((await wire.ask('COMMAND', 'INFO', 'respite')).items[0].isNull).toBe(true);
    const all = (await wire.ask('COMMAND', 'LIST')).items.map(({ text }) => text);
    expect(all.filter((name) => name.startsWith('respite'))).toEqual([]);
  });

  test('cannot be made so by a client', async () => {
    const wire = await connect(await start({ 'enable-respite-command': 'no' }));
    expect(await ask(wire, 'CONFIG SET enable-respite-command yes')).toMatch(/immutable/);
  });
});

describe('a server that is', () => {
  test('lists RESPITE among its commands, and helps', async () => {
    const { test: wire } = await stage();
    const [info] = (await wire.ask('COMMAND', 'INFO', 'respite')).items;
    expect(info.items[0].text).toBe('respite');
    const help = (await wire.ask('RESPITE', 'HELP')).items.map(({ text }) => text);
    expect(help[0]).toMatch(/^RESPITE <subcommand>/);
    expect(help.join('\n')).toContain('CLOCK GET|FREEZE');
  });

  test('does it for nobody who has not said who he is', async () => {
    const { test: wire } = await stage({ requirepass: 'secret' });
    expect(await ask(wire, 'RESPITE CLOCK FREEZE')).toBe('NOAUTH Authentication required.');
    expect(await ask(wire, 'AUTH secret')).toBe('OK');
    expect(await ask(wire, 'RESPITE CLOCK FREEZE 5')).toBe('5');
  });

  test('can leave it to users that may', async () => {
    const { test: wire, app } = await stage();
    await ask(wire, 'ACL SETUSER app on nopass +ping ~*');
    await ask(app, 'AUTH app x');
    expect(await ask(app, 'RESPITE CLOCK GET')).toMatch(/^NOPERM .*'respite\|clock'/);
    expect(await ask(app, 'PING')).toBe('PONG');
    await ask(wire, 'ACL SETUSER almost on nopass +@all -@dangerous ~*');
    await ask(app, 'AUTH almost x');
    expect(await ask(app, 'RESPITE CLOCK GET')).toMatch(/^NOPERM /);
  });

  test('says what it does not understand, in one line', async () => {
    const { test: wire } = await stage();
    for (const line of ['CLOCK', 'CLOCK STOP', 'CLOCK SET', 'CLOCK ADVANCE x', 'RESTORE 1 2']) {
      expect(await ask(wire, `RESPITE ${line}`), line).toMatch(/^ERR /);
    }
    expect(await ask(wire, 'RESPITE CLOCK ADVANCE -5')).toBe('ERR cannot advance by -5 ms');
    expect(await ask(wire, 'RESPITE NOTHING')).toMatch(/^ERR unknown subcommand 'NOTHING'/);
    expect(await ask(wire, 'MULTI')).toBe('OK');
    expect(await ask(wire, 'RESPITE CLOCK GET')).toMatch(/^ERR .*not allowed inside a transaction/);
  });
});

describe('RESPITE CLOCK', () => {
  test('moves the expiry of keys', async () => {
    const { test: wire, app } = await stage();
    await ask(app, 'SET k v PX 60000');
    const before = Number(await ask(wire, 'RESPITE CLOCK FREEZE'));
    expect(await ask(wire, 'RESPITE CLOCK ADVANCE 59000')).toBe(String(before + 59_000));
    expect(await ask(app, 'GET k')).toBe('v');
    await ask(wire, 'RESPITE CLOCK ADVANCE 1001'); // At the very millisecond, a key is still there.
    expect(await ask(app, 'EXISTS k')).toBe('0');
    expect((await app.ask('TIME')).items[0].text).toBe(
      String(Math.floor((before + 60_001) / 1000)),
    );
  });

  test('sets the time, freezes it there and lets it go', async () => {
    const { test: wire, app } = await stage();
    expect(await ask(wire, 'RESPITE CLOCK FREEZE 1000000000000')).toBe('1000000000000');
    expect((await app.ask('TIME')).items.map(({ text }) => text)).toEqual(['1000000000', '0']);
    expect(await ask(wire, 'RESPITE CLOCK GET')).toBe('1000000000000');
    await ask(wire, 'RESPITE CLOCK RESUME');
    await ask(app, 'SET k v PX 1');
    while ((await ask(app, 'EXISTS k')) === '1');
    expect(Number(await ask(wire, 'RESPITE CLOCK GET'))).toBeGreaterThan(1_000_000_000_000);
  });

  test('answers ADVANCE when those who waited have their answers', async () => {
    const { test: wire, app } = await stage();
    await ask(wire, 'RESPITE CLOCK FREEZE');
    const popped = app.ask('BLPOP', 'nothing', '10');
    while (!(await ask(wire, 'CLIENT LIST')).includes('cmd=blpop'));
    await ask(wire, 'RESPITE CLOCK ADVANCE 10000');
    // Whatever came on that connection came before this answer was sent.
    expect((await popped).isNull).toBe(true);
  });

  test('gets past a pause of all clients, and ends it by its time', async () => {
    const { test: wire, app } = await stage();
    await ask(wire, 'RESPITE CLOCK FREEZE');
    await ask(wire, 'CLIENT PAUSE 5000');
    const pong = app.ask('PING');
    await ask(wire, 'RESPITE CLOCK ADVANCE 5000');
    expect((await pong).text).toBe('PONG');
  });
});

describe('RESPITE SNAPSHOT and RESTORE', () => {
  test('bring keys back', async () => {
    const { test: wire, app } = await stage();
    await ask(app, 'MSET a 1 b 2');
    expect(await ask(wire, 'RESPITE SNAPSHOT')).toBe('1');
    await ask(app, 'FLUSHALL');
    expect(await ask(wire, 'RESPITE SNAPSHOT')).toBe('2');
    expect(await ask(wire, 'RESPITE RESTORE 1')).toBe('OK');
    expect((await app.ask('MGET', 'a', 'b')).items.map(({ text }) => text)).toEqual(['1', '2']);
    expect(await ask(wire, 'RESPITE RESTORE')).toBe('OK');
    expect(await ask(app, 'DBSIZE')).toBe('0');
  });

  test('let go of what is forgotten', async () => {
    const { test: wire } = await stage();
    await ask(wire, 'RESPITE SNAPSHOT');
    expect(await ask(wire, 'RESPITE FORGET 1')).toBe('OK');
    for (const line of ['RESTORE 1', 'RESTORE', 'FORGET 1']) {
      expect(await ask(wire, `RESPITE ${line}`)).toBe('ERR no such snapshot');
    }
  });

  test('take the clock along if they are told to', async () => {
    const { test: wire, app } = await stage();
    const before = Number(await ask(wire, 'RESPITE CLOCK FREEZE'));
    await ask(app, 'SET k v PX 1000');
    await ask(wire, 'RESPITE SNAPSHOT');
    await ask(wire, 'RESPITE CLOCK ADVANCE 1000');
    await ask(wire, 'RESPITE RESTORE 1 CLOCK');
    expect(await ask(wire, 'RESPITE CLOCK GET')).toBe(String(before));
    expect(await ask(app, 'PTTL k')).toBe('1000');
  });
});

describe('RESPITE FAULT', () => {
  test('adds errors, which hit as often as they are to', async () => {
    const { test: wire, app } = await stage();
    const add = 'RESPITE FAULT ADD COMMAND GET KEY user:* ERROR LOADING COUNT 2';
    expect(await ask(wire, add)).toBe('1');
    expect(await ask(app, 'GET other')).toBe('');
    expect(await ask(app, 'GET user:1')).toMatch(/^LOADING /);
    const [listed] = (await wire.ask('RESPITE', 'FAULT', 'LIST')).items;
    expect(JSON.parse(listed.text)).toEqual({
      ...{ id: 1, hits: 1, command: 'GET', key: 'user:*' },
      ...{ error: 'LOADING', count: 2 },
    });
    expect(await ask(app, 'GET user:1')).toMatch(/^LOADING /);
    expect(await ask(app, 'GET user:1')).toBe('');
  });

  test('removes one, and all', async () => {
    const { test: wire, app } = await stage();
    await ask(wire, 'RESPITE FAULT ADD command get error one');
    await ask(wire, 'RESPITE FAULT ADD command set error two');
    await ask(wire, 'RESPITE FAULT ADD command del moved 127.0.0.1:7001');
    expect(await ask(wire, 'RESPITE FAULT REMOVE 1')).toBe('OK');
    expect(await ask(wire, 'RESPITE FAULT REMOVE 1')).toBe('ERR no such fault');
    expect(await ask(app, 'GET k')).toBe('');
    expect(await ask(app, 'SET k v')).toBe('ERR two');
    expect(await ask(app, 'DEL foo')).toBe('MOVED 12182 127.0.0.1:7001');
    expect(await ask(wire, 'RESPITE FAULT CLEAR')).toBe('OK');
    expect(await ask(app, 'SET k v')).toBe('OK');
    expect((await wire.ask('RESPITE', 'FAULT', 'LIST')).items).toEqual([]);
  });

  test('says what makes no sense', async () => {
    const { test: wire } = await stage();
    for (const line of ['ADD', 'ADD command', 'ADD colour red', 'ADD command get', 'ADD count x']) {
      expect(await ask(wire, `RESPITE FAULT ${line}`), line).toMatch(/^ERR /);
    }
  });

  test('never hits RESPITE itself, whatever it is and to whom', async () => {
    const { test: wire, app } = await stage();
    await ask(wire, 'RESPITE CLOCK FREEZE');
    await ask(wire, 'RESPITE FAULT ADD latency 1000');
    await ask(wire, 'RESPITE FAULT ADD blackhole yes after 1');
    await ask(wire, 'RESPITE FAULT ADD refuse yes');
    const pong = app.ask('PING');
    expect(await ask(wire, 'RESPITE CLOCK ADVANCE 1000')).toMatch(/^[0-9]+$/);
    expect((await pong).text).toBe('PONG');
    expect(await ask(wire, 'RESPITE FAULT CLEAR')).toBe('OK');
    expect(await ask(wire, 'PING')).toBe('PONG');
  });
});

describe('RESPITE JOURNAL', () => {
  test('shows what was asked and answered, itself left out', async () => {
    const { test: wire, app } = await stage();
    expect(await ask(wire, 'RESPITE JOURNAL ENTRIES')).toMatch(/^ERR there is no journal/);
    await ask(wire, 'RESPITE JOURNAL START');
    await ask(app, 'CLIENT SETNAME app');
    await ask(app, 'SET k v');
    await ask(app, 'LPUSH k v');
    expect(await ask(wire, 'RESPITE JOURNAL COUNT')).toBe('3');
    expect(await ask(wire, 'RESPITE JOURNAL COUNT SET k')).toBe('1');
    expect(await ask(wire, 'RESPITE JOURNAL COUNT SET j')).toBe('0');
    const entries = (await wire.ask('RESPITE', 'JOURNAL', 'ENTRIES')).items;
    const [, set, push] = entries.map(({ text }) => JSON.parse(text));
    expect(set).toMatchObject({ argv: ['SET', 'k', 'v'], reply: 'OK', client: { name: 'app' } });
    expect(push.reply.error).toMatch(/^WRONGTYPE/);
    await ask(wire, 'RESPITE JOURNAL CLEAR');
    expect(await ask(wire, 'RESPITE JOURNAL COUNT')).toBe('0');
  });

  test('waits for what comes next', async () => {
    const { test: wire, app } = await stage();
    await ask(wire, 'RESPITE JOURNAL START');
    const next = wire.ask('RESPITE', 'JOURNAL', 'NEXT', '60000', 'PUBLISH', 'news');
    while (!(await ask(app, 'CLIENT LIST')).includes('cmd=respite|journal'));
    await ask(app, 'PUBLISH other x');
    await ask(app, 'PUBLISH news hot');
    expect(JSON.parse((await next).text).argv).toEqual(['PUBLISH', 'news', 'hot']);
    expect((await wire.ask('RESPITE', 'JOURNAL', 'NEXT', '1', 'PUBLISH')).isNull).toBe(true);
  });
});

describe('RESPITE STUB', () => {
  test('answers in place of the server', async () => {
    const { test: wire, app } = await stage();
    await wire.ask('RESPITE', 'STUB', 'ADD', 'GET', '"from elsewhere"', 'far:*');
    await wire.ask('RESPITE', 'STUB', 'ADD', 'JSON.GET', '{"error": "ERR no such module"}');
    await wire.ask('RESPITE', 'STUB', 'ADD', 'JSON.SET', '{"status": "OK"}');
    await wire.ask('RESPITE', 'STUB', 'ADD', 'FT.SEARCH', '[1, ["doc", null]]');
    expect(await ask(app, 'GET far:1')).toBe('from elsewhere');
    expect((await app.ask('GET', 'near')).isNull).toBe(true);
    expect((await app.ask('JSON.GET', 'k')).raw).toBe('-ERR no such module\r\n');
    expect((await app.ask('JSON.SET', 'k')).raw).toBe('+OK\r\n');
    expect((await app.ask('FT.SEARCH', 'i', 'q')).raw).toBe(
      '*2\r\n:1\r\n*2\r\n$3\r\ndoc\r\n$-1\r\n',
    );
    expect(await ask(wire, 'RESPITE STUB CLEAR')).toBe('OK');
    expect((await app.ask('GET', 'far:1')).isNull).toBe(true);
    expect(await ask(app, 'JSON.GET k')).toMatch(/^ERR unknown command/);
    expect(await ask(wire, 'RESPITE STUB ADD GET {')).toMatch(/^ERR .*JSON/);
    expect(await ask(wire, 'RESPITE STUB ADD GET')).toMatch(/^ERR wrong use/);
  });
});

describe('RESPITE LEAKS', () => {
  test('names who left what open', async () => {
    const { test: wire, app } = await stage();
    await ask(app, 'CLIENT SETNAME worker');
    await ask(app, 'SUBSCRIBE news');
    const leaks = JSON.parse(await ask(wire, 'RESPITE LEAKS')) as { kind: string; text: string }[];
    expect(leaks.map(({ kind }) => kind)).toEqual(['subscribed', 'connected']);
    expect(leaks[0].text).toMatch(/^subscribed to news: client \d+ named worker /);
  });
});

describe('RESPITE SEED and DUMP', () => {
  test('take and give JSON', async () => {
    const { test: wire, app } = await stage();
    const data = '{"name": "Zoë", "queue": ["a", "b"], "h": {"f": "1"}}';
    const bytes = Buffer.from(data).toString('latin1');
    expect((await wire.ask('RESPITE', 'SEED', bytes)).text).toBe('OK');
    expect((await app.ask('LRANGE', 'queue', '0', '-1')).items.map(({ text }) => text)).toEqual([
      'a',
      'b',
    ]);
    const dumped = Buffer.from(await ask(wire, 'RESPITE DUMP'), 'latin1').toString();
    expect(JSON.parse(dumped)).toEqual(JSON.parse(data));
  });

  test('take commands as one types them, and RDB files', async () => {
    const { test: wire, app } = await stage();
    await wire.ask('RESPITE', 'SEED', 'SET greeting "hello world"\nRPUSH list 1 2\n');
    expect(await ask(app, 'GET greeting')).toBe('hello world');
    // One key, k, and no checksum.
    const rdb = 'REDIS0011\xfe\x00\x00\x01k\x05bytes\xff\0\0\0\0\0\0\0\0';
    expect((await wire.ask('RESPITE', 'SEED', rdb)).text).toBe('OK');
    expect(await ask(app, 'GET k')).toBe('bytes');
    expect(await ask(app, 'GET greeting')).toBe('hello world');
  });

  test('say what they could not read', async () => {
    const { test: wire } = await stage();
    expect((await wire.ask('RESPITE', 'SEED', '{"a": ')).text).toMatch(/^ERR .*JSON/);
    expect((await wire.ask('RESPITE', 'SEED', 'NOTHING x')).text).toMatch(/^ERR line 1: /);
  });
});

describe('RESPITE RESTART', () => {
  test('answers, ends the connections, and listens again at the same port', async () => {
    const server = await start();
    const { port } = server;
    const wire = await connect(server);
    const app = await connect(server);
    await ask(app, 'SET k v');
    await ask(wire, 'CONFIG SET maxmemory 1mb');
    expect(await ask(wire, 'RESPITE RESTART')).toBe('OK');
    await Promise.all([wire.toEnd(), app.toEnd()]);
    const again = await reconnect(server);
    expect(server.port).toBe(port);
    expect(await ask(again, 'GET k')).toBe('v');
    expect((await again.ask('CONFIG', 'GET', 'maxmemory')).items[1].text).toBe('0');
    expect(await ask(again, 'RESPITE RESTART NODATA')).toBe('OK');
    await again.toEnd();
    expect(await ask(await reconnect(server), 'EXISTS k')).toBe('0');
  });
});

/** A connection that is answered: for a moment there are none, or such as are dropped. */
async function reconnect(server: RunningServer): Promise<Wire> {
  for (;;) {
    const wire = await connect(server).catch(() => null);
    const pong = await wire?.ask('PING').catch(() => null);
    if (wire && pong) return wire;
  }
}

describe('from outside of Node', () => {
  test('redis-cli steers it', async (context) => {
    const real = await realRedis('8.0.2');
    if (real === null) return context.skip('no redis-cli here');
    const { port } = await start();
    const cli = async (...words: string[]) => {
      const { stdout } = await promisify(execFile)(real.cli, ['-p', String(port), ...words]);
      return stdout.trim();
    };
    await cli('SET', 'k', 'v', 'EX', '60');
    await cli('RESPITE', 'CLOCK', 'FREEZE');
    await cli('RESPITE', 'CLOCK', 'ADVANCE', '60000');
    expect(await cli('GET', 'k')).toBe('');
  });

  test('a socket and a few lines of Python do', async (context) => {
    const { port } = await start();
    let out: string;
    try {
      ({ stdout: out } = await promisify(execFile)('python3', ['-c', PYTHON, String(port)]));
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('no Python');
      throw problem;
    }
    expect(out.trim()).toBe("b'OK' b'1' b'OK' b'0' b'OK' b'1'");
  });
});

// Inline commands, and replies of one line: all that a test needs of a client.
const PYTHON = `
import socket, sys
server = socket.create_connection(('127.0.0.1', int(sys.argv[1]))).makefile('rwb')
def ask(line):
    server.write(line.encode() + b'\\r\\n')
    server.flush()
    return server.readline()[1:].strip()
print(ask('SET k v'), ask('RESPITE SNAPSHOT'), ask('FLUSHALL'), ask('EXISTS k'),
      ask('RESPITE RESTORE'), ask('EXISTS k'))
`;
