// One way to have a Redis in a test, in a process of its own: told which by its argument, it prints
// what that costs. See bench/double/run.ts.

import { median } from '../wire/result.ts';
import { type Client, contenders, type DataSet, type Name, type Started } from './contenders.ts';
import { CHANGED, KEYS, type Times } from './measure.ts';

const COMMANDS = 1000;
const LATER = 50;
const RESETS = 50;
const BATCHES = 20;

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

async function often(times: number, work: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await work());
  return median(all);
}

function pairs(count: number, value: string): DataSet {
  return new Map(Array.from({ length: count }, (_, i) => [`key:${i}`, value]));
}

async function resets(started: Started, client: Client): Promise<number> {
  return often(RESETS, async () => {
    await client.many(pairs(CHANGED, 'changed'));
    return (await timed(() => started.reset()))[0];
  });
}

async function measure(name: Name): Promise<Times> {
  const [importing, start] = await timed(contenders[name]);
  const [first, started] = await timed(start);
  const starts: number[] = [];
  const close = await often(LATER, async () => {
    const [ms, another] = await timed(start);
    starts.push(ms);
    return (await timed(() => another.close()))[0];
  });
  const client = await started.connect();
  await started.fill(new Map());
  const resetEmpty = await resets(started, client);
  await started.fill(pairs(KEYS, 'as it was'));
  const resetFull = await resets(started, client);
  const seen = `${await client.get('key:1')} ${await client.get('key:999')}`;
  if (seen !== 'as it was as it was') throw new Error(`${name} was not reset: ${seen}`);
  const oneByOne = await often(BATCHES, async () => {
    const [ms] = await timed(async () => {
      for (let i = 0; i < COMMANDS; i += 2) {
        await client.set(`key:${i}`, 'value');
        await client.get(`key:${i}`);
      }
    });
    return ms;
  });
  const data = pairs(COMMANDS, 'value');
  const together = await often(BATCHES, async () => (await timed(() => client.many(data)))[0]);
  await client.close();
  await started.close();
  const later = median(starts);
  return { importing, first, later, close, resetEmpty, resetFull, oneByOne, together };
}

process.stdout.write(JSON.stringify(await measure(process.argv[2] as Name)));
process.exit(0); // What a way leaves behind is not the question here.
