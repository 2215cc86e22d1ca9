// The configuration beside that of a real 8.0.2: names, defaults, refusals, round trips.

import { createConnection, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReplyError } from '../../protocol/errors.ts';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { HIDDEN, IMMUTABLE, PROTECTED } from '../../server/config/parameter.ts';
import { allParameters } from '../../server/config/parameters.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);

// They say where and how this one server runs.
const OF_THE_RUN = new Set([
  ...['port', 'bind', 'dir', 'unixsocket', 'save', 'enable-debug-command'],
  ...['enable-protected-configs', 'enable-module-command'],
]);

// Setting them to anything but what they are reaches into the machine: sockets, names, files,
// limits of the process. What the server says of them is compared below, one by one.
const REACHES_OUT = new Set([
  ...['port', 'bind', 'dir', 'maxclients', 'appendonly', 'locale-collate', 'oom-score-adj'],
  ...['oom-score-adj-values', 'tls-port', 'tls-cluster', 'tls-replication', 'activedefrag'],
  // Small sizes end the connection that sets them, whenever the cron looks.
  ...['maxmemory-clients', 'client-output-buffer-limit'],
]);

/** A connection that knows as much of RESP2 as CONFIG answers with. */
class Wire {
  private readonly socket: Socket;
  private readonly waiting: ((reply: Reply) => void)[] = [];
  private unread = '';

  constructor(path: string) {
    this.socket = createConnection(path);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk) => {
      this.unread += chunk;
      for (;;) {
        const found = replyAt(this.unread, 0);
        if (found === undefined) return;
        this.unread = this.unread.slice(found.end);
        this.waiting.shift()!(found.reply);
      }
    });
  }

  ask(...argv: string[]): Promise<Reply> {
    const words = argv.map((word) => `$${word.length}\r\n${word}\r\n`);
    this.socket.write(`*${argv.length}\r\n${words.join('')}`, 'latin1');
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  close(): void {
    this.socket.destroy();
  }
}

type Reply = string | Reply[];

function replyAt(text: string, start: number): { reply: Reply; end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const line = text.slice(start + 1, lineEnd);
  let end = lineEnd + 2;
  if (text[start] === '$') {
    end += Number(line) + 2;
    return end > text.length ? undefined : { reply: text.slice(lineEnd + 2, end - 2), end };
  }
  if (text[start] !== '*') return { reply: line, end };
  const items: Reply[] = [];
  for (let left = Number(line); left > 0; left--) {
    const item = replyAt(text, end);
    if (item === undefined) return undefined;
    items.push(item.reply);
    end = item.end;
  }
  return { reply: items, end };
}

function ourSet(config: Config, pairs: string[]): string {
  try {
    config.set(pairs);
    return 'OK';
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return error.line;
  }
}

const WORDS = [
  ...['', '0', '1', '-1', '2', '99', '100', '101', '1000', '1001', '65535', '65536', '16383'],
  ...['-2', '2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295', '4294967296'],
  ...['9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551596'],
  ...['99999999999999999999', '01', '+1', '1.5', '-0', ' 1', '1 ', '0x10', '1e3', 'nan', 'inf'],
  ...['1b', '1k', '1kb', '1MB', '2Gb', '1t', 'kb', '1 kb', '17179869184gb', '-1mb', '1048576'],
  ...['1%', '100%', '101%', '-1%', '0%', '%', 'yes', 'NO', 'Yes', 'true', 'no '],
  ...['local', 'default', 'save now', 'now now', 'save nosave', 'now force', 'NOW', 'always'],
  ...['allkeys-lru', 'volatile-TTL', 'debug', 'panic', 'hostname', 'optional', 'swapdb'],
  ...['KEA', 'AKE', 'g$l', 'mEKnd', 'x', 'Ax', 'ag', 'g$lshzxetd', 'g$lshzxetdKEn', 'An', 'q'],
  ...['900 1', '900', '900 1 300 10', '0 1', '900 1 x 1', '900  1', '1 4294967297', '5 -1'],
  ...['normal 1mb 2kb 3', 'replica 0 0 0 pubsub 1 2 3', 'nobody 1 1 1', 'SLAVE 5 6 7', 'normal 1'],
  ...['normal 1 1 -1', 'normal x 1 1', 'normal 1 2 99999999999', '50 99 99.99', '0 100', '100.1'],
  ...['-0.5', '1e1 0x10', '0.00001', '33.333333333333', '12.5 x', 'a/b', 'a.b-c', 'a_b', 'a b'],
  ...['a"b', "a'b", 'a\\b', 'a!b', 'a\nb', 'a\0b', '\xe9', 'x'.repeat(300), '{port}', '{title}'],
  ...['{nothing}', '{port', 'p}q', '{listen-addr} x', '0 200 800', '1 2', '-2001 0 0', '127.0.0.1'],
];

