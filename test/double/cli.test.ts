// The command line as other languages' test suites use it: where it is, when it ends, whether it
// answers.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownOptions } from '../../server/cli-options.ts';
import { ping } from '../../server/cli-ping.ts';
import { startServer } from '../../server/index.ts';
import { cli } from '../faults/kill-nine.ts';
import { overSocket } from '../wire.ts';

test('what redis-server knows is left where it stands', () => {
  const words = ['x.conf', '--print-url', '--port', '0', '--exit-with-stdin', '--seed', '7', '-'];
  expect(ownOptions(words)).toEqual({
    own: { printUrl: true, exitWithStdin: true, seed: 7, ping: undefined },
    rest: ['x.conf', '--port', '0', '-'],
  });
  expect(() => ownOptions(['--seed', 'x'])).toThrow('--seed takes a whole number');
  expect(() => ownOptions(['--seed'])).toThrow('--seed takes a whole number');
});

describe('--ping', () => {
  test('says that a server is there, with a password too, and that it is not', async () => {
    const open = await startServer();
    const closed = await startServer({ requirepass: 'secret' });
    expect(await ping(open.url)).toBe(0);
    expect(await ping(closed.url)).toBe(0);
    await open.close();
    await closed.close();
    expect(await ping(open.url)).toBe(1);
  });

  test('finds a Unix socket', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'respite-ping-'));
    const server = await startServer({ unixsocket: join(dir, 'a socket') });
    expect(await ping(`unix://${join(dir, 'a%20socket')}`)).toBe(0);
    await server.close();
    rmSync(dir, { recursive: true });
  });
});

describe.skipIf(!existsSync(cli))('the program', () => {
  let dir: string;
  const programs: ChildProcess[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'respite-cli-'));
  });
  afterEach(async () => {
    for (const child of programs.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    rmSync(dir, { recursive: true, force: true });
  });

  function run(...options: string[]): ChildProcess {
    const child = spawn(process.execPath, [cli, '--dir', dir, '--save', '', ...options]);
    programs.push(child);
    child.stderr!.resume();
    return child;
  }

  async function firstLine(child: ChildProcess): Promise<string> {
    let text = '';
    for await (const chunk of child.stdout!) {
      text += chunk;
      if (text.includes('\n')) break;
    }
    return text;
  }

  test('--print-url gives nothing but the URL of a free port on standard output', async () => {
    const child = run('--port', '0', '--print-url');
    let out = '';
    child.stdout!.on('data', (chunk) => (out += chunk));
    await once(child.stdout!, 'data');
    expect(out).toMatch(/^redis:\/\/127\.0\.0\.1:[1-9]\d*\n$/);
    const wire = await overSocket({ host: '127.0.0.1', port: Number(new URL(out.trim()).port) });
    expect((await wire.ask('PING')).text).toBe('PONG');
    wire.close();
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    expect(out).toMatch(/^redis:\S+\n$/);
  });

  test('RESPITE steers it, and a stopped clock does not keep it from ending', async () => {
    const child = run('--port', '0', '--print-url', '--enable-respite-command', 'local');
    const { port } = new URL((await firstLine(child)).trim());
    const where = { host: '127.0.0.1', port: Number(port) };
    const wire = await overSocket(where);
    const ask = async (line: string) => (await wire.ask(...line.split(' '))).text;
    expect(await ask('SET k v PX 1000')).toBe('OK');
    expect(await ask('RESPITE SNAPSHOT')).toBe('1');
    expect(await ask('RESPITE CLOCK FREEZE 4102444800000')).toBe('4102444800000');
    expect(await ask('EXISTS k')).toBe('0');
    expect(await ask('RESPITE FAULT ADD command GET error OOM')).toBe('1');
    expect(await ask('GET k')).toMatch(/^OOM /);
    await wire.ask('RESPITE', 'SEED', '{"list": ["1"]}');
    expect(JSON.parse(await ask('RESPITE DUMP'))).toEqual({ list: ['1'] });
    expect(await ask('RESPITE RESTART')).toBe('OK');
    await wire.toEnd();
    // Nothing was saved, and so nothing is there: as of redis-server.
    let size: string | null = null;
    while (size === null) {
      const again = await overSocket(where).catch(() => null);
      size = (await again?.ask('DBSIZE').catch(() => null))?.text ?? null;
      again?.close();
    }
    expect(size).toBe('0');
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
  });

  test('an address that means all of them is printed as one that can be connected to', async () => {
    const url = await firstLine(run('--port', '0', '--print-url', '--bind', '0.0.0.0'));
    expect(url).toMatch(/^redis:\/\/127\.0\.0\.1:\d+\n$/);
  });

  test('--exit-with-stdin ends it when standard input ends', async () => {
    const child = run('--port', '0', '--print-url', '--exit-with-stdin');
    await firstLine(child);
    expect(child.exitCode).toBe(null);
    child.stdin!.end();
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
  });

  test('--exit-with-stdin ends it when its parent is killed', async () => {
    const parent = spawn(process.execPath, [
      ...['-e', PARENT, cli, '--dir', dir, '--save', ''],
      ...['--port', '0', '--print-url', '--exit-with-stdin'],
    ]);
    programs.push(parent);
    const url = new URL((await firstLine(parent)).trim());
    const wire = await overSocket({ host: url.hostname, port: Number(url.port) });
    parent.kill('SIGKILL');
    await wire.toEnd();
    wire.close();
  });
});

// Starts a server with a pipe for its standard input, and tells its URL.
const PARENT = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, process.argv.slice(1));
  child.stdout.on('data', (chunk) => process.stdout.write(chunk));
  setInterval(() => {}, 1000);`;
