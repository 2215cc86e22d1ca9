// Scripts and libraries for conversations: short, without chance, and of few kinds, so that they
// are met again by their SHA1s and names.

import { sha1 } from '../../server/digest.ts';

const KEY = "(KEYS[1] or 'k1')";

export const SCRIPTS: readonly string[] = [
  ...['return', 'return nil', 'return 1', "return 'text'", 'return {KEYS, ARGV}', 'return #ARGV'],
  `return redis.call('get', ${KEY})`,
  `return redis.pcall('incr', ${KEY})`,
  `redis.call('set', ${KEY}, ARGV[1] or 'x') return redis.call('strlen', ${KEY})`,
  `return redis.call('lrange', ${KEY}, 0, -1)`,
  `redis.setresp(3) return redis.call('type', ${KEY})`,
  `redis.setresp(3) return {redis.call('exists', ${KEY}), true, false}`,
  `return {pcall(redis.call, 'lpush', ${KEY}, 'a', 1, 2.5)}`,
  `redis.call('select', 1) return redis.call('append', ${KEY}, 'a')`,
  "return {1, 2.7, -0.5, 'x', false, true, {ok = 'fine'}, {err = 'MINE it is'}, nil, 5}",
  ...['return {double = 0.1}', 'return {map = {a = 1}}', 'return {set = {a = true}}'],
  ...["return {big_number = '12'}", "return {verbatim_string = {format = 'txt', string = 'x'}}"],
  ...["error('mine')", "error({err = 'MINE x'})", 'x = 1', 'return x', 'return nil + 1', '('],
  ...["return redis.status_reply('fine')", "return redis.error_reply('mine')"],
  "return redis.call('nope')",
  "return redis.call('get')",
  "return redis.call('subscribe', 'c')",
  'return cjson.encode({1, {2}, KEYS, ARGV})',
  "return redis.sha1hex(ARGV[1] or '')",
  "local n = 0 for w in string.gmatch(ARGV[1] or '', '%a') do n = n + 1 end return n",
  `#!lua flags=no-writes\nreturn redis.call('set', ${KEY}, 1)`,
  `#!lua\nreturn redis.call('set', ${KEY}, 1)`,
  ...['#!lua', '#!lua flags=x\n', '#!js\nreturn 1', ''],
];

export const SHAS: readonly string[] = [
  ...SCRIPTS.map((script) => sha1(script).toString('hex')),
  ...['', 'short', '0'.repeat(40), sha1('return 1').toString('hex').toUpperCase()],
];

const register = (name: string, body: string) =>
  `redis.register_function('${name}', function(KEYS, ARGV) ${body} end)`;
const reading = (name: string, body: string) =>
  `redis.register_function{function_name = '${name}', flags = {'no-writes'},
   callback = function(KEYS, ARGV) ${body} end}`;

export const LIBRARIES: readonly string[] = [
  `#!lua name=a\n${register('f', 'return {KEYS, ARGV}')}`,
  `#!lua name=a\n${register('f', `return redis.call('incr', ${KEY})`)}`,
  `#!lua name=b\n${reading('g', `return redis.call('get', ${KEY})`)}`,
  `#!lua name=b\n${reading('g', `return redis.call('set', ${KEY}, 1)`)}`,
  `#!lua name=b\n${register('F', "error('mine')")}`,
  ...['#!lua name=c\nreturn', '#!lua name=c\n(', '#!lua name=c\nx()', '#!lua name=a-b\n', '#!lua'],
  '#!js name=c\n',
];

export const FUNCTIONS: readonly string[] = ['f', 'f', 'g', 'F', 'G', 'none', ''];
export const LIBRARY_NAMES: readonly string[] = ['a', 'a', 'b', 'c', 'A', '*', '?', ''];
