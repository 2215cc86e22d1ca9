import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

const names = (folder: string, end: string): string[] => {
  return readdirSync(join(projectRoot, folder)).filter((name) => name.endsWith(end));
};
const read = (...path: string[]): string => readFileSync(join(projectRoot, ...path), 'utf8');
const tests = names('test/examples', '.test.ts').map((name) => read('test/examples', name));
const table = read('examples', 'README.md');

describe.each(names('examples', '.ts'))('%s', (name) => {
  const source = read('examples', name);

  test('says when not to use it, and is short', () => {
    expect(source).toMatch(
      /^\/\/ [^\n]+\n(\/\/[^\n]*\n)*\/\/ The problem: (.|\n)*\n\/\/ Not when: /,
    );
    expect(source.split('\n').length).toBeLessThanOrEqual(91);
  });

  test('is run by a test, and stands in the table', () => {
    expect(tests.some((text) => text.includes(`'../../examples/${name}'`))).toBe(true);
    expect(table).toContain(`](${name})`);
  });
});
