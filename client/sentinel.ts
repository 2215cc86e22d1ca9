// A master that sentinels watch: asked for before each connection, and left when they say so.
//
// Before connecting, the sentinels are asked one by one where the master is; the server that is
// found has to say itself that it is a master, since a sentinel may be behind the times. One
// sentinel is listened to: when it tells of a switch, the connection is left for one to the new
// master. A write that a demoted master refuses (READONLY) goes the same way, and is sent again:
// it was not carried out.

import type { Deadlines } from './deadlines.ts';
import { Endpoint, type At, type EndpointEvents } from './endpoint.ts';
import { RedisError, type ServerError } from './errors.ts';
import type { HostPort, Settings } from './options.ts';
import { type Request, WAITING } from './request.ts';
import { Single } from './single.ts';
import { after, pause, random } from './time.ts';
import type { Connect } from './transport.ts';

const REDIRECTIONS = 16;
const LATER = 100;

export class Sentinel extends Single {
  private readonly sentinels: Settings;
  private readonly seeds: HostPort[];
  private readonly at: At;
  private readonly hearing: Endpoint;
  private readonly replicas: Endpoint | null;
  private readonly deadlines: Deadlines;

  constructor(settings: Settings, deadlines: Deadlines, events: EndpointEvents, at: At) {
    const name = settings.master;
    if (name === undefined) throw new TypeError('sentinels need the name of a master to watch');
    super(() => this.findMaster(), settings, deadlines, events);
    // Sentinels have passwords of their own, and no databases.
    this.sentinels = {
      ...settings,
      database: 0,
      credentials: undefined,
      password: settings.sentinelAuth?.password,
      username: settings.sentinelAuth?.username,
      connectTimeout: Math.min(2000, settings.connectTimeout),
    };
    this.seeds = [...settings.sentinels!];
    this.at = at;
    this.deadlines = deadlines;
    this.hearing = new Endpoint(() => this.at(this.anySeed()), this.sentinels, deadlines, quiet);
    const reads = settings.readFrom === 'replica';
    this.replicas = reads
      ? new Endpoint(() => this.findReplica(), settings, deadlines, quiet)
      : null;
    void this.listen(name);
  }

  override submit(request: Request): void {
    request.onRefused = this.refused;
    if (this.replicas !== null && request.command.reads) return this.replicas.submit(request);
    super.submit(request);
  }

  override async redirected(error: ServerError): Promise<boolean> {
    if (error.code !== 'READONLY') return false;
    this.leave(error);
    await pause(LATER);
    return true;
  }

  override async close(): Promise<void> {
    this.hearing.destroy();
    await Promise.all([super.close(), this.replicas?.close()]);
  }

  override destroy(cause?: Error): void {
    this.hearing.destroy();
    this.replicas?.destroy(cause);
    super.destroy(cause);
  }

  private readonly refused = (request: Request, error: ServerError): boolean => {
    if (!/^(?:READONLY|LOADING|MASTERDOWN)$/.test(error.code)) return false;
    if (request.redirections++ >= REDIRECTIONS || this.state === 'closed') return false;
    request.state = WAITING;
    request.sent = false;
    if (error.code === 'READONLY') this.leave(error);
    after(LATER, () => this.submit(request));
    return true;
  };

  private leave(cause: Error): void {
    this.endpoint.restart(cause);
  }

  private async listen(name: string): Promise<void> {
    const heard = (message: Buffer): void => {
      if (message.toString().split(' ')[0] === name)
        this.leave(new Error('the master has changed'));
    };
    for (;;) {
      try {
        return await this.hearing.subscriber.add('channel', ['+switch-master'], heard);
      } catch {
        if (this.state === 'closed') return;
        await new Promise<void>((resolve) => after(1000, resolve, true));
      }
    }
  }

  private anySeed(): HostPort {
    return this.seeds[Math.floor(random() * this.seeds.length)]!;
  }

  private async findMaster(): Promise<Connect> {
    const name = this.settings.master!;
    const causes: Error[] = [];
    for (const seed of [...this.seeds]) {
      try {
        const found = await this.askSentinel(seed, 'get-master-addr-by-name', name);
        if (found === null) throw new RedisError('SENTINEL', `no master is called ${name}`);
        const [host, port] = found as [string, string];
        const address = this.mapped(host, Number(port));
        await this.confirm(address);
        this.first(seed);
        return this.at(address);
      } catch (error) {
        causes.push(error as Error);
      }
    }
    const cause = new AggregateError(causes, causes.map(({ message }) => message).join('; '));
    throw new RedisError(
      'SENTINEL',
      `no sentinel names a master that is one: ${cause.message}`,
      cause,
    );
  }

  private async findReplica(): Promise<Connect> {
    for (const seed of this.seeds) {
      const found = await this.askSentinel(seed, 'replicas', this.settings.master!).catch(() => []);
      const usable = (found as unknown[])
        .map(fieldsOf)
        .filter((replica) => !/down|disconnected/.test(replica.get('flags') ?? ''));
      const chosen = usable[Math.floor(random() * usable.length)];
      if (chosen === undefined) continue;
      return this.at(this.mapped(chosen.get('ip')!, Number(chosen.get('port'))));
    }
    return this.findMaster();
  }

  /** One question to one sentinel. */
  private async askSentinel(seed: HostPort, ...words: string[]): Promise<unknown> {
    const once = new Endpoint(() => this.at(seed), this.sentinels, this.deadlines, quiet);
    const connection = await once.open(nobody);
    try {
      return await connection.ask('sentinel', ...words);
    } finally {
      connection.destroy();
    }
  }

  private async confirm(address: HostPort): Promise<void> {
    const once = new Endpoint(() => this.at(address), this.settings, this.deadlines, quiet);
    const connection = await once.open(nobody);
    try {
      const [role] = (await connection.ask('role')) as [string];
      if (role !== 'master') throw new RedisError('SENTINEL', `${address.host} is a ${role}`);
    } finally {
      connection.destroy();
    }
  }

  private mapped(host: string, port: number): HostPort {
    return this.settings.mapAddress?.({ host, port }) ?? { host, port };
  }

  /** A sentinel that answers is asked first the next time. */
  private first(seed: HostPort): void {
    this.seeds.splice(this.seeds.indexOf(seed), 1);
    this.seeds.unshift(seed);
  }

  private get settings(): Settings {
    return this.endpoint.settings;
  }
}

const quiet: EndpointEvents = { state: () => {}, pushed: () => {} };
const nobody = { pushed: () => {}, ended: () => {}, drained: () => {} };

/** SENTINEL REPLICAS gives maps, in RESP2 flat arrays. */
function fieldsOf(record: unknown): Map<string, string> {
  if (record instanceof Map) return record as Map<string, string>;
  const flat = record as string[];
  return new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!] as const] : [])));
}
