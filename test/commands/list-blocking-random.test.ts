// Clients that wait for keys, by chance, beside real Redis 8.0.2: who is served, with what, in which
// step. WAIT_STEPS=20000 takes more of them, WAIT_SEED=7 others.
//
// Ours answers at once. Whoever has an answer from ours has to get the same from the other, and
// whoever has none has to be among those who wait there.
//
// Without SWAPDB: of the keys that it brings at once, Redis serves first whichever comes first in
// a hash table with a seed of its own.

import { describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Wire } from '../wire.ts';

type Call = readonly string[];
type Guest = { readonly ours: Wire; readonly theirs: Wire; owed: number; readonly ids: string[] };

const STEPS = Number(process.env['WAIT_STEPS'] ?? 1500);
const SEED = Number(process.env['WAIT_SEED'] ?? 1);
const BOUT = 50; // Steps from empty databases on.
const GUESTS = 5;

const KEYS = ['a', 'a', 'b', 'c'];

function change(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  const end = () => chance.one(['LEFT', 'RIGHT']);
  switch (chance.below(14)) {
    case 0:
    case 1:
    case 2:
      return [chance.one(['LPUSH', 'RPUSH']), key(), ...['1', '2', '3'].slice(chance.below(3))];
    case 3:
      return ['ZADD', key(), '1', 'x', '2', 'y'];
    case 4:
      return ['DEL', key(), key()];
    case 5:
      return ['SET', key(), 'v'];
    case 6:
      return ['RENAME', key(), key()];
    case 7:
      return ['COPY', key(), key(), ...(chance.below(2) === 0 ? ['REPLACE'] : [])];
    case 8:
      return ['MOVE', key(), chance.one(['0', '1'])];
    case 9:
      return ['LTRIM', key(), '1', '-1'];
    case 10:
      return ['LMOVE', key(), key(), end(), end()];
    case 11:
      return ['PEXPIREAT', key(), chance.one(['1', '99999999999999'])];
    case 12:
      return ['SELECT', chance.one(['0', '0', '1'])];
    default:
      return ['LREM', key(), '0', '2'];
  }
}

function wait(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  const end = () => chance.one(['LEFT', 'RIGHT']);
  switch (chance.below(7)) {
    case 0:
      return ['BLPOP', key(), '0'];
    case 1:
      return ['BRPOP', key(), key(), '0'];
    case 2:
      return ['BLMOVE', key(), key(), end(), end(), '0'];
    case 3:
      return ['BRPOPLPUSH', key(), key(), '0'];
    case 4:
      return ['BLMPOP', '0', '2', key(), key(), end(), 'COUNT', chance.one(['1', '2'])];
    case 5:
      return ['BZPOPMIN', key(), key(), '0'];
    default:
      return ['BZMPOP', '0', '1', key(), 'MAX'];
  }
}

/** What one client sends in one go: a command, several behind each other, or a transaction. */
function draw(chance: Chance): Call[] {
  const some = () => Array.from({ length: 1 + chance.below(4) }, () => change(chance));
  switch (chance.below(6)) {
    case 0:
      return [['MULTI'], ...some().filter(([name]) => name !== 'SELECT'), wait(chance), ['EXEC']];
    case 1:
    case 2:
      return [wait(chance)];
    case 3:
      return [wait(chance), ...some()];
    default:
      return some();
  }
}

class Party {
  readonly guests: Guest[] = [];
  private readonly server: Server;
  private readonly socket: string;

  constructor(server: Server, socket: string) {
    this.server = server;
    this.socket = socket;
  }

  async enter(): Promise<Guest> {
    const ours = inProcess(this.server);
    const theirs = await overSocket({ path: this.socket });
    const ids = [(await ours.ask('CLIENT', 'ID')).text, (await theirs.ask('CLIENT', 'ID')).text];
    const guest = { ours, theirs, owed: 0, ids };
    this.guests.push(guest);
    return guest;
  }

  send(guest: Guest, calls: readonly Call[]): void {
    const bytes = calls.map(encode).join('');
    guest.owed += calls.length;
    guest.theirs.send(bytes);
    guest.ours.send(bytes);
  }

  /** Compares what everybody was told, and how many wait. `host` never waits. */
  async settle(host: Guest, story: () => string): Promise<void> {
    for (const guest of this.guests) {
      for (let reply = guest.ours.take(); reply !== null; reply = guest.ours.take()) {
        guest.owed--;
        const other = await guest.theirs.next();
        expect(reply.raw, reply.raw === other.raw ? '' : story()).toBe(other.raw);
      }
    }
    const waiting = this.guests.filter((guest) => guest.owed > 0).length;
    for (let looks = 0; looks < 2000; looks++) {
      const { text } = await host.theirs.ask('INFO', 'clients');
      if (text.includes(`blocked_clients:${waiting}\r\n`)) return;
    }
    throw new Error(`${story()}\n${waiting} clients wait, but not beside`);
  }

  leave(guest: Guest): void {
    guest.ours.close();
    guest.theirs.close();
    this.guests.splice(this.guests.indexOf(guest), 1);
  }
}

const here = (await realRedis('8.0.2')) !== null;
if (!here) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

async function bout(party: Party, chance: Chance): Promise<void> {
  const host = await party.enter();
  const story: string[] = [];
  const told = () => story.join('\n');
  party.send(host, [['FLUSHALL']]);
  for (let i = 0; i < GUESTS; i++) await party.enter();
  for (let step = 0; step < BOUT; step++) {
    const at = 1 + chance.below(GUESTS);
    const guest = party.guests[at];
    if (guest.owed === 0) {
      const calls = draw(chance);
      story.push(`${at}> ${calls.map((call) => call.join(' ')).join(' | ')}`);
      party.send(guest, calls);
    } else if (chance.below(6) === 0) {
      const how = chance.one(['TIMEOUT', 'ERROR']);
      story.push(`unblock ${at} ${how}`);
      host.owed++;
      host.theirs.send(encode(['CLIENT', 'UNBLOCK', guest.ids[1], how]));
      host.ours.send(encode(['CLIENT', 'UNBLOCK', guest.ids[0], how]));
    } else if (chance.below(10) === 0) {
      story.push(`${at} leaves`);
      party.leave(guest);
      party.guests.splice(at, 0, await party.enter());
      party.guests.pop();
    } else {
      continue;
    }
    await party.settle(host, told);
    party.send(host, [['DEBUG', 'DIGEST']]);
    await party.settle(host, told);
  }
  party.send(host, [['DEBUG', 'DIGEST']]);
  await party.settle(host, told);
  for (const guest of [...party.guests]) party.leave(guest);
}

describe.skipIf(!here)('beside real Redis 8.0.2', () => {
  test(`in ${STEPS} steps the same clients are served (seed ${SEED})`, async () => {
    const real = (await startReal('8.0.2'))!;
    const config = new Config();
    config.options({ 'enable-debug-command': 'yes' });
    const server = new Server(config, { seed: 1 });
    const chance = new Chance(SEED);
    try {
      for (let step = 0; step < STEPS; step += BOUT) {
        await bout(new Party(server, real.socket), chance);
      }
    } finally {
      server.close();
      await real.stop();
    }
  });
});
