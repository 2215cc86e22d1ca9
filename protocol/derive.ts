// What can be read off a row of the command table: its usage line, where its keys
// are, the names of its flags, its ACL categories, and random calls of it.

import type { Arg, CommandSpec, KeyRun } from './command-spec.ts';
import * as is from './command-spec.ts';

// As COMMAND INFO orders them. The bits that are missing here are nobody's business.
const FLAG_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [is.WRITE, 'write'],
  [is.READONLY, 'readonly'],
  [is.DENYOOM, 'denyoom'],
  [is.ADMIN, 'admin'],
  [is.PUBSUB, 'pubsub'],
  [is.NOSCRIPT, 'noscript'],
  [is.BLOCKING, 'blocking'],
  [is.LOADING, 'loading'],
  [is.STALE, 'stale'],
  [is.SKIP_MONITOR, 'skip_monitor'],
  [is.SKIP_SLOWLOG, 'skip_slowlog'],
  [is.ASKING, 'asking'],
  [is.FAST, 'fast'],
  [is.NO_AUTH, 'no_auth'],
  [is.NO_MANDATORY_KEYS, 'no_mandatory_keys'],
  [is.NO_ASYNC_LOADING, 'no_async_loading'],
  [is.NO_MULTI, 'no_multi'],
  [is.MOVABLE_KEYS, 'movablekeys'],
  [is.ALLOW_BUSY, 'allow_busy'],
];

const ACCESS_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [is.RO, 'RO'],
  [is.RW, 'RW'],
  [is.OW, 'OW'],
  [is.RM, 'RM'],
  [is.ACCESS, 'access'],
  [is.UPDATE, 'update'],
  [is.INSERT, 'insert'],
  [is.DELETE, 'delete'],
  [is.NOT_KEY, 'not_key'],
  [is.INCOMPLETE, 'incomplete'],
  [is.VARIABLE_FLAGS, 'variable_flags'],
];

/** Every ACL category, in Redis's order. */
export const ACL_CATEGORIES: readonly string[] = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
];

// The category that a group brings along. SERVER and CLUSTER bring none.
const GROUP_CATEGORY: Readonly<Record<string, string>> = {
  generic: 'keyspace',
  string: 'string',
  bitmap: 'bitmap',
  hash: 'hash',
  list: 'list',
  set: 'set',
  'sorted-set': 'sortedset',
  stream: 'stream',
  hyperloglog: 'hyperloglog',
  geo: 'geo',
  pubsub: 'pubsub',
  connection: 'connection',
  transactions: 'transaction',
  scripting: 'scripting',
};

function namesOf(bits: number, names: readonly (readonly [number, string])[]): string[] {
  return names.filter(([bit]) => bits & bit).map(([, name]) => name);
}

/** The flags as COMMAND INFO names and orders them. */
export function flagNames(spec: CommandSpec): string[] {
  return namesOf(spec.flags, FLAG_NAMES);
}

/** What is done with a key, as COMMAND INFO and COMMAND GETKEYSANDFLAGS name it. */
export function accessNames(access: number): string[] {
  return namesOf(access, ACCESS_NAMES);
}

/** The categories without their @, in Redis's order: by group, by flags, and the row's own. */
export function aclCategories(spec: CommandSpec): string[] {
  const found = new Set(spec.categories);
  const own = GROUP_CATEGORY[spec.group];
  if (own !== undefined && !spec.container && spec.doc.outsideGroup !== true) found.add(own);
  if (spec.flags & is.WRITE) found.add('write');
  // Redis: what a script may read is not known from the call that runs it.
  if (spec.flags & is.READONLY && !found.has('scripting')) found.add('read');
  if (spec.flags & is.ADMIN) found.add('admin').add('dangerous');
  if (spec.flags & is.PUBSUB) found.add('pubsub');
  if (spec.flags & is.BLOCKING) found.add('blocking');
  found.add(spec.flags & is.FAST ? 'fast' : 'slow');
  return ACL_CATEGORIES.filter((category) => found.has(category));
}

/**
 * First key, last key and step, as clients of old understand keys: one range that
 * covers the runs that are plain ranges. A negative last counts from the end of
 * argv; three zeros mean that there is no such range.
 */
export function legacyRange(spec: CommandSpec): [first: number, last: number, step: number] {
  const only = spec.keys[0];
  if (spec.keys.length === 1 && isPlain(only)) {
    return [only.at, lastIndex(only), only.step];
  }
  let first = 0;
  let last = 0;
  for (const run of spec.keys) {
    if (!isPlain(run) || run.step !== 1 || (last !== 0 && last !== run.at - 1)) continue;
    if (first === 0 || run.at < first) first = run.at;
    const reach = lastIndex(run);
    last = reach < 0 || last < 0 ? Math.min(reach, last) : Math.max(reach, last);
  }
  return first === 0 ? [0, 0, 0] : [first, last, 1];
}

