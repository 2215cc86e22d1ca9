// How large the values of a database are: for each type, how many have 1, 2-3, 4-7, 8-15, ...
// bytes or elements (INFO keysizes).
//
// Redis keeps the figures up to date with every change. Here they are counted when somebody
// asks, which costs a walk over all keys. Clients ask for INFO when they connect, and
// monitors every second, so with many keys what was counted is told again for a while: no
// more than a hundredth of the time goes into counting.

import type { Dict } from '../datatypes/dict.ts';
import { stringLength } from '../datatypes/string.ts';
import { type Database, isString, typeName, type Value } from './keyspace.ts';

const MANY = 10_000; // Up to here, keys are counted each time.
const SHARE = 100; // Beyond it, counting may take one part in so many of the time.
const BINS = 33;

// Redis: streams are not among them.
const NAMES = {
  string: 'strings_sizes',
  list: 'lists_items',
  set: 'sets_items',
  zset: 'zsets_items',
  hash: 'hashes_items',
} as const;
type Kind = keyof typeof NAMES;

/** For each type, how many values lie in each bin: 0, 1, 2-3, 4-7, ... */
type Counts = Record<Kind, number[]>;

type Counted = { readonly doneMs: number; readonly tookMs: number; readonly counts: Counts };

export class KeySizes {
  private readonly counted = new WeakMap<Dict<Value>, Counted>();

  /** The fields of one database, by name; none for types that it has no values of. */
  fields(db: Database, stopwatch: () => number): Map<string, string> {
    const counts = this.counts(db, stopwatch);
    const fields = new Map<string, string>();
    for (const kind of Object.keys(NAMES) as Kind[]) {
      const bins: string[] = [];
      counts[kind].forEach((count, bin) => {
        if (count !== 0) bins.push(`${binName(bin)}=${count}`);
      });
      if (bins.length > 0) fields.set(`db${db.id}_distrib_${NAMES[kind]}`, bins.join(','));
    }
    return fields;
  }

  private counts(db: Database, stopwatch: () => number): Counts {
    const startMs = stopwatch();
    if (db.size > MANY) {
      const last = this.counted.get(db.dict);
      if (last !== undefined && startMs < last.doneMs + last.tookMs * SHARE) return last.counts;
    }
    const counts = countAll(db);
    const doneMs = stopwatch();
    this.counted.set(db.dict, { doneMs, tookMs: doneMs - startMs, counts });
    return counts;
  }
}

function countAll(db: Database): Counts {
  const counts = { string: none(), list: none(), set: none(), zset: none(), hash: none() };
  for (let i = 0; i < db.size; i++) {
    const value = db.dict.valueAt(i);
    const kind = typeName(value);
    if (kind in counts) counts[kind as Kind][binOf(sizeOf(value))]++;
  }
  return counts;
}

function none(): number[] {
  return new Array<number>(BINS).fill(0);
}

/** Bytes of a string, elements of anything else. */
function sizeOf(value: Value): number {
  return isString(value) ? stringLength(value) : value.size;
}

function binOf(size: number): number {
  return 32 - Math.clz32(size);
}

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** The smallest size of a bin, as Redis abbreviates it. */
function binName(bin: number): string {
  if (bin === 0) return '0';
  const unit = Math.floor((bin - 1) / 10);
  return `${2 ** ((bin - 1) % 10)}${UNITS[unit]}`;
}
