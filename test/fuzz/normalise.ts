// Where two servers may answer differently and both be right.
//
// Everywhere else the bytes have to be the same. A command stands here with what has to
// agree all the same, and with the reason; or among those that no conversation uses.

import { TYPE } from '../../persistence/rdb-format.ts';
import type { Version } from '../../server/versions/version.ts';
import type { Reply } from '../wire.ts';

/** What is known of the call beside its two replies. */
export type Call = {
  readonly argv: readonly string[];
  /** Both servers ran every command of the conversation within so many milliseconds. */
  readonly skewMs: number;
  /** Something before it went by chance: SCAN or RANDOMKEY. */
  readonly chancy: boolean;
  /** What both servers are. */
  readonly version: Version;
};

/** Whether two replies agree. Neither is an error, and their bytes differ. */
export type Agree = (ours: Reply, real: Reply, call: Call) => boolean;

type Leave = readonly [agree: Agree, why: string];

const LEAVES: Readonly<Record<string, Leave>> = {
  keys: [unordered, 'the order is that of a hash table with a seed of its own'],
  smembers: [unordered, 'the order of a large set is that of a hash table with a seed of its own'],
  sinter: [unordered, 'as smembers'],
  sunion: [unordered, 'as smembers'],
  sdiff: [unordered, 'as smembers'],
  sscan: [sameShape, 'cursors and order of a large set are those of such a table'],
  srandmember: [sameShape, 'chance'],
  sort: [anyhow, 'of the same weight, members of a large set come in the order of such a table'],
  sort_ro: [anyhow, 'as sort'],
  hkeys: [unordered, 'the order of a large hash is that of a hash table with a seed of its own'],
  hvals: [unordered, 'as hkeys'],
  hgetall: [settings, 'as hkeys'],
  hscan: [sameShape, 'cursors and order of a large hash are those of such a table'],
  hrandfield: [sameShape, 'chance'],
  zscan: [sameShape, 'cursors and order of a large set are those of such a table'],
  zrandmember: [sameShape, 'chance'],
  scan: [sameShape, 'cursors and order are those of a hash table with a seed of its own'],
  randomkey: [sameType, 'chance'],
  dump: [payloads, 'hash tables have an order of their own; streams say when consumers were seen'],
  dbsize: [afterChance, 'what SCAN and RANDOMKEY happen to meet, they remove if it has expired'],
  debug: [afterChance, 'the digest counts expired keys in; as dbsize'],
  // Figures of INFO:
  keyspace_hits: [afterChance, 'SCAN with TYPE counts as a look at every key that it meets'],
  keyspace_misses: [afterChance, 'as dbsize'],
  expired_keys: [afterChance, 'as dbsize'],
  'function|list': [sameType, 'the order is that of a hash table with a seed of its own'],
  'function|dump': [sameType, 'as function|list'],
  time: [sameShape, 'the clock goes on between one server and the other'],
  ttl: [seconds, 'the clock goes on; rounded to seconds it may fall on either side'],
  expiretime: [seconds, 'a time from now is counted from another now'],
  pttl: [milliseconds, 'the clock goes on between one server and the other'],
  pexpiretime: [milliseconds, 'a time from now is counted from another now'],
  'object|idletime': [sameType, 'Redis’s shared integers are as old as the server, or older'],
  'object|freq': [sameType, 'it grows by chance'],
  'object|refcount': [references, 'a queued command holds on to its arguments too'],
  hello: [greeting, 'each server numbers its clients; Debian’s has a module, and we have none'],
  'client|id': [sameType, 'clients are numbered by each server for itself'],
  'pubsub|channels': [unordered, 'the order is that of a hash table with a seed of its own'],
  'pubsub|shardchannels': [unordered, 'as pubsub|channels'],
  'client|info': [description, 'addresses, ages and memory are each server’s own'],
  'client|list': [description, 'as of one client; and their order turns with Redis’s cron'],
  'xinfo|stream': [aged, 'what consumers did last they did by each server’s own clock'],
  'xinfo|consumers': [aged, 'as xinfo|stream'],
  xpending: [aged, 'as xinfo|stream'],
  info: [sameType, 'figures of another process'],
  'config|get': [settings, 'the order is that of a hash table with a seed of its own'],
  'memory|usage': [anyFigure, 'another allocator; and Redis measures keys whose time has come too'],
  'memory|stats': [sameType, 'another allocator, other structures'],
  'memory|doctor': [sameType, 'prose about another process'],
  'memory|malloc-stats': [sameIfCurrent, 'another allocator, or one that tells nothing'],
  'object|encoding': [embedded, 'Valkey counts the key in, and forgets nothing of a time to live'],
  'latency|doctor': [sameType, 'prose about another process'],
  'latency|graph': [sameType, 'what was slow is measured'],
  'latency|histogram': [sameType, 'what was slow is measured'],
  'latency|history': [sameType, 'what was slow is measured'],
  'latency|latest': [sameType, 'what was slow is measured'],
  'latency|reset': [sameType, 'what was slow is measured'],
  'slowlog|get': [sameType, 'what was slow is measured'],
  'slowlog|len': [sameType, 'what was slow is measured'],
};

