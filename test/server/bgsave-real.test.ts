// The whole path of a BGSAVE while clients change what is being saved: the file holds the data set
// of the moment in which it was asked for, and so says real Redis.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { Server } from '../../server/server.ts';
import { loadData } from '../../server/start.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { digests, run } from '../persistence/both.ts';
import { type Call, KEY, making, manyKeys } from '../persistence/datasets.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** BGSAVE NOT TRIED BESIDE REAL REDIS: ${whyNoRedis('8.0.2')} ***\n\n`);
}

const KEYS = 200;
const WRITES = 400;

/** A name that manyKeys() gave, in whatever database. */
const name = fc.nat(KEYS - 1).map((i) => (i % 3 === 0 ? `key:${i}` : String(i * 1000)));

/** A change to one key or another, to its type or not. */
const change: fc.Arbitrary<Call[]> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(name, making).map(([key, calls]) => on(key, calls)) },
  { weight: 4, arbitrary: name.map((key) => [['DEL', key]]) },
  { weight: 4, arbitrary: fc.tuple(name, name).map(([a, b]) => [['RENAME', a, b]]) },
  { weight: 2, arbitrary: fc.tuple(name, name).map(([a, b]) => [['COPY', a, b, 'REPLACE']]) },
  { weight: 4, arbitrary: name.map((key) => [['PEXPIRE', key, '1']]) },
  { weight: 2, arbitrary: name.map((key) => [['PERSIST', key]]) },
  { weight: 2, arbitrary: name.map((key) => [['MOVE', key, '5']]) },
  { weight: 3, arbitrary: fc.constantFrom('0', '9').map((db) => [['SELECT', db]]) },
  { weight: 1, arbitrary: fc.constant<Call[]>([['SWAPDB', '0', '9']]) },
);

function on(key: string, calls: readonly Call[]): Call[] {
  return calls
    .filter((call) => call[0] !== 'CONFIG')
    .map((call) => call.map((word) => (word === KEY ? key : word)));
}

async function digest(wire: Wire): Promise<string> {
  return (await wire.ask('DEBUG', 'DIGEST')).text;
}

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let theirs: Wire;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'respite-bgsave-'));
    real = (await startReal('8.0.2'))!;
    theirs = await overSocket({ path: real.socket });
  });
  afterAll(async () => {
    theirs.close();
    await real.stop();
    rmSync(dir, { recursive: true });
  });

  async function ours(options: Record<string, string>): Promise<{ server: Server; wire: Wire }> {
    const config = new Config(diskHost());
    config.options({ dir, save: '', 'enable-debug-command': 'yes', ...options });
    const server = new Server(config, { disk: realDisk, seed: 1 });
    server.later = (go) => void setImmediate(go);
    await loadData(server);
    return { server, wire: inProcess(server) };
  }

  test.each([1, 2, 3, 4, 5, 6])('BGSAVE keeps the moment under writes (%i)', async (seed) => {
    const dbfilename = `${seed}.rdb`;
    const first = await ours({ dbfilename });
    await run(first.wire, manyKeys(seed, KEYS));
    // Five keys, and a millisecond for others to change what is left.
    await first.wire.ask('CONFIG', 'SET', 'rdb-key-save-delay', '200');
    const [moment, each] = [await digest(first.wire), await digests(first.wire)];
    expect((await first.wire.ask('BGSAVE')).text).toBe('Background saving started');
    const changes = fc.sample(change, { numRuns: WRITES, seed });
    if (seed % 2 === 0) changes.splice(WRITES / 20, 0, [['FLUSHDB']]);
    let during = 0;
    for (const calls of changes) {
      for (const call of calls) await first.wire.ask(...call);
      if (first.server.background === 'rdb') during++;
      if (during % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(during).toBeGreaterThan(WRITES / 20);
    while (first.server.background !== '') await new Promise((resolve) => setImmediate(resolve));
    expect(await digest(first.wire)).not.toBe(moment);
    first.server.close();

    const again = await ours({ dbfilename });
    expect(await digests(again.wire)).toEqual(each);
    expect(await digest(again.wire)).toBe(moment);
    again.server.close();
    copyFileSync(join(dir, dbfilename), join(real.dir, 'dump.rdb'));
    expect((await theirs.ask('DEBUG', 'RELOAD', 'NOSAVE')).text).toBe('OK');
    expect(await digests(theirs)).toEqual(each);
    expect(await digest(theirs)).toBe(moment);
  });
});
