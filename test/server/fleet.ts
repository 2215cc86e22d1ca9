// Servers of ours that listen, to follow each other and real ones; and a wire between two of them
// that can be cut at any byte.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { Listeners } from '../../server/listeners.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Reply, type Wire } from '../wire.ts';

type Options = Readonly<Record<string, string>>;

/** One server of ours, on a port. */
export class Member {
  readonly server: Server;
  readonly wire: Wire;
  readonly log: string[] = [];
  private readonly listeners: Listeners;
  private readonly dir: string;

  private constructor({ disk = 'no', ...options }: Options) {
    this.dir = mkdtempSync(join(tmpdir(), 'respite-fleet-'));
    const config = new Config(diskHost());
    const basics = { dir: this.dir, port: '0', save: '', 'enable-debug-command': 'yes' };
    config.options({ ...basics, 'repl-diskless-sync-delay': '0', ...options });
    this.server = new Server(config, {
      log: (line) => void this.log.push(line),
      ...(disk === 'yes' ? { disk: realDisk } : {}),
    });
    this.listeners = new Listeners(this.server);
    this.wire = inProcess(this.server);
  }

  static async start(options: Options = {}): Promise<Member> {
    const member = new Member(options);
    await member.listeners.open({ tcp: true, tls: 'tls-cert-file' in options });
    member.server.following.start();
    return member;
  }

  get port(): number {
    return this.server.port;
  }

  async ask(...argv: string[]): Promise<Reply> {
    return this.wire.ask(...argv);
  }

  /** Begins to follow whoever listens on a port. */
  async follow(port: number): Promise<void> {
    expect((await this.ask('REPLICAOF', '127.0.0.1', String(port))).text).toBe('OK');
  }

  /** What INFO replication says. */
  info(field: string): Promise<string | undefined> {
    return infoOf(this.wire, field);
  }

  /** What INFO stats says. */
  stat(field: string): Promise<string | undefined> {
    return infoOf(this.wire, field, 'stats');
  }

  async close(): Promise<void> {
    this.wire.close();
    this.server.close();
    await this.listeners.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A field of INFO. */
export async function infoOf(
  wire: Wire,
  field: string,
  section = 'replication',
): Promise<string | undefined> {
  const { text } = await wire.ask('INFO', section);
  return new RegExp(`^${field}:(.*)\r$`, 'm').exec(text)?.[1];
}

/** Resolves when something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** Resolves when a replica is at the end of its master's stream. */
export async function inStep(master: Wire, replica: Wire): Promise<void> {
  await until(async () => {
    const up = (await infoOf(replica, 'master_link_status')) === 'up';
    const offset = await infoOf(replica, 'slave_repl_offset');
    return up && offset === (await infoOf(master, 'master_repl_offset'));
  });
}

/** Expects the same data in two servers, the second of which follows the first. */
export async function agree(master: Wire, replica: Wire): Promise<void> {
  let digests = ['', '-'];
  for (let looks = 0; looks < 20 && digests[0] !== digests[1]; looks++) {
    await inStep(master, replica);
    digests = [];
    for (const wire of [master, replica]) digests.push((await wire.ask('DEBUG', 'DIGEST')).text);
  }
  expect(digests[1]).toBe(digests[0]);
}

/** A port that leads to another one, until cut() ends all that goes through it. */
export class Tunnel {
  readonly port: number;
  /** After so many bytes from the other end a connection is cut. */
  cutAfter = Number.POSITIVE_INFINITY;
  private readonly sockets = new Set<Socket>();
  private readonly end: () => Promise<void>;

  private constructor(port: number, end: () => Promise<void>) {
    this.port = port;
    this.end = end;
  }

  static open(to: number): Promise<Tunnel> {
    return new Promise((resolve) => {
      const net = createServer((near) => {
        const far = connect(to, '127.0.0.1');
        tunnel.join(near, far);
      });
      let tunnel: Tunnel;
      net.listen(0, '127.0.0.1', () => {
        const { port } = net.address() as { port: number };
        tunnel = new Tunnel(port, () => new Promise((done) => net.close(() => done())));
        resolve(tunnel);
      });
    });
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await this.end();
  }

  private join(near: Socket, far: Socket): void {
    let left = this.cutAfter;
    this.cutAfter = Number.POSITIVE_INFINITY;
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      near.write(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
      if (left <= 0) near.end(() => far.destroy());
    });
  }
}
