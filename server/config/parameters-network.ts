// Listening, and what a client may cost.

import { BindKind, BufferLimitKind } from './kinds-special.ts';
import { NumberKind, OctalKind } from './kinds.ts';
import {
  bytes,
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
  SENSITIVE,
  stored,
  textOrEmpty,
  text,
  UINT_MAX,
  yesOrNo,
} from './parameter.ts';

const MB = 1024 * 1024;
const ONE_THREAD = stored('one thread runs everything');
const TICKETS = stored('clients keep their sessions themselves, as tickets');

export const networkParameters = named({
  port: row(integer(0, 65535), '6379', HONOURED),
  // Unlike Redis: without a configuration the server listens on the loopback addresses only; those
  // are the ones that the redis.conf shipped with Redis names.
  bind: row(new BindKind(), '127.0.0.1 -::1', HONOURED),
  'bind-source-addr': row(text(), '', HONOURED),
  unixsocket: row(text(), '', HONOURED, IMMUTABLE),
  unixsocketperm: row(new OctalKind(0o777), '0', HONOURED, IMMUTABLE),
  'tcp-backlog': row(integer(0, INT_MAX), '511', HONOURED, IMMUTABLE),
  'tcp-keepalive': row(integer(0, INT_MAX), '300', HONOURED),
  timeout: row(integer(0, INT_MAX), '0', HONOURED),
  maxclients: row(integer(1, UINT_MAX), '10000', HONOURED),
  'max-new-connections-per-cycle': row(integer(1, 1000), '10', HONOURED),
  'max-new-tls-connections-per-cycle': row(integer(1, 1000), '1', HONOURED),
  'socket-mark-id': row(integer(0, UINT_MAX), '0', stored('Node cannot mark a socket'), IMMUTABLE),
  'io-threads': row(integer(1, 128), '1', ONE_THREAD, IMMUTABLE),

  'protected-mode': yesOrNo('yes', HONOURED),
  requirepass: row(bytes(), '', HONOURED, SENSITIVE),
  'enable-protected-configs': row(oneOf('no', 'yes', 'local'), 'no', HONOURED, IMMUTABLE),
  'enable-debug-command': row(oneOf('no', 'yes', 'local'), 'no', HONOURED, IMMUTABLE),
  'enable-module-command': row(oneOf('no', 'yes', 'local'), 'no', HONOURED, IMMUTABLE),
  // Unlike Redis: whether there is RESPITE, which moves the clock and more, for those who test.
  'enable-respite-command': row(oneOf('no', 'yes', 'local'), 'no', HONOURED, IMMUTABLE | HIDDEN),
  aclfile: row(textOrEmpty(), '', HONOURED, IMMUTABLE),
  'acl-pubsub-default': row(oneOf('allchannels', 'resetchannels'), 'resetchannels', HONOURED),
  'acllog-max-len': row(integer(0, INT64_MAX), '128', HONOURED),

  'proto-max-bulk-len': row(memory(MB, INT64_MAX), '536870912', HONOURED),
  'client-query-buffer-limit': row(memory(MB, INT64_MAX), '1073741824', HONOURED),
  'client-output-buffer-limit': row(
    new BufferLimitKind(),
    'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
    HONOURED,
  ),
  'maxmemory-clients': row(new NumberKind('memory or percent', -100, INT64_MAX), '0', HONOURED),
  'tracking-table-max-keys': row(integer(0, INT64_MAX), '1000000', HONOURED),
});

export const tlsParameters = named({
  'tls-port': row(integer(0, 65535), '0', HONOURED),
  'tls-session-cache-size': row(integer(0, INT_MAX), '20480', TICKETS),
  'tls-session-cache-timeout': row(integer(0, INT_MAX), '300', HONOURED),
  'tls-cluster': yesOrNo(
    'no',
    stored('the bus of a cluster is without TLS; only MIGRATE follows it'),
  ),
  'tls-replication': yesOrNo('no', HONOURED),
  'tls-auth-clients': row(oneOf('no', 'yes', 'optional'), 'yes', HONOURED),
  'tls-prefer-server-ciphers': yesOrNo('no', HONOURED),
  'tls-session-caching': yesOrNo('yes', HONOURED),
  'tls-cert-file': row(text(), '', HONOURED),
  'tls-key-file': row(text(), '', HONOURED),
  'tls-key-file-pass': row(text(), '', HONOURED, SENSITIVE),
  'tls-client-cert-file': row(text(), '', HONOURED),
  'tls-client-key-file': row(text(), '', HONOURED),
  'tls-client-key-file-pass': row(text(), '', HONOURED, SENSITIVE),
  'tls-dh-params-file': row(text(), '', HONOURED),
  'tls-ca-cert-file': row(text(), '', HONOURED),
  'tls-ca-cert-dir': row(text(), '', HONOURED),
  'tls-protocols': row(text(), '', HONOURED),
  'tls-ciphers': row(text(), '', HONOURED),
  'tls-ciphersuites': row(text(), '', HONOURED),
});
