// What replicas ask, are told and cause, with a clock that stands still. What the stream consists
// of is in propagate.test.ts, real replicas are in replication-real.test.ts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

const SECOND = 1000;
let server: Server;
let client: Wire;

beforeEach(() => {
  server = serverWith({});
  client = inProcess(server);
});
afterEach(() => server.close());

function serverWith(options: Readonly<Record<string, string>>): Server {
  const config = new Config();
  config.options({ save: '', 'repl-diskless-sync-delay': '0', ...options });
  const made = new Server(config, { seed: 1, log: (line) => void log.push(line) });
  made.clock.freeze();
  return made;
}

const log: string[] = [];

/** What was logged since the last call. */
function logged(): string {
  return log.splice(0).join('');
}

/** A connection of a replica: all bytes that it is sent. */
class ReplicaEnd {
  readonly wire = inProcess(server);
  private seen = 0;

  say(...argv: string[]): void {
    this.wire.send(encode(argv));
  }

  /** What has come since the last look, once the server has nothing more to do. */
  async news(): Promise<string> {
    await settled();
    const news = this.wire.text().slice(this.seen);
    this.seen += news.length;
    return news;
  }
}

/** Lets everything go on that does not wait for the clock. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** A replica that has its snapshot and follows. */
async function online(): Promise<ReplicaEnd> {
  const replica = new ReplicaEnd();
  replica.say('SYNC');
  expect(await replica.news()).toMatch(/^\$\d+\r\nREDIS0012/);
  return replica;
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1];
}

async function info(name: string): Promise<string | undefined> {
  return field((await client.ask('INFO', 'everything')).text, name);
}

const SELECT_0 = encode(['SELECT', '0']);
const PING = encode(['PING']);
const SET = encode(['SET', 'k', 'v']);

