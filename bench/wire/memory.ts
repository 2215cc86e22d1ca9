// How much memory a key takes, or an element of a large value: growth of the resident set while
// a million are added.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { encode } from '../../test/wire.ts';
import { ask, type Contender } from './servers.ts';

const BATCH = 1000; // Commands that are under way at once.
const REST_MS = 2000; // Both servers tidy up when there is nothing else to do.

/** What can be added: each is a command, from the digits of a number. Names take 16 bytes. */
export const ADDITIONS: Readonly<Record<string, (digits: string) => string[]>> = {
  'string keys with values of 16 bytes': (digits) => ['SET', `key::${digits}`, `value${digits}`],
  'fields of one hash with values of 16 bytes': (digits) => {
    return ['HSET', 'hash', `field${digits}`, `value${digits}`];
  },
  'members of one set': (digits) => ['SADD', 'set', `valu:${digits}`],
  'members of one sorted set': (digits) => [
    'ZADD',
    'zset',
    String(Number(digits)),
    `valu:${digits}`,
  ],
  'entries of one stream': (digits) => ['XADD', 'stream', '*', 'field', `valu:${digits}`],
  'elements of one list': (digits) => ['RPUSH', 'list', `valu:${digits}`],
};

/** Bytes for each of so many additions. */
export async function bytesPerAddition(
  server: Contender,
  what: string,
  count: number,
): Promise<number> {
  const addition = ADDITIONS[what];
  // A first, small load grows what grows once: buffers, compiled code, the youngest heap.
  await fill(server, addition, 50_000);
  await ask(server, 'FLUSHALL');
  await scheduler.wait(REST_MS);
  const before = residentBytes(server.pid);
  await fill(server, addition, count);
  await scheduler.wait(REST_MS);
  return (residentBytes(server.pid) - before) / count;
}

/** Sends so many additions, over a connection of its own. */
export async function fill(
  server: Pick<Contender, 'host' | 'port'>,
  addition: (digits: string) => string[],
  keys: number,
): Promise<void> {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  await once(socket, 'connect');
  for (let first = 0; first < keys; first += BATCH) {
    let batch = '';
    for (let i = first; i < first + BATCH; i++) {
      batch += encode(addition(String(i).padStart(11, '0')));
    }
    socket.write(batch + encode(['PING']), 'latin1');
    for (let end = ''; !end.endsWith('+PONG\r\n'); ) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      const text = chunk.toString('latin1');
      if (/^-|\n-/.test(text)) throw new Error(text.slice(0, 200));
      end = (end + text).slice(-7);
    }
  }
  socket.destroy();
}

/** What a process has in memory. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)![1]) * 1024;
}
