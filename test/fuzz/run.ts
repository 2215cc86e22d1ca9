// The long hunt: npm run fuzz -- [--commands 100000] [--seed 1] [--family string,generic]
//                                [--most 20] [--bytes 10000] [--tcp] [--config name=value,...]
//                                [--against 7.0.15]
//
// It plays so many commands, of these families or of all, and then sends so many pieces of garbage.
// Without a seed it takes another one each time. It prints what it finds as redis-cli transcripts, and
// ends with 1 if it found anything.

import { parseArgs } from 'node:util';
import { type RedisVersion, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { freshServer, Pair, versionNameOf } from './differential.ts';
import { compareGarbage } from './garbled.ts';
import { hunt } from './hunt.ts';

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    family: { type: 'string', default: '' },
    most: { type: 'string', default: '20' },
    config: { type: 'string', default: '' },
    tcp: { type: 'boolean', default: false },
    bytes: { type: 'string', default: '5000' },
    against: { type: 'string', default: '8.0.2' },
  },
});

const against = values.against as RedisVersion;
const real = await startReal(against);
if (real === null) throw new Error(`nothing to compare with: ${whyNoRedis(against)}`);
const seed = Number(values.seed);
console.log(`seed ${seed}`);
try {
  const found = (await conversations(real)) + (await garbage(real));
  process.exitCode = found > 0 ? 1 : 0;
} finally {
  await real.stop();
}

/** Returns how many differences it found. */
async function conversations(real: RealServer): Promise<number> {
  const settings = values.config.split(',').map((each) => each.split('='));
  const pair = new Pair(real, {
    settings: values.config === '' ? {} : Object.fromEntries(settings),
    tcp: values.tcp,
    version: versionNameOf(against),
  });
  const started = performance.now();
  let told = 0;
  const { commands, differences } = await hunt(pair, {
    commands: Number(values.commands),
    seed,
    families: values.family === '' ? [] : values.family.split(','),
    most: Number(values.most),
    onDifference: (difference, at) => {
      console.log(`\n=== ${difference.name} (--seed ${at})\n${difference.transcript}\n`);
    },
    onProgress: (heard, at) => {
      if (heard - told < 50_000) return;
      told = heard;
      console.log(`${heard} commands, at seed ${at}`);
    },
  }).finally(() => pair.close());
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${commands} commands, ${differences.length} differences, ${seconds} s, seed ${seed}`,
  );
  return differences.length;
}

/** Returns 1 if it found a difference. */
async function garbage(real: RealServer): Promise<number> {
  const server = freshServer(versionNameOf(against));
  const found = await compareGarbage(server, real.socket, Number(values.bytes), seed);
  server.close();
  console.log(`${values.bytes} pieces of garbage, ${found === '' ? 'no difference' : found}`);
  return found === '' ? 0 : 1;
}
