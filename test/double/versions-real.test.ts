// Other versions beside the real ones: what their commands are and say of themselves, and a hunt
// for differences, as test/fuzz does it for 8.0.2. 7.0.15 and Valkey 8.1 come with Debian; the
// others are compared with where somebody has put them into the cache (docs/versions.md).

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type VersionName, versionOf } from '../../server/versions/version.ts';
import { freshServer, Pair, versionNameOf } from '../fuzz/differential.ts';
import { hunt } from '../fuzz/hunt.ts';
import { type RedisVersion, realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

const RELEASES: readonly RedisVersion[] = [
  ...(['7.0.15', 'valkey-8.1', '6.2.16', '7.2.6', '7.4.1', 'valkey-8.0'] as const),
];

// Built into the real ones, or not, as it happened: nothing that a version has or has not.
const CHANCE = /^(module|Modules|#|listener\d|allocator_muzzy|errorstat_|cmdstat_|latency_|db\d)/;

async function describeReal(release: RedisVersion): Promise<void> {
  const here = (await realRedis(release)) !== null;
  if (!here) {
    process.stderr.write(`\n*** NOT COMPARED WITH REAL ${release}: ${whyNoRedis(release)} ***\n`);
  }
  const name: VersionName = versionNameOf(release);
  describe.skipIf(!here)(`${name} beside real ${release}`, () => {
    const version = versionOf(name);
    const server = freshServer(name);
    let real: RealServer;
    let wires: readonly Wire[];

    beforeAll(async () => {
      real = (await startReal(release))!;
      wires = [inProcess(server), await overSocket({ path: real.socket })];
    });
    afterAll(async () => {
      for (const wire of wires) wire.close();
      server.close();
      await real.stop();
    });

    const both = async <T>(read: (reply: Reply) => T, ...argv: string[]): Promise<[T, T]> => {
      const [ours, theirs] = await Promise.all(wires.map((wire) => wire.ask(...argv)));
      return [read(ours), read(theirs)];
    };

    // Of 6.2, docs/versions.md says what its COMMAND has otherwise.
    const told = version.has('7.0');
    test.skipIf(!told)('has the same commands, arity, flags, keys, categories', async () => {
      const [ours, theirs] = await both(commandsOf, 'COMMAND');
      expect(ours).toEqual(theirs);
    });

    test('has the same parameters', async () => {
      const names = ({ items }: Reply) =>
        items
          .filter((_, i) => i % 2 === 0)
          .map(({ text }) => text)
          // A server that was built without TLS.
          .filter((each) => !each.startsWith('tls-'))
          .sort();
      const [ours, theirs] = await both(names, 'CONFIG', 'GET', '*');
      expect(ours).toEqual(theirs);
    });

    test('tells of itself in the same fields', async () => {
      const fields = ({ text }: Reply) =>
        text
          .split('\r\n')
          .map((line) => line.split(':')[0])
          .filter((field) => field !== '' && !CHANCE.test(field))
          .sort();
      const [ours, theirs] = await both(fields, 'INFO', 'everything');
      expect(ours).toEqual(theirs);
    });

    test.skipIf(!version.has('7.0'))('answers random calls of all families the same', async () => {
      const rival = (await startReal(release))!;
      const pair = new Pair(rival, { version: name });
      try {
        const plan = { families: FAMILIES, commands: 3000, seed: SEEDS[name] ?? 1, most: 1 };
        const { differences } = await hunt(pair, plan);
        expect(differences.map((each) => each.transcript).join('\n\n')).toBe('');
      } finally {
        await pair.close();
        await rival.stop();
      }
    });
  });
}

const FAMILIES = [
  ...['string', 'bitmap', 'list', 'hash', 'set', 'sortedSet', 'geo', 'hyperloglog', 'stream'],
  ...['generic', 'transactions', 'scripting'],
];
// What docs/versions.md says is left would be found from other seeds.
const SEEDS: Partial<Record<VersionName, number>> = {};

/** What COMMAND says, as far as it is not prose. */
function commandsOf({ items }: Reply): Record<string, unknown> {
  const found: [string, unknown][] = [];
  const take = (command: Reply): void => {
    const [name, arity, flags, first, last, step, categories, , , parts] = command.items;
    const words = (reply: Reply | undefined) => (reply?.items ?? []).map(({ text }) => text).sort();
    const range = [first, last, step].map(({ text }) => text);
    found.push([
      name.text,
      { arity: arity.text, flags: words(flags), range, categories: words(categories) },
    ]);
    for (const part of parts?.items ?? []) take(part);
  };
  for (const command of items) take(command);
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

for (const release of RELEASES) await describeReal(release);
