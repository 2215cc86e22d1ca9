// The transcript helper: a test of a command is a conversation.
//
//   everywhere((test) => {
//     test('APPEND to a missing key creates it', async (r) => {
//       expect(await r('APPEND greeting hello')).toBe(5);
//       expect(await r('GET greeting')).toBe('hello');
//       await r.fails('APPEND greeting', /wrong number of arguments/);
//     });
//   });
//
// Each test runs once in every cell of a matrix: in this process and over TCP, in RESP2 and
// RESP3, and against real Redis 8.0.2 where that can be had, which makes every expectation
// a comparison. A test that cannot run somewhere says why: { skip: { real: '...' } }. Each
// test has a server of its own, or an emptied one where it is real.

import { afterAll, beforeAll, describe, test as vitestTest } from 'vitest';
import { splitWords } from '../protocol/words.ts';
import type { Clock } from '../server/clock.ts';
import { Config } from '../server/config/config.ts';
import { type Listener, listenTcp } from '../server/listener.ts';
import { Server } from '../server/server.ts';
import { realRedis, whyNoRedis } from './oracle/bring.ts';
import { type RealServer, startReal } from './oracle/server.ts';
import { inProcess, overSocket, type Reply, type Wire } from './wire.ts';

/** What a reply means. Strings are byte strings; an integer beyond 2^53 is a bigint. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | RedisError
  | Value[]
  | Map<Value, Value>
  | Set<Value>;

/** An error reply. Thrown, unless it stands inside another reply, as EXEC's do. */
export class RedisError extends Error {}

/** A command as one types it, quotes and all, or as its arguments. */
export type Line = string | readonly (string | number)[];

/** One client in conversation with a server. */
export interface Talk {
  /** Sends a command and returns what it answers; throws a RedisError for an error. */
  (line: Line): Promise<Value>;
  /** Fails unless the command is refused, in these words. */
  fails(line: Line, words: RegExp): Promise<void>;
  /** The very bytes that a command is answered with. */
  raw(line: Line): Promise<string>;
  /** Another client of the same server, in the same protocol. */
  client(): Promise<Talk>;
  /** Another connection on which nothing was said yet. */
  connect(): Promise<Wire>;
  /** The connection itself, for bytes that are no command. */
  readonly wire: Wire;
  readonly resp3: boolean;
  /** The server, where it is ours; throws where it is real: such a test skips `real`. */
  readonly server: Server;
  /** Its clock, to freeze() and advance(); throws where the server is real. */
  readonly clock: Clock;
}

const PLACES = ['memory', 'tcp', 'real'] as const;
type Place = (typeof PLACES)[number];
type Where = Place | 'resp2' | 'resp3';
/** Why a test does not run in some cells of the matrix. */
export type Skips = { readonly [Cell in Where]?: string };
type Body = (r: Talk) => Promise<void>;

/** Declares one test for the cell at hand. */
export interface Transcript {
  (name: string, body: Body): void;
  (name: string, options: { skip: Skips }, body: Body): void;
}

/** The cell of the matrix that a body is run for. */
export type Cell = { readonly place: Place; readonly resp3: boolean };

