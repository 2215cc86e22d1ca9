// A node of ours beside a real one, which know the same cluster: they begin with the same file, whose
// other nodes are not there. Whatever is said to one is said to the other, and the answers must
// be equal.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { realDisk } from '../../server/disk.ts';
import { Server } from '../../server/server.ts';
import { loadData } from '../../server/start.ts';
import { startReal } from '../oracle/server.ts';
import { argvOf, type Line } from '../redis.ts';
import { inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

/** Names of nodes. */
export const ME = 'a'.repeat(40);
export const OTHER = 'b'.repeat(40);
export const THIRD = 'c'.repeat(40);

/** A line of the file that both begin with. */
export function nodeLine(name: string, port: number, flags: string, slots: string): string {
  const shard = name.replaceAll(name[0], 'f').slice(1) + name[0];
  const address = `10.0.0.${port % 100}:${port}@${port + 10000},,shard-id=${shard}`;
  return `${name} ${address} ${flags} - 0 0 ${port % 100} connected${slots && ` ${slots}`}\n`;
}

const SETTINGS: Readonly<Record<string, string>> = {
  save: '',
  'enable-debug-command': 'yes',
  'cluster-enabled': 'yes',
  'cluster-announce-ip': '10.0.0.1',
  'cluster-announce-port': '7001',
  'cluster-announce-bus-port': '17001',
  'cluster-node-timeout': '1000000000',
};

/** Two clients, one of each server, who always say the same. */
export interface Pair {
  /** Says a line to both; the answer of ours, which is equal to the other's. */
  (line: Line): Promise<Reply>;
  /** Says a line to both and compares what `part` leaves of the answers. */
  apart(line: Line, part: (reply: Reply) => unknown): Promise<void>;
  client(): Promise<Pair>;
  readonly server: Server;
}

/** Runs `body` with a pair that knows the nodes of `file`; false if there is no real Redis. */
export async function withPair(
  file: string,
  settings: Readonly<Record<string, string>>,
  body: (pair: Pair) => Promise<void>,
): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'respite-cluster-'));
  const given = { ...SETTINGS, ...settings };
  writeFileSync(join(dir, 'theirs.conf'), file);
  writeFileSync(join(dir, 'nodes.conf'), file);
  const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  const real = await startReal('8.0.2', [
    ...options,
    ...['--cluster-config-file', join(dir, 'theirs.conf')],
  ]);
  try {
    if (real === null) return false;
    const config = new Config();
    config.options({ ...given, dir });
    const server = new Server(config, { seed: 1, disk: realDisk });
    await loadData(server);
    server.clock.advance(10_000); // Both wait a while before they trust what they remember.
    const wires: Wire[] = [];
    const connect = async (): Promise<Pair> => {
      const both: [Wire, Wire] = [await inProcess(server), await overSocket(real)];
      wires.push(...both);
      return pairOf(server, both, connect);
    };
    const pair = await connect();
    try {
      if (given['cluster-require-full-coverage'] === 'no' || servesAll(file)) {
        await untilWell(wires[1]);
      }
      await body(pair);
    } finally {
      for (const wire of wires) wire.close();
      server.close();
    }
    return true;
  } finally {
    await real?.stop();
    rmSync(dir, { recursive: true });
  }
}

function pairOf(server: Server, [ours, real]: [Wire, Wire], connect: () => Promise<Pair>): Pair {
  const both = async (line: Line) => {
    const argv = argvOf(line);
    return [await ours.ask(...argv), await real.ask(...argv)] as const;
  };
  const pair = async (line: Line) => {
    const [mine, theirs] = await both(line);
    expect([line, mine.raw]).toEqual([line, theirs.raw]);
    return mine;
  };
  const apart = async (line: Line, part: (reply: Reply) => unknown) => {
    const [mine, theirs] = await both(line);
    expect([line, part(mine)]).toEqual([line, part(theirs)]);
  };
  return Object.assign(pair, { apart, client: connect, server });
}

/** Whether the nodes of a file serve all slots. */
function servesAll(file: string): boolean {
  let slots = 0;
  for (const [, first, last] of file.matchAll(/ (\d+)-(\d+)(?= |$)/gm)) {
    slots += Number(last) - Number(first) + 1;
  }
  return slots === 16384;
}

async function untilWell(real: Wire): Promise<void> {
  for (;;) {
    const { text } = await real.ask('CLUSTER', 'INFO');
    if (/cluster_state:ok/.test(text)) return;
    await pause(20);
  }
}
