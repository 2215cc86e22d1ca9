// CLIENT PAUSE: who waits, who does not, and in which order they go on.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';
import { encode } from '../wire.ts';

const A_MINUTE = 60_000;
const clock = { real: 'its clock cannot be moved' };

/** Sends a request without waiting for its reply. */
function send(r: Talk, line: string): void {
  r.wire.send(encode(line.split(' ')));
}

/** Asks until so many clients are held back. */
async function heldBack(r: Talk, clients: number): Promise<void> {
  let info: unknown;
  do info = await r('INFO clients');
  while (!String(info).includes(`\nblocked_clients:${clients}\r`));
}

everywhere((test) => {
  test('a pause of writes holds back writes, and nothing else', async (r) => {
    await r('SET k old');
    expect(await r(`CLIENT PAUSE ${A_MINUTE} WRITE`)).toBe('OK');
    const writer = await r.client();
    send(writer, 'SET k new');
    await heldBack(r, 1);
    expect(await r('GET k')).toBe('old');
    expect(await r('PING')).toBe('PONG');
    expect(await r('CLIENT UNPAUSE')).toBe('OK');
    expect((await writer.wire.next()).text).toBe('OK');
    expect(await r('GET k')).toBe('new');
  });

  test('a client that is held back shows it, and can be killed', async (r) => {
    const writer = await r.client();
    const id = await writer('CLIENT ID');
    await r(`CLIENT PAUSE ${A_MINUTE} WRITE`);
    send(writer, 'SET k v');
    await heldBack(r, 1);
    expect(await r(`CLIENT LIST ID ${id}`)).toMatch(/ flags=b /);
    expect(await r(`CLIENT KILL ID ${id}`)).toBe(1);
    await heldBack(r, 0);
    await r('CLIENT UNPAUSE');
    expect(await r('GET k')).toBe(null);
  });

  test('those who waited go on in their order, behind the turn that let them', async (r) => {
    const [first, second] = [await r.client(), await r.client()];
    await r(`CLIENT PAUSE ${A_MINUTE} WRITE`);
    send(first, 'APPEND k 1');
    await heldBack(r, 1);
    send(second, 'APPEND k 2');
    await heldBack(r, 2);
    r.wire.send(encode(['CLIENT', 'UNPAUSE']) + encode(['APPEND', 'k', '0']));
    expect((await r.wire.next()).text).toBe('OK');
    expect((await r.wire.next()).text).toBe('1');
    expect((await first.wire.next()).text).toBe('2');
    expect((await second.wire.next()).text).toBe('3');
    expect(await r('GET k')).toBe('012');
  });

  test('CLIENT UNPAUSE in a transaction lets nobody into it', async (r) => {
    const writer = await r.client();
    await r(`CLIENT PAUSE ${A_MINUTE} WRITE`);
    send(writer, 'SET k v');
    await heldBack(r, 1);
    await r('MULTI');
    for (const line of ['CLIENT UNPAUSE', 'GET k']) await r(line);
    expect(await r('EXEC')).toEqual(['OK', null]);
    await writer.wire.next();
    expect(await r('GET k')).toBe('v');
  });

  test('CLIENT PAUSE in a transaction begins behind it', async (r) => {
    await r('MULTI');
    for (const line of ['SET a 1', `CLIENT PAUSE ${A_MINUTE} WRITE`, 'SET b 2']) await r(line);
    expect(await r('EXEC')).toEqual(['OK', 'OK', 'OK']);
    const writer = await r.client();
    send(writer, 'SET c 3');
    await heldBack(r, 1);
    expect(await r('MGET a b c')).toEqual(['1', '2', null]);
    await r('CLIENT UNPAUSE');
    await writer.wire.next();
  });

  test('a transaction waits at EXEC if it writes, and a write when it is queued', async (r) => {
    const [before, during, reader] = [await r.client(), await r.client(), await r.client()];
    await before('MULTI');
    await before('SET k v');
    await r(`CLIENT PAUSE ${A_MINUTE} WRITE`);
    send(before, 'EXEC');
    await heldBack(r, 1);
    await during('MULTI');
    send(during, 'SET k w');
    await heldBack(r, 2);
    await reader('MULTI');
    await reader('GET k');
    expect(await reader('EXEC')).toEqual([null]);
    await r('CLIENT UNPAUSE');
    expect((await before.wire.next()).raw).toBe('*1\r\n+OK\r\n');
    expect((await during.wire.next()).text).toBe('QUEUED');
  });

  test('what cannot run is refused at once, pause or not', async (r) => {
    await r(`CLIENT PAUSE ${A_MINUTE} WRITE`);
    await r.fails('SET k', /^ERR wrong number of arguments for 'set' command$/);
    await r.fails('NOSUCH', /^ERR unknown command/);
    await r('CLIENT UNPAUSE');
  });

  test('requests behind the one that waits keep their order', async (r) => {
    const writer = await r.client();
    await r(`CLIENT PAUSE ${A_MINUTE} WRITE`);
    for (const line of ['APPEND k a', 'GET k', 'APPEND k b', 'GET k']) send(writer, line);
    await heldBack(r, 1);
    await r('CLIENT UNPAUSE');
    const replies = [];
    for (let i = 0; i < 4; i++) replies.push((await writer.wire.next()).text);
    expect(replies).toEqual(['1', 'a', '2', 'ab']);
  });

  test('CLIENT PAUSE reads the mode, then the time', async (r) => {
    await r.fails('CLIENT PAUSE x reads', /^ERR CLIENT PAUSE mode must be WRITE or ALL$/);
    for (const bad of ['x', '', '1.5', '01', '+1', '9223372036854775808']) {
      await r.fails(['CLIENT', 'PAUSE', bad], /^ERR timeout is not an integer or out of range$/);
    }
    await r.fails('CLIENT PAUSE -1', /^ERR timeout is negative$/);
    await r.fails('CLIENT PAUSE 9223372036854775807', /^ERR timeout is out of range$/);
    await r.fails(
      'CLIENT PAUSE 1 WRITE ALL',
      /^ERR unknown subcommand or wrong number of arguments for 'PAUSE'\. Try CLIENT HELP\.$/,
    );
    expect(await r('CLIENT UNPAUSE')).toBe('OK'); // There was none: that is no error.
    expect(await r('SET k v')).toBe('OK');
  });

  test('a pause of no time is none', async (r) => {
    r.wire.send(encode(['CLIENT', 'PAUSE', '0']) + encode(['SET', 'k', 'v']));
    expect((await r.wire.next()).text).toBe('OK');
    expect((await r.wire.next()).text).toBe('OK');
  });

  test('a pause that would end after all time is one that CLIENT UNPAUSE ends', async (r) => {
    await r('CLIENT PAUSE 9000000000000000000 WRITE');
    const writer = await r.client();
    send(writer, 'SET k v');
    await heldBack(r, 1);
    await r('CLIENT UNPAUSE');
    expect((await writer.wire.next()).text).toBe('OK');
  });
});

