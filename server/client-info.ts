// A client in words: the lines of CLIENT LIST and CLIENT INFO, which the log quotes too.
//
// The fields, their order and their spelling are Redis's. What they count is this server's:
// chunks that a socket brought are read in place, replies are written into buffers that all
// clients share, so most clients hold no memory for either most of the time. `rbs` is the size
// of the buffer that a client borrows when it has something to be told.

import { quoting } from '../protocol/errors.ts';
import { BufferPool } from '../protocol/reply-writer.ts';
import type { Client } from './client.ts';
import { RUNNING } from './client-state.ts';
import type { Tracking } from './tracking.ts';

// What the process grows by for a connection that holds nothing: the client, its parser and
// writer, and the handle of its socket.
const CONNECTION_BYTES = 3 * 1024;
const SUBSCRIPTION_BYTES = 150; // About what a name and its places in two tables take.
const LITTLE = 1024;
const WATCHED_BYTES = 300; // The same with a set of those who watch,
const QUEUED_BYTES = 200; // and of a request that waits for EXEC, beside its words.

/** A client as CLIENT LIST describes it, without a line end. */
export function describeClient(c: Client): string {
  const { link, writer, parser, server } = c;
  const { pubsub } = server;
  const now = server.clock.ms;
  const argvBytes = byteLength(c.argv);
  const waiting = c.replica?.pending ?? (link.unsent === 0 ? 0 : link.unsent + writer.size);
  return (
    `id=${c.id} addr=${link.address} laddr=${link.localAddress} fd=${link.fd}` +
    ` name=${shown(c.name)}` +
    ` age=${ageSeconds(c)} idle=${secondsBetween(c.activeMs, now)}` +
    ` flags=${flagLetters(c)} db=${c.db.id} sub=${pubsub.channels.joinedBy(c)}` +
    ` psub=${pubsub.patterns.joinedBy(c)} ssub=${pubsub.shardChannels.joinedBy(c)}` +
    ` multi=${c.queue === null ? -1 : c.queue.length} watch=${watchedKeys(c)}` +
    ` qbuf=${queryBytes(c)} qbuf-free=${parser.room}` +
    ` argv-mem=${argvBytes} multi-mem=${transactionBytes(c)}` +
    ` rbs=${writer.bufferSize} rbp=${writer.bufferPeak}` +
    ` obl=${waiting === 0 ? writer.size : 0} oll=${waiting === 0 ? 0 : 1} omem=${waiting}` +
    ` tot-mem=${clientMemory(c)} events=${link.unsent === 0 ? 'r' : 'rw'}` +
    ` cmd=${c.command === null ? 'NULL' : c.command.spec.name} user=${c.user.name}` +
    ` redir=${c.tracking === null ? -1 : c.tracking.redirect} resp=${writer.resp3 ? 3 : 2}` +
    ` lib-name=${shown(c.libraryName)} lib-ver=${shown(c.libraryVersion)} io-thread=0`
  );
}

/** Bytes of memory that a client takes, all told. */
export function clientMemory(c: Client): number {
  const { held, size } = c.writer;
  const said = Math.max(held, size);
  const asked = requestMemory(c);
  return (
    CONNECTION_BYTES +
    c.parser.held +
    asked +
    transactionBytes(c) +
    (c.queue?.length ?? 0) * QUEUED_BYTES +
    c.watched.length * WATCHED_BYTES +
    (c.tracking?.prefixes.size ?? 0) * SUBSCRIPTION_BYTES +
    c.subscriptions * SUBSCRIPTION_BYTES +
    (said > BufferPool.SIZE ? said : 0) + // One of the pool is lent for a moment only.
    c.link.unsent
  );
}

/** The words of its request, while that runs; they stay behind, which counts if they are large. */
function requestMemory(c: Client): number {
  if (c.queue !== null && c.queue.length !== 0) return 0; // Counted with the queue.
  const bytes = byteLength(c.argv);
  return c.server.current === c || bytes > LITTLE ? bytes : 0;
}

/** What CLIENT LIST and CLIENT KILL tell clients apart by. */
export type ClientType = 'normal' | 'master' | 'replica' | 'pubsub';

/** The type that a word means; throws if there is none of that name. */
export function clientTypeNamed(word: string): ClientType {
  switch (word.toLowerCase()) {
    case 'normal':
      return 'normal';
    case 'master':
      return 'master';
    case 'slave':
    case 'replica':
      return 'replica';
    case 'pubsub':
      return 'pubsub';
    default:
      throw quoting("Unknown client type '", word, "'");
  }
}

/** Which type a client is of. */
export function clientType(c: Client): ClientType {
  // Redis: a monitor counts as normal.
  if (c.repeats) return 'master';
  if (c.isReplica) return 'replica';
  return c.subscriptions !== 0 ? 'pubsub' : 'normal';
}

/** How long ago a client came, in seconds. */
export function ageSeconds(c: Client): number {
  return secondsBetween(c.connectedMs, c.server.clock.ms);
}

function flagLetters(c: Client): string {
  let letters = '';
  if (c.monitors) letters += 'O';
  else if (c.isReplica) letters += 'S';
  if (c.repeats) letters += 'M';
  if (c.subscriptions !== 0) letters += 'P';
  if (c.queue !== null || c.inExec) letters += 'x';
  if (c.waits !== RUNNING) letters += 'b';
  if (c.tracking !== null) letters += trackingLetters(c.tracking);
  if (c.readonly) letters += 'r';
  if (c.watchFailed) letters += 'd';
  if (c.closing) letters += 'c';
  if (c.link.transport === 'unix') letters += 'U';
  if (c.noEvict) letters += 'e';
  if (c.noTouch) letters += 'T';
  if (c.isReplica && c.replica?.isChannel) letters += 'C';
  return letters === '' ? 'N' : letters;
}

function trackingLetters(tracking: Tracking): string {
  return `t${tracking.broken ? 'R' : ''}${tracking.bcast ? 'B' : ''}`;
}

/** A name as far as it is shown: to its first NUL. */
function shown(name: string): string {
  const end = name.indexOf('\0');
  return end < 0 ? name : name.slice(0, end);
}

function watchedKeys(c: Client): number {
  // Redis: one key that changed is enough, so the others are not watched any longer.
  return c.watchFailed ? 0 : c.watched.length;
}

/** Redis's age in seconds: full seconds of the Unix time, one minus the other. */
function secondsBetween(thenMs: number, nowMs: number): number {
  return Math.floor(nowMs / 1000) - Math.floor(thenMs / 1000);
}

/** Bytes received and not done with. The request that runs is among them, one that waits is not. */
function queryBytes(c: Client): number {
  const { parser, server } = c;
  return parser.pending + (server.current === c ? requestBytes(c.argv) : 0);
}

/** How long a request was on the wire. */
function requestBytes(argv: readonly string[]): number {
  let bytes = 3 + String(argv.length).length;
  for (const word of argv) bytes += 5 + String(word.length).length + word.length;
  return bytes;
}

function transactionBytes(c: Client): number {
  let bytes = c.queuedBytes;
  for (const { key } of c.watched) bytes += key.length;
  return bytes;
}

function byteLength(argv: readonly string[]): number {
  let bytes = 0;
  for (const word of argv) bytes += word.length;
  return bytes;
}
