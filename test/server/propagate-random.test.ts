// The same conversation, drawn by chance, with our server and with a real one: both send their
// replicas the same bytes.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { type Listener, listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import { CLIENTS, commandsOf, conversations, type Step } from '../fuzz/grammar.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { ReplicationStream } from '../oracle/stream.ts';
import { encode, overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***`);

const FAMILIES = [
  ...['string', 'bitmap', 'list', 'hyperloglog', 'hash', 'set', 'sort', 'sortedSet', 'geo'],
  ...['stream', 'generic', 'transactions', 'server'],
];
const CONVERSATIONS = 60; // For each family,
const TRIES = 4; // and how often what differs is tried again: a key may expire in between.
const UNFIT =
  /^(save|bgsave|bgrewriteaof|lastsave|object|memory|info|slowlog|latency|waitaof|role)/;

/** One side: a server, and what it sends to a replica. */
class Side {
  private readonly where: { host: string; port: number };
  private readonly stream: ReplicationStream;
  private marks = 0;

  private constructor(where: { host: string; port: number }, stream: ReplicationStream) {
    this.where = where;
    this.stream = stream;
  }

  static async open(port: number): Promise<Side> {
    const where = { host: '127.0.0.1', port };
    return new Side(where, await ReplicationStream.open(where));
  }

  close(): void {
    this.stream.close();
  }

  /** Plays a conversation from no keys on; returns what the replica was sent. */
  async play(steps: readonly Step[]): Promise<string[]> {
    const wires = new Map<number, Wire>();
    const first = await this.wire(wires, 0);
    await first.ask('FLUSHALL');
    const from = `mark:${this.marks++}`;
    await first.ask('SET', from, '');
    await first.ask('DEL', from);
    const last = await this.wire(wires, -1);
    const waiters = new Map<Wire, string>();
    for (const { client, argv } of steps) {
      const wire = await this.wire(wires, client);
      if (client < CLIENTS) await wire.ask(...argv);
      else await this.wait(waiters, wire, last, argv);
    }
    // Whoever still waits must not be served by the next conversation.
    for (const id of waiters.values()) await last.ask('CLIENT', 'KILL', 'ID', id);
    const to = `mark:${this.marks++}`;
    await last.ask('SET', to, '');
    for (const wire of wires.values()) wire.close();
    await this.stream.until(from);
    return (await this.stream.until(to)).map(({ raw }) => raw).slice(1, -1);
  }

  /** Lets a client wait for a key, unless it waits already; resolves when it does, or is served. */
  private async wait(
    waiters: Map<Wire, string>,
    wire: Wire,
    other: Wire,
    argv: readonly string[],
  ): Promise<void> {
    const known = waiters.get(wire);
    if (known !== undefined) {
      if (await waits(other, known)) return;
      await wire.next();
    }
    const id = known ?? (await wire.ask('CLIENT', 'ID')).text;
    waiters.set(wire, id);
    wire.send(encode(argv));
    while (!(await waits(other, id))) {
      if (wire.take() === null) continue;
      waiters.delete(wire);
      return;
    }
  }

  private async wire(wires: Map<number, Wire>, client: number): Promise<Wire> {
    const known = wires.get(client);
    if (known !== undefined) return known;
    const wire = await overSocket(this.where);
    wires.set(client, wire);
    return wire;
  }
}

async function waits(other: Wire, id: string): Promise<boolean> {
  return / flags=\w*b/.test((await other.ask('CLIENT', 'LIST', 'ID', id)).text);
}

/** What ours sent, with the real one's times wherever the two are no minute apart. */
function inTime(ours: readonly string[], theirs: readonly string[]): string[] {
  return ours.map((command, i) => {
    const others = theirs[i]?.split('\r\n') ?? [];
    const lines = command.split('\r\n');
    return lines.map((line, at) => (near(line, others[at]) ? others[at] : line)).join('\r\n');
  });
}

function near(one: string, other: string | undefined): boolean {
  if (other === undefined || !/^\d{12,19}$/.test(one) || !/^\d{12,19}$/.test(other)) return false;
  const difference = BigInt(one) - BigInt(other);
  return difference < 60_000n && difference > -60_000n;
}

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let port: Listener;
  const sides: Side[] = [];
  const config = new Config();
  config.options({ 'enable-module-command': 'yes' }); // As on the other side.
  const server = new Server(config, {});

  beforeAll(async () => {
    const options = ['--repl-diskless-sync', 'no', '--repl-ping-replica-period', '3600'];
    real = (await startReal('8.0.2', options))!;
    port = await listenTcp(server, '127.0.0.1', 0);
    sides.push(await Side.open(real.port), await Side.open(port.port));
  });
  afterAll(async () => {
    for (const side of sides) side.close();
    server.close();
    await port?.close();
    await real?.stop();
  });

  test.each(FAMILIES)('the family %s', async (family) => {
    const commands = commandsOf([...new Set([family, 'generic', 'transactions'])]);
    const fit = commands.filter(({ name }) => !UNFIT.test(name));
    const talks = fc.sample(conversations(fit), {
      seed: Number(process.env.SEED ?? 1),
      numRuns: Number(process.env.RUNS ?? CONVERSATIONS),
    });
    for (const talk of talks) {
      let sent: string[][] = [];
      for (let tries = 0; tries < TRIES; tries++) {
        const theirs = await sides[0].play(talk);
        sent = [theirs, inTime(await sides[1].play(talk), theirs)];
        if (sent[0].join('') === sent[1].join('')) break;
      }
      const story = talk.map(({ client, argv }) => `${client}> ${JSON.stringify(argv)}`);
      expect(sent[1], story.join('\n')).toEqual(sent[0]);
    }
  });
});
