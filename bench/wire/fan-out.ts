// One PUBLISH to a thousand subscribers: what a delivered message costs the server. The
// subscribers live in this process, so that only the server's own CPU time means anything.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encode } from '../../test/wire.ts';
import type { Cell, Sample } from './result.ts';
import { type Contender, cpuMicros, startOurs, startRedis } from './servers.ts';

const MESSAGE = 'sixteen bytes...';
const CHANNEL = 'channel';
const DEPTHS: readonly number[] = [1, 16]; // PUBLISHes under way at once.

/** A number of subscribers to one channel, and somebody who speaks there. */
class Hall {
  private readonly listeners: Socket[] = [];
  private speaker: Socket | null = null;
  private bytes = 0; // All that the listeners were sent since the start of a measurement.
  private wanted = Number.POSITIVE_INFINITY;
  private enough: () => void = () => {};

  async open({ host, port }: Contender, listeners: number): Promise<void> {
    for (let i = 0; i < listeners; i++) {
      const socket = connect({ host, port, noDelay: true });
      this.listeners.push(socket);
      await once(socket, 'connect');
      socket.write(encode(['SUBSCRIBE', CHANNEL]));
      await once(socket, 'data');
      socket.on('data', (chunk) => {
        this.bytes += chunk.length;
        if (this.bytes >= this.wanted) this.enough();
      });
    }
    this.speaker = connect({ host, port, noDelay: true });
    await once(this.speaker, 'connect');
    this.speaker.resume();
  }

  close(): void {
    for (const socket of this.listeners) socket.destroy();
    this.speaker?.destroy();
  }

  /** Publishes, and resolves when everybody has heard everything. */
  async say(messages: number, depth: number): Promise<void> {
    const each = encode(['message', CHANNEL, MESSAGE]).length * this.listeners.length;
    const publish = encode(['PUBLISH', CHANNEL, MESSAGE]);
    for (let said = 0; said < messages; said += depth) {
      this.bytes = 0;
      this.wanted = each * depth;
      const heard = new Promise<void>((enough) => {
        this.enough = enough;
      });
      this.speaker!.write(publish.repeat(depth));
      await heard;
    }
  }
}

async function sampled(server: Contender, listeners: number, messages: number, depth: number) {
  const hall = new Hall();
  await hall.open(server, listeners);
  await hall.say(Math.ceil(messages / 2), depth); // To warm up.
  const before = await cpuMicros(server);
  const start = performance.now();
  await hall.say(messages, depth);
  const seconds = (performance.now() - start) / 1000;
  const micros = (await cpuMicros(server)) - before;
  hall.close();
  const delivered = messages * listeners;
  return { perSecond: delivered / seconds, cpuMicros: micros / delivered } satisfies Sample;
}

/**
 * Measures both servers by turns. A request of these cells is one delivered message; the test
 * is called `publish_1000`.
 */
export async function measureFanOut(
  node: string,
  rounds: number,
  messages: number,
): Promise<Cell[]> {
  const listeners = 1000;
  const cells = DEPTHS.map((pipeline): Cell => {
    const requests = messages * listeners;
    return { test: `publish_${listeners}`, pipeline, requests, ours: [], redis: [] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells) {
      const ours = await startOurs(node);
      cell.ours.push(await sampled(ours, listeners, messages, cell.pipeline));
      await ours.stop();
      const redis = await startRedis();
      cell.redis.push(await sampled(redis, listeners, messages, cell.pipeline));
      await redis.stop();
    }
  }
  return cells;
}
