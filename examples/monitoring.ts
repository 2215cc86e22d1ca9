// How a server is doing: a few numbers out of INFO, and the commands that took long.
//
// The problem: INFO has some two hundred fields; a few of them tell of trouble.
// The idea: read it, work out what means something, and ask SLOWLOG for the commands that held all
// others up: a server does one thing at a time, so one slow command is everybody's.
// Not when: there is an exporter for the monitoring system at hand. This is for a health endpoint,
// or a test under load.

import type { Client } from '../client/index.ts';

export interface Health {
  version: string;
  clients: number;
  blocked: number;
  memoryBytes: number;
  /** Of `maxmemory`; null if there is no such limit. */
  memoryUsed: number | null;
  /** Of the reads, those that found something; null before the first. */
  hitRate: number | null;
  commandsPerSecond: number;
  evicted: number;
  keys: number;
}

export interface SlowCommand {
  at: Date;
  milliseconds: number;
  /** The command and the beginning of its arguments: they may hold what is nobody's business. */
  command: string;
  client: string;
}

/** INFO's fields by their names: all, or those of some sections. */
export async function readInfo(
  client: Client,
  ...sections: string[]
): Promise<Record<string, string>> {
  const text = await client.info(sections);
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => line.split(/:(.*)/, 2)));
}

/** The numbers that tell of trouble. */
export async function health(client: Client): Promise<Health> {
  const [info, keys] = await Promise.all([readInfo(client), client.dbsize()]);
  const number = (field: string): number => Number(info[field] ?? 0);
  const reads = number('keyspace_hits') + number('keyspace_misses');
  const limit = number('maxmemory');
  return {
    version: info['redis_version'] ?? '',
    clients: number('connected_clients'),
    blocked: number('blocked_clients'),
    memoryBytes: number('used_memory'),
    memoryUsed: limit === 0 ? null : number('used_memory') / limit,
    hitRate: reads === 0 ? null : number('keyspace_hits') / reads,
    commandsPerSecond: number('instantaneous_ops_per_sec'),
    evicted: number('evicted_keys'),
    keys,
  };
}

/** The last commands that took longer than `slowlog-log-slower-than`, the latest first. */
export async function slowCommands(client: Client, count = 10): Promise<SlowCommand[]> {
  const entries = await client.slowlogGet(count);
  return entries.map(({ time, microseconds, argv, address }) => ({
    at: new Date(time * 1000),
    milliseconds: microseconds / 1000,
    command: argv.join(' ').slice(0, 80),
    client: address,
  }));
}
