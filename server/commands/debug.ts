// DEBUG: what those who test a server need to see and to turn.
//
// One command to the table, with subcommands that Redis parses by hand: an unknown one and
// a wrong number of arguments are one error.
//
// Left out, and so unknown: what needs parts that are not built yet (LISTPACK,
// QUICKLIST, SCRIPT, ...), what asks about C (STRUCTSIZE, SDSLEN,
// MALLCTL), and what would waste memory or start over on purpose (OOM, LEAK, RESTART,
// CRASH-AND-RECOVER). SEGFAULT, PANIC and ASSERT end the process, to which a server that lives in
// a program has no right: there they are unknown as well.

import { flat } from '../../protocol/byte-string.ts';
import {
  badSubcommand,
  MUST_BE_POSITIVE,
  NO_SUCH_KEY,
  NOT_AN_INTEGER,
  oneLine,
  quoting,
  ReplyError,
  STRING_TOO_LONG,
} from '../../protocol/errors.ts';
import { isInt64, parseMemory, parseSafeInt } from '../../protocol/numbers.ts';
import { crc16 } from '../../protocol/slot.ts';
import type { Client } from '../client.ts';
import { type CrashTest, REPLY_PEAK_MS } from '../debug-switches.ts';
import { digestOf, digestOfKey } from '../digest.ts';
import { encode, integer } from '../string-value.ts';
import { mayStayAwake, Sleep } from '../sleep.ts';
import { rewriteConfigFile } from './config.ts';
import { debugLoadaof } from './debug-append-only.ts';
import { debugObject } from './debug-object.ts';
import { debugReload } from './debug-reload.ts';
import { debugProtocol } from './debug-protocol.ts';

const NO_SUCH_DATABASE = new ReplyError('ERR Out of range database');
const TOO_MANY_KEYS = new ReplyError('ERR OOM in dictTryExpand');
const NO_HASH_TABLE = new ReplyError(
  'ERR The value stored at the specified key is not represented using an hash table',
);

const NO_CLUSTER = new ReplyError(
  'ERR Debug option only available for cluster mode enabled setup!',
);
const NO_SECRET = new ReplyError('ERR Internal secret is missing');
const BAD_THRESHOLD = new ReplyError(
  'ERR argument must be a memory value bigger than 1 and smaller than 4gb',
);
const MOST_PACKED = 2n ** 32n - 2n ** 20n;

// Unlike Redis: DEBUG POPULATE refuses at once what a dictionary could not hold.
const MOST_KEYS = 2 ** 30;
const MOST_BYTES = 0x1fffffe8; // Where V8's strings end.

type Subcommand = {
  /** How many arguments there may be, both names included. */
  readonly least: number;
  readonly most: number;
  readonly run: (c: Client) => void;
};

const ANY = Number.POSITIVE_INFINITY;

const subcommands: ReadonlyMap<string, Subcommand> = new Map(
  Object.entries({
    'aof-flush-sleep': { least: 3, most: 3, run: aofFlushSleep },
    assert: { least: 2, most: ANY, run: crash },
    'change-repl-id': { least: 2, most: 2, run: changeReplId },
    'config-rewrite-force-all': { least: 2, most: 2, run: rewriteWholeConfig },
    'dict-resizing': { least: 3, most: 3, run: dictResizing },
    clusterlink: { least: 5, most: 5, run: clusterlink },
    'drop-cluster-packet-filter': { least: 3, most: 3, run: dropPackets },
    digest: { least: 2, most: 2, run: digest },
    'digest-value': { least: 2, most: ANY, run: digestValue },
    error: { least: 3, most: 3, run: error },
    help: { least: 2, most: 2, run: help },
    htstats: { least: 3, most: ANY, run: htstats },
    'htstats-key': { least: 3, most: ANY, run: htstatsKey },
    internal_secret: { least: 2, most: 2, run: internalSecret },
    loadaof: { least: 2, most: 2, run: debugLoadaof },
    log: { least: 3, most: 3, run: log },
    object: { least: 3, most: 3, run: debugObject },
    'pause-cron': { least: 3, most: 3, run: pauseCron },
    panic: { least: 2, most: ANY, run: crash },
    populate: { least: 3, most: 5, run: populate },
    protocol: { least: 3, most: 3, run: debugProtocol },
    'quicklist-packed-threshold': { least: 3, most: 3, run: packedThreshold },
    'repl-pause': { least: 3, most: 3, run: replPause },
    replicate: { least: 3, most: ANY, run: replicate },
    reload: { least: 2, most: ANY, run: debugReload },
    replybuffer: { least: 4, most: 4, run: replybuffer },
    segfault: { least: 2, most: ANY, run: crash },
    'set-active-expire': { least: 3, most: 3, run: setActiveExpire },
    'set-disable-deny-scripts': { least: 3, most: 3, run: setDisableDenyScripts },
    'set-skip-checksum-validation': { least: 3, most: 3, run: setSkipChecksumValidation },
    sleep: { least: 3, most: 3, run: sleep },
  }),
);

