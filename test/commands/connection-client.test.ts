// CLIENT: what a connection says of itself, and what it may do to the others.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';
import { encode } from '../wire.ts';

const BAD_NAME = /^ERR Client names cannot contain spaces, newlines or special characters\.$/;
const FIELDS =
  'id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem ' +
  'multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver io-thread';

/** The fields of a line of CLIENT LIST. */
function fields(line: string): Record<string, string> {
  const pairs = line.split(' ').map((field) => field.split('='));
  return Object.fromEntries(pairs.map(([name, ...value]) => [name, value.join('=')]));
}

/** The lines of CLIENT LIST by client id. */
async function list(r: Talk, ...options: (string | number)[]): Promise<Map<number, string>> {
  const text = (await r(['CLIENT', 'LIST', ...options])) as string;
  if (text !== '') expect(text.at(-1)).toBe('\n');
  const lines = text.split('\n').slice(0, -1);
  return new Map(lines.map((line) => [Number(fields(line).id), line]));
}

async function info(r: Talk): Promise<Record<string, string>> {
  const text = (await r('CLIENT INFO')) as string;
  expect(text.at(-1)).toBe('\n');
  return fields(text.slice(0, -1));
}

async function idOf(r: Talk): Promise<number> {
  return (await r('CLIENT ID')) as number;
}

