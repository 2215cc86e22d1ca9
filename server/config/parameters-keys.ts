// Keys and values: how many, how encoded, how freed, and what scripts may do.

import { BooleanKind } from './kinds.ts';
import { KeyspaceEventsKind, localeName } from './kinds-special.ts';
import {
  HIDDEN,
  HONOURED,
  IMMUTABLE,
  INT_MAX,
  INT64_MAX,
  integer,
  memory,
  named,
  oneOf,
  row,
  stored,
  textOrEmpty,
  UINT64_MAX,
  yesOrNo,
} from './parameter.ts';

const COLLECTED = stored('memory is freed by the garbage collector, never in the command');
const NOT_DEFRAGMENTED = stored('the garbage collector compacts the heap by itself');
const NO_DEFRAGMENTER =
  'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified ' +
  'Jemalloc like the one shipped by default with the Redis source distribution';

export const keyParameters = named({
  databases: row(integer(1, INT_MAX), '16', HONOURED, IMMUTABLE),
  'active-expire-effort': row(
    integer(1, 10),
    '1',
    stored('expired keys are found in the order of their times, not by sampling'),
  ),
  'notify-keyspace-events': row(new KeyspaceEventsKind(), '', HONOURED),
  'locale-collate': row(
    textOrEmpty(localeName),
    '',
    stored('strings are always compared by their bytes'),
  ),
  activerehashing: yesOrNo('yes', stored('tables grow while they are used, nothing is left over')),

  maxmemory: row(memory(0, UINT64_MAX), '0', HONOURED),
  'maxmemory-policy': row(
    oneOf(
      ...(['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'] as const),
      ...(['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'noeviction'] as const),
    ),
    'noeviction',
    HONOURED,
  ),
  'maxmemory-samples': row(integer(1, 64), '5', HONOURED),
  'maxmemory-eviction-tenacity': row(integer(0, 100), '10', HONOURED),
  'lfu-log-factor': row(integer(0, INT_MAX), '10', HONOURED),
  'lfu-decay-time': row(integer(0, INT_MAX), '1', HONOURED),
  'lazyfree-lazy-eviction': yesOrNo('no', COLLECTED),
  'lazyfree-lazy-expire': yesOrNo('no', COLLECTED),
  'lazyfree-lazy-server-del': yesOrNo('no', COLLECTED),
  'lazyfree-lazy-user-del': yesOrNo('no', COLLECTED),
  'lazyfree-lazy-user-flush': yesOrNo('no', COLLECTED),
  activedefrag: row(new BooleanKind(NO_DEFRAGMENTER), 'no', NOT_DEFRAGMENTED),
  'active-defrag-ignore-bytes': row(memory(1, INT64_MAX), '104857600', NOT_DEFRAGMENTED),
  'active-defrag-threshold-lower': row(integer(0, 1000), '10', NOT_DEFRAGMENTED),
  'active-defrag-threshold-upper': row(integer(0, 1000), '100', NOT_DEFRAGMENTED),
  'active-defrag-cycle-min': row(integer(1, 99), '1', NOT_DEFRAGMENTED),
  'active-defrag-cycle-max': row(integer(1, 99), '25', NOT_DEFRAGMENTED),
  'active-defrag-max-scan-fields': row(integer(1, INT64_MAX), '1000', NOT_DEFRAGMENTED),

  'hash-max-listpack-entries': row(
    integer(0, INT64_MAX),
    '512',
    HONOURED,
    0,
    'hash-max-ziplist-entries',
  ),
  'hash-max-listpack-value': row(memory(0, INT64_MAX), '64', HONOURED, 0, 'hash-max-ziplist-value'),
  'list-max-listpack-size': row(
    integer(-INT_MAX - 1, INT_MAX),
    '-2',
    HONOURED,
    0,
    'list-max-ziplist-size',
  ),
  'list-compress-depth': row(integer(0, INT_MAX), '0', HONOURED),
  'set-max-intset-entries': row(integer(0, INT64_MAX), '512', HONOURED),
  'set-max-listpack-entries': row(integer(0, INT64_MAX), '128', HONOURED),
  'set-max-listpack-value': row(integer(0, INT64_MAX), '64', HONOURED),
  'zset-max-listpack-entries': row(
    integer(0, INT64_MAX),
    '128',
    HONOURED,
    0,
    'zset-max-ziplist-entries',
  ),
  'zset-max-listpack-value': row(memory(0, INT64_MAX), '64', HONOURED, 0, 'zset-max-ziplist-value'),
  'hll-sparse-max-bytes': row(memory(0, INT64_MAX), '3000', HONOURED),
  'stream-node-max-bytes': row(memory(0, INT64_MAX), '4096', HONOURED),
  'stream-node-max-entries': row(integer(0, INT64_MAX), '100', HONOURED),

  'busy-reply-threshold': row(integer(0, INT64_MAX), '5000', HONOURED, 0, 'lua-time-limit'),
  'lua-enable-deprecated-api': yesOrNo('no', HONOURED, IMMUTABLE | HIDDEN),
});
