// When a key was used last (LRU), or how often (LFU).
//
// Each key has one number for it. Under an LRU policy, and under none, it is the server's
// LRU clock at the last use: Unix time in seconds. Under an LFU policy its lowest 8 bits
// are a counter and the 16 above them the minute of the last decay:
//
//    ........ mmmmmmmm mmmmmmmm cccccccc
//
// 255 is as far as the counter goes, so it grows by chance: the more it says already, the
// less likely one more use is to raise it (by `lfu-log-factor`). And it falls by one for each
// `lfu-decay-time` minutes without use, or keys that were popular once would stay for ever.
// Numbers of one policy make no sense to the other, in Redis as here: they mend with time.

import type { Server } from './server.ts';

const INITIAL = 5; // So that a new key is not the first to be evicted.

/** The number of a key that was just made, or came with a counter of its own. */
export function lfuInitial(nowMs: number, counter = INITIAL): number {
  return (minutes(nowMs) << 8) | counter;
}

/** The number after one more use. */
export function lfuTouch(access: number, server: Server): number {
  const counter = lfuDecay(access, server) & 255;
  const next = counter === 255 ? 255 : counter + grows(counter, server);
  return (minutes(server.clock.ms) << 8) | next;
}

/** The number after the decay that is due by now; it says how frequent the key is. */
export function lfuDecay(access: number, server: Server): number {
  const period = server.config.values['lfu-decay-time'];
  if (period === 0) return access;
  const passed = (minutes(server.clock.ms) - ((access >>> 8) & 0xffff)) & 0xffff;
  const counter = Math.max(0, (access & 255) - Math.floor(passed / period));
  return (access & ~255) | counter;
}

function grows(counter: number, server: Server): number {
  const base = Math.max(0, counter - INITIAL);
  const chance = 1 / (base * server.config.values['lfu-log-factor'] + 1);
  return server.random.next() < chance ? 1 : 0;
}

function minutes(ms: number): number {
  return Math.floor(ms / 60_000) & 0xffff;
}
