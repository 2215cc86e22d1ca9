import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globMatch } from '../../protocol/glob.ts';
import { type Answer, Chance, withReal } from './real.ts';

const matching: [string, string][] = [
  ['', ''],
  ['*', 'a'],
  ['a*', 'a'],
  ['a**', 'a'],
  ['*c', 'abc'],
  ['a*b*c', 'aXbbYc'],
  ['?', '\xff'],
  ['h[ae]llo', 'hallo'],
  ['h[^e]llo', 'hbllo'],
  ['h[a-b]llo', 'hbllo'],
  ['h[b-a]llo', 'hallo'],
  ['\\*', '*'],
  ['\\a', 'a'],
  ['a\\', 'a\\'],
  ['[\\]]', ']'],
  ['[a-]', '^'], // The range ] to a, never closed.
  ['[abc', 'c'],
  ['[^', 'x'],
  ['[^a', 'x'],
  ['[\xfe-\x01]', '\xff'],
];

const failing: [string, string][] = [
  ['', 'a'],
  ['*', ''],
  ['**', ''],
  ['?', ''],
  ['a', 'A'],
  ['a*b', 'abc'],
  ['h[^e]llo', 'hello'],
  ['\\*', 'a'],
  ['[', 'a'],
  ['[]', 'a'],
  ['[]a]', 'a'],
  ['[a-]', '-'],
  ['[^]', ''],
  ['[\x01-\x7f]', '\x80'],
  ['[a-\xff]', 'b'],
];

test.each(matching)('%j matches %j', (pattern, text) => {
  expect(globMatch(pattern, text)).toBe(true);
});

test.each(failing)('%j does not match %j', (pattern, text) => {
  expect(globMatch(pattern, text)).toBe(false);
});

test('case is ignored when asked, but not for what is escaped in a class', () => {
  expect(globMatch('GeT', 'gEt', true)).toBe(true);
  expect(globMatch('[G]\\E[s-u]', 'geT', true)).toBe(true);
  expect(globMatch('[\\G]', 'g', true)).toBe(false);
  expect(globMatch('[\\G]', 'G', true)).toBe(true);
  expect(globMatch('[Z-a]', 'Z', true)).toBe(false);
  expect(globMatch('\xc0', '\xe0', true)).toBe(false);
});

test('a pattern of many stars takes no longer for failing', () => {
  expect(globMatch(`${'a*'.repeat(500)}b`, 'a'.repeat(10_000))).toBe(false);
  expect(globMatch(`${'*a'.repeat(500)}*b`, `${'a'.repeat(10_000)}b`)).toBe(true);
});

test('more than 1000 stars match nothing, unless the last one ends the pattern', () => {
  const text = 'a'.repeat(1001);
  expect(globMatch('*a'.repeat(1000), text)).toBe(true);
  expect(globMatch(`${'*a'.repeat(1000)}*`, text)).toBe(true);
  expect(globMatch('*a'.repeat(1001), text)).toBe(false);
});

test('a pattern without special bytes matches itself alone', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab*?[]\\^-'), maxLength: 6 });
  fc.assert(
    fc.property(text, text, (pattern, other) => {
      if (!/[*?[\\]/.test(pattern)) {
        expect(globMatch(pattern, other)).toBe(pattern === other);
      } else {
        const escaped = pattern.replace(/[*?[\\]/g, '\\$&');
        expect(globMatch(escaped, other)).toBe(pattern === other);
      }
    }),
    { numRuns: 2000 },
  );
});

const seed = 42;

await withReal('patterns, beside real Redis', [], (ask) => {
  const sorted = (names: Answer) => [...(names as string[])].sort();

  test('the pairs named above match, or do not, there too', async () => {
    for (const [pattern, text] of [...matching, ...failing]) {
      if (pattern === '*') continue; // KEYS does not ask: it means every key.
      const [, , names] = await ask([['FLUSHALL'], ['SET', text, ''], ['KEYS', pattern]]);
      const ours = globMatch(pattern, text) ? [text] : [];
      expect(names, JSON.stringify([pattern, text])).toEqual(ours);
    }
  });

  test(`KEYS finds the same names for 10,000 patterns (seed ${seed})`, async () => {
    const chance = new Chance(seed);
    const names = new Set(['']);
    while (names.size < 200) names.add(chance.text(chance.below(7), 'aabbc*?[]^-\\\xff'));
    await ask([['FLUSHALL'], ...[...names].map((name) => ['SET', name, ''])]);

    const patterns = Array.from({ length: 10_000 }, () =>
      chance.text(chance.below(10), 'ab*?[]^-\\c\xff\x80'),
    ).filter((pattern) => pattern !== '*');
    const found = await ask(patterns.map((pattern) => ['KEYS', pattern]));
    const differences = patterns.filter((pattern, i) => {
      const ours = [...names].filter((name) => globMatch(pattern, name));
      return sorted(ours).join('\n') !== sorted(found[i]).join('\n');
    });
    expect(differences).toEqual([]);
    expect(found.flat().length).toBeGreaterThan(10_000); // Or nothing was tested.
  });

  test(`COMMAND LIST finds the same names whatever their case (seed ${seed})`, async () => {
    const chance = new Chance(seed);
    const [all] = (await ask([['COMMAND', 'LIST']])) as [string[]];
    const alphabet = '^-\\ZzaAgGsSeEtTdDxX\x80\xff\xfe|{@`';
    const range = () => `[${chance.one(alphabet)}-${chance.one(alphabet)}]`;
    const set = () => `[${chance.text(chance.below(8), alphabet)}]`;
    const kinds = [
      () => chance.text(chance.below(8), `*?[]${alphabet}`),
      () => `${range()}ET`,
      () => `*${set()}*`,
      () => `${range()}${set()}${range()}*`,
      () => `\\G\\e${range()}`,
    ];
    const patterns = Array.from({ length: 2000 }, () => chance.one(kinds)());
    const found = await ask(patterns.map((p) => ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', p]));
    const differences = patterns.filter((pattern, i) => {
      const ours = all.filter((name) => globMatch(pattern, name, true));
      return sorted(ours).join('\n') !== sorted(found[i]).join('\n');
    });
    expect(differences).toEqual([]);
    expect(found.flat().length).toBeGreaterThan(10_000);
  });

  test('stars are counted there as here', async () => {
    for (const count of [999, 1000, 1001, 1002]) {
      const name = 'a'.repeat(count);
      await ask([['FLUSHALL'], ['SET', name, '']]);
      for (const pattern of ['*a', 'a*'].flatMap((s) => [s.repeat(count), `${s.repeat(count)}*`])) {
        const [found] = await ask([['KEYS', pattern]]);
        expect(found, `${count} ${pattern.slice(0, 2)}`).toEqual(
          globMatch(pattern, name) ? [name] : [],
        );
      }
    }
  });
});
