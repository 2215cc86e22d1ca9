// Clients that track keys, by chance, beside real Redis 8.0.2: who is told what, and between which
// replies. TRACK_STEPS=20000 takes more steps, TRACK_SEED=7 others.
//
// Every client has a connection to either server, with the same id there. In each step one of
// them sends some requests in one piece, so that both servers know where a turn ends. All bytes
// that each client hears, up to the end of a bout, have to be the same.

import { describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Wire } from '../wire.ts';

type Call = readonly string[];

const STEPS = Number(process.env['TRACK_STEPS'] ?? 4000);
const SEED = Number(process.env['TRACK_SEED'] ?? 1);
const BOUT = 40; // Steps from empty databases, and with the same clients.
const GUESTS = 5;
const LISTENER = GUESTS - 1; // The one who may subscribe, and does not track.

const KEYS = ['a', 'a', 'a', 'ab', 'ab', 'b', 'bc', 'c', 'l', 'h', 's', ''];
const NOT_QUEUED = ['HELLO 2', 'HELLO 3', 'RESET', 'CLIENT REPLY'];
const PREFIXES = ['', 'a', 'b', 'ab', 'c', 'bcd', 'l'];

function read(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  switch (chance.below(15)) {
    case 0:
    case 1:
    case 2:
      return ['GET', key()];
    case 3:
      return ['MGET', key(), key(), key()];
    case 4:
      return ['EXISTS', key(), key()];
    case 5:
      return ['HGETALL', chance.one(['h', key()])];
    case 6:
      return ['LRANGE', chance.one(['l', key()]), '0', '-1'];
    case 7:
      return ['TTL', key()];
    case 8:
      return ['OBJECT', 'ENCODING', key()];
    case 9:
      return ['SUNION', key(), key()];
    case 10:
      return ['SORT_RO', 'l', 'BY', 'nosort', 'GET', 'a*'];
    case 11:
      return ['ZUNION', '2', key(), key()];
    case 12:
      return ['WATCH', key()];
    case 13:
      return chance.one([
        ['XREAD', 'STREAMS', 's', '0'],
        ['XREAD', 'STREAMS', 's', key(), '0', '0'],
        ['XRANGE', 's', '-', '+'],
        ['XPENDING', 's', 'g'],
      ]);
    default:
      return ['DBSIZE'];
  }
}

function change(chance: Chance): Call {
  const key = () => chance.one(KEYS);
  switch (chance.below(26)) {
    case 0:
    case 1:
    case 2:
      return ['SET', key(), chance.one(['1', '2'])];
    case 3:
      return ['MSET', key(), '1', key(), '2', key(), '3'];
    case 4:
      return ['DEL', key(), key(), key()];
    case 5:
      return ['INCR', key()];
    case 6:
      return ['RENAME', key(), key()];
    case 7:
      return ['COPY', key(), key(), ...chance.one([[], ['REPLACE'], ['DB', '1']])];
    case 8:
      return ['MOVE', key(), chance.one(['0', '1'])];
    case 9:
      return ['RPUSH', chance.one(['l', key()]), 'x', 'y'];
    case 10:
      return ['LPOP', chance.one(['l', key()]), '2'];
    case 11:
      return ['LMOVE', 'l', chance.one(['l', key()]), 'LEFT', 'RIGHT'];
    case 12:
      return ['HSET', chance.one(['h', key()]), 'f', '1', 'g', '2'];
    case 13:
      return ['HDEL', 'h', 'f', 'g'];
    case 14:
      return ['PEXPIREAT', key(), chance.one(['1', '99999999999999'])];
    case 15:
      return ['HPEXPIREAT', 'h', chance.one(['1', '99999999999999']), 'FIELDS', '1', 'f'];
    case 16:
      return ['SUNIONSTORE', key(), key(), key()];
    case 17:
      return ['SELECT', chance.one(['0', '0', '0', '1'])];
    case 18:
      return ['GETDEL', key()];
    case 19:
      return ['GETEX', key(), chance.one(['PERSIST', 'PX']), ...chance.one([[], ['1000000']])];
    case 20:
      return ['PFADD', key(), 'x'];
    case 21:
      return chance.below(3) === 0
        ? [chance.one(['FLUSHALL', 'FLUSHDB']), ...chance.one([[], [], ['ASYNC'], ['SYNC']])]
        : ['PFCOUNT', key()];
    case 22:
      return chance.below(3) === 0 ? ['SWAPDB', '0', '1'] : ['UNLINK', key(), key()];
    case 23:
      return ['SETRANGE', key(), '0', chance.one(['', 'x'])];
    default:
      return stream(chance);
  }
}

