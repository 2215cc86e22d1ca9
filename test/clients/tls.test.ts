// Clients that people use, unmodified, over TLS.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { makeCertificates } from '../certificates.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';

const made = makeCertificates();
const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NO redis-cli: ${whyNoRedis('8.0.2')} ***`);
const run = promisify(execFile);

describe.skipIf(made === null)('over TLS', () => {
  const files = made!;
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({
      'tls-cert-file': files.server.cert,
      'tls-key-file': files.server.key,
      'tls-ca-cert-file': files.ca,
    });
  });
  afterAll(async () => {
    await server.close();
    files.remove();
  });

  function terms() {
    const { cert, key } = files.client;
    return { ca: readFileSync(files.ca), cert: readFileSync(cert), key: readFileSync(key) };
  }

  test('ioredis sets, gets, pipelines, subscribes', async () => {
    const redis = new Redis(server.url, { tls: terms() });
    const other = redis.duplicate();
    expect(await redis.set('k', 'x'.repeat(100_000))).toBe('OK');
    expect((await redis.get('k'))?.length).toBe(100_000);
    const pipeline = redis.pipeline();
    for (let i = 0; i < 1000; i++) pipeline.incr('n');
    expect((await pipeline.exec())?.at(-1)).toEqual([null, 1000]);
    const heard = new Promise((resolve) => other.on('message', (...words) => resolve(words)));
    await other.subscribe('news');
    expect(await redis.publish('news', 'hello')).toBe(1);
    expect(await heard).toEqual(['news', 'hello']);
    await Promise.all([redis.quit(), other.quit()]);
  });

  test('ioredis is refused without a certificate', async () => {
    const redis = new Redis(server.url, {
      tls: { ca: readFileSync(files.ca) },
      retryStrategy: () => null,
      lazyConnect: true,
    });
    redis.on('error', () => {});
    await expect(redis.connect()).rejects.toThrow();
  });

  test('node-redis speaks RESP3', async () => {
    const socket = { tls: true as const, ...terms() };
    const client = await createClient({ url: server.url, RESP: 3, socket }).connect();
    await client.hSet('h', { a: '1', b: '2' });
    expect({ ...(await client.hGetAll('h')) }).toEqual({ a: '1', b: '2' });
    expect(await client.multi().set('m', '1').incr('m').exec()).toEqual(['OK', 2]);
    await client.close();
  });

  describe.skipIf(install === null)('redis-cli', () => {
    async function cli(...args: string[]): Promise<string> {
      const { cert, key } = files.client;
      const about = ['--tls', '--cacert', files.ca, '--cert', cert, '--key', key];
      const { stdout } = await run(install!.cli, [
        ...['-p', String(server.tlsPort), ...about, ...args],
      ]);
      return stdout;
    }

    test('runs commands', async () => {
      expect(await cli('SET', 'greeting', 'hello')).toBe('OK\n');
      expect(await cli('GET', 'greeting')).toBe('hello\n');
    });

    test('takes a copy of the data set, as a replica would', async () => {
      await cli('SET', 'copied', 'value');
      const path = files.path('copy.rdb');
      await cli('--rdb', path);
      expect(readFileSync(path, 'latin1')).toMatch(/^REDIS0012.*copied/s);
    });

    test('is told what it cannot reach without TLS', async () => {
      const failed = run(install!.cli, ['-p', String(server.tlsPort), 'PING']);
      await expect(failed).rejects.toThrow();
    });

    test('redis-benchmark runs through', async () => {
      const { cert, key } = files.client;
      const about = ['--tls', '--cacert', files.ca, '--cert', cert, '--key', key];
      const load = ['-t', 'set,get,lrange', '-n', '2000', '-c', '20', '-P', '4', '-q'];
      const { stdout } = await run(install!.benchmark, [
        ...['-p', String(server.tlsPort), ...about, ...load],
      ]);
      expect(stdout).toMatch(/GET: [\d.]+ requests per second/);
    });
  });
});
