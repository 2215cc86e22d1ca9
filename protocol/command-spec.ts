// What a command is, apart from how it is carried out.
//
// A CommandSpec is the only place where a command's arity, flags, keys, grammar
// and history are written down. Whoever needs to know reads it off the row:
//
//   server/call.ts                  arity; the gates for writes, loading, memory, MULTI
//   server/commands/introspect.ts   COMMAND INFO, DOCS, GETKEYS, COUNT, LIST
//   protocol/derive.ts              usage lines, key positions, ACL categories, random calls
//   test/protocol/command-table     every fact, beside what a real server says of itself
//
// Keys are described rather than coded: a *search* says where the first key of a
// run stands (at an index, or behind a keyword), and a *find* says how far the run
// reaches (over a range of argv, or over as many words as a number in argv says).
// The two answer for all but a handful of commands.
//
// The grammar describes what may be written; it never parses. Handlers read argv by
// hand, because the order in which Redis notices mistakes differs from command to
// command and can be seen from outside, and because a table-driven parser would
// allocate on every call. What the grammar is for is the other direction: it prints
// usage lines, feeds the hints that redis-cli draws, and makes calls for the fuzzers.
//
// A subcommand is a row of its own, spelled as ACL rules spell it: 'client|setname'.

// What a command does, and when it may run. One bit each.
export const WRITE = 1 << 0;
export const READONLY = 1 << 1;
export const DENYOOM = 1 << 2; // Refused when memory is short.
export const ADMIN = 1 << 3;
export const PUBSUB = 1 << 4;
export const NOSCRIPT = 1 << 5;
export const BLOCKING = 1 << 6;
export const LOADING = 1 << 7; // Allowed while the data set is being loaded.
export const STALE = 1 << 8; // Allowed on a replica that has lost its master.
export const SKIP_MONITOR = 1 << 9;
export const SKIP_SLOWLOG = 1 << 10;
export const ASKING = 1 << 11;
export const FAST = 1 << 12;
export const NO_AUTH = 1 << 13; // Allowed before AUTH.
export const MAY_REPLICATE = 1 << 14; // No write by itself, yet it may propagate something.
export const NO_MANDATORY_KEYS = 1 << 15;
export const PROTECTED = 1 << 16; // DEBUG and MODULE: off unless the configuration allows them.
export const NO_ASYNC_LOADING = 1 << 17;
export const NO_MULTI = 1 << 18;
export const MOVABLE_KEYS = 1 << 19; // One range does not cover its keys. Read off the runs.
export const ALLOW_BUSY = 1 << 20; // Allowed while a script runs too long.
export const TOUCHES_ARBITRARY_KEYS = 1 << 21; // May find keys expired that argv does not name.
export const SENTINEL = 1 << 22;
export const ONLY_SENTINEL = 1 << 23;
export const CONTROL = 1 << 24; // Steers a test double: no fault, pause or journal concerns it.

// What a command does with a key. Exactly one of the first four, then any others.
export const RO = 1 << 0; // Reads it.
export const RW = 1 << 1; // Reads and changes it.
export const OW = 1 << 2; // Overwrites it.
export const RM = 1 << 3; // Removes it.
export const ACCESS = 1 << 4; // The reply tells, or a copy holds, something of its value.
export const UPDATE = 1 << 5;
export const INSERT = 1 << 6;
export const DELETE = 1 << 7;
export const NOT_KEY = 1 << 8; // Routed like a key, but names something else.
export const INCOMPLETE = 1 << 9; // There may be keys that this run does not find.
export const VARIABLE_FLAGS = 1 << 10; // The other arguments decide; this is the most it can be.
export const CHANNEL = 1 << 11;

// How a run of keys begins, and how it goes on.
export const BY_INDEX = 0;
export const BY_KEYWORD = 1;
export const RANGE = 0;
export const COUNTED = 1;
export const UNKNOWN = 2; // Either: only the command itself can tell.

/** A run of keys in argv. Flat, so that every run has one shape whatever its kind. */
export class KeyRun {
  readonly access: number;
  readonly search: number; // BY_INDEX, BY_KEYWORD or UNKNOWN.
  readonly at: number; // The index; or where to start looking, from the end if negative.
  readonly keyword: string; // Upper case; '' unless BY_KEYWORD.
  readonly find: number; // RANGE, COUNTED or UNKNOWN.
  readonly last: number; // RANGE: from the first key; negative counts back from argv's end.
  readonly step: number;
  readonly limit: number; // RANGE to the end: keys are 1/limit of what is left; 0 and 1: all.
  readonly note: string; // Why the access is what it is; '' where that is plain.