function stream(chance: Chance): Call {
  return chance.one([
    ['XADD', 's', '1-*', 'f', 'v'],
    ['XADD', 's', '1-*', 'f', 'v'],
    ['XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'],
    ['XACK', 's', 'g', '1-0', '1-1', '1-2'],
    ['XDEL', 's', '1-0', '1-1'],
    ['XTRIM', 's', 'MAXLEN', '1'],
    ['XSETID', 's', '9-9'],
    ['XCLAIM', 's', 'g', 'd', '0', '1-2', 'JUSTID'],
    ['XGROUP', 'DESTROY', 's', 'g'],
  ]);
}

// Who is told first of several that track one prefix is a matter of addresses in memory. So only
// one client lets another hear of prefixes, and that one hears of nothing else.
function tracking(chance: Chance, guest: number, ids: readonly string[]): Call {
  const call = ['CLIENT', 'TRACKING', 'on'];
  if (chance.below(3) === 0) call.push('NOLOOP');
  if (chance.below(3) === 0) {
    call.push('BCAST');
    // One prefix at a time: where two overlap, 8.0.2 sends two replies (docs/differences.md).
    if (chance.below(2) === 0) call.push('PREFIX', chance.one(PREFIXES));
    if (guest === 0 && chance.below(2) === 0) call.push('REDIRECT', ids[LISTENER]);
  } else {
    if (chance.below(3) === 0) call.push('REDIRECT', chance.one(ids));
    call.push(...chance.one([[], [], ['OPTIN'], ['OPTOUT']]));
  }
  return call;
}

function about(chance: Chance, guest: number, ids: readonly string[]): Call {
  switch (chance.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return tracking(chance, guest, ids);
    case 4:
      return ['CLIENT', 'TRACKING', 'off'];
    case 5:
    case 6:
      return ['CLIENT', 'CACHING', chance.one(['yes', 'no'])];
    case 7:
      return ['CLIENT', 'TRACKINGINFO'];
    case 8:
      return ['CLIENT', 'GETREDIR'];
    case 9:
      return ['CLIENT', 'REPLY', 'SKIP'];
    case 10:
      return chance.one([['RESET'], ['NOSUCH'], ['GET']]);
    default:
      return ['HELLO', chance.one(['2', '3', '3'])];
  }
}

function listening(chance: Chance): Call {
  switch (chance.below(5)) {
    case 0:
    case 1:
      return ['SUBSCRIBE', '__redis__:invalidate'];
    case 2:
      return ['UNSUBSCRIBE'];
    case 3:
      return ['HELLO', chance.one(['2', '3'])];
    default:
      return ['SET', chance.one(KEYS), 'v'];
  }
}

/** What one client sends in one piece: a few requests, or a transaction and something around it. */
function step(chance: Chance, guest: number, ids: readonly string[]): Call[] {
  if (guest === LISTENER) return [listening(chance)];
  const one = (): Call => {
    const kind = chance.below(10);
    if (kind < 4) return read(chance);
    return kind < 8 ? change(chance) : about(chance, guest, ids);
  };
  const some = (): Call[] => Array.from({ length: 1 + chance.below(4) }, one);
  if (chance.below(4) !== 0) return some();
  if (chance.below(4) === 0) {
    return [['CLIENT', 'REPLY', 'OFF'], ...some(), ['CLIENT', 'REPLY', 'ON']];
  }
  const queued = some().filter((call) => !NOT_QUEUED.includes(call.slice(0, 2).join(' ')));
  return [
    ...(chance.below(2) === 0 ? [about(chance, guest, ids)] : []),
    ['MULTI'],
    ...queued,
    [chance.one(['EXEC', 'EXEC', 'EXEC', 'DISCARD'])],
  ];
}

/** A client of both servers. */
class Guest {
  readonly id: string;
  readonly ours: Wire;
  readonly theirs: Wire;
  private heardTheirs = '';

  constructor(id: string, ours: Wire, theirs: Wire) {
    this.id = id;
    this.ours = ours;
    this.theirs = theirs;
  }

  /** Lets both servers carry out these calls, and whatever that leads to. */
  async send(calls: readonly Call[], end: Call): Promise<void> {
    // The first PING is for CLIENT REPLY SKIP, should that have been the last of them.
    const bytes = [...calls, ['PING'], end].map(encode).join('');
    this.ours.send(bytes);
    this.theirs.send(bytes);
    await this.hear(end.at(-1)!);
  }

