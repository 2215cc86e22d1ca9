// SCRIPT DEBUG: what the debugger says at each command, here and in real Redis.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { encode, overSocket, type Wire } from '../wire.ts';

type Session = { readonly script: string; readonly args?: string[]; readonly says: string[] };

const LOOPS = `local sum = 0
for i = 1, 2 do
  sum = sum + i
end
for k, v in ipairs({5, 6}) do
  local both = k + v
  sum = sum + both
end
while sum < 40 do
  sum = sum + 10
end
repeat
  sum = sum - 7
until sum < 30
if sum == 1 then
  sum = 2
elseif sum == 3 then
  sum = 4
else
  sum = sum + 1
end
return sum`;

const CALLS = `local function fact(n)
  if n <= 1 then
    redis.breakpoint()
    return 1
  end
  local rest = fact(n - 1)
  return n * rest
end
local t = {a = 1, [3] = {1, 2, 'x'}}
local name = 'top'
return fact(3)`;

const SESSIONS: readonly Session[] = [
  { script: "return 'hello'", says: ['step'] },
  {
    script: "return 'hello'",
    says: ['help', "h'ello", '', 'print', 'trace', 'list', 'whole', 'c'],
  },
  { script: LOOPS, says: Array.from({ length: 60 }, () => 'next') },
  {
    script: LOOPS,
    says: ['b 3 7', 'b', 'c', 'print', 'c', 'p sum', 'c', 'p', 'b -3', 'c', 'b 0', 'c'],
  },
  {
    script: CALLS,
    says: ['c', 'trace', 'p n', 'p', 'p t', 'p name', 'p nothing', 's', 's', 'p', 's', 'c'],
  },
  {
    script: CALLS,
    says: ['s', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's'],
  },
  {
    script:
      "local v = redis.call('set', KEYS[1], ARGV[1])\nlocal w = redis.call('get', KEYS[1])\n" +
      "local x = redis.call('lrange', 'none', 0, -1)\nlocal y = redis.pcall('incr', KEYS[1])\nreturn w",
    args: ['1', 'key', 'value'],
    says: [
      's',
      's',
      'p v',
      's',
      's',
      'p KEYS',
      'p ARGV',
      'redis get key',
      'r mget key none',
      'p y',
      's',
    ],
  },
  {
    script: "local t = {}\nredis.debug(1, 'two', {3}, nil, true)\nreturn redis.breakpoint()",
    says: [
      's',
      's',
      'e 1 + 1',
      'e return {1, 2}',
      'e x =',
      'e error("no")',
      'e t',
      'eval redis.call("ping")',
      's',
    ],
  },
  { script: 'local a = 1\nerror("oops")\nreturn a', says: ['s', 's', 's'] },
  { script: 'local a = 1\nreturn pcall(function()\nreturn a end)', says: ['s', 'abort'] },
  { script: 'return redis.call("nope", 1, 2)', says: ['s', 's'] },
  { script: 'return (', says: [] },
  { script: '', says: ['s', 's'] },
  {
    script: `local a = '${'x'.repeat(400)}'\nreturn a`,
    says: ['s', 'p a', 'm', 'm 10', 'p a', 'm 0', 'p a', 'c'],
  },
  {
    script:
      'local a\nlocal b\nlocal function f(...)\nlocal c = ...\nreturn c, arg\nend\nreturn f(b, 1)',
    says: ['s', 's', 's', 's', 'p', 'p arg', 's', 's'],
  },
  { script: 'redis.call("set", "k", 1)\nreturn 1', args: ['x'], says: ['s'] },
  {
    script: 'local a = 1 local b = 2\nlocal t = {\na,\nb}\nreturn #t',
    says: ['list 2 1', 'l 1', 'l x', 'c'],
  },
  {
    script:
      'local function f()\ncoroutine.yield(1)\nreturn 2\nend\nlocal co = coroutine.wrap(f)\n' +
      'local a = co()\nlocal b = co()\nreturn a + b',
    says: ['s', 's', 's', 'p', 's', 's', 's', 's', 's'],
  },
  {
    script: "return #redis.call('keys', '*')",
    says: ['redis', 'b x', 'b 99', 'b -5', 'p a b', 'c'],
  },
];

/** All that a client is told in a session; how it ended is the last of it. */
async function play(wire: Wire, mode: string, session: Session): Promise<string[]> {
  const { script, args = ['0'], says } = session;
  const said = [(await wire.ask('SCRIPT', 'DEBUG', mode)).raw];
  wire.send(encode(['EVAL', script, ...args]));
  for (const command of [...says, null]) {
    const reply = await wire.next();
    said.push(reply.raw);
    // The session is over when this was said, and the reply of EVAL follows.
    if (reply.items.at(-1)?.text === '<endsession>') {
      said.push((await wire.next()).raw, await wire.toEnd());
      return said;
    }
    if (command !== null) wire.send(encode(command.split(' ')));
  }
  wire.close();
  return said;
}

