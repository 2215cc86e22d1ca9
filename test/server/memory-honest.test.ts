// What a server says that it uses, beside what its process grows by: memory-program.ts.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { SHAPES } from './memory-shapes.ts';

const program = join(import.meta.dirname, '../../dist/test/server/memory-program.js');

const MOST_PERCENT = 30;

describe.skipIf(!existsSync(program))('what a server says that it uses is what it takes', () => {
  let figures: Record<string, { said: number; took: number }> = {};

  beforeAll(() => {
    figures = JSON.parse(
      execFileSync(process.execPath, ['--expose-gc', program], {
        encoding: 'utf8',
      }),
    );
  });

  test.each(['a server', ...Object.keys(SHAPES)])('for %s', (what) => {
    const { said, took } = figures[what];
    expect(Math.abs(said / took - 1) * 100, `${said} bytes, not ${took}`).toBeLessThan(
      MOST_PERCENT,
    );
  });
});
