// The append-only file, as clients ask for it: to be made anew, or to have reached the disk.

import { MUST_BE_POSITIVE, ReplyError } from '../../protocol/errors.ts';
import { OFF } from '../append-only-state.ts';
import type { Client } from '../client.ts';
import { integer } from '../string-value.ts';
import { wholeTimeoutMs } from '../timeout.ts';

const ALREADY = new ReplyError('ERR Background append only file rewriting already in progress');
const CANNOT = new ReplyError(
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more " +
    'information.',
);
const NOT_A_FLAG = new ReplyError('ERR value is out of range, value must between 0 and 1');
const IS_OFF = new ReplyError(
  'ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.',
);

const NOT_OF_REPLICAS = new ReplyError(
  'ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas ' +
    'are just local and are not propagated.',
);

/** BGREWRITEAOF */
export function bgrewriteaof(c: Client): void {
  const { background, appendOnly } = c.server;
  const { rewrite } = appendOnly;
  if (rewrite.isRunning) throw ALREADY;
  if (background !== '' || c.inExec) {
    rewrite.schedule();
    return c.reply.status('Background append only file rewriting scheduled');
  }
  if (!rewrite.start()) throw CANNOT;
  c.reply.status('Background append only file rewriting started');
}

/** WAITAOF numlocal numreplicas timeout */
export function waitaof(c: Client): void {
  const { argv, server } = c;
  const wanted = integer(argv[1]);
  if (wanted !== 0 && wanted !== 1) throw NOT_A_FLAG;
  const replicas = integer(argv[2], MUST_BE_POSITIVE);
  if (replicas < 0) throw MUST_BE_POSITIVE;
  const ms = wholeTimeoutMs(c, argv[3]);
  const { appendOnly } = server;
  if (server.isFollowing) throw NOT_OF_REPLICAS;
  if (wanted === 1 && appendOnly.state === OFF) throw IS_OFF;
  const local = appendOnly.waiters.has(c) ? 1 : 0;
  const remote = server.replication.countAcks(c.wroteOffset, true);
  if (c.inExec || (local >= wanted && remote >= replicas)) return tell(c);
  server.replication.waiters.block(c, ms, tell);
  appendOnly.waiters.add(c);
}

function tell(c: Client): void {
  const { appendOnly, replication } = c.server;
  c.reply.array(2);
  c.reply.int(appendOnly.waiters.has(c) ? 1 : 0);
  c.reply.int(replication.countAcks(c.wroteOffset, true));
}
