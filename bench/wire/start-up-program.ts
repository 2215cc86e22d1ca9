// A program that starts servers inside itself and says how long each took: see start-up.ts.

import type { RunningServer } from '../../server/index.ts';
import { median } from './result.ts';
import type { InOneProcess } from './start-up.ts';

const LATER = 100;

const began = performance.now();
const { startServer } = await import('../../server/index.ts');
const importing = performance.now() - began;

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

async function one(): Promise<{ start: number; close: number }> {
  const [start, server] = await timed<RunningServer>(() => startServer({ port: 0 }));
  const [close] = await timed(() => server.close());
  return { start, close };
}

const first = await one();
const starts: number[] = [];
const closes: number[] = [];
for (let i = 0; i < LATER; i++) {
  const { start, close } = await one();
  starts.push(start);
  closes.push(close);
}
const times: InOneProcess = {
  importing,
  first: first.start,
  firstClose: first.close,
  later: median(starts),
  laterClose: median(closes),
};
process.stdout.write(JSON.stringify(times));
