// Lists: clients that wait for an element, and who gets it.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

/** Comes back when so many clients wait. */
async function blocked(r: Talk, count: number): Promise<void> {
  for (;;) {
    const text = String(await r('INFO clients'));
    if (text.includes(`blocked_clients:${count}\r\n`)) return;
  }
}

everywhere((test) => {
  test('nobody waits where there is an element', async (r) => {
    await r('RPUSH k a b c d');
    expect(await r('BLPOP none k 0')).toEqual(['k', 'a']);
    expect(await r('BRPOP k none 0')).toEqual(['k', 'd']);
    expect(await r('BLMOVE k other LEFT LEFT 0')).toBe('b');
    expect(await r('BRPOPLPUSH k other 0')).toBe('c');
    expect(await r('BLMPOP 0 2 k other LEFT COUNT 5')).toEqual(['other', ['c', 'b']]);
  });

  test('whoever came first is served first', async (r) => {
    const first = await r.client();
    const second = await r.client();
    const one = first('BLPOP k 0');
    await blocked(r, 1);
    const two = second('BRPOP other k 0');
    await blocked(r, 2);
    expect(await r('RPUSH k a b c')).toBe(3);
    expect(await one).toEqual(['k', 'a']);
    expect(await two).toEqual(['k', 'c']);
    expect(await r('LRANGE k 0 -1')).toEqual(['b']);
  });

  test('a transaction is over before anybody is served', async (r) => {
    const waiter = await r.client();
    const reply = waiter('BLPOP k 0');
    await blocked(r, 1);
    await r('MULTI');
    await r('RPUSH k a');
    await r('DEL k');
    await r('RPUSH k b');
    await r('EXEC');
    expect(await reply).toEqual(['k', 'b']);
  });

  test('a key that comes under another name, or from another database, serves too', async (r) => {
    const waiter = await r.client();
    let reply = waiter('BLPOP k 0');
    await blocked(r, 1);
    await r('RPUSH old a');
    await r('RENAME old k');
    expect(await reply).toEqual(['k', 'a']);
    reply = waiter('BLPOP k 0');
    await blocked(r, 1);
    await r('SELECT 1');
    await r('RPUSH k b');
    await r('MOVE k 0');
    expect(await reply).toEqual(['k', 'b']);
    reply = waiter('BLPOP k 0');
    await blocked(r, 1);
    await r('RPUSH k c');
    await r('SWAPDB 0 1');
    expect(await reply).toEqual(['k', 'c']);
    reply = waiter('BLPOP k 0');
    await blocked(r, 1);
    await r('SELECT 0');
    await r('RPUSH source d');
    await r('COPY source k');
    expect(await reply).toEqual(['k', 'd']);
  });

  test('one who is served may serve another', async (r) => {
    const mover = await r.client();
    const taker = await r.client();
    const moved = mover('BLMOVE a b LEFT RIGHT 0');
    await blocked(r, 1);
    const taken = taker('BLPOP b 0');
    await blocked(r, 2);
    await r('RPUSH a x');
    expect(await moved).toBe('x');
    expect(await taken).toEqual(['b', 'x']);
    expect(await r('EXISTS a b')).toBe(0);
  });

  test('a value of another type wakes nobody, a target of another type is refused', async (r) => {
    const waiter = await r.client();
    const reply = waiter('BRPOPLPUSH k target 0').catch((problem: Error) => problem.message);
    await blocked(r, 1);
    await r('SET k x');
    await blocked(r, 1);
    await r('DEL k');
    await r('SET target x');
    await r('RPUSH k a');
    expect(await reply).toMatch(/^WRONGTYPE /);
    expect(await r('LRANGE k 0 -1')).toEqual(['a']);
  });

  test('CLIENT UNBLOCK ends a wait as if in time, or with an error', async (r) => {
    const waiter = await r.client();
    const id = await waiter('CLIENT ID');
    let reply: Promise<unknown> = waiter('BLPOP k 0');
    await blocked(r, 1);
    expect(await r(`CLIENT UNBLOCK ${id}`)).toBe(1);
    expect(await reply).toBe(null);
    reply = waiter('BLPOP k 0').catch((problem: Error) => problem.message);
    await blocked(r, 1);
    expect(await r(`CLIENT UNBLOCK ${id} ERROR`)).toBe(1);
    expect(await reply).toBe('UNBLOCKED client unblocked via CLIENT UNBLOCK');
    expect(await r(`CLIENT UNBLOCK ${id}`)).toBe(0);
    expect(await r('INFO commandstats')).toMatch(
      /cmdstat_blpop:calls=2,.*rejected_calls=0,failed_calls=1/,
    );
  });

  test('a client that leaves gives up its place', async (r) => {
    const leaver = await r.connect();
    leaver.send('BLPOP k 0\r\n');
    await blocked(r, 1);
    leaver.close();
    await blocked(r, 0);
    await r('RPUSH k a');
    expect(await r('LLEN k')).toBe(1);
  });

  test('what was sent behind a blocking command is answered behind it', async (r) => {
    const wire = await r.connect();
    wire.send('BLPOP k 0\r\nPING\r\nLLEN k\r\n');
    await blocked(r, 1);
    await r('RPUSH k a b');
    expect((await wire.next()).items.map((item) => item.text)).toEqual(['k', 'a']);
    expect((await wire.next()).text).toBe('PONG');
    expect((await wire.next()).text).toBe('1');
  });

  test('nobody waits in a transaction', async (r) => {
    await r('MULTI');
    await r('BLPOP k 0');
    await r('BLMPOP 0 1 k LEFT');
    await r('BRPOPLPUSH k other 0');
    expect(await r.raw('EXEC')).toBe(
      r.resp3 ? '*3\r\n_\r\n_\r\n_\r\n' : '*3\r\n*-1\r\n*-1\r\n$-1\r\n',
    );
  });

  test('a timeout is a float, not negative, and has an end', async (r) => {
    await r.fails('BLPOP k x', /^ERR timeout is not a float or out of range$/);
    await r.fails('BLPOP k nan', /^ERR timeout is not a float or out of range$/);
    await r.fails('BLPOP k -1', /^ERR timeout is negative$/);
    await r.fails('BLPOP k -inf', /^ERR timeout is negative$/);
    await r.fails('BLPOP k inf', /^ERR timeout is out of range$/);
    await r.fails('BLPOP k 9223372036854775807', /^ERR timeout is out of range$/);
    await r.fails('BLPOP k 9223372036854775', /^ERR timeout is out of range$/);
    await r.fails('BLMPOP 0 0 k LEFT', /^ERR numkeys should be greater than 0$/);
    await r.fails('BLMPOP x 1 k UP', /^ERR syntax error$/);
    expect(await r.raw('BLPOP k 0.001')).toBe(r.resp3 ? '_\r\n' : '*-1\r\n');
    expect(await r.raw('BLMOVE k l LEFT LEFT 0x1p-10')).toBe(r.resp3 ? '_\r\n' : '*-1\r\n');
  });
});

