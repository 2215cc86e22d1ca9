// node dist/bench/hostile/run.js: what hostile clients cost the others.
//
//   [attack ...]       some of bench/hostile/attacks.ts; all by default
//     --seconds 5      how long each attack lasts, and the calm before it
//     --real           the same for redis-server 8.0.2
//     --rounds 1
//
// Twenty clients ask small things all the time. Their latency is taken in a calm, then while a
// process attacks; after it ended, the memory that the server still holds. Only the ratio of the
// two latencies means something, and on a machine that others use not even one of them: take
// several rounds.

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask, type Contender, startOurs, startRedis } from '../wire/servers.ts';
import { attacks } from './attacks.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    real: { type: 'boolean', default: false },
  },
});

const program = fileURLToPath(new URL('program.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'respite-hostile-'));
const running = new Set<ChildProcess>();

function start(...words: string[]): ChildProcess {
  const child = fork(program, words, { stdio: ['ignore', 'inherit', 'ignore', 'ipc'] });
  running.add(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  if (child.exitCode === null && child.kill('SIGKILL')) await gone;
  running.delete(child);
}

function tlsOptions(port: number): string[] {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-days', '2', '-subj', '/CN=localhost'];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const files = ['--tls-cert-file', cert, '--tls-key-file', key];
  return ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
}

function residentMb({ pid }: Contender): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
}

class Latencies {
  private readonly asker: ChildProcess;

  constructor(asker: ChildProcess) {
    this.asker = asker;
  }

  /** Waits so long, and returns what was measured meanwhile, in order. */
  async during(seconds: number): Promise<number[]> {
    await this.take();
    await scheduler.wait(seconds * 1000);
    return this.take();
  }

  private async take(): Promise<number[]> {
    const answer = once(this.asker, 'message');
    this.asker.send('');
    const [latencies] = (await answer) as [number[]];
    return latencies.sort((a, b) => a - b);
  }
}

function at(sorted: number[], share: number): string {
  return (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2).padStart(8);
}

async function measure(name: string, begin: () => Promise<Contender>, tlsPort: number) {
  const server = await begin();
  const seconds = Number(flags.seconds);
  await ask(server, 'SET', 'large', 'x'.repeat(1024 * 1024));
  const asker = start('ask', String(server.port));
  const latencies = new Latencies(asker);
  await scheduler.wait(1500);
  const calm = await latencies.during(seconds);
  const before = residentMb(server);
  const attacker = start('attack', name, String(server.port), String(tlsPort));
  await scheduler.wait(500);
  const storm = await latencies.during(seconds);
  const meanwhile = residentMb(server);
  await end(attacker);
  await scheduler.wait(3000);
  await ask(server, 'MEMORY', 'PURGE');
  await scheduler.wait(1000);
  const after = residentMb(server);
  const clients = /connected_clients:(\d+)/.exec(await ask(server, 'INFO', 'clients'))![1];
  await end(asker);
  await server.stop();
  const ratio = Number(at(storm, 0.99)) / Number(at(calm, 0.99));
  return (
    `${at(calm, 0.5)} ${at(calm, 0.99)} | ${at(storm, 0.5)} ${at(storm, 0.99)} ` +
    `${at(storm, 0.9999)} | ${ratio.toFixed(1).padStart(5)} | ` +
    `${String(before).padStart(4)} ${String(meanwhile).padStart(5)} ${String(after).padStart(5)} ` +
    `| ${storm.length} answers, ${clients} clients left`
  );
}

async function main(): Promise<void> {
  const names = positionals.length > 0 ? positionals : Object.keys(attacks);
  console.log('p50, p99 in a calm | p50, p99, worst under attack | p99 ratio | MB before..after');
  for (const name of names) {
    for (let round = 0; round < Number(flags.rounds); round++) {
      const tlsPort = 12_000 + Math.floor(Math.random() * 8000);
      const options = tlsOptions(tlsPort);
      const ours = () => startOurs(process.execPath, options);
      console.log(`${name}\n  ours  ${await measure(name, ours, tlsPort)}`);
      if (!flags.real) continue;
      const real = () => startRedis(options);
      console.log(`  redis ${await measure(name, real, tlsPort)}`);
    }
  }
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
// So that the listener above runs on Ctrl-C too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
await main();
process.exit();
