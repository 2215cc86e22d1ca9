// A client that puts its values into the text of scripts, instead of giving them as arguments, has
// the server compile thousands. Memory must not grow with them.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { encode, inProcess } from '../wire.ts';

const program = join(import.meta.dirname, '../../dist/test/lua/many-scripts-program.js');

const KEPT = 500; // As in Redis.

test('of 10,000 scripts that EVAL has seen the last 500 are known', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const wire = inProcess(server);
  for (let i = 0; i < 10_000; i++) wire.send(encode(['EVAL', `return ${i}`, '0']));
  for (let i = 0; i < 10_000; i++) expect((await wire.next()).text).toBe(String(i));
  expect(server.scripting.scripts.count).toBe(KEPT);
  const memory = (await wire.ask('INFO', 'memory')).text;
  expect(Number(/number_of_cached_scripts:(\d+)/.exec(memory)![1])).toBe(KEPT);
  const stats = (await wire.ask('INFO', 'stats')).text;
  expect(Number(/evicted_scripts:(\d+)/.exec(stats)![1])).toBe(10_000 - KEPT);
  server.close();
});

test('the heap is after 10,000 different scripts what it was after 2,000', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program]);
  const [before, after] = stdout.split(' ').map(Number);
  // The 8,000 in between would be 30 MB and more if they were kept.
  expect(after - before).toBeLessThan(4_000_000);
}, 120_000);
