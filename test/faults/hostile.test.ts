// Hostile clients over TCP: whatever they do, others are answered, nothing stays behind, and
// nothing is thrown. What it costs the others in time is measured by bench/hostile/run.ts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { encode, overSocket, type Wire } from '../wire.ts';

const PATIENT = { timeout: 20_000 };
let server: RunningServer;
let good: Wire;
const open: Wire[] = [];

async function connect(): Promise<Wire> {
  const wire = await overSocket({ host: '127.0.0.1', port: server.port });
  open.push(wire);
  return wire;
}

/** Fewer at once than wait to be let in (tcp-backlog): the system may lose the end of others. */
async function connectMany(count: number): Promise<Wire[]> {
  const wires: Wire[] = [];
  while (wires.length < count) {
    const some = Array.from({ length: Math.min(100, count - wires.length) }, connect);
    wires.push(...(await Promise.all(some)));
  }
  return wires;
}

async function connected(): Promise<number> {
  const { text } = await good.ask('INFO', 'clients');
  return Number(/connected_clients:(\d+)/.exec(text)![1]);
}

async function isWell(): Promise<void> {
  expect((await good.ask('SET', 'well', 'yes')).text).toBe('OK');
  expect((await good.ask('GET', 'well')).text).toBe('yes');
}

beforeEach(async () => {
  server = await startServer({ 'enable-debug-command': 'yes' });
  good = await connect();
});

afterEach(async () => {
  for (const wire of open.splice(0)) wire.close();
  await server.close();
});

describe('connections that say little', () => {
  test('half a request each, and then they go', async () => {
    for (const wire of await connectMany(300)) wire.send('*3\r\n$3\r\nSET\r\n$5\r\nab');
    await expect.poll(connected, PATIENT).toBe(301);
    await isWell();
    for (const wire of open.splice(0)) if (wire !== good) wire.close();
    open.push(good);
    await expect.poll(connected, PATIENT).toBe(1);
  });

  test('a byte at a time: the request is understood all the same', async () => {
    const [slow] = await connectMany(1);
    for (const byte of encode(['SET', 'slow', 'a\r\nb'])) {
      slow.send(byte);
      await good.ask('PING'); // So that each byte is read by itself.
    }
    expect((await slow.next()).text).toBe('OK');
    expect((await good.ask('GET', 'slow')).text).toBe('a\r\nb');
  });

  test('come and go by the thousand', async () => {
    for (let round = 0; round < 5; round++) {
      const wires = await connectMany(500);
      await isWell();
      for (const wire of wires) wire.close();
    }
    await expect.poll(connected, PATIENT).toBe(1);
  });

  test('who leaves by the thousand is forgotten, and whoever stays is answered', async () => {
    const peers = await connectMany(1000);
    peers[0].send(encode(['SUBSCRIBE', 'news']));
    await peers[0].next();
    const gone = peers.slice(1);
    for (const wire of gone) wire.close();
    await expect.poll(connected, PATIENT).toBe(2);
    expect((await good.ask('PUBLISH', 'news', 'still here?')).text).toBe('1');
    expect((await peers[0].next()).items[2]!.text).toBe('still here?');
    await expect.poll(() => gone.every((wire) => wire.closed), PATIENT).toBe(true);
  });

  test('those beyond maxclients are told so, and those within are served', async () => {
    await good.ask('CONFIG', 'SET', 'maxclients', '50');
    const wires = await connectMany(60);
    const refused = await Promise.all(
      wires.map(async (wire) => {
        wire.send('PING\r\n');
        return (await wire.next()).isError;
      }),
    );
    expect(refused.filter((each) => each).length).toBe(11);
    await isWell();
  });
});

test('a script of 20,000 operators is refused, and nobody notices', async () => {
  for (const operator of [' or ', ' + ', ' == ']) {
    const script = `local x = 1 return ${Array(20_000).fill('x').join(operator)}`;
    expect((await good.ask('EVAL', script, '0')).text).toMatch(/too many syntax levels/);
  }
  await isWell();
});

