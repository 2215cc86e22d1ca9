// CONFIG as clients meet it.

import { createServer } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as plain } from 'vitest';
import { loadUsersAtStart } from '../../server/acl-file.ts';
import { Config } from '../../server/config/config.ts';
import { diskHost, loadConfig } from '../../server/config/config-file.ts';
import { startServer } from '../../server/index.ts';
import { Server } from '../../server/server.ts';
import { everywhere } from '../redis.ts';
import { inProcess, overSocket } from '../wire.ts';

everywhere((test) => {
  test('CONFIG GET answers with a map, and with none for a name it does not know', async (r) => {
    const flat = r.resp3 ? new Map([['timeout', '0']]) : ['timeout', '0'];
    expect(await r('CONFIG GET timeout')).toEqual(flat);
    expect(await r('CONFIG GET nope')).toEqual(r.resp3 ? new Map() : []);
    expect(await r('config get MaxClients')).toEqual(
      r.resp3 ? new Map([['MaxClients', '10000']]) : ['MaxClients', '10000'],
    );
  });

  test('CONFIG SET changes all it names, or nothing', async (r) => {
    expect(await r('CONFIG SET timeout 100 hz 20')).toBe('OK');
    await r.fails('CONFIG SET timeout 200 hz x', /^ERR CONFIG SET failed .*'hz'\) - argument/);
    expect([...((await r('CONFIG GET timeout')) as Iterable<unknown>)].flat()).toContain('100');
    await r.fails(
      'CONFIG SET timeout',
      /^ERR wrong number of arguments for 'config\|set' command$/,
    );
    await r.fails('CONFIG SET timeout 1 hz', /^ERR syntax error$/);
    await r.fails('CONFIG SET nope 1', /^ERR Unknown option or number of arguments .* - 'nope'$/);
    await r.fails('CONFIG SET databases 1', /- can't set immutable config$/);
  });

  test('CONFIG wants a subcommand that it has', async (r) => {
    await r.fails('CONFIG', /^ERR wrong number of arguments for 'config' command$/);
    await r.fails('CONFIG NOPE', /^ERR unknown subcommand 'NOPE'. Try CONFIG HELP.$/);
    await r.fails('CONFIG GET', /^ERR wrong number of arguments for 'config\|get' command$/);
    await r.fails('CONFIG RESETSTAT x', /^ERR wrong number/);
    await r.fails('CONFIG REWRITE', /^ERR The server is running without a config file$/);
    const help = (await r('CONFIG HELP')) as string[];
    const first = 'CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:';
    expect([help[0], help.length, help.at(-2)]).toEqual([first, 11, 'HELP']);
    expect(await r('CONFIG RESETSTAT')).toBe('OK');
  });
});

describe('CONFIG REWRITE', () => {
  plain('keeps comments, rewrites what changed, and stays readable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'respite-config-'));
    const file = join(folder, 'redis.conf');
    try {
      writeFileSync(file, '# mine\nhz 20\nmasterauth "a b"\nuser zoe on nopass\n');
      const config = new Config(diskHost());
      loadConfig(config, { file, stdin: '', directives: '' });
      const server = new Server(config, { configFile: file });
      loadUsersAtStart(server);
      const wire = inProcess(server);
      expect((await wire.ask('CONFIG', 'SET', 'hz', '30', 'maxmemory', '1gb')).text).toBe('OK');
      expect((await wire.ask('CONFIG', 'REWRITE')).text).toBe('OK');
      server.close();
      const lines = readFileSync(file, 'latin1').split('\n');
      expect(lines.slice(0, 4)).toEqual([
        '# mine',
        'hz 30',
        'masterauth "a b"',
        'user default on nopass sanitize-payload ~* &* +@all',
      ]);
      expect(lines).toContain('user zoe on nopass sanitize-payload resetchannels -@all');
      expect(lines).toContain('maxmemory 1gb');
      const again = new Config(diskHost());
      loadConfig(again, { file, stdin: '', directives: '' });
      expect(again.values.maxmemory).toBe(2 ** 30);
      expect(again.values.masterauth).toBe('a b');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  plain('says what the system said when it cannot write', async () => {
    const config = new Config();
    const server = new Server(config, { configFile: '/nowhere/redis.conf' });
    const reply = await inProcess(server).ask('CONFIG', 'REWRITE');
    expect(reply.text).toBe('ERR Rewriting config file: No such file or directory');
    server.close();
  });
});

describe('CONFIG SET port', () => {
  plain('moves the server, and leaves who is connected alone', async () => {
    await using server = await startServer();
    const wire = await overSocket({ host: '127.0.0.1', port: server.port });
    const before = server.port;
    const free = await freePort();
    expect((await wire.ask('CONFIG', 'SET', 'port', String(free))).text).toBe('OK');
    expect((await wire.ask('DBSIZE')).text).toBe('0');
    expect(server.port).toBe(free);
    const other = await overSocket({ host: '127.0.0.1', port: free });
    expect((await other.ask('DBSIZE')).text).toBe('0');
    await expect(overSocket({ host: '127.0.0.1', port: before })).rejects.toThrow();
    wire.close();
    other.close();
  });

  plain('is refused when the port is taken, and all that came with it', async () => {
    const thief = createServer();
    thief.listen(0, '127.0.0.1');
    await once(thief, 'listening');
    const { port } = thief.address() as { port: number };
    await using server = await startServer();
    const wire = await overSocket({ host: '127.0.0.1', port: server.port });
    const before = server.port;
    const reply = await wire.ask('CONFIG', 'SET', 'timeout', '5', 'port', String(port));
    expect(reply.text).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'port') - " +
        'Unable to listen on this port. Check server logs.',
    );
    expect((await wire.ask('CONFIG', 'GET', 'timeout')).items[1].text).toBe('0');
    expect(server.port).toBe(before);
    const other = await overSocket({ host: '127.0.0.1', port: before });
    expect((await other.ask('DBSIZE')).text).toBe('0');
    wire.close();
    other.close();
    thief.close();
  });
});

describe('CONFIG SET bind', () => {
  plain('is refused for an address that is not there, and the old ones stay', async () => {
    const port = await freePort();
    await using _server = await startServer({ port });
    const wire = await overSocket({ host: '127.0.0.1', port });
    expect((await wire.ask('CONFIG', 'SET', 'bind', '192.0.2.1')).text).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'bind') - " +
        'Failed to bind to specified addresses.',
    );
    const other = await overSocket({ host: '127.0.0.1', port });
    expect((await other.ask('CONFIG', 'GET', 'bind')).items[1].text).toBe('127.0.0.1 -::1');
    wire.close();
    other.close();
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
