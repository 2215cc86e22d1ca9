// A client in the server's process: what it is told without bytes is what the bytes would have said.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCommand } from '../../client/command.ts';
import { type Client, createClient, RedisError } from '../../client/index.ts';
import { ReplyParser, type ReplyValue } from '../../client/reply-parser.ts';
import { ValueReply } from '../../client/value-reply.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { MemoryConnection } from '../../server/memory-link.ts';
import { commandsOf, conversations } from '../fuzz/grammar.ts';
import { freshServer } from '../fuzz/differential.ts';
import '../seed.ts';
import { encode } from '../wire.ts';

const FAMILIES = [
  ...['string', 'bitmap', 'hyperloglog', 'generic', 'hash', 'list', 'set', 'sortedSet', 'stream'],
  ...['geo', 'transactions', 'scripting', 'pubsub', 'introspect'],
];

/** One end of a connection, which asks with bytes or, where that can be, without. */
class End {
  readonly heard: unknown[] = [];
  private readonly connection: MemoryConnection;
  private readonly parser: ReplyParser;
  private readonly values: ValueReply | null;

  constructor(connection: MemoryConnection, withoutBytes: boolean) {
    const push = (items: ReplyValue[]): void => void this.heard.push(['push', ...items]);
    this.connection = connection;
    this.parser = new ReplyParser({ reply: (value) => this.hear(value), push });
    this.values = withoutBytes ? new ValueReply(push) : null;
    connection.onData = (chunk) => this.parser.execute(chunk);
    connection.write(bytesOf(['HELLO', '3']));
  }

  ask(argv: readonly string[], bytes: boolean): void {
    const { values } = this;
    this.parser.bytes = bytes;
    values?.begin(bytes);
    if (values === null || !this.connection.request(argv, values)) {
      this.connection.write(bytesOf(argv));
    } else if (values.complete) this.hear(values.value);
  }

  private hear(value: ReplyValue): void {
    this.heard.push(value instanceof RedisError ? value.message : value);
  }
}

test('what is told without bytes is what the bytes would have said', () => {
  const property = fc.property(conversations(commandsOf(FAMILIES)), (steps) => {
    const ends = [true, false].map((withoutBytes) => {
      const server = freshServer();
      server.clock.freeze();
      server.clock.set(1_700_000_000_000);
      const own: End[] = [];
      for (const [i, { client, argv }] of steps.entries()) {
        own[client] ??= new End(new MemoryConnection(server), withoutBytes);
        // What is about the connection always goes by bytes.
        if (!findCommand(argv)[0].wired) own[client].ask(argv, i % 3 === 0);
      }
      server.close();
      return own;
    });
    for (const [i, end] of ends[0]!.entries()) expect(end?.heard).toEqual(ends[1]![i]?.heard);
  });
  fc.assert(property, { numRuns: 150 });
});

function bytesOf(argv: readonly string[]): Buffer {
  return Buffer.from(encode(argv), 'latin1');
}

async function withClient(
  act: (client: Client, server: RunningServer) => Promise<void>,
): Promise<void> {
  await using server = await startServer();
  await using client = createClient({ server });
  await client.connect();
  await act(client, server);
}

/** How often the server wrote anything for its clients to read. */
async function repliesInBytes(client: Client): Promise<number> {
  return Number(/total_writes_processed:(\d+)/.exec(await client.info())![1]);
}

test('a command at a time needs no bytes', () => {
  return withClient(async (client) => {
    const before = await repliesInBytes(client);
    await Promise.all([client.set('k', 'v'), client.incr('n'), client.get('k')]);
    expect(await client.multi((tx) => [tx.incr('n'), tx.get('k')])).toEqual([2, 'v']);
    expect(await client.pipeline((p) => [p.incr('n'), p.get('k')])).toEqual([3, 'v']);
    expect(await repliesInBytes(client)).toBe(before);
  });
});

test('what is no ASCII, and what is no text, arrives as it is', () => {
  return withClient(async (client) => {
    const bytes = Buffer.from([0, 255, 128, 13, 10]);
    await client.mset({ text: 'grün ✓ 𝄞', long: 'ä'.repeat(5000) });
    await client.set('bytes', bytes);
    expect(await client.get('text')).toBe('grün ✓ 𝄞');
    expect(await client.strlen('text')).toBe(Buffer.byteLength('grün ✓ 𝄞'));
    expect(await client.get('long')).toBe('ä'.repeat(5000));
    expect(await client.bytes.get('bytes')).toEqual(bytes);
    await expect(client.get('bytes')).rejects.toMatchObject({ code: 'NOT_TEXT' });
    await expect(client.set('k', {} as never)).rejects.toThrow(TypeError);
    await expect(client.set('k', NaN)).rejects.toThrow('argument 2 of set is NaN');
  });
});

test('an error tells of what command it is, values left out', () => {
  return withClient(async (client) => {
    await client.set('k', 'v');
    const refused = client.lpush('k', 'secret');
    await expect(refused).rejects.toMatchObject({ code: 'WRONGTYPE', command: 'LPUSH k ?' });
  });
});

test('what a paused server holds back is answered later, and in order', () => {
  return withClient(async (client, server) => {
    const told: unknown[] = [];
    const tell = (value: unknown): void => void told.push(value);
    await client.clientPause(1000, { write: true });
    const all = [
      client.set('k', 1).then(tell),
      client.get('k').then(tell),
      client.ping().then(tell),
    ];
    await client.lease().then((own) => own.release());
    expect(told).toEqual([]);
    server.clock.advance(1000);
    await Promise.all(all);
    expect(told).toEqual(['OK', '1', 'PONG']);
  });
});

test('a listener may ask at once, for what it is told about', () => {
  return withClient(async (client) => {
    await client.configSet({ 'notify-keyspace-events': 'KEA' });
    const seen: Promise<string | null>[] = [];
    await client.psubscribe('__keyevent@0__:set', (key) => void seen.push(client.get(key)));
    await client.set('a', '1');
    await client.multi((tx) => [tx.set('b', '2'), tx.set('c', '3')]);
    await client.ping();
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(3);
    expect(await Promise.all(seen)).toEqual(['1', '2', '3']);
  });
});

test('who awaits one reply after the other leaves timers and sockets their turn', () => {
  return withClient(async (client) => {
    let over = false;
    setTimeout(() => {
      over = true;
    }, 1);
    for (let i = 0; i < 2_000_000 && !over; i++) await client.get('k');
    expect(over).toBe(true);
  });
});

test('a connection that the server ends rejects what comes after, and comes back', () => {
  return withClient(async (client) => {
    const id = await client.clientId();
    await client.clientKill({ id, skipme: 'NO' }).catch(() => {});
    expect(await client.ping()).toBe('PONG');
    expect(await client.clientId()).not.toBe(id);
  });
});
