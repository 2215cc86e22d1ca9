// Whole programs of Lua by chance, here and in real Redis: what they say, or how they fail.
//
//   LUA_CASES=200000 LUA_SEED=7 npx vitest run test/lua/programs-real.test.ts
//   LUA_CASE=7000123 npx vitest run test/lua/programs-real.test.ts
//
// Most are run by one script, many at a time; some are scripts themselves, so that what a client
// is told of an error is compared too; and of some a few words are lost, so that they are no Lua,
// most of the time. Each case has a seed of its own, which is printed with what is left of the
// case when everything that the difference does not need was taken out of it.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';
import { DRIVER, HEAD, mangled, ProgramMaker } from './program-maker.ts';

// JavaScript's NaN has no sign, C's shows it: -nan is what processors make of 0/0, and -(0/0) is
// nan. IEEE 754 leaves open what it is. A program that goes on with such a text, as with its length,
// is given the other one as well.
const nan = vi.hoisted(() => ({ text: '-nan' }));
vi.mock('../../lua/numbers.ts', async (original) => {
  const numbers = await original<typeof import('../../lua/numbers.ts')>();
  const { formatNumber, formatGeneral } = numbers;
  return {
    ...numbers,
    formatNumber: (n: number) => (n === n ? formatNumber(n) : nan.text),
    formatGeneral: (n: number, digits: number) => (n === n ? formatGeneral(n, digits) : nan.text),
  };
});

const CASES = Number(process.env['LUA_CASES'] ?? 2000);
const SEED = Number(process.env['LUA_SEED'] ?? 1);
const MOST_SHOWN = Number(process.env['LUA_SHOWN'] ?? 10);
const BATCH = 100;
const ONLY = process.env['LUA_CASE']; // The seed of a single case.
const FORGET = 50; // Batches until scripts that were loaded are forgotten.

const LOADSTRING = 'local _, problem = loadstring(ARGV[1], ARGV[2]) return problem or "fine"';
const PARTS = 'local say, turn, cut = type, type, tostring';

type How = 'run' | 'eval' | 'load' | 'loadstring';
type Case = {
  readonly seed: number;
  readonly text: string;
  readonly statements: string[];
  readonly how: How;
};
type Difference = { seed: number; how: How; text: string; ours: string; real: string };

function caseOf(seed: number): Case {
  const chance = new Chance(seed);
  const statements = new ProgramMaker(chance).program().map((each) => `${each}\n`);
  const dice = chance.below(20);
  const program = statements.join('');
  if (dice < 14) return { seed, text: program, statements, how: 'run' };
  // A script of its own has no turn(), so it is one without loops.
  const loops = /\b(?:while|for|repeat|function)\b/.test(program);
  if (dice < 16 && !loops) return { seed, text: program, statements, how: 'eval' };
  const text = mangled(program, chance);
  return { seed, text, statements: [text], how: dice === 16 ? 'loadstring' : 'load' };
}

function requestOf({ how, text, seed }: Case): string[] {
  if (how === 'run') return ['EVAL', DRIVER, '0', `${HEAD}\n${text}`];
  if (how === 'eval') return ['EVAL', `${PARTS}\n${text}`, '0'];
  if (how === 'load') return ['SCRIPT', 'LOAD', text];
  const name = ['=name', '@file.lua', text, `=${'long'.repeat(30)}`, `@${'a/'.repeat(50)}`][
    seed % 5
  ];
  return ['EVAL', LOADSTRING, '0', text, name];
}

class Duel {
  private readonly ours: Wire;
  private readonly theirs: Wire;

  constructor(ours: Wire, theirs: Wire) {
    this.ours = ours;
    this.theirs = theirs;
  }

  close(): void {
    this.ours.close();
    this.theirs.close();
  }

  /** What both say to the same cases. */
  async play(cases: readonly Case[]): Promise<[ours: string, real: string][]> {
    const programs = cases.filter(({ how }) => how === 'run');
    const others = cases.filter(({ how }) => how !== 'run');
    const run = ['EVAL', DRIVER, '0', ...programs.map(({ text }) => `${HEAD}\n${text}`)];
    const said = await this.ask([run, ...others.map(requestOf)]);
    if (said[0].some(({ isError }) => isError)) throw new Error(said[0].map((r) => r.text).join());
    const [ours, theirs] = said[0].map((reply) => [...reply.items]);
    let next = 1;
    return cases.map(({ how }) => {
      const pair = how === 'run' ? [ours.shift()!, theirs.shift()!] : said[next++];
      return [comparable(pair[0]), comparable(pair[1])];
    });
  }

  /** Whether both say the same if NaN is spelled without its sign. */
  async agreeWithoutSign(one: Case): Promise<boolean> {
    nan.text = 'nan';
    const [[ours, real]] = await this.play([one]);
    nan.text = '-nan';
    return alike(one.text, ours, real);
  }

  async ask(requests: readonly string[][]): Promise<[ours: Reply, real: Reply][]> {
    const bytes = requests.map(encode).join('');
    this.theirs.send(bytes);
    this.ours.send(bytes);
    const said: [Reply, Reply][] = [];
    for (const _ of requests) said.push([await this.ours.next(), await this.theirs.next()]);
    return said;
  }

