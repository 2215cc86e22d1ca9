import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mirrorFromDeb822, mirrorFromOneLine } from './apt.ts';
import { type RedisVersion, realRedis, whyNoRedis } from './bring.ts';
import { type RealServer, startReal } from './server.ts';

const run = promisify(execFile);

async function has(version: RedisVersion): Promise<boolean> {
  if ((await realRedis(version)) !== null) return true;
  process.stderr.write(
    `\n*** NOT COMPARED WITH REAL REDIS ${version}: ${whyNoRedis(version)} ***\n` +
      '*** Set REDIS_SERVER_BIN, or let apt reach a Debian mirror. ***\n\n',
  );
  return false;
}

for (const version of ['8.0.2', '7.0.15'] as const) {
  describe.skipIf(!(await has(version)))(`real Redis ${version}`, () => {
    let server: RealServer | null;

    beforeAll(async () => {
      server = await startReal(version, ['--maxmemory', '10mb']);
    });
    afterAll(() => server?.stop());

    async function ask(...args: string[]): Promise<string> {
      const install = await realRedis(version);
      const { stdout } = await run(install!.cli, ['-p', String(server!.port), ...args]);
      return stdout.trim();
    }

    test('answers PING, as the version it claims to be', async () => {
      expect(await ask('PING')).toBe('PONG');
      expect(await ask('INFO', 'server')).toContain(`redis_version:${server!.version}`);
    });

    test('runs under the pid that was handed out, with the options given', async () => {
      expect(await ask('INFO', 'server')).toContain(`process_id:${server!.pid}`);
      expect(await ask('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n10485760');
      expect(await ask('CONFIG', 'GET', 'save')).toBe('save');
    });

    test('allows DEBUG', async () => {
      expect(await ask('DEBUG', 'SET-ACTIVE-EXPIRE', '1')).toBe('OK');
    });

    test('listens on its Unix socket too', async () => {
      const install = await realRedis(version);
      const { stdout } = await run(install!.cli, ['-s', server!.socket, 'PING']);
      expect(stdout.trim()).toBe('PONG');
    });

    test('rejects with the log when an option is nonsense', async () => {
      await expect(startReal(version, ['--maxmemory', 'much'])).rejects.toThrow(/maxmemory/);
    });
  });
}

describe('the mirror', () => {
  test('is read from deb822 text, past security and source-only stanzas', () => {
    const text = [
      'Types: deb',
      'URIs: http://mirror.invalid/debian-security',
      'Suites: bookworm-security',
      'Components: main',
      '',
      'Types: deb deb-src',
      '# a comment',
      'URIs: http://mirror.invalid/debian',
      'Suites: bookworm bookworm-updates',
      'Components: main contrib',
      'Signed-By: /keys/debian.gpg',
    ];
    expect(mirrorFromDeb822(text.join('\n'))).toEqual({
      uri: 'http://mirror.invalid/debian',
      signedBy: '/keys/debian.gpg',
    });
    expect(mirrorFromDeb822(text.slice(0, 4).join('\n'))).toBeNull();
  });

  test('is read from one-line text, with and without options', () => {
    expect(mirrorFromOneLine('deb http://mirror.invalid/debian bookworm main contrib')).toEqual({
      uri: 'http://mirror.invalid/debian',
      signedBy: undefined,
    });
    const signed = 'deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid/debian trixie main';
    expect(mirrorFromOneLine(`# deb http://no.invalid/debian sid main\n${signed}`)).toEqual({
      uri: 'http://mirror.invalid/debian',
      signedBy: '/k.gpg',
    });
    expect(mirrorFromOneLine('deb http://mirror.invalid/s bookworm-security main')).toBeNull();
  });
});
