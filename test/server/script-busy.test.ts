// Scripts that take long: others are told so, and may end them.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { type Listener, listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import { encode, overSocket, type Reply, type Wire } from '../wire.ts';

let server: Server;
let port: Listener;
let caller: Wire;
let other: Wire;

beforeEach(async () => {
  const config = new Config();
  config.options({ 'busy-reply-threshold': 1, 'enable-debug-command': 'yes' });
  server = new Server(config, { seed: 1 });
  server.later = setImmediate;
  port = await listenTcp(server, '127.0.0.1', 0);
  caller = await overSocket({ host: '127.0.0.1', port: port.port });
  other = await overSocket({ host: '127.0.0.1', port: port.port });
});

afterEach(async () => {
  caller.close();
  other.close();
  server.close();
  await port.close();
});

type Ended = { reply: Promise<Reply> };

/** Starts a script that takes long, and returns when the server tells others so. */
async function busy(...words: string[]): Promise<Ended> {
  const reply = caller.ask(...words);
  while ((await said('PING')) === 'PONG');
  return { reply };
}

async function said(...words: string[]): Promise<string> {
  return (await other.ask(...words)).text;
}

const ENDLESS = [
  'while true do end',
  'repeat until false',
  'for i = 1, 1/0 do end',
  'while true do pcall(function() while true do end end) end',
  'return setmetatable({}, {__index = function() while true do end end}).x',
  'table.sort({3, 2, 1}, function() while true do end end)',
  "string.gsub('a', 'a', function() while true do end end)",
  'coroutine.wrap(function() while true do end end)()',
  'local function f() return pcall(f) end while true do f() end',
  "while true do pcall(redis.call, 'ping') end",
  'for _ in function() return 1 end do end',
];

for (const script of ENDLESS) {
  test(`SCRIPT KILL ends: ${script}`, async () => {
    const { reply } = await busy('EVAL', script, '0');
    expect(await said('GET', 'k')).toBe(
      'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    );
    expect(await said('FUNCTION', 'KILL')).toMatch(/^BUSY .* SCRIPT KILL or SHUTDOWN NOSAVE\.$/);
    expect(await said('SCRIPT', 'KILL')).toBe('OK');
    expect((await reply).text).toMatch(
      /^ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:1\.$/,
    );
    expect(await said('PING')).toBe('PONG');
    expect((await caller.ask('EVAL', 'return 1', '0')).text).toBe('1');
  });
}

test('FUNCTION KILL ends a function, SCRIPT KILL does not', async () => {
  const code = "redis.register_function('f', function() while true do end end)";
  await caller.ask('FUNCTION', 'LOAD', `#!lua name=lib\n${code}`);
  const { reply } = await busy('FCALL', 'f', '0');
  expect(await said('SCRIPT', 'KILL')).toMatch(/^BUSY .* FUNCTION KILL or SHUTDOWN NOSAVE\.$/);
  const stats = await other.ask('FUNCTION', 'STATS');
  expect(stats.items[1].items.slice(0, 4).map(({ text }) => text)).toEqual([
    ...['name', 'f', 'command', ''],
  ]);
  expect(await said('FUNCTION', 'KILL')).toBe('OK');
  expect((await reply).text).toMatch(/script: f, on @user_function:2\.$/);
});

test('what has changed something cannot be killed', async () => {
  const { reply } = await busy('EVAL', "redis.call('set', 'k', 1) while true do end", '0');
  expect(await said('SCRIPT', 'KILL')).toMatch(/^UNKILLABLE Sorry the script already executed wr/);
  expect(await said('SHUTDOWN')).toMatch(/^BUSY /);
  let ended = false;
  server.onShutdown = () => {
    ended = true;
  };
  const gone = other.ask('SHUTDOWN', 'NOSAVE').catch(() => null);
  await gone;
  expect(ended).toBe(true);
  server.close();
  await expect(reply).rejects.toThrow();
});

test('the effects of a script are one unit, and nobody is served before it ends', async () => {
  const seen: string[] = [];
  server.propagation.listen((_db, argv) => seen.push(argv.join(' ')));
  const waits = await overSocket({ host: '127.0.0.1', port: port.port });
  const popped = waits.ask('BLPOP', 'list', '0');
  while (!(await said('CLIENT', 'LIST')).includes('cmd=blpop'));
  const script = `redis.call('rpush', 'list', 'a')
    for i = 1, 3000000 do end
    redis.call('lpush', 'list', 'b') return 'done'`;
  const { reply } = await busy('EVAL', script, '0');
  expect(seen).toEqual([]);
  expect((await reply).text).toBe('done');
  expect((await popped).items.map(({ text }) => text)).toEqual(['list', 'b']);
  expect(seen).toEqual(['MULTI', 'rpush list a', 'lpush list b', 'EXEC', 'LPOP list']);
  waits.close();
});

test('what the caller sent behind is carried out when its script has ended', async () => {
  const script = 'for i = 1, 3000000 do end return 1';
  const { reply } = await busy('EVAL', script, '0');
  caller.send(encode(['SET', 'k', 'v']));
  expect((await reply).text).toBe('1');
  expect((await caller.next()).text).toBe('OK');
});

test('time stands still for a script that is busy', async () => {
  const script = `redis.call('set', 'k', 'v', 'px', 1)
    for i = 1, 30000000 do end return redis.call('get', 'k')`;
  const { reply } = await busy('EVAL', script, '0');
  expect((await reply).text).toBe('v');
  server.clock.tick();
  expect((await other.ask('GET', 'k')).isNull).toBe(true);
});

test('a transaction that meets a busy script does not run', async () => {
  await other.ask('MULTI');
  await other.ask('SET', 'k', 'v');
  const reply = caller.ask('EVAL', 'while true do end', '0');
  const third = await overSocket({ host: '127.0.0.1', port: port.port });
  while ((await third.ask('PING')).text === 'PONG');
  expect(await said('EXEC')).toMatch(/^EXECABORT Transaction discarded because of: BUSY /);
  expect((await third.ask('SCRIPT', 'KILL')).text).toBe('OK');
  expect((await reply).isError).toBe(true);
  expect(await said('GET', 'k')).toBe('');
  third.close();
});

test('a script in a transaction is busy too, and the rest follows when it has ended', async () => {
  for (const request of [
    ['MULTI'],
    ['RPUSH', 'list', 'a'],
    ['EVAL', 'for i = 1, 3000000 do end return 1', '0'],
    ['EVAL', 'while true do end', '0'],
    ['LLEN', 'list'],
  ]) {
    await caller.ask(...request);
  }
  const { reply } = await busy('EXEC');
  let killed = '';
  while (!killed.startsWith('OK')) {
    killed = await said('SCRIPT', 'KILL');
    if (killed.startsWith('OK') && !(await said('PING')).startsWith('PONG')) killed = '';
  }
  const items = (await reply).items.map(({ text }) => text);
  expect(items[0]).toBe('1');
  expect(items[2]).toMatch(/^ERR Script killed by user/);
  expect(items[3]).toBe('1');
  expect((await caller.ask('PING')).text).toBe('PONG');
});
