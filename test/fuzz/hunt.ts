// Looks for differences between our server and a real one until it has played so many
// commands: one conversation after another, all from one seed.

import fc from 'fast-check';
import type { Pair } from './differential.ts';
import type { Difference } from './listener.ts';
import { commandsOf, conversations, type Step } from './grammar.ts';

const BATCH = 100; // Conversations to a seed.

export type Hunt = {
  readonly commands: number;
  readonly seed: number;
  /** Names of families; none means all. */
  readonly families: readonly string[];
  /** Stops after so many differences, each of another kind. */
  readonly most: number;
  onDifference?(difference: Difference, seed: number): void;
  onProgress?(commands: number, seed: number): void;
};

export type Catch = { readonly commands: number; readonly differences: readonly Difference[] };

/** Plays conversations until enough commands were heard or enough differences found. */
export async function hunt(pair: Pair, plan: Hunt): Promise<Catch> {
  const specs = commandsOf(plan.families).filter((spec) => pair.canPlay(spec));
  const known = new Set<string>();
  const differences: Difference[] = [];
  let heard = 0;
  for (let seed = plan.seed; heard < plan.commands && differences.length < plan.most; seed++) {
    let quarry = ''; // The kind of difference that this batch found, and shrinks to the least.
    let least: Difference | null = null;
    const property = fc.asyncProperty(conversations(specs), async (steps: Step[]) => {
      if (quarry === '') heard += steps.length;
      const difference = await pair.play(steps);
      if (difference === null) return true;
      const kind = kindOf(difference);
      if (known.has(kind) || (quarry !== '' && kind !== quarry)) return true;
      quarry = kind;
      least = difference;
      return false;
    });
    const numRuns = Math.min(BATCH, Math.ceil((plan.commands - heard) / 20));
    const { failed, errorInstance } = await fc.check(property, { seed, numRuns });
    if (failed && least === null) throw errorInstance;
    if (least !== null) {
      known.add(quarry);
      differences.push(least);
      plan.onDifference?.(least, seed);
    }
    plan.onProgress?.(heard, seed);
  }
  return { commands: heard, differences };
}

/** Differences of one kind have most likely one cause. */
function kindOf({ name, ours, real }: Difference): string {
  const kind = (reply: string) => {
    if (reply.startsWith('(error)') || reply.startsWith('it threw')) {
      return reply.slice(0, 60).replace(/'.*/, '');
    }
    return reply.replace(/[^([].*/s, '');
  };
  return `${name} ${kind(ours)} ${kind(real)}`;
}
