// Where memory goes: what one key takes, and what the server as a whole does.
//
// WHAT A KEY TAKES
//
// V8 does not tell what an object weighs, but its layout is known well enough to add it up
// (64 bits, no pointer compression, as Node is built): everything begins on a multiple of 8
// bytes; a string is 16 bytes and one for each char; an object is 24 and 8 for each field.
//
//   in the dictionary   8 for the key, 8 for the value, and 8 for each slot of its index
//   in the columns      4 for the last use, 8 for an expiry, and as much again for their room
//   the key             a string
//   the value           a string; or a number, which lies in the dictionary if it has 31
//                       bits; or bytes, which lie outside of the heap, with their room
//
// Redis's answers differ, of course: these are about this process.
//
// WHAT THE SERVER TAKES
//
// Used memory is the whole process's (machine.ts). What can be told apart of it: what was in
// use before there was any data, what the clients hold, and the dictionaries. The rest is
// the data set, and garbage.

import { Bytes, type StringValue } from '../datatypes/string.ts';
import type { Client } from './client.ts';
import { clientMemory } from './client-info.ts';
import { type Database, isString, type Value } from './keyspace.ts';
import { type ProcessMemory, processMemory } from './machine.ts';
import type { Server } from './server.ts';

const WORD = 8;
const HEADER = 16; // Of a string, and of a boxed number.
const OBJECT = 24;
const BUFFER = 200; // A Buffer, its ArrayBuffer and what V8 keeps about that.

/**
 * Bytes that entry i of a database takes, key and value, in memory. Of a value with elements,
 * so many are looked at; the others are taken to be like them.
 */
export function entryMemory(db: Database, i: number, samples: number): number {
  const { dict } = db;
  const slots = Math.ceil((dict.slots / Math.max(1, dict.size)) * WORD);
  const expiry = db.expiryAt(i) === -1 ? 0 : 2 * WORD;
  const columns = WORD + expiry; // The column of last uses is there for all.
  const key = stringMemory(dict.keyAt(i));
  return 2 * WORD + aligned(slots) + columns + key + valueMemory(dict.valueAt(i), samples);
}

/** Bytes that a value takes beyond the word that points to it. */
export function valueMemory(value: Value, samples: number): number {
  return isString(value) ? stringValueMemory(value) : value.memory(samples);
}

function stringValueMemory(value: StringValue): number {
  if (typeof value === 'string') return stringMemory(value);
  if (typeof value === 'number') return value === (value | 0) ? 0 : HEADER;
  if (value instanceof Bytes) return OBJECT + 4 * WORD + BUFFER + aligned(value.buf.length);
  return 0;
}

function stringMemory(bytes: string): number {
  return HEADER + aligned(bytes.length);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / WORD) * WORD;
}

/** What the dictionaries of a database take, apart from keys and values. */
export type TableMemory = { readonly main: number; readonly expiries: number };

export function tableMemory(db: Database): TableMemory {
  const { size, slots } = db.dict;
  return { main: size * 3 * WORD + slots * WORD, expiries: db.volatile * 2 * WORD };
}

/** Everything that INFO memory and MEMORY STATS have in common. */
export type MemoryFigures = ProcessMemory & {
  readonly peak: number;
  readonly startup: number;
  readonly clients: number;
  /** Those of replicas, and of monitors, which Redis counts as such. */
  readonly monitors: number;
  readonly backlog: number;
  readonly tables: number;
  readonly overhead: number;
  readonly dataset: number;
  readonly keys: number;
};

export function memoryFigures(server: Server): MemoryFigures {
  const memory = processMemory();
  const { stats } = server;
  stats.peakMemory = Math.max(stats.peakMemory, stats.startupMemory, memory.used);
  const startup = Math.min(stats.startupMemory, memory.used);
  const all = [...server.clients.values()];
  const clients = sum(all, (c: Client) => (follows(c) ? 0 : clientMemory(c)));
  const monitors = sum(all, (c: Client) => (follows(c) ? clientMemory(c) : 0));
  const tables = sum(server.databases, (db) => tableMemory(db).main + tableMemory(db).expiries);
  // Unlike Redis: where estimates add up to more than there is, the data set is not negative.
  const backlog = server.replication.backlog?.memory ?? 0;
  const known = startup + clients + monitors + tables + backlog;
  const overhead = Math.min(known, memory.used);
  return {
    ...memory,
    peak: stats.peakMemory,
    startup,
    clients,
    monitors,
    backlog,
    tables,
    overhead,
    dataset: memory.used - overhead,
    keys: sum(server.databases, (db) => db.size),
  };
}

function follows(c: Client): boolean {
  return c.monitors || c.isReplica;
}

/** The part of the memory taken since the start that is data, in percent. */
export function datasetPercent({ dataset, used, startup }: MemoryFigures): number {
  return used > startup ? (dataset * 100) / (used - startup) : 0;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
