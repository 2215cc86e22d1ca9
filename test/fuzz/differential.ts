// Two servers hear the same conversation: ours and a real one. Every reply has to be the
// same, to the byte, unless normalise.ts says how it may differ; and so has everything that is in
// the databases afterwards, and every keyspace event on the way.

import { Config } from '../../server/config/config.ts';
import { type Listener as Port, listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import type { RealServer } from '../oracle/server.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';
import { ALL_EVENTS, Auditor, inTime } from './auditor.ts';
import { CLIENTS, type Step, WAITERS } from './grammar.ts';
import { type Difference, Listener } from './listener.ts';
import { accounts, inventory } from './inventory.ts';
import { shownCall } from './transcript.ts';

const DATABASES = 16;

export type PairOptions = {
  /** For CONFIG SET, on both sides. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether to talk to our server over TCP, rather than in process. */
  readonly tcp?: boolean;
  /** Makes the server of ours. */
  readonly make?: () => Server;
};

/** Both servers, ready for a conversation. */
export class Pair {
  private readonly real: RealServer;
  private readonly make: () => Server;
  private server: Server;
  private port: Port | null = null;
  private ours: Wire[] = [];
  private theirs: Wire[] = [];
  private auditors: { ours: Auditor; theirs: Auditor } | null = null;
  private skewMs = 0;
  private readonly waiting = new Map<number, Step>(); // Who waits for a key, and with what.
  private readonly options: PairOptions;

  /** The real server is not to be talked to by anybody else meanwhile. */
  constructor(real: RealServer, options: PairOptions = {}) {
    this.real = real;
    this.options = options;
    this.make = options.make ?? freshServer;
    this.server = this.make();
  }

  async close(): Promise<void> {
    this.hangUp();
    this.auditors?.theirs.close();
    this.auditors?.ours.close();
    this.server.close();
    await this.port?.close();
  }

  /** Plays a conversation to both, from empty databases on; null if they agreed. */
  async play(steps: readonly Step[]): Promise<Difference | null> {
    await this.begin();
    const listener = new Listener();
    try {
      for (let from = 0; from < steps.length; ) {
        let to = from + 1;
        const speaks = steps[from].client < CLIENTS;
        while (speaks && to < steps.length && steps[to].client === steps[from].client) to++;
        const turn = steps.slice(from, to);
        const difference =
          steps[from].client < CLIENTS
            ? await this.turn(turn, listener)
            : await this.wait(turn[0], listener);
        if (difference !== null) return difference;
        const late = (await this.served(listener)) ?? (await this.events(listener));
        if (late !== null) return late;
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
    const bytes = steps.map((step) => spelled(step.argv)).join('');
    const start = performance.now();
    const crash = this.tell(client, bytes);
    this.theirs[client].send(bytes);
    const replies: Reply[] = [];
    for (const step of steps) {
      replies.push(await inTime(this.theirs[client].next(), shownCall(step.argv)));
    }
    this.skewMs = Math.max(this.skewMs, performance.now() - start + 2);
    for (let i = 0; i < steps.length; i++) {
      const ours = await this.ourReply(client);
      const difference =
        ours === null
          ? listener.silence(steps[i], crash, replies[i])
          : listener.hear(steps[i], ours, replies[i], this.skewMs);
      if (difference !== null) return difference;
    }
    const more = this.ours[client].take() ?? this.theirs[client].take();
    return more === null ? null : listener.tooMuch(steps[steps.length - 1], more);
  }

  /** Lets a client that does not wait yet begin to. */
  private async wait(step: Step, listener: Listener): Promise<Difference | null> {
    // Over TCP it cannot be known when ours has said all that it is going to say.
    if (this.port !== null || this.waiting.has(step.client)) return null;
    while (this.ours.length < CLIENTS + WAITERS) {
      await this.connectBoth();
      // Until it has been answered once, what it asks may come after what others ask later.
      await Promise.all([this.ours.at(-1)!.ask('PING'), this.theirs.at(-1)!.ask('PING')]);
    }
    const bytes = encode(step.argv);
    const crash = this.tell(step.client, bytes);
    this.theirs[step.client].send(bytes);
    this.waiting.set(step.client, step);
    listener.begins(step);
    return crash === ''
      ? null
      : listener.silence(step, crash, await this.theirs[step.client].next());
  }

  /** Compares what those who waited have been told: the same ones have, and the same. */
  private async served(listener: Listener): Promise<Difference | null> {
    if (this.waiting.size === 0) return null;
    // When the real server answers this, it has served whom it is going to serve.
    const { ours: mine, theirs: real } = this.auditors!;
    await Promise.all([mine.must('PING'), real.must('PING')]);
    await new Promise((resolve) => setImmediate(resolve));
    for (const [client, step] of [...this.waiting]) {
      const ours = this.ours[client].take();
      if (ours === null) {
        const theirs = this.theirs[client].take();
        if (theirs !== null) return listener.silence(step, 'it still waits', theirs);
        continue;
      }
      const theirs = await inTime(this.theirs[client].next(), shownCall(step.argv)).catch(
        () => null,
      );
      if (theirs === null) return listener.tooMuch(step, ours);
      this.waiting.delete(client);
      const difference = listener.hear(step, ours, theirs, this.skewMs);
      if (difference !== null) return difference;
    }
    return null;
  }

  private async events(listener: Listener): Promise<Difference | null> {
    const { ours, theirs } = this.auditors!;
    return listener.compareEvents(await ours.events(), await theirs.events());
  }

  private ourReply(client: number): Promise<Reply | null> | Reply | null {
    const wire = this.ours[client];
    return this.port === null ? wire.take() : inTime(wire.next(), 'ours').catch(() => null);
  }

  private connect(): Promise<Wire> | Wire {
    if (this.port === null) return inProcess(this.server);
    return overSocket({ host: '127.0.0.1', port: this.port.port });
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
      this.auditors!.theirs.close();
      this.auditors = null;
      return `it threw ${stack ?? String(problem)}`;
    }
  }

  private async begin(): Promise<void> {
    this.skewMs = 2;
    if (this.options.tcp && this.port === null) {
      this.port = await listenTcp(this.server, '127.0.0.1', 0);
    }
    if (this.auditors === null) {
      const theirs = await Auditor.open(await this.connectReal(), await this.connectReal());
      await theirs.must('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      this.auditors = { ours: await this.auditOurs(), theirs };
    }
    const settings = Object.entries(this.options.settings ?? {});
    for (const auditor of Object.values(this.auditors)) {
      await auditor.must('CONFIG', 'SET', 'notify-keyspace-events', ALL_EVENTS);
      for (const setting of settings) await auditor.must('CONFIG', 'SET', ...setting);
      await auditor.must('SELECT', '0');
      await auditor.must('FLUSHALL');
      await auditor.must('CONFIG', 'RESETSTAT');
      await auditor.events();
    }
    for (let client = 0; client < CLIENTS; client++) await this.connectBoth();
  }

  private connectReal(): Promise<Wire> {
    return overSocket({ path: this.real.socket });
  }

  private auditOurs(): Promise<Auditor> {
    return Auditor.open(inProcess(this.server), inProcess(this.server));
  }

  private async connectBoth(): Promise<void> {
    this.ours.push(await this.connect());
    this.theirs.push(await this.connectReal());
  }

  private hangUp(): void {
    for (const wire of this.ours) wire.close();
    for (const wire of this.theirs) wire.close();
    this.ours = [];
    this.theirs = [];
    this.waiting.clear();
  }

  private async compareData(listener: Listener): Promise<Difference | null> {
    const { ours, theirs } = this.auditors!;
    for (const look of [accounts, inventory]) {
      const mine = await inTime(look(ours.wire, DATABASES), 'our data');
      const real = await inTime(look(theirs.wire, DATABASES), 'the data');
      const difference = listener.compare(mine, real, this.skewMs);
      if (difference !== null) return difference;
    }
    return null;
  }
}

/** A server of ours, ready to be compared. */
export function freshServer(): Server {
  const config = new Config();
  config.options({ 'enable-debug-command': 'yes', save: '' });
  const server = new Server(config, { seed: 1 });
  server.expirer.active = false; // As on the other side: keys go when somebody asks for them.
  return server;
}

/** A request as client libraries spell it, or, for some short ones, as a line of words. */
function spelled(argv: readonly string[]): string {
  const line = argv.join(' ');
  const inline = line.length < 200 && line.length % 4 === 0;
  if (inline && argv.every((arg) => /^[!#-&(-~]+$/.test(arg))) return `${line}\r\n`;
  return encode(argv);
}
