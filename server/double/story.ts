// What a test that failed should know of its server: how to have the same chance again, and what
// was asked last.

import type { RunningServer } from '../index.ts';

export function story(server: RunningServer): string {
  const { seed } = server.random;
  return `The server of this test had the seed ${seed}: startServer({ seed: ${seed} })\n`;
}
