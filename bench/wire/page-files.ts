// What docs/performance.md says of saving and loading.

import { bold, spelled, thousands } from './page.ts';
import {
  median,
  type Pauses,
  type PauseSample,
  ratioOf,
  type Saving,
  type SavingSample,
} from './result.ts';

/** As a ratio of our time to redis-server's. */
export const FILES_GOAL = 1.5;

export function savingTable(saving: readonly Saving[]): string[] {
  return [
    'Files: SAVE as a client sees it, and loading at the start as the log tells.',
    '',
    '| what | | ratio of times | ours | Redis |',
    '|---|---|---:|---:|---:|',
    ...saving.flatMap((each) => [
      row(each, 'save', (sample) => sample.saveSeconds),
      row(each, 'load', (sample) => sample.loadSeconds),
    ]),
  ];
}

function row(each: Saving, does: string, of: (sample: SavingSample) => number): string {
  const ours = each.ours.map(of);
  const redis = each.redis.map(of);
  const what = `${thousands(each.count)} ${each.what}`;
  const figures = `${median(ours).toFixed(2)} s | ${median(redis).toFixed(2)} s`;
  return `| ${what} | ${does} | ${bold(ratioOf(ours, redis), FILES_GOAL)} | ${figures} |`;
}

/** The lines of a measurement on the terminal. */
export function savingLines({ what, count, ours, redis }: Saving): string[] {
  return (['save', 'load'] as const).map((does) => {
    const of = (sample: SavingSample) => sample[`${does}Seconds`];
    const [mine, theirs] = [ours.map(of), redis.map(of)];
    return (
      `${does} ${thousands(count)} ${what}: ${spelled(ratioOf(mine, theirs))}, ` +
      `${median(mine).toFixed(2)} : ${median(theirs).toFixed(2)} s`
    );
  });
}

export function pausesTable(pauses: readonly Pauses[]): string[] {
  return [
    'What a client waits for the answer to GET while twenty others write as fast as they can: median,',
    '99.9th percentile and longest, before and during a BGSAVE or a BGREWRITEAOF (with',
    '`appendfsync everysec`); and how long that took.',
    '',
    '| keys | during | server | before: p50 | p99.9 | max | during: p50 | p99.9 | max | it took |',
    '|---|---|---|---:|---:|---:|---:|---:|---:|---:|',
    ...pauses.flatMap(({ during, count, ours, redis }) => [
      `| ${thousands(count)} | ${during} | ours | ${waits(ours).join(' | ')} |`,
      `| ${thousands(count)} | ${during} | Redis | ${waits(redis).join(' | ')} |`,
    ]),
  ];
}

export function pausesLines({ during, count, ours, redis }: Pauses): string[] {
  const head = `${thousands(count)} keys, p50, p99.9, max before and during ${during}`;
  return [`${head}, ours: ${waits(ours).join(', ')}`, `${head}, Redis: ${waits(redis).join(', ')}`];
}

function waits(samples: readonly PauseSample[]): string[] {
  const ms = (of: (sample: PauseSample) => number) => `${median(samples.map(of)).toFixed(2)} ms`;
  return [
    ms(({ before }) => before.p50),
    ms(({ before }) => before.p999),
    ms(({ before }) => before.max),
    ms(({ during }) => during.p50),
    ms(({ during }) => during.p999),
    ms(({ during }) => during.max),
    `${median(samples.map(({ seconds }) => seconds)).toFixed(1)} s`,
  ];
}