describe.skipIf(!there)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let wire: Wire;
  let ours: Config;

  beforeAll(async () => {
    real = (await startReal('8.0.2'))!;
    wire = new Wire(real.socket);
    ours = new Config(diskHost());
    for (const [name, text] of await get(...OF_THE_RUN)) ours.put(name, text);
  });
  afterAll(() => {
    wire.close();
    return real.stop();
  });

  async function get(...patterns: string[]): Promise<Map<string, string>> {
    const flat = (await wire.ask('CONFIG', 'GET', ...patterns)) as string[];
    const found = new Map<string, string>();
    for (let i = 0; i < flat.length; i += 2) found.set(flat[i], flat[i + 1]);
    return found;
  }

  /** Sets on both sides, in one go for the real one, and returns where they differ. */
  async function differences(calls: string[][]): Promise<string[]> {
    const names = [...new Set(calls.flatMap((call) => call.filter((_, i) => i % 2 === 0)))];
    const answers = calls.map(async (call) => {
      const set = wire.ask('CONFIG', 'SET', ...call);
      const seen = get(...names.filter((name) => call.includes(name)));
      return [await set, await seen] as const;
    });
    const found: string[] = [];
    for (const [i, call] of calls.entries()) {
      const [answer, seen] = await answers[i];
      const ourAnswer = ourSet(ours, call);
      const ourSeen = ours.match([...seen.keys()]);
      const left = JSON.stringify([ourAnswer, Object.fromEntries(ourSeen)]);
      const right = JSON.stringify([answer, Object.fromEntries(seen)]);
      if (left !== right) found.push(`${JSON.stringify(call)}\n  ours ${left}\n  real ${right}`);
    }
    return found;
  }

  const tryable = allParameters.filter(({ name }) => !REACHES_OUT.has(name));

  test('CONFIG GET * has the same names', async () => {
    const names = [...(await get('*')).keys()].sort();
    expect([...ours.match(['*']).keys()].sort()).toEqual(names);
  });

  test('every default is the same', async () => {
    const names = allParameters.map(({ name }) => name).filter((name) => !OF_THE_RUN.has(name));
    const theirs = await get(...names);
    expect(Object.fromEntries(ours.match(names))).toEqual(Object.fromEntries(theirs));
  });

  test('hidden parameters answer to their full names only', async () => {
    for (const { name, flags } of allParameters) {
      if (!(flags & HIDDEN)) continue;
      expect((await get(name)).size, name).toBe(1);
      expect((await get(`${name}*`)).size, name).toBe(0);
    }
  });

  test('CONFIG GET finds the same names for odd patterns', async () => {
    const patterns = [
      ...[['MAXMEMORY'], ['MaxMem*y'], ['maxmemory', 'MAXMEMORY', 'maxm*'], [''], ['[m]axmemory']],
      ...[
        ['maxmemor?'],
        ['slave-pri*'],
        ['\\maxmemory'],
        ['watch*'],
        ['WATCHDOG-period'],
        ['nope'],
      ],
      ...[['*z*'], ['*-max-*', 'hz'], ['Slave-Priority', 'replica-priority'], ['[^a-y]*']],
    ];
    for (const each of patterns) {
      const theirs = Object.fromEntries(await get(...each));
      expect(Object.fromEntries(ours.match(each)), each.join(' ')).toEqual(theirs);
    }
  });

  for (const { name, alias } of tryable) {
    test(`${name} takes and refuses the same words`, async () => {
      const calls = WORDS.map((word) => [alias !== '' && word.length === 2 ? alias : name, word]);
      const before = ours.get(name)!;
      expect(await differences([...calls, [name, before]])).toEqual([]);
    });
  }

  test('what cannot be set says so first, whatever the value', async () => {
    const fixed = allParameters.filter(({ flags }) => flags & IMMUTABLE);
    expect(fixed.length).toBeGreaterThan(30);
    expect(await differences(fixed.map(({ name }) => [name.toUpperCase(), 'x']))).toEqual([]);
  });

  test('parameters that reach out of the server refuse the same words', async () => {
    expect(
      await differences([
        ...['x', '', '-1', '65536', '1.0'].map((word) => ['port', word]),
        ...['x', '65536'].map((word) => ['tls-port', word]),
        ...['x', '0', '-1', '4294967296', '9000'].map((word) => ['maxclients', word]),
        ...['a b c d e f g h i j k l m n o p q'].map((word) => ['bind', word]),
        ...['/nowhere', '/etc/passwd', '', '/', '/tmp/..', 'tmp', '.'].map((word) => ['dir', word]),
        ...['1', '1 2', '0 200 x', '-2001 0 0', '1 2 2001', '5 5 5', '-7 +0 2000', '1.5 2 3'].map(
          (word) => ['oom-score-adj-values', word],
        ),
        ...['x', '', 'on'].map((word) => ['oom-score-adj', word]),
        ...['x', '', 'YES '].map((word) => ['appendonly', word]),
        ...['x', 'C', 'POSIX', ''].map((word) => ['locale-collate', word]),
        ...['no', 'x', 'yes'].map((word) => ['activedefrag', word]),
        ...['x', 'maybe'].map((word) => ['tls-cluster', word]),
        ...['x', '', '-1', '101%', '1gb', '1.5gb', '50%', '0'].map((word) => [
          'maxmemory-clients',
          word,
        ]),
        ...['x', 'normal 1', 'other 0 0 0', 'normal -1 x 0', 'normal 1gb 0 5', ''].map((word) => [
          'client-output-buffer-limit',
          word,
        ]),
      ]),
    ).toEqual([]);
  });

  test('passwords are hidden from the slow log, and nothing else is', async () => {
    await wire.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '1000');
    // Words that nothing accepts, where something else would reach out.
    for (const { name } of allParameters) {
      if (!REACHES_OUT.has(name)) await wire.ask('CONFIG', 'SET', name, 'zz');
    }
    const entries = (await wire.ask('SLOWLOG', 'GET', '-1')) as string[][][];
    const hidden = entries.map((entry) => entry[3]).filter((argv) => argv[3] === '(redacted)');
    const names = allParameters.map(({ name }) => name).filter((name) => ours.isSensitive(name));
    expect(hidden.map((argv) => argv[2]).sort()).toEqual(names.sort());
    const before = [...ours.match(allParameters.map(({ name }) => name))];
    for (const [name, text] of before) await wire.ask('CONFIG', 'SET', name, text);
  });

  test('the same parameters are protected', async () => {
    const closed = (await startReal('8.0.2', ['--enable-protected-configs', 'no']))!;
    const other = new Wire(closed.socket);
    const found: string[] = [];
    for (const { name, flags } of allParameters) {
      if (flags & IMMUTABLE) continue;
      const [, text] = (await other.ask('CONFIG', 'GET', name)) as string[];
      const answer = (await other.ask('CONFIG', 'SET', name, text)) as string;
      if (answer.endsWith("can't set protected config")) found.push(name);
      else expect(answer, name).toBe('OK');
    }
    other.close();
    await closed.stop();
    const ours = allParameters.filter(({ flags }) => flags & PROTECTED).map(({ name }) => name);
    expect(found).toEqual(ours);
  });

  test('several parameters are set together or not at all', async () => {
    expect(
      await differences([
        ['maxmemory', '1', 'maxmemory'],
        ['nope', '1', 'hz', 'x'],
        ['hz', 'x', 'nope', '1'],
        ['databases', '1', 'nope', '2'],
        ['nope', '1', 'databases', '1'],
        ['timeout', '5', 'TIMEOUT', '6'],
        ['timeout', '5', 'hz', '20', 'timeout', '6'],
        ['databases', '1', 'databases', '1'],
        ['replica-priority', '1', 'slave-priority', '2'],
        ['slave-priority', '3', 'replica-priority', 'x'],
        ['timeout', '7', 'hz', '30', 'rdbcompression', 'maybe'],
        ['Hz', 'x', 'timeout', 'y'],
        ['SLAVE-PRIORITY', 'x'],
        ['no\r\npe', '1'],
        ['', ''],
      ]),
    ).toEqual([]);
  });

  test('any mixture of parameters and words has the same outcome', async () => {
    const pair = fc.tuple(
      fc.constantFrom(...tryable.flatMap(({ name, alias }) => (alias ? [name, alias] : [name]))),
      fc.constantFrom(...WORDS),
    );
    const calls = fc.array(fc.array(pair, { minLength: 1, maxLength: 4 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(calls, async (some) => {
        expect(await differences(some.map((pairs) => pairs.flat()))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
