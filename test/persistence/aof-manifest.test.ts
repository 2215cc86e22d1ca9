// The manifest of an append-only file: read, changed, and written again.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AofManifest, ManifestError } from '../../persistence/aof-manifest.ts';

const BASE = 'file appendonly.aof.1.base.rdb seq 1 type b\n';
const INCREMENT = 'file appendonly.aof.1.incr.aof seq 1 type i startoffset 0\n';

test('what is read is written again', () => {
  const history = 'file appendonly.aof.0.base.aof seq 9 type h\n';
  const text = `${BASE}${history}${INCREMENT}file x seq 7 type i startoffset 5 endoffset 90\n`;
  const manifest = AofManifest.parse(text);
  expect(manifest.print()).toBe(text);
  expect(manifest.last).toEqual({ name: 'x', seq: 7, startOffset: 5, endOffset: 90 });
  expect(manifest.copy().print()).toBe(text);
});

test('comments and words that nobody knows are passed over, in any case of letters', () => {
  const manifest = AofManifest.parse(`# hello\nFILE a SEQ 3 TYPE incr colour blue\n`);
  expect(manifest.print()).toBe('file a seq 3 type i\n');
});

test('a rewrite makes history of all but the increment that goes on', () => {
  const manifest = AofManifest.parse(BASE + INCREMENT);
  expect(manifest.addIncrement('appendonly.aof', 12)).toBe('appendonly.aof.2.incr.aof');
  expect(manifest.addBase('appendonly.aof', 'aof')).toBe('appendonly.aof.2.base.aof');
  manifest.retireIncrements(true);
  expect(manifest.print()).toBe(
    'file appendonly.aof.2.base.aof seq 2 type b\n' +
      'file appendonly.aof.1.incr.aof seq 1 type h startoffset 0\n' +
      'file appendonly.aof.1.base.rdb seq 1 type h\n' +
      'file appendonly.aof.2.incr.aof seq 2 type i startoffset 12\n',
  );
  manifest.endLast(20);
  expect(manifest.last!.endOffset).toBe(20);
  manifest.retireIncrements(false);
  expect(manifest.last).toBeNull();
});

test.each([
  ['', 'Found an empty AOF manifest'],
  ['file a seq 1 type b', 'The AOF manifest file contains too long line'],
  [`file ${'a'.repeat(1024)} seq 1 type b\n`, 'The AOF manifest file contains too long line'],
  ['\n', 'Invalid AOF manifest file format'],
  ['filx a seq 1 type b\n', 'Invalid AOF manifest file format'],
  ['file a seq 1\n', 'Invalid AOF manifest file format'],
  ['file a seq 1 type b more\n', 'Invalid AOF manifest file format'],
  ['file a seq x type b\n', 'Invalid AOF manifest file format'],
  ['file "a seq 1 type b\n', 'Invalid AOF manifest file format'],
  ['file ../a seq 1 type b\n', "File can't be a path, just a filename"],
  ['file a seq 1 type x\n', 'Unknown AOF file type'],
  ['file a seq 1 type b\nfile b seq 2 type b\n', 'Found duplicate base file information'],
  ['file a seq 2 type i\nfile b seq 2 type i\n', 'Found a non-monotonic sequence number'],
])('%j is refused', (text, message) => {
  expect(() => AofManifest.parse(text)).toThrow(message);
});

test('any name of a file comes back, whatever is in it', () => {
  const name = fc
    .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 40 })
    .map((codes) => String.fromCharCode(...codes))
    .filter((each) => !/[/\\]/.test(each));
  fc.assert(
    fc.property(name, (prefix) => {
      const manifest = new AofManifest();
      manifest.addBase(prefix, 'rdb');
      manifest.addIncrement(prefix, 0);
      expect(AofManifest.parse(manifest.print()).print()).toBe(manifest.print());
      expect(AofManifest.parse(manifest.print()).base!.name).toBe(`${prefix}.1.base.rdb`);
    }),
  );
});

test('whatever a manifest says, it is read or refused', () => {
  const word = fc.constantFrom('file', 'seq', 'type', 'b', 'i', 'h', '1', '"a b"', "'", '\n', '#');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      try {
        AofManifest.parse(words.join(' '));
      } catch (problem) {
        expect(problem).toBeInstanceOf(ManifestError);
      }
    }),
  );
});
