// A party: clients that come, talk, wait and leave, of our server and of real Redis 8.0.2 at once,
// every second of them in RESP3. After each step everybody has to have been told the same, and the
// data sets have to be equal.
//
// Ours answers at once. Whoever has an answer from ours has to get the same from the other, and
// whoever has none has to be among those who wait there.

import { expect } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

export type Call = readonly string[];
type Guest = {
  readonly ours: Wire;
  readonly theirs: Wire;
  readonly owed: Call[];
  readonly ids: string[];
};

/** What one client sends in one go: a command, several behind each other, or a transaction. */
export type Draw = (chance: Chance) => Call[];

/** A reply without what may differ. */
export type Told = (reply: Reply, call: Call) => string;

const BOUT = 50; // Steps from empty databases on.
const GUESTS = 5;

class Party {
  readonly guests: Guest[] = [];
  private readonly server: Server;
  private readonly socket: string;

  private readonly told: Told;

  constructor(server: Server, socket: string, told: Told) {
    this.server = server;
    this.socket = socket;
    this.told = told;
  }

  async enter(): Promise<Guest> {
    const ours = inProcess(this.server);
    const theirs = await overSocket({ path: this.socket });
    if (this.guests.length % 2 === 1) {
      await ours.ask('HELLO', '3');
      await theirs.ask('HELLO', '3');
    }
    const ids = [(await ours.ask('CLIENT', 'ID')).text, (await theirs.ask('CLIENT', 'ID')).text];
    const guest = { ours, theirs, owed: [], ids };
    this.guests.push(guest);
    return guest;
  }

  send(guest: Guest, calls: readonly Call[]): void {
    const bytes = calls.map(encode).join('');
    guest.owed.push(...calls);
    guest.theirs.send(bytes);
    guest.ours.send(bytes);
  }

  /** Compares what everybody was told, and how many wait. `host` never waits. */
  async settle(host: Guest, story: () => string): Promise<void> {
    for (const guest of this.guests) {
      for (let reply = guest.ours.take(); reply !== null; reply = guest.ours.take()) {
        const call = guest.owed.shift()!;
        const other = await guest.theirs.next();
        if (reply.raw === other.raw) continue;
        const [mine, yours] = [this.told(reply, call), this.told(other, call)];
        if (mine !== yours) expect(mine, `${story()}\n${call.join(' ')}`).toBe(yours);
      }
    }
    const waiting = this.guests.filter((guest) => guest.owed.length > 0).length;
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

async function bout(party: Party, chance: Chance, draw: Draw, probe: Call[]): Promise<void> {
  const host = await party.enter();
  const story: string[] = [];
  const told = () => story.join('\n');
  party.send(host, [['FLUSHALL']]);
  for (let i = 0; i < GUESTS; i++) await party.enter();
  for (let step = 0; step < BOUT; step++) {
    const at = 1 + chance.below(GUESTS);
    const guest = party.guests[at];
    if (guest.owed.length === 0) {
      const calls = draw(chance);
      story.push(`${at}> ${calls.map((call) => call.join(' ')).join(' | ')}`);
      party.send(guest, calls);
    } else if (chance.below(6) === 0) {
      const how = chance.one(['TIMEOUT', 'ERROR']);
      story.push(`unblock ${at} ${how}`);
      host.owed.push(['CLIENT', 'UNBLOCK']);
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
    party.send(host, probe);
    await party.settle(host, told);
  }
  for (const guest of [...party.guests]) party.leave(guest);
}

/** Plays so many steps; after each, what `probe` asks has to be answered the same as well. */
export async function playParty(
  steps: number,
  seed: number,
  draw: Draw,
  probe: Call[] = [['DEBUG', 'DIGEST']],
  told: Told = (reply) => reply.raw,
): Promise<void> {
  const real = (await startReal('8.0.2'))!;
  const config = new Config();
  config.options({ 'enable-debug-command': 'yes' });
  const server = new Server(config, { seed: 1 });
  const chance = new Chance(seed);
  try {
    for (let step = 0; step < steps; step += BOUT) {
      await bout(new Party(server, real.socket, told), chance, draw, probe);
    }
  } finally {
    server.close();
    await real.stop();
  }
}
