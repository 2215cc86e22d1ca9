// How far a server's own account of its memory is from what V8 says: run by
// memory-honest.test.ts, in a process of its own with --expose-gc. Prints one line of JSON:
// what each kind of data was said to take, and what it took.

import { MemoryConnection } from '../../server/memory-link.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { encode } from '../wire.ts';
import { each, SHAPES, type Shape } from './memory-shapes.ts';

const AT_ONCE = 100;

/** Bytes that the process has in use, and nothing that waits to be collected. */
function inUse(): number {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 4; i++) gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function fill(server: Server, { count, command }: Shape): void {
  const connection = new MemoryConnection(server);
  for (let n = 0; n < count; n += AT_ONCE) {
    let bytes = '';
    for (let i = n; i < Math.min(count, n + AT_ONCE); i++) bytes += encode(command(i));
    connection.write(Buffer.from(bytes, 'latin1'));
  }
  connection.close();
}

/** What one kind of data is said to take, and what it takes. */
function measure(shape: Shape): { said: number; took: number } {
  const server = new Server(new Config(), { seed: 1 });
  fill(server, each(Math.min(shape.count, 500), shape.command));
  server.databases[0].clear();
  const before = inUse();
  const dataBefore = server.usedMemory.data;
  fill(server, shape);
  const said = server.usedMemory.data - dataBefore;
  const took = inUse() - before;
  server.close();
  return { said, took };
}

/** What a server takes that holds nothing. */
function measureServer(): { said: number; took: number } {
  const servers: Server[] = [new Server(new Config(), {})];
  const before = inUse();
  for (let i = 0; i < 20; i++) servers.push(new Server(new Config(), {}));
  const took = (inUse() - before) / 20;
  for (const server of servers) server.close();
  return { said: servers[0].usedMemory.total, took };
}

const figures: Record<string, { said: number; took: number }> = {};
const wanted = process.argv.slice(2);
if (wanted.length === 0) figures['a server'] = measureServer();
for (const [name, shape] of Object.entries(SHAPES)) {
  if (wanted.length === 0 || wanted.includes(name)) figures[name] = measure(shape);
}
process.stdout.write(`${JSON.stringify(figures)}\n`);