everywhere((test) => {
  test('CLIENT INFO describes a connection in the fields of Redis, in their order', async (r) => {
    const line = (await r('CLIENT INFO')) as string;
    expect(Object.keys(fields(line)).join(' ')).toBe(FIELDS);
    const mine = await info(r);
    expect(mine).toMatchObject({
      ...{ id: String(await idOf(r)), name: '', idle: '0', flags: 'N', db: '0' },
      age: expect.stringMatching(/^\d+$/), // A second may have begun since it connected.
      ...{ sub: '0', psub: '0', ssub: '0', multi: '-1', watch: '0', qbuf: '26', 'argv-mem': '10' },
      ...{ 'multi-mem': '0', obl: '0', oll: '0', omem: '0', events: 'r', user: 'default' },
      ...{ redir: '-1', resp: r.resp3 ? '3' : '2', 'lib-name': '', 'lib-ver': '' },
      'io-thread': '0',
    });
    expect(mine.addr).toMatch(/^\S+:\d+$/);
    expect(mine.laddr).toMatch(/^\S+:\d+$/);
  });

  test('CLIENT INFO is text to be shown as it is', async (r) => {
    expect(await r.raw('CLIENT INFO')).toMatch(r.resp3 ? /^=\d+\r\ntxt:id=/ : /^\$\d+\r\nid=/);
    expect(await r.raw('CLIENT LIST')).toMatch(r.resp3 ? /^=\d+\r\ntxt:id=/ : /^\$\d+\r\nid=/);
  });

  test('CLIENT INFO shows what a connection has asked for', async (r) => {
    await r('SELECT 5');
    await r('WATCH a b');
    for (const option of ['NO-EVICT', 'NO-TOUCH'])
      expect(await r(`CLIENT ${option} on`)).toBe('OK');
    expect(await info(r)).toMatchObject({ db: '5', watch: '2', flags: 'eT' });
    for (const option of ['NO-EVICT', 'NO-TOUCH'])
      expect(await r(`CLIENT ${option} OFF`)).toBe('OK');
    await r('UNWATCH');
    expect(await info(r)).toMatchObject({ watch: '0', flags: 'N' });
    await r.fails('CLIENT NO-EVICT maybe', /^ERR syntax error$/);
    await r.fails('CLIENT NO-TOUCH maybe', /^ERR syntax error$/);
  });

  test('CLIENT LIST shows who is in a transaction, and whether it will fail', async (r) => {
    const other = await r.client();
    const id = await idOf(other);
    for (const line of ['WATCH k', 'MULTI', 'SET k v']) await other(line);
    const before = fields((await list(r)).get(id)!);
    expect(before).toMatchObject({ flags: 'x', multi: '1', watch: '1' });
    expect(Number(before['multi-mem'])).toBeGreaterThanOrEqual('SETkv'.length);
    await r('SET k w');
    expect(fields((await list(r)).get(id)!)).toMatchObject({ flags: 'xd', multi: '1', watch: '0' });
  });

  test('CLIENT LIST shows who watches the server', async (r) => {
    const monitor = await r.client();
    const id = await idOf(monitor);
    await monitor('MONITOR');
    expect(fields((await list(r)).get(id)!).flags).toBe('O');
  });

  test('CLIENT LIST TYPE: a monitor is a normal client too', async (r) => {
    const monitor = await r.client();
    await monitor('MONITOR');
    expect((await list(r, 'TYPE', 'Normal')).size).toBe(2);
    for (const type of ['master', 'replica', 'SLAVE', 'pubsub']) {
      expect(await r(['CLIENT', 'LIST', 'TYPE', type])).toBe('');
    }
    await r.fails(['CLIENT', 'LIST', 'TYPE', 'a\nb\0c'], /^ERR Unknown client type 'a b'$/);
  });

  test('CLIENT LIST ID lists the clients asked for, in that order, as often', async (r) => {
    const other = await r.client();
    const [a, b] = [await idOf(r), await idOf(other)];
    const text = (await r(['CLIENT', 'LIST', 'ID', b, a, b, 99999])) as string;
    expect(text.match(/^id=\d+/gm)).toEqual([`id=${b}`, `id=${a}`, `id=${b}`]);
    expect(await r('CLIENT LIST ID 0 -1 9223372036854775807')).toBe('');
    for (const bad of ['x', '1.0', '9223372036854775808', '']) {
      await r.fails(['CLIENT', 'LIST', 'ID', a, bad], /^ERR Invalid client ID$/);
    }
    for (const line of ['ID', 'TYPE', 'NAME x', 'TYPE normal ID 1', 'SKIPME yes']) {
      await r.fails(`CLIENT LIST ${line}`, /^ERR syntax error$/);
    }
  });

  test('CLIENT ID counts up and is never used again', async (r) => {
    const other = await r.client();
    const second = await idOf(other);
    expect(second).toBeGreaterThan(await idOf(r));
    other.wire.close();
    expect(await idOf(await r.client())).toBeGreaterThan(second);
  });

  test('CLIENT GETREDIR is -1 without tracking', async (r) => {
    expect(await r('CLIENT GETREDIR')).toBe(-1);
  });

  test('CLIENT SETNAME names a connection until the name is taken back', async (r) => {
    expect(await r('CLIENT GETNAME')).toBe(null);
    expect(await r('CLIENT SETNAME ada:!~')).toBe('OK');
    expect(await r('CLIENT GETNAME')).toBe('ada:!~');
    expect((await info(r)).name).toBe('ada:!~');
    for (const bad of ['a b', 'a\n', '\x7f', 'caf\xe9', 'a \0', ' ']) {
      await r.fails(['CLIENT', 'SETNAME', bad], BAD_NAME);
    }
    expect(await r('CLIENT GETNAME')).toBe('ada:!~');
    expect(await r(['CLIENT', 'SETNAME', ''])).toBe('OK');
    expect(await r('CLIENT GETNAME')).toBe(null);
  });

  test('a name may hold anything behind a NUL, which CLIENT LIST does not show', async (r) => {
    expect(await r(['CLIENT', 'SETNAME', 'ada\0 b=c'])).toBe('OK');
    expect(await r(['CLIENT', 'SETINFO', 'LIB-NAME', 'lib\0\n'])).toBe('OK');
    expect(await r('CLIENT GETNAME')).toBe('ada\0 b=c');
    expect(await info(r)).toMatchObject({ name: 'ada', 'lib-name': 'lib' });
  });

  test('CLIENT SETINFO notes the library, in words without blanks', async (r) => {
    expect(await r('CLIENT SETINFO lib-name ioredis')).toBe('OK');
    expect(await r('CLIENT SETINFO LIB-VER 5.4.1')).toBe('OK');
    await r.fails(
      ['CLIENT', 'SETINFO', 'Lib-Name', 'io redis'],
      /^ERR Lib-Name cannot contain spaces, newlines or special characters\.$/,
    );
    await r.fails(['CLIENT', 'SETINFO', 'lib-ver', '5\n'], /^ERR lib-ver cannot contain/);
    await r.fails('CLIENT SETINFO lib-color red', /^ERR Unrecognized option 'lib-color'$/);
    expect(await info(r)).toMatchObject({ 'lib-name': 'ioredis', 'lib-ver': '5.4.1' });
    await r(['CLIENT', 'SETINFO', 'lib-name', '']);
    expect((await info(r))['lib-name']).toBe('');
  });

  test('CLIENT HELP lists subcommands; there are no others', async (r) => {
    const lines = (await r('CLIENT HELP')) as string[];
    expect(lines[0]).toBe('CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:');
    for (const name of ['ID', 'INFO', 'GETNAME', 'UNPAUSE', 'HELP']) expect(lines).toContain(name);
    await r.fails('CLIENT NOSUCH', /^ERR unknown subcommand 'NOSUCH'\. Try CLIENT HELP\.$/);
    await r.fails('CLIENT', /^ERR wrong number of arguments for 'client' command$/);
    await r.fails('CLIENT HELP me', /^ERR wrong number of arguments for 'client\|help' command$/);
  });

  test('CLIENT UNBLOCK of a client that is not blocked does nothing', async (r) => {
    expect(await r(['CLIENT', 'UNBLOCK', await idOf(r)])).toBe(0);
    expect(await r('CLIENT UNBLOCK 99999 timeout')).toBe(0);
    expect(await r('CLIENT UNBLOCK -1 ERROR')).toBe(0);
    await r.fails('CLIENT UNBLOCK x', /^ERR value is not an integer or out of range$/);
    await r.fails(
      'CLIENT UNBLOCK x nicely',
      /^ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR$/,
    );
    await r.fails(
      'client UnBlock 1 2 3',
      /^ERR unknown subcommand or wrong number of arguments for 'UnBlock'\. Try CLIENT HELP\.$/,
    );
  });
});

