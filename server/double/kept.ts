// What has changed in a database since a snapshot, kept so that it can be undone.
//
// A snapshot copies nothing. When a key changes for the first time after it, what the key held is
// kept here, with its expiry and the number of its entry:
//
//   it changes in place     a copy of the value
//   it goes, or is replaced  the value itself, which nobody can reach any more
//   only its expiry changes, or its entry gets another number: no value
//   it comes into being      only that it was not there
//
// The numbers are what makes putting back exact, and as cheap as the changes were. Entries are
// dense: a removal moves the last one into the hole, and so the last one is noted, too. Whoever
// is not noted here stands where it stood. So all that are noted are taken out, which leaves
// holes, and put back where they were, which fills all of them: RANDOMKEY and SCAN see the same
// keys in the same order as before.
//
// Several snapshots of one table form a chain, of which only the newest is told of changes. What a
// key was at the time of an older one is what the first of the chain says, from that one on.

import type { Hash } from '../../datatypes/hash.ts';
import { HASH } from '../../datatypes/collection.ts';
import { duplicate } from '../duplicate.ts';
import { type Database, isString, type Value } from '../keyspace.ts';
import { Past } from '../past.ts';

/** What a key was; `at` is the number of its entry, or -1 if it was not there. */
type Was = {
  readonly at: number;
  readonly expiry: number;
  readonly access: number;
  /** Undefined if the key still holds the same value, or was not there. */
  value: Value | undefined;
};

export class Kept {
  readonly past: Past;
  /** How many entries there were. */
  private readonly size: number;
  private readonly was = new Map<string, Was>();
  private older: Kept | null;
  private newer: Kept | null = null;

  /** Keeps what changes in a database from now on. */
  constructor(db: Database) {
    this.past = Past.of(db);
    this.size = db.size;
    this.older = this.past.kept;
    if (this.older !== null) this.older.newer = this;
    this.past.kept = this;
  }

  /** See Past. */
  changing(i: number): void {
    const was = this.note(i);
    if (was.value === undefined && was.at >= 0) was.value = duplicate(this.valueAt(i));
  }

  leaving(i: number): void {
    const was = this.note(i);
    if (was.value === undefined && was.at >= 0) was.value = this.valueAt(i);
  }

  timing(i: number): void {
    this.note(i);
  }

  added(i: number): void {
    const key = this.past.table.dict.keyAt(i);
    if (!this.was.has(key)) this.was.set(key, NOWHERE);
  }

  /** Keeps nothing any more. What an older one has to know goes to that. */
  end(): void {
    const { older, newer, past } = this;
    if (older !== null) {
      join(older.was, this.was);
      older.newer = newer;
    }
    if (newer !== null) newer.older = older;
    else past.kept = older;
    past.end();
  }

  /** Makes the table what it was; returns the keys that this has changed. */
  putBack(): string[] {
    const was = this.newer === null ? this.was : this.merged();
    if (was.size === 0) return [];
    if (this.newer !== null) this.tell(was);
    const changed = this.arrange(was);
    if (this.newer === null) this.was.clear();
    return changed;
  }

  private valueAt(i: number): Value {
    return this.past.table.dict.valueAt(i);
  }

  private note(i: number): Was {
    const { table } = this.past;
    const key = table.dict.keyAt(i);
    let was = this.was.get(key);
    if (was === undefined) {
      const [expiry, access] = [table.rawExpiry(i), table.access[i]];
      was = { at: i, expiry, access, value: undefined };
      this.was.set(key, was);
    }
    return was;
  }

  /** What all keys were at this one's time that have changed since. */
  private merged(): Map<string, Was> {
    const all = new Map(this.was);
    for (let kept = this.newer; kept !== null; kept = kept.newer) join(all, kept.was);
    // Newer ones want to have their values as they are.
    for (const [key, was] of all) {
      if (was.value !== undefined) all.set(key, { ...was, value: duplicate(was.value) });
    }
    return all;
  }

  /** Lets those who are to be able to put back what is here now know of what will go. */
  private tell(was: Map<string, Was>): void {
    const { table, kept } = this.past;
    for (const [key, { at, value }] of was) {
      const i = table.dict.find(key);
      if (i >= 0 && at >= 0 && value === undefined) kept!.timing(i);
      else if (i >= 0) kept!.leaving(i);
      else if (!kept!.was.has(key)) kept!.was.set(key, NOWHERE);
    }
  }

  private arrange(was: Map<string, Was>): string[] {
    const { table, unsaved } = this.past;
    const { dict, weights, slots } = table;
    const changed: string[] = [];
    const out: number[] = [];
    const back: [number, string, Value][] = [];
    for (const [key, { at, value, expiry }] of was) {
      const i = dict.find(key);
      const isNew = value !== undefined || i < 0 !== at < 0;
      if (isNew || (i >= 0 && expiry !== table.rawExpiry(i))) changed.push(key);
      if (at >= 0) back.push([at, key, value ?? dict.valueAt(i)]);
      if (i < 0) continue;
      out.push(i);
      if (isNew) weights.remove(dict.valueAt(i));
    }
    for (const i of out) {
      unsaved?.before(i);
      slots?.leave(i);
      if (table.rawExpiry(i) !== 0) table.volatile--;
      if (i < table.expiry.length) table.expiry[i] = 0;
    }
    dict.rearrange(out, this.size, back);
    for (const [i, key, value] of back) this.settle(i, key, value, was.get(key)!);
    table.at = -1;
    return changed;
  }

  /** Fills the columns beside an entry that has come back. */
  private settle(i: number, key: string, value: Value, was: Was): void {
    const { table, unsaved } = this.past;
    unsaved?.added(i);
    if (was.value !== undefined) table.weights.add(value);
    table.slots?.add(i, key);
    if (i >= table.access.length) table.lengthen(i * 2);
    table.access[i] = was.access;
    if (was.expiry === 0) return;
    table.expiryColumn(i)[i] = was.expiry;
    table.volatile++;
  }
}

const NOWHERE: Was = { at: -1, expiry: 0, access: 0, value: undefined };

/** Adds to what was kept what a newer one has kept of other keys, or of their values. */
function join(into: Map<string, Was>, newer: ReadonlyMap<string, Was>): void {
  for (const [key, was] of newer) {
    const first = into.get(key);
    if (first === undefined) {
      into.set(key, was);
    } else if (first.at >= 0 && first.value === undefined && was.value !== undefined) {
      into.set(key, { ...first, value: was.value }); // It moved first, and changed later.
    }
  }
}

/** Whether a value is a hash with fields that expire. */
export function hasTimes(value: Value | undefined): boolean {
  return (
    value !== undefined && !isString(value) && value.kind === HASH && (value as Hash).timed > 0
  );
}
