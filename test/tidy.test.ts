// The house rules, checked by reading the source (see CONTRIBUTING.md).

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandTable } from '../protocol/command-table.ts';
import { usage } from '../protocol/derive.ts';
import { differences } from './docs/differences.ts';

const root = normalize(join(dirname(fileURLToPath(import.meta.url)), '..'));

const MAY_IMPORT: Record<string, readonly string[]> = {
  datatypes: [],
  protocol: [],
  lua: [],
  persistence: ['protocol', 'datatypes'],
  server: ['protocol', 'datatypes', 'persistence', 'lua'],
  client: ['protocol'],
  examples: ['client'],
};

// Where the world outside is met. Everything else is bytes, state and the server's clock.
const EDGES: Record<string, readonly string[]> = {
  'server/cli.ts': ['node:child_process', 'node:fs', 'node:path'],
  'server/cli-ping.ts': ['node:net'],
  'server/listener.ts': ['node:fs', 'node:net', 'node:path'],
  'server/config/config-file.ts': ['node:fs', 'node:path'],
  'server/socket-link.ts': ['node:net'],
  'server/double/far-end.ts': ['node:net', 'node:stream', 'node:tls'],
  'server/outgoing-link.ts': ['node:net', 'node:tls'],
  'server/cluster-socket.ts': ['node:net'],
  'server/oom-score.ts': ['node:fs'],
  'server/tls-context.ts': ['node:crypto', 'node:fs', 'node:path', 'node:tls'],
  'server/tls-link.ts': ['node:net', 'node:tls'],
  'server/machine.ts': ['node:os', 'node:v8', 'node:vm'],
  'server/double/jest.ts': ['expect'],
  'server/double/vitest.ts': ['vitest'],
  'server/real-time.ts': ['node:perf_hooks', 'node:timers', 'node:vm'],
  'server/migrate-link.ts': ['node:net'],
  'server/disk.ts': ['node:fs', 'node:path', 'node:util'],
  'server/digest.ts': ['node:crypto'],
  'server/double/duplex.ts': ['node:stream'],
  'server/double/seed.ts': ['node:fs'],
  'server/double/ioredis.ts': ['ioredis', 'node:stream'],
  'server/double/ioredis-mock.ts': [
    'ioredis',
    'ioredis/built/cluster/index.js',
    'ioredis/built/Command.js',
    'ioredis/built/Pipeline.js',
    'ioredis/built/Redis.js',
    'ioredis/built/ScanStream.js',
  ],
  'server/double/node-redis.ts': ['node:net', 'node:stream'],
  'server/secret.ts': ['node:crypto'],
  'client/socket-link.ts': ['node:net', 'node:tls'],
  'client/tls-link.ts': ['node:tls'],
  'client/resp2-parser.ts': ['redis-parser'],
  'client/text.ts': ['node:buffer'],
  'client/script.ts': ['node:crypto'],
  'client/lock.ts': ['node:crypto'],
  'client/diagnostics.ts': ['node:diagnostics_channel'],
};

const UNSEEDED = /\bDate\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bnew Date\(\)/;
// Time and chance come in here, and nowhere else.
const CLOCKS = new Set([
  'server/clock.ts',
  'server/followed-time.ts',
  'server/real-time.ts',
  'client/time.ts',
]);
const LINES_MAX = 600;
const COLUMNS_MAX = 100;
const FUNCTION_LINES_MAX = 70;

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  for (const file of sources(folder)) {
    const source = readFileSync(join(root, file), 'utf8');
    const lines = source.split('\n');

    describe(file, () => {
      test(`imports only what ${folder} may`, () => {
        for (const [, target] of source.matchAll(/from '(\.[^']*)'/g)) {
          const owner = normalize(join(dirname(file), target)).split('/')[0];
          expect([folder, ...allowed], `imports ${target}`).toContain(owner);
          expect(target).toMatch(/\.ts$/);
        }
        for (const [, module] of source.matchAll(/^(?:import|export).* from '([^.'][^']*)'/gm)) {
          expect(EDGES[file] ?? [], `imports ${module}`).toContain(module);
        }
      });

      test('is of a length that can be read', () => {
        if (file.endsWith('.generated.ts')) return;
        expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
        expect(longest(lines), 'its longest line').toBeLessThanOrEqual(COLUMNS_MAX);
        expect(longFunctions(lines)).toEqual([]);
      });

      test('leaves nothing behind and nothing to chance', () => {
        expect(source).not.toMatch(/\bFIXME\b|\bTODO\b|console\.log/);
        if (!CLOCKS.has(file)) expect(source).not.toMatch(UNSEEDED);
      });
    });
  }
}

describe('the table and the handlers', () => {
  const handlers = sources('server/commands')
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
    .replace(/(.)\n \* {3}/g, (_, end: string) => (end === '|' ? end : `${end} `))
    .replace(/\/\*\*\n \* ([^\n]*)\n \*\//g, '/** $1 */');

  for (const spec of commandTable.values()) {
    if (spec.container) continue;
    test(`above ${spec.name} stands the usage that its grammar spells`, () => {
      const words = spec.name.replace(/[|_-](.)/g, (_, letter: string) => letter.toUpperCase());
      const name = words === 'eval' ? 'evaluate' : words; // A name that JavaScript keeps.
      const comment = `/** ${usage(spec)} */\n`;
      const declared = [`export function ${name}(`, `function ${name}(`, `const ${name} =`];
      expect(
        declared.some((start) => handlers.includes(comment + start)),
        comment,
      ).toBe(true);
    });
  }
});

test('docs/differences.md lists every difference from Redis that the source marks', () => {
  const printed = readFileSync(join(root, 'docs/differences.md'), 'utf8');
  expect(printed, 'run npm run docs').toBe(differences(root));
});

test('no file needs itself by way of others, types aside', () => {
  const needs = new Map<string, string[]>();
  for (const folder of Object.keys(MAY_IMPORT)) {
    for (const file of sources(folder)) {
      const source = readFileSync(join(root, file), 'utf8');
      const targets: string[] = [];
      for (const [, what, target] of source.matchAll(/^import ([^;]*?) ?from '(\.[^']*)'/gm)) {
        const names = what.replace(/[{}]/g, '').split(',');
        const onlyTypes =
          what.startsWith('type ') || names.every((name) => /^\s*(type .*)?$/.test(name));
        if (!onlyTypes) targets.push(normalize(join(dirname(file), target)));
      }
      needs.set(file, targets);
    }
  }
  expect(firstCycle(needs)).toEqual([]);
});

/** The files of a circle of imports, or none. */
function firstCycle(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const target of needs.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of needs.keys()) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

function longest(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => line.length));
}

/** The functions that do not fit on a screen. The formatter has seen to the indentation. */
function longFunctions(lines: readonly string[]): string[] {
  const found: string[] = [];
  lines.forEach((line, start) => {
    const head =
      /^( *)(?:export |async |private |static |override |get |set )*(?:function )?(\w+)\(/;
    const match = head.exec(line);
    if (match === null || /^(if|for|while|switch|return|catch)$/.test(match[2])) return;
    if (!line.endsWith('{') && !line.endsWith('(')) return;
    const end = lines.findIndex((other, i) => i > start && other === `${match[1]}}`);
    if (end - start + 1 > FUNCTION_LINES_MAX) found.push(`${match[2]}: ${end - start + 1} lines`);
  });
  return found;
}

function sources(folder: string): string[] {
  try {
    return (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name))
      .sort();
  } catch {
    return []; // Not built yet.
  }
}
