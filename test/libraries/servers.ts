// Where the libraries are tried: on a fresh server of ours, over TCP; and, so that a test is known
// to expect what is true, on real Redis, which is started once for a file and emptied for each
// test.

import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { type ServerOptions, startServer } from '../../server/index.ts';
import { whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

export type Place = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly real?: true;
  /** The client to use, for libraries that know more than one, or for one without a socket. */
  readonly through?: 'node-redis' | 'in process';
};

/** A test by its name. */
export type Tests = Readonly<Record<string, (place: Place) => Promise<void>>>;

type After = (place: Place) => Promise<void>;

/** Runs tests on a fresh server of ours each. `after` runs behind each, whether it failed or not. */
export function onOurServer(
  library: string,
  tests: Tests,
  after: After = async () => {},
  options: ServerOptions = {},
): void {
  describe(`${library}, on our server`, () => {
    for (const [name, work] of Object.entries(tests)) {
      test(name, async () => {
        await using server = await startServer(options);
        await work(server).finally(() => after(server));
      });
    }
  });
}

/** Runs tests on both servers. */
export function onBothServers(library: string, tests: Tests, after: After = async () => {}): void {
  onOurServer(library, tests, after);

  describe(`${library}, on real Redis`, () => {
    let real: RealServer | null = null;
    beforeAll(async () => {
      real = await startReal('8.0.2');
      if (real === null) console.warn(`*** NO Redis for ${library}: ${whyNoRedis('8.0.2')} ***`);
    });
    afterAll(() => real?.stop());
    for (const [name, work] of Object.entries(tests)) {
      test(name, async (context) => {
        if (real === null) return context.skip(whyNoRedis('8.0.2'));
        const { host, port } = real;
        const place = { host, port, url: `redis://${host}:${port}`, real: true } as const;
        const redis = new Redis(place.url);
        await redis.flushall();
        await redis.script('FLUSH');
        await redis.quit();
        await work(place).finally(() => after(place));
      });
    }
  });
}

/** Comes back when the condition holds; fails after 20 seconds with what it last said. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const check = async () => {
    if (!(await condition())) throw new Error(`never came true: ${condition}`);
  };
  await vi.waitFor(check, { timeout: 20_000, interval: 5 });
}
