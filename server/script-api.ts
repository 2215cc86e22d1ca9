// The table `redis` that scripts call the server through.

import { toInteger } from '../lua/arguments.ts';
import { LuaError } from '../lua/errors.ts';
import { toNumber, toText } from '../lua/runtime.ts';
import { LuaTable } from '../lua/table.ts';
import { type LuaFunction, NOTHING, native, type Result, type Value } from '../lua/value.ts';
import { formatGrisu } from '../protocol/double-format.ts';
import { cString } from '../protocol/errors.ts';
import { sha1 } from './digest.ts';
import { TO_ALL, TO_FILE, TO_REPLICAS } from './propagate.ts';
import { check } from './acl-check.ts';
import { callFromScript } from './script-call.ts';
import type { ScriptEngine } from './script-engine.ts';
import { errorTable, tagged } from './script-reply.ts';
import type { Server } from './server.ts';

const LOG_LEVELS = ['LOG_DEBUG', 'LOG_VERBOSE', 'LOG_NOTICE', 'LOG_WARNING'];
const INTEGER_MAX = 2 ** 62;
const NO_ARGUMENTS = 'Please specify at least one argument for this redis lib call';
const BAD_ARGUMENTS = 'Lua redis lib command arguments must be strings or integers';
const BAD_REPLICATION =
  'Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.';
const BAD_TABLE = 'wrong number or type of arguments';

/** What both scripts and functions have. */
export function openRedis(engine: ScriptEngine): LuaTable {
  const { server } = engine;
  const redis = new LuaTable();
  const add = (name: string, run: (...args: Value[]) => Result) =>
    redis.setString(name, native(name, run));
  add('call', (...args) => call(engine, args));
  add('pcall', (...args) => protectedCall(engine, args));
  addLog(server, redis);
  addVersion(server, redis);
  add('setresp', (...args) => setResp(engine, args));
  add('sha1hex', (...args) => sha1hex(args));
  add('error_reply', (...args) => errorReply(args));
  add('status_reply', (...args) => statusReply(args));
  add('set_repl', (...args) => setReplication(engine, args));
  redis.setString('REPL_NONE', 0);
  redis.setString('REPL_AOF', TO_FILE);
  redis.setString('REPL_SLAVE', TO_REPLICAS);
  redis.setString('REPL_REPLICA', TO_REPLICAS);
  redis.setString('REPL_ALL', TO_ALL);
  add('acl_check_cmd', (...args) => checkCommand(engine, args));
  return redis;
}

/** What scripts have beside that. */
export function addDebugging(engine: ScriptEngine, redis: LuaTable): void {
  redis.setString(
    'breakpoint',
    native('breakpoint', () => {
      engine.run?.debugger?.breakpoint();
      return (engine.run?.debugger ?? null) !== null;
    }),
  );
  redis.setString(
    'debug',
    native('debug', (...values) => {
      engine.run?.debugger?.debug(values);
      return NOTHING;
    }),
  );
  redis.setString(
    'replicate_commands',
    native('replicate_commands', () => true),
  );
}

/** What code has while its library is loaded. */
export function openLoadingRedis(server: Server, register: LuaFunction): LuaTable {
  const redis = new LuaTable();
  redis.setString('register_function', register);
  addLog(server, redis);
  addVersion(server, redis);
  return redis;
}

function addLog(server: Server, redis: LuaTable): void {
  redis.setString(
    'log',
    native('log', (...args) => log(server, args)),
  );
  for (const [level, name] of LOG_LEVELS.entries()) redis.setString(name, level);
}

function addVersion({ version }: Server, redis: LuaTable): void {
  const [major, minor, patch] = version.redis.split('.').map(Number);
  redis.setString('REDIS_VERSION_NUM', major * 0x10000 + minor * 0x100 + patch);
  redis.setString('REDIS_VERSION', version.redis);
}

