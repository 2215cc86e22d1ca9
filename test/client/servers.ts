// The servers that the client is tested against: ours, and real ones.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Client, type ClientOptions, createClient } from '../../client/index.ts';
import { type Clock, startServer } from '../../server/index.ts';
import { type RedisVersion, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';

export interface Host {
  /** A client of the server; it is closed with it. */
  create(options?: ClientOptions): Client;
  /** What such a client is made with. */
  readonly where: ClientOptions;
  /** Lets time pass for the server: ours at once, a real one by waiting. */
  pass(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Kind {
  name: string;
  protocol: 2 | 3;
  /** Fields of hashes can expire. */
  fieldsExpire: boolean;
  /** Older than 7.2. */
  old: boolean;
  /** Null where it cannot be had, for the reason that `why` gives. */
  start(): Promise<Host | null>;
  why(): string;
}

function ours(name: string, protocol: 2 | 3, inProcess: boolean): Kind {
  return {
    name,
    protocol,
    fieldsExpire: true,
    old: false,
    why: () => '',
    start: async () => {
      const server = await startServer();
      const where = inProcess ? { server } : { url: server.url };
      return hostOf({ ...where, protocol }, () => server.close(), server.clock);
    },
  };
}

function real(version: RedisVersion, protocol: 2 | 3): Kind {
  return {
    name: `real ${version}, RESP${protocol}`,
    protocol,
    fieldsExpire: version === '8.0.2',
    old: version === '7.0.15',
    why: () => whyNoRedis(version),
    start: async () => {
      const server = await startReal(version);
      if (server === null) return null;
      const { host, port } = server;
      return hostOf({ host, port, protocol }, () => server.stop());
    },
  };
}

function hostOf(where: ClientOptions, stop: () => Promise<void>, clock?: Clock): Host {
  const clients: Client[] = [];
  return {
    where,
    // A timer may fire a little before its time.
    pass: async (milliseconds) => (clock ? clock.advance(milliseconds) : pause(milliseconds + 5)),
    create: (options) => {
      const client = createClient({ ...where, ...options });
      clients.push(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await stop();
    },
  };
}

/**
 * A describe() for each kind of server, with tests that are skipped, for the reason, where there is
 * none of it.
 */
export function describeKinds(
  body: (about: { kind: Kind; host: () => Host; test: (name: string, act: Act) => void }) => void,
  among: readonly Kind[] = kinds,
): void {
  describe.each(among)('$name', (kind) => {
    let started: Host | null = null;
    beforeAll(async () => {
      started = await kind.start();
    }, 120_000);
    afterAll(() => started?.stop());
    body({
      kind,
      host: () => started!,
      test: (name, act) => {
        test(name, async (context) => {
          if (started === null) return context.skip(kind.why());
          await act();
        });
      },
    });
  });
}

type Act = () => Promise<void>;

export const kinds: readonly Kind[] = [
  ours('ours, RESP3', 3, false),
  ours('ours, RESP2', 2, false),
  ours('ours in process', 3, true),
  real('8.0.2', 3),
  real('7.0.15', 3),
  real('7.0.15', 2),
  real('valkey-8.1', 3),
];

/** Where what is written for people, rather than for every server, has to run. */
export const usualKinds: readonly Kind[] = kinds.filter(({ name }) => {
  return ['ours, RESP3', 'ours in process', 'real 8.0.2, RESP3'].includes(name);
});
