// A thousand servers in one process, one after the other, and two hundred at once: many-program.ts.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../dist/test/double/many-program.js');

const MOST_MEGABYTES = 20;

type Figures = {
  readonly ports: number;
  readonly sockets: number;
  readonly handles: readonly string[];
  readonly oneByOne: { readonly heap: number; readonly rss: number };
  readonly atOnce: { readonly heap: number };
  readonly forgotten: number;
};

describe.skipIf(!existsSync(program))('servers that were started, used and closed', () => {
  let figures: Figures;

  beforeAll(() => {
    // Little room for what is young: else the process would still be growing into it.
    const flags = ['--expose-gc', '--max-semi-space-size=1'];
    figures = JSON.parse(
      execFileSync(process.execPath, [...flags, program], { encoding: 'utf8' }),
    ) as Figures;
  }, 180_000);

  test('leave no handle and no connection, a thousand of them', () => {
    expect(figures.handles).toEqual([]);
    expect(figures.sockets).toBe(0);
  });

  test('give their memory back', () => {
    expect(figures.oneByOne.heap).toBeLessThan(MOST_MEGABYTES);
    expect(figures.oneByOne.rss).toBeLessThan(MOST_MEGABYTES);
    expect(figures.atOnce.heap).toBeLessThan(MOST_MEGABYTES);
  });

  test('keep nothing for snapshots that nobody holds', () => {
    expect(figures.forgotten).toBeLessThan(MOST_MEGABYTES);
  });

  test('run two hundred at once, each at a port of its own', () => {
    expect(figures.ports).toBe(200);
  });
});
