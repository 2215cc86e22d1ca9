// A real master, a replica of it, and three real sentinels that watch them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '../../client/index.ts';
import { realRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { freePort } from './real-cluster.ts';

export interface Watched {
  master: RealServer;
  replica: RealServer;
  sentinels: { host: string; port: number }[];
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Null where real Redis cannot be had. The master is called `mymaster`. */
export async function startWatched(): Promise<Watched | null> {
  const install = await realRedis('8.0.2');
  if (install === null) return null;
  const master = (await startReal('8.0.2', ['--repl-diskless-sync-delay', '0']))!;
  const follow = ['--replicaof', '127.0.0.1', String(master.port)];
  const replica = (await startReal('8.0.2', [...follow, '--repl-diskless-sync-delay', '0']))!;
  const dir = mkdtempSync(join(tmpdir(), 'respite-sentinel-'));
  const sentinels: { host: string; port: number }[] = [];
  const children: ChildProcess[] = [];
  for (let i = 0; i < 3; i++) {
    const port = await freePort();
    const path = join(dir, `${i}.conf`);
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 2`,
      'sentinel down-after-milliseconds mymaster 2000',
      'sentinel failover-timeout mymaster 6000',
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
    const child = spawn(install.server, [path, '--sentinel'], { stdio: 'ignore' });
    running.add(child);
    children.push(child);
    sentinels.push({ host: '127.0.0.1', port });
  }
  for (const sentinel of sentinels) await knowsAll(sentinel);
  return {
    master,
    replica,
    sentinels,
    stop: async () => {
      for (const child of children) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
        running.delete(child);
      }
      await master.stop();
      await replica.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves once a sentinel has found the replica and the other two. */
async function knowsAll(sentinel: { host: string; port: number }): Promise<void> {
  await using client = createClient(sentinel);
  for (;;) {
    const info = await client.info('sentinel');
    if (/status=ok,address=[^,]+,slaves=1,sentinels=3/.test(info)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