  constructor(
    access: number,
    search: number,
    at: number,
    keyword: string,
    find: number,
    last: number,
    step: number,
    limit: number,
    note: string,
  ) {
    this.access = access;
    this.search = search;
    this.at = at;
    this.keyword = keyword;
    this.find = find;
    this.last = last;
    this.step = step;
    this.limit = limit;
    this.note = note;
  }
}

/** One key, at a fixed place. */
export function keyAt(at: number, access: number, note = ''): KeyRun {
  return new KeyRun(access, BY_INDEX, at, '', RANGE, 0, 1, 0, note);
}

/** Keys from a fixed place on; `last` counts from there, or back from the end of argv. */
export function keysFrom(at: number, access: number, last = -1, step = 1, note = ''): KeyRun {
  return new KeyRun(access, BY_INDEX, at, '', RANGE, last, step, 0, note);
}

/** As many keys as the number at `at` says; they follow it. */
export function numkeysAt(at: number, access: number, note = ''): KeyRun {
  return new KeyRun(access, BY_INDEX, at, '', COUNTED, 0, 1, 0, note);
}

/** Keys behind a word, which is looked for from argv[from] (from the end, if negative). */
export function keyAfter(
  keyword: string,
  from: number,
  access: number,
  last = 0,
  step = 1,
  limit = 0,
): KeyRun {
  return new KeyRun(access, BY_KEYWORD, from, keyword, RANGE, last, step, limit, '');
}

/** Keys that no rule finds: the command's own function has to. */
export function keysUnknown(access: number, note = ''): KeyRun {
  return new KeyRun(access, UNKNOWN, 0, '', UNKNOWN, 0, 1, 0, note);
}

export type ArgType =
  | 'key'
  | 'string'
  | 'integer'
  | 'double'
  | 'pattern'
  | 'unix-time'
  | 'pure-token'
  | 'oneof'
  | 'block';

/** One argument of a grammar, or a choice or a sequence of them. Flat, like KeyRun. */
export class Arg {
  readonly type: ArgType;
  readonly name: string;
  readonly of: readonly Arg[]; // What a oneof or a block consists of.
  token = ''; // The word itself, or the word that comes before the value.
  keySpec = -1; // A key: which of the row's KeyRuns finds it.
  display = ''; // What usage lines call it, where that is not its name.
  since = '';
  deprecatedSince = '';
  optional = false;
  multiple = false;
  multipleToken = false; // The token is written again before every repetition.

  constructor(type: ArgType, name: string, of: readonly Arg[]) {
    this.type = type;
    this.name = name;
    this.of = of;
  }
}

const NOTHING: readonly Arg[] = [];

/** A key, found by the row's KeyRun number `keySpec`. */
export function key(name: string, keySpec = 0): Arg {
  const arg = new Arg('key', name, NOTHING);
  arg.keySpec = keySpec;
  return arg;
}

export function text(name: string): Arg {
  return new Arg('string', name, NOTHING);
}

export function int(name: string): Arg {
  return new Arg('integer', name, NOTHING);
}

export function double(name: string): Arg {
  return new Arg('double', name, NOTHING);
}

export function pattern(name: string): Arg {
  return new Arg('pattern', name, NOTHING);
}

export function unixTime(name: string): Arg {
  return new Arg('unix-time', name, NOTHING);
}

/** A word that is written as it stands. */
export function token(word: string, name = word.toLowerCase()): Arg {
  const arg = new Arg('pure-token', name, NOTHING);
  arg.token = word;
  return arg;
}

export function oneOf(name: string, ...of: readonly Arg[]): Arg {
  return new Arg('oneof', name, of);
}

/** Arguments that come together, in this order. */
export function block(name: string, ...of: readonly Arg[]): Arg {
  return new Arg('block', name, of);
}

// The following each change the argument that they are given, and return it.

/** The argument with a word before it: after('EX', int('seconds')). */
export function after(word: string, arg: Arg): Arg {
  arg.token = word;
  return arg;
}

export function optional(arg: Arg): Arg {
  arg.optional = true;
  return arg;
}

