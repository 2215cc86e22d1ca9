import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

type Entry = [number, number, number, string[], string, string];

async function slowlog(r: Talk, count = -1): Promise<Entry[]> {
  return (await r(`SLOWLOG GET ${count}`)) as Entry[];
}

/** The command lines in the slow log, the oldest first, the one that reads it left out. */
async function logged(r: Talk): Promise<string[][]> {
  return (await slowlog(r)).map((entry) => entry[3]).reverse();
}

async function logAll(r: Talk): Promise<void> {
  await r('CONFIG SET slowlog-log-slower-than 0');
  await r('SLOWLOG RESET');
}

/** The fields of INFO in sections. */
async function info(r: Talk, sections = ''): Promise<Map<string, string>> {
  const text = (await r(`INFO ${sections}`)) as string;
  const lines = text.split('\r\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1)]));
}

async function titles(r: Talk, sections: string): Promise<string[]> {
  return (
    ((await r(`INFO ${sections}`)) as string).match(/^# .*$/gm)?.map((each) => each.slice(2)) ?? []
  );
}

everywhere((test) => {
  test('INFO shows the sections asked for, in its own order, each once', async (r) => {
    expect(await titles(r, 'cpu SERVER cpu')).toEqual(['Server', 'CPU']);
    expect(await titles(r, 'nosuch')).toEqual([]);
    expect(await titles(r, 'module_list keysizes modules')).toEqual(['Modules', 'Keysizes']);
  });

  test('INFO leaves out what is long unless it is asked for', async (r) => {
    const usual = await titles(r, '');
    expect(usual).not.toContain('Commandstats');
    expect(await titles(r, 'default')).toEqual(usual);
    expect(await titles(r, 'all')).toContain('Latencystats');
    expect(await titles(r, 'everything')).not.toContain('Debug');
    expect(await titles(r, 'nosuch debug')).toEqual(['Debug']);
  });

  test('INFO of no known section is an empty text', async (r) => {
    expect(await r.raw('INFO nosuch')).toBe(r.resp3 ? '=4\r\ntxt:\r\n' : '$0\r\n\r\n');
  });

  test('INFO counts calls, refusals and failures by command', async (r) => {
    await r('CONFIG RESETSTAT');
    await r('SET a x');
    await r.fails('INCR a', /not an integer/);
    await r.fails('SET a', /wrong number/);
    await r.fails('NOSUCH', /unknown command/);
    await r('CLIENT ID');
    const stats = await info(r, 'commandstats errorstats stats');
    expect(stats.get('cmdstat_set')).toMatch(
      /^calls=1,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=1,failed_calls=0$/,
    );
    expect(stats.get('cmdstat_incr')).toMatch(/^calls=1,.*rejected_calls=0,failed_calls=1$/);
    expect(stats.get('cmdstat_client|id')).toMatch(/^calls=1,/);
    expect(stats.has('cmdstat_get')).toBe(false);
    expect(stats.get('errorstat_ERR')).toBe('count=3');
    expect(stats.get('total_error_replies')).toBe('3');
  });

  test('INFO latencystats has the percentiles that are configured', async (r) => {
    await r('CONFIG SET latency-tracking-info-percentiles "0 50 99.9 100"');
    await r('CONFIG RESETSTAT');
    await r('SET a x');
    const line = (await info(r, 'latencystats')).get('latency_percentiles_usec_set');
    expect(line).toMatch(/^p0=\d+\.\d{3},p50=\d+\.\d{3},p99\.9=\d+\.\d{3},p100=\d+\.\d{3}$/);
    await r('CONFIG SET latency-tracking no');
    await r('CONFIG RESETSTAT');
    await r('SET a x');
    expect((await info(r, 'latencystats')).size).toBe(0);
  });

  test('INFO keyspace and keysizes leave out what is empty', async (r) => {
    expect((await info(r, 'keyspace keysizes')).size).toBe(0);
    await r(['SET', 'empty', '']);
    await r('MSET one 1 three abc number 1234567');
    await r(['SET', 'long', 'x'.repeat(5000)]);
    await r('SELECT 3');
    await r(['SET', 'huge', 'x'.repeat(2 ** 20)]);
    expect(Object.fromEntries(await info(r, 'keyspace keysizes'))).toEqual({
      db0: 'keys=5,expires=0,avg_ttl=0,subexpiry=0',
      db3: 'keys=1,expires=0,avg_ttl=0,subexpiry=0',
      db0_distrib_strings_sizes: '0=1,1=1,2=1,4=1,4K=1',
      db3_distrib_strings_sizes: '1M=1',
    });
  });

  test('INFO keyspace tells how many keys expire', async (r) => {
    await r('SET a x EX 100');
    await r('SET b x');
    expect((await info(r, 'keyspace')).get('db0')).toMatch(/^keys=2,expires=1,avg_ttl=\d+,/);
  });

  test('INFO clients knows who watches', async (r) => {
    const other = await r.client();
    await other('WATCH a b');
    await r('WATCH a');
    const watching = await info(r, 'clients');
    expect(watching.get('connected_clients')).toBe('2');
    expect(watching.get('watching_clients')).toBe('2');
    expect(watching.get('total_watched_keys')).toBe('2');
    await other('UNWATCH');
    const left = await info(r, 'clients');
    expect(left.get('watching_clients')).toBe('1');
    expect(left.get('total_watched_keys')).toBe('1');
  });

  test('INFO clients counts those who have to wait', async (r) => {
    const other = await r.client();
    await r('CLIENT PAUSE 100000 WRITE');
    // The PING is answered, so what came with it has been seen.
    other.wire.send('PING\r\nSET a x\r\n');
    await other.wire.next();
    expect((await info(r, 'clients')).get('blocked_clients')).toBe('1');
    await r('CLIENT UNPAUSE');
    expect((await other.wire.next()).text).toBe('OK');
    expect((await info(r, 'clients')).get('blocked_clients')).toBe('0');
  });

  test('SLOWLOG keeps id, time, duration, command line, address and name', async (r) => {
    await r('CLIENT SETNAME me');
    await logAll(r);
    await r('SET a x');
    const [set, reset] = await slowlog(r);
    expect(set).toHaveLength(6);
    expect(set[0]).toBe(reset[0] + 1);
    expect(set[1]).toBeGreaterThan(1_600_000_000);
    expect(set[2]).toBeGreaterThanOrEqual(0);
    expect(set[3]).toEqual(['SET', 'a', 'x']);
    expect(set[4]).not.toBe('');
    expect(set[5]).toBe('me');
  });

  test('SLOWLOG GET returns the newest first: ten, so many, or all', async (r) => {
    await logAll(r);
    for (let i = 0; i < 14; i++) await r(`SET a ${i}`);
    await r('CONFIG SET slowlog-log-slower-than -1');
    expect(await r('SLOWLOG LEN')).toBe(15);
    expect((await r('SLOWLOG GET')) as Value[]).toHaveLength(10);
    expect(await slowlog(r, 0)).toEqual([]);
    expect((await slowlog(r, 3)).map((entry) => entry[3][2])).toEqual(['13', '12', '11']);
    expect(await slowlog(r, -1)).toHaveLength(15);
    expect(await slowlog(r, 99)).toHaveLength(15);
    for (const count of ['-2', 'x', '', '1.0', '99999999999999999999']) {
      await r.fails(['SLOWLOG', 'GET', count], /^ERR count should be greater than or equal to -1$/);
    }
    await r.fails(
      'slowlog Get 1 2',
      /^ERR unknown subcommand or wrong number of arguments for 'Get'. Try SLOWLOG HELP.$/,
    );
    expect(await r('SLOWLOG RESET')).toBe('OK');
    expect(await r('SLOWLOG LEN')).toBe(0);
  });

  test('SLOWLOG holds slowlog-max-len entries, also when that shrinks', async (r) => {
    await logAll(r);
    await r('CONFIG SET slowlog-max-len 5');
    for (let i = 0; i < 20; i++) await r('PING');
    expect(await r('SLOWLOG LEN')).toBe(5);
    await r('CONFIG SET slowlog-max-len 2');
    expect(await r('SLOWLOG LEN')).toBe(2);
    await r('SLOWLOG RESET');
    await r('CONFIG SET slowlog-max-len 0');
    await r('SLOWLOG RESET');
    await r('PING');
    expect(await r('SLOWLOG LEN')).toBe(0);
  });

  test('SLOWLOG shortens long command lines and long arguments', async (r) => {
    const words = Array.from({ length: 40 }, (_, i) => `k${i}`);
    await logAll(r);
    await r(['EXISTS', ...words.slice(0, 31)]);
    await r(['EXISTS', ...words.slice(0, 32)]);
    await r(['EXISTS', ...words]);
    await r(['SET', 'a', 'x'.repeat(128)]);
    await r(['SET', 'a', 'x'.repeat(130)]);
    const [, whole, over, many, fits, long] = await logged(r);
    expect(whole).toHaveLength(32);
    expect(whole[31]).toBe('k30');
    expect(over).toHaveLength(32);
    expect(over.slice(30)).toEqual(['k29', '... (2 more arguments)']);
    expect(many[31]).toBe('... (10 more arguments)');
    expect(fits[2]).toBe('x'.repeat(128));
    expect(long[2]).toBe(`${'x'.repeat(128)}... (2 more bytes)`);
  });

  test('SLOWLOG does not tell passwords', async (r) => {
    await logAll(r);
    await r('CONFIG SET masterauth one maxmemory 0');
    await r('CONFIG SET masteruser two');
    await r.fails('AUTH three', /without any password/);
    await r.fails('HELLO 3 AUTH nobody four SETNAME x', /WRONGPASS/);
    await r.fails('HELLO 3 SETNAME auth AUTH nobody five', /WRONGPASS/);
    expect(await logged(r)).toEqual([
      ['SLOWLOG', 'RESET'],
      ['CONFIG', 'SET', 'masterauth', '(redacted)', 'maxmemory', '0'],
      ['CONFIG', 'SET', 'masteruser', '(redacted)'],
      ['AUTH', '(redacted)'],
      ['HELLO', '3', 'AUTH', '(redacted)', '(redacted)', 'SETNAME', 'x'],
      ['HELLO', '3', 'SETNAME', 'auth', 'AUTH', '(redacted)', '(redacted)'],
    ]);
    await r('CONFIG SET masterauth "" masteruser ""');
  });

  test('SLOWLOG has the commands of a transaction, not EXEC', async (r) => {
    await logAll(r);
    await r('MULTI');
    await r('SET a x');
    await r('EXEC');
    expect((await logged(r)).slice(1)).toEqual([['MULTI'], ['SET', 'a', 'x']]);
  });

  test('the HELP of SLOWLOG, LATENCY and MEMORY begins with how they are called', async (r) => {
    for (const name of ['SLOWLOG', 'LATENCY', 'MEMORY']) {
      const lines = (await r(`${name} HELP`)) as string[];
      expect(lines[0]).toBe(`${name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
      expect(lines.at(-2)).toBe('HELP');
      await r.fails(`${name} HELP me`, new RegExp(`arguments for '${name.toLowerCase()}\\|help'`));
    }
  });
});

/** What a monitor is told next, without the time and the address. */
async function heard(monitor: Talk): Promise<string> {
  return (await monitor.wire.next()).text.replace(/^\d+\.\d{6} \[(\d+) [^\]]*\]/, '[$1]');
}

everywhere((test) => {
  test('MONITOR shows commands as they run', async (r) => {
    const monitor = await r.client();
    expect(await monitor('MONITOR')).toBe('OK');
    await r('SET a x');
    await r('SELECT 3');
    await r(['SET', 'a', 'quote " back \\ \x01\r\n\xff']);
    expect(await heard(monitor)).toBe('[0] "SET" "a" "x"');
    expect(await heard(monitor)).toMatch(/^\[[03]\] "SELECT" "3"$/);
    expect(await heard(monitor)).toBe('[3] "SET" "a" "quote \\" back \\\\ \\x01\\r\\n\\xff"');
  });

  test('MONITOR keeps administration to itself, and what was refused', async (r) => {
    const monitor = await r.client();
    await monitor('MONITOR');
    await r('CONFIG GET port');
    await r.fails('NOSUCH', /unknown/);
    await r.fails('GET', /wrong number/);
    await r('PING');
    expect(await heard(monitor)).toBe('[0] "PING"');
  });

  test('MONITOR asked for twice is answered once, and RESET ends it', async (r) => {
    const monitor = await r.client();
    await monitor('MONITOR');
    monitor.wire.send('MONITOR\r\n');
    await r('PING');
    expect(await heard(monitor)).toBe('[0] "PING"');
    monitor.wire.send('RESET\r\n');
    expect((await monitor.wire.next()).text).toBe('RESET');
    await r('PING');
    expect(await monitor('ECHO quiet')).toBe('quiet');
  });

  test('MONITOR shows a client its own commands too, behind their replies', async (r) => {
    await r('MONITOR');
    r.wire.send('MULTI\r\nECHO a\r\nEXEC\r\nECHO b\r\n');
    const told: string[] = [];
    while (told.at(-1) !== '[0] "ECHO" "b"') {
      const reply = await r.wire.next();
      told.push(reply.type === '+' ? reply.text.replace(/^\d+\.\d{6} \[0 .*\]/, '[0]') : reply.raw);
    }
    expect(told).toEqual([
      'OK',
      '[0] "MULTI"',
      'QUEUED',
      '*1\r\n$1\r\na\r\n',
      '[0] "ECHO" "a"',
      '[0] "EXEC"',
      '$1\r\nb\r\n',
      '[0] "ECHO" "b"',
    ]);
  });

  test('MONITOR cannot begin inside a transaction', async (r) => {
    await r('MULTI');
    await r('MONITOR');
    await r('PING');
    const [refused, pong] = (await r('EXEC')) as Value[];
    expect(String(refused)).toMatch(/ERR MONITOR isn't allowed for DENY BLOCKING client/);
    expect(pong).toBe('PONG');
  });
});
