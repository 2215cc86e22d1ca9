// Which scripts of a library have run, and where.

import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Place } from './servers.ts';

export type Script = { readonly name: string; readonly content: string };

/**
 * Keeps the names of the scripts that servers have come to know, for ours and for real Redis. With
 * a library that sends a script when it first runs it, those are the scripts that ran.
 */
export class ScriptLedger {
  readonly scripts: readonly Script[];
  private readonly ran = { ours: new Set<string>(), real: new Set<string>() };

  constructor(scripts: readonly Script[]) {
    this.scripts = scripts;
  }

  /** Asks a server which of the scripts it knows. */
  readonly notice = async (place: Place): Promise<void> => {
    const redis = new Redis(place.url);
    const known = (await redis.script('EXISTS', ...this.scripts.map(digest))) as number[];
    this.scripts.forEach(({ name }, i) => {
      if (known[i] === 1) this.setOf(place).add(name);
    });
    await redis.quit();
  };

  /** The names of those that have not run on the servers of this kind, in their order. */
  missing(place: Place): string[] {
    const ran = this.setOf(place);
    return this.scripts.map(({ name }) => name).filter((name) => !ran.has(name));
  }

  /** Runs one of them by hand. */
  run(redis: Redis, wanted: string, keys: string[], ...args: string[]): Promise<unknown> {
    const { content } = this.scripts.find(({ name }) => name === wanted)!;
    return redis.eval(content, keys.length, ...keys, ...args);
  }

  private setOf(place: Place): Set<string> {
    return place.real ? this.ran.real : this.ran.ours;
  }
}

function digest({ content }: Script): string {
  return createHash('sha1').update(content).digest('hex');
}
