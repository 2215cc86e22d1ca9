// redis-cli as a replica: it takes a snapshot into a file, and shows the stream.

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NO redis-cli: ${whyNoRedis('8.0.2')} ***`);
const run = promisify(execFile);

const FORMS = [
  ['from a file', { 'repl-diskless-sync': 'no' }, true],
  ['from memory', { 'repl-diskless-sync': 'no' }, false],
  ['between two marks', { 'repl-diskless-sync-delay': '0' }, true],
] as const;

describe.skipIf(install === null).each(FORMS)(
  'redis-cli, a snapshot %s',
  (_form, options, disk) => {
    let dir: string;
    let server: RunningServer;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'respite-cli-'));
      server = await startServer(disk ? { ...options, persistence: { dir, save: '' } } : options);
      await cli('SET', 'greeting', 'hello');
      await cli('-n', '3', 'RPUSH', 'list', 'a', 'b', 'c');
    });
    afterEach(async () => {
      await server.close();
      rmSync(dir, { recursive: true });
    });

    async function cli(...args: string[]): Promise<string> {
      const { stdout } = await run(install!.cli, ['-p', String(server.port), ...args]);
      return stdout;
    }

    test('--rdb', async () => {
      const file = join(dir, 'taken.rdb');
      await cli('--rdb', file);
      const copy = await startServer({ rdb: file });
      const other = ['-p', String(copy.port)];
      expect((await run(install!.cli, [...other, 'GET', 'greeting'])).stdout).toBe('hello\n');
      expect((await run(install!.cli, [...other, '-n', '3', 'LLEN', 'list'])).stdout).toBe('3\n');
      await copy.close();
    });

    test('--replica', async () => {
      const child = spawn(install!.cli, ['-p', String(server.port), '--replica']);
      let output = '';
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk) => {
          output += chunk;
          if (output.includes('"end"')) resolve();
        });
        child.stderr.on('data', async (chunk) => {
          if (!String(chunk).includes('Logging commands from master')) return;
          await cli('SET', 'k', 'v', 'EX', '100');
          await cli('-n', '3', 'LPOP', 'list');
          await cli('SET', 'end', '');
        });
      });
      child.kill();
      const lines = output.split('\n').filter((line) => line !== '' && line !== '"ping"');
      // It leaves the first SELECT out itself.
      expect(lines.slice(-5).map((line) => line.replace(/"\d{13}"/, 'soon'))).toEqual([
        '"SET","k","v","PXAT",soon',
        ...['"SELECT","3"', '"LPOP","list"', '"SELECT","0"', '"SET","end",""'],
      ]);
    });
  },
);
