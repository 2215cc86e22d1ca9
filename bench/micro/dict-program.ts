// Prints how many bytes an entry takes in a Dict, or in a Map and an array of entries ('map'):
// growth of the resident set, which is what a server's user sees, and of what is alive after a
// collection. A program of its own, so that it starts from an empty heap.

import '../../protocol/byte-string.ts';
import { Dict } from '../../datatypes/dict.ts';

const COUNT = 1_000_000;
const collect = (globalThis as { gc?: () => void }).gc!;

function bytes(word: string, i: number): string {
  return Buffer.from(`${word}${String(i).padStart(16 - word.length, '0')}`).latin1Slice();
}

function alive(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const dict = new Dict<string>(1);
const map = new Map<string, { key: string; value: string; index: number }>();
const entries: { key: string; value: string; index: number }[] = [];

const before = alive();
const residentBefore = process.memoryUsage.rss();
for (let i = 0; i < COUNT; i++) {
  const key = bytes('key:', i);
  const value = bytes('value:', i);
  if (process.argv[2] === 'map') {
    const entry = { key, value, index: entries.length };
    map.set(key, entry);
    entries.push(entry);
  } else {
    dict.add(key, value);
  }
}
const resident = (process.memoryUsage.rss() - residentBefore) / COUNT;
const growth = (alive() - before) / COUNT;
if (dict.size + map.size !== COUNT) throw new Error('lost entries');
process.stdout.write(`${resident.toFixed(0)} B resident, ${growth.toFixed(0)} B alive`);
