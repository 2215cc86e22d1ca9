// Commands that a program adds to its server.

import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as own from '../../server/double/commands.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { dial } from './lines.ts';

let server: RunningServer;
let redis: Redis;

beforeEach(async () => {
  server = await startServer();
  redis = new Redis(server.port, server.host);
});
afterEach(async () => {
  redis.disconnect();
  await server.close();
});

const { CommandSpec, FAST, group, key, keyAt, READONLY, RO, RW, UPDATE, WRITE } = own;
const doc = { since: '1.0.0', cost: 'O(1)', summary: 'Doubles a number.' };

function rows() {
  return group('string', {
    double: new CommandSpec(2, WRITE | FAST, [keyAt(1, RW | UPDATE)], [key('key')], doc),
    peek: new CommandSpec(2, READONLY, [keyAt(1, RO)], [key('key')], doc),
  });
}

const handlers = {
  double(c: own.Client): void {
    const value = c.db.readString(c.argv[1]);
    const n = Number(value ?? 0);
    if (!Number.isSafeInteger(n)) throw own.NOT_AN_INTEGER;
    c.db.put(c.argv[1], String(n * 2));
    c.db.changed(c.argv[1], 'double' as 'set');
    c.reply.int(n * 2);
  },
  peek: (c: own.Client): void => c.reply.bool(c.db.readString(c.argv[1]) !== undefined),
};

test('they are commands like any other', async () => {
  server.define(rows(), handlers);
  await redis.set('n', '21');
  expect(await redis.call('DOUBLE', 'n')).toBe(42);
  expect(await redis.get('n')).toBe('42');
  await expect(redis.call('double')).rejects.toThrow(
    "ERR wrong number of arguments for 'double' command",
  );
  await redis.set('text', 'x');
  await expect(redis.call('double', 'text')).rejects.toThrow('ERR value is not an integer');
  expect(await redis.multi().call('double', 'n').call('peek', 'n').exec()).toEqual([
    [null, 84],
    [null, 1],
  ]);
  expect(await redis.eval("return redis.call('double', KEYS[1])", 1, 'n')).toBe(168);
  const [info] = (await redis.call('COMMAND', 'INFO', 'double')) as unknown[][];
  expect(info.slice(0, 6)).toEqual(['double', 2, ['write', 'fast'], 1, 1, 1]);
  expect(await redis.call('COMMAND', 'GETKEYS', 'double', 'k')).toEqual(['k']);
  expect(await redis.call('COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'dou*')).toEqual(['double']);
});

test('ACL, WATCH and MONITOR hold for them', async () => {
  server.define(rows(), handlers);
  await redis.call('ACL', 'SETUSER', 'reader', 'on', 'nopass', '~a*', '+@all');
  await redis.call('ACL', 'SETUSER', 'peeker', 'on', 'nopass', '~*', '-@all', '+peek');
  const other = await dial(server, 'memory');
  await other.ask('AUTH', 'reader', 'x');
  expect((await other.ask('DOUBLE', 'b')).text).toContain('NOPERM');
  expect((await other.ask('DOUBLE', 'a')).text).toBe('0');
  await other.ask('WATCH', 'a');
  const peeker = await dial(server, 'memory');
  await peeker.ask('AUTH', 'peeker', 'x');
  expect((await peeker.ask('PEEK', 'a')).text).toBe('1');
  expect((await peeker.ask('DOUBLE', 'a')).text).toContain('NOPERM');
  await redis.call('double', 'a');
  await other.ask('MULTI');
  await other.ask('PING');
  expect((await other.ask('EXEC')).isNull).toBe(true);
});

test('one may have only a name, and stand before one of Redis until it is disposed', async () => {
  {
    using _ = server.define('GET', (c) => c.reply.bulk(`mine: ${c.argv.slice(1).join()}`));
    expect(await redis.get('k')).toBe('mine: k');
    expect(await redis.eval("return redis.call('get', 'x', 'y')", 0)).toBe('mine: x,y');
  }
  expect(await redis.get('k')).toBeNull();
  const hello = server.define('hello.world', (c) => c.reply.ok());
  expect(await redis.call('HELLO.WORLD')).toBe('OK');
  hello[Symbol.dispose]();
  await expect(redis.call('HELLO.WORLD')).rejects.toThrow("ERR unknown command 'HELLO.WORLD'");
  expect(() => server.define('two words', () => {})).toThrow('no name for a command');
});

test("they are one server's own", async () => {
  server.define('mine', (c) => c.reply.ok());
  await using other = await startServer({ listen: false });
  expect((await (await dial(other, 'memory')).ask('MINE')).text).toContain('unknown command');
});

test('a container has subcommands', async () => {
  const family = group('generic', {
    box: own.container(-2, 0, doc),
    'box|open': new CommandSpec(2, FAST, [], [], doc),
  });
  using _ = server.define(family, { 'box|open': (c: own.Client) => c.reply.bulk('a cat') });
  expect(await redis.call('BOX', 'OPEN')).toBe('a cat');
  await expect(redis.call('BOX', 'SHUT')).rejects.toThrow("ERR unknown subcommand 'SHUT'");
});