  /** The case without all that the difference does not need. */
  async shrink(one: Case): Promise<Difference> {
    let best = one;
    let [said] = await this.play([one]);
    const compiles = !isSyntaxError(said[1]);
    const differs = async (text: string): Promise<boolean> => {
      if (one.how === 'run' && mayNotEnd(text)) return false;
      // Redis: without arguments, its pcall calls what it finds beyond the end of the stack.
      if (/\bpcall\s*\(\s*\)/.test(text)) return false;
      const next = { ...one, text };
      const [[ours, real]] = await this.play([next]);
      if (alike(text, ours, real) || (compiles && isSyntaxError(real))) return false;
      best = next;
      said = [ours, real];
      return true;
    };
    await shortened(one.statements, differs);
    await shortened(best.text.split(/(?<=\n)/), differs);
    await shortened(best.text.match(/\w+|\s+|./gs) ?? [], differs);
    await shortened(best.text.match(/\w+|\s+|./gs) ?? [], differs);
    return { seed: one.seed, how: one.how, text: best.text, ...fork(...said) };
  }
}

/** Where things are in memory is nobody's business, and JavaScript's NaN has no sign. */
function comparable(reply: Reply): string {
  const said = reply.raw.replace(/^\$\d+\r\n/, '');
  return said.replace(/0x[0-9a-f]{6,}/g, '0x').replace(/-nan/g, 'nan');
}

/**
 * Whether two replies say the same. What Lua calls the operands of `and` and `or` depends on
 * which registers it happens to have used for them, and is ignored.
 */
function alike(text: string, ours: string, real: string): boolean {
  if (ours === real) return true;
  return /\b(?:and|or)\b/.test(text) && unnamed(ours) === unnamed(real);
}

function unnamed(said: string): string {
  const plain = said.replace(
    /(?:local|global|field|method|upvalue) '[^']*' \((a \w+ value)\)/g,
    '$1',
  );
  const called = plain.replace(/(?:to|calling) '[^']*'|user_script:\d+: (?=bad argument)/g, '');
  return called.replace(/\d+:(?=user_script|bad argument)/g, '');
}

/** Where two replies part. */
function fork(ours: string, real: string): { ours: string; real: string } {
  let at = 0;
  while (at < ours.length && ours[at] === real[at]) at++;
  const from = Math.max(0, at - 60);
  return { ours: ours.slice(from, at + 80), real: real.slice(from, at + 80) };
}

function isSyntaxError(said: string): boolean {
  return /compiling|near '|expected|unfinished/.test(said);
}

/** Takes out pieces, many at once and then fewer, as long as what is left still differs. */
async function shortened(
  pieces: string[],
  differs: (text: string) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(pieces.length / 2); size >= 1; size = size > 1 ? size >> 1 : 0) {
    for (let at = 0; at < pieces.length; ) {
      const rest = [...pieces.slice(0, at), ...pieces.slice(at + size)];
      if (await differs(rest.join(''))) pieces = rest;
      else at += size;
    }
  }
}

/** Whether some loop or function does not begin with turn(), which sees to it that all ends. */
function mayNotEnd(text: string): boolean {
  return (
    /\b(?:while|for)\b(?:(?!\bdo\b).)*\bdo\b(?! turn\(\))/s.test(text) ||
    /\brepeat\b(?! turn\(\))/.test(text) ||
    /\bfunction\b[^(]*\([^)]*\)(?!\n| ?turn\(\))/.test(text) ||
    /\bturn\b(?!\(\))/.test(text)
  );
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) {
  process.stderr.write(`\n*** NOT COMPARED (programs of Lua): ${whyNoRedis('8.0.2')} ***\n`);
}

describe.skipIf(!there)('programs of Lua by chance', () => {
  let real: RealServer;
  let server: Server;
  let duel: Duel;

  beforeAll(async () => {
    real = (await startReal('8.0.2', []))!;
    server = new Server(new Config(), { seed: 1 });
    duel = new Duel(inProcess(server), await overSocket({ path: real.socket }));
  });

  afterAll(async () => {
    duel?.close();
    server?.close();
    await real?.stop();
  });

  test(`do and say what they do in real Redis (${CASES} from seed ${SEED})`, {
    timeout: 60_000 + CASES * 50,
  }, async () => {
    const different: Difference[] = [];
    for (let batch = 0; batch * BATCH < CASES && different.length < MOST_SHOWN; batch++) {
      const first = SEED * 1_000_003 + batch * BATCH;
      const cases =
        ONLY === undefined
          ? Array.from({ length: BATCH }, (_, i) => caseOf(first + i))
          : [caseOf(Number(ONLY))];
      const said = await duel.play(cases);
      for (const [i, [ours, theirs]] of said.entries()) {
        if (alike(cases[i].text, ours, theirs) || different.length >= MOST_SHOWN) continue;
        if (await duel.agreeWithoutSign(cases[i])) continue;
        different.push(await duel.shrink(cases[i]));
      }
      if (batch % FORGET === FORGET - 1) await duel.ask([['SCRIPT', 'FLUSH']]);
    }
    expect(different).toEqual([]);
  });
});
