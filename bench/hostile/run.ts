// node dist/bench/hostile/run.js: what hostile clients cost the others.
//
//   [attack ...]       some of bench/hostile/attacks.ts; all by default
//     --rounds 5       how often calm and attack alternate
//     --seconds 2      how long each of them lasts
//     --real           the same for redis-server 8.0.2, in turns with ours
//
// Twenty clients, in a process of their own, ask small things. Calm and attack take turns, because
// on a machine that others use the calm is not the same from one minute to the next; what is
// compared is the 99th percentile of all answers in a calm with that of all answers under attack.
// The attacker, a process of its own each time, runs when nobody else wants to, as if it were on
// another machine (chrt, of Linux, sees to that): it takes time from the others by what it has the
// server do, alone. One that only spins has the p99 at 0.9 to 1.0 of a calm's. How strong it is
// stands beside its name. "later" is the ratio without the first round, in which code runs that V8
// has not compiled yet, and the system makes its table of open files larger. The memory is that of
// the process: before, the most that was seen at the end of an attack, and after the last one, when
// all is quiet.

import { type ChildProcess, execFileSync, type ForkOptions, fork } from 'node:child_process';
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
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    real: { type: 'boolean', default: false },
  },
});

const START_MS = 500; // Until the good clients have connected.
const WARM_MS = 1500;
const SETTLE_MS = 700; // Between the end of an attack and the next calm.
const QUIET_MS = 4000; // Before memory is looked at for the last time.

// The scheduler's idle class: it runs when nobody else wants to. With the lowest priority it would
// still have its slice of some ms, once it has begun, before anybody else gets the CPU.
const IDLE = { execPath: 'chrt', execArgv: ['--idle', '0', process.execPath] };

const program = fileURLToPath(new URL('program.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'respite-hostile-'));
const running = new Set<ChildProcess>();

function start(words: string[], how: ForkOptions = {}): ChildProcess {
  const child = fork(program, words, { stdio: ['ignore', 'inherit', 'ignore', 'ipc'], ...how });
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

/** One server, and the good clients that ask it things. */
class Scene {
  private readonly calms: number[][] = []; // The latencies of each round.
  private readonly storms: number[][] = [];
  readonly memory: { before: number; most: number };
  private readonly server: Contender;
  private readonly tlsPort: number;
  private readonly asker: ChildProcess;

  private constructor(server: Contender, tlsPort: number, asker: ChildProcess) {
    this.server = server;
    this.tlsPort = tlsPort;
    this.asker = asker;
    this.memory = { before: this.residentMb(), most: 0 };
  }

  static async begin(startServer: (options: string[]) => Promise<Contender>): Promise<Scene> {
    const tlsPort = 12_000 + Math.floor(Math.random() * 8000);
    const server = await startServer(tlsOptions(tlsPort));
    await ask(server, 'SET', 'large', 'x'.repeat(1024 * 1024));
    const asker = start(['ask', String(server.port)]);
    await scheduler.wait(START_MS);
    const scene = new Scene(server, tlsPort, asker);
    await scene.latencies(WARM_MS);
    return scene;
  }

  /** A calm, and then an attack. */
  async round(name: string, ms: number): Promise<void> {
    this.calms.push(await this.latencies(ms));
    const attacker = start(['attack', name, String(this.server.port), String(this.tlsPort)], IDLE);
    this.storms.push(await this.latencies(ms));
    this.memory.most = Math.max(this.memory.most, this.residentMb());
    await end(attacker);
    await scheduler.wait(SETTLE_MS);
  }

  /** What it came to, as a line of the table. */
  async end(): Promise<string> {
    await scheduler.wait(QUIET_MS);
    await ask(this.server, 'MEMORY', 'PURGE');
    await scheduler.wait(QUIET_MS / 2);
    const clients = /connected_clients:(\d+)/.exec(await ask(this.server, 'INFO', 'clients'))![1];
    const { before, most } = this.memory;
    const after = this.residentMb();
    await end(this.asker);
    await this.server.stop();
    const [calm, storm] = [sorted(this.calms), sorted(this.storms)];
    const times = [at(calm, 0.5), at(calm, 0.99), at(storm, 0.5), at(storm, 0.99), at(storm, 1)];
    const ratios = [
      at(storm, 0.99) / at(calm, 0.99),
      at(sorted(this.storms.slice(1)), 0.99) / at(sorted(this.calms.slice(1)), 0.99),
    ];
    return (
      `${times.map((ms) => ms.toFixed(2).padStart(7)).join('')}` +
      `${ratios.map((ratio) => ratio.toFixed(1).padStart(7)).join('')}  ` +
      `${[before, most, after].map((mb) => String(mb).padStart(6)).join('')}` +
      `${String(storm.length).padStart(10)} ${Number(clients) - 21} left`
    );
  }

  /** Has the good clients ask for so long, and returns what it took them. */
  private async latencies(ms: number): Promise<number[]> {
    this.asker.send('begin');
    await scheduler.wait(ms);
    const answer = once(this.asker, 'message');
    this.asker.send('end');
    const [latencies] = (await answer) as [number[]];
    return latencies;
  }

  private residentMb(): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
  }
}

function sorted(rounds: number[][]): number[] {
  return rounds.flat().sort((a, b) => a - b);
}

function at(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function measure(name: string): Promise<void> {
  const scenes: [string, Scene][] = [
    ['ours', await Scene.begin((options) => startOurs(process.execPath, options))],
  ];
  if (flags.real) scenes.push(['redis', await Scene.begin(startRedis)]);
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [, scene] of scenes) await scene.round(name, Number(flags.seconds) * 1000);
  }
  console.log(`${name}: ${attacks[name].strength}`);
  for (const [whose, scene] of scenes) console.log(`  ${whose.padEnd(6)}${await scene.end()}`);
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
// So that the listener above runs on Ctrl-C too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

console.log(
  '           calm, ms     under attack, ms     p99 ratio       resident MB       answers',
);
console.log('           p50    p99    p50    p99    max    all  later   before  most after');
for (const name of positionals.length > 0 ? positionals : Object.keys(attacks)) await measure(name);
process.exit();
