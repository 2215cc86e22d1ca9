// redis-cli and redis-benchmark, unmodified, against our server.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NO redis-cli: ${whyNoRedis('8.0.2')} ***`);
const run = promisify(execFile);

describe.skipIf(install === null)('redis-cli', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());
  beforeEach(() => cli('FLUSHALL'));

  async function cli(...args: string[]): Promise<string> {
    const { stdout } = await run(install!.cli, ['-p', String(server.port), ...args]);
    return stdout;
  }

  /** What redis-cli prints when it is given this on standard input. */
  function piped(args: string[], input: string): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn(install!.cli, ['-p', String(server.port), ...args]);
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      child.on('close', () => resolve(output));
      child.stdin.end(input);
    });
  }

  /** What redis-cli prints until the pattern shows up; then it is ended. */
  function until(args: string[], pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn(install!.cli, ['-p', String(server.port), ...args]);
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
        if (pattern.test(output)) child.kill();
      });
      child.on('close', () => resolve(output));
    });
  }

  test('runs a command', async () => {
    expect(await cli('SET', 'greeting', 'hello')).toBe('OK\n');
    expect(await cli('GET', 'greeting')).toBe('hello\n');
    expect(await cli('INCR', 'greeting')).toContain('value is not an integer');
  });

  test('runs a script of lines, transactions included', async () => {
    const output = await piped([], 'SET n 1\nMULTI\nINCR n\nINCR n\nEXEC\n');
    expect(output).toBe('OK\nOK\nQUEUED\nQUEUED\n2\n3\n');
  });

  test('-3 speaks RESP3', async () => {
    expect(await cli('-3', '--no-raw', 'CONFIG', 'GET', 'port')).toBe(
      `1# "port" => "${server.port}"\n`,
    );
  });

  test('--scan lists every key', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `SET key:${i} ${i}`);
    await piped([], `${lines.join('\n')}\n`);
    const found = (await cli('--scan', '--pattern', 'key:*')).trim().split('\n');
    expect(new Set(found).size).toBe(500);
  });

  test('--bigkeys and --memkeys find the largest key', async () => {
    await cli('SET', 'small', 'x');
    await cli('SET', 'large', 'x'.repeat(5000));
    expect(await cli('--bigkeys')).toMatch(/Biggest string found .*large.* has 5000 bytes/);
    expect(await cli('--memkeys')).toMatch(/Biggest string found .*large.* has \d+ bytes/);
  });

  test('--stat shows a line for each sample', async () => {
    expect(await until(['--stat', '-i', '0.01'], /\d+ +[\d.]+[BKMG]/)).toMatch(
      /keys +mem +clients/,
    );
  });

  test('--latency measures round trips', async () => {
    // Without a terminal it samples for a second, prints min, max, mean and count, and ends.
    expect(await cli('--latency')).toMatch(/^\d+ \d+ [\d.]+ \d+\n$/);
  });

  test('--pipe loads a file of requests', async () => {
    const requests = Array.from({ length: 1000 }, (_, i) => {
      const key = `pipe:${i}`;
      return `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$1\r\nx\r\n`;
    });
    expect(await piped(['--pipe'], requests.join(''))).toContain('errors: 0, replies: 1000');
    expect(await cli('DBSIZE')).toBe('1000\n');
  });

  test('draws its hints from COMMAND DOCS', async () => {
    // `script` gives it a terminal, where it shows the arguments that a command still wants.
    const command = `stty cols 200 rows 50; ${install!.cli} -p ${server.port}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', COLUMNS: '200' },
    });
    let screen = '';
    const shown = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        screen += chunk;
        if (screen.endsWith('> ')) child.stdin.write('GETEX ');
        if (/key \[EX seconds/.test(screen)) resolve();
      });
      child.on('close', () => resolve());
    });
    await shown;
    child.kill();
    expect(screen).toMatch(/key \[EX seconds/);
  });

  test('redis-benchmark runs', async () => {
    const { stdout } = await run(install!.benchmark, [
      ...['-p', String(server.port), '-t', 'set,get,incr,mset,ping', '-n', '2000', '-q'],
    ]);
    for (const name of ['PING_INLINE', 'PING_MBULK', 'SET', 'GET', 'INCR', 'MSET']) {
      expect(stdout).toMatch(new RegExp(`${name}.*requests per second`));
    }
  });
});
