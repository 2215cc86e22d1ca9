// The same random calls to our server and to real Redis 8.0.2: the replies, the keyspace events
// in their order, the changes counted, and the hits and misses have to be the same.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

const there = (await realRedis('8.0.2')) !== null;
if (!there) {
  const why = whyNoRedis('8.0.2');
  process.stderr.write(`\n*** KEYS NOT COMPARED WITH REAL REDIS 8.0.2: ${why} ***\n`);
}

type Call = readonly string[];

const key = fc.constantFrom('a', 'a', 'b', 'c', '', '\0\xff');
const value = fc.constantFrom(
  ...['', '0', '9999', '10000', '-5', '007', 'abc', '9007199254740993', '9223372036854775807'],
  ...['x'.repeat(44), 'x'.repeat(45), 'x'.repeat(40_000)],
);
const db = fc.constantFrom('0', '0', '1', '2', '15', '16', '-1', 'x', '2147483648', '');
const word = fc.constantFrom(
  'NX',
  'xx',
  'Gt',
  'LT',
  'REPLACE',
  'db',
  'noValues',
  'count',
  '',
  'foo\r\nbar\0baz',
  '1',
);
const pattern = fc.constantFrom('*', '**', '?', '[ab]', '\\a', '', 'a', '[^a]*');
const odd = fc.constantFrom(
  ...['0', '-1', 'x', '', ' 1', '+1', '1.5', '01', '9223372036854775807', '9223372036854775808'],
  ...['-9223372036854775808', '9223372036854775', '9223372036854776', '-9223372036854776'],
  ...['-9223372036854775', '9007199254740993', '4102444800', '4102444800000', '9007199254741'],
);
// Far apart, so that the moment at which a server looks makes no difference to which is later.
const ahead = fc.integer({ min: 1_000_000, max: 900_000_000 }).map((n) => String(n * 1000));
const time = fc.oneof({ weight: 2, arbitrary: ahead }, { weight: 1, arbitrary: odd });
const absolute = fc.oneof(
  ahead.map((ms) => `9${ms.padStart(13, '0')}`),
  odd,
);
const options = fc.oneof(
  { weight: 3, arbitrary: fc.constant([] as string[]) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom('NX', 'xx', 'Gt', 'LT'), { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(word, { maxLength: 3 }) },
);

function named(
  names: readonly string[],
  ...rest: fc.Arbitrary<string | readonly string[]>[]
): fc.Arbitrary<Call> {
  return fc.tuple(fc.constantFrom(...names), ...rest).map((words) => words.flat());
}

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 8, arbitrary: named(['SET'], key, value) },
  { weight: 2, arbitrary: named(['SET'], key, value, fc.constant(['EX', '1000000'])) },
  { weight: 3, arbitrary: named(['GET', 'GETDEL'], key) },
  { weight: 2, arbitrary: named(['APPEND'], key, value) },
  { weight: 2, arbitrary: named(['INCR'], key) },
  { weight: 4, arbitrary: named(['RENAME', 'RENAMENX'], key, key) },
  { weight: 3, arbitrary: named(['COPY'], key, key) },
  { weight: 3, arbitrary: named(['COPY'], key, key, fc.constantFrom('DB', 'replace'), db) },
  { weight: 3, arbitrary: named(['COPY'], key, key, fc.constant(['db']), db, fc.array(word)) },
  { weight: 2, arbitrary: named(['COPY'], key, key, fc.constant(['REPLACE'])) },
  { weight: 4, arbitrary: named(['MOVE'], key, db) },
  { weight: 2, arbitrary: named(['SELECT'], fc.constantFrom('0', '0', '1', '2')) },
  { weight: 8, arbitrary: named(['EXPIRE', 'PEXPIRE'], key, time, options) },
  { weight: 8, arbitrary: named(['EXPIREAT', 'PEXPIREAT'], key, absolute, options) },
  { weight: 4, arbitrary: named(['TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME', 'PERSIST'], key) },
  { weight: 4, arbitrary: named(['DEL', 'UNLINK', 'EXISTS', 'TOUCH', 'TYPE'], key) },
  { weight: 2, arbitrary: named(['DEL', 'UNLINK', 'EXISTS', 'TOUCH'], fc.array(key)) },
  { weight: 2, arbitrary: named(['KEYS'], pattern) },
  { weight: 1, arbitrary: named(['RANDOMKEY', 'DBSIZE']) },
  { weight: 3, arbitrary: named(['OBJECT'], fc.constantFrom('encoding', 'IDLETIME', 'freq'), key) },
  { weight: 2, arbitrary: named(['SCAN'], fc.constant(['0', 'COUNT', '1000', 'MATCH']), pattern) },
  {
    weight: 2,
    arbitrary: named(
      ['SCAN'],
      fc.constant(['0', 'count', '1000', 'type']),
      fc.constantFrom('string', 'STRING', 'list', 'nothing', ''),
    ),
  },
  { weight: 1, arbitrary: named(['SCAN'], odd, fc.array(word, { maxLength: 2 })) },
  { weight: 1, arbitrary: named(['SCAN'], fc.constant(['0', 'COUNT']), odd) },
);

