// What could be configured in other versions: which of 8.0's parameters had not come, which
// others there were, and which began as something else.

import {
  HONOURED,
  IMMUTABLE,
  INT_MAX,
  INT64_MAX,
  integer,
  memory,
  named,
  oneOf,
  type Parameter,
  row,
  stored,
  textOrEmpty,
  yesOrNo,
} from '../config/parameter.ts';
import type { Version } from './version.ts';

/** Names by the versions that brought them: of Redis, and of Valkey where that is another. */
const CAME: readonly (readonly [redis: string, valkey: string, names: string])[] = [
  ['8.0', '', 'cluster-compatibility-sample-ratio replica-full-sync-buffer-limit'],
  [
    '7.4',
    '8.0',
    'hide-user-data-from-log max-new-connections-per-cycle max-new-tls-connections-per-cycle ' +
      'server-cpulist bio-cpulist aof-rewrite-cpulist bgsave-cpulist',
  ],
  [
    '7.2',
    '',
    'cluster-announce-human-nodename locale-collate set-max-listpack-entries ' +
      'set-max-listpack-value',
  ],
  [
    '7.0',
    '',
    'aof-timestamp-enabled appenddirname bind-source-addr busy-reply-threshold ' +
      'cluster-allow-pubsubshard-when-down cluster-announce-hostname cluster-config-file ' +
      'cluster-link-sendbuf-limit cluster-port cluster-preferred-endpoint-type ' +
      'enable-debug-command enable-module-command enable-protected-configs ' +
      'hash-max-listpack-entries hash-max-listpack-value latency-tracking ' +
      'latency-tracking-info-percentiles list-max-listpack-size maxmemory-clients ' +
      'propagation-error-behavior repl-diskless-sync-max-replicas replicaof ' +
      'replica-ignore-disk-write-errors shutdown-on-sigint shutdown-on-sigterm ' +
      'shutdown-timeout socket-mark-id zset-max-listpack-entries zset-max-listpack-value',
  ],
];

const THREADS = stored('one thread runs everything');
const AS_REDIS = stored('that part of Valkey does what Redis’s does');
const LOGS_LIKE_REDIS = stored('the log looks as Redis’s does');
const NO_RDMA = stored('Node knows nothing of RDMA');
const NO_IMPORT = stored('nothing is ever imported');
const NO_LOAD_DELAY = stored('nothing slows loading down');

const ONCE = named({
  'aof-disable-auto-gc': yesOrNo('no', stored('old files are always removed')),
  'io-threads-do-reads': yesOrNo('no', THREADS, IMMUTABLE),
  'gopher-enabled': yesOrNo('no', stored('Gopher is not spoken')),
  'lua-replicate-commands': yesOrNo('yes', stored('the effects of scripts are what is passed on')),
});

const VALKEYS = named({
  'availability-zone': row(textOrEmpty(), '', HONOURED),
  'cluster-announce-client-ipv4': row(textOrEmpty(), '', AS_REDIS),
  'cluster-announce-client-ipv6': row(textOrEmpty(), '', AS_REDIS),
  'cluster-blacklist-ttl': row(integer(0, INT64_MAX), '60', AS_REDIS),
  'cluster-slot-stats-enabled': yesOrNo('no', stored('there are no figures of single slots')),
  'dual-channel-replication-enabled': yesOrNo('no', AS_REDIS),
  'extended-redis-compatibility': yesOrNo('no', HONOURED),
  'io-threads-do-reads': yesOrNo('yes', THREADS, IMMUTABLE),
  'prefetch-batch-max-size': row(integer(0, 128), '16', THREADS),
  unixsocketgroup: row(textOrEmpty(), '', stored('a socket has its folder’s group'), IMMUTABLE),
  'events-per-io-thread': row(integer(0, INT_MAX), '2', THREADS),
});

