// datatypes/dict.ts and docs/decisions/dictionary.md: the dictionary beside a Map. Time to find a
// key, at several sizes; the longest that adding one key took; memory for each key.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import '../../protocol/byte-string.ts';
import { Dict } from '../../datatypes/dict.ts';
import { compare, numbers, sink } from './suite.ts';

const KEY = 16;
const LOOKUPS = 4096; // In one call of a case.

/** What a Map would have to lead to, for dense arrays beside it: see docs/decisions. */
class Entry {
  readonly key: string;
  readonly value: string;
  readonly index: number;
  constructor(key: string, value: string, index: number) {
    this.key = key;
    this.value = value;
    this.index = index;
  }
}

function keyOf(i: number): string {
  return Buffer.from(`key:${String(i).padStart(KEY - 4, '0')}`, 'latin1').latin1Slice();
}

function lookUps(size: number): void {
  const dict = new Dict<string>(1);
  for (let i = 0; i < size; i++) dict.add(keyOf(i), 'value');
  const map = new Map<string, Entry>();
  for (let i = 0; i < size; i++) {
    const own = keyOf(i);
    map.set(own, new Entry(own, 'value', i));
  }
  // Keys come as bytes from a socket, in no order. They are never the same string twice.
  const next = numbers(7);
  const asked = Buffer.alloc(Math.max(size, LOOKUPS) * KEY);
  for (let at = 0; at < asked.length; at += KEY) asked.latin1Write(keyOf(next() % size), at);
  let at = 0;
  const key = (): string => {
    at = at + KEY >= asked.length ? 0 : at + KEY;
    return asked.latin1Slice(at, at + KEY);
  };
  const ns = compare(`find a key of ${size}`, LOOKUPS, {
    'making the string': () => {
      for (let i = 0; i < LOOKUPS; i++) sink.value = key();
    },
    'and Map.get': () => {
      for (let i = 0; i < LOOKUPS; i++) sink.value = map.get(key())!.value;
    },
    'and Dict.find': () => {
      for (let i = 0; i < LOOKUPS; i++) sink.value = dict.valueAt(dict.find(key()));
    },
  });
  const [string, viaMap, viaDict] = [...ns.values()];
  const ratio = (viaDict - string) / (viaMap - string);
  console.log(`  less the string: Dict takes ${ratio.toFixed(2)} of what Map takes\n`);
}

/** The longest that one of so many additions took, at best of three, in ms. */
function longest(size: number, make: () => (key: string) => void): string {
  const keys = Array.from({ length: size }, (_, i) => keyOf(i));
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 3; repeat++) {
    const add = make();
    let worst = 0;
    for (let i = 0; i < size; i++) {
      const start = performance.now();
      add(keys[i]);
      const took = performance.now() - start;
      if (took > worst) worst = took;
    }
    best = Math.min(best, worst);
  }
  return `${best.toFixed(1)} ms`.padStart(10);
}

function memory(kind: string): string {
  const program = fileURLToPath(new URL('./dict-program.js', import.meta.url));
  const args = ['--expose-gc', program, kind];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

for (const size of [1000, 100_000, 1_000_000]) lookUps(size);

const SIZE = 1_200_000; // Past the size at which a Map of a million doubles.
console.log(`the longest stop while ${SIZE} keys are added (garbage collection included)`);
const toMap = () => {
  const map = new Map<string, number>();
  return (key: string) => void map.set(key, 1);
};
const toDict = () => {
  const dict = new Dict<number>(1);
  return (key: string) => void dict.add(key, 1);
};
console.log(`  Map ${longest(SIZE, toMap)}\n  Dict${longest(SIZE, toDict)}\n`);

console.log('memory for each of 1000000 keys of 16 bytes with values of 16 bytes');
console.log(`  Map of entries, and an array of them: ${memory('map')}`);
console.log(`  Dict: ${memory('dict')}`);
