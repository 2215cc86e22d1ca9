import { expect } from 'vitest';
import { everywhere, meaningOf, type Talk, type Value } from '../redis.ts';
import { encode } from '../wire.ts';

const SWITCH_BCAST = switching('BCAST mode on/off');
const SWITCH_CHOICE = switching('OPTIN/OPTOUT mode');
const NO_CHOICE = exactly(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
    'OPTOUT mode enabled',
);

const push = { resp2: 'RESP2 has no pushes' };
const clock = { real: 'its clock cannot be moved' };

/** The words of an error, and no others. */
function exactly(line: string): RegExp {
  return new RegExp(`^${line.replace(/[.|/()]/g, '\\$&')}$`);
}

function switching(what: string): RegExp {
  return exactly(
    `ERR You can't switch ${what} before disabling tracking for this client, and then ` +
      're-enabling it with a different mode.',
  );
}

function overlapping(prefix: string, which: string, other: string): RegExp {
  return exactly(
    `ERR Prefix '${prefix}' overlaps with ${which} prefix '${other}'. Prefixes for a single ` +
      'client must not overlap.',
  );
}

/** The next thing that a client is told. */
async function told(r: Talk): Promise<Value> {
  return meaningOf(await r.wire.next());
}

/** A client to which others redirect, and its id. */
async function listener(r: Talk): Promise<{ ear: Talk; id: number }> {
  const ear = await r.client();
  const id = (await ear('CLIENT ID')) as number;
  await ear('SUBSCRIBE __redis__:invalidate');
  return { ear, id };
}

/** A key in what a listener hears; null is all of them. */
function message(r: Talk, keys: string[] | null): Value {
  return r.resp3 ? ['invalidate', keys] : ['message', '__redis__:invalidate', keys];
}

/** Asserts that nothing more has come before the answer to this. */
async function nothingMore(r: Talk): Promise<void> {
  expect(await r(['ECHO', 'end'])).toBe('end');
}

async function trackingInfo(r: Talk): Promise<unknown> {
  const fields = (await r('CLIENT TRACKINGINFO')) as Value[] | Map<Value, Value>;
  const [flags, redirect, prefixes] = r.resp3
    ? [...(fields as Map<Value, Value>).values()]
    : [1, 3, 5].map((i) => (fields as Value[])[i]);
  return [[...(flags as Iterable<Value>)].join(' '), redirect, prefixes];
}

async function info(r: Talk, field: string): Promise<string> {
  const text = (await r('INFO everything')) as string;
  return new RegExp(`\\r\\n${field}:(.*?)\\r\\n`).exec(text)![1];
}

