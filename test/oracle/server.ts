// A real Redis server, started for a test and gone with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisVersion, realRedis } from './bring.ts';

export interface RealServer {
  host: string;
  port: number;
  /** Path of a Unix socket on which the same server listens. */
  socket: string;
  pid: number;
  /** What the server says of its own version. */
  version: string;
  /** Its working directory: dump.rdb and appendonlydir appear here. Removed by `stop`. */
  dir: string;
  /** The log so far. */
  log(): string;
  /** Ends the server, waits for its end, and removes its folder. */
  stop(): Promise<void>;
}

const settings = [...['--save', ''], ...['--appendonly', 'no']];

// Before 7.0 they could not be shut.
const DOORS = [
  ...['--enable-debug-command', 'yes'],
  ...['--enable-protected-configs', 'yes'],
  ...['--enable-module-command', 'yes'],
];

const running = new Set<{ child: ChildProcess; dir: string }>();

process.on('exit', () => {
  for (const { child, dir } of running) {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});

/**
 * Starts a real server on 127.0.0.1 with an empty data set, no persistence, and every DEBUG and
 * CONFIG door open; `options` go after those, e.g. `['--maxmemory', '1mb']`. Null where real Redis
 * cannot be had (`whyNoRedis` says why). Rejects, with the server's log, when it will not start.
 */
export async function startReal(
  version: RedisVersion,
  options: string[] = [],
): Promise<RealServer | null> {
  const doors = version.startsWith('6') ? [] : DOORS;
  const install = await realRedis(version);
  if (install === null) return null;
  for (let attempt = 1; ; attempt++) {
    const dir = mkdtempSync(join(tmpdir(), 'respite-real-'));
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
    args.push('--unixsocket', join(dir, 'socket'), ...settings, ...doors, ...options);
    try {
      const { child, log } = await startOne(install.server, args, dir);
      return handle(child, { port, dir, version: install.version, log });
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      // Between our asking for a free port and its taking it, another process may have been faster.
      const portTaken = /Failed listening on port/.test(String(error));
      if (!portTaken || attempt === 5) throw error;
    }
  }
}

function handle(
  child: ChildProcess,
  about: { port: number; dir: string; version: string; log: () => string },
): RealServer {
  const entry = { child, dir: about.dir };
  running.add(entry);
  return {
    host: '127.0.0.1',
    socket: join(about.dir, 'socket'),
    pid: child.pid!,
    ...about,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
      running.delete(entry);
      rmSync(about.dir, { recursive: true, force: true });
    },
  };
}

/** Resolves once the server says that it accepts connections. */
function startOne(
  server: string,
  args: string[],
  cwd: string,
): Promise<{ child: ChildProcess; log: () => string }> {
  // A worker that is itself killed cannot end its server: the kernel does it then.
  const setpriv = '/usr/bin/setpriv';
  const guard = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', server] : [server];
  const [program, ...first] = guard as [string, ...string[]];
  const child = spawn(program, [...first, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      // The line for the Unix socket is the last of them.
      if (text.includes('Ready to accept connections unix')) resolve({ child, log: () => text });
      else if (/ready to accept connections at/.test(text)) resolve({ child, log: () => text });
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`the real server ended while starting:\n${text}`)));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