/** Their names, lower case. */
export const debugSubcommands: readonly string[] = [...subcommands.keys()];

/** DEBUG */
export function debug(c: Client): void {
  const argv = c.argv;
  const subcommand = subcommands.get(argv[1].toLowerCase());
  if (subcommand === undefined || argv.length < subcommand.least || argv.length > subcommand.most) {
    throw badSubcommand(argv);
  }
  subcommand.run(c);
}

const HELP = [
  'DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'AOF-FLUSH-SLEEP <microseconds>',
  '    Rest for so long before each write to the append-only file.',
  'ASSERT',
  '    End the process by an assertion that fails.',
  'CHANGE-REPL-ID',
  '    Give the data set a new replication id.',
  'CLUSTERLINK KILL <to|from|all> <node-id>',
  '    Cut the connections to a node, or from it.',
  'CONFIG-REWRITE-FORCE-ALL',
  '    Rewrite the configuration file, with every parameter in it.',
  'DICT-RESIZING <0|1>',
  '    Accepted for compatibility: dictionaries look after their size themselves.',
  'DIGEST',
  '    Sum up all databases in 40 digits: equal data, equal digits.',
  'DIGEST-VALUE <key> [<key> ...]',
  '    The same for what each key holds.',
  'DROP-CLUSTER-PACKET-FILTER <type>',
  '    Do not hear packets of this type; -1 is none.',
  'ERROR <line>',
  '    Reply with this error line.',
  'HTSTATS <db> [full]',
  '    Describe the hash table of a database.',
  'HTSTATS-KEY <key> [full]',
  '    Describe the hash table that a key holds.',
  'INTERNAL_SECRET',
  '    A number made from what the nodes of a cluster know each other by.',
  'LOADAOF',
  '    Empty the databases and load the append-only file.',
  'LOG <message>',
  '    Write a line to the log.',
  'OBJECT <key>',
  '    Describe how a value is kept.',
  'PAUSE-CRON <0|1>',
  '    Stop, or let go on, what the server does from time to time.',
  'PANIC',
  '    End the process because it cannot go on.',
  'POPULATE <count> [<prefix>] [<size>]',
  '    Add string keys <prefix>:0, <prefix>:1 and so on, where they are missing.',
  'PROTOCOL <type>',
  '    Reply with an example of: string, integer, double, bignum, null, array, set, map, attrib,',
  '    push, verbatim, true or false.',
  'QUICKLIST-PACKED-THRESHOLD <size>',
  '    Let elements of a quicklist with so many bytes be nodes by themselves; 0: only large ones.',
  'RELOAD [option ...]',
  '    Save the data set, empty the databases and load it again. NOSAVE: load what was saved',
  '    before. NOFLUSH: do not empty them. MERGE: what is loaded replaces what is there.',
  'REPL-PAUSE <CLEAR|BEFORE-RDB-CHANNEL|ON-STREAMING-REPL-BUF>',
  '    Stop the process (SIGSTOP) at this point of a synchronisation.',
  'REPLICATE <argument> ...',
  '    Send this command to the replicas, without carrying it out.',
  'REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>',
  '    For how long a large reply keeps the reply buffer of its client large.',
  'REPLYBUFFER RESIZING <0|1>',
  '    Whether reply buffers change their size at all.',
  'SEGFAULT',
  '    End the process by a signal, as bad memory does.',
  'SET-ACTIVE-EXPIRE <0|1>',
  '    Whether keys that nobody asks for expire.',
  'SET-DISABLE-DENY-SCRIPTS <0|1>',
  '    Let scripts call what scripts must not call.',
  'SET-SKIP-CHECKSUM-VALIDATION <0|1>',
  '    Believe files and payloads whatever their checksums say.',
  'SLEEP <seconds>',
  '    Do nothing, for nobody, for so long. Fractions are allowed.',
  'HELP',
  '    Show this text.',
];

