// A few rounds of what kill-nine.ts does by the hundred.

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cli, killNine } from './kill-nine.ts';

test.skipIf(!existsSync(cli)).each(['always', 'everysec'])(
  'a server that is killed has all that its clients were told (appendfsync %s)',
  async (policy) => {
    expect(await killNine({ rounds: 3, policy, seed: 7 })).toBeGreaterThan(0);
  },
);
