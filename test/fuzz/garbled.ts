// What servers make of garbage: everything that they answer until they or we hang up.

import { connect } from 'node:net';
import fc from 'fast-check';
import type { Server } from '../../server/server.ts';
import { inProcess, overSocket, ReplyReader } from '../wire.ts';
import { garbage } from './garbage.ts';

/** All that a real server answers: it sees the end of our bytes, and then hangs up. */
export function realAnswer(path: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ path });
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    // Where the server hangs up first, what we go on sending comes back as an error.
    socket.on('error', (problem: NodeJS.ErrnoException) => {
      if (problem.code !== 'ECONNRESET' && problem.code !== 'EPIPE') reject(problem);
    });
    socket.on('close', () => resolve(answer));
    socket.end(Buffer.from(bytes, 'latin1'));
  });
}

/** All that a server in this process answers, its bytes cut in two. */
export function ourAnswer(server: Server, bytes: string, cut: number): string {
  const wire = inProcess(server);
  wire.send(bytes.slice(0, cut));
  wire.send(bytes.slice(cut));
  const answer = wire.text();
  const broken = /-ERR Protocol error: [^\r\n]*\r\n$/.test(answer);
  if (wire.closed !== broken && !/QUIT|REPLY/i.test(bytes)) {
    throw new Error(`closed: ${wire.closed}, after ${JSON.stringify(answer.slice(-200))}`);
  }
  wire.close();
  return answer;
}

/** Throws unless this is nothing but whole replies. */
export function assertReplies(bytes: string): void {
  const reader = new ReplyReader();
  reader.feed(bytes);
  while (reader.take() !== null);
  if (reader.rest !== '') throw new Error(`no reply: ${JSON.stringify(reader.rest)}`);
}

/**
 * Sends so many pieces of garbage to both servers. Returns what the first of them was that
 * got different answers, as short as it can be, or ''.
 */
export async function compareGarbage(
  server: Server,
  path: string,
  runs: number,
  seed: number,
): Promise<string> {
  const auditor = await overSocket({ path });
  const cuts = fc.double({ min: 0, max: 1, noNaN: true });
  const property = fc.asyncProperty(garbage, cuts, async (bytes, where) => {
    await auditor.ask('FLUSHALL');
    for (const db of server.databases) db.clear();
    const ours = ourAnswer(server, bytes, Math.floor(where * bytes.length));
    const real = await realAnswer(path, bytes);
    if (ours !== real) {
      throw new Error([bytes, ours, real].map((each) => JSON.stringify(each)).join('\n'));
    }
  });
  const found = await fc.check(property, { numRuns: runs, seed });
  auditor.close();
  return found.failed ? `seed ${seed}\n${String(found.errorInstance)}` : '';
}