const LEFT_OUT: Readonly<Record<string, string>> = {
  shutdown: 'ends the server',
  spop: 'takes what chance chooses, so that the sets differ from then on',
  debug: 'crashes and stalls servers; the data sets are compared with it',
  auth: 'Redis forgets to answer WRONGPASS where other replies are still to be sent',
  pfselftest: 'takes seconds',
  lolwut: 'our picture is our own',
  monitor: 'what it shows comes whenever other clients speak',
  quit: 'ends the connection',
  sync: 'what follows is no reply; test/server/replication.test.ts compares it',
  psync: 'what follows is no reply',
  replicaof: 'another server would be followed, and everything forgotten',
  slaveof: 'as replicaof',
  failover: 'as replicaof',
  replconf: 'replicas that acknowledge get no reply',
  wait: 'waits for replicas, which nobody has here',
  waitaof: 'as wait',
  save: 'writes files, where this server has none; test/server/saving.test.ts',
  bgsave: 'as save; and how long it takes is chance',
  bgrewriteaof: 'as bgsave',
  migrate: 'looks for other servers',
  lastsave: 'each server was started at a time of its own',
  'acl|setuser': 'users outlive a conversation; test/commands/acl-random.test.ts makes them',
  'acl|genpass': 'what nobody can foretell',
  'acl|log': 'what was refused outlives a conversation',
  'acl|help': 'our prose is our own',
  'acl|cat': 'the table still grows',
  'client|kill': 'ends connections, and not the same ones: clients are numbered differently',
  'client|no-touch': 'Redis breaks down where it wakes one that waits for a key',
  'client|pause': 'stalls the server',
  'client|reply': 'no reply can be waited for',
  'config|set': 'a setting would outlive the conversation',
  'config|rewrite': 'writes files',
  'config|help': 'our prose is our own',
  'client|help': 'our prose is our own',
  'object|help': 'our prose is our own',
  'latency|help': 'our prose is our own',
  'memory|help': 'our prose is our own',
  'slowlog|help': 'our prose is our own',
  'pubsub|help': 'our prose is our own',
  'script|help': 'our prose is our own',
  'function|help': 'our prose is our own',
  'script|debug': 'the debugger of Redis takes the connection over',
  'xgroup|help': 'our prose is our own',
  'module|help': 'our prose is our own',
  'module|list': 'Redis has one, and we have none',
  'xinfo|help': 'our prose is our own',
  'command|help': 'our prose is our own',
  'command|docs': 'our prose is our own',
  'command|info': 'our prose is in it; test/commands/introspect.test.ts compares the rest',
  command: 'the table still grows',
  'command|count': 'the table still grows',
  'command|list': 'the table still grows',
};

/** Commands that no conversation uses, and why. */
export const left: ReadonlyMap<string, string> = new Map(Object.entries(LEFT_OUT));

/** Whether the replies to one call agree. */
export function agree(name: string, ours: Reply, real: Reply, call: Call): boolean {
  if (ours.raw === real.raw) return true;
  if (ours.isError || real.isError) return false;
  const leave = LEAVES[name];
  return leave === undefined ? false : leave[0](ours, real, call);
}

function sameType(ours: Reply, real: Reply): boolean {
  return ours.type === real.type && ours.isNull === real.isNull;
}

/** The same lists of the same types, whatever they hold; the innermost may differ in length. */
function sameShape(ours: Reply, real: Reply): boolean {
  if (!sameType(ours, real)) return false;
  const both = Math.min(ours.items.length, real.items.length);
  for (let i = 0; i < both; i++) if (!sameShape(ours.items[i], real.items[i])) return false;
  return true;
}

/** The same type, unless it is another version, which may have been built in another way. */
function sameIfCurrent(ours: Reply, real: Reply, { version }: Call): boolean {
  return !version.isCurrent || sameType(ours, real);
}

function embedded(ours: Reply, real: Reply, { version }: Call): boolean {
  return version.hasOwn('8.1') && ours.text === 'embstr' && real.text === 'raw';
}

function afterChance(ours: Reply, real: Reply, { chancy }: Call): boolean {
  return chancy && sameType(ours, real);
}

/** Payloads of one type and length; Redis's may say seconds off when a small hash expires. */
function payloads(ours: Reply, real: Reply): boolean {
  if (ours.text.length !== real.text.length || ours.text[0] !== real.text[0]) return false;
  switch (ours.text.charCodeAt(0)) {
    case TYPE.SET:
    case TYPE.HASH:
    case TYPE.HASH_METADATA:
    case TYPE.STREAM_LISTPACKS_3:
      return true;
    case TYPE.HASH_LISTPACK_EX:
      return ours.text.slice(9, -8) === real.text.slice(9, -8);
    default:
      return false;
  }
}

