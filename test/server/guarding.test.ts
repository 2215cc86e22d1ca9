// What keeps strangers out, and those who are in from what they need not do: addresses, commands
// under other names or none, doors that only a configuration file opens. Beside real Redis.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { commandTable } from '../../protocol/command-table.ts';
import { Config } from '../../server/config/config.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { Listeners } from '../../server/listeners.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NO real Redis: ${whyNoRedis('8.0.2')} ***`);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server with these directives, at a port of its own. */
async function start(directives: string[][]): Promise<Server> {
  const isCommand = (name: string) => commandTable.has(name) && !name.includes('|');
  const config = new Config({ isCommand });
  for (const words of [['port', '0'], ['save', ''], ...directives]) config.load(words);
  const server = new Server(config, {});
  const listeners = new Listeners(server);
  await listeners.open({ tcp: true });
  server.relisten = () => listeners.reopen();
  closing.push(async () => {
    server.close();
    await listeners.close();
  });
  return server;
}

async function talk(port: number): Promise<Wire> {
  const wire = await overSocket({ host: '127.0.0.1', port });
  closing.push(() => wire.close());
  return wire;
}

/** What each line is answered, as raw bytes. */
async function answers(wire: Wire, lines: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const line of lines) {
    wire.send(`${line}\r\n`);
    all.push(`${line} => ${(await wire.next()).raw}`);
  }
  return all;
}

/** Fails unless both servers, with the same directives, answer the same. */
async function same(directives: string[][], lines: readonly string[]): Promise<string[]> {
  const ours = await answers(await talk((await start(directives)).port), lines);
  if (install === null) return ours;
  const real = (await startReal('8.0.2', options(directives))) as RealServer;
  closing.push(() => real.stop());
  expect(ours).toEqual(await answers(await talk(real.port), lines));
  return ours;
}

function options(directives: string[][]): string[] {
  return directives.flatMap(([name, ...words]) => [`--${name}`, ...words]);
}

describe('rename-command', () => {
  const renamed = [
    ['rename-command', 'config', 'hush'],
    ['rename-command', 'get', 'put'],
    ['rename-command', 'set', ''],
    ['rename-command', 'acl', 'rights'],
    ['rename-command', 'exec', 'run'],
    ['rename-command', 'xgroup', ''],
  ];

  test('a command answers to its new name only, and names itself by the old one', async () => {
    await same(renamed, [
      ...['get k', 'put k', 'put', 'put a b c', 'set k v', 'config get port', 'config'],
      ...['hush get databases', 'hush', 'hush get', 'hush nosuch', 'xgroup create a b c d'],
      ...['lpush list x', 'put list', 'multi', 'put k', 'run', 'multi', 'exec', 'run'],
      ...["eval \"return redis.call('put','k')\" 0", "eval \"return redis.call('get','k')\" 0"],
      "eval \"return redis.call('set','k','v')\" 0",
    ]);
  });

  test('COMMAND knows it by the new name, and says the old one', async () => {
    await same(renamed, [
      ...['command info put', 'command info get', 'command info set xgroup config'],
      ...['command getkeys put k', 'command getkeys get k', 'command getkeys set k v'],
      'command getkeysandflags put k',
    ]);
  });

  test('ACL rules are about the old name, and what is gone is unknown to them', async () => {
    await same(renamed, [
      ...['rights setuser u on nopass ~* +get', 'rights setuser u +put', 'rights setuser u +set'],
      ...['rights setuser u +hush', 'rights setuser u +config|get', 'rights list'],
      ...['rights dryrun u put k', 'rights dryrun u get k', 'rights dryrun u hush get x'],
      ...['rights setuser v on nopass +@all -config', 'rights dryrun v hush get x'],
      'rights getuser v',
    ]);
  });

  // Redis looks first whether a request names the same command as the one before, and then by its
  // old name: GET right behind the renamed PUT works there.
  test('the old name is no way in after the new one, unlike with Redis', async () => {
    const wire = await talk((await start(renamed)).port);
    const [, second] = await answers(wire, ['put k', 'get k']);
    expect(second).toMatch(/unknown command 'get'/);
  });

  test('counts under the old name', async () => {
    const server = await start(renamed);
    const wire = await talk(server.port);
    await answers(wire, ['put k']);
    expect((await wire.ask('INFO', 'commandstats')).text).toContain('cmdstat_get:calls=1');
  });
});

describe('doors that only the configuration file opens', () => {
  const lines = [
    ...['debug object k', 'debug', 'module load /x'],
    ...['config set dir /', 'config set dbfilename x.rdb', 'config set enable-debug-command yes'],
    ...['config set enable-module-command yes', 'config set enable-protected-configs yes'],
    ...['config set unixsocket /x', 'config set save "" dir /', 'multi', 'debug object k', 'exec'],
  ];

  test.each(['no', 'local', 'yes'])('%s', async (how) => {
    const doors = ['enable-debug-command', 'enable-module-command', 'enable-protected-configs'];
    await same(
      [...doors.map((door) => [door, how])],
      lines.filter((line) => how !== 'yes' || !line.startsWith('module load')),
    );
  });
});

describe('a browser that a web page sends here', () => {
  test('is cut off before its body is read, and the log speaks of it once a minute', async () => {
    const lines: string[] = [];
    const server = await startServer({ log: (line) => lines.push(line) });
    closing.push(() => server.close());
    server.clock.freeze();
    const told = () => lines.filter((line) => line.includes('Possible SECURITY ATTACK')).length;
    const post = async () => {
      const wire = await talk(server.port);
      wire.send('POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k evil\r\n');
      expect(await wire.toEnd()).toBe('');
    };
    await post();
    await post();
    expect(told()).toBe(1);
    server.clock.advance(60_001);
    await post();
    expect(told()).toBe(2);
    const wire = await talk(server.port);
    expect((await wire.ask('EXISTS', 'k')).text).toBe('0');
  });
});

describe('bind', () => {
  function reaches(server: RunningServer, host: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host, port: server.port });
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }

  async function bound(bind: string): Promise<RunningServer> {
    const server = await startServer({ bind });
    closing.push(() => server.close());
    return server;
  }

  test('an address with a dash may be missing, one without must be there', async () => {
    const server = await bound('127.0.0.1 -192.0.2.1');
    expect(await reaches(server, '127.0.0.1')).toBe(true);
    await expect(bound('127.0.0.1 192.0.2.1')).rejects.toThrow(/EADDRNOTAVAIL/);
  });

  test("'*' and '::*' are everything, each for its own kind of address", async () => {
    const server = await bound('* -::*');
    expect(await reaches(server, '127.0.0.1')).toBe(true);
    expect(await reaches(server, '127.0.0.2')).toBe(true);
  });

  test('by default nobody else is listened to', async () => {
    const server = await startServer();
    closing.push(() => server.close());
    expect(await reaches(server, '127.0.0.1')).toBe(true);
    expect(await reaches(server, '127.0.0.2')).toBe(false);
  });

  test('can be changed, and stays what it was if that fails', async () => {
    const server = await bound('127.0.0.1');
    const wire = await talk(server.port);
    expect((await wire.ask('CONFIG', 'SET', 'bind', '127.0.0.1 127.0.0.2')).text).toBe('OK');
    expect(await reaches(server, '127.0.0.2')).toBe(true);
    expect((await wire.ask('CONFIG', 'SET', 'bind', '192.0.2.1')).text).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'bind') - " +
        'Failed to bind to specified addresses.',
    );
    expect(await reaches(server, '127.0.0.2')).toBe(true);
    expect((await wire.ask('CONFIG', 'SET', 'bind', '127.0.0.1')).text).toBe('OK');
    expect(await reaches(server, '127.0.0.2')).toBe(false);
  });
});

describe('max-new-connections-per-cycle', () => {
  test.each([1, 3])('no more than %i come in between two looks at the others', async (most) => {
    const server = await start([['max-new-connections-per-cycle', String(most)]]);
    for (let i = 0; i < 20; i++) {
      const socket = connect({ host: '127.0.0.1', port: server.port });
      closing.push(() => socket.destroy());
    }
    let [here, largest] = [0, 0];
    while (here < 20) {
      await new Promise((resolve) => setImmediate(resolve));
      largest = Math.max(largest, server.clients.size - here);
      here = server.clients.size;
    }
    expect(largest).toBeLessThanOrEqual(most);
  });

  test('who is about to be let in when the server closes is turned away', async () => {
    const server = await start([['max-new-connections-per-cycle', '1']]);
    const sockets = Array.from({ length: 20 }, () =>
      connect({ host: '127.0.0.1', port: server.port }),
    );
    const ended = sockets.map(
      (socket) => new Promise((resolve) => socket.on('error', () => {}).on('close', resolve)),
    );
    while (server.clients.size < 3) await new Promise((resolve) => setImmediate(resolve));
    for (const socket of sockets) socket.resume();
    for (const close of closing.splice(0)) await close();
    await Promise.all(ended);
  });
});

describe('unixsocketperm', () => {
  // As stat(1) has them, of 8.0.2 with the same directive.
  test.each(['700', '770', '666'])(
    '%s is what the file of the socket may be used by',
    async (mode) => {
      const folder = mkdtempSync(join(tmpdir(), 'respite-perm-'));
      const socket = join(folder, 'socket');
      closing.push(() => rmSync(folder, { recursive: true }));
      await start([
        ['unixsocket', socket],
        ['unixsocketperm', mode],
      ]);
      expect((statSync(socket).mode & 0o777).toString(8)).toBe(mode);
      const wire = await overSocket({ path: socket });
      expect((await wire.ask('PING')).text).toBe('PONG');
      wire.close();
    },
  );
});
