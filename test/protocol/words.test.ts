import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitWords } from '../../protocol/words.ts';

test.each<[line: string, words: string[]]>([
  ['', []],
  [' \t\r\n\v\f ', []],
  ['one', ['one']],
  ['  one\ttwo\rthree\nfour ', ['one', 'two', 'three', 'four']],
  ['\v\fone \v two', ['one', 'two']],
  ['one\vtwo\fthree', ['one\vtwo\fthree']], // Redis: these two do not end a word.
  ['one\xa0two', ['one\xa0two']],
  ['one\0two', ['one']],
  ['""', ['']],
  ["''", ['']],
  ['"a b" \'c d\'', ['a b', 'c d']],
  ['"a"\vb', ['a', 'b']],
  ['a"b c"', ['ab c']],
  ['a\\ b', ['a\\', 'b']],
  ['"\\n\\r\\t\\b\\a\\\\\\"\\q"', ['\n\r\t\b\x07\\"q']],
  ['"\\x41\\xff\\xFF\\x4"', ['A\xff\xffx4']],
  ['"\\XFF\\xfg"', ['XFFxfg']],
  ["'\\n\\'x'", ["\\n'x"]],
  ['"it\'s" \'"\'', ["it's", '"']],
])('%j is the words %j', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test.each([
  '"',
  "'",
  'a "b',
  "a 'b",
  '"a"b',
  "'a'b",
  '"a"\'b\'',
  '"a\\',
  '"a\\"',
  "'a\\'",
  'a"b"c',
])('%j has quotes without an end', (line) => {
  expect(splitWords(line)).toBeUndefined();
});

const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
});

test('any words come back from double quotes with every byte escaped', () => {
  const hex = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  fc.assert(
    fc.property(fc.array(bytes), (words) => {
      const line = words.map((word) => `"${[...word].map(hex).join('')}"`).join(' ');
      expect(splitWords(line)).toEqual(words);
    }),
  );
});

test('no line makes it throw, and what it returns holds no more than the line', () => {
  fc.assert(
    fc.property(bytes, (line) => {
      const words = splitWords(line);
      expect((words ?? []).join('').length).toBeLessThanOrEqual(line.length);
    }),
  );
});