function isPlain(run: KeyRun): boolean {
  return run.search === is.BY_INDEX && run.find === is.RANGE;
}

function lastIndex(run: KeyRun): number {
  return run.last < 0 ? run.last : run.at + run.last;
}

/** The usage line, as redis-cli prints it: 'SET key value [NX|XX] ...'. */
export function usage(spec: CommandSpec): string {
  const words = [spec.name.replace('|', ' ').toUpperCase()];
  for (const arg of spec.args) words.push(usageOf(arg));
  return words.join(' ');
}

function usageOf(arg: Arg): string {
  const word = arg.token === '' || arg.type === 'pure-token' ? arg.token : `${arg.token} `;
  let value = arg.token === '' && arg.type === 'pure-token' ? '""' : ''; // The empty word itself.
  if (arg.type === 'oneof') value = arg.of.map(usageOf).join('|');
  else if (arg.type === 'block') value = arg.of.map(usageOf).join(' ');
  else if (arg.type !== 'pure-token') value = arg.display === '' ? arg.name : arg.display;
  let line = word + value;
  if (arg.multiple) line += ` [${arg.multipleToken ? word : ''}${value} ...]`;
  return arg.optional ? `[${line}]` : line;
}

/**
 * Writes the index of every key of a call to `out`, from its start, and returns how
 * many there are: 0 for a command without keys, -1 if the call makes no sense.
 * The caller has checked the arity.
 */
export function keyIndexes(spec: CommandSpec, argv: readonly string[], out: number[]): number {
  let found = 0;
  for (const run of spec.keys) {
    if (run.access & is.NOT_KEY) continue;
    found = walk(run, argv, out, found);
    if (found < 0) return -1;
  }
  return found;
}

const plainRanges = new Map<CommandSpec, readonly [first: number, last: number, step: number]>();

/**
 * Like keyIndexes, with what is routed like a key though it is none, such as a shard channel: all
 * that decides which node of a cluster a call is for. Redis: where one range can hold the keys of
 * a command, they are looked for there, however much of it a call fills.
 */
export function routedIndexes(spec: CommandSpec, argv: readonly string[], out: number[]): number {
  let found = 0;
  if (!(spec.flags & is.MOVABLE_KEYS)) {
    let range = plainRanges.get(spec);
    if (range === undefined) {
      range = legacyRange(spec);
      plainRanges.set(spec, range);
    }
    const [first, last, step] = range;
    if (first === 0) return 0;
    const end = last < 0 ? argv.length + last : Math.min(last, argv.length - 1);
    for (let i = first; i <= end; i += step) out[found++] = i;
    return found;
  }
  // Redis: what ZUNIONSTORE and its like store to is looked at last.
  for (const counted of [true, false]) {
    for (const run of spec.keys) {
      if ((run.find === is.COUNTED) !== counted) continue;
      found = walk(run, argv, out, found);
      if (found < 0) return -1;
    }
  }
  return found;
}

/** Like keyIndexes, and writes what is done with each key to `access`, index for index. */
export function keyAccess(
  spec: CommandSpec,
  argv: readonly string[],
  out: number[],
  access: number[],
): number {
  let found = 0;
  for (const run of spec.keys) {
    if (run.access & is.NOT_KEY) continue;
    const before = found;
    found = walk(run, argv, out, found);
    if (found < 0) return -1;
    const bits = run.access & is.VARIABLE_FLAGS ? narrowed(spec, argv, run.access) : run.access;
    for (let i = before; i < found; i++) access[i] = bits & ~is.INCOMPLETE;
  }
  return found;
}

/**
 * The keys of a call of which keyAccess() says that it makes no sense, written to the same places.
 * Redis: where the number of keys is not a number as it should be, it is read again, as C does:
 * '2x' is 2. Nothing is said then of what is done with the keys, and the call will fail; but only
 * whoever may touch them in some way gets to know.
 */
export function loosestKeys(
  { keys }: CommandSpec,
  argv: readonly string[],
  out: number[],
  access: number[],
): number {
  const counted = keys.find((run) => run.find === is.COUNTED);
  if (counted === undefined) return 0;
  const count = Number(BigInt.asIntN(32, leadingInteger(argv[counted.at] ?? '')));
  if (count < 1 || count > argv.length - counted.at - 1) return 0;
  let found = 0;
  for (; found < count; found++) out[found] = counted.at + 1 + found;
  if (keys.length > 1) out[found++] = keys[0].at; // Where the result is stored.
  for (let i = 0; i < found; i++) access[i] = 0;
  return found;
}