  /** What each server has told this client since the last time. */
  heard(): { ours: string; theirs: string } {
    let ours = '';
    for (let reply = this.ours.take(); reply !== null; reply = this.ours.take()) ours += reply.raw;
    const theirs = this.heardTheirs;
    this.heardTheirs = '';
    return { ours, theirs };
  }

  /** Takes what the real server says up to the reply with this word. */
  private async hear(word: string): Promise<void> {
    for (;;) {
      const { raw } = await this.theirs.next();
      this.heardTheirs += raw;
      if (raw.includes(word)) return;
    }
  }

  close(): void {
    this.ours.close();
    this.theirs.close();
  }
}

class Duel {
  readonly guests: Guest[] = [];
  private readonly server: Server;
  private readonly real: RealServer;
  private nextId = 1; // Of our next client.
  private marks = 0;

  constructor(real: RealServer) {
    this.real = real;
    const config = new Config();
    config.options({ 'enable-debug-command': 'yes' });
    this.server = new Server(config, { seed: 1 });
  }

  /** New clients, each with the same id on either side. */
  async invite(): Promise<void> {
    for (const guest of this.guests.splice(0)) guest.close();
    while (this.guests.length < GUESTS) {
      const theirs = await overSocket({ path: this.real.socket });
      const id = (await theirs.ask('CLIENT', 'ID')).text;
      for (; this.nextId < Number(id); this.nextId++) inProcess(this.server).close();
      const ours = inProcess(this.server);
      this.nextId++;
      expect((await ours.ask('CLIENT', 'ID')).text).toBe(id);
      this.guests.push(new Guest(id, ours, theirs));
    }
    await this.guests[0].send([['FLUSHALL']], this.mark());
    for (const guest of this.guests) guest.heard();
  }

  /** Ends a client on both sides; its id stays a number that others may redirect to. */
  async dismiss(at: number): Promise<void> {
    const [guest] = this.guests.splice(at, 1);
    guest.close();
    const { theirs } = this.guests[0];
    const watcher = await overSocket({ path: this.real.socket });
    while ((await watcher.ask('CLIENT', 'LIST', 'ID', guest.id)).text !== '');
    watcher.close();
    expect(theirs.closed).toBe(false);
  }

  async step(guest: Guest, calls: readonly Call[]): Promise<void> {
    await guest.send(calls, this.mark());
  }

  /** What every client has heard, on either side. */
  async heard(): Promise<{ ours: string; theirs: string }[]> {
    for (const guest of this.guests) await guest.send([], this.mark());
    return this.guests.map((guest) => guest.heard());
  }

  close(): void {
    for (const guest of this.guests) guest.close();
    this.server.close();
  }

  private mark(): Call {
    return ['PING', `mark ${this.marks++}`];
  }
}

const here = await realRedis('8.0.2');
if (here === null) process.stderr.write(`\n*** NOT RUN: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(here === null)('clients that track keys, beside real Redis', () => {
  test('everybody is told the same, in the same order among the replies', async () => {
    const real = (await startReal('8.0.2'))!;
    const duel = new Duel(real);
    const chance = new Chance(SEED);
    try {
      for (let bout = 0; bout * BOUT < STEPS; bout++) {
        await duel.invite();
        const log: string[] = [];
        const ids = duel.guests.map(({ id }) => id);
        for (const guest of duel.guests) {
          await duel.step(guest, [['HELLO', chance.one(['2', '3', '3'])]]);
          const at = ids.indexOf(guest.id);
          if (at !== LISTENER) await duel.step(guest, [tracking(chance, at, ids)]);
        }
        for (let n = 0; n < BOUT; n++) {
          if (n === BOUT / 2 && chance.below(2) === 0) {
            log.push(`${ids[1]} leaves`);
            await duel.dismiss(1);
          }
          const guest = chance.one(duel.guests);
          const calls = step(chance, ids.indexOf(guest.id), ids);
          log.push(`${guest.id}> ${calls.map((call) => call.join(' ')).join(' ; ')}`);
          await duel.step(guest, calls);
        }
        const heard = await duel.heard();
        heard.forEach(({ ours, theirs }, i) => {
          const who = `client ${duel.guests[i].id} of bout ${bout}`;
          expect(withoutModules(ours), `${who}\n${log.join('\n')}`).toBe(withoutModules(theirs));
        });
      }
    } finally {
      duel.close();
      await real.stop();
    }
  }, 120_000);
});

/** HELLO names the modules, which Redis's own build has and ours has not. */
function withoutModules(heard: string): string {
  return heard.replace(
    /(\$7\r\nmodules\r\n)(\*0|\*1\r\n[*%]\d+\r\n(\$\d+\r\n\w*\r\n|:1\r\n)*\*0)\r\n/g,
    '$1',
  );
}