/** What a server did with the calls, apart from its replies. */
type Deeds = { events: string[]; dirty: number; hits: number; misses: number };

describe.skipIf(!there)('the same calls to ours and to real Redis', () => {
  let real: RealServer;
  let listener: Wire;

  beforeAll(async () => {
    real = (await startReal('8.0.2', ['--notify-keyspace-events', 'AEmn']))!;
    listener = await overSocket(real);
    await listener.ask('PSUBSCRIBE', '__keyevent@*', 'end');
    await listener.next();
  });
  afterAll(async () => {
    listener?.close();
    await real?.stop();
  });

  test('replies, events, changes, hits and misses agree', async () => {
    const calls = fc.array(call, { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(calls, fc.boolean(), async (all, resp3) => {
        const theirs = await askReal(all, resp3);
        const ours = askOurs(all, resp3);
        all.forEach((argv, i) => {
          const got = comparable(argv, ours.replies[i]);
          const wanted = comparable(argv, theirs.replies[i]);
          if (!alike(got, wanted)) expect({ argv, reply: got }).toEqual({ argv, reply: wanted });
        });
        expect(ours.deeds).toEqual(theirs.deeds);
      }),
      { numRuns: Number(process.env['GENERIC_RUNS'] ?? 300) },
    );
  });

  async function askReal(
    calls: readonly Call[],
    resp3: boolean,
  ): Promise<{ replies: Reply[]; deeds: Deeds }> {
    const wire = await overSocket(real);
    await wire.ask('FLUSHALL');
    if (resp3) await wire.ask('HELLO', '3');
    const before = await figures(wire);
    wire.send(calls.map(encode).join(''));
    const replies: Reply[] = [];
    while (replies.length < calls.length) replies.push(await wire.next());
    const after = await figures(wire);
    await wire.ask('PUBLISH', 'end', '');
    wire.close();
    const events: string[] = [];
    for (;;) {
      const { items } = await listener.next();
      if (items[2].text === 'end') break;
      const [, id, event] = /^__keyevent@(\d+)__:(.*)$/.exec(items[2].text)!;
      events.push(`${id} ${event} ${items[3].text}`);
    }
    const [dirty, hits, misses] = after.map((n, i) => n - before[i]);
    return { replies, deeds: { events, dirty, hits, misses } };
  }

  function askOurs(calls: readonly Call[], resp3: boolean): { replies: Reply[]; deeds: Deeds } {
    const server = new Server(new Config(), { seed: 1 });
    const events: string[] = [];
    server.onKeyEvent = (id, name, event) => events.push(`${id} ${event} ${name}`);
    const wire = inProcess(server);
    server.clients.get(1)!.reply.resp3 = resp3;
    const replies = calls.map((argv) => {
      wire.send(encode(argv));
      return wire.take()!;
    });
    const { keyspaceHits: hits, keyspaceMisses: misses } = server.stats;
    const deeds = { events, dirty: server.dirty, hits, misses };
    server.close();
    return { replies, deeds };
  }
});

async function figures(wire: Wire): Promise<number[]> {
  const { text } = await wire.ask('INFO', 'persistence', 'stats');
  return ['rdb_changes_since_last_save', 'keyspace_hits', 'keyspace_misses'].map((name) =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)![1]),
  );
}

/** A reply in a form that is the same for both, where both are right. */
function comparable(argv: Call, reply: Reply): string {
  switch (argv[0]) {
    case 'SCAN': // Where a cursor leads that was not given out, nobody knows.
      if (!reply.isError && argv[3] !== '1000') return reply.type;
      return reply.isError ? reply.raw : sorted(reply).join('');
    case 'KEYS':
      return sorted(reply).join('');
    case 'OBJECT': // A second may have passed.
      return argv[1] === 'IDLETIME' && !reply.isNull ? reply.type : reply.raw;
    case 'RANDOMKEY':
      return reply.isNull ? reply.raw : reply.type;
    default:
      return reply.raw;
  }
}

function sorted(reply: Reply): string[] {
  return [
    reply.type,
    ...reply.items.flatMap((item) => (item.type === '*' ? sorted(item) : item.raw)).sort(),
  ];
}

/** The servers do not look at the same moment: times from now may differ by a second. */
function alike(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  if (!/^:\d{4,}\r\n$/.test(ours) || !/^:\d{4,}\r\n$/.test(theirs)) return false;
  const apart = BigInt(ours.slice(1)) - BigInt(theirs.slice(1));
  return apart <= 1000n && apart >= -1000n;
}
