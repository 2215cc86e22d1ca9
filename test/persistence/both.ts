// What tests do on both sides that compare our files with real Redis's.

import { expect } from 'vitest';
import type { Wire } from '../wire.ts';
import type { Call } from './datasets.ts';

/** Makes calls, none of which may fail. */
export async function run(wire: Wire, calls: readonly Call[]): Promise<void> {
  for (const call of calls) {
    const reply = await wire.ask(...call);
    expect(reply.isError, `${call.join(' ').slice(0, 80)}: ${reply.text}`).toBe(false);
  }
}

/** The digest of each key of the databases in use, by the number of its database and its name. */
export async function digests(wire: Wire): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const db of ['9', '0']) {
    await wire.ask('SELECT', db);
    for (const { text: key } of (await wire.ask('KEYS', '*')).items) {
      all[`${db} ${key}`] = (await wire.ask('DEBUG', 'DIGEST-VALUE', key)).items[0].text;
    }
  }
  return all;
}
