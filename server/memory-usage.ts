// Where memory goes: what one key takes, and what the server as a whole does.
//
// What a value weighs is its own business (datatypes/weight.ts), what all of it comes to is
// added up in used-memory.ts. This is what INFO and MEMORY tell of both.
//
// Redis's answers differ, of course: these are about this process.

import { stringMemory } from '../datatypes/string.ts';
import { stringBytes, WORD } from '../datatypes/weight.ts';
import { clientMemory, clientType } from './client-info.ts';
import { type Database, isString, type Value } from './keyspace.ts';
import { type ProcessMemory, processMemory } from './machine.ts';
import type { Server } from './server.ts';
import { SERVER_BYTES } from './used-memory.ts';

/** Bytes that entry i of a database takes, key and value, in memory. */
export function entryMemory(db: Database, i: number): number {
  const { dict } = db;
  const slots = Math.ceil(dict.slots / Math.max(1, dict.size)) * WORD;
  const expiry = db.expiryAt(i) === -1 ? 0 : 2 * WORD;
  const columns = WORD + expiry; // The column of last uses is there for all.
  const key = stringBytes(dict.keyAt(i).length);
  return 2 * WORD + slots + columns + key + valueMemory(dict.valueAt(i));
}

/** Bytes that a value takes beyond the word that points to it. */
export function valueMemory(value: Value): number {
  return isString(value) ? stringMemory(value) : value.memory;
}

/** What the dictionaries of a database take, apart from keys and values. */
export type TableMemory = { readonly main: number; readonly expiries: number };

export function tableMemory(db: Database): TableMemory {
  return { main: db.size === 0 ? 0 : db.dict.tableBytes, expiries: db.volatile * 2 * WORD };
}

/** Everything that INFO memory and MEMORY STATS have in common. */
export type MemoryFigures = {
  /** What the server uses, as it adds it up; and the process, as V8 and the system say. */
  readonly used: number;
  readonly process: ProcessMemory;
  readonly peak: number;
  readonly startup: number;
  readonly clients: number;
  readonly replicas: number;
  readonly backlog: number;
  readonly uncounted: number;
  readonly tables: number;
  readonly overhead: number;
  readonly dataset: number;
  readonly keys: number;
};

export function memoryFigures(server: Server): MemoryFigures {
  const { stats, usedMemory, databases } = server;
  usedMemory.refresh();
  server.clientMemory.weighAll();
  const used = usedMemory.total;
  stats.peakMemory = Math.max(stats.peakMemory, used);
  let [clients, replicas, tables, keys] = [0, usedMemory.replicaBuffers, 0, 0];
  for (const c of server.clients.values()) {
    if (clientType(c) === 'replica') replicas += clientMemory(c);
    else clients += clientMemory(c);
  }
  for (const db of databases) {
    const { main, expiries } = tableMemory(db);
    tables += main + expiries;
    keys += db.size;
  }
  const backlog = usedMemory.stream - usedMemory.replicaBuffers;
  const others = backlog + server.appendOnly.memory + usedMemory.rest;
  const overhead = SERVER_BYTES + clients + replicas + tables + others;
  return {
    used,
    process: processMemory(),
    peak: stats.peakMemory,
    startup: SERVER_BYTES,
    clients,
    replicas,
    backlog,
    uncounted: usedMemory.uncounted,
    tables,
    overhead,
    dataset: used - overhead,
    keys,
  };
}

/** The part of the memory taken since the start that is data, in percent. */
export function datasetPercent({ dataset, used, startup }: MemoryFigures): number {
  return used > startup ? (dataset * 100) / (used - startup) : 0;
}
