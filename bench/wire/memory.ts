// How much memory a key takes: growth of the resident set while a million are added.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { encode } from '../../test/wire.ts';
import { ask, type Contender } from './servers.ts';

const BATCH = 1000; // Commands that are under way at once.
const OK_BYTES = '+OK\r\n'.length;
const REST_MS = 2000; // Both servers tidy up when there is nothing else to do.

/** Bytes for each of so many keys of 16 bytes with values of 16 bytes. */
export async function bytesPerKey(server: Contender, keys: number): Promise<number> {
  // A first, small load grows what grows once: buffers, compiled code, the youngest heap.
  await fill(server, 50_000);
  await ask(server, 'FLUSHALL');
  await scheduler.wait(REST_MS);
  const before = residentBytes(server.pid);
  await fill(server, keys);
  await scheduler.wait(REST_MS);
  return (residentBytes(server.pid) - before) / keys;
}

async function fill(server: Contender, keys: number): Promise<void> {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  await once(socket, 'connect');
  for (let first = 0; first < keys; first += BATCH) {
    let batch = '';
    for (let i = first; i < first + BATCH; i++) {
      const digits = String(i).padStart(11, '0');
      batch += encode(['SET', `key::${digits}`, `value${digits}`]);
    }
    socket.write(batch, 'latin1');
    for (let received = 0; received < BATCH * OK_BYTES; ) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      if (chunk.includes('-')) throw new Error(chunk.toString('latin1').slice(0, 200));
      received += chunk.length;
    }
  }
  socket.destroy();
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)![1]) * 1024;
}