describe('a pipeline that does not end', () => {
  const LONG = 150_000;

  /** Sends a long pipeline; resolves when its last reply, of ECHO, has come. */
  async function flood(wire: Wire, each = encode(['GET', 'none'])): Promise<string> {
    wire.send(each.repeat(LONG) + encode(['ECHO', 'the end']));
    while (!wire.text().endsWith('$7\r\nthe end\r\n')) await more(wire);
    return wire.text();
  }

  async function more(wire: Wire): Promise<void> {
    const before = wire.received;
    await expect
      .poll(() => wire.received !== before || wire.closed, { interval: 1, ...PATIENT })
      .toBe(true);
  }

  test('others are answered before it is through', async () => {
    const [greedy] = await connectMany(1);
    const done = flood(greedy);
    await more(greedy);
    let answers = 0;
    while (!greedy.text().endsWith('the end\r\n')) {
      await good.ask('PING');
      answers++;
    }
    expect(answers).toBeGreaterThan(3);
    expect(await done).toBe(`${'$-1\r\n'.repeat(LONG)}$7\r\nthe end\r\n`);
  });

  test('others are answered also where what may wait for a client is limited', async () => {
    await good.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 50mb 0 0');
    const [greedy] = await connectMany(1);
    const done = flood(greedy);
    await more(greedy);
    let answers = 0;
    while (!greedy.text().endsWith('the end\r\n')) {
      await good.ask('PING');
      answers++;
    }
    expect(answers).toBeGreaterThan(3);
    expect(await done).toBe(`${'$-1\r\n'.repeat(LONG)}$7\r\nthe end\r\n`);
  });

  test('who asks for more at once than may wait is cut off, though it rests', async () => {
    await good.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 1mb 0 0');
    await good.ask('SET', 'value', 'x'.repeat(1000));
    const [greedy] = await connectMany(1);
    greedy.send(encode(['GET', 'value']).repeat(2000)); // All of it in one chunk that is read.
    await greedy.toEnd();
    expect(greedy.received).toBe(0);
    await isWell();
  });

  test('several at once are all answered, each in its order', async () => {
    const wires = await connectMany(4);
    const all = await Promise.all(wires.map((wire, i) => flood(wire, encode(['ECHO', `${i}`]))));
    all.forEach((text, i) => {
      expect(text === `${`$1\r\n${i}\r\n`.repeat(LONG)}$7\r\nthe end\r\n`).toBe(true);
    });
  });

  test('commands that do not exist are no way around that', async () => {
    const [greedy] = await connectMany(1);
    const done = flood(greedy, 'x\r\n');
    await more(greedy);
    let answers = 0;
    while (!greedy.text().endsWith('the end\r\n')) {
      await good.ask('PING');
      answers++;
    }
    expect(answers).toBeGreaterThan(3);
    await done;
  });

  test('transactions in it stay whole, whoever comes in between', async () => {
    const [greedy] = await connectMany(1);
    const unit = encode(['MULTI']) + encode(['INCR', 'a']) + encode(['INCR', 'b']);
    greedy.send((unit + encode(['EXEC'])).repeat(5000) + encode(['ECHO', 'the end']));
    while (!greedy.text().endsWith('the end\r\n')) {
      const { items } = await good.ask('MGET', 'a', 'b');
      expect(items[0].text).toBe(items[1].text);
    }
    expect((await good.ask('GET', 'b')).text).toBe('5000');
  });

  test('a few requests that came together are carried out together', async () => {
    const [one, other] = await connectMany(2);
    one.send(encode(['INCR', 'z']) + encode(['DEBUG', 'SLEEP', '0.01']) + encode(['INCR', 'z']));
    other.send(encode(['INCR', 'z']));
    while (one.text().split('\r\n').length < 4) await more(one);
    const [first, , last] = one.text().split('\r\n');
    expect(Number(last!.slice(1)) - Number(first!.slice(1))).toBe(1);
  });

  test('so are some dozens, however long the first of them takes', async () => {
    const [one, other] = await connectMany(2);
    const slow = encode(['EVAL', 'for i = 1, 1000000 do end', '0']);
    one.send(slow + encode(['INCR', 'z']).repeat(60));
    other.send(encode(['INCR', 'z']));
    while (one.text().split('\r\n').length < 62) await more(one);
    const [, first, ...rest] = one.text().trimEnd().split('\r\n');
    expect(Number(rest.at(-1)!.slice(1)) - Number(first!.slice(1))).toBe(59);
  });

  test('one that waits in the middle goes on where it was', async () => {
    const [greedy] = await connectMany(1);
    const half = encode(['INCR', 'n']).repeat(20_000);
    greedy.send(half + encode(['BLPOP', 'list', '0']) + half + encode(['ECHO', 'the end']));
    await expect.poll(async () => (await good.ask('GET', 'n')).text, PATIENT).toBe('20000');
    await good.ask('RPUSH', 'list', 'x');
    while (!greedy.text().endsWith('the end\r\n')) await more(greedy);
    expect((await good.ask('GET', 'n')).text).toBe('40000');
  });

  test('ends where it says QUIT, whatever follows', async () => {
    const [greedy] = await connectMany(1);
    const half = encode(['INCR', 'n']).repeat(20_000);
    greedy.send(half + encode(['QUIT']) + half.repeat(20));
    const text = await greedy.toEnd();
    expect(text.endsWith(':20000\r\n+OK\r\n')).toBe(true);
    expect((await good.ask('GET', 'n')).text).toBe('20000');
    await expect.poll(connected, PATIENT).toBe(1);
  });

  test('can be killed at any point', async () => {
    const [greedy] = await connectMany(1);
    greedy.send(encode(['INCR', 'n']).repeat(LONG));
    await more(greedy);
    await good.ask('CLIENT', 'KILL', 'SKIPME', 'yes', 'TYPE', 'normal');
    await greedy.toEnd();
    const { text } = await good.ask('GET', 'n');
    await isWell();
    expect((await good.ask('GET', 'n')).text).toBe(text);
    expect(await connected()).toBe(1);
  });

  test('may be without replies', async () => {
    const [greedy] = await connectMany(1);
    const silence = encode(['CLIENT', 'REPLY', 'OFF']);
    greedy.send(silence + encode(['INCR', 'n']).repeat(LONG));
    await expect.poll(async () => (await good.ask('GET', 'n')).text, PATIENT).toBe(String(LONG));
    expect(greedy.received).toBe(0);
  });
});

