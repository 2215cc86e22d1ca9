// The two servers that are compared, each a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoRedis } from '../../test/oracle/bring.ts';
import { projectRoot } from '../../test/oracle/cache.ts';
import { startReal } from '../../test/oracle/server.ts';
import { overSocket } from '../../test/wire.ts';

/** A server under load. */
export interface Contender {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** How long it took from starting the process to its accepting connections. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Our program on 127.0.0.1, run by the given Node binary, with more options. Rejects if it does
 * not start.
 */
export async function startOurs(node: string, options: string[] = []): Promise<Contender> {
  const port = await freePort();
  const program = join(projectRoot, 'dist', 'server', 'cli.js');
  const dir = mkdtempSync(join(tmpdir(), 'respite-bench-'));
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
  const args = [program, ...where, '--save', '', ...options];
  const start = performance.now();
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  await said(child, 'Ready to accept connections tcp');
  return {
    host: '127.0.0.1',
    port,
    pid: child.pid!,
    readyMs: performance.now() - start,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      running.delete(child);
      rmSync(dir, { recursive: true });
    },
  };
}

/** Real Redis with its defaults, but for saving and options. Throws where it cannot be had. */
export async function startRedis(options: string[] = []): Promise<Contender> {
  const start = performance.now();
  const real = await startReal('8.0.2', options);
  if (real === null) throw new Error(`no redis-server 8.0.2 here: ${whyNoRedis('8.0.2')}`);
  const { host, port, pid, stop } = real;
  return { host, port, pid, stop, readyMs: performance.now() - start };
}

/**
 * User and system time that a server has used, in microseconds. From INFO, because it is
 * the process's own accounting; /proc counts in steps of 10 ms.
 */
export async function cpuMicros(server: Contender): Promise<number> {
  const info = await ask(server, 'INFO', 'cpu');
  const seconds = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)![1]);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
}

/** Sends one command over a connection of its own; throws its error, if it answers one. */
export async function ask(server: Contender, ...argv: string[]): Promise<string> {
  const wire = await overSocket({ host: server.host, port: server.port });
  try {
    const reply = await wire.ask(...argv);
    if (reply.type === '-') throw new Error(`${argv.join(' ')}: ${reply.text}`);
    return reply.text;
  } finally {
    wire.close();
  }
}

/** Whether a server has a command. */
export async function knows(server: Contender, command: string): Promise<boolean> {
  const wire = await overSocket({ host: server.host, port: server.port });
  try {
    const reply = await wire.ask('COMMAND', 'INFO', command);
    return reply.items.length === 1 && !reply.items[0].isNull;
  } finally {
    wire.close();
  }
}

function said(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes(words)) resolve();
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`our server ended while starting:\n${text}`)));
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
