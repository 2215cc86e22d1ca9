// EVAL and its kin: what a script is given, what it may call, and what its results are.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

const TWO_BRANCHES = "if ARGV[1] == 'x' then return KEYS[1] end return #KEYS .. ':' .. #ARGV";
const RETURN_1 = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';

/** Runs a script with keys and arguments. */
function run(r: Talk, script: string, keys: string[] = [], ...args: string[]) {
  return r(['EVAL', script, keys.length, ...keys, ...args]);
}

everywhere((test) => {
  test('a script is given keys and arguments', async (r) => {
    expect(await run(r, TWO_BRANCHES, ['a', 'b'], 'x')).toBe('a');
    expect(await run(r, TWO_BRANCHES, ['a', 'b'], 'y', 'z', 'x')).toBe('2:3');
    expect(await run(r, 'return {KEYS, ARGV}', ['k'])).toEqual([['k'], []]);
    await r.fails("EVAL 'return 1' -1", /^ERR Number of keys can't be negative$/);
    await r.fails(
      "EVAL 'return 1' 2 a",
      /^ERR Number of keys can't be greater than number of args$/,
    );
    await r.fails("EVAL 'return 1' x", /^ERR value is not an integer or out of range$/);
  });

  test('a script that reads streams in vain is told false', async (r) => {
    await r('XGROUP CREATE s g $ MKSTREAM');
    const none = "return redis.call(unpack(ARGV)) == false and 'false' or 'another'";
    expect(await run(r, none, ['s'], 'XREAD', 'STREAMS', 's', '0')).toBe('false');
    const inGroup = ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'];
    expect(await run(r, none, ['s'], ...inGroup)).toBe('false');
  });

  test('results become replies: numbers lose their fractions, nil ends an array', async (r) => {
    expect(await run(r, "return {1, -1.9, 'text', {ok = 'FINE'}, {}, false, 2, nil, 3}")).toEqual([
      ...[1, -1, 'text', 'FINE', [], null, 2],
    ]);
    expect(await run(r, 'return true')).toBe(1);
    expect(await run(r, 'return')).toBe(null);
    expect(await run(r, 'return print_is_gone == nil or 1').catch((e: Error) => e.message)).toMatch(
      /^ERR user_script:1: Script attempted to access nonexistent global variable 'print_is_gone'/,
    );
    expect(await run(r, 'return 2^53')).toBe(9007199254740992n);
    expect(await run(r, 'return 1/0')).toBe(-9223372036854775808n);
    await expect(run(r, "return {err = 'MINE it is'}")).rejects.toThrow('MINE it is');
  });

  test('tables of RESP3 say what they are', async (r) => {
    const of3 = (three: unknown, two: unknown) => (r.resp3 ? three : two);
    expect(await run(r, 'return {double = 1.5}')).toEqual(of3(1.5, '1.5'));
    expect(await run(r, 'return {map = {a = 1}}')).toEqual(of3(new Map([['a', 1]]), ['a', 1]));
    expect(await run(r, 'return {set = {a = true}}')).toEqual(of3(new Set(['a']), ['a']));
    expect(await run(r, "return {big_number = '123'}")).toEqual(of3(123n, '123'));
    expect(await run(r, "return {verbatim_string = {format = 'txt', string = 'hello'}}")).toEqual(
      'hello',
    );
    expect(await run(r, 'redis.setresp(3) return false')).toEqual(of3(false, 0));
  });

  test('what commands reply are values of Lua, in RESP2 or RESP3', async (r) => {
    await r('HSET h f v');
    await r('SADD s m');
    await r('ZADD z 1.5 m');
    const types = (call: string) =>
      `local t = redis.call(${call}) if type(t) ~= 'table' then return type(t) .. tostring(t) end
       local names = {} for name in pairs(t) do names[#names + 1] = tostring(name) end
       table.sort(names) return table.concat(names, ' ')`;
    const both = async (call: string) => [
      await run(r, types(call)),
      await run(r, `redis.setresp(3) ${types(call)}`),
    ];
    expect(await both("'hgetall', 'h'")).toEqual(['1 2', 'map']);
    expect(await both("'smembers', 's'")).toEqual(['1', 'set']);
    expect(await both("'zscore', 'z', 'm'")).toEqual(['string1.5', 'double']);
    expect(await both("'get', 'none'")).toEqual(['booleanfalse', 'nilnil']);
    expect(await both("'lpop', 'none', 1")).toEqual(['booleanfalse', 'nilnil']);
    expect(await both("'ping'")).toEqual(['ok', 'ok']);
    expect(await both("'strlen', 'none'")).toEqual(['number0', 'number0']);
    expect(await both("'lolwut', 'x'").then(([, three]) => three)).toBe('verbatim_string');
  });

  test('words of commands are strings and numbers', async (r) => {
    const set = async (value: string) => {
      await run(r, `return redis.call('set', 'k', ${value})`);
      return r('GET k');
    };
    expect(await set('1e15')).toBe('1000000000000000');
    expect(await set('2^62')).toBe('4611686018427387904');
    expect(await set('0.1')).toBe('0.1');
    expect(await set('-0')).toBe('0');
    expect(await set('1e300')).toBe('1e+300');
    expect(await set('1/0')).toBe('inf');
    const bytes = Array.from({ length: 256 }, (_, i) => `\\${String(i).padStart(3, '0')}`).join('');
    expect(((await set(`'${bytes}'`)) as string).length).toBe(256);
    await expect(run(r, 'return redis.call({})')).rejects.toThrow(
      /^ERR Lua redis lib command arguments must be strings or integers script: [0-9a-f]{40}/,
    );
    await expect(run(r, 'return redis.call()')).rejects.toThrow(
      /^ERR Please specify at least one argument for this redis lib call script: /,
    );
  });

  test('errors of commands say which script called them, and where', async (r) => {
    await r('SET text x');
    const fails = (script: string, words: RegExp) => expect(run(r, script)).rejects.toThrow(words);
    await fails(
      "\nreturn redis.call('incr', 'text')",
      /out of range script: .*, on @user_script:2\.$/,
    );
    await fails("redis.call('nope')", /^ERR Unknown Redis command called from script script: /);
    await fails(
      "redis.call('get')",
      /^ERR Wrong number of args calling Redis command from script /,
    );
    await fails(
      "redis.call('subscribe', 'c')",
      /^ERR This Redis command is not allowed from script /,
    );
    await fails(
      "error('mine')",
      /^ERR user_script:1: mine script: [0-9a-f]{40}, on @user_script:1\.$/,
    );
    await fails("error({err = 'MINE x'})", /^MINE x script: [0-9a-f]{40}, on @user_script:1\.$/);
    await fails('return +', /^ERR Error compiling script \(new function\): user_script:1: /);
    expect(await run(r, "return redis.pcall('nope').err")).toBe(
      'ERR Unknown Redis command called from script',
    );
    expect(await run(r, "local ok, e = pcall(redis.call, 'incr', 'text') return e")).toBe(
      'ERR value is not an integer or out of range',
    );
  });

  test('what fails inside of a script is counted once', async (r) => {
    await r('CONFIG RESETSTAT');
    await run(r, "redis.pcall('nope') redis.pcall('get') return 1");
    await run(r, "return redis.call('incrby', 'k', 'x')").catch(() => {});
    const info = (await r('INFO everything')) as string;
    expect(info).toContain('errorstat_ERR:count=3');
    expect(info).toMatch(/cmdstat_get:calls=0,.*rejected_calls=1,failed_calls=0/);
    expect(info).toMatch(/cmdstat_incrby:calls=1,.*rejected_calls=0,failed_calls=1/);
    expect(info).toMatch(/cmdstat_eval:calls=2,.*rejected_calls=0,failed_calls=1/);
  });

  test('nothing of the world of scripts can be changed', async (r) => {
    const readonly = /Attempt to modify a readonly table/;
    for (const script of [
      ...['x = 1', 'redis.call = 1', 'string.format = 1', "getmetatable('').__index = 1"],
      ...['setmetatable(_G, {})', "rawset(_G, 'x', 1)", 'cjson.encode = nil', 'KEYS = {}'],
    ]) {
      await expect(run(r, script), script).rejects.toThrow(readonly);
    }
    for (const name of ['print', 'dofile', 'loadfile', 'require', 'io', 'debug', 'newproxy']) {
      await expect(run(r, `return ${name}`), name).rejects.toThrow(/nonexistent global variable/);
    }
    expect(await run(r, 'KEYS[1] = 1 return KEYS')).toEqual([1]);
  });

  test('globals are walked through in the order in which Redis has them', async (r) => {
    const names = (table: string) =>
      run(r, `local s = '' for k in pairs(${table}) do s = s .. k .. ' ' end return s`);
    expect(await names('redis')).toMatch(/^log LOG_WARNING error_reply REPL_AOF call REPL_ALL /);
    expect(await names('_G')).toMatch(/^string xpcall __redis__err__handler tostring _VERSION os /);
    expect(await names('math')).toMatch(/^log max acos huge ldexp pi cos tanh pow deg tan cosh /);
  });

  test('read-only scripts change nothing', async (r) => {
    await r.fails(
      ['EVAL_RO', "return redis.call('set', 'k', 1)", 0],
      /^ERR Write commands are not allowed from read-only scripts\. script: /,
    );
    await r.fails(
      ['EVAL', "#!lua flags=no-writes\nreturn redis.call('set', 'k', 1)", 0],
      /not allowed from read-only scripts/,
    );
    await r.fails(
      ['EVAL_RO', '#!lua\nreturn 1', 0],
      /^ERR Can not execute a script with write flag using \*_ro command\.$/,
    );
    expect(await r(['EVAL_RO', "return redis.call('get', KEYS[1])", 1, 'k'])).toBe(null);
    await r.fails(['EVAL', '#!lua', 0], /^ERR Invalid script shebang$/);
    await r.fails(['EVAL', '#!lua flags=x\n', 0], /^ERR Unexpected flag in script shebang: x$/);
    await r.fails(['EVAL', '#!lua x=y\n', 0], /^ERR Unknown lua shebang option: x=y$/);
    await r.fails(['EVAL', '#!js\n', 0], /^ERR Unexpected engine in script shebang: #!js$/);
  });

  test('scripts are known by their SHA1', async (r) => {
    await r('SCRIPT FLUSH');
    await r.fails(`EVALSHA ${RETURN_1} 0`, /^NOSCRIPT No matching script\. Please use EVAL\.$/);
    await r.fails('EVALSHA short 0', /^NOSCRIPT/);
    expect(await r("SCRIPT LOAD 'return 1'")).toBe(RETURN_1);
    expect(await r(`SCRIPT EXISTS ${RETURN_1} x ${RETURN_1.toUpperCase()}`)).toEqual([1, 0, 1]);
    expect(await r(`EVALSHA ${RETURN_1.toUpperCase()} 0`)).toBe(1);
    expect(await r(`EVALSHA_RO ${RETURN_1} 0`)).toBe(1);
    await r.fails('SCRIPT FLUSH NOW', /^ERR SCRIPT FLUSH only support SYNC\|ASYNC option$/);
    await r.fails("SCRIPT LOAD 'return ('", /^ERR Error compiling script/);
    expect(await r('SCRIPT FLUSH ASYNC')).toBe('OK');
    expect(await r(`SCRIPT EXISTS ${RETURN_1}`)).toEqual([0]);
  });

  test('of scripts that only EVAL brought, the last 500 are known', async (r) => {
    await r('SCRIPT FLUSH');
    await r('CONFIG RESETSTAT');
    const loaded = await r("SCRIPT LOAD 'return 0'");
    for (let i = 1; i <= 501; i++) await run(r, `return ${i}`);
    expect(await r(['SCRIPT', 'EXISTS', RETURN_1, loaded as string])).toEqual([0, 1]);
    expect(await r('INFO stats')).toContain('evicted_scripts:1\r\n');
    expect(await r('INFO memory')).toContain('number_of_cached_scripts:501\r\n');
  });

  test('nobody waits inside of a script', async (r) => {
    expect(await run(r, "return redis.call('blpop', 'none', 0)")).toBe(null);
    expect(await run(r, "return redis.call('xread', 'block', 0, 'streams', 's', '$')")).toBe(null);
    expect(await run(r, "return redis.call('wait', 1, 0)")).toBe(0);
  });

  test('SELECT is for the script only', async (r) => {
    await run(r, "redis.call('select', 1) redis.call('set', 'k', 'one')");
    expect(await r('GET k')).toBe(null);
    await r('SELECT 1');
    expect(await r('GET k')).toBe('one');
    await r('DEL k');
  });

  test('time stands still', async (r) => {
    const [before, after] = (await run(
      r,
      `local t = redis.call('time') for i = 1, 100000 do end return {t, redis.call('time')}`,
    )) as unknown[];
    expect(before).toEqual(after);
  });

  test('redis.sha1hex, error_reply and status_reply', async (r) => {
    expect(await run(r, "return redis.sha1hex('')")).toBe(
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    );
    await expect(run(r, 'return redis.sha1hex()')).rejects.toThrow(
      /^ERR wrong number of arguments/,
    );
    await expect(run(r, "return redis.error_reply('MINE x')")).rejects.toThrow(/^MINE x$/);
    await expect(run(r, "return redis.error_reply('mine')")).rejects.toThrow(/^ERR mine$/);
    expect(await run(r, "return redis.status_reply('FINE')")).toBe('FINE');
    expect(await run(r, 'return redis.status_reply(1).err')).toBe(
      'ERR wrong number or type of arguments',
    );
    expect(await run(r, "return redis.acl_check_cmd('set', 'k', 'v')")).toBe(1);
    expect(await run(r, 'return redis.REDIS_VERSION_NUM')).toBe(0x080002);
  });
});