/** Once or more; behind optional(), any number of times. A token is written only once. */
export function many(arg: Arg): Arg {
  arg.multiple = true;
  return arg;
}

/** Once or more, each time with the token. */
export function manyWithToken(arg: Arg): Arg {
  arg.multiple = true;
  arg.multipleToken = true;
  return arg;
}

/** The argument came later than its command did. */
export function added(since: string, arg: Arg): Arg {
  arg.since = since;
  return arg;
}

/** The argument is out of favour since then. */
export function dropped(deprecatedSince: string, arg: Arg): Arg {
  arg.deprecatedSince = deprecatedSince;
  return arg;
}

/** The argument is called otherwise in usage lines. */
export function shown(display: string, arg: Arg): Arg {
  arg.display = display;
  return arg;
}

export type Doc = {
  readonly since: string;
  readonly cost: string;
  readonly summary: string;
  readonly history?: readonly (readonly [version: string, change: string])[];
  readonly deprecated?: { readonly since: string; readonly replacedBy: string };
  /** Hints for clients and proxies, as COMMAND INFO spells them. */
  readonly tips?: readonly string[];
  /** ACL categories that neither the group nor the flags give. */
  readonly categories?: readonly string[];
  /** The group's own ACL category does not apply. */
  readonly outsideGroup?: true;
  /** Servers say it to each other; people do not. */
  readonly syscmd?: true;
};

const NO_WORDS: readonly string[] = [];

/** One run may be any range; several have to be plain ranges, each right behind the other. */
function movable(keys: readonly KeyRun[]): boolean {
  let previousLast = 0;
  for (const run of keys) {
    if (run.search !== BY_INDEX || run.find !== RANGE || run.access & INCOMPLETE) return true;
    if (keys.length === 1) break;
    if (run.step !== 1 || (previousLast !== 0 && previousLast !== run.at - 1)) return true;
    previousLast = run.last < 0 ? run.last : run.at + run.last;
  }
  return false;
}

export class CommandSpec {
  name = ''; // Lower case; 'client|setname' for a subcommand. Set by group().
  group = ''; // As COMMAND DOCS spells it.
  parent: CommandSpec | null = null;
  container = false; // Nothing runs without a subcommand.
  readonly arity: number;
  readonly flags: number;
  readonly keys: readonly KeyRun[];
  readonly args: readonly Arg[];
  readonly doc: Doc;
  readonly tips: readonly string[];
  readonly categories: readonly string[];
  readonly subcommands = new Map<string, CommandSpec>(); // By the part behind the bar.

  constructor(
    arity: number,
    flags: number,
    keys: readonly KeyRun[],
    args: readonly Arg[],
    doc: Doc,
  ) {
    this.arity = arity;
    this.flags = movable(keys) ? flags | MOVABLE_KEYS : flags;
    this.keys = keys;
    this.args = args;
    this.doc = doc;
    this.tips = doc.tips ?? NO_WORDS;
    this.categories = doc.categories ?? NO_WORDS;
  }

  /** Positive arity is exact; negative means "at least". Both count the name, or both names. */
  accepts(argc: number): boolean {
    return this.arity >= 0 ? argc === this.arity : argc >= -this.arity;
  }
}

/** A row that only holds subcommands, such as CLIENT: it needs no handler. */
export type ContainerSpec = CommandSpec & { readonly container: true };

export function container(arity: number, flags: number, doc: Doc): ContainerSpec {
  const spec = new CommandSpec(arity, flags, [], [], doc);
  spec.container = true;
  return spec as ContainerSpec;
}

export type Rows = Readonly<Record<string, CommandSpec>>;

/** A handler for every row that can run, and none without a row: the compiler checks both. */
export type HandlersOf<Family, Handler> = {
  readonly [Name in keyof Family as Family[Name] extends ContainerSpec ? never : Name]: Handler;
};

/** Names the rows of one family after their own keys, and puts subcommands under their parents. */
export function group<Family extends Rows>(name: string, rows: Family): Family {
  for (const [key, spec] of Object.entries(rows)) {
    spec.name = key;
    spec.group = name;
    const bar = key.indexOf('|');
    if (bar < 0) continue;
    const parent = rows[key.slice(0, bar)];
    if (parent === undefined) throw new Error(`${key} has no parent row in ${name}`);
    spec.parent = parent;
    parent.subcommands.set(key.slice(bar + 1), spec);
  }
  return rows;
}
