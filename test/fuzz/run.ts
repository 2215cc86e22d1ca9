// The long hunt: npm run fuzz -- [--commands 100000] [--seed 1] [--family string,generic]
//                                [--most 20] [--bytes 100000]
//
// Without a seed it takes another one each time. It prints what it finds as redis-cli transcripts, and
// ends with 1 if it found anything.

import { parseArgs } from 'node:util';
import { whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';
import { Pair } from './differential.ts';
import { hunt } from './hunt.ts';

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    family: { type: 'string', default: '' },
    most: { type: 'string', default: '20' },
  },
});

const real = await startReal('8.0.2');
if (real === null) throw new Error(`nothing to compare with: ${whyNoRedis('8.0.2')}`);
const pair = new Pair(real);
const seed = Number(values.seed);
const started = performance.now();
let told = 0;
console.log(`seed ${seed}`);
try {
  const { commands, differences } = await hunt(pair, {
    commands: Number(values.commands),
    seed,
    families: values.family === '' ? [] : values.family.split(','),
    most: Number(values.most),
    onDifference: (difference, at) => {
      console.log(`\n=== ${difference.name} (--seed ${at})\n${difference.transcript}\n`);
    },
    onProgress: (heard, at) => {
      if (heard - told < 20_000) return;
      told = heard;
      console.log(`${heard} commands, at seed ${at}`);
    },
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${commands} commands, ${differences.length} differences, ${seconds} s, seed ${seed}`,
  );
  process.exitCode = differences.length > 0 ? 1 : 0;
} finally {
  pair.close();
  await real.stop();
}