const INT64_MAX = 2n ** 63n - 1n;

/** What C's strtol() makes of a text. */
function leadingInteger(text: string): bigint {
  const digits = /^[ \t-\r]*([+-]?)(\d+)/.exec(text);
  if (digits === null) return 0n;
  const magnitude = BigInt(digits[2]);
  if (digits[1] === '-') return magnitude > INT64_MAX ? -INT64_MAX - 1n : -magnitude;
  return magnitude > INT64_MAX ? INT64_MAX : magnitude;
}

/**
 * SORT is the only command with keys that no rule finds: what it writes stands behind the
 * last STORE that is not the value of another option. What BY and GET lead to has no place in argv.
 */
function sortKeys(run: KeyRun, argv: readonly string[], out: number[], found: number): number {
  if (!(run.access & is.OW)) return found;
  let store = 0;
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'LIMIT') i += 2;
    else if (word === 'GET' || word === 'BY') i++;
    else if (word === 'STORE' && i + 1 < argv.length) store = i + 1;
  }
  if (store === 0) return found;
  out[found] = store;
  return found + 1;
}

/**
 * MIGRATE is the only command whose keys a rule may miss: those behind KEYS take the place of the
 * one found before, which is empty then.
 */
function migrateKeys(argv: readonly string[], out: number[], found: number): number {
  let first = 0;
  for (let i = 6; i < argv.length - 1 && first === 0; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'AUTH') i++;
    else if (word === 'AUTH2') i += 2;
    else if (word === 'KEYS') first = i + 1;
  }
  if (first === 0) return found;
  if (argv[3] !== '') return -1;
  for (let i = first; i < argv.length; i++) out[i - first] = i;
  return argv.length - first;
}

/** Writes the keys of one run to out[found] and on; returns the new count, or -1. */
function walk(run: KeyRun, argv: readonly string[], out: number[], found: number): number {
  if (run.search === is.UNKNOWN || run.find === is.UNKNOWN) return sortKeys(run, argv, out, found);
  if (run.access & is.INCOMPLETE) return migrateKeys(argv, out, found);
  let first = run.at;
  if (run.search === is.BY_KEYWORD) {
    first = behindKeyword(run, argv);
    // What is written to only if a word says so (STORE) may be missing.
    if (first < 0) return run.access & is.OW ? found : -1;
  }
  let last: number;
  if (run.find === is.COUNTED) {
    if (first >= argv.length || !/^(0|[1-9][0-9]{0,15})$/.test(argv[first])) return -1;
    const count = Number(argv[first]);
    first++;
    last = first + (count - 1) * run.step;
  } else if (run.last >= 0) {
    last = first + run.last;
  } else if (run.limit > 1) {
    last = first + Math.floor((argv.length - first) / run.limit) + run.last;
  } else {
    last = argv.length + run.last;
  }
  if (last >= argv.length || last < first || first >= argv.length) return -1;
  for (let i = first; i <= last; i += run.step) out[found++] = i;
  return found;
}

function behindKeyword(run: KeyRun, argv: readonly string[]): number {
  if (run.at > 0) {
    for (let i = run.at; i < argv.length - 1; i++) {
      if (argv[i].toUpperCase() === run.keyword) return i + 1;
    }
  } else {
    // Backwards, and never as far as the command's own name or first argument.
    for (let i = argv.length + run.at; i > 1; i--) {
      if (argv[i].toUpperCase() === run.keyword) return i + 1;
    }
  }
  return -1;
}

/** VARIABLE_FLAGS: what this very call does with its key, where the row says the most. */
function narrowed(spec: CommandSpec, argv: readonly string[], most: number): number {
  if (spec.name === 'set') {
    for (let i = 3; i < argv.length; i++) if (argv[i].toUpperCase() === 'GET') return SET_GET;
    return is.OW | is.UPDATE;
  }
  if (spec.name === 'bitfield') return onlyGets(argv) ? is.RO | is.ACCESS : SET_GET;
  return most & ~is.VARIABLE_FLAGS;
}

const SET_GET = is.RW | is.ACCESS | is.UPDATE;

function onlyGets(argv: readonly string[]): boolean {
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    const left = argv.length - i - 1;
    if (word === 'GET' && left >= 2) i += 2;
    else if (word === 'OVERFLOW' && left >= 1) i += 1;
    else return false; // It changes something, or is wrong: take the worst.
  }
  return true;
}

/**
 * A random call of a command, name and all: options come and go and change places,
 * repetitions repeat. `pick` finds a value for a leaf of the grammar (`likely` is one
 * such). What the grammar cannot say, such as options that exclude each other, is
 * not seen to; so most calls are valid, and not all.
 */