everywhere((test) => {
  test('CLIENT TRACKING refuses options that are none, or not together', async (r) => {
    for (const [line, words] of [
      ['', /^ERR wrong number of arguments for 'client\|tracking' command$/],
      [' maybe', /^ERR syntax error$/],
      [' on maybe', /^ERR syntax error$/],
      [' maybe REDIRECT x', /^ERR value is not an integer or out of range$/],
      [' on REDIRECT', /^ERR syntax error$/],
      [' on PREFIX', /^ERR syntax error$/],
      [' on REDIRECT 0', /^ERR The client ID you want redirect to does not exist$/],
      [' on REDIRECT 999999', /^ERR The client ID you want redirect to does not exist$/],
      [' on PREFIX a', /^ERR PREFIX option requires BCAST mode to be enabled$/],
      [' on BCAST OPTIN', /^ERR OPTIN and OPTOUT are not compatible with BCAST$/],
      [' on BCAST OPTIN OPTOUT', /^ERR OPTIN and OPTOUT are not compatible with BCAST$/],
      [' on OPTIN OPTOUT', /^ERR You can't specify both OPTIN mode and OPTOUT mode$/],
    ] as const) {
      await r.fails(`CLIENT TRACKING${line}`, words);
    }
    const id = (await r('CLIENT ID')) as number;
    await r.fails(
      ['CLIENT', 'TRACKING', 'on', 'REDIRECT', id, 'REDIRECT', id],
      /^ERR A client can only redirect to a single other client$/,
    );
    expect(await trackingInfo(r)).toEqual(['off', -1, []]);
    expect(await r('CLIENT TRACKING off BCAST OPTIN PREFIX a PREFIX ab')).toBe('OK');
    await r.fails('CLIENT TRACKING off maybe', /^ERR syntax error$/);
  });

  test('CLIENT TRACKING cannot be changed from one mode into another', async (r) => {
    expect(await r('CLIENT TRACKING on BCAST')).toBe('OK');
    await r.fails('CLIENT TRACKING on', SWITCH_BCAST);
    await r.fails('CLIENT TRACKING on OPTIN OPTOUT', SWITCH_BCAST);
    await r('CLIENT TRACKING off');
    expect(await r('CLIENT TRACKING on OPTIN')).toBe('OK');
    await r.fails('CLIENT TRACKING on OPTOUT', SWITCH_CHOICE);
    await r.fails('CLIENT TRACKING on BCAST', SWITCH_BCAST);
    expect(await r('CLIENT TRACKING on')).toBe('OK');
    expect(await r('CLIENT TRACKING on OPTOUT')).toBe('OK');
    await r.fails('CLIENT TRACKING on OPTIN', SWITCH_CHOICE);
  });

  test('prefixes of one client must not overlap', async (r) => {
    const provided = overlapping('a', 'another provided', 'ab');
    const present = overlapping('ab', 'an existing', 'a');
    await r.fails('CLIENT TRACKING on BCAST PREFIX a PREFIX ab', provided);
    expect(await trackingInfo(r)).toEqual(['off', -1, []]);
    await r('CLIENT TRACKING on BCAST PREFIX c PREFIX a');
    await r.fails('CLIENT TRACKING on BCAST PREFIX ab', present);
    await r('CLIENT TRACKING on BCAST PREFIX b');
    expect(await trackingInfo(r)).toEqual(['on bcast', 0, ['a', 'b', 'c']]);
  });

  const twice = { real: 'it sends the error and an OK too' };
  test('whichever prefixes overlap, that is one error', { skip: twice }, async (r) => {
    await r.fails(
      'CLIENT TRACKING on BCAST PREFIX c PREFIX a PREFIX ab',
      /^ERR Prefix 'a' overlaps/,
    );
    expect(await trackingInfo(r)).toEqual(['off', -1, []]);
  });

  test('CLIENT CACHING is for those who choose', async (r) => {
    await r.fails('CLIENT CACHING maybe', NO_CHOICE);
    await r.fails(
      'CLIENT CACHING',
      /^ERR wrong number of arguments for 'client\|caching' command$/,
    );
    await r('CLIENT TRACKING on OPTIN');
    await r.fails(
      'CLIENT CACHING no',
      /^ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode\.$/,
    );
    await r.fails('CLIENT CACHING maybe', /^ERR syntax error$/);
    await r('CLIENT TRACKING on');
    await r('CLIENT TRACKING on OPTOUT');
    await r.fails(
      'CLIENT CACHING YES',
      /^ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode\.$/,
    );
    expect(await r('CLIENT CACHING No')).toBe('OK');
    expect(await trackingInfo(r)).toEqual(['on optout caching-no', 0, []]);
  });

  test('CLIENT CACHING holds for one request, other calls of CLIENT aside', async (r) => {
    const caching = ['on optin caching-yes', 0, []];
    await r('CLIENT TRACKING on OPTIN');
    await r('CLIENT CACHING yes');
    await r('CLIENT ID');
    await r.fails('CLIENT ID 1', /wrong number/);
    expect(await trackingInfo(r)).toEqual(caching);
    await r('CLIENT TRACKING on OPTIN');
    expect(await trackingInfo(r)).toEqual(caching);
    for (const other of ['NOSUCH', 'CLIENT NOSUCH', 'GET', 'CLIENT']) {
      await r('CLIENT CACHING yes');
      await r.fails(other, /^ERR/);
      expect(await trackingInfo(r)).toEqual(['on optin', 0, []]);
    }
  });

  test('CLIENT CACHING holds for a transaction as a whole', async (r) => {
    await r('CLIENT TRACKING on OPTIN');
    for (const line of ['CLIENT CACHING yes', 'MULTI', 'GET a', 'GET b', 'EXEC', 'GET c']) {
      await r(line);
    }
    expect(await info(r, 'tracking_total_keys')).toBe('2');
    for (const line of ['MULTI', 'GET d', 'CLIENT CACHING yes', 'GET e', 'EXEC', 'GET f']) {
      await r(line);
    }
    expect(await info(r, 'tracking_total_keys')).toBe('3');
  });

  test('CLIENT LIST and CLIENT GETREDIR tell who tracks how', async (r) => {
    const { id } = await listener(r);
    const other = await r.client();
    const about = async (): Promise<string> => {
      const line = (await other('CLIENT INFO')) as string;
      return line.replace(/^.* flags=(\w*) .* redir=(\S*) .*\n$/, '$1 $2');
    };
    expect(await about()).toBe('N -1');
    await other('CLIENT TRACKING on');
    expect(await about()).toBe('t 0');
    expect(await other('CLIENT GETREDIR')).toBe(0);
    await other(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id, 'NOLOOP']);
    expect(await about()).toBe(`t ${id}`);
    expect(await other('CLIENT GETREDIR')).toBe(id);
    expect(await trackingInfo(other)).toEqual(['on noloop', id, []]);
    await other('CLIENT TRACKING off');
    await other('CLIENT TRACKING on BCAST');
    expect(await about()).toBe('tB 0');
    expect(await trackingInfo(other)).toEqual(['on bcast', 0, ['']]);
    expect(await info(r, 'tracking_clients')).toBe('1');
    expect(await info(r, 'tracking_total_prefixes')).toBe('1');
    await other('RESET');
    expect(await info(r, 'tracking_clients')).toBe('0');
    expect(await info(r, 'tracking_total_prefixes')).toBe('0');
  });
});