describe('who does not read', () => {
  const LARGE = 20_000_000;

  test('and says QUIT stays a client until it has read, and its bytes are ignored', async () => {
    await good.ask('SETRANGE', 'large', String(LARGE - 1), 'x');
    const [deaf] = await connectMany(1);
    deaf.pause();
    deaf.send(encode(['GET', 'large']) + encode(['QUIT']));
    await expect
      .poll(async () => (await good.ask('CLIENT', 'LIST')).text, PATIENT)
      .toContain('cmd=quit');
    for (let i = 0; i < 20; i++) deaf.send(encode(['SET', 'ignored', 'x'.repeat(100_000)]));
    await isWell();
    expect(await connected()).toBe(2);
    deaf.resume();
    expect((await deaf.toEnd()).endsWith('+OK\r\n')).toBe(true);
    await expect.poll(connected, PATIENT).toBe(1);
    expect((await good.ask('EXISTS', 'ignored')).text).toBe('0');
  });

  test('and says QUIT can be killed', async () => {
    await good.ask('SETRANGE', 'large', String(LARGE - 1), 'x');
    const [deaf] = await connectMany(1);
    deaf.pause();
    deaf.send(encode(['GET', 'large']) + encode(['QUIT']));
    await expect
      .poll(async () => (await good.ask('CLIENT', 'LIST')).text, PATIENT)
      .toContain('cmd=quit');
    expect((await good.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')).text).toBe('1');
    expect(await connected()).toBe(1);
  });

  test('but monitors is cut off in the end', async () => {
    const [deaf] = await connectMany(1);
    deaf.send('MONITOR\r\n');
    await deaf.next();
    deaf.pause();
    const value = 'x'.repeat(1_000_000);
    let sent = 0;
    while ((await connected()) === 2 && sent < 400) {
      await good.ask('ECHO', value);
      sent++;
    }
    expect(await connected()).toBe(1);
    await isWell();
  });
});

describe('who guesses', () => {
  test('a password gets nothing but refusals, and others are answered', async () => {
    await good.ask('CONFIG', 'SET', 'requirepass', 'secret');
    const wires = await connectMany(20);
    for (const wire of wires) {
      for (let i = 0; i < 50; i++) wire.send(encode(['AUTH', `guess${i}`]) + encode(['GET', 'k']));
    }
    for (const wire of wires) {
      for (let i = 0; i < 50; i++) {
        expect((await wire.next()).text).toMatch(/^WRONGPASS /);
        expect((await wire.next()).text).toMatch(/^NOAUTH /);
      }
    }
    expect((await wires[0].ask('AUTH', 'secret')).text).toBe('OK');
    await isWell();
  });
});

describe('lengths', () => {
  test.each([
    '*2147483648\r\n',
    '*-9223372036854775809\r\n',
    '*1\r\n$99999999999\r\n',
    '*1\r\n$-2\r\n',
    '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870913\r\n',
  ])('too large or too small end the connection: %j', async (bytes) => {
    const [wire] = await connectMany(1);
    wire.send(bytes);
    expect(await wire.toEnd()).toMatch(/^-ERR Protocol error: /);
    await isWell();
  });

  test('announced and never sent take no memory to speak of', async () => {
    const before = process.memoryUsage.rss();
    for (const wire of await connectMany(200)) wire.send('*2\r\n$3\r\nGET\r\n$500000000\r\n');
    for (const wire of await connectMany(200)) wire.send('*2147483647\r\n$3\r\nGET\r\n');
    await expect.poll(connected, PATIENT).toBe(401);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000);
    await isWell();
  });
});

describe('nesting', () => {
  test('MULTI does not nest, however often it is said', async () => {
    const [wire] = await connectMany(1);
    wire.send(`${encode(['MULTI']).repeat(10_000)}${encode(['EXEC'])}`);
    expect((await wire.next()).text).toBe('OK');
    for (let i = 1; i < 10_000; i++) expect((await wire.next()).text).toMatch(/can not be nested/);
    expect((await wire.next()).items).toEqual([]);
    await isWell();
  });

  test.each([
    ['a reply', 'local t = {} for i = 1, 200000 do t = {t} end return t'],
    ['calls', 'local function f() return f() + 1 end return f()'],
    ['parentheses', 'return loadstring("return " .. string.rep("(", 100000))'],
    ['tables', 'return loadstring("return " .. string.rep("{", 100000))'],
    ['JSON', 'return cjson.decode(string.rep("[", 100000))'],
    ['values for JSON', 'local t = {} for i = 1, 20000 do t = {t} end return cjson.encode(t)'],
    ['MessagePack', 'return cmsgpack.unpack(string.rep(string.char(0x91), 100000))'],
    ['values for it', 'local t = {} for i = 1, 20000 do t = {t} end return #cmsgpack.pack(t)'],
    ['a pattern', 'return string.find(string.rep("a", 300000), string.rep("(a", 300000))'],
    ['a match', 'return string.match(string.rep("a", 3000), ".-b")'],
    ['pcall', 'local function f() return pcall(f) end return f()'],
    ['metatables', 'local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x'],
    ['a long string', 'return #string.rep("x", 1e10)'],
    ['longer and longer', 'local s = "x" while true do s = s .. s end'],
    ['a format', 'return string.format("%99999d", 1)'],
    ['unpack', 'return {unpack({}, 1, 1e8)}'],
    ['an error of its own', 'error(setmetatable({}, {__tostring = error}))'],
  ])('of %s in a script ends in a reply', async (_, script) => {
    const [wire] = await connectMany(1);
    wire.send(encode(['EVAL', script, '0']));
    await expect.poll(() => wire.text(), { timeout: 30_000 }).toMatch(/\r\n$/);
    await isWell();
  });
});

describe('values that are too long', () => {
  test.each([
    [['SETRANGE', 'k', '536870911', 'xx']],
    [['SETRANGE', 'k', '4294967296', 'x']],
    [['SETBIT', 'k', '4294967296', '1']],
    [['BITFIELD', 'k', 'SET', 'u8', '99999999999', '1']],
    [['LPOP', 'none', '99999999999']],
    [['LMPOP', '9999999999', 'k', 'LEFT']],
    [['XADD', 's', 'MAXLEN', '~', '99999999999999999999', '*', 'a', 'b']],
    [['RESTORE', 'k', '0', '\x00\xc0\xff']],
    [['EVAL', 'return 1', '99999999999']],
    [['DEBUG', 'STRINGMATCH-LEN', '1000', 'a']],
  ])('are refused: %j', async (argv) => {
    const [wire] = await connectMany(1);
    wire.send(encode(argv));
    await wire.next();
    await isWell();
  });
});
