// What the heap holds after 2,000 different scripts, and after 8,000 more: run by
// many-scripts.test.ts, in a process of its own with --expose-gc. Prints the two, in bytes.

import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { encode, inProcess } from '../wire.ts';

const CLOSURES = 'local t = {} for i = 1, 3 do t[i] = function() return i end end';

/** Bytes that are in use, and do not wait to be collected. */
function inUse(): number {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 4; i++) gc!();
  return process.memoryUsage().heapUsed;
}

const server = new Server(new Config(), { seed: 1 });
const wire = inProcess(server);
const held: number[] = [];
for (let i = 1; i <= 10_000; i++) {
  wire.send(encode(['EVAL', `${CLOSURES} return t[${(i % 3) + 1}]() + ${i}`, '0']));
  if ((await wire.next()).isError) throw new Error('a script failed');
  if (i === 2000 || i === 10_000) held.push(inUse());
}
server.close();
process.stdout.write(held.join(' '));