/** Where things are in memory is nobody's business. */
function plain(said: readonly string[]): string[] {
  return said.map((each) => each.replace(/0x[0-9a-f]+/g, '0x'));
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (debugger): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('the debugger of scripts', () => {
  let real: RealServer;
  let server: RunningServer;

  beforeAll(async () => {
    real = (await startReal('8.0.2', []))!;
    server = await startServer();
  });

  afterAll(async () => {
    await server?.close();
    await real?.stop();
  });

  const ours = () => overSocket({ host: '127.0.0.1', port: server.port });
  const theirs = () => overSocket({ path: real.socket });

  test.each(SESSIONS)('says what real Redis says: %j', async (session) => {
    for (const mode of ['sync', 'yes']) {
      const said = plain(await play(await ours(), mode, session));
      const known = plain(await play(await theirs(), mode, session));
      expect(said).toEqual(known);
    }
  });
});

describe('a session with the debugger', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(() => server?.close());

  const wire = () => overSocket({ host: '127.0.0.1', port: server.port });

  async function begin(mode: string): Promise<Wire> {
    const user = await wire();
    await user.ask('SCRIPT', 'DEBUG', mode);
    user.send(encode(['EVAL', "redis.call('INCR', KEYS[1])\nreturn 'done'", '1', 'n']));
    await user.next();
    return user;
  }

  test('changes a copy with YES, and others go on meanwhile', async () => {
    const other = await wire();
    await other.ask('SET', 'n', '5');
    const user = await begin('yes');
    user.send(encode(['redis', 'get', 'n']));
    expect((await user.next()).items.map(({ text }) => text)).toContain('<reply> "5"');
    expect((await other.ask('INCR', 'n')).text).toBe('6');
    user.send(encode(['continue']));
    await user.next();
    expect((await user.next()).text).toBe('done');
    await user.toEnd();
    expect((await other.ask('GET', 'n')).text).toBe('6');
    expect((await other.ask('CLIENT', 'LIST')).text.split('\n')).toHaveLength(2);
  });

  test('keeps everybody else waiting with SYNC, and changes the data set', async () => {
    const other = await wire();
    await other.ask('SET', 'n', '5');
    const user = await begin('sync');
    other.send(encode(['GET', 'n']));
    user.send(encode(['step']) + encode(['continue']));
    await user.next();
    expect(other.take()).toBeNull();
    await user.next();
    expect((await user.next()).text).toBe('done');
    expect((await other.next()).text).toBe('6');
  });

  test.each(['sync', 'yes'])(
    'whose user leaves (%s) lets the script run to its end',
    async (mode) => {
      const other = await wire();
      await other.ask('SET', 'n', '5');
      (await begin(mode)).close();
      while ((await other.ask('GET', 'n')).text !== (mode === 'sync' ? '6' : '5')) {}
      expect((await other.ask('PING')).text).toBe('PONG');
    },
  );

  test('leaves EVALSHA, pipelines and other clients alone', async () => {
    const user = await wire();
    user.send(encode(['PING']) + encode(['SCRIPT', 'DEBUG', 'sync']));
    await user.next();
    expect((await user.next()).text).toMatch(/outside a pipeline/);
    await user.ask('SCRIPT', 'DEBUG', 'sync');
    expect((await user.ask('EVALSHA', 'a'.repeat(40), '0')).text).toMatch(/use EVAL instead/);
    expect((await (await wire()).ask('EVAL', 'return 1', '0')).text).toBe('1');
    await user.ask('SCRIPT', 'DEBUG', 'no');
    expect((await user.ask('EVAL', 'return 1', '0')).text).toBe('1');
  });

  test('stops a loop that does not end', async () => {
    const user = await wire();
    await user.ask('CONFIG', 'SET', 'busy-reply-threshold', '20');
    await user.ask('SCRIPT', 'DEBUG', 'sync');
    user.send(encode(['EVAL', 'local i = 0\nwhile true do\ni = i + 1\nend', '0']));
    await user.next();
    user.send(encode(['continue']));
    expect((await user.next()).items[0].text).toMatch(/timeout reached, infinite loop\?/);
    user.send(encode(['abort']));
    expect((await user.next()).items.at(-1)?.text).toBe('<endsession>');
    expect((await user.next()).text).toMatch(/aborted for user request/);
  });
});