export type Matrix = {
  /** For all tests of the body. */
  readonly skip?: Skips;
  /** Runs everything once for each of these settings: { 'large encodings': { ... } }. */
  readonly configs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

const here = await realRedis('8.0.2');

/** Runs a body of tests in every cell of the matrix. */
export function everywhere(
  body: (test: Transcript, cell: Cell) => void,
  matrix: Matrix = {},
): void {
  const configs = Object.entries(matrix.configs ?? { '': {} });
  for (const place of PLACES) {
    for (const resp3 of [false, true]) {
      for (const [title, config] of configs) {
        const name = `${NAMES[place]}, RESP${resp3 ? 3 : 2}${title === '' ? '' : `, ${title}`}`;
        oneCell(name, { place, resp3 }, config, matrix.skip ?? {}, body);
      }
    }
  }
}

const NAMES: Record<Place, string> = {
  memory: 'in this process',
  tcp: 'over TCP',
  real: 'real Redis 8.0.2',
};

function oneCell(
  name: string,
  cell: Cell,
  config: Readonly<Record<string, string>>,
  skip: Skips,
  body: (test: Transcript, cell: Cell) => void,
): void {
  const resp = cell.resp3 ? 'resp3' : 'resp2';
  const missing = cell.place === 'real' && here === null;
  if (missing) {
    process.stderr.write(`\n*** NOT RUN AGAINST REAL REDIS 8.0.2: ${whyNoRedis('8.0.2')} ***\n`);
  }
  describe.skipIf(missing)(name, () => {
    const house = new House(cell.place, cell.resp3, config);
    beforeAll(() => house.open());
    afterAll(() => house.close());
    body((title: string, second: { skip: Skips } | Body, third?: Body) => {
      const reasons = { ...skip, ...(typeof second === 'function' ? {} : second.skip) };
      const reason = reasons[cell.place] ?? reasons[resp];
      const run = typeof second === 'function' ? second : third!;
      if (reason !== undefined) vitestTest.skip(`${title} (${reason})`, () => {});
      else vitestTest(title, () => house.host(run));
    }, cell);
  });
}

/** Where the servers of one cell come from and go to. */
class House {
  private readonly place: Place;
  private readonly resp3: boolean;
  private readonly config: Readonly<Record<string, string>>;
  private real: RealServer | null = null;
  private settings = new Map<string, string>(); // Of the real server, as it was at first.

  constructor(place: Place, resp3: boolean, config: Readonly<Record<string, string>>) {
    this.place = place;
    this.resp3 = resp3;
    this.config = config;
  }

  async open(): Promise<void> {
    if (this.place !== 'real') return;
    this.real = await startReal('8.0.2');
    this.settings = await this.readSettings();
  }

  async close(): Promise<void> {
    await this.real?.stop();
  }

  /** Runs a test with a fresh server, and cleans up behind it. */
  async host(run: Body): Promise<void> {
    const door = await this.enter();
    try {
      const r = await meet(door, this.resp3);
      for (const [name, value] of Object.entries(this.config)) {
        await r(['CONFIG', 'SET', name, value]);
      }
      await run(r);
    } finally {
      await door.leave();
    }
  }

  private async enter(): Promise<Door> {
    const { real } = this;
    if (real === null) return ours(this.place);
    const wires: Wire[] = [];
    return {
      server: null,
      connect: async () => {
        const wire = await overSocket(real);
        wires.push(wire);
        return wire;
      },
      leave: async () => {
        for (const wire of wires) wire.close();
        await this.restore();
      },
    };
  }

  private async readSettings(): Promise<Map<string, string>> {
    const wire = await overSocket(this.real!);
    const { items } = await wire.ask('CONFIG', 'GET', '*');
    wire.close();
    const settings = new Map<string, string>();
    for (let i = 0; i < items.length; i += 2) settings.set(items[i].text, items[i + 1].text);
    return settings;
  }

  /** Empties the real server, and takes back what a test has set. */
  private async restore(): Promise<void> {
    const now = await this.readSettings();
    const wire = await overSocket(this.real!);
    for (const [name, value] of this.settings) {
      if (now.get(name) !== value) await wire.ask('CONFIG', 'SET', name, value);
    }
    await wire.ask('FLUSHALL');
    await wire.ask('CONFIG', 'RESETSTAT');
    await wire.ask('SLOWLOG', 'RESET');
    const users = (await wire.ask('ACL', 'USERS')).items.map(({ text }) => text);
    await wire.ask('ACL', 'DELUSER', ...users.filter((name) => name !== 'default'), 'nobody');
    await wire.ask('ACL', 'LOG', 'RESET');
    wire.close();
  }
}

/** A server, and how clients come in. */
type Door = {
  readonly server: Server | null;
  connect(): Promise<Wire>;
  leave(): Promise<void>;
};

// What the real server of these tests is started with, too.
const OPEN_DOORS = {
  save: '',
  'enable-debug-command': 'yes',
  'enable-protected-configs': 'yes',
  'enable-module-command': 'yes',
};

async function ours(place: Place): Promise<Door> {
  const config = new Config();
  config.options(OPEN_DOORS);
  const server = new Server(config, { seed: 1 });
  let listener: Listener | null = null;
  if (place === 'tcp') listener = await listenTcp(server, '127.0.0.1', 0);
  return {
    server,
    connect: async () =>
      listener === null
        ? inProcess(server)
        : overSocket({ host: '127.0.0.1', port: listener.port }),
    leave: async () => {
      server.close();
      await listener?.close();
    },
  };
}

/** Lets a new client in. */
async function meet(door: Door, resp3: boolean): Promise<Talk> {
  const wire = await door.connect();
  const ask = (line: Line): Promise<Reply> => wire.ask(...argvOf(line));
  if (resp3) await wire.ask('HELLO', '3');
  const mine = (): Server => {
    if (door.server === null) throw new Error('the server is real: skip { real: "..." }');
    return door.server;
  };
  const r = async (line: Line): Promise<Value> => {
    const value = meaningOf(await ask(line));
    if (value instanceof RedisError) throw value;
    return value;
  };
  const talk = Object.assign(r, {
    wire,
    resp3,
    raw: async (line: Line) => (await ask(line)).raw,
    client: () => meet(door, resp3),
    connect: () => door.connect(),
    fails: async (line: Line, words: RegExp) => {
      const reply = await ask(line);
      if (!reply.isError) throw new Error(`${line} was not refused: ${JSON.stringify(reply.raw)}`);
      if (!words.test(reply.text)) throw new Error(`${line} was refused with ${reply.text}`);
    },
  });
  Object.defineProperty(talk, 'server', { get: mine });
  Object.defineProperty(talk, 'clock', { get: () => mine().clock });
  return talk as Talk;
}

/** The arguments of a line, split as redis-cli splits it. */
export function argvOf(line: Line): string[] {
  if (typeof line !== 'string') return line.map(String);
  const argv = splitWords(line);
  if (argv === undefined) throw new Error(`unbalanced quotes: ${line}`);
  return argv;
}

/** What a reply means, as a JavaScript value. */
export function meaningOf(reply: Reply): Value {
  if (reply.isNull) return null;
  switch (reply.type) {
    case '-':
    case '!':
      return new RedisError(reply.text);
    case ':':
      return integer(reply.text);
    case '(':
      return BigInt(reply.text);
    case ',':
      return double(reply.text);
    case '#':
      return reply.text === 't';
    case '=':
      return reply.text.slice(4); // Behind "txt:".
    case '%':
      return new Map(pairs(reply.items));
    case '~':
      return new Set(reply.items.map(meaningOf));
    case '*':
    case '>':
      return reply.items.map(meaningOf);
    default:
      return reply.text;
  }
}

function integer(digits: string): number | bigint {
  const n = Number(digits);
  return Number.isSafeInteger(n) ? n : BigInt(digits);
}

function double(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}

function pairs(items: readonly Reply[]): [Value, Value][] {
  const found: [Value, Value][] = [];
  for (let i = 0; i < items.length; i += 2)
    found.push([meaningOf(items[i]), meaningOf(items[i + 1])]);
  return found;
}
