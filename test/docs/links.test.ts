// What the pages link to is there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

const pages = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** The names that a page's headings can be linked by. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

for (const page of pages) {
  test(`${page} links to files and headings that are there`, () => {
    const text = readFileSync(join(projectRoot, page), 'utf8').replace(/```.*?```/gs, '');
    const missing: string[] = [];
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path, anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(projectRoot, file))) {
        missing.push(link);
      } else if (anchor !== undefined && file.endsWith('.md')) {
        const target = readFileSync(join(projectRoot, file), 'utf8');
        if (!anchors(target).includes(anchor)) missing.push(link);
      }
    }
    expect(missing).toEqual([]);
  });
}

test('each gap that the README names is shown by a test, or a page', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const table = readme.split('| | shown by |\n|---|---|\n')[1].split('\n\n')[0].split('\n');
  expect(table.length).toBeGreaterThan(15);
  for (const row of table)
    expect(row).toMatch(/\((test\/[a-z-]+\/[a-z-]+\.test\.ts|docs\/[a-z-]+\.md)\)/);
});
