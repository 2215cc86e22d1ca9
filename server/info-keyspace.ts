// INFO: how many keys there are, and how large.

import type { Fields } from './info-fields.ts';
import type { Database } from './keyspace.ts';
import type { Server } from './server.ts';

const SAMPLES = 1000; // Entries looked at for the average time to live.

export function keyspace({ databases, clock, expirer }: Server): Fields {
  const fields = new Map<string, string>();
  for (const db of databases) {
    if (db.size === 0) continue;
    const ttl = averageTtl(db, clock.ms);
    const hashes = expirer.hashesWithTimes(db);
    fields.set(
      `db${db.id}`,
      `keys=${db.size},expires=${db.volatile},avg_ttl=${ttl},subexpiry=${hashes}`,
    );
  }
  return fields;
}

/** Milliseconds that volatile keys have left on average, estimated from a part of them. */
function averageTtl(db: Database, nowMs: number): number {
  if (db.volatile === 0) return 0;
  const step = Math.max(1, Math.floor(db.size / SAMPLES));
  let found = 0;
  let sum = 0;
  for (let i = 0; i < db.size; i += step) {
    const whenMs = db.expiryAt(i);
    if (whenMs === -1) continue;
    found++;
    sum += Math.max(0, whenMs - nowMs);
  }
  return found === 0 ? 0 : Math.floor(sum / found);
}

export function keysizes({ databases, stats, clock }: Server): Fields {
  const fields = new Map<string, string>();
  for (const db of databases) {
    if (db.size === 0) continue;
    for (const [name, bins] of stats.keySizes.fields(db, () => clock.stopwatch())) {
      fields.set(name, bins);
    }
  }
  return fields;
}
