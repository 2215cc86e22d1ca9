// RDB files between us and real Redis: what one writes, the other reads, to the same data set.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';
import { type Call, manyKeys } from './datasets.ts';
import { digests, run } from './both.ts';
import { load, save } from './rdb-files.ts';

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** RDB FILES NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

const ASSETS = join(import.meta.dirname, '../../.cache/conformance/suite-8.0.2/tests/assets');

function newServer(): { server: Server; wire: Wire } {
  const config = new Config();
  config.options({ 'enable-debug-command': 'yes' });
  const server = new Server(config, { seed: 1 });
  return { server, wire: inProcess(server) };
}

const older = await realRedis('7.0.15');
if (older === null) {
  process.stderr.write(`\n*** FILES OF 7.0 NOT READ: ${whyNoRedis('7.0.15')} ***\n\n`);
}

/** What Redis 7.0 has no word for. */
const isNew = (call: Call) => call[0] === 'HPEXPIREAT' || call[0] === 'HPERSIST';
const isNewSetting = (call: Call) => call[2]?.startsWith('set-max-listpack');

describe.skipIf(install === null || older === null)('beside Redis 7.0.15', () => {
  test('we load what it saves as 8.0.2 does', async () => {
    const old = (await startReal('7.0.15', ['--dbfilename', 'dump.rdb']))!;
    const real = (await startReal('8.0.2', ['--dbfilename', 'dump.rdb']))!;
    const from = await overSocket({ path: old.socket });
    const theirs = await overSocket({ path: real.socket });
    const calls = manyKeys(7, 200).filter((call) => !isNew(call) && !isNewSetting(call));
    await run(from, calls);
    await from.ask('SAVE');
    const file = readFileSync(join(old.dir, 'dump.rdb'));
    writeFileSync(join(real.dir, 'dump.rdb'), file);
    expect((await theirs.ask('DEBUG', 'RELOAD', 'NOSAVE')).text).toBe('OK');
    const { server, wire } = newServer();
    load(server, file, 333);
    expect(await digests(wire)).toEqual(await digests(theirs));
    from.close();
    theirs.close();
    await Promise.all([old.stop(), real.stop()]);
  });
});

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let theirs: Wire;
  beforeAll(async () => {
    real = (await startReal('8.0.2', ['--dbfilename', 'dump.rdb']))!;
    theirs = await overSocket({ path: real.socket });
  });
  afterAll(async () => {
    theirs.close();
    await real.stop();
  });

  /** Lets real Redis load a file, and returns the digests of what it holds then. */
  async function loadedByReal(file: Buffer): Promise<Record<string, string>> {
    writeFileSync(join(real.dir, 'dump.rdb'), file);
    const reply = await theirs.ask('DEBUG', 'RELOAD', 'NOSAVE');
    expect(reply.text, real.log().slice(-500)).toBe('OK');
    return digests(theirs);
  }

  test.each([1, 2, 3])('it loads what we save, and its checker accepts it (%i)', async (seed) => {
    const { server, wire } = newServer();
    await run(wire, manyKeys(seed, 150));
    const file = save(server, seed !== 2);
    expect(await loadedByReal(file)).toEqual(await digests(wire));
    const checker = join(dirname(install!.server), 'redis-check-rdb');
    const said = execFileSync(checker, [join(real.dir, 'dump.rdb')], { encoding: 'latin1' });
    expect(said).toContain('RDB looks OK');
    server.close();
  });

  test.each([4, 5, 6])('we load what it saves, in chunks of any size (%i)', async (seed) => {
    await theirs.ask('FLUSHALL');
    await run(theirs, manyKeys(seed, 150));
    await theirs.ask('SAVE');
    const file = readFileSync(join(real.dir, 'dump.rdb'));
    for (const chunkBytes of [1, 100, 65536, file.length]) {
      const { server, wire } = newServer();
      const facts = load(server, file, chunkBytes);
      expect(await digests(wire)).toEqual(await digests(theirs));
      expect(facts.get('redis-ver')).toBe('8.0.2');
      server.close();
    }
  });

  test('how keys were used comes along', async () => {
    await theirs.ask('FLUSHALL');
    await theirs.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
    await theirs.ask('SET', 'k', 'v');
    const payload = (await theirs.ask('DUMP', 'k')).text;
    await theirs.ask('RESTORE', 'often', '0', payload, 'FREQ', '200');
    await theirs.ask('SAVE');
    await theirs.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    const { server, wire } = newServer();
    await wire.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
    load(server, readFileSync(join(real.dir, 'dump.rdb')));
    expect((await wire.ask('OBJECT', 'FREQ', 'often')).text).toBe('200');
    server.close();
  });

  const assets = existsSync(ASSETS) ? readdirSync(ASSETS).filter((name) => /rdb$/.test(name)) : [];
  if (assets.length === 0) process.stderr.write('\n*** NO OLD RDB FILES TO READ ***\n\n');

  test.each(assets.filter((name) => !name.startsWith('corrupt')))('%s is read', async (name) => {
    const file = readFileSync(join(ASSETS, name));
    const { server, wire } = newServer();
    const theirDigests = await loadedByReal(file);
    load(server, file, 10);
    expect(await digests(wire)).toEqual(theirDigests);
    const keys = (await wire.ask('KEYS', '*')).items.map((each) => each.text);
    expect(keys.length).toBe(Number((await theirs.ask('DBSIZE')).text));
    for (const key of keys) {
      const mine = (await wire.ask('OBJECT', 'ENCODING', key)).text;
      expect(mine, key).toBe((await theirs.ask('OBJECT', 'ENCODING', key)).text);
    }
    server.close();
  });

  test.each([1, 4, 5, 11])('a file of version %i is read', async (version) => {
    const { server, wire } = newServer();
    await wire.ask('SET', 'k', 'v');
    await wire.ask('RPUSH', 'l', 'a', 'b');
    const file = save(server, false);
    file.write(`000${version}`.slice(-4), 5, 'latin1');
    const old = version < 5 ? file.subarray(0, -8) : file;
    const loaded = newServer();
    load(loaded.server, old);
    expect(await digests(loaded.wire)).toEqual(await digests(wire));
    expect(await loadedByReal(old)).toEqual(await digests(wire));
  });

  test('a file of the wrong checksum is refused by both', () => {
    const { server } = newServer();
    const file = save(server);
    file[file.length - 1] ^= 1;
    expect(() => load(newServer().server, file)).toThrow('RDB CRC error');
    writeFileSync(join(real.dir, 'bad.rdb'), file);
    const checker = join(dirname(install!.server), 'redis-check-rdb');
    const said = spawnSync(checker, [join(real.dir, 'bad.rdb')], { encoding: 'latin1' });
    expect(said.stdout).toContain('CRC error');
  });
});
