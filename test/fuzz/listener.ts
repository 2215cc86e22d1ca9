// Follows a conversation with two servers, and notices where they disagree.

import { commandTable } from '../../protocol/command-table.ts';
import type { Version } from '../../server/versions/version.ts';
import type { Reply } from '../wire.ts';
import { CLIENTS, type Step, WAITERS } from './grammar.ts';
import { agree } from './normalise.ts';
import { shownCall, shownReply } from './transcript.ts';

/** The first place where the two servers disagreed. */
export type Difference = {
  /** The command that was answered differently, or what differed in the end. */
  readonly name: string;
  readonly ours: string;
  readonly real: string;
  /** The whole conversation up to there, as redis-cli would show it. */
  readonly transcript: string;
};

/** Listens to both sides, and remembers what was said. */
export class Listener {
  private readonly version: Version;
  private readonly lines: string[] = [];
  private readonly queued: (readonly string[])[][] = Array.from(
    { length: CLIENTS + WAITERS },
    () => [],
  );
  private several = false;
  private chancy = false;
  private sorting = false; // Patterns lead from members of large sets to keys: in any order.

  constructor(version: Version) {
    this.version = version;
  }

  /** Takes one command and its two replies. */
  hear(step: Step, ours: Reply, real: Reply, skewMs: number): Difference | null {
    const name = fullName(step.argv);
    if (name === 'scan' || name === 'randomkey') this.chancy = true;
    const { chancy, version } = this;
    const queue = this.queued[step.client];
    let wrong = '';
    if (name === 'exec' && ours.type === '*' && ours.items.length === real.items.length) {
      const at = real.items.findIndex((item, i) => {
        const argv = queue[i];
        return !agree(fullName(argv), ours.items[i], item, { argv, skewMs, chancy, version });
      });
      if (at >= 0) wrong = fullName(queue[at]);
    } else if (!agree(name, ours, real, { argv: step.argv, skewMs, chancy, version })) {
      wrong = name;
    }
    this.note(step);
    if (wrong !== '') return this.difference(wrong, shownReply(ours), shownReply(real));
    this.lines.push(shownReply(real));
    if (real.raw === '+QUEUED\r\n') queue.push(step.argv);
    else if (name === 'exec' || name === 'discard' || name === 'reset') queue.length = 0;
    return null;
  }

  /** A client begins to wait: its reply comes later, or never. */
  begins(step: Step, instead = '(waits)'): void {
    this.note(step);
    this.lines.push(instead);
  }

  /** Ours did not answer. */
  silence(step: Step, crash: string, real: Reply): Difference {
    this.note(step);
    return this.difference(fullName(step.argv), crash || 'no reply', shownReply(real));
  }

  /** One of them said more than it was asked. */
  tooMuch(step: Step, more: Reply): Difference {
    return this.difference(fullName(step.argv), 'more replies than requests', shownReply(more));
  }

  /** Takes what is in the databases of both, as calls and their replies. */
  compare(
    ours: ReadonlyMap<string, Reply>,
    real: ReadonlyMap<string, Reply>,
    skewMs: number,
  ): Difference | null {
    const { chancy, version } = this;
    for (const call of new Set([...real.keys(), ...ours.keys()])) {
      const mine = ours.get(call);
      const theirs = real.get(call);
      const argv = call.split(' ');
      const name = fullName(argv.slice(argv.indexOf('>') + 1));
      if (mine && theirs && agree(name, mine, theirs, { argv, skewMs, chancy, version })) continue;
      if (chancy && name === 'dbsize') continue; // Nothing is left of it on one side.
      this.lines.push(`In the end: ${call}`);
      const shown = (reply?: Reply) => (reply === undefined ? 'not there' : shownReply(reply));
      return this.difference(`data: ${name}`, shown(mine), shown(theirs));
    }
    return null;
  }

  /** Takes the keyspace events that the last turn led to. */
  compareEvents(ours: readonly string[], real: readonly string[]): Difference | null {
    return this.compareLines('event', ours, real);
  }

  /** Takes lines of both sides that have to be the same. */
  compareLines(what: string, ours: readonly string[], real: readonly string[]): Difference | null {
    const same = (lines: readonly string[]) =>
      (this.sorting ? [...lines].sort() : lines).join('\n');
    if (this.chancy || same(ours) === same(real)) return null;
    const shown = (events: readonly string[]) => events.map((each) => shownCall([each])).join('\n');
    const odd = real.find((each, i) => each !== ours[i]) ?? ours[real.length];
    return this.difference(
      `${what}: ${odd.replace(/^__keyspace@.* |:.*/gs, '')}`,
      shown(ours),
      shown(real),
    );
  }

  private note(step: Step): void {
    if (/^sort(_ro)?$/i.test(step.argv[0])) this.sorting = true;
    if (step.client > 0) this.several = true;
    this.lines.push(`${step.client}> ${shownCall(step.argv)}`);
  }

  private difference(name: string, ours: string, real: string): Difference {
    const lines = this.several ? this.lines : this.lines.map((line) => line.replace(/^0> /, '> '));
    const transcript = [...lines, '--- ours', ours, '--- real', real].join('\n');
    return { name, ours, real, transcript };
  }
}

/** The name of the row that a call belongs to: 'get', 'object|encoding'. */
function fullName(argv: readonly string[]): string {
  const first = argv[0].toLowerCase();
  const both = `${first}|${argv[1]?.toLowerCase()}`;
  return commandTable.has(both) ? both : first;
}
