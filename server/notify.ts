// Keyspace events: what happens to keys, told to whoever listens to a channel made for it.
//
//   __keyspace@0__:cart    lpush     the channel is the key, the message what happened to it
//   __keyevent@0__:lpush   cart      and the other way round
//
// notify-keyspace-events says which of the two are wanted (K, E), and for which classes of events.
// An event's name tells its class, whichever command it comes from: what follows is the
// whole vocabulary, and the compiler refuses a handler that announces anything else.

import type { Server } from './server.ts';

const GENERIC = 'g';
const STRING = '$';
const LIST = 'l';
const SET = 's';
const HASH = 'h';
const SORTED_SET = 'z';
const STREAM = 't';
const EXPIRED = 'x';
const EVICTED = 'e';
const MISS = 'm';
const NEW = 'n';

const CLASSES = {
  del: GENERIC,
  expire: GENERIC,
  persist: GENERIC,
  rename_from: GENERIC,
  rename_to: GENERIC,
  move_from: GENERIC,
  move_to: GENERIC,
  copy_to: GENERIC,
  restore: GENERIC,

  set: STRING,
  setrange: STRING,
  incrby: STRING,
  incrbyfloat: STRING,
  append: STRING,
  setbit: STRING,
  pfadd: STRING,

  lpush: LIST,
  rpush: LIST,
  lpop: LIST,
  rpop: LIST,
  linsert: LIST,
  lset: LIST,
  lrem: LIST,
  ltrim: LIST,
  sortstore: LIST,

  sadd: SET,
  srem: SET,
  spop: SET,
  sinterstore: SET,
  sunionstore: SET,
  sdiffstore: SET,

  hset: HASH,
  hincrby: HASH,
  hincrbyfloat: HASH,
  hdel: HASH,
  hexpire: HASH,
  hexpired: HASH,
  hpersist: HASH,

  zadd: SORTED_SET,
  zincr: SORTED_SET,
  zrem: SORTED_SET,
  zremrangebyrank: SORTED_SET,
  zremrangebyscore: SORTED_SET,
  zremrangebylex: SORTED_SET,
  zinterstore: SORTED_SET,
  zunionstore: SORTED_SET,
  zdiffstore: SORTED_SET,
  zrangestore: SORTED_SET,
  zpopmin: SORTED_SET,
  zpopmax: SORTED_SET,
  geosearchstore: SORTED_SET,
  georadiusstore: SORTED_SET,

  xadd: STREAM,
  xtrim: STREAM,
  xdel: STREAM,
  xsetid: STREAM,
  'xgroup-create': STREAM,
  'xgroup-setid': STREAM,
  'xgroup-destroy': STREAM,
  'xgroup-createconsumer': STREAM,
  'xgroup-delconsumer': STREAM,

  expired: EXPIRED,
  evicted: EVICTED,
  keymiss: MISS,
  new: NEW,
};

/** What can happen to a key. */
export type KeyEvent = keyof typeof CLASSES;

/**
 * Sees to it that the events which the configuration asks for are published. While it asks for
 * none, server.onKeyEvent is null, and an event costs no more than to see that.
 */
export function followNotifications(server: Server): void {
  server.config.follow('notify-keyspace-events', (letters) => {
    server.onKeyEvent = letters === '' ? null : publisher(server, new Set(letters));
  });
}

function publisher(server: Server, letters: ReadonlySet<string>): Server['onKeyEvent'] {
  const wanted = new Set<KeyEvent>();
  for (const [event, letter] of Object.entries(CLASSES)) {
    if (letters.has(letter)) wanted.add(event as KeyEvent);
  }
  const byKey = letters.has('K');
  const byEvent = letters.has('E');
  const { pubsub } = server;
  return (db, key, event) => {
    if (pubsub.clients === 0 || !wanted.has(event)) return;
    if (byKey) pubsub.publish(`__keyspace@${db}__:${key}`, event);
    if (byEvent) pubsub.publish(`__keyevent@${db}__:${event}`, key);
  };
}