export function sample(
  spec: CommandSpec,
  random: () => number,
  pick: (arg: Arg, spec: CommandSpec) => string,
): string[] {
  const out = spec.name.split('|');
  const draw = (arg: Arg, times: number): void => {
    for (let i = 0; i < times; i++) {
      if (arg.token !== '' && (i === 0 || arg.multipleToken)) out.push(anyCase(arg.token, random));
      else if (arg.type === 'pure-token' && arg.token === '') out.push('');
      if (arg.type === 'block') sequence(arg.of);
      else if (arg.type === 'oneof') {
        const choice = arg.of[Math.floor(random() * arg.of.length)];
        draw(choice, choice.multiple ? repetitions(random) : 1);
      } else if (arg.type !== 'pure-token') out.push(pick(arg, spec));
    }
  };
  const sequence = (args: readonly Arg[]): void => {
    let times = 1; // Of the last repetition: a second one beside it goes as far, as in XREAD.
    let beside = false; // The argument before this one was repeated.
    let countAt = -1; // Where a numkeys stands that has yet to be filled in.
    for (const arg of shuffledOptions(args, random)) {
      if (arg.optional && random() < 0.6) continue;
      if (!arg.multiple) times = 1;
      else if (!beside) times = repetitions(random);
      beside = arg.multiple;
      if (arg.name === 'numkeys') countAt = out.length;
      draw(arg, times);
      if (arg.multiple && countAt >= 0) {
        out[countAt] = String(times);
        countAt = -1;
      }
    }
  };
  sequence(spec.args);
  return out;
}

function repetitions(random: () => number): number {
  return 1 + Math.floor(random() * random() * 5);
}

/** Options that begin with a word may come in any order among their neighbours. */
function shuffledOptions(args: readonly Arg[], random: () => number): readonly Arg[] {
  const shuffled = args.slice();
  for (let start = 0; start < shuffled.length; start++) {
    let end = start;
    while (end < shuffled.length && shuffled[end].optional && beginsWithWord(shuffled[end])) end++;
    for (let left = end - start; left > 1; left--) {
      const other = start + Math.floor(random() * left);
      const moved = shuffled[start + left - 1];
      shuffled[start + left - 1] = shuffled[other];
      shuffled[other] = moved;
    }
    if (end > start) start = end - 1;
  }
  return shuffled;
}

function beginsWithWord(arg: Arg): boolean {
  if (arg.token !== '') return true;
  if (arg.type === 'oneof') return arg.of.every(beginsWithWord);
  return arg.type === 'block' && beginsWithWord(arg.of[0]);
}

function anyCase(word: string, random: () => number): string {
  return random() < 0.2 ? word.toLowerCase() : word;
}

// Few keys, so that commands meet; numbers at the edges, and now and then a bad one.
const LIKELY: Readonly<Record<string, readonly string[]>> = {
  key: ['k1', 'k2', 'k3'],
  string: ['', 'a', 'b', 'abc', '10', '-1', '3.0', 'foobar', '\xff\x00\x80'],
  integer: ['0', '1', '2', '-1', '5', '100', '9223372036854775807', '-9223372036854775808', 'x'],
  double: ['0', '1', '-2.5', '3.14', '1e3', 'inf', '-inf', 'nan', 'x'],
  pattern: ['*', 'k*', 'k?', '[a-k]1', 'nothing'],
  'unix-time': ['1', '99999999999', '9999999999999', '-1', 'x'],
  encoding: ['u8', 'i8', 'u1', 'i1', 'i5', 'u16', 'i32', 'u63', 'i64', 'u64', 'x'],
  offset: ['0', '1', '7', '8', '9', '17', '100', '-1'],
  bit: ['0', '1', '1', '0', '2'],
  db: ['0', '1', '9', '16'],
  index: ['0', '1', '9', '16'],
  cursor: ['0', '0', '0', '3', 'x'],
  count: ['1', '2', '10', '100', '0'],
  numkeys: ['1'],
  'min-match-len': ['0', '1', '2', '4'],
  type: ['string', 'list', 'STRING', 'nothing'],
};

const BIT_OFFSETS = ['#0', '#1', '#3'];

/** A value for a leaf of a grammar, by its name or else its type. For sample(). */
export function likely(random: () => number): (arg: Arg, spec: CommandSpec) => string {
  const one = (of: readonly string[]): string => of[Math.floor(random() * of.length)];
  return (arg, spec) => {
    if (arg.name === 'value' && spec.name === 'setbit') return one(LIKELY['bit']);
    if (arg.name === 'offset' && spec.name.startsWith('bitfield') && random() < 0.3) {
      return one(BIT_OFFSETS);
    }
    const byType = LIKELY[arg.type];
    return one(arg.type === 'key' ? byType : (LIKELY[arg.name] ?? byType));
  };
}
