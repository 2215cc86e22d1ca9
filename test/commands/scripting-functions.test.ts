// Libraries of functions: what FUNCTION loads, lists, saves and deletes, and FCALL calls.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

const LIBRARY = `#!lua name=mine
local function both(keys, args) return {keys, args} end
redis.register_function('both', both)
redis.register_function{
  function_name = 'get', flags = {'no-writes', 'allow-oom'}, description = 'reads',
  callback = function(keys) return redis.call('get', keys[1]) end,
}`;
const ONE = "redis.register_function('one', function() return 1 end)";

function load(r: Talk, code: string, name = 'lib') {
  return r(['FUNCTION', 'LOAD', `#!lua name=${name}\n${code}`]);
}

/** A reply with its maps as lists, sorted where Redis has no order. */
function plain(value: Value): unknown {
  if (value instanceof Map) return [...value].flatMap(([key, item]) => [key, plain(item)]);
  if (value instanceof Set) return [...value].map(plain);
  if (!Array.isArray(value)) return value;
  const items = value.map(plain);
  return Array.isArray(items[0]) ? items.sort() : items;
}

everywhere((test) => {
  test('a library registers functions, which are given keys and arguments', async (r) => {
    await r('FUNCTION FLUSH');
    expect(await r(['FUNCTION', 'LOAD', LIBRARY])).toBe('mine');
    expect(await r('FCALL both 1 k a b')).toEqual([['k'], ['a', 'b']]);
    expect(await r('FCALL BOTH 0')).toEqual([[], []]);
    await r('SET k v');
    expect(await r('FCALL_RO get 1 k')).toBe('v');
    await r.fails(
      'FCALL_RO both 0',
      /^ERR Can not execute a script with write flag using \*_ro command\.$/,
    );
    await r.fails('FCALL none 0', /^ERR Function not found$/);
    await r.fails('FCALL both x', /^ERR Bad number of keys provided$/);
    await r.fails('FCALL both 1', /^ERR Number of keys can't be greater than number of args$/);
    await r.fails('FCALL both -1', /^ERR Number of keys can't be negative$/);
  });

  test('libraries are listed', async (r) => {
    await r('FUNCTION FLUSH');
    await r(['FUNCTION', 'LOAD', LIBRARY]);
    await load(r, ONE);
    const both = ['name', 'both', 'description', null, 'flags', []];
    const get = ['name', 'get', 'description', 'reads', 'flags', ['no-writes', 'allow-oom']];
    const mine = ['library_name', 'mine', 'engine', 'LUA', 'functions', [both, get]];
    expect(plain(await r('FUNCTION LIST LIBRARYNAME MI*'))).toEqual([mine]);
    const withCode = [...mine, 'library_code', LIBRARY];
    expect(plain(await r('FUNCTION LIST WITHCODE LIBRARYNAME mine'))).toEqual([withCode]);
    expect((await r('FUNCTION LIST')) as Value[]).toHaveLength(2);
    await r.fails('FUNCTION LIST x', /^ERR Unknown argument x$/);
    await r.fails('FUNCTION LIST LIBRARYNAME', /^ERR library name argument was not given$/);
    expect(plain(await r('FUNCTION STATS'))).toEqual([
      ...['running_script', null, 'engines'],
      ['LUA', ['libraries_count', 2, 'functions_count', 3]],
    ]);
    expect(await r('INFO memory')).toMatch(/number_of_functions:3\r\nnumber_of_libraries:2\r\n/);
  });

  test('a library that cannot be loaded changes nothing', async (r) => {
    await r('FUNCTION FLUSH');
    await load(r, ONE);
    const bad = (code: string, words: RegExp) => r.fails(['FUNCTION', 'LOAD', code], words);
    await bad('x', /^ERR Missing library metadata$/);
    await bad('#!lua', /^ERR Invalid library metadata$/);
    await bad('#!lua\n', /^ERR Library name was not given$/);
    await bad('#!lua name=a name=b\n', /^ERR Invalid metadata value, name argument was given mult/);
    await bad('#!lua name=a x=y\n', /^ERR Invalid metadata value given: x=y$/);
    await bad('#!lua name=a-b\n', /^ERR Library names can only contain letters, numbers, or und/);
    await bad('#!js name=a\n', /^ERR Engine 'js' not found$/);
    await bad('#!lua name=a\nx', /^ERR Error compiling function: user_function:2: /);
    await bad('#!lua name=a\nlocal x', /^ERR No functions registered$/);
    await bad(`#!lua name=lib\n${ONE}`, /^ERR Library 'lib' already exists$/);
    await bad(`#!lua name=other\n${ONE}`, /^ERR Function one already exists$/);
    await bad("#!lua name=a\nredis.call('get', 'k')", /nonexistent global variable 'call'$/);
    await bad('#!lua name=a\nstring.len(1)', /nonexistent global variable 'string'$/);
    await bad(
      `#!lua name=a\n${ONE} ${ONE}`,
      /^ERR Error registering functions: ERR Function already/,
    );
    await r.fails(
      ['FUNCTION', 'LOAD', 'REPLACE', '#!lua name=lib\nerror()'],
      /^ERR Error registering functions: /,
    );
    await r.fails('FUNCTION LOAD REPLAC x', /^ERR Unknown option given: REPLAC$/);
    expect(await r('FCALL one 0')).toBe(1);
  });

  test('registering says what is wrong with what it is given', async (r) => {
    const bad = (given: string, words: string) =>
      expect(load(r, `redis.register_function${given}`, 'bad')).rejects.toThrow(
        `ERR Error registering functions: ERR ${words}`,
      );
    await bad('()', 'wrong number of arguments to redis.register_function');
    await bad("('a')", 'calling redis.register_function with a single argument is only applicable');
    await bad("('a', 1)", 'second argument to redis.register_function must be a function');
    await bad('({}, 1)', 'first argument to redis.register_function must be a string');
    await bad("{function_name = 'a'}", 'redis.register_function must get a callback argument');
    await bad(
      '{callback = redis.log}',
      'redis.register_function must get a function name argument',
    );
    await bad("{function_name = 'a', flags = 1}", 'flags argument to redis.register_function must');
    await bad("{flags = {'x'}}", 'unknown flag given');
    await bad('{x = 1}', 'unknown argument given to redis.register_function');
    await bad("('a b', redis.log)", 'Library names can only contain letters, numbers, or under');
  });

  test('libraries are replaced, deleted and flushed', async (r) => {
    await r('FUNCTION FLUSH');
    await load(r, ONE);
    const two = "#!lua name=lib\nredis.register_function('two', function() return 2 end)";
    expect(await r(['FUNCTION', 'LOAD', 'REPLACE', two])).toBe('lib');
    expect(await r('FCALL two 0')).toBe(2);
    await r.fails('FCALL one 0', /^ERR Function not found$/);
    expect(await r('FUNCTION DELETE lib')).toBe('OK');
    await r.fails('FUNCTION DELETE lib', /^ERR Library not found$/);
    await r.fails('FUNCTION FLUSH x', /^ERR FUNCTION FLUSH only supports SYNC\|ASYNC option$/);
    expect(await r('FUNCTION FLUSH ASYNC')).toBe('OK');
    expect(await r('FUNCTION LIST')).toEqual([]);
  });

  test('what FUNCTION DUMP returns, FUNCTION RESTORE takes', async (r) => {
    await r('FUNCTION FLUSH');
    await load(r, ONE);
    const payload = (await r('FUNCTION DUMP')) as string;
    await r.fails(['FUNCTION', 'RESTORE', payload], /^ERR Library lib already exists$/);
    expect(await r(['FUNCTION', 'RESTORE', payload, 'REPLACE'])).toBe('OK');
    await r('FUNCTION DELETE lib');
    await load(r, ONE, 'taken');
    await r.fails(['FUNCTION', 'RESTORE', payload], /^ERR Function one already exists$/);
    expect(await r(['FUNCTION', 'RESTORE', payload, 'FLUSH'])).toBe('OK');
    await r.fails('FUNCTION DELETE taken', /not found/);
    expect(await r('FCALL one 0')).toBe(1);
    await r.fails('FUNCTION RESTORE x', /^ERR DUMP payload version or checksum are wrong$/);
    await r.fails(['FUNCTION', 'RESTORE', payload, 'x'], /^ERR Wrong restore policy given, value/);
  });

  test('errors in functions say their names', async (r) => {
    await r('FUNCTION FLUSH');
    await load(
      r,
      `redis.register_function('fails', function()
        error('mine') end)
       redis.register_function('unknown', function() return KEYS end)
       redis.register_function('sets', function() x = 1 end)
       redis.register_function('calls', function() return redis.call('nope') end)`,
    );
    await r.fails(
      'FCALL fails 0',
      /^ERR user_function:3: mine script: fails, on @user_function:3\.$/,
    );
    await r.fails('FCALL unknown 0', /nonexistent global variable 'KEYS' script: unknown, on /);
    await r.fails('FCALL sets 0', /Attempt to modify a readonly table script: sets, on /);
    await r.fails('FCALL calls 0', /^ERR Unknown Redis command called from script script: calls, /);
  });

  test('nothing runs, so nothing can be killed', async (r) => {
    await r.fails('FUNCTION KILL', /^NOTBUSY No scripts in execution right now\.$/);
    await r.fails('SCRIPT KILL', /^NOTBUSY No scripts in execution right now\.$/);
  });
});
