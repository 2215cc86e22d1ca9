// Two servers get the same bytes, ours and a real one: calls drawn by chance from a few keys,
// lengths and numbers. Everything that a caller can notice has to be the same: every reply
// to the byte, the keyspace events in their order, the count of changes, and what is left.

import { describe, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

export type Call = readonly string[];

/** Whether two replies to a call say the same, though their bytes may differ. */
export type Agree = (call: Call, ours: Reply, real: Reply) => boolean;

const identical: Agree = (_call, ours, real) => ours.raw === real.raw;

const MAX = 1024 * 1024; // Bytes of the longest string, so that the limit can be reached quickly.
const END = 'the end of this bout';
const BOUT = 40; // Calls from empty databases on.
const CALLS = Number(process.env['DUEL_CALLS'] ?? 4000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);

/** Draws calls that meet at a few keys. */
export abstract class Caller {
  protected readonly chance: Chance;
  private readonly lists: boolean;

  /** With `lists`, the key 'list' holds one now and then. */
  constructor(seed: number, lists: boolean) {
    this.chance = new Chance(seed);
    this.lists = lists;
  }

  protected abstract call(): string[];
  /** A word that may stand anywhere. */
  protected abstract word(): string;

  /** Calls from empty databases on, some of them with a word too few or too many. */
  bout(): Call[] {
    const calls: Call[] = this.lists && this.rarely(3) ? [['RPUSH', 'list', 'x']] : [];
    while (calls.length < BOUT) {
      const call = this.call();
      if (this.rarely(60) && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
      if (this.rarely(60)) call.splice(1 + this.below(call.length), 0, this.word());
      calls.push(call);
    }
    return calls;
  }

  protected below(n: number): number {
    return this.chance.below(n);
  }

  protected rarely(n: number): boolean {
    return this.chance.below(n) === 0;
  }

  protected one<T>(of: readonly T[]): T {
    return this.chance.one(of);
  }
}

/** Tests that what a caller draws does the same to both. */
export async function duelByChance(
  what: string,
  Kind: new (seed: number, lists: boolean) => Caller,
): Promise<void> {
  const there = (await realRedis('8.0.2')) !== null;
  if (!there) process.stderr.write(`\n*** NOT COMPARED (${what}): ${whyNoRedis('8.0.2')} ***\n`);
  describe.skipIf(!there)(`${what} commands by chance`, () => {
    for (const resp3 of [false, true]) {
      test(
        `answer, announce and leave what real Redis does (RESP${resp3 ? 3 : 2}, seed ${SEED})`,
        async () => {
          const duel = await Duel.open(resp3);
          try {
            const caller = new Kind(SEED * 2 + Number(resp3), duel.knows('rpush'));
            for (let played = 0; played < CALLS / 2; played += BOUT) {
              await duel.play(caller.bout());
            }
          } finally {
            await duel.close();
          }
        },
        Math.max(20_000, CALLS * 5),
      );
    }
  });
}

export class Duel {
  private readonly real: RealServer;
  private readonly server: Server;
  private readonly ours: Wire;
  private readonly theirs: Wire;
  private readonly listener: Wire;
  private readonly events: string[] = [];

  private constructor(real: RealServer, theirs: Wire, listener: Wire) {
    this.real = real;
    this.theirs = theirs;
    this.listener = listener;
    const config = new Config();
    config.options({ 'proto-max-bulk-len': MAX, 'enable-debug-command': 'yes' });
    this.server = new Server(config, { seed: 1 });
    this.server.onKeyEvent = (db, key, event) => this.events.push(`${db} ${event} ${key}`);
    this.ours = inProcess(this.server);
  }

  /** Starts both servers. Real Redis has to be there. */
  static async open(resp3: boolean): Promise<Duel> {
    const options = ['--notify-keyspace-events', 'EAnm', '--proto-max-bulk-len', String(MAX)];
    const real = (await startReal('8.0.2', options))!;
    const listener = await overSocket({ path: real.socket });
    await listener.ask('PSUBSCRIBE', '*');
    const duel = new Duel(real, await overSocket({ path: real.socket }), listener);
    if (resp3) await duel.both([['HELLO', '3']]);
    // Keys expire when they are asked for, and at no other time: that would be chance.
    await duel.both([['DEBUG', 'SET-ACTIVE-EXPIRE', '0']]);
    return duel;
  }

  /** Whether our server has a command. */
  knows(name: string): boolean {
    return this.server.commands.find(name) !== undefined;
  }

  async close(): Promise<void> {
    this.server.close();
    this.theirs.close();
    this.listener.close();
    await this.real.stop();
  }

  /** Plays the calls to both, from empty databases on. Throws an Error that tells a difference. */
  async play(calls: readonly Call[], agree = identical): Promise<void> {
    await this.both([['FLUSHALL']]);
    await this.newEvents();
    const before = await this.changes();
    const replies = await this.both(calls);
    for (let i = 0; i < calls.length; i++) {
      const { ours, real } = replies[i];
      if (!agree(calls[i], ours, real)) throw new Error(told(calls.slice(0, i + 1), ours, real));
    }
    const events = await this.newEvents();
    if (events.ours.join() !== events.real.join()) {
      throw new Error(`${shown(calls)}\nevents: ${events.ours}\n  real: ${events.real}`);
    }
    const after = await this.changes();
    if (after.ours - before.ours !== after.real - before.real) {
      const [ours, real] = [after.ours - before.ours, after.real - before.real];
      throw new Error(`${shown(calls)}\nchanges: ${ours}, real: ${real}`);
    }
    await this.compareWhatIsLeft(calls);
  }

  private async compareWhatIsLeft(calls: readonly Call[]): Promise<void> {
    const keys = new Set(calls.flat().filter((word) => word.length < 20));
    const questions = [...keys].flatMap((key) => [
      ['TYPE', key],
      ['OBJECT', 'ENCODING', key],
      ['PEXPIRETIME', key],
      ['MGET', key],
      ['DEBUG', 'DIGEST-VALUE', key],
    ]);
    const left = await this.both([['DBSIZE'], ...questions]);
    left.forEach(({ ours, real }, i) => {
      const question = i === 0 ? ['DBSIZE'] : questions[i - 1];
      if (question[0] === 'PEXPIRETIME' && near(ours, real, calls)) return;
      if (ours.raw !== real.raw) throw new Error(told([...calls, question], ours, real));
    });
  }

  private async both(calls: readonly Call[]): Promise<{ ours: Reply; real: Reply }[]> {
    const bytes = calls.map(encode).join('');
    this.theirs.send(bytes);
    this.ours.send(bytes);
    const replies: { ours: Reply; real: Reply }[] = [];
    for (let i = 0; i < calls.length; i++) {
      // All is there at once, unless DEBUG SLEEP is among the calls.
      const ours = this.ours.take() ?? (await this.ours.next());
      replies.push({ ours, real: await this.theirs.next() });
    }
    return replies;
  }

  /** What was announced since the last time, as 'db event key'. */
  private async newEvents(): Promise<{ ours: string[]; real: string[] }> {
    const real: string[] = [];
    await this.theirs.ask('PUBLISH', 'end', END);
    for (;;) {
      const [, , channel, message] = (await this.listener.next()).items;
      if (message.text === END) break;
      const [, db, event] = /^__keyevent@([0-9]+)__:(.*)$/s.exec(channel.text)!;
      real.push(`${db} ${event} ${message.text}`);
    }
    return { ours: this.events.splice(0), real };
  }

  private async changes(): Promise<{ ours: number; real: number }> {
    const { text } = await this.theirs.ask('INFO', 'persistence');
    const [, real] = /rdb_changes_since_last_save:([0-9]+)/.exec(text)!;
    return { ours: this.server.dirty, real: Number(real) };
  }
}

/** Whether two times were counted from two servers' nows, rather than given, and are the same. */
function near(ours: Reply, real: Reply, calls: readonly Call[]): boolean {
  const given = calls.some((argv) =>
    argv.some((word) => word.length > 5 && real.text.startsWith(word)),
  );
  const [mine, theirs] = [Number(ours.text), Number(real.text)];
  return !given && mine > 0 && theirs > 0 && Math.abs(mine - theirs) < 10_000;
}

function told(calls: readonly Call[], ours: Reply, real: Reply): string {
  return `${shown(calls)}\nours: ${short(ours.raw)}\nreal: ${short(real.raw)}`;
}

function shown(calls: readonly Call[]): string {
  return calls.map((argv) => argv.map(short).join(' ')).join('\n');
}

function short(bytes: string): string {
  const quoted = JSON.stringify(bytes);
  return quoted.length < 200 ? quoted : `${quoted.slice(0, 90)}...(${bytes.length})`;
}
