// What would not work in a cluster, counted where there is none: for those who plan to move to one.
//
// Keys of different slots in one request, or in one transaction, are looked for in a sample of all
// requests (`cluster-compatibility-sample-ratio`, in percent); other databases than the first are
// counted each time. INFO tells the sum as cluster_incompatible_ops.

import { routedIndexes } from '../protocol/derive.ts';
import { keySlot, patternSlot } from '../protocol/slot.ts';
import type { Client } from './client.ts';
import type { Command } from './command-table.ts';
import type { Server } from './server.ts';

const places: number[] = [];
/** What a script is not looked at any longer for: it is not in the sample, or was counted. */
const UNWATCHED = -2;

export class Compatibility {
  /** Whether requests are to be looked at. */
  samples = false;
  incompatible = 0;
  private readonly server: Server;
  private ratio = 0;
  private scriptSlot = UNWATCHED; // Of the keys that the script which runs has used, or -1.

  constructor(server: Server) {
    this.server = server;
    server.config.follow('cluster-compatibility-sample-ratio', (ratio) => {
      this.ratio = ratio;
      this.samples = ratio !== 0 && server.cluster === null;
      server.minding = this.samples || server.cluster !== null;
    });
  }

  /** What INFO tells of it. */
  get fields(): { cluster_incompatible_ops?: number } {
    return this.samples ? { cluster_incompatible_ops: this.incompatible } : {};
  }

  /** Looks at a request, perhaps. */
  look(c: Client, { spec }: Command): void {
    this.scriptSlot = UNWATCHED;
    if ((spec.keys.length === 0 && spec.name !== 'exec') || !this.isSampled()) return;
    let slot = -1;
    if (spec.name === 'exec') {
      if (c.queue === null) return;
      for (const { command, argv } of c.queue) {
        slot = slotOf(command, argv, slot);
        if (slot === UNWATCHED) break;
      }
    } else {
      slot = slotOf(c.command!, c.argv, -1);
    }
    if (slot === UNWATCHED) this.incompatible++;
    this.scriptSlot = slot;
  }

  /** Looks at a command that a script calls; with `crossSlot`, each for itself. */
  lookInScript(command: Command, argv: readonly string[], crossSlot: boolean): void {
    if (this.scriptSlot === UNWATCHED || command.spec.keys.length === 0) return;
    const slot = slotOf(command, argv, crossSlot ? -1 : this.scriptSlot);
    if (slot === UNWATCHED) this.incompatible++;
    if (slot === UNWATCHED || !crossSlot) this.scriptSlot = slot;
  }

  /** Looks at a pattern of SORT, by which it finds more keys than the one that it names. */
  lookAtPattern(key: string, pattern: string): void {
    if (this.isSampled() && patternSlot(pattern) !== keySlot(key)) this.incompatible++;
  }

  private isSampled(): boolean {
    return this.ratio === 100 || this.server.random.below(100) < this.ratio;
  }
}

/** The slot of a call's keys and of what came before; UNWATCHED if these are several. */
function slotOf({ spec }: Command, argv: readonly string[], before: number): number {
  let slot = before;
  const count = routedIndexes(spec, argv, places);
  for (let i = 0; i < count; i++) {
    const other = keySlot(argv[places[i]]);
    if (slot >= 0 && slot !== other) return UNWATCHED;
    slot = other;
  }
  return slot;
}
