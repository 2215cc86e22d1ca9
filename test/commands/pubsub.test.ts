import { expect } from 'vitest';
import { everywhere, meaningOf, type Talk, type Value } from '../redis.ts';
import type { Wire } from '../wire.ts';

/** The next thing that a client is told. */
const heard = async (r: Talk): Promise<Value> => meaningOf(await r.wire.next());

/** The bytes of what is told of a channel, in the protocol at hand. */
function message(r: Talk, ...parts: (string | number | null)[]): string {
  let bytes = `${r.resp3 ? '>' : '*'}${parts.length}\r\n`;
  for (const part of parts) {
    if (part === null) bytes += r.resp3 ? '_\r\n' : '$-1\r\n';
    else if (typeof part === 'number') bytes += `:${part}\r\n`;
    else bytes += `$${part.length}\r\n${part}\r\n`;
  }
  return bytes;
}

/** Sends a command, and returns the bytes of so many replies. */
async function answers(r: Talk, count: number, ...argv: string[]): Promise<string[]> {
  const found = [(await r.wire.ask(...argv)).raw];
  while (found.length < count) found.push((await r.wire.next()).raw);
  return found;
}

/** Fails if a client was told anything that it has not taken; it must be allowed to PING. */
async function heardNothing(r: Talk): Promise<void> {
  const pong = meaningOf(await r.wire.ask('PING', 'silence'));
  expect([pong, Array.isArray(pong) ? pong[1] : pong][1]).toBe('silence');
}