everywhere((test) => {
  test('another client hears of the first change of a key after it was read', async (r) => {
    const { ear, id } = await listener(r);
    const writer = await r.client();
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id]);
    await r('MGET a b a');
    expect(await info(r, 'tracking_total_items')).toBe('2');
    for (const line of ['SET c 1', 'SET b 1', 'SET b 2', 'SET a 1']) await writer(line);
    expect(await told(ear)).toEqual(message(r, ['b']));
    expect(await told(ear)).toEqual(message(r, ['a']));
    expect(await info(r, 'tracking_total_keys')).toBe('0');
    await r('GET b');
    await writer('DEL b');
    expect(await told(ear)).toEqual(message(r, ['b']));
  });

  test('a key is tracked whatever its database, and whatever came of the reading', async (r) => {
    const { ear, id } = await listener(r);
    const writer = await r.client();
    await writer('LPUSH l x');
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id]);
    await r.fails('GET l', /^WRONGTYPE/);
    await r.fails('GET l l', /wrong number/);
    await writer('SELECT 1');
    await writer('SET l 1');
    expect(await told(ear)).toEqual(message(r, ['l']));
  });

  test('all keys are told at once when all go, in the protocol of who tracks', async (r) => {
    const { ear, id } = await listener(r);
    const writer = await r.client();
    const three = await r.client();
    await three('HELLO 3');
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id]);
    await r('GET a');
    for (const line of ['FLUSHALL', 'FLUSHDB SYNC', 'FLUSHALL ASYNC']) {
      await writer(line);
      expect(await told(ear)).toEqual(message(r, null));
    }
    expect(await info(r, 'tracking_total_keys')).toBe('0');
    await r('CLIENT TRACKING off');
    three.wire.send(encode(['CLIENT', 'TRACKING', 'on', 'REDIRECT', String(id)]));
    await three.wire.next();
    await writer('FLUSHDB');
    expect((await ear.wire.next()).raw.slice(-3)).toBe('_\r\n');
  });

  test('without RESP3 and without a redirection there is nobody to tell', async (r) => {
    const writer = await r.client();
    await r('HELLO 2');
    await r('CLIENT TRACKING on');
    await r('GET a');
    await writer('SET a 1');
    await writer('FLUSHALL');
    await nothingMore(r);
  });

  test('prefixes: changes are told together, once per prefix, in order', async (r) => {
    const { ear, id } = await listener(r);
    const writer = await r.client();
    await r(['CLIENT', 'TRACKING', 'on', 'BCAST', 'PREFIX', 'b', 'PREFIX', 'a', 'REDIRECT', id]);
    writer.wire.send(
      ['bb', 'ab', 'b', 'c', 'aa', 'ab'].map((k) => encode(['SET', k, '1'])).join(''),
    );
    expect(await told(ear)).toEqual(message(r, ['aa', 'ab']));
    expect(await told(ear)).toEqual(message(r, ['b', 'bb']));
    await writer('SET c 1');
    await writer('SET a 1');
  });

  test('tracking-table-max-keys: keys beyond it are told as if they had changed', async (r) => {
    const { ear, id } = await listener(r);
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id]);
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await r(['MGET', ...keys]);
    await r('CONFIG SET tracking-table-max-keys 10');
    await r('PING');
    const gone = new Set<string>();
    for (let i = 0; i < 40; i++) gone.add(JSON.stringify(await told(ear)));
    expect(gone.size).toBe(40);
    expect(await info(r, 'tracking_total_keys')).toBe('10');
    expect(await info(r, 'tracking_total_items')).toBe('10');
    await r('CONFIG SET tracking-table-max-keys 0');
    await r(['MGET', ...keys]);
    expect(await info(r, 'tracking_total_keys')).toBe('50');
  });

  test('who tracks no longer hears nothing of what it has read before', async (r) => {
    const { ear, id } = await listener(r);
    const writer = await r.client();
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id]);
    await r('MGET a b');
    await r('CLIENT TRACKING off');
    expect(await info(r, 'tracking_total_keys')).toBe('2');
    await writer('SET a 1');
    expect(await info(r, 'tracking_total_keys')).toBe('1');
    await r(['CLIENT', 'TRACKING', 'on', 'BCAST', 'PREFIX', 'c', 'REDIRECT', id]);
    await writer('SET b 1');
    await writer('SET c 1');
    expect(await told(ear)).toEqual(message(r, ['c']));
  });

  test('an expired key has changed', { skip: clock }, async (r) => {
    const { ear, id } = await listener(r);
    r.clock.freeze();
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id, 'NOLOOP']);
    await r('SET k v PX 100');
    await r('GET k');
    r.clock.advance(200);
    expect(await told(ear)).toEqual(message(r, ['k']));
    await r('HSET h f 1 g 2');
    await r('HPEXPIRE h 100 FIELDS 1 f');
    await r('HLEN h');
    r.clock.advance(200);
    expect(await told(ear)).toEqual(message(r, ['h']));
  });

  test('with prefixes, a key that expires is nobody’s own change', { skip: clock }, async (r) => {
    const { ear, id } = await listener(r);
    r.clock.freeze();
    await r('DEBUG SET-ACTIVE-EXPIRE 0');
    await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id, 'BCAST', 'NOLOOP']);
    for (const key of ['a', 'b']) await r(['SET', key, 'v', 'PX', 100]);
    r.clock.advance(200);
    await r('GET a');
    expect(await told(ear)).toEqual(message(r, ['a']));
    // What was done last counts.
    r.wire.send(encode(['GET', 'b']) + encode(['SET', 'b', 'v']));
    await r.wire.next();
    await r.wire.next();
    await (await r.client())('SET c 1');
    expect(await told(ear)).toEqual(message(r, ['c']));
  });
});

