// The process: how it starts, logs, keeps time, is watched, and ends.

import { WordSetKind } from './kinds.ts';
import { OomScoreKind, PercentilesKind, shutdownWords, titleTemplate } from './kinds-special.ts';
import {
  HIDDEN,
  HONOURED,
  IMMUTABLE,
  INT_MAX,
  INT64_MAX,
  integer,
  named,
  oneOf,
  row,
  stored,
  textOrEmpty,
  text,
  yesOrNo,
} from './parameter.ts';
import { VERSION_NAMES } from '../versions/version.ts';

const NO_SYSLOG = stored('Node cannot reach syslog');
const NO_PINNING = stored('Node cannot pin a thread to a CPU');
const LINUX_TUNING = stored('the operating system is left as it is');
const TITLE_IS_NODES = stored('the process title is left as Node sets it');
const SUPERVISION = stored('a supervisor is not told anything');
const NO_JEMALLOC = stored('memory is allocated by V8, not by jemalloc');

const SHUTDOWN = ['default', 'save', 'nosave', 'now', 'force'] as const;
const onSignal = () => new WordSetKind(SHUTDOWN, shutdownWords);

export const processParameters = named({
  // Ours: which version of Redis or Valkey to be. CONFIG GET shows it to who asks for it by name.
  'respite-version': row(oneOf(...VERSION_NAMES), '8.0', HONOURED, IMMUTABLE | HIDDEN),
  daemonize: yesOrNo('no', HONOURED, IMMUTABLE),
  pidfile: row(text(), '', HONOURED, IMMUTABLE),
  supervised: row(oneOf('upstart', 'systemd', 'auto', 'no'), 'no', SUPERVISION, IMMUTABLE),
  'always-show-logo': yesOrNo('no', HONOURED, IMMUTABLE),
  'set-proc-title': yesOrNo('yes', TITLE_IS_NODES, IMMUTABLE),
  'proc-title-template': row(
    text(titleTemplate),
    '{title} {listen-addr} {server-mode}',
    TITLE_IS_NODES,
  ),
  'server-cpulist': row(text(), '', NO_PINNING, IMMUTABLE, 'server_cpulist'),
  'bio-cpulist': row(text(), '', NO_PINNING, IMMUTABLE, 'bio_cpulist'),
  'bgsave-cpulist': row(text(), '', NO_PINNING, IMMUTABLE, 'bgsave_cpulist'),
  'aof-rewrite-cpulist': row(text(), '', NO_PINNING, IMMUTABLE, 'aof_rewrite_cpulist'),
  'disable-thp': yesOrNo('yes', LINUX_TUNING, IMMUTABLE),
  'oom-score-adj': row(oneOf('no', 'yes', 'relative', 'absolute'), 'no', HONOURED),
  'oom-score-adj-values': row(new OomScoreKind(), '0 200 800', HONOURED),
  'jemalloc-bg-thread': yesOrNo('yes', NO_JEMALLOC),
  'ignore-warnings': row(textOrEmpty(), '', stored('no start-up warning is worth ignoring')),

  loglevel: row(oneOf('debug', 'verbose', 'notice', 'warning', 'nothing'), 'notice', HONOURED),
  logfile: row(textOrEmpty(), '', HONOURED, IMMUTABLE),
  'syslog-enabled': yesOrNo('no', NO_SYSLOG, IMMUTABLE),
  'syslog-ident': row(text(), 'redis', NO_SYSLOG, IMMUTABLE),
  'syslog-facility': row(
    oneOf(
      ...(['user', 'local0', 'local1', 'local2', 'local3', 'local4'] as const),
      ...(['local5', 'local6', 'local7'] as const),
    ),
    'local0',
    NO_SYSLOG,
    IMMUTABLE,
  ),
  'hide-user-data-from-log': yesOrNo('no', HONOURED),
  'crash-log-enabled': yesOrNo('yes', HONOURED),
  'crash-memcheck-enabled': yesOrNo('yes', stored('the memory is V8’s, and not ours to test')),
  'use-exit-on-panic': yesOrNo('no', HONOURED, HIDDEN),
  'watchdog-period': row(
    integer(0, INT_MAX).raisedTo(200),
    '0',
    stored('nothing can interrupt a command to look at it'),
    HIDDEN,
  ),

  hz: row(integer(0, INT_MAX).clamped(1, 500), '10', HONOURED),
  'dynamic-hz': yesOrNo('yes', stored('every run of the cron looks at all clients')),
  'slowlog-log-slower-than': row(integer(-1, INT64_MAX), '10000', HONOURED),
  'slowlog-max-len': row(integer(0, INT64_MAX), '128', HONOURED),
  'latency-monitor-threshold': row(integer(0, INT64_MAX), '0', HONOURED),
  'latency-tracking': yesOrNo('yes', HONOURED),
  'latency-tracking-info-percentiles': row(new PercentilesKind(), '50 99 99.9', HONOURED),

  'shutdown-timeout': row(integer(0, INT_MAX), '10', HONOURED),
  'shutdown-on-sigint': row(onSignal(), 'default', HONOURED),
  'shutdown-on-sigterm': row(onSignal(), 'default', HONOURED),
});