const VALKEYS_81 = named({
  'active-defrag-cycle-us': row(integer(0, 100000), '500', NO_LOAD_DELAY),
  'cluster-manual-failover-timeout': row(integer(1, INT_MAX), '5000', AS_REDIS),
  'commandlog-execution-slower-than': row(integer(-1, INT64_MAX), '10000', HONOURED),
  'commandlog-large-reply-max-len': row(integer(0, INT64_MAX), '128', HONOURED),
  'commandlog-large-request-max-len': row(integer(0, INT64_MAX), '128', HONOURED),
  'commandlog-reply-larger-than': row(integer(-1, INT64_MAX), '1048576', HONOURED),
  'commandlog-request-larger-than': row(integer(-1, INT64_MAX), '1048576', HONOURED),
  'commandlog-slow-execution-max-len': row(integer(0, INT64_MAX), '128', HONOURED),
  'import-mode': yesOrNo('no', NO_IMPORT),
  'log-format': row(oneOf('legacy', 'logfmt'), 'legacy', LOGS_LIKE_REDIS),
  'log-timestamp-format': row(
    oneOf('legacy', 'iso8601', 'milliseconds'),
    'legacy',
    LOGS_LIKE_REDIS,
  ),
  'rdb-version-check': row(oneOf('strict', 'relaxed'), 'strict', AS_REDIS),
  'rdma-bind': row(textOrEmpty(), '', NO_RDMA),
  'rdma-completion-vector': row(integer(-1, 1024), '-1', NO_RDMA, IMMUTABLE),
  'rdma-port': row(integer(0, 65535), '0', NO_RDMA),
  'rdma-rx-size': row(memory(64 * 1024, 16 * 1024 * 1024), '1048576', NO_RDMA, IMMUTABLE),
});

// Those that CONFIG GET hides from patterns since.
const SHOWN = {
  'key-load-delay': 'key-load-delay',
  'rdb-key-save-delay': 'rdb-key-save-delay',
  'use-exit-on-panic': 'use-exit-on-panic',
  'watchdog-period': 'watchdog-period',
};
const PRIMARIES = { primaryauth: 'masterauth', primaryuser: 'masteruser' };

/** What is configured otherwise in a version. */
export type Difference = {
  /** Names that CONFIG does not know. */
  readonly missing: ReadonlySet<string>;
  /** Parameters that 8.0 does not have, or has otherwise. */
  readonly own: readonly Parameter[];
  /** More names of those that 8.0 has. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Of those that 8.0 has, what they begin as. */
  readonly initial: Readonly<Record<string, string>>;
};

export function parametersOf(version: Version): Difference {
  const missing = new Set<string>();
  for (const [redis, valkey, names] of CAME) {
    if (!version.has(redis, valkey)) for (const name of names.split(' ')) missing.add(name);
  }
  const own: Parameter[] = [];
  if (version.valkey !== '') {
    for (const each of Object.values(VALKEYS)) {
      const is80 = each.name === 'io-threads-do-reads' || each.name === 'events-per-io-thread';
      if (!is80 || !version.hasOwn('8.1')) own.push(each);
    }
    if (version.hasOwn('8.1')) {
      own.push(...Object.values(VALKEYS_81));
      missing.add('dynamic-hz');
    }
  } else if (!version.has('8.0')) {
    own.push(ONCE['io-threads-do-reads']);
    if (!version.has('7.0')) own.push(ONCE['gopher-enabled'], ONCE['lua-replicate-commands']);
    else if (!version.has('7.2')) own.push(ONCE['aof-disable-auto-gc']);
  }
  return { missing, own, aliases: aliasesOf(version), initial: initialOf(version) };
}

function aliasesOf(version: Version): Record<string, string> {
  if (version.valkey !== '') return PRIMARIES;
  return version.has('7.0') ? {} : SHOWN;
}

function initialOf(version: Version): Record<string, string> {
  if (version.valkey !== '') {
    return {
      'hide-user-data-from-log': 'yes',
      'lazyfree-lazy-eviction': 'yes',
      'lazyfree-lazy-expire': 'yes',
      'lazyfree-lazy-server-del': 'yes',
      'lazyfree-lazy-user-del': 'yes',
      'lazyfree-lazy-user-flush': 'yes',
      'repl-backlog-size': '10485760',
      'replica-lazy-flush': 'yes',
      'syslog-ident': 'valkey',
    };
  }
  if (version.has('7.2')) return {};
  // Small sets were hash tables unless they held integers.
  const sets = { 'set-max-listpack-entries': '0' };
  if (version.has('7.0')) return sets;
  return {
    ...sets,
    'acl-pubsub-default': 'allchannels',
    // There was nothing to forbid them with.
    'enable-debug-command': 'yes',
    'enable-module-command': 'yes',
    'enable-protected-configs': 'yes',
    'repl-diskless-sync': 'no',
  };
}