everywhere(
  (test) => {
    test('a change of one’s own is told behind the reply', async (r) => {
      await r('CLIENT TRACKING on');
      await r('GET k');
      expect(await r('SET k v')).toBe('OK');
      expect(await told(r)).toEqual(['invalidate', ['k']]);
      await nothingMore(r);
      await r('CLIENT TRACKING on NOLOOP');
      await r('GET k');
      await r('SET k v');
      await nothingMore(r);
      await (await r.client())('SET k v');
      await nothingMore(r);
    });

    test('and behind the reply of a transaction, even if tracking ends in it', async (r) => {
      await r('CLIENT TRACKING on');
      for (const line of ['MULTI', 'GET a', 'SET a 1', 'SET b 1', 'CLIENT TRACKING off']) {
        await r(line);
      }
      expect(await r('EXEC')).toEqual([null, 'OK', 'OK', 'OK']);
      expect(await told(r)).toEqual(['invalidate', ['a']]);
      await nothingMore(r);
    });

    test('one’s own FLUSHALL is told before its reply, unless it need not wait', async (r) => {
      await r('CLIENT TRACKING on NOLOOP');
      for (const line of ['FLUSHALL', 'FLUSHDB SYNC']) {
        expect(await r(line)).toEqual(['invalidate', null]);
        expect(await told(r)).toBe('OK');
      }
      expect(await r('FLUSHALL ASYNC')).toBe('OK');
      expect(await told(r)).toEqual(['invalidate', null]);
      for (const line of ['MULTI', 'FLUSHALL']) await r(line);
      expect(await r('EXEC')).toEqual(['OK']);
      expect(await told(r)).toEqual(['invalidate', null]);
      await r('CONFIG SET lazyfree-lazy-user-flush yes');
      expect(await r('FLUSHALL')).toBe('OK');
      expect(await told(r)).toEqual(['invalidate', null]);
    });

    test('who was to be told instead has left: that is told, and shown', async (r) => {
      const { ear, id } = await listener(r);
      const writer = await r.client();
      await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', id]);
      await r('GET k');
      await ear('QUIT');
      await ear.wire.toEnd();
      expect(await trackingInfo(r)).toEqual(['on', id, []]);
      await writer('SET k v');
      expect(await told(r)).toEqual(['tracking-redir-broken', id]);
      expect(await trackingInfo(r)).toEqual(['on broken_redirect', id, []]);
      expect(await r('CLIENT INFO')).toMatch(new RegExp(` flags=tR .* redir=${id} `));
      await r('CLIENT TRACKING on');
      expect(await trackingInfo(r)).toEqual(['on', 0, []]);
    });

    test('CLIENT REPLY OFF does not silence what is told', async (r) => {
      const writer = await r.client();
      await r('CLIENT TRACKING on');
      await r('MGET a b c');
      r.wire.send(encode(['CLIENT', 'REPLY', 'OFF']) + encode(['SET', 'a', '1']));
      expect(await told(r)).toEqual(['invalidate', ['a']]);
      await writer('SET b 1');
      expect(await told(r)).toEqual(['invalidate', ['b']]);
      r.wire.send(encode(['FLUSHALL']));
      expect(await told(r)).toEqual(['invalidate', null]);
      expect(await r('CLIENT REPLY ON')).toBe('OK');
      await nothingMore(r);
    });

    test('who was blocked is told of its own change behind its reply', async (r) => {
      const pusher = await r.client();
      await r('CLIENT TRACKING on');
      await r('LRANGE to 0 -1');
      r.wire.send(encode(['BLMOVE', 'from', 'to', 'LEFT', 'LEFT', '0']));
      while ((await info(pusher, 'blocked_clients')) !== '1');
      await pusher('RPUSH from x');
      expect(await told(r)).toBe('x');
      expect(await told(r)).toEqual(['invalidate', ['to']]);
      await nothingMore(r);
    });

    test('who waits for a stream has read it, and reads it again when served', async (r) => {
      const writer = await r.client();
      await r('CLIENT TRACKING on');
      r.wire.send(encode(['XREAD', 'BLOCK', '0', 'STREAMS', 's', '0']));
      while ((await info(writer, 'blocked_clients')) !== '1');
      await writer('SET s x');
      expect(await told(r)).toEqual(['invalidate', ['s']]);
      await writer('DEL s');
      await writer('XADD s 1-1 f v');
      expect(await told(r)).toEqual(new Map([['s', [['1-1', ['f', 'v']]]]]));
      await writer('XADD s 2-1 f v');
      expect(await told(r)).toEqual(['invalidate', ['s']]);
    });

    test('a client may redirect to itself', async (r) => {
      await r(['CLIENT', 'TRACKING', 'on', 'REDIRECT', (await r('CLIENT ID')) as number]);
      await r('GET k');
      expect(await r('SET k v')).toBe('OK');
      expect(await told(r)).toEqual(['invalidate', ['k']]);
    });

    test('many readers of one key are told, those who left are not', async (r) => {
      const readers = [await r.client(), await r.client(), await r.client()];
      for (const reader of readers) {
        await reader('CLIENT TRACKING on');
        await reader('GET k');
      }
      expect(await info(r, 'tracking_total_keys')).toBe('1');
      expect(await info(r, 'tracking_total_items')).toBe('3');
      await readers[1]('CLIENT TRACKING off');
      await r('SET k v');
      expect(await told(readers[0])).toEqual(['invalidate', ['k']]);
      expect(await told(readers[2])).toEqual(['invalidate', ['k']]);
      await nothingMore(readers[1]);
      expect(await info(r, 'tracking_total_items')).toBe('0');
    });
  },
  { skip: push },
);
