// Keys, whatever they hold: whether they are there, and under which name. How long they live
// is in generic-expire.ts, the walk over them in generic-scan.ts, and what OBJECT tells of
// their values in generic-object.ts.

import type { generic as specs } from '../../protocol/commands/generic.ts';
import {
  DB_OUT_OF_RANGE,
  NO_SUCH_KEY,
  NOT_AN_INT32,
  NOT_AN_INTEGER,
  ReplyError,
  SAME_OBJECT,
  SYNTAX,
} from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import { isInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { duplicate } from '../duplicate.ts';
import { type Database, typeName } from '../keyspace.ts';
import {
  expire,
  expireat,
  expiretime,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  ttl,
} from './generic-expire.ts';
import {
  objectEncoding,
  objectFreq,
  objectHelp,
  objectIdletime,
  objectRefcount,
} from './generic-object.ts';
import { waitaof } from './append-only.ts';
import { wait } from './replication.ts';
import { patternSlot } from '../../protocol/slot.ts';
import { dump, restore } from './generic-dump.ts';
import { migrate } from './generic-migrate.ts';
import { scan } from './generic-scan.ts';

const NO_MOVE = new ReplyError('ERR MOVE is not allowed in cluster mode');

/** COPY source destination [DB destination-db] [REPLACE] */
function copy(c: Client): void {
  const argv = c.argv;
  const source = argv[1];
  const destination = argv[2];
  const from = c.db;
  let to = from;
  let replace = false;
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'REPLACE') replace = true;
    else if (word === 'DB' && i + 1 < argv.length) to = database(c, argv[++i]);
    else throw SYNTAX;
  }
  if (from === to && source === destination) throw SAME_OBJECT;
  if (from.id !== 0 || to.id !== 0) c.server.compatibility.incompatible++;

  const value = from.read(source);
  if (value === undefined) return c.reply.int(0);
  const taken = to.write(destination) !== undefined;
  if (taken && !replace) return c.reply.int(0);
  from.copyTo(source, to, destination, duplicate(value));
  // Redis: what is replaced is deleted, and a new key added.
  if (taken) to.announce(destination, 'new');
  to.changed(destination, 'copy_to');
  c.reply.int(1);
}

/** DEL key [key ...] */
function del(c: Client): void {
  remove(c, c.server.config.values['lazyfree-lazy-user-del']);
}

function remove(c: Client, lazily: boolean): void {
  const argv = c.argv;
  let removed = 0;
  for (let i = 1; i < argv.length; i++) {
    if (lazily && c.db.has(argv[i])) c.db.countLazily(c.db.at);
    if (!c.db.remove(argv[i])) continue;
    c.db.changed(argv[i], 'del');
    removed++;
  }
  c.reply.int(removed);
}

/** UNLINK key [key ...] */
function unlink(c: Client): void {
  remove(c, true);
}

/** EXISTS key [key ...] */
function exists(c: Client): void {
  const argv = c.argv;
  let found = 0;
  for (let i = 1; i < argv.length; i++) if (c.db.peek(argv[i]) !== undefined) found++;
  c.reply.int(found);
}

/** KEYS pattern */
function keys(c: Client): void {
  const db = c.db;
  const pattern = c.argv[1];
  const all = pattern === '*';
  const start = c.reply.beginArray();
  let found = 0;
  const visit = (i: number): void => {
    const key = db.dict.keyAt(i);
    if ((!all && !globMatch(pattern, key)) || db.hasExpired(i)) return;
    c.reply.bulk(key);
    found++;
  };
  const slot = db.slots === null || all ? -1 : patternSlot(pattern);
  if (slot >= 0) db.slots!.scan(slot, 0, Number.MAX_SAFE_INTEGER, visit);
  else for (let i = 0; i < db.dict.size; i++) visit(i);
  c.reply.endArray(start, found);
}

/** MOVE key db */
function move(c: Client): void {
  const { cluster, compatibility } = c.server;
  if (cluster !== null) throw NO_MOVE;
  const key = c.argv[1];
  const from = c.db;
  const to = database(c, c.argv[2]);
  if (from === to) throw SAME_OBJECT;
  compatibility.incompatible++;
  if (from.write(key) === undefined || to.write(key) !== undefined) return c.reply.int(0);
  from.moveTo(key, to, key);
  from.changed(key, 'move_from');
  to.changed(key, 'move_to', 0);
  c.reply.int(1);
}

/** The database that a number of a request names. */
function database(c: Client, bytes: string): Database {
  const id = parseSafeInt(bytes);
  if (id === id && id === (id | 0)) {
    const db = c.server.databases[id];
    if (db === undefined) throw DB_OUT_OF_RANGE;
    return db;
  }
  throw isInt64(bytes) ? NOT_AN_INT32 : NOT_AN_INTEGER;
}

/** RANDOMKEY */
function randomkey(c: Client): void {
  const key = c.db.randomKey();
  if (key === undefined) c.reply.null();
  else c.reply.bulk(key);
}

/** RENAME key newkey */
function rename(c: Client): void {
  renameTo(c, true);
  c.reply.ok();
}

/** RENAMENX key newkey */
function renamenx(c: Client): void {
  c.reply.int(renameTo(c, false) ? 1 : 0);
}

function renameTo(c: Client, replace: boolean): boolean {
  const db = c.db;
  const from = c.argv[1];
  const to = c.argv[2];
  if (db.write(from) === undefined) throw NO_SUCH_KEY;
  if (from === to) return false;
  const taken = db.write(to) !== undefined;
  if (taken && !replace) return false;
  db.moveTo(from, db, to);
  if (taken) db.announce(to, 'new');
  db.touched(from); // Redis: both keys are changed before either event.
  db.touched(to);
  db.changed(from, 'rename_from');
  db.announce(to, 'rename_to');
  return true;
}

/** TOUCH key [key ...] */
function touch(c: Client): void {
  const argv = c.argv;
  let found = 0;
  for (let i = 1; i < argv.length; i++) if (c.db.read(argv[i]) !== undefined) found++;
  c.reply.int(found);
}

/** TYPE key */
function type(c: Client): void {
  const value = c.db.peek(c.argv[1]);
  c.reply.status(value === undefined ? 'none' : typeName(value));
}

export const genericCommands: Handlers<typeof specs> = {
  copy,
  del,
  dump,
  exists,
  expire,
  expireat,
  expiretime,
  keys,
  migrate,
  move,
  'object|encoding': objectEncoding,
  'object|freq': objectFreq,
  'object|help': objectHelp,
  'object|idletime': objectIdletime,
  'object|refcount': objectRefcount,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  randomkey,
  rename,
  renamenx,
  restore,
  scan,
  touch,
  ttl,
  type,
  unlink,
  wait,
  waitaof,
};