everywhere((test) => {
  test('a message reaches those who subscribed, and PUBLISH counts them', async (r) => {
    const other = await r.client();
    expect(await r.raw('SUBSCRIBE news')).toBe(message(r, 'subscribe', 'news', 1));
    expect(await other.raw('SUBSCRIBE news')).toBe(message(r, 'subscribe', 'news', 1));
    const speaker = await r.client();
    expect(await speaker('PUBLISH news "it rains"')).toBe(2);
    expect(await speaker('PUBLISH weather "it rains"')).toBe(0);
    expect((await r.wire.next()).raw).toBe(message(r, 'message', 'news', 'it rains'));
    expect((await other.wire.next()).raw).toBe(message(r, 'message', 'news', 'it rains'));
    await heardNothing(r);
  });

  test('each channel is confirmed by itself, with how many there are then', async (r) => {
    expect(await answers(r, 4, 'SUBSCRIBE', 'a', 'b', 'a', 'c')).toEqual([
      message(r, 'subscribe', 'a', 1),
      message(r, 'subscribe', 'b', 2),
      message(r, 'subscribe', 'a', 2),
      message(r, 'subscribe', 'c', 3),
    ]);
    expect(await r.raw('PSUBSCRIBE a*')).toBe(message(r, 'psubscribe', 'a*', 4));
    expect(await r.raw('SSUBSCRIBE a')).toBe(message(r, 'ssubscribe', 'a', 1));
    expect(await answers(r, 2, 'UNSUBSCRIBE', 'nothing', 'b')).toEqual([
      message(r, 'unsubscribe', 'nothing', 4),
      message(r, 'unsubscribe', 'b', 3),
    ]);
    expect(await r.raw('PUNSUBSCRIBE a*')).toBe(message(r, 'punsubscribe', 'a*', 2));
    expect(await r.raw('SUNSUBSCRIBE')).toBe(message(r, 'sunsubscribe', 'a', 0));
  });

  test('without names, everything of a kind is left', async (r) => {
    await answers(r, 3, 'SUBSCRIBE', 'a', 'b', 'c');
    await answers(r, 2, 'PSUBSCRIBE', 'x*', 'y*');
    const left = await answers(r, 3, 'UNSUBSCRIBE');
    expect(left.map((bytes) => Number(/:(\d+)\r\n$/.exec(bytes)![1]))).toEqual([4, 3, 2]);
    expect(left.map((bytes) => /\r\n([abc])\r\n/.exec(bytes)![1]).sort()).toEqual(['a', 'b', 'c']);
    await answers(r, 2, 'PUNSUBSCRIBE');
    expect(await r.raw('UNSUBSCRIBE')).toBe(message(r, 'unsubscribe', null, 0));
    expect(await r.raw('PUNSUBSCRIBE')).toBe(message(r, 'punsubscribe', null, 0));
    expect(await r.raw('SUNSUBSCRIBE')).toBe(message(r, 'sunsubscribe', null, 0));
    expect(await r('PING')).toBe('PONG');
  });

  test('a pattern hears every channel that it matches', async (r) => {
    await answers(r, 2, 'PSUBSCRIBE', 'h?llo.*', '[0-9]');
    const speaker = await r.client();
    expect(await speaker('PUBLISH hallo.welt x')).toBe(1);
    expect(await speaker('PUBLISH hllo.welt x')).toBe(0);
    expect(await speaker('PUBLISH 7 y')).toBe(1);
    expect((await r.wire.next()).raw).toBe(message(r, 'pmessage', 'h?llo.*', 'hallo.welt', 'x'));
    expect((await r.wire.next()).raw).toBe(message(r, 'pmessage', '[0-9]', '7', 'y'));
  });

  test('who listens to a channel and to patterns hears it as often, the channel first', async (r) => {
    await r.raw('PSUBSCRIBE n*');
    await r.raw('SUBSCRIBE news');
    const speaker = await r.client();
    expect(await speaker('PUBLISH news x')).toBe(2);
    expect(await heard(r)).toEqual(['message', 'news', 'x']);
    expect(await heard(r)).toEqual(['pmessage', 'n*', 'news', 'x']);
  });

  test('not even a star matches the channel without a name', async (r) => {
    await r.raw('PSUBSCRIBE *');
    const speaker = await r.client();
    expect(await speaker(['PUBLISH', '', 'x'])).toBe(0);
    await r.raw(['SUBSCRIBE', '']);
    expect(await speaker(['PUBLISH', '', ''])).toBe(1);
    expect(await heard(r)).toEqual(['message', '', '']);
  });

  test('channels and messages are bytes', async (r) => {
    const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    await r.raw(['SUBSCRIBE', bytes]);
    const speaker = await r.client();
    const long = bytes.repeat(1000);
    expect(await speaker(['PUBLISH', bytes, long])).toBe(1);
    expect(await heard(r)).toEqual(['message', bytes, long]);
  });

  test('shard channels are of another kind than channels of the same name', async (r) => {
    const other = await r.client();
    await r.raw('SUBSCRIBE c');
    await other.raw('SSUBSCRIBE c');
    await answers(r, 1, 'PSUBSCRIBE', '*');
    const speaker = await r.client();
    expect(await speaker('SPUBLISH c x')).toBe(1);
    expect((await other.wire.next()).raw).toBe(message(r, 'smessage', 'c', 'x'));
    await heardNothing(r);
    expect(await speaker('PUBLISH c y')).toBe(2);
    await heardNothing(other);
  });

  test('PUBSUB tells who listens to what', async (r) => {
    const one = await r.client();
    const two = await r.client();
    await answers(one, 2, 'SUBSCRIBE', 'news', 'weather');
    await answers(two, 1, 'SUBSCRIBE', 'news');
    await answers(one, 2, 'PSUBSCRIBE', 'n*', 'w*');
    await answers(two, 1, 'PSUBSCRIBE', 'n*');
    await answers(two, 1, 'SSUBSCRIBE', 'shard');
    expect(((await r('PUBSUB CHANNELS')) as string[]).sort()).toEqual(['news', 'weather']);
    expect(await r('PUBSUB CHANNELS w*')).toEqual(['weather']);
    expect(await r('PUBSUB CHANNELS x*')).toEqual([]);
    expect(await r('PUBSUB NUMSUB news none weather')).toEqual([
      'news',
      2,
      'none',
      0,
      'weather',
      1,
    ]);
    expect(await r('PUBSUB NUMSUB')).toEqual([]);
    expect(await r('PUBSUB NUMPAT')).toBe(2);
    expect(await r('PUBSUB SHARDCHANNELS')).toEqual(['shard']);
    expect(await r('PUBSUB SHARDCHANNELS n*')).toEqual([]);
    expect(await r('PUBSUB SHARDNUMSUB shard news')).toEqual(['shard', 1, 'news', 0]);
    expect((await r('PUBSUB HELP')) as string[]).toContain('NUMPAT');
    await r.fails('PUBSUB', /wrong number of arguments for 'pubsub' command/);
    await r.fails('PUBSUB NOTHING', /^ERR unknown subcommand 'NOTHING'\. Try PUBSUB HELP\.$/);
    await r.fails('PUBSUB NUMPAT x', /wrong number of arguments for 'pubsub\|numpat' command/);
    await r.fails(
      'PUBSUB CHANNELS a b',
      /^ERR unknown subcommand or wrong number of arguments for 'CHANNELS'\. Try PUBSUB HELP\.$/,
    );
  });

  test('a channel that nobody listens to any more is forgotten', async (r) => {
    const one = await r.client();
    const two = await r.client();
    await answers(one, 1, 'SUBSCRIBE', 'c');
    await answers(two, 1, 'SUBSCRIBE', 'c');
    await answers(one, 1, 'UNSUBSCRIBE', 'c');
    expect(await r('PUBSUB NUMSUB c')).toEqual(['c', 1]);
    two.wire.close();
    while (String(await r('PUBSUB CHANNELS')) !== '');
    expect(await r('PUBLISH c x')).toBe(0);
  });

  test('PUBLISH is refused without a message, SUBSCRIBE without a channel', async (r) => {
    await r.fails('PUBLISH c', /wrong number of arguments for 'publish' command/);
    await r.fails('SUBSCRIBE', /wrong number of arguments for 'subscribe' command/);
    await r.fails('PSUBSCRIBE', /wrong number of arguments for 'psubscribe' command/);
    await r.fails('SSUBSCRIBE', /wrong number of arguments for 'ssubscribe' command/);
  });

  test('CLIENT LIST and INFO know a subscriber', async (r) => {
    const other = await r.client();
    const id = Number(await other('CLIENT ID'));
    await answers(other, 2, 'SUBSCRIBE', 'a', 'b');
    await answers(other, 1, 'PSUBSCRIBE', 'p*');
    await answers(other, 3, 'SSUBSCRIBE', 's', 't', 'u');
    const line = String(await r(`CLIENT LIST ID ${id}`));
    expect(line).toMatch(/ flags=P \S+ sub=2 psub=1 ssub=3 /);
    expect(String(await r('CLIENT LIST TYPE pubsub'))).toContain(`id=${id} `);
    expect(String(await r('CLIENT LIST TYPE normal'))).not.toContain(`id=${id} `);
    expect(String(await r('INFO clients'))).toMatch(/pubsub_clients:1\r\n/);
    const stats = String(await r('INFO stats'));
    expect(stats).toMatch(/pubsub_channels:2\r\npubsub_patterns:1\r\npubsubshard_channels:3\r\n/);
    expect(await r('CLIENT KILL TYPE pubsub')).toBe(1);
    await other.wire.toEnd();
    expect(String(await r('INFO clients'))).toMatch(/pubsub_clients:0\r\n/);
  });

  test('RESET leaves everything, and nothing is said of it', async (r) => {
    await answers(r, 1, 'SUBSCRIBE', 'a');
    await answers(r, 1, 'PSUBSCRIBE', 'a*');
    await answers(r, 1, 'SSUBSCRIBE', 'a');
    expect(await r('RESET')).toBe('RESET');
    expect(await r('PING')).toBe('PONG');
    expect(await r('PUBSUB NUMPAT')).toBe(0);
    expect(await r('PUBSUB CHANNELS')).toEqual([]);
    expect(await r('PUBSUB SHARDCHANNELS')).toEqual([]);
  });

  test('messages and confirmations are heard after CLIENT REPLY OFF', async (r) => {
    const speaker = await r.client();
    r.wire.send('CLIENT REPLY OFF\r\nPING\r\nSUBSCRIBE a b\r\nPSUBSCRIBE *\r\nPING\r\n');
    expect(await heard(r)).toEqual(['subscribe', 'a', 1]);
    expect(await heard(r)).toEqual(['subscribe', 'b', 2]);
    expect(await heard(r)).toEqual(['psubscribe', '*', 3]);
    expect(await speaker('PUBLISH a x')).toBe(2);
    expect(await heard(r)).toEqual(['message', 'a', 'x']);
    expect(await heard(r)).toEqual(['pmessage', '*', 'a', 'x']);
    r.wire.send('UNSUBSCRIBE a\r\n');
    expect(await heard(r)).toEqual(['unsubscribe', 'a', 2]);
  });

  test('CLIENT REPLY SKIP does not skip a confirmation, nor what is behind it', async (r) => {
    r.wire.send('CLIENT REPLY SKIP\r\nSUBSCRIBE a\r\nPING x\r\n');
    expect(await heard(r)).toEqual(['subscribe', 'a', 1]);
    expect(await heard(r)).toEqual(r.resp3 ? 'x' : ['pong', 'x']);
  });

  test('in a transaction, what one tells oneself comes behind its replies', async (r) => {
    expect(await r('MULTI')).toBe('OK');
    expect(await r('SUBSCRIBE a')).toBe('QUEUED');
    expect(await r('PUBLISH a x')).toBe('QUEUED');
    expect(await r('PING')).toBe('QUEUED');
    const reply = await r('EXEC');
    const pong = r.resp3 ? 'PONG' : ['pong', ''];
    expect(reply).toEqual([['subscribe', 'a', 1], 1, pong]);
    expect(await heard(r)).toEqual(['message', 'a', 'x']);
  });

  test('a transaction may subscribe to channels and patterns, but not to shard channels', async (r) => {
    await r('MULTI');
    await r('SSUBSCRIBE s');
    await r('PSUBSCRIBE p');
    await r('UNSUBSCRIBE');
    const [refused, ...others] = (await r('EXEC')) as Value[];
    expect(String(refused)).toContain("SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    expect(others).toEqual([
      ['psubscribe', 'p', 1],
      ['unsubscribe', null, 1],
    ]);
  });

  test('a transaction that subscribes after CLIENT REPLY OFF says nothing else', async (r) => {
    r.wire.send('CLIENT REPLY OFF\r\nMULTI\r\nSUBSCRIBE a\r\nPUBLISH a x\r\nPING\r\nEXEC\r\n');
    expect(await heard(r)).toEqual(['subscribe', 'a', 1]);
    expect(await heard(r)).toEqual(['message', 'a', 'x']);
  });

  test('PUBLISH waits while writes are paused', async (r) => {
    const speaker = await r.client();
    await answers(r, 1, 'SUBSCRIBE', 'a');
    const boss = await r.client();
    await boss('CLIENT PAUSE 100000 WRITE');
    speaker.wire.send('PUBLISH a x\r\n');
    while (!/blocked_clients:1/.test(String(await boss('INFO clients'))));
    await heardNothing(r);
    await boss('CLIENT UNPAUSE');
    expect(await heard(r)).toEqual(['message', 'a', 'x']);
  });

  test('one who monitors cannot publish', async (r) => {
    await r('MONITOR');
    await r.fails('PUBLISH a x', /^ERR Replica can't interact with the keyspace$/);
  });
});