describe('a snapshot', () => {
  test('comes with its length to whoever asks in the old way', async () => {
    await client.ask('SET', 'k', 'v');
    const replica = new ReplicaEnd();
    replica.say('SYNC');
    const text = await replica.news();
    const [, length] = /^\$(\d+)\r\n/.exec(text)!;
    expect(text.length).toBe(`$${length}\r\n`.length + Number(length));
    expect(text).toContain('repl-stream-db');
    expect(text).toContain(await info('master_replid'));
  });

  test('says where in the stream it stands before it comes', async () => {
    const replica = new ReplicaEnd();
    replica.say('PSYNC', '?', '-1');
    expect(await replica.news()).toMatch(
      new RegExp(`^\\+FULLRESYNC ${await info('master_replid')} 0\r\n\\$\\d+\r\nREDIS0012`),
    );
  });

  test('comes between marks to those who know them, and the stream when they have it', async () => {
    const replica = new ReplicaEnd();
    replica.say('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
    replica.say('PSYNC', '?', '-1');
    const text = await replica.news();
    const [, mark] = /\r\n\$EOF:([0-9a-f]{40})\r\nREDIS0012/.exec(text)!;
    expect(text.endsWith(mark)).toBe(true);
    await client.ask('SET', 'k', 'v');
    expect(await replica.news()).toBe('');
    replica.say('REPLCONF', 'ACK', '0');
    expect(await replica.news()).toBe(SELECT_0 + SET);
    await client.ask('SET', 'k', 'v');
    expect(await replica.news()).toBe(SET);
  });

  test('waits for others who want it too', async () => {
    await client.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '5');
    const replicas = [new ReplicaEnd(), new ReplicaEnd()];
    for (const replica of replicas) {
      replica.say('REPLCONF', 'capa', 'eof');
      replica.say('PSYNC', '?', '-1');
      expect(await replica.news()).toBe('+OK\r\n');
      server.clock.advance(2 * SECOND);
    }
    expect(await replicas[0].news()).toMatch(/^\n+$/); // It hears that we are still there.
    server.clock.advance(2 * SECOND);
    const texts = [await replicas[0].news(), await replicas[1].news()];
    expect(texts[0]).toContain('REDIS0012');
    expect(texts[1].slice(texts[1].indexOf('$'))).toBe(texts[0].slice(texts[0].indexOf('$')));
    expect(await info('sync_full')).toBe('2');
  });

  test('has no keys for who wants the functions only', async () => {
    await client.ask('SET', 'some-key', 'v');
    const replica = new ReplicaEnd();
    replica.say('REPLCONF', 'rdb-filter-only', 'functions');
    replica.say('SYNC');
    expect(await replica.news()).toBe('+OK\r\n-ERR Filtered replica requires EOF capability\r\n');
    replica.say('REPLCONF', 'capa', 'eof', 'rdb-only', '1');
    replica.say('PSYNC', '?', '-1');
    const text = await replica.news();
    expect(text).toContain('REDIS0012');
    expect(text).not.toContain('some-key');
    expect(replica.wire.closed).toBe(true);
  });

  test('comes by a connection of its own, while the first has the stream', async () => {
    const main = new ReplicaEnd();
    main.say('REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'rdb-channel-repl');
    main.say('PSYNC', '?', '-1');
    const [, id] = /^\+OK\r\n\+RDBCHANNELSYNC (\d+)\r\n$/.exec(await main.news())!;
    const channel = new ReplicaEnd();
    channel.say('REPLCONF', 'main-ch-client-id', '999');
    expect(await channel.news()).toBe('-ERR Unrecognized RDB client id: 999\r\n');
    channel.say('REPLCONF', ...['capa', 'eof', 'rdb-only', '1', 'rdb-channel', '1']);
    channel.say('REPLCONF', 'main-ch-client-id', id);
    channel.say('PSYNC', '?', '-1');
    expect(await channel.news()).toContain('$EOF:');
    expect(channel.wire.closed).toBe(true);
    await client.ask('SET', 'k', 'v');
    expect(await main.news()).toBe(SELECT_0 + SET);
    expect(await info('connected_slaves')).toBe('1');
  });
});

describe('the stream', () => {
  test('has SELECT where the database changes, and for each newcomer', async () => {
    const one = await online();
    await client.ask('SET', 'k', 'v');
    await client.ask('SELECT', '11');
    await client.ask('SET', 'k', 'v');
    await client.ask('SET', 'k', 'v');
    expect(await one.news()).toBe(SELECT_0 + SET + encode(['SELECT', '11']) + SET + SET);
    const two = await online();
    await client.ask('SET', 'k', 'v');
    for (const each of [one, two]) expect(await each.news()).toBe(encode(['SELECT', '11']) + SET);
  });

  test('has a PING when nothing else was sent for a while', async () => {
    await client.ask('CONFIG', 'SET', 'repl-ping-replica-period', '4');
    const replica = await online();
    server.clock.advance(3 * SECOND);
    await client.ask('SET', 'k', 'v');
    expect(await replica.news()).toBe(SELECT_0 + SET);
    server.clock.advance(3 * SECOND);
    expect(await replica.news()).toBe('');
    server.clock.advance(2 * SECOND);
    expect(await replica.news()).toBe(PING);
    // That is also so while clients may not write.
    await client.ask('CLIENT', 'PAUSE', '100000', 'WRITE');
    server.clock.advance(5 * SECOND);
    expect(await replica.news()).toBe(PING);
  });

  test('has an offset for every byte', async () => {
    expect(await info('master_repl_offset')).toBe('0');
    const before = await info('master_replid');
    const replica = await online();
    expect(await info('master_replid')).not.toBe(before);
    expect(await info('repl_backlog_first_byte_offset')).toBe('1');
    await client.ask('SET', 'k', 'v');
    expect(await info('master_repl_offset')).toBe(String((await replica.news()).length));
    expect(await info('repl_backlog_histlen')).toBe(await info('master_repl_offset'));
    expect((await client.ask('ROLE')).raw).toContain(`:${await info('master_repl_offset')}`);
  });

  test('goes on where a replica was', async () => {
    const replica = await online();
    await client.ask('SET', 'k', 'v');
    const past = await replica.news();
    replica.wire.close();
    await client.ask('SET', 'k', 'v');
    const back = new ReplicaEnd();
    const id = (await info('master_replid'))!;
    back.say('PSYNC', id, String(past.length + 1));
    expect(await back.news()).toBe(`+CONTINUE\r\n${SET}`);
    const again = new ReplicaEnd();
    again.say('REPLCONF', 'capa', 'psync2');
    again.say('PSYNC', id.toUpperCase(), '1');
    expect(await again.news()).toBe(`+OK\r\n+CONTINUE ${id}\r\n${past}${SET}`);
    expect(await info('sync_partial_ok')).toBe('2');
  });

  test.each([
    ['another history', (_id: string) => ['0'.repeat(40), '1']],
    ['what comes later', (id: string) => [id, '1000']],
    ['what is no more there', (id: string) => [id, '0']],
  ])('starts anew for who asks for %s', async (_what, ask) => {
    await online();
    await client.ask('SET', 'k', 'v');
    const replica = new ReplicaEnd();
    replica.say('PSYNC', ...ask((await info('master_replid'))!));
    expect(await replica.news()).toMatch(/^\+FULLRESYNC /);
    expect(await info('sync_partial_err')).toBe('1');
  });

  test('is forgotten when no replica has been there for long', async () => {
    const replica = await online();
    const id = await info('master_replid');
    await client.ask('CONFIG', 'SET', 'repl-backlog-ttl', '60');
    server.clock.advance(100 * SECOND);
    replica.wire.close();
    server.clock.advance(59 * SECOND);
    expect(await info('repl_backlog_active')).toBe('1');
    server.clock.advance(3 * SECOND);
    expect(await info('repl_backlog_active')).toBe('0');
    expect(await info('master_replid')).not.toBe(id);
    expect(server.propagation.active).toBe(false);
  });
});

describe('a replica', () => {
  test('is seen', async () => {
    const replica = await online();
    expect((await client.ask('CLIENT', 'LIST', 'TYPE', 'replica')).text).toMatch(/ flags=S .*\n$/);
    expect(await info('connected_clients')).toBe('1');
    expect(await info('slave0')).toBe('ip=memory,port=0,state=online,offset=0,lag=0');
    replica.say('REPLCONF', 'ACK', '12');
    server.clock.advance(2 * SECOND);
    expect(await info('slave0')).toBe('ip=memory,port=0,state=online,offset=12,lag=2');
    expect((await client.ask('CLIENT', 'KILL', 'TYPE', 'slave')).text).toBe('1');
    expect(replica.wire.closed).toBe(true);
    expect(await info('connected_slaves')).toBe('0');
  });

  test('may not touch keys, and is cut off for any reply', async () => {
    const replica = await online();
    logged();
    replica.say('GET', 'k');
    expect(await replica.news()).toBe('');
    expect(replica.wire.closed).toBe(true);
    expect(logged()).toContain("Replica generated a reply to command 'get', disconnecting it: id=");
    expect((await client.ask('INFO', 'errorstats')).text).toContain('errorstat_ERR');
  });

  test('asks once: what it says again has no answer', async () => {
    const replica = await online();
    replica.say('SYNC');
    replica.say('PSYNC', '?', '-1');
    replica.say('REPLCONF', 'GETACK', '*');
    expect(await replica.news()).toBe('');
    expect(replica.wire.closed).toBe(false);
  });

  test('that says nothing for long is cut off', async () => {
    const old = await online();
    const replica = new ReplicaEnd();
    replica.say('PSYNC', '?', '-1');
    await replica.news();
    server.clock.advance(40 * SECOND);
    replica.say('REPLCONF', 'ACK', '0');
    server.clock.advance(59 * SECOND);
    expect(replica.wire.closed).toBe(false);
    server.clock.advance(3 * SECOND);
    expect(replica.wire.closed).toBe(true);
    expect(old.wire.closed).toBe(false); // It cannot say anything.
  });

  test.each([
    [['listening-port'], 'ERR syntax error'],
    [['listening-port', 'x'], 'ERR value is not an integer or out of range'],
    [['rdb-only', '2'], 'ERR value is out of range, value must between 0 and 1'],
    [['rdb-filter-only', 'x'], 'ERR Unsupported rdb-filter-only option: x'],
    [['version', '8'], 'ERR Unrecognized REPLCONF option: version'],
    [['Ip-Address', 'x'.repeat(255)], 'OK'],
    [
      ['ip-address', 'x'.repeat(256)],
      'ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes',
    ],
    [['capa', 'whatever'], 'OK'],
    [[], 'OK'],
  ])('says REPLCONF %s', async (words, reply) => {
    expect((await client.ask('REPLCONF', ...words)).text).toBe(reply);
  });

  test('cannot ask while replies are still to be sent', async () => {
    client.send(encode(['PING']) + encode(['SYNC']) + encode(['PSYNC', 'x', 'y', 'failover']));
    expect((await client.next()).text).toBe('PONG');
    expect((await client.next()).text).toBe('ERR SYNC and PSYNC are invalid with pending output');
    expect((await client.next()).text).toBe("ERR PSYNC FAILOVER can't be sent to a master.");
    expect((await client.ask('PSYNC', 'x', 'y')).text).toBe(
      'ERR value is not an integer or out of range',
    );
  });
});

describe('WAIT', () => {
  test('counts those who have what the client wrote', async () => {
    expect((await client.ask('WAIT', '0', '0')).text).toBe('0');
    const replica = await online();
    expect((await client.ask('WAIT', '1', '0')).text).toBe('1'); // It wrote nothing.
    await client.ask('SET', 'k', 'v');
    const { length } = await replica.news();
    client.send(encode(['WAIT', '1', '0']));
    expect(await replica.news()).toBe(encode(['REPLCONF', 'GETACK', '*']));
    replica.say('REPLCONF', 'ACK', String(length - 1));
    await settled();
    expect(client.take()).toBe(null);
    replica.say('REPLCONF', 'ACK', String(length));
    expect((await client.next()).raw).toBe(':1\r\n');
  });

  test('has its time, and does not wait in a transaction', async () => {
    await online();
    await client.ask('SET', 'k', 'v');
    client.send(encode(['WAIT', '1', '500']));
    await settled();
    expect(client.take()).toBe(null);
    server.clock.advance(501);
    expect((await client.next()).raw).toBe(':0\r\n');
    await client.ask('MULTI');
    await client.ask('WAIT', '1', '0');
    expect((await client.ask('EXEC')).raw).toBe('*1\r\n:0\r\n');
    expect((await client.ask('WAIT', '1', '-1')).text).toBe('ERR timeout is negative');
  });

  test('asks nobody while clients may not write', async () => {
    const replica = await online();
    await client.ask('SET', 'k', 'v');
    await replica.news();
    const other = inProcess(server);
    await other.ask('CLIENT', 'PAUSE', '1000', 'WRITE');
    client.send(encode(['WAIT', '1', '0']));
    expect(await replica.news()).toBe('');
    server.clock.advance(1001);
    expect(await replica.news()).toBe(encode(['REPLCONF', 'GETACK', '*']));
  });
});

describe('min-replicas-to-write', () => {
  test('refuses changes while too few replicas are near', async () => {
    const refusal = 'NOREPLICAS Not enough good replicas to write.';
    await client.ask('CONFIG', 'SET', 'min-replicas-to-write', '1');
    expect((await client.ask('SET', 'k', 'v')).text).toBe(refusal);
    expect((await client.ask('GET', 'k')).isNull).toBe(true);
    await client.ask('MULTI');
    expect((await client.ask('SET', 'k', 'v')).text).toBe(refusal);
    expect((await client.ask('EXEC')).text).toMatch(/^EXECABORT/);
    const replica = new ReplicaEnd();
    replica.say('PSYNC', '?', '-1');
    await replica.news();
    expect((await client.ask('SET', 'k', 'v')).text).toBe('OK');
    expect(await info('min_slaves_good_slaves')).toBe('1');
    server.clock.advance(12 * SECOND);
    expect((await client.ask('SET', 'k', 'v')).text).toBe(refusal);
    expect(await info('min_slaves_good_slaves')).toBe('0');
    await client.ask('CONFIG', 'SET', 'min-replicas-max-lag', '0');
    expect((await client.ask('SET', 'k', 'v')).text).toBe('OK');
  });
});

describe('the end of a server', () => {
  let ended = false;
  let replica: ReplicaEnd;
  let length = 0;
  beforeEach(async () => {
    ended = false;
    server.onShutdown = () => {
      ended = true;
    };
    replica = await online();
    await client.ask('SET', 'k', 'v');
    length = (await replica.news()).length;
    logged();
  });
  const GETACK = encode(['REPLCONF', 'GETACK', '*']);

  test('waits until replicas have everything', async () => {
    client.send(encode(['SHUTDOWN']));
    expect(await replica.news()).toBe(GETACK);
    expect(ended).toBe(false);
    const other = inProcess(server);
    expect(field((await other.ask('INFO')).text, 'shutdown_in_milliseconds')).toBe('10000');
    other.send(encode(['SET', 'k', 'w']));
    expect(other.take()).toBe(null);
    replica.say('REPLCONF', 'ACK', String(length + GETACK.length));
    await settled();
    expect(ended).toBe(true);
    expect(logged()).toContain('1 of 1 replicas are in sync when shutting down.');
  });

  test('does not wait for ever', async () => {
    client.send(encode(['SHUTDOWN']));
    await settled();
    server.clock.advance(10 * SECOND);
    await settled();
    expect(ended).toBe(true);
    const text = logged();
    expect(text).toContain(`behind master, lag=10, state=online.`);
    expect(text).toContain('0 of 1 replicas are in sync when shutting down.');
  });

  test('can be called off', async () => {
    client.send(encode(['SHUTDOWN']));
    await settled();
    const other = inProcess(server);
    expect((await other.ask('SHUTDOWN', 'ABORT')).text).toBe('OK');
    expect((await client.next()).text).toBe('ERR Errors trying to SHUTDOWN. Check logs.');
    expect((await other.ask('SET', 'k', 'w')).text).toBe('OK');
    expect((await other.ask('SHUTDOWN', 'ABORT')).text).toBe('ERR No shutdown in progress.');
    expect(ended).toBe(false);
    expect(logged()).toContain('Shutdown manually aborted.');
  });

  test('comes at once if so asked, but what was changed is on its way', async () => {
    client.send(encode(['SET', 'k', 'v']) + encode(['SHUTDOWN', 'NOW']));
    expect(ended).toBe(true);
    expect(await replica.news()).toBe(SET);
  });
});
