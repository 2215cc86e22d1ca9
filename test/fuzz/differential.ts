// Two servers hear the same conversation: ours and a real one. Every reply has to be the
// same, to the byte, unless normalise.ts says how it may differ; and so has everything that is in
// the databases afterwards.

import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { commandTable } from '../../protocol/command-table.ts';
import type { RealServer } from '../oracle/server.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';
import { CLIENTS, type Step } from './grammar.ts';
import { agree } from './normalise.ts';
import { inventory } from './inventory.ts';
import { shownCall, shownReply } from './transcript.ts';

const DATABASES = 16;
const PATIENCE_MS = 20_000;

/** The first place where the two servers disagreed. */
export type Difference = {
  /** The command that was answered differently; '' for what was left in the databases. */
  readonly name: string;
  readonly ours: string;
  readonly real: string;
  /** The whole conversation up to there, as redis-cli would show it. */
  readonly transcript: string;
};

/** Both servers, ready for a conversation. */
export class Pair {
  private readonly real: RealServer;
  private readonly make: () => Server;
  private server: Server;
  private ours: Wire[] = [];
  private theirs: Wire[] = [];
  private auditors: { ours: Wire; theirs: Wire } | null = null; // They look after the data.
  private skewMs = 0;

  constructor(real: RealServer, make: () => Server = freshServer) {
    this.real = real;
    this.make = make;
    this.server = make();
  }

  close(): void {
    this.hangUp();
    this.auditors?.theirs.close();
    this.server.close();
  }

  /** Plays a conversation to both, from empty databases on; null if they agreed. */
  async play(steps: readonly Step[]): Promise<Difference | null> {
    await this.begin();
    const listener = new Listener();
    try {
      for (let from = 0; from < steps.length; ) {
        let to = from + 1;
        while (to < steps.length && steps[to].client === steps[from].client) to++;
        const difference = await this.turn(steps.slice(from, to), listener);
        if (difference !== null) return difference;
        from = to;
      }
      return await this.compareData(listener);
    } finally {
      this.hangUp();
    }
  }

  /** Some commands of one client, in one piece. */
  private async turn(steps: readonly Step[], listener: Listener): Promise<Difference | null> {
    const { client } = steps[0];
    const bytes = steps.map((step) => encode(step.argv)).join('');
    const start = performance.now();
    const crash = this.tell(client, bytes);
    this.theirs[client].send(bytes);
    const replies: Reply[] = [];
    for (const step of steps) {
      replies.push(await inTime(this.theirs[client].next(), shownCall(step.argv)));
    }
    this.skewMs = Math.max(this.skewMs, performance.now() - start + 2);
    for (let i = 0; i < steps.length; i++) {
      const ours = this.ours[client].take();
      const difference =
        ours === null
          ? listener.silence(steps[i], crash, replies[i])
          : listener.hear(steps[i], ours, replies[i], this.skewMs);
      if (difference !== null) return difference;
    }
    const more = this.ours[client].take() ?? this.theirs[client].take();
    return more === null ? null : listener.tooMuch(steps[steps.length - 1], more);
  }

  /** Sends to our server; what it threw, if it did. */
  private tell(client: number, bytes: string): string {
    try {
      this.ours[client].send(bytes);
      return '';
    } catch (problem) {
      // It is broken now: the next conversation gets another.
      const stack = problem instanceof Error ? problem.stack : undefined;
      this.server.close();
      this.server = this.make();
      this.auditors!.ours = inProcess(this.server);
      return `it threw ${stack ?? String(problem)}`;
    }
  }

  private async begin(): Promise<void> {
    this.skewMs = 2;
    if (this.auditors === null) {
      const theirs = await overSocket({ path: this.real.socket });
      await theirs.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      this.auditors = { ours: inProcess(this.server), theirs };
    }
    for (const auditor of Object.values(this.auditors)) {
      for (const argv of [['SELECT', '0'], ['FLUSHALL'], ['CONFIG', 'RESETSTAT']]) {
        await inTime(auditor.ask(...argv), argv.join(' '));
      }
    }
    for (let client = 0; client < CLIENTS; client++) {
      this.ours.push(inProcess(this.server));
      this.theirs.push(await overSocket({ path: this.real.socket }));
    }
  }

  private hangUp(): void {
    for (const wire of this.ours) wire.close();
    for (const wire of this.theirs) wire.close();
    this.ours = [];
    this.theirs = [];
  }

  private async compareData(listener: Listener): Promise<Difference | null> {
    const { ours, theirs } = this.auditors!;
    const mine = await inTime(inventory(ours, DATABASES), 'our data');
    const real = await inTime(inventory(theirs, DATABASES), 'the data');
    return listener.compare(mine, real, this.skewMs);
  }
}

/** A server of ours, ready to be compared. */
export function freshServer(): Server {
  const server = new Server(new Config(), { seed: 1 });
  server.expirer.active = false; // As on the other side: keys go when somebody asks for them.
  return server;
}

/** Rejects where an answer takes too long: a server hangs. */
function inTime<T>(answer: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Listens to both sides, and remembers what was said. */
class Listener {
  private readonly lines: string[] = [];
  private readonly queued: (readonly string[])[][] = Array.from({ length: CLIENTS }, () => []);
  private several = false;

  /** Takes one command and its two replies. */
  hear(step: Step, ours: Reply, real: Reply, skewMs: number): Difference | null {
    const name = fullName(step.argv);
    const queue = this.queued[step.client];
    let wrong = '';
    if (name === 'exec' && ours.type === '*' && ours.items.length === real.items.length) {
      const at = real.items.findIndex((item, i) => {
        const argv = queue[i];
        return !agree(fullName(argv), ours.items[i], item, { argv, skewMs });
      });
      if (at >= 0) wrong = fullName(queue[at]);
    } else if (!agree(name, ours, real, { argv: step.argv, skewMs })) {
      wrong = name;
    }
    this.note(step);
    if (wrong !== '') return this.difference(wrong, shownReply(ours), shownReply(real));
    this.lines.push(shownReply(real));
    if (real.raw === '+QUEUED\r\n') queue.push(step.argv);
    else if (name === 'exec' || name === 'discard' || name === 'reset') queue.length = 0;
    return null;
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
    for (const call of new Set([...real.keys(), ...ours.keys()])) {
      const mine = ours.get(call);
      const theirs = real.get(call);
      const argv = call.split(' ');
      const name = fullName(argv.slice(argv.indexOf('>') + 1));
      if (mine && theirs && agree(name, mine, theirs, { argv, skewMs })) continue;
      this.lines.push(`In the end: ${call}`);
      const shown = (reply?: Reply) => (reply === undefined ? 'not there' : shownReply(reply));
      return this.difference(`data: ${name}`, shown(mine), shown(theirs));
    }
    return null;
  }

  private note(step: Step): void {
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