function call(engine: ScriptEngine, args: Value[]): Value {
  const problem = toArgv(args);
  if (problem !== '') throw new LuaError(errorTable(`ERR ${problem}`));
  const value = callFromScript(engine.run!, args as string[]);
  if (engine.run!.failed) throw new LuaError(value);
  return value;
}

function protectedCall(engine: ScriptEngine, args: Value[]): Value {
  const problem = toArgv(args);
  if (problem !== '') return errorTable(`ERR ${problem}`);
  return callFromScript(engine.run!, args as string[]);
}

/** Makes words of a command of Lua's values, in place; returns what is wrong with them, or ''. */
function toArgv(args: Value[]): string {
  if (args.length === 0) return NO_ARGUMENTS;
  for (let i = 0; i < args.length; i++) {
    const value = args[i];
    if (typeof value === 'string') continue;
    if (typeof value !== 'number') return BAD_ARGUMENTS;
    args[i] = wordOf(value);
  }
  return '';
}

function wordOf(n: number): string {
  if (n === (n | 0)) return String(n | 0);
  if (n > -INTEGER_MAX && n <= INTEGER_MAX && Number.isInteger(n)) return String(BigInt(n));
  if (Number.isFinite(n)) return formatGrisu(n);
  // Redis: the NaN that processors make has its sign set.
  return n === n ? (n > 0 ? 'inf' : '-inf') : '-nan';
}

function raise(problem: string): LuaError {
  return new LuaError(errorTable(`ERR ${problem}`));
}

function log(server: Server, args: readonly Value[]): Result {
  if (args.length < 2) throw raise('redis.log() requires two arguments or more.');
  const level = toNumber(args[0]);
  if (level === undefined) throw raise('First argument must be a number (log level).');
  const whole = toInteger(level) | 0;
  if (whole < 0 || whole >= LOG_LEVELS.length) throw raise('Invalid log level.');
  const words = args
    .slice(1)
    .map(toText)
    .filter((word) => word !== undefined);
  server.log.at(whole, words.join(' '));
  return NOTHING;
}

function setResp(engine: ScriptEngine, args: readonly Value[]): Result {
  if (args.length !== 1) throw raise('redis.setresp() requires one argument.');
  const version = toInteger(toNumber(args[0]) ?? 0);
  if (version !== 2 && version !== 3) throw raise('RESP version must be 2 or 3.');
  engine.run!.client.reply.resp3 = version === 3;
  return NOTHING;
}

function sha1hex(args: readonly Value[]): Result {
  if (args.length !== 1) throw raise('wrong number of arguments');
  return sha1(toText(args[0]) ?? '').toString('hex');
}

function errorReply(args: readonly Value[]): Result {
  const [text] = args;
  if (args.length !== 1 || typeof text !== 'string') return errorTable(`ERR ${BAD_TABLE}`);
  const line = cString(text);
  return errorTable(line.startsWith('-') ? line.slice(1) : line);
}

function statusReply(args: readonly Value[]): Result {
  const [text] = args;
  if (args.length !== 1 || typeof text !== 'string') return errorTable(`ERR ${BAD_TABLE}`);
  return tagged('ok', text);
}

function setReplication(engine: ScriptEngine, args: readonly Value[]): Result {
  if (args.length !== 1) throw raise('redis.set_repl() requires one argument.');
  const flags = toInteger(toNumber(args[0]) ?? 0) | 0;
  if ((flags & ~TO_ALL) !== 0) throw raise(BAD_REPLICATION);
  engine.server.propagation.to = flags;
  return NOTHING;
}

function checkCommand({ server, run }: ScriptEngine, args: Value[]): Result {
  const problem = toArgv(args);
  if (problem !== '') throw raise(problem);
  const argv = args as string[];
  const command = server.commands.find(argv[0]);
  const named =
    command === undefined || command.subcommands === null || argv.length === 1
      ? command
      : command.subcommands.get(argv[1].toLowerCase());
  if (named === undefined) throw raise('Invalid command passed to redis.acl_check_cmd()');
  const { user } = run!.caller;
  return user.unrestricted || check(user, named.spec, argv) === 0;
}