everywhere(
  (test) => {
    test('a wait ends when the clock of the server says so', async (r) => {
      r.clock.freeze();
      const reply = (await r.client())('BLPOP k 1.5');
      await blocked(r, 1);
      r.clock.advance(1499);
      await blocked(r, 1);
      r.clock.advance(1);
      await blocked(r, 0);
      expect(await reply).toBe(null);
    });
  },
  { skip: { real: 'its clock cannot be moved' } },
);

everywhere(
  (test) => {
    test('what is passed on of a wait is what came of it', async (r) => {
      const sent: string[] = [];
      r.server.propagation.listen((_db, argv) => sent.push(argv.join(' ')));
      const replies: Promise<unknown>[] = [];
      for (const line of [
        ...['BRPOP a 0', 'BLMPOP 0 1 a LEFT COUNT 5'],
        ...['BLMOVE b c LEFT right 0', 'BRPOPLPUSH c d 0'],
      ]) {
        replies.push((await r.client())(line));
        await blocked(r, replies.length);
      }
      await r('RPUSH a 1 2 3');
      await r('RPUSH b x');
      await Promise.all(replies);
      expect(sent.filter((line) => line !== 'MULTI' && line !== 'EXEC')).toEqual([
        ...['RPUSH a 1 2 3', 'RPOP a', 'LPOP a 2'],
        ...['RPUSH b x', 'LMOVE b c LEFT right', 'RPOPLPUSH c d'],
      ]);
    });
  },
  { skip: { real: 'a replica would have to listen' } },
);
