import fc from 'fast-check';
import { describe, expect, test as plainTest } from 'vitest';
import { debugSubcommands } from '../../server/commands/debug.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';
import { everywhere, type Talk } from '../redis.ts';
import { inProcess, overSocket } from '../wire.ts';

const ZEROS = '0'.repeat(40);
const here = await realRedis('8.0.2');
if (here === null) {
  process.stderr.write(`\n*** DEBUG NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

everywhere((test) => {
  test('an unknown subcommand and a wrong number of arguments are one refusal', async (r) => {
    const lines = [
      'nosuch',
      'nosuch a b',
      'sleep',
      'SLEEP 1 2',
      'digest x',
      'object',
      'object a b',
    ];
    lines.push('populate', 'populate 1 a 2 3', 'protocol', 'protocol x y', 'log', 'error a b');
    lines.push('jmap', 'stringmatch-len 3 a*');
    lines.push('change-repl-id x', 'pause-cron', 'replybuffer resizing', 'htstats', 'htstats-key');
    for (const line of lines) {
      const name = line.split(' ')[0];
      const words = `unknown subcommand or wrong number of arguments for '${name}'. Try DEBUG HELP.`;
      await r.fails(`debug ${line}`, new RegExp(`^ERR ${words}$`));
    }
    await r.fails('DEBUG', /^ERR wrong number of arguments for 'debug' command$/);
    await r.fails(`DEBUG ${'x'.repeat(200)}`, /for 'x{128}'\. Try/);
    await r.fails('DEBUG "a\\r\\nb\\x00c"', /for 'a {2}b'\. Try/);
  });

  test('PROTOCOL shows every kind of reply in the client’s own protocol', async (r) => {
    const shown = r.resp3 ? RESP3_EXAMPLES : RESP2_EXAMPLES;
    for (const [type, bytes] of Object.entries(shown)) {
      expect(await r.raw(['DEBUG', 'PROTOCOL', type]), type).toBe(bytes);
    }
    await r.fails('DEBUG PROTOCOL x', /^ERR Wrong protocol type name\. Please use one of the foll/);
  });

  test('PROTOCOL attrib describes the reply behind it, to those who understand', async (r) => {
    r.wire.send('DEBUG PROTOCOL attrib\r\n');
    const attribute = '|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n';
    if (r.resp3) expect((await r.wire.next()).raw).toBe(attribute);
    expect((await r.wire.next()).text).toBe('Some real reply following the attribute');
  });

  test('PROTOCOL push sends something out of band behind the reply, in RESP3 only', async (r) => {
    if (!r.resp3) return r.fails('DEBUG PROTOCOL push', /^ERR RESP2 is not supported by this/);
    r.wire.send('DEBUG PROTOCOL push\r\n');
    expect((await r.wire.next()).text).toBe('Some real reply following the push reply');
    expect((await r.wire.next()).raw).toBe('>2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n');
  });

  test('DIGEST is that of the data, wherever it came from', async (r) => {
    expect(await r('DEBUG DIGEST')).toBe(ZEROS);
    await r('MSET a 1 b hello');
    const before = await r('DEBUG DIGEST');
    await r('DEL a');
    expect(await r('DEBUG DIGEST')).not.toBe(before);
    await r('INCR a');
    expect(await r('DEBUG DIGEST')).toBe(before);
    await r('PEXPIRE a 100000');
    const expiring = await r('DEBUG DIGEST');
    expect(expiring).not.toBe(before);
    await r('PEXPIRE a 200000');
    expect(await r('DEBUG DIGEST')).toBe(expiring);
    await r('SWAPDB 0 1');
    expect(await r('DEBUG DIGEST')).not.toBe(expiring);
  });

  test('DIGEST-VALUE leaves the name out, and is zero for nothing', async (r) => {
    await r('MSET a same b same c other');
    const [a, b, c, none] = (await r('DEBUG DIGEST-VALUE a b c none')) as string[];
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(none).toBe(ZEROS);
    expect(await r('DEBUG DIGEST-VALUE')).toEqual([]);
  });

  test('POPULATE adds what is missing, and changes nothing that is there', async (r) => {
    await r('SET key:1 mine');
    expect(await r('DEBUG POPULATE 3')).toBe('OK');
    expect(await r('MGET key:0 key:1 key:2 key:3')).toEqual(['value:0', 'mine', 'value:2', null]);
    expect(await r('DEBUG POPULATE 2 short 3')).toBe('OK');
    expect(await r('GET short:1')).toBe('val');
    expect(await r('DEBUG POPULATE 2 long 100000')).toBe('OK');
    expect(await r('GET long:1')).toBe('value:1'.padEnd(100_000, '\0'));
    expect(await r('OBJECT ENCODING long:1')).toBe('raw');
    expect(await r(['DEBUG', 'POPULATE', 1, 'x'.repeat(200)])).toBe('OK');
    expect(await r(['EXISTS', 'x'.repeat(127)])).toBe(1);
    for (const line of ['x', '-1', '1 a -1', '1 a x', '9223372036854775808']) {
      await r.fails(`DEBUG POPULATE ${line}`, /^ERR value is out of range, must be positive$/);
    }
  });

  test('POPULATE fails the transaction that watches a key it adds', async (r) => {
    await r('WATCH key:1');
    await (await r.client())('DEBUG POPULATE 2');
    await r('MULTI');
    await r('PING');
    expect(await r('EXEC')).toBeNull();
  });

  test('OBJECT tells how a value is kept, without using it', async (r) => {
    const described = async (key: string): Promise<string> => {
      const line = (await r(['DEBUG', 'OBJECT', key])) as string;
      expect(line).toMatch(/^Value at:0x[0-9a-f]+ refcount:\d+ encoding/);
      expect(line).toMatch(/ lru:\d+ lru_seconds_idle:\d+$/);
      return line.replace(/^Value at:0x[0-9a-f]+ | lru:\d+ lru_seconds_idle:\d+$/g, '');
    };
    await r('MSET int 1 negative -129 large 70000 wide 12345678901 text hello empty ""');
    await r(['SET', 'long', 'abc'.repeat(15)]);
    await r('SET raw 1');
    await r('APPEND raw 2');
    expect(await described('int')).toBe('refcount:2147483647 encoding:int serializedlength:2');
    expect(await described('negative')).toBe('refcount:1 encoding:int serializedlength:3');
    expect(await described('large')).toBe('refcount:1 encoding:int serializedlength:5');
    expect(await described('wide')).toBe('refcount:1 encoding:int serializedlength:12');
    expect(await described('text')).toBe('refcount:1 encoding:embstr serializedlength:6');
    expect(await described('empty')).toBe('refcount:1 encoding:embstr serializedlength:1');
    expect(await described('long')).toMatch(/^refcount:1 encoding:raw serializedlength:\d+$/);
    expect(await described('raw')).toBe('refcount:1 encoding:raw serializedlength:2');
    await r.fails('DEBUG OBJECT none', /^ERR no such key$/);
  });

  test('ERROR replies with any line, and is not counted as an error', async (r) => {
    await r.fails(['DEBUG', 'ERROR', 'LOADING for a\r\nwhile'], /^LOADING for a {2}while$/);
    expect(await r('INFO errorstats')).not.toMatch(/LOADING/);
  });

  test('HTSTATS describes the table of a database, HTSTATS-KEY none of a string', async (r) => {
    expect(await r('DEBUG HTSTATS 0')).toBe('[Dictionary HT]\n[Expires HT]\n');
    await r('MSET a 1 b 2 c 3');
    await r('PEXPIRE a 100000');
    expect(await r('DEBUG HTSTATS 0')).toMatch(
      /^\[Dictionary HT\]\nHash table 0 stats \(main hash table\):\n table size: \d+\n number of elements: 3\n\[Expires HT\]\nHash table 0 stats \(main hash table\):\n table size: \d+\n number of elements: 1\n$/,
    );
    await r.fails('DEBUG HTSTATS 99', /^ERR Out of range database$/);
    await r.fails('DEBUG HTSTATS x', /^ERR value is not an integer or out of range$/);
    await r.fails('DEBUG HTSTATS-KEY none', /^ERR no such key$/);
    await r.fails('DEBUG HTSTATS-KEY a', /^ERR The value stored at the specified key is not repr/);
  });

  test('the switches take any word for a number, and refuse nothing', async (r) => {
    for (const value of ['1', '0', 'x', '1']) {
      for (const name of ['SET-ACTIVE-EXPIRE', 'DICT-RESIZING', 'REPLYBUFFER RESIZING']) {
        expect(await r(`DEBUG ${name} ${value}`)).toBe('OK');
      }
    }
    for (const name of [
      'SET-DISABLE-DENY-SCRIPTS 0',
      'PAUSE-CRON 0',
      'LOG hello',
      'CHANGE-REPL-ID',
    ]) {
      expect(await r(`DEBUG ${name}`)).toBe('OK');
    }
    for (const value of ['100', '-5', 'NEVER', 'Reset']) {
      expect(await r(`DEBUG REPLYBUFFER PEAK-RESET-TIME ${value}`)).toBe('OK');
    }
    await r.fails('DEBUG REPLYBUFFER PEAK-RESET-TIME x', /^ERR value is not an integer or out of/);
    await r.fails('DEBUG REPLYBUFFER x 1', /^ERR unknown subcommand or wrong number of arguments/);
  });

  test('without active expiry a key stays until somebody asks for it', async (r) => {
    await r('DEBUG SET-ACTIVE-EXPIRE 0');
    await r('SET soon 1 PX 1');
    await r('DEBUG SLEEP 0.01');
    expect(await r('DBSIZE')).toBe(1);
    expect(await r('GET soon')).toBeNull();
    expect(await r('DBSIZE')).toBe(0);
    await r('DEBUG SET-ACTIVE-EXPIRE 1');
  });

  test('what follows SLEEP in the same pipeline sees that time has passed', async (r) => {
    r.wire.send('SET soon 1 PX 5\r\nDEBUG SLEEP 0.02\r\nGET soon\r\n');
    await r.wire.next();
    expect((await r.wire.next()).text).toBe('OK');
    expect((await r.wire.next()).isNull).toBe(true);
    for (const seconds of ['0', '-1', 'x', '1e-9']) {
      expect(await r(`DEBUG SLEEP ${seconds}`)).toBe('OK');
    }
  });
});

const RESP2_EXAMPLES = {
  string: '$11\r\nHello World\r\n',
  integer: ':12345\r\n',
  double: '$5\r\n3.141\r\n',
  bignum: '$37\r\n1234567999999999999999999999999999999\r\n',
  null: '$-1\r\n',
  array: '*3\r\n:0\r\n:1\r\n:2\r\n',
  set: '*3\r\n:0\r\n:1\r\n:2\r\n',
  map: '*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n',
  verbatim: '$25\r\nThis is a verbatim\nstring\r\n',
  true: ':1\r\n',
  FALSE: ':0\r\n',
};

const RESP3_EXAMPLES = {
  string: '$11\r\nHello World\r\n',
  integer: ':12345\r\n',
  double: ',3.141\r\n',
  bignum: '(1234567999999999999999999999999999999\r\n',
  null: '_\r\n',
  array: '*3\r\n:0\r\n:1\r\n:2\r\n',
  set: '~3\r\n:0\r\n:1\r\n:2\r\n',
  map: '%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n',
  verbatim: '=29\r\ntxt:This is a verbatim\nstring\r\n',
  true: '#t\r\n',
  FALSE: '#f\r\n',
};

const ownOnly = { skip: { real: 'these are our own doings' } };

everywhere((test) => {
  test('SLEEP moves a clock that stands still, and keeps nobody waiting', async (r) => {
    r.clock.freeze();
    const before = r.clock.ms;
    await r('SET soon 1 PX 50000');
    await r('DEBUG SLEEP 100');
    expect(r.clock.ms).toBe(before + 100_000);
    expect(await r('GET soon')).toBeNull();
  });

  test('PAUSE-CRON stops what happens from time to time', async (r) => {
    r.clock.freeze();
    const idler = await r.client();
    await idler('PING');
    await r('CONFIG SET timeout 10');
    await r('DEBUG PAUSE-CRON 1');
    r.clock.advance(20_000);
    await r('PING');
    expect(await r('INFO clients')).toMatch(/connected_clients:2\r/);
    await r('DEBUG PAUSE-CRON 0');
    r.clock.advance(1000);
    expect(await r('INFO clients')).toMatch(/connected_clients:1\r/);
  });

  test('CHANGE-REPL-ID makes a new history', async (r) => {
    const id = async () => /\nmaster_replid:([0-9a-f]{40})\r/.exec(String(await r('INFO')))![1];
    const before = await id();
    expect(await id()).toBe(before);
    await r('DEBUG CHANGE-REPL-ID');
    expect(await id()).not.toBe(before);
  });

  test('POPULATE refuses what no dictionary could hold', async (r) => {
    await r.fails('DEBUG POPULATE 9223372036854775807', /^ERR OOM in dictTryExpand$/);
    await r.fails('DEBUG POPULATE 1 a 9223372036854775807', /^ERR string exceeds maximum allowed/);
  });

  test('what could end the process is unknown where that is not the server’s', async (r) => {
    for (const name of ['SEGFAULT', 'PANIC', 'ASSERT', 'OOM', 'RESTART', 'CRASH-AND-RECOVER']) {
      await r.fails(`DEBUG ${name}`, /^ERR unknown subcommand or wrong number of arguments for/);
    }
  });

  test('HELP names each subcommand that there is, and no other', async (r) => {
    const lines = (await r('DEBUG HELP')) as string[];
    const named = lines.slice(1).filter((line) => /^[A-Z]/.test(line));
    const names = new Set(named.map((line) => line.split(' ')[0].toLowerCase()));
    expect([...names].sort()).toEqual([...debugSubcommands].sort());
  });
}, ownOnly);

const moved = { skip: { real: 'its clock cannot be moved' } };

/** One field of a client's line in CLIENT LIST. */
async function field(r: Talk, name: string, wanted: string): Promise<number> {
  const lines = ((await r('CLIENT LIST')) as string).split('\n');
  const line = lines.find((each) => each.includes(` name=${name} `))!;
  return Number(new RegExp(` ${wanted}=(\\d+)`).exec(line)![1]);
}

everywhere((test) => {
  test('the reply buffer of a client shrinks when it says little, and grows again', async (r) => {
    r.clock.freeze();
    const other = await r.client();
    await other('CLIENT SETNAME other');
    const size = () => field(r, 'other', 'rbs');
    expect(await size()).toBe(16_384);
    pass(r, 4900);
    expect(await size()).toBe(16_384);
    pass(r, 300);
    expect(await size()).toBe(1024);
    await r(['SET', 'large', 'x'.repeat(40_000)]);
    for (const expected of [2048, 4096, 8192, 16_384, 16_384]) {
      await other('GET large');
      pass(r, 100);
      expect(await size()).toBe(expected);
    }
    expect(await r('INFO stats')).toMatch(/reply_buffer_expands:4\r/);
  });

  test('REPLYBUFFER keeps the sizes as they are, or lets them change sooner', async (r) => {
    r.clock.freeze();
    const other = await r.client();
    await other('CLIENT SETNAME other');
    await r('DEBUG REPLYBUFFER PEAK-RESET-TIME 100');
    await r('DEBUG REPLYBUFFER RESIZING 0');
    pass(r, 1000);
    expect(await field(r, 'other', 'rbs')).toBe(16_384);
    await r('DEBUG REPLYBUFFER RESIZING 1');
    pass(r, 300);
    expect(await field(r, 'other', 'rbs')).toBe(1024);
  });

  test('a client that sent a request in pieces has a buffer until it is idle', async (r) => {
    r.clock.freeze();
    const other = await r.client();
    await other('CLIENT SETNAME other');
    const held = async () =>
      (await field(r, 'other', 'qbuf')) + (await field(r, 'other', 'qbuf-free'));
    expect(await held()).toBe(0);
    other.wire.send('*2\r\n$3\r\nGET\r\n$1000\r\nab');
    await until(async () => (await held()) > 0);
    expect(await held()).toBe(16_384);
    other.wire.send(`${'c'.repeat(998)}\r\n`);
    expect((await other.wire.next()).isNull).toBe(true);
    expect(await held()).toBe(16_384);
    r.clock.advance(2000);
    expect(await held()).toBe(16_384);
    r.clock.advance(2000);
    expect(await held()).toBe(0);
  });

  test('room for a large argument that does not come is given up in the end', async (r) => {
    r.clock.freeze();
    const other = await r.client();
    await other('CLIENT SETNAME other');
    other.wire.send('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900000\r\nabc');
    await until(async () => (await field(r, 'other', 'qbuf-free')) > 0);
    expect(await field(r, 'other', 'qbuf')).toBe(3);
    expect(await field(r, 'other', 'qbuf-free')).toBe(899_999);
    r.clock.advance(1000);
    expect(await field(r, 'other', 'qbuf-free')).toBe(899_999);
    r.clock.advance(4000);
    expect(await field(r, 'other', 'qbuf-free')).toBe(0);
    other.wire.send(`${'x'.repeat(899_997)}\r\n`);
    expect((await other.wire.next()).text).toBe('OK');
    expect(await r('STRLEN k')).toBe(900_000);
  });
}, moved);

/** Lets time pass as it does by itself, from one run of the cron to the next. */
function pass(r: Talk, ms: number): void {
  for (let at = 0; at < ms; at += 100) r.clock.advance(100);
}

/** Resolves when the condition holds; the test's own time limit ends it otherwise. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((go) => setImmediate(go));
}

plainTest('LOG writes a line to the log, in UTF-8', async () => {
  const lines: string[] = [];
  const config = new Config();
  config.options({ 'enable-debug-command': 'yes' });
  const server = new Server(config, { log: (line) => lines.push(line) });
  await inProcess(server).ask('DEBUG', 'LOG', Buffer.from('schön\0hidden').toString('latin1'));
  expect(lines.at(-1)).toMatch(/ # DEBUG LOG: schön\n$/);
  server.close();
});

describe.skipIf(here === null)('beside real Redis 8.0.2', () => {
  plainTest(
    'any strings, with and without expiry, have the digest that they have there',
    async () => {
      const real = (await startReal('8.0.2'))!;
      const theirs = await overSocket(real);
      const config = new Config();
      config.options({ 'enable-debug-command': 'yes' });
      const server = new Server(config, {});
      const mine = inProcess(server);
      const bytes = fc
        .array(fc.nat(255), { maxLength: 60 })
        .map((codes) => String.fromCharCode(...codes));
      const value = fc.oneof(bytes, fc.integer().map(String), fc.constant('x'.repeat(50_000)));
      const entry = fc.record({ db: fc.nat(3), key: bytes, value, expires: fc.boolean() });
      const check = async (
        entries: readonly { db: number; key: string; value: string; expires: boolean }[],
      ) => {
        const lines: string[][] = [['FLUSHALL']];
        for (const { db, key, value: text, expires } of entries) {
          lines.push(['SELECT', String(db)]);
          lines.push(['SET', key, text, ...(expires ? ['PX', '1000000'] : [])]);
        }
        lines.push(
          ['DEBUG', 'DIGEST'],
          ['DEBUG', 'DIGEST-VALUE', ...entries.map((each) => each.key)],
        );
        for (const line of lines) {
          expect((await mine.ask(...line)).raw).toBe((await theirs.ask(...line)).raw);
        }
      };
      await fc.assert(fc.asyncProperty(fc.array(entry, { maxLength: 12 }), check), { numRuns: 60 });
      theirs.close();
      server.close();
      await real.stop();
    },
  );
});