everywhere(
  (test) => {
    test('a pause of everything holds back reads too, until its time is over', async (r) => {
      r.clock.freeze();
      const reader = await r.client();
      await r('CLIENT PAUSE 1000');
      await sent(reader, 'GET k');
      r.clock.advance(999);
      expect(reader.wire.text()).toBe('');
      r.clock.advance(1);
      expect((await reader.wire.next()).isNull).toBe(true);
    });

    test('a later pause makes the present one neither shorter nor milder', async (r) => {
      r.clock.freeze();
      const reader = await r.client();
      await r('MULTI');
      for (const line of ['CLIENT PAUSE 1000 ALL', 'CLIENT PAUSE 10 WRITE']) await r(line);
      await r('EXEC');
      await sent(reader, 'GET k');
      r.clock.advance(999);
      expect(reader.wire.text()).toBe('');
      r.clock.advance(1);
      expect((await reader.wire.next()).isNull).toBe(true);
    });

    test('a later pause can make the present one longer and stricter', async (r) => {
      r.clock.freeze();
      const reader = await r.client();
      await r('CLIENT PAUSE 10 WRITE');
      await r('CLIENT PAUSE 1000 ALL');
      await sent(reader, 'GET k');
      r.clock.advance(999);
      expect(reader.wire.text()).toBe('');
      r.clock.advance(1);
      expect((await reader.wire.next()).isNull).toBe(true);
    });

    test('once a pause is over, the next one is as mild as it says', async (r) => {
      r.clock.freeze();
      await r('CLIENT PAUSE 10 ALL');
      r.clock.advance(10);
      await r('CLIENT PAUSE 1000 WRITE');
      expect(await r('GET k')).toBe(null);
      await r('CLIENT UNPAUSE');
    });

    test('keys do not go while writes wait, though nobody sees them', async (r) => {
      r.clock.freeze();
      await r('SET k v PX 10');
      await r('CLIENT PAUSE 1000 WRITE');
      r.clock.advance(500);
      expect(await r('GET k')).toBe(null);
      expect(await r('DBSIZE')).toBe(1);
      expect(await r('INFO stats')).toMatch(/\nexpired_keys:0\r/);
      r.clock.advance(501);
      expect(await r('DBSIZE')).toBe(0);
      expect(await r('INFO stats')).toMatch(/\nexpired_keys:1\r/);
    });

    test('one that goes on may pause the server again: the others keep waiting', async (r) => {
      r.clock.freeze();
      const [first, second] = [await r.client(), await r.client()];
      await r('CLIENT PAUSE 1000');
      await sent(first, 'CLIENT PAUSE 5000');
      await sent(second, 'PING');
      r.clock.advance(1000);
      expect((await first.wire.next()).text).toBe('OK');
      r.clock.advance(4999);
      expect(second.wire.text()).toBe('');
      r.clock.advance(1);
      expect((await second.wire.next()).text).toBe('PONG');
    });
  },
  { skip: clock },
);

/** Sends a request that has to wait, and waits until the server has it. */
async function sent(r: Talk, line: string): Promise<void> {
  const { waiting } = r.server.paused!;
  const before = waiting.length;
  send(r, line);
  while (waiting.length === before) await new Promise((resolve) => setImmediate(resolve));
}
