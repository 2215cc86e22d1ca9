import { expect, test as vitestTest } from 'vitest';
import { ConnectionLostError, createClient } from '../../client/index.ts';
import { startServer } from '../../server/index.ts';
import { describeKinds } from './servers.ts';

describeKinds(({ host, test }) => {
  test('commands may be given at once, and replies come in the order of the calls', async () => {
    await using client = host().create();
    const replies = [client.set('n', 41), client.incr('n'), client.get('n')];
    expect(await Promise.all(replies)).toEqual(['OK', 42, '42']);
  });

  test('an error reply rejects its own call and no other', async () => {
    await using client = host().create();
    const wrong = client.incrby('n', 'x');
    const right = client.ping();
    await expect(wrong).rejects.toMatchObject({ code: 'ERR', command: 'INCRBY n ?' });
    expect(await right).toBe('PONG');
  });

  test('a write whose connection ended rejects and says that it may have been carried out', async () => {
    await using client = host().create();
    await using other = host().create();
    const id = await client.clientId();
    await other.clientPause(100_000, { write: true });
    const waits = client.set('never', 'set').catch((lost: unknown) => lost);
    await other.clientKill({ id });
    const error = await waits;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ sent: true, maybeExecuted: true, command: 'SET never ?' });
    await other.clientUnpause();
    expect(await client.ping()).toBe('PONG'); // It has come back.
  });

  test('a read whose connection ended is asked again on the next', async () => {
    await using client = host().create();
    await using other = host().create();
    await client.set('kept', 'v');
    const id = await client.clientId();
    await other.clientPause(100_000, { write: true });
    const held = client.set('held', 'up').catch((error: { code: string }) => error.code);
    const reads = client.get('kept');
    await other.clientKill({ id });
    expect(await held).toBe('CONNECTION_LOST');
    expect(await reads).toBe('v');
    await other.clientUnpause();
  });

  test('a GET does not wait behind a BLPOP', async () => {
    await using client = host().create();
    const popped = client.blpop('queue', 0);
    expect(await client.get('nothing')).toBe(null);
    await client.rpush('queue', 'job');
    expect(await popped).toEqual(['queue', 'job']);
  });

  test('a deadline holds after the command has left, and the next reply is not taken for its', async () => {
    await using client = host().create();
    await using other = host().create();
    await client.ping();
    await other.clientPause(100_000, { write: true });
    const late = client.with({ timeout: 20 }).set('late', 'v');
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', maybeExecuted: true });
    const next = client.echo('next');
    await other.clientUnpause();
    expect(await next).toBe('next');
  });

  test('a signal gives a command up at once, before it is sent, in flight, and while it blocks', async () => {
    await using client = host().create();
    const gone = AbortSignal.abort('enough');
    await expect(client.with({ signal: gone }).ping()).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'enough',
    });
    const abort = new AbortController();
    const blocked = client.with({ signal: abort.signal }).blpop('empty', 0);
    await client.ping();
    abort.abort();
    await expect(blocked).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('what is asked of a closed client rejects', async () => {
    const client = host().create();
    await client.ping();
    await client.close();
    await expect(client.ping()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a transaction is all or nothing, and its results keep their places', async () => {
    await using client = host().create();
    const [n, text] = await client.multi((tx) => [tx.incrby('count', 2), tx.get('count')]);
    expect([n, text]).toEqual([2, '2']);
    const refused = client.multi((tx) => [tx.set('a', 1), tx.call('NOSUCH')]);
    await expect(refused).rejects.toThrow("unknown command 'NOSUCH'");
    expect(await client.exists('a')).toBe(0);
  });

  test('watch() tries again while somebody else is faster', async () => {
    await using client = host().create();
    await client.set('seats', 3);
    let tries = 0;
    const [left] = await client.watch(['seats'], async (own) => {
      const seats = Number(await own.get('seats'));
      if (tries++ === 0) await client.set('seats', 2);
      return own.multi((tx) => [tx.set('seats', seats - 1, { get: true })]);
    });
    expect([tries, left, await client.get('seats')]).toEqual([2, '2', '1']);
  });

  test('messages are told to a listener, or iterated over', async () => {
    await using client = host().create();
    const heard: string[] = [];
    const told = await client.psubscribe('news.*', (message, channel) => {
      heard.push(`${channel}: ${message}`);
    });
    const iterated = await client.subscribe(['news.art', 'sport']);
    await client.publish('news.art', 'ü');
    await client.publish('sport', '1:0');
    const seen: string[] = [];
    for await (const { channel, message } of iterated) {
      seen.push(`${channel}: ${message}`);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['news.art: ü', 'sport: 1:0']);
    expect(heard).toEqual(['news.art: ü']);
    await told.unsubscribe();
    expect(await client.pubsubNumpat()).toBe(0);
  });

  test('messages that are no text are heard as bytes', async () => {
    await using client = host().create();
    const heard = await client.bytes.psubscribe('bin.*');
    await client.publish('bin.1', Buffer.from([0, 255]));
    for await (const { channel, message } of heard) {
      expect([channel, message]).toEqual(['bin.1', Buffer.from([0, 255])]);
      break;
    }
  });

  test('what changes a shared connection is refused, and allowed on a lease', async () => {
    await using client = host().create();
    await expect(client.call('MULTI')).rejects.toMatchObject({ code: 'SHARED' });
    await using own = await client.lease();
    expect(await own.call('MULTI')).toBe('OK');
    expect(await own.call('PING')).toBe('QUEUED');
    expect(await own.call('EXEC')).toEqual(['PONG']);
  });
});

vitestTest('connect() rejects where nobody listens', async () => {
  const gone = await startServer();
  await gone.close();
  const client = createClient({ url: gone.url, connectTimeout: 100 });
  await expect(client.connect()).rejects.toThrow('not connected');
  client.destroy();
});

vitestTest('a wrong password rejects connect() with what the server says', async () => {
  await using locked = await startServer({ requirepass: 'secret' });
  const client = createClient({ url: locked.url, password: 'guess' });
  await expect(client.connect()).rejects.toMatchObject({ code: 'WRONGPASS' });
  client.destroy();
  await using right = createClient({ url: locked.url, password: 'secret' });
  expect(await right.ping()).toBe('PONG');
});