everywhere(
  (test) => {
    test('whoever listens may call only what cannot be taken for a message', async (r) => {
      await answers(r, 1, 'SSUBSCRIBE', 'a');
      const context =
        /: only \(P\|S\)SUBSCRIBE \/ \(P\|S\)UNSUBSCRIBE \/ PING \/ QUIT \/ RESET are allowed in this context$/;
      for (const line of ['GET k', 'PUBLISH a x', 'HELLO 3', 'MULTI', 'PUBSUB CHANNELS']) {
        await r.fails(line, context);
      }
      await r.fails('get k', /^ERR Can't execute 'get'/);
      await r.fails('CLIENT LIST', /^ERR Can't execute 'client\|list'/);
      await r.fails('EXEC', /^EXECABORT Transaction discarded because of: Can't execute 'exec'/);
      await r.fails('GET', /wrong number of arguments/);
      await r.fails('NOTHING', /unknown command/);
      expect(await r.raw('PING')).toBe('*2\r\n$4\r\npong\r\n$0\r\n\r\n');
      expect(await r.raw('PING hello')).toBe('*2\r\n$4\r\npong\r\n$5\r\nhello\r\n');
      await r.fails('PING a b', /wrong number of arguments for 'ping' command/);
      expect(await r('SUNSUBSCRIBE a')).toEqual(['sunsubscribe', 'a', 0]);
      expect(await r('PING')).toBe('PONG');
      await answers(r, 1, 'SUBSCRIBE', 'a');
      expect(await r('QUIT')).toBe('OK');
    });
  },
  { skip: { resp3: 'there a message cannot be taken for a reply' } },
);

everywhere(
  (test) => {
    test('whoever listens may call everything, and what it tells itself comes second', async (r) => {
      await answers(r, 1, 'SUBSCRIBE', 'a');
      expect(await r('SET k v')).toBe('OK');
      expect(await r('PUBLISH a x')).toBe(1);
      expect(await heard(r)).toEqual(['message', 'a', 'x']);
      r.wire.send('PUBLISH a 1\r\nPING\r\nPUBLISH a 2\r\n');
      expect(await heard(r)).toBe(1);
      expect(await heard(r)).toEqual(['message', 'a', '1']);
      expect(await heard(r)).toBe('PONG');
      expect(await heard(r)).toBe(1);
      expect(await heard(r)).toEqual(['message', 'a', '2']);
    });

    test('a message is heard while one waits for a key', async (r) => {
      await answers(r, 1, 'SUBSCRIBE', 'a');
      r.wire.send('BLPOP list 0\r\n');
      const speaker = await r.client();
      while (!/blocked_clients:1/.test(String(await speaker('INFO clients'))));
      expect(await speaker('PUBLISH a x')).toBe(1);
      expect(await heard(r)).toEqual(['message', 'a', 'x']);
      await speaker('RPUSH list v');
      expect(await heard(r)).toEqual(['list', 'v']);
    });

    test('whoever goes back to RESP2 listens on, and may call little from then on', async (r) => {
      await answers(r, 1, 'SUBSCRIBE', 'a');
      await r('HELLO 2');
      await r.fails('HELLO 3', /^ERR Can't execute 'hello'/);
      const speaker = await r.client();
      await speaker('PUBLISH a x');
      expect((await r.wire.next()).raw).toBe('*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n');
    });

    test('listeners in RESP2 and in RESP3 hear the same message', async (r) => {
      const old: Wire = await r.connect();
      await old.ask('SUBSCRIBE', 'a');
      await answers(r, 1, 'SUBSCRIBE', 'a');
      const speaker = await r.client();
      expect(await speaker('PUBLISH a x')).toBe(2);
      expect((await old.next()).raw).toBe('*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n');
      expect((await r.wire.next()).raw).toBe('>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n');
    });
  },
  { skip: { resp2: 'there one who listens may call hardly anything' } },
);