/** DEBUG HELP */
function help(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** DEBUG AOF-FLUSH-SLEEP <microseconds> */
function aofFlushSleep(c: Client): void {
  c.server.appendOnly.writer.sleepMs = atoi(c.argv[2]) / 1000;
  c.reply.ok();
}

/** DEBUG CHANGE-REPL-ID */
function changeReplId(c: Client): void {
  c.server.log.notice('Changing replication IDs after receiving DEBUG change-repl-id');
  c.server.replication.changeId();
  c.reply.ok();
}

function rewriteWholeConfig(c: Client): void {
  rewriteConfigFile(c.server, true);
  c.reply.ok();
}

/** DEBUG SEGFAULT|ASSERT|PANIC */
function crash(c: Client): void {
  if (c.server.crash === null) throw badSubcommand(c.argv);
  c.server.crash(c.argv[1].toLowerCase() as CrashTest);
}

/** DEBUG DICT-RESIZING <0|1> */
function dictResizing(c: Client): void {
  c.server.debug.dictResizing = atoi(c.argv[2]) !== 0;
  c.reply.ok();
}

/** DEBUG DIGEST */
function digest(c: Client): void {
  c.reply.status(digestOf(c.server.databases, c.server.version.isBefore72));
}

/** DEBUG DIGEST-VALUE <key> [<key> ...] */
function digestValue(c: Client): void {
  c.reply.array(c.argv.length - 2);
  const { isBefore72 } = c.server.version;
  for (let i = 2; i < c.argv.length; i++) {
    c.reply.status(digestOfKey(c.db, c.argv[i], isBefore72));
  }
}

/** DEBUG ERROR <line> */
function error(c: Client): void {
  // Redis: a reply like any other, which the statistics do not count as an error.
  c.reply.error(oneLine(c.argv[2]));
}

/** DEBUG HTSTATS <db> [full] */
function htstats(c: Client): void {
  if (!isInt64(c.argv[2])) throw NOT_AN_INTEGER;
  const db = c.server.databases[parseSafeInt(c.argv[2])];
  if (db === undefined) throw NO_SUCH_DATABASE;
  // Expiries stand in a column beside the keys, and have no table of their own.
  const keys = table(db.dict.slots, db.size);
  const expires = table(db.dict.slots, db.volatile);
  c.reply.verbatim('txt', `[Dictionary HT]\n${keys}[Expires HT]\n${expires}`);
}

function table(slots: number, elements: number): string {
  if (elements === 0) return ''; // Redis makes a table for the first key.
  return (
    'Hash table 0 stats (main hash table):\n' +
    ` table size: ${slots}\n` +
    ` number of elements: ${elements}\n`
  );
}

/** DEBUG HTSTATS-KEY <key> [full] */
function htstatsKey(c: Client): void {
  if (c.db.peek(c.argv[2]) === undefined) throw NO_SUCH_KEY;
  throw NO_HASH_TABLE; // As long as there are only strings.
}

/** DEBUG LOG <message> */
function log(c: Client): void {
  const text = Buffer.from(cString(c.argv[2]), 'latin1').toString('utf8');
  c.server.log.warning(`DEBUG LOG: ${text}`);
  c.reply.ok();
}

/** DEBUG PAUSE-CRON <0|1> */
function pauseCron(c: Client): void {
  c.server.debug.cronPaused = atoi(c.argv[2]) !== 0;
  c.reply.ok();
}

/** DEBUG POPULATE <count> [<prefix>] [<size>] */
function populate(c: Client): void {
  const { argv, db } = c;
  const count = positive(argv[2]);
  if (count > MOST_KEYS) throw TOO_MANY_KEYS;
  const size = argv.length === 5 ? positive(argv[4]) : 0;
  if (size > MOST_BYTES) throw STRING_TOO_LONG;
  const prefix = argv.length > 3 ? cString(argv[3]) : 'key';
  for (let i = 0; i < count; i++) {
    // Redis: keys are printed into 128 bytes, the last of them NUL.
    const key = flat(`${prefix}:${i}`.slice(0, 127));
    if (db.has(key)) continue;
    const value = `value:${i}`;
    const sized = size === 0 ? value : value.slice(0, size).padEnd(size, '\0');
    db.add(key, encode(flat(sized)));
    db.touched(key);
  }
  c.reply.ok();
}

/** DEBUG QUICKLIST-PACKED-THRESHOLD <size> */
function packedThreshold(c: Client): void {
  const size = parseMemory(c.argv[2]);
  if (size === undefined || size > MOST_PACKED) throw BAD_THRESHOLD;
  c.server.debug.packedThreshold = Number(size);
  c.reply.ok();
}

/** DEBUG REPL-PAUSE <CLEAR|BEFORE-RDB-CHANNEL|ON-STREAMING-REPL-BUF> */
function replPause(c: Client): void {
  const { debug, suspend } = c.server;
  const point = c.argv[2].toLowerCase();
  if (suspend === null) throw badSubcommand(c.argv);
  if (point === 'clear') debug.replicationStops.clear();
  else if (POINTS.has(point)) debug.replicationStops.add(point);
  else throw badSubcommand(c.argv);
  c.reply.ok();
}

const POINTS = new Set(['after-fork', 'before-rdb-channel', 'on-streaming-repl-buf']);

/** DEBUG REPLICATE <argument> ... */
function replicate(c: Client): void {
  c.server.replication.say(c.argv.slice(2));
  c.reply.ok();
}

/** DEBUG REPLYBUFFER PEAK-RESET-TIME|RESIZING <value> */
function replybuffer(c: Client): void {
  const { argv } = c;
  const { debug } = c.server;
  switch (argv[2].toLowerCase()) {
    case 'peak-reset-time':
      debug.replyPeakMs = peakMs(argv[3]);
      break;
    case 'resizing':
      debug.replyBufferResizing = atoi(argv[3]) !== 0;
      break;
    default:
      throw badSubcommand(argv);
  }
  c.reply.ok();
}

function peakMs(argument: string): number {
  const word = argument.toLowerCase();
  if (word === 'never') return -1;
  return word === 'reset' ? REPLY_PEAK_MS : integer(argument);
}

/** DEBUG SET-ACTIVE-EXPIRE <0|1> */
function setActiveExpire(c: Client): void {
  c.server.expirer.active = atoi(c.argv[2]) !== 0;
  c.reply.ok();
}

/** DEBUG SET-DISABLE-DENY-SCRIPTS <0|1> */
function setDisableDenyScripts(c: Client): void {
  c.server.debug.scriptsUnrestricted = atoi(c.argv[2]) !== 0;
  c.reply.ok();
}

/** DEBUG SET-SKIP-CHECKSUM-VALIDATION <0|1> */
function setSkipChecksumValidation(c: Client): void {
  c.server.debug.checksumsIgnored = atoi(c.argv[2]) !== 0;
  c.reply.ok();
}

/** DEBUG SLEEP <seconds> */
function sleep(c: Client): void {
  const seconds = Number.parseFloat(c.argv[2]);
  if (seconds > 0 && Number.isFinite(seconds)) {
    if (mayStayAwake(c)) return void new Sleep(c, seconds * 1000);
    c.server.clock.block(seconds * 1000);
  }
  // What follows in the same read sees that time has passed. A transaction sees one time.
  if (!c.inExec) c.server.beginTurn();
  c.reply.ok();
}

/** An integer as C's atoi reads it: what looks like none is 0. */
function atoi(text: string): number {
  const n = Number.parseInt(text, 10);
  return Number.isNaN(n) ? 0 : n;
}

function positive(argument: string): number {
  if (!isInt64(argument) || argument.startsWith('-')) throw MUST_BE_POSITIVE;
  return Number(argument);
}

/** What C makes of a byte string: it ends at the first NUL. */
function cString(bytes: string): string {
  const end = bytes.indexOf('\0');
  return end < 0 ? bytes : bytes.slice(0, end);
}

function internalSecret(c: Client): void {
  const { cluster } = c.server;
  if (cluster === null) throw NO_SECRET;
  c.reply.int(crc16(cluster.secret));
}

function clusterlink(c: Client): void {
  const { argv, server } = c;
  const { cluster } = server;
  if (argv[2].toLowerCase() !== 'kill') throw badSubcommand(argv);
  if (cluster === null) throw NO_CLUSTER;
  const node = cluster.nodes.get(argv[4]);
  if (node === undefined) throw quoting('Unknown node ', argv[4], '');
  const way = argv[3].toLowerCase();
  if (way !== 'from' && way !== 'to' && way !== 'all') {
    throw quoting('Unknown direction ', argv[3], '');
  }
  if (way !== 'to') node.inbound?.close();
  if (way !== 'from') node.link?.close();
  c.reply.ok();
}

function dropPackets(c: Client): void {
  const type = integer(c.argv[2]);
  const { cluster } = c.server;
  if (cluster !== null) cluster.bus.dropped = type;
  c.reply.ok();
}
