// How long it takes until a server is there: inside a program, and as a program.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { StartUp } from './result.ts';
import { startOurs, startRedis } from './servers.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./start-up-program.js', import.meta.url));

/** What start-up-program.ts prints: milliseconds. */
export interface InOneProcess {
  readonly importing: number;
  readonly first: number;
  readonly firstClose: number;
  readonly later: number;
  readonly laterClose: number;
}

/** Measures so many processes of each kind, by turns. */
export async function measureStartUp(node: string, processes: number): Promise<StartUp> {
  const inside: InOneProcess[] = [];
  const alone: number[] = [];
  const redis: number[] = [];
  for (let i = 0; i < processes; i++) {
    const { stdout } = await run(node, [program]);
    inside.push(JSON.parse(stdout));
    for (const [times, start] of [
      [alone, () => startOurs(node)],
      [redis, startRedis],
    ] as const) {
      const server = await start();
      times.push(server.readyMs);
      await server.stop();
    }
  }
  return {
    importing: inside.map((each) => each.importing),
    first: inside.map((each) => each.first),
    firstClose: inside.map((each) => each.firstClose),
    later: inside.map((each) => each.later),
    laterClose: inside.map((each) => each.laterClose),
    program: alone,
    redis,
  };
}
