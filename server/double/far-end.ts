// A connection to any server, as bytes: for replaying a journal, and for sending requests on to a
// real Redis. It knows where replies end, and which of them nobody asked for.
//
// This file is one of the edges that may use node: modules.

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { fromText } from '../../protocol/byte-string.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { MemoryConnection } from '../memory-link.ts';
import { readReply } from './values.ts';

/** A URL (redis://, rediss://, unix://), or a server in this process. */
export type Target = string | URL | { connect(): MemoryConnection };

const MESSAGES = new Set(['message', 'pmessage', 'smessage', 'invalidate']);
const CONFIRMED = /^[ps]?(un)?subscribe$/;

type Waiter = {
  left: number; // Replies that are still to come.
  readonly chunks: Buffer[];
  resolve(bytes: Buffer): void;
  reject(problem: Error): void;
};

export class FarEnd {
  /** Takes what nobody asked for: messages, and what to forget. */
  onPush: (bytes: Buffer) => void = () => {};
  private readonly waiters: Waiter[] = [];
  private bytes: Buffer = Buffer.alloc(0);
  private listens = false; // To a channel.
  private problem: Error | null = null;
  private readonly write: (bytes: Buffer) => void;
  private readonly end: () => void;

  private constructor(stream: Duplex | MemoryConnection) {
    if ('onData' in stream) {
      stream.onData = (chunk) => this.came(chunk);
      stream.onClose = () => this.gone(new Error('the server has closed the connection'));
      this.end = () => stream.close();
    } else {
      stream.on('data', (chunk: Buffer) => this.came(chunk));
      stream.on('error', (problem) => this.gone(problem));
      stream.on('close', () => this.gone(new Error('the server has closed the connection')));
      this.end = () => void stream.destroy();
    }
    this.write = (bytes) => void stream.write(bytes);
  }

  /** Connects, with the password, user and database of a URL. Rejects if that cannot be done. */
  static async open(target: Target): Promise<FarEnd> {
    if (typeof target === 'object' && 'connect' in target) return new FarEnd(target.connect());
    const url = new URL(target);
    const far = new FarEnd(await dial(url));
    const [user, password] = [url.username, url.password].map(decodeURIComponent);
    const db = /^\/(\d+)$/.exec(url.pathname)?.[1];
    const first: string[][] = [];
    if (password !== '') first.push(['AUTH', ...(user === '' ? [] : [user]), password]);
    if (db !== undefined && url.protocol !== 'unix:') first.push(['SELECT', db]);
    for (const words of first) {
      const reply = readReply(await far.ask(words.map(fromText)))!.value;
      if (reply instanceof ReplyError) {
        far.close();
        throw new Error(`${url.host}: ${reply.line}`);
      }
    }
    return far;
  }

  /**
   * Asks for something, in byte strings, and resolves to its reply: all of them, where each channel
   * has one of its own. Rejects if the connection ends before.
   */
  ask(words: readonly string[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.problem !== null) return reject(this.problem);
      const each = CONFIRMED.test(words[0].toLowerCase());
      const left = each ? Math.max(1, words.length - 1) : 1;
      this.waiters.push({ left, chunks: [], resolve, reject });
      const spelled = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
      this.write(Buffer.from(`*${words.length}\r\n${spelled}`, 'latin1'));
    });
  }

  close(): void {
    this.gone(new Error('the connection was closed'));
    this.end();
  }

  private came(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    let read = this.bytes.length === 0 ? null : readReply(this.bytes);
    while (read !== null) {
      const whole = Buffer.from(this.bytes.subarray(0, read.end));
      this.bytes = this.bytes.subarray(read.end);
      this.take(whole, read.value);
      read = this.bytes.length === 0 ? null : readReply(this.bytes);
    }
  }

  private take(bytes: Buffer, value: unknown): void {
    const kind = Array.isArray(value) ? String(value[0]) : '';
    const confirms = CONFIRMED.test(kind);
    const isPush = bytes[0] === 62 /* > */ && !confirms;
    if (confirms) this.listens = Number((value as unknown[]).at(-1)) > 0;
    // In RESP2 a message is an array like any other, but nothing else can begin like one there.
    const isMessage = bytes[0] === 42 /* * */ && this.listens && MESSAGES.has(kind);
    const waiter = this.waiters[0];
    if (isPush || isMessage || waiter === undefined) return this.onPush(bytes);
    waiter.chunks.push(bytes);
    if (--waiter.left > 0 && !(value instanceof ReplyError)) return;
    this.waiters.shift();
    waiter.resolve(Buffer.concat(waiter.chunks));
  }

  private gone(problem: Error): void {
    if (this.problem !== null) return;
    this.problem = problem;
    for (const waiter of this.waiters.splice(0)) waiter.reject(problem);
  }
}

function dial(url: URL): Promise<Duplex> {
  const host = url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const port = Number(url.port || 6379);
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'rediss:';
    const path = decodeURIComponent(url.pathname);
    const stream = secure
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connect(url.protocol === 'unix:' ? { path } : { host, port, noDelay: true });
    stream.once('error', reject);
    stream.once(secure ? 'secureConnect' : 'connect', () => {
      stream.off('error', reject);
      resolve(stream);
    });
  });
}