/** The same elements in any order. */
export function unordered(ours: Reply, real: Reply): boolean {
  if (!sameType(ours, real) || ours.items.length !== real.items.length) return false;
  const sorted = (reply: Reply) => reply.items.map((item) => item.raw).sort();
  const theirs = sorted(real);
  return sorted(ours).every((raw, i) => raw === theirs[i]);
}

/** What BY weighs alike in any order; LIMIT may cut through that. */
function anyhow(ours: Reply, real: Reply, { argv }: Call): boolean {
  const words = argv.map((word) => word.toUpperCase());
  if (!words.includes('BY')) return false;
  return unordered(ours, real) || (words.includes('LIMIT') && sameShape(ours, real));
}

// What the two servers were started with.
const OWN = /^(port|bind|dir|unixsocket|enable-.*-(command|configs)|logfile|pidfile)$/;

/** The same pairs of key and value in any order. */
function settings(ours: Reply, real: Reply): boolean {
  if (!sameType(ours, real) || ours.items.length !== real.items.length) return false;
  const sorted = ({ items }: Reply) => {
    const pairs: string[] = [];
    for (let i = 0; i < items.length; i += 2) {
      pairs.push(items[i].raw + (OWN.test(items[i].text) ? '' : items[i + 1].raw));
    }
    return pairs.sort().join('');
  };
  return sorted(ours) === sorted(real);
}

function anyFigure(ours: Reply, real: Reply): boolean {
  return [ours, real].every((reply) => reply.isNull || reply.type === ':');
}

export function milliseconds(ours: Reply, real: Reply, { skewMs }: Call): boolean {
  if (!bothLive(ours, real)) return false;
  const apart = BigInt(ours.text) - BigInt(real.text); // Times may be beyond 2^53.
  return Math.abs(Number(apart)) <= skewMs;
}

const AGES = ['seen-time', 'active-time', 'idle', 'inactive'];

/** The same but for moments, and times since: by their names, or behind the ID of an entry. */
function aged(ours: Reply, real: Reply, call: Call): boolean {
  if (ours.raw === real.raw) return true;
  if (!sameType(ours, real) || ours.items.length !== real.items.length) return false;
  if (ours.items.length === 0) return false;
  const isPending = /^\d+-\d+$/.test(ours.items[0]?.text ?? '');
  return ours.items.every((mine, i) => {
    const theirs = real.items[i];
    const isAge = isPending ? i === ours.items.length - 2 : AGES.includes(ours.items[i - 1]?.text);
    return (isAge && milliseconds(mine, theirs, call)) || aged(mine, theirs, call);
  });
}

function seconds(ours: Reply, real: Reply, { skewMs }: Call): boolean {
  const leeway = Math.ceil(skewMs / 1000);
  return bothLive(ours, real) && Math.abs(Number(ours.text) - Number(real.text)) <= leeway;
}

// -1 and -2 are answers of another kind.
function bothLive(ours: Reply, real: Reply): boolean {
  return ours.type === ':' && real.type === ':' && ours.text[0] !== '-' && real.text[0] !== '-';
}

function references(ours: Reply, real: Reply): boolean {
  if (ours.type !== ':' || real.type !== ':') return false;
  // Unlike ours, Redis's small integers are not all one: COPY makes more of them.
  return ours.text === '2147483647' ? real.text === '1' : Number(real.text) < 100;
}

function greeting(ours: Reply, real: Reply): boolean {
  if (ours.type !== real.type || ours.items.length !== real.items.length) return false;
  return ours.items.every((item, i) => {
    return item.raw === real.items[i].raw || ['id', 'modules'].includes(real.items[i - 1]?.text);
  });
}

// What CLIENT LIST says of a client that has to be the same; of the rest, that it is there.
// Not `watch`: Redis forgets what it watches once that has changed, but not for FLUSHALL.
const TOLD = 'name db sub psub ssub multi cmd user redir resp lib-name lib-ver'.split(' ');

function description(ours: Reply, real: Reply, { argv, version }: Call): boolean {
  if (ours.type !== real.type) return false;
  // CLIENT LIST ID: each server numbers its clients.
  if (argv.some((word) => word.toUpperCase() === 'ID')) return true;
  const told = (reply: Reply) => {
    const format = reply.type === '=' ? reply.text.slice(0, 4) : '';
    const lines = reply.text.slice(format.length).split('\n');
    const said = format + lines.map(toldOfClient).sort().join('\n');
    // What Valkey says of an empty transaction depends on whether there ever was one.
    return version.valkey === '' ? said : said.replace(/ multi=(-1|0) /g, ' multi ');
  };
  return told(ours) === told(real);
}

/** What a line of CLIENT LIST says of a client that is the same for both. */
function toldOfClient(line: string): string {
  const fields = line.split(' ').map((field) => {
    const [name] = field.split('=', 1);
    return TOLD.includes(name) ? field : name;
  });
  return fields.join(' ');
}