everywhere((test) => {
  /** Asserts what a pipeline is answered with, up to a last QUIT. */
  async function answers(r: Talk, lines: string[], bytes: string): Promise<void> {
    const other = await r.client();
    other.wire.send([...lines, 'QUIT'].map((line) => encode(line.split(' '))).join(''));
    expect(await other.wire.toEnd()).toBe(`${bytes}+OK\r\n`);
  }
  const OK = '+OK\r\n';
  const PONG = '+PONG\r\n';

  test('CLIENT REPLY OFF silences everything until ON', async (r) => {
    const silence = ['CLIENT REPLY OFF', 'PING', 'NOSUCH', 'GET', 'CLIENT REPLY SKIP', 'PING'];
    await answers(r, [...silence, 'CLIENT REPLY ON', 'PING'], OK + PONG);
    const queueing = ['CLIENT REPLY off', 'MULTI', 'PING', 'EXEC', 'CLIENT REPLY on'];
    await answers(r, queueing, OK);
  });

  test('CLIENT REPLY SKIP silences itself and the next command, an error too', async (r) => {
    await answers(r, ['CLIENT REPLY SKIP', 'PING', 'PING'], PONG);
    await answers(r, ['CLIENT REPLY SKIP', 'NOSUCH', 'PING'], PONG);
    await answers(r, ['CLIENT REPLY SKIP', 'GET', 'PING'], PONG);
    await answers(r, ['CLIENT REPLY SKIP', 'CLIENT REPLY SKIP', 'PING', 'PING'], PONG);
    await answers(r, ['CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'PING'], OK + PONG);
  });

  test('CLIENT REPLY SKIP before MULTI silences MULTI only', async (r) => {
    const lines = ['CLIENT REPLY SKIP', 'MULTI', 'PING', 'EXEC'];
    await answers(r, lines, `+QUEUED\r\n*1\r\n${PONG}`);
  });

  test('RESET ends CLIENT REPLY OFF, but is skipped itself after SKIP', async (r) => {
    await answers(r, ['CLIENT REPLY OFF', 'RESET', 'PING'], `+RESET\r\n${PONG}`);
    await answers(r, ['CLIENT REPLY SKIP', 'RESET', 'PING'], PONG);
  });

  test('CLIENT REPLY knows three words', async (r) => {
    await r.fails('CLIENT REPLY maybe', /^ERR syntax error$/);
    await r.fails('CLIENT REPLY', /^ERR wrong number of arguments for 'client\|reply' command$/);
    expect(await r('CLIENT REPLY ON')).toBe('OK');
  });
});

everywhere((test) => {
  const together = { memory: 'all links in this process have one address' };

  test('CLIENT KILL with an address ends the connection', { skip: together }, async (r) => {
    const other = await r.client();
    const { addr } = await info(other);
    expect(await r(['CLIENT', 'KILL', addr])).toBe('OK');
    expect(await other.wire.toEnd()).toBe('');
    await r.fails(['CLIENT', 'KILL', addr], /^ERR No such client$/);
  });

  test('CLIENT KILL ADDR and LADDR choose by either end', { skip: together }, async (r) => {
    const other = await r.client();
    const { addr } = await info(other);
    const { laddr } = await info(r);
    expect(await r(['CLIENT', 'KILL', 'ADDR', addr, 'LADDR', addr])).toBe(0);
    expect(await r(['CLIENT', 'KILL', 'ADDR', addr, 'LADDR', laddr])).toBe(1);
    expect(await other.wire.toEnd()).toBe('');
    expect(await r(['CLIENT', 'KILL', 'LADDR', laddr])).toBe(0);
  });

  test('CLIENT KILL with an address spares nobody, the caller included', async (r) => {
    const other = await r.client();
    const { addr } = await info(other);
    other.wire.send(encode(['CLIENT', 'KILL', addr]) + encode(['PING']));
    expect((await other.wire.next()).raw).toBe('+OK\r\n');
    expect(await other.wire.toEnd()).toBe('');
  });

  test('CLIENT KILL of nobody is an error in the old form, 0 in the new one', async (r) => {
    for (const nobody of ['1.2.3.4:5', 'ID', '']) {
      await r.fails(['CLIENT', 'KILL', nobody], /^ERR No such client$/);
    }
    expect(await r('CLIENT KILL ADDR 1.2.3.4:5')).toBe(0);
    expect(await r('CLIENT KILL ID 9223372036854775807')).toBe(0);
  });

  test('CLIENT KILL counts those whom every filter fits, and spares the caller', async (r) => {
    const [a, b] = [await r.client(), await r.client()];
    const id = await idOf(a);
    expect(await r(['CLIENT', 'KILL', 'ID', id, 'TYPE', 'pubsub'])).toBe(0);
    expect(await r(['CLIENT', 'KILL', 'ID', id, 'MAXAGE', 1000])).toBe(0);
    expect(await r(['client', 'kill', 'id', id, 'type', 'normal', 'user', 'default'])).toBe(1);
    expect(await a.wire.toEnd()).toBe('');
    expect(await r(['CLIENT', 'KILL', 'ID', await idOf(r)])).toBe(0);
    expect(await r('CLIENT KILL SKIPME yes')).toBe(1);
    expect(await b.wire.toEnd()).toBe('');
    expect(await r('PING')).toBe('PONG');
  });

  test('of a CLIENT KILL filter given twice the last one holds', async (r) => {
    const other = await r.client();
    const id = await idOf(other);
    expect(await r(['CLIENT', 'KILL', 'ID', id, 'ID', 99999])).toBe(0);
    expect(
      await r(['CLIENT', 'KILL', 'ID', 99999, 'ID', id, 'SKIPME', 'NO', 'SKIPME', 'YES']),
    ).toBe(1);
  });

  test('CLIENT KILL SKIPME no ends the caller too, once it has its answer', async (r) => {
    const [a, b] = [await r.client(), await r.client()];
    await a('PING');
    await b('PING');
    b.wire.send(encode(['CLIENT', 'KILL', 'SKIPME', 'no']) + encode(['SET', 'k', 'v']));
    expect((await b.wire.next()).text).toBe('3');
    for (const each of [a, b, r]) expect(await each.wire.toEnd()).toBe('');
    expect(await (await r.client())('GET k')).toBe(null);
  });

  test('CLIENT KILL ends a connection in a transaction, which leaves no trace', async (r) => {
    const other = await r.client();
    await other('WATCH k');
    await other('MULTI');
    await other('SET k v');
    expect(await r('CLIENT KILL TYPE normal')).toBe(1);
    expect(await other.wire.toEnd()).toBe('');
    expect(await r('GET k')).toBe(null);
    expect((await list(r)).size).toBe(1);
  });

  test('CLIENT KILL reads its filters in order, and refuses the first bad one', async (r) => {
    for (const [line, words] of [
      ['ID 1 x', /^ERR syntax error$/],
      ['a b', /^ERR syntax error$/],
      ['ID x y', /^ERR client-id should be greater than 0$/],
      ['ID 0 TYPE', /^ERR client-id should be greater than 0$/],
      ['ID -1', /^ERR client-id should be greater than 0$/],
      ['ID 9223372036854775808', /^ERR client-id should be greater than 0$/],
      ['TYPE friendly ID x', /^ERR Unknown client type 'friendly'$/],
      ['USER nobody', /^ERR No such user 'nobody'$/],
      ['USER Default', /^ERR No such user 'Default'$/],
      ['SKIPME maybe', /^ERR syntax error$/],
      ['MAXAGE x', /^ERR maxage is not an integer or out of range$/],
      ['MAXAGE 9223372036854775808', /^ERR maxage is not an integer or out of range$/],
      ['MAXAGE 0', /^ERR maxage should be greater than 0$/],
      ['MAXAGE -1', /^ERR maxage should be greater than 0$/],
    ] as const) {
      await r.fails(`CLIENT KILL ${line}`, words);
    }
    await r.fails('CLIENT KILL', /^ERR wrong number of arguments for 'client\|kill' command$/);
  });

  const clock = { real: 'its clock cannot be moved' };
  test('CLIENT KILL MAXAGE ends those who are as old as that', { skip: clock }, async (r) => {
    r.clock.freeze();
    const old = await r.client();
    await old('PING');
    r.clock.advance(5000);
    const young = await r.client();
    await young('PING');
    expect(await r('CLIENT KILL MAXAGE 6 SKIPME yes')).toBe(0);
    expect(await r('CLIENT KILL MAXAGE 5')).toBe(1);
    expect(await old.wire.toEnd()).toBe('');
    expect(await young('PING')).toBe('PONG');
  });

  test('CLIENT LIST tells age and idleness in seconds', { skip: clock }, async (r) => {
    r.clock.freeze();
    const other = await r.client();
    const id = await idOf(other);
    r.clock.advance(3000);
    await other('PING');
    r.clock.advance(4000);
    expect(fields((await list(r)).get(id)!)).toMatchObject({ age: '7', idle: '4' });
  });
});
