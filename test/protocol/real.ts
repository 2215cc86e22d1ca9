// Questions to a real Redis, many at once, for tests that compare numbers and patterns with it.

import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

/** Strings as they are, an integer as ':1', an error as '-ERR ...', null, or a list of these. */
export type Answer = string | null | Answer[];

/** Sends all commands in one write and returns their replies (RESP2) in order. */
export type Ask = (commands: string[][]) => Promise<Answer[]>;

/** A block of tests that need Redis 8.0.2; skipped, loudly, where it cannot be had. */
export async function withReal(
  title: string,
  options: string[],
  tests: (ask: Ask) => void,
): Promise<void> {
  const there = (await realRedis('8.0.2')) !== null;
  if (!there) {
    const why = whyNoRedis('8.0.2');
    process.stderr.write(`\n*** NOT COMPARED WITH REAL REDIS 8.0.2 (${title}): ${why} ***\n`);
  }
  describe.skipIf(!there)(title, () => {
    let server: RealServer;
    let socket: Socket;
    beforeAll(async () => {
      server = (await startReal('8.0.2', options))!;
      socket = connect(server.socket);
    });
    afterAll(async () => {
      socket?.destroy();
      await server?.stop();
    });
    tests((commands) => exchange(socket, commands));
  });
}

function exchange(socket: Socket, commands: string[][]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let rest = '';
    const take = (chunk: Buffer): void => {
      rest += chunk.toString('latin1');
      let at = 0;
      while (answers.length < commands.length) {
        const read = readAnswer(rest, at);
        if (read === null) break;
        answers.push(read.answer);
        at = read.end;
      }
      rest = rest.slice(at);
      if (answers.length < commands.length) return;
      socket.off('data', take);
      socket.off('error', reject);
      resolve(answers);
    };
    socket.on('data', take);
    socket.on('error', reject);
    socket.write(Buffer.from(commands.map(request).join(''), 'latin1'));
  });
}

function request(argv: string[]): string {
  return `*${argv.length}\r\n${argv.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

/** The reply that starts at `at`; null if it is not all there yet. */
function readAnswer(text: string, at: number): { answer: Answer; end: number } | null {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd < 0) return null;
  const line = text.slice(at + 1, lineEnd);
  let end = lineEnd + 2;
  switch (text[at]) {
    case '$': {
      const length = Number(line);
      if (length < 0) return { answer: null, end };
      if (text.length < end + length + 2) return null;
      return { answer: text.slice(end, end + length), end: end + length + 2 };
    }
    case '*': {
      const list: Answer[] = [];
      for (let left = Number(line); left > 0; left--) {
        const read = readAnswer(text, end);
        if (read === null) return null;
        list.push(read.answer);
        end = read.end;
      }
      return { answer: list, end };
    }
    default:
      return { answer: text[at] === '+' ? line : text[at] + line, end };
  }
}

/** A seeded source of chance: `below(n)` is an integer from 0 to n - 1. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  one<T>(of: ArrayLike<T>): T {
    return of[this.below(of.length)] as T;
  }

  /** A string of `length` chars out of `alphabet`. */
  text(length: number, alphabet: string): string {
    let text = '';
    while (text.length < length) text += this.one(alphabet);
    return text;
  }

  /** Any double, each bit by chance: all magnitudes, NaN and infinities too. */
  double(): number {
    const words = new Uint32Array([this.below(2 ** 32), this.below(2 ** 32)]);
    return new Float64Array(words.buffer)[0];
  }
}
