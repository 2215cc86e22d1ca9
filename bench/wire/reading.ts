// What server/listener.ts claims of its one shared buffer: two servers that do nothing but
// answer PONG, one with a fresh buffer for each chunk ('data' events), one with a shared one
// (`onread`), by turns. Part `reading` of npm run bench.

import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, ratioOf } from './result.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./reading-program.js', import.meta.url));

/** The lines of a report. `benchmark` is the path of redis-benchmark. */
export async function measureReading(
  node: string,
  benchmark: string,
  rounds: number,
  requests: number,
): Promise<string[]> {
  const lines: string[] = [];
  for (const pipeline of [1, 16]) {
    const events: number[] = [];
    const shared: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [samples, how] of [
        [events, 'events'],
        [shared, 'shared'],
      ] as const) {
        const child = fork(program, [how], { execPath: node });
        samples.push(await cpuPerRequest(child, benchmark, pipeline, requests));
        child.disconnect();
        await once(child, 'exit');
      }
    }
    const { median: ratio, min, max } = ratioOf(shared, events);
    lines.push(
      `reading, -P ${pipeline}: 'data' events ${median(events).toFixed(2)} µs a request, ` +
        `one shared buffer ${median(shared).toFixed(2)} µs, ` +
        `ratio ${ratio.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`,
    );
  }
  return lines;
}

async function cpuPerRequest(
  child: ChildProcess,
  benchmark: string,
  pipeline: number,
  requests: number,
): Promise<number> {
  const [port] = (await once(child, 'message')) as [number];
  const drive = async (count: number): Promise<void> => {
    const args = `-h 127.0.0.1 -p ${port} -c 50 -P ${pipeline} -n ${count} -t ping_mbulk --csv`;
    await run(benchmark, args.split(' '));
  };
  const cpu = async (): Promise<number> => {
    child.send('cpu');
    return (await once(child, 'message'))[0];
  };
  await drive(requests / 2); // Warm.
  const before = await cpu();
  await drive(requests);
  return ((await cpu()) - before) / requests;
}
