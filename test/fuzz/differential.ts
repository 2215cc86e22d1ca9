// Two servers hear the same conversation: ours and a real one. Every reply has to be the
// same, to the byte, unless normalise.ts says how it may differ; and so has everything that is in
// the databases afterwards, and every keyspace event on the way.

import type { CommandSpec } from '../../protocol/command-spec.ts';
import { Config } from '../../server/config/config.ts';
import { type Listener as Port, listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import { commandsOf } from '../../server/versions/commands.ts';
import { type Version, type VersionName, versionOf } from '../../server/versions/version.ts';
import type { RedisVersion } from '../oracle/bring.ts';
import type { RealServer } from '../oracle/server.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';
import { ALL_EVENTS, Auditor, inTime, OLD_EVENTS } from './auditor.ts';
import { CLIENTS, type Step, WAITERS } from './grammar.ts';
import { type Difference, Listener } from './listener.ts';
import { accounts, inventory } from './inventory.ts';
import { ofVersion } from './payloads.ts';
import { isConfirmed, Told } from './told.ts';
import { shownCall } from './transcript.ts';

const DATABASES = 16;

export type PairOptions = {
  /** For CONFIG SET, on both sides. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether to talk to our server over TCP, rather than in process. */
  readonly tcp?: boolean;
  /** Which version both are; 8.0 if it is not said. */
  readonly version?: VersionName;
  /** Makes the server of ours. */
  readonly make?: () => Server;
};

/** Both servers, ready for a conversation. */
export class Pair {
  private readonly real: RealServer;
  private readonly make: () => Server;
  private readonly version: Version;
  private server: Server;
  private port: Port | null = null;
  private ours: Wire[] = [];
  private theirs: Wire[] = [];
  private auditors: { ours: Auditor; theirs: Auditor } | null = null;
  private skewMs = 0;
  private waitedMs = Number.POSITIVE_INFINITY; // When somebody began to wait who may not do so yet.
  private told: { readonly ours: Told; readonly real: Told }[] = [];
  private readonly waiting = new Map<number, Step>(); // Who waits for a key, and with what.
  private readonly options: PairOptions;

  /** The real server is not to be talked to by anybody else meanwhile. */
  constructor(real: RealServer, options: PairOptions = {}) {
    this.real = real;
    this.options = options;
    this.make = options.make ?? (() => freshServer(options.version));
    this.version = versionOf(options.version ?? '8.0');
    this.server = this.make();
  }

  async close(): Promise<void> {
    this.hangUp();
    this.auditors?.theirs.close();
    this.auditors?.ours.close();
    this.server.close();
    await this.port?.close();
  }

  /**
   * Whether a command can be part of a conversation. Over TCP it cannot be known when ours has
   * said all that it is going to say, so that nobody may listen to channels, or track keys.
   */
  canPlay({ name }: CommandSpec): boolean {
    // Before 7.2 what a client's own command tells it comes amid the reply, where it may break it.
    if (!this.options.tcp && !this.version.isBefore72) return true;
    return !isConfirmed([name]) && name !== 'client|tracking';
  }

  /** Plays a conversation to both, from empty databases on; null if they agreed. */
  async play(wanted: readonly Step[]): Promise<Difference | null> {
    const { rdb } = this.version;
    const steps = wanted.map(({ client, argv }) => ({ client, argv: ofVersion(argv, rdb) }));
    await this.begin();
    const listener = new Listener(this.version);
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
        const late =
          (await this.served(listener)) ??
          (await this.events(listener)) ??
          (await this.compareTold(listener));
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
    const mine = await this.ourReplies(client, steps.length);
    const asked = answered(steps, this.told[client].ours);
    const replies: Reply[] = [];
    for (const step of asked) replies.push(await this.realReply(client, step));
    this.skewMs = Math.max(this.skewMs, performance.now() - start + 2);
    for (let i = 0, said = 0; i < steps.length || said < asked.length; i++) {
      if (steps[i] !== undefined && steps[i] !== asked[said]) {
        listener.begins(steps[i], '(told below)');
        continue;
      }
      const step = asked[said];
      const ours = mine[said];
      const real = replies[said++];
      const difference =
        ours === undefined
          ? listener.silence(step, crash, real)
          : listener.hear(step, ours, real, this.skewMs);
      if (difference !== null) return difference;
    }
    return null;
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
    this.waitedMs = performance.now();
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
    this.skewMs = Math.max(this.skewMs, performance.now() - this.waitedMs + 2);
    this.waitedMs = Number.POSITIVE_INFINITY;
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
    return (
      listener.compareEvents(await ours.events(), await theirs.events()) ??
      listener.compareLines('change', await ours.changes(), await theirs.changes())
    );
  }

  /** What clients were told without having asked is the same, and nothing more was said. */
  private async compareTold(listener: Listener): Promise<Difference | null> {
    for (let client = 0; client < CLIENTS; client++) {
      const { ours, real } = this.told[client];
      for (const [wire, told] of [
        [this.ours[client], ours],
        [this.theirs[client], real],
      ] as const) {
        for (let more = wire.take(); more !== null; more = wire.take()) {
          if (!told.keeps(more)) return listener.tooMuch({ client, argv: ['nothing'] }, more);
        }
      }
      while (real.size < ours.size) {
        const more = await inTime(this.theirs[client].next(), 'a message').catch(() => null);
        if (more === null) break;
        if (!real.keeps(more)) return listener.tooMuch({ client, argv: ['nothing'] }, more);
      }
      const difference = listener.compareLines('told', ours.take(), real.take());
      if (difference !== null) return difference;
    }
    return null;
  }

  /** All replies that ours gave, or as many as asked for where it cannot be known. */
  private async ourReplies(client: number, count: number): Promise<Reply[]> {
    const wire = this.ours[client];
    const replies: Reply[] = [];
    if (this.port === null) {
      for (let reply = wire.take(); reply !== null; reply = wire.take()) {
        if (!this.told[client].ours.keeps(reply)) replies.push(reply);
      }
    } else {
      while (replies.length < count) {
        const reply = await inTime(wire.next(), 'ours').catch(() => null);
        if (reply === null) break;
        replies.push(reply);
      }
    }
    return replies;
  }

  private async realReply(client: number, { argv }: Step): Promise<Reply> {
    for (;;) {
      const reply = await inTime(this.theirs[client].next(), shownCall(argv));
      if (!this.told[client].real.keeps(reply)) return reply;
    }
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
      const theirs = await this.auditReal();
      await theirs.must('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      this.auditors = { ours: await this.auditOurs(), theirs };
    }
    await this.alone(this.auditors.theirs);
    const settings = Object.entries(this.options.settings ?? {});
    for (const auditor of Object.values(this.auditors)) {
      const events = this.version.has('7.0') ? ALL_EVENTS : OLD_EVENTS;
      await auditor.must('CONFIG', 'SET', 'notify-keyspace-events', events);
      for (const setting of settings) await auditor.must('CONFIG', 'SET', ...setting);
      await auditor.must('SELECT', '0');
      await auditor.must('FLUSHALL');
      await auditor.must('CONFIG', 'RESETSTAT');
      await auditor.events();
      await auditor.changes();
    }
    this.told = [];
    for (let client = 0; client < CLIENTS; client++) {
      await this.connectBoth();
      this.told.push({ ours: new Told(), real: new Told() });
    }
  }

  /** Resolves when the clients of the last conversation are gone: none of them listens. */
  private async alone(theirs: Auditor): Promise<void> {
    for (;;) {
      const { text } = await inTime(theirs.wire.ask('INFO', 'clients'), 'INFO');
      if (text.includes('connected_clients:3\r\n')) return;
    }
  }

  private connectReal(): Promise<Wire> {
    return overSocket({ path: this.real.socket });
  }

  private auditOurs(): Promise<Auditor> {
    const wire = () => inProcess(this.server);
    return Auditor.open(wire(), wire(), wire());
  }

  private async auditReal(): Promise<Auditor> {
    const wire = () => this.connectReal();
    return Auditor.open(await wire(), await wire(), await wire());
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

/** The commands that were answered, rather than confirmed. */
function answered(steps: readonly Step[], told: Told): readonly Step[] {
  const found: Step[] = [];
  for (const step of steps) {
    if (!isConfirmed(step.argv) || !told.confirms(step.argv, found.length)) found.push(step);
  }
  return found;
}

/** The version that a release is of. */
export function versionNameOf(release: RedisVersion): VersionName {
  return release.replace(/^(\d+\.\d+)\..*/, '$1') as VersionName;
}

/** A server of ours, ready to be compared. */
export function freshServer(version: VersionName = '8.0'): Server {
  const config = new Config();
  config.options({ 'respite-version': version });
  const doors = { 'enable-debug-command': 'yes', 'enable-module-command': 'yes' };
  config.options({ ...doors, save: '' });
  const server = new Server(config, { seed: 1, commands: commandsOf(version) });
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
