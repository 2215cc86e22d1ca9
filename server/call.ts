// What happens around a command.
//
// request() takes one request from a client through the gates, each of which may refuse
// it, in Redis's order (clients can tell: the first gate that is shut gives the error).
// call() then runs the handler and does what must follow: the error reply if it threw,
// passing the change on, counting, the slow log, the latency monitor, MONITOR.
//
//   exists? -> arity -> allowed at all? -> AUTH -> ACL -> our slot? -> memory -> disk, replicas
//     -> a listener? -> stale, loading, busy? -> in MULTI? -> paused? -> queue or call

import {
  BUSY_FUNCTION,
  BUSY_SCRIPT,
  LOADING_DATA,
  MASTER_DOWN,
  NO_AUTH,
  NO_REPLICAS,
  NOT_IN_TRANSACTION,
  READ_ONLY,
  REPLICA_TOUCHES_KEYS,
  OUT_OF_MEMORY,
  ReplyError,
  execAbort,
  notAllowed,
  onlyListening,
  unknownCommand,
  unknownSubcommand,
  wrongArity,
} from '../protocol/errors.ts';
import * as flag from '../protocol/command-spec.ts';
import type { Client } from './client.ts';
import {
  PAUSED,
  REPLY_OFF,
  REPLY_ON,
  REPLY_SKIP,
  REPLY_SKIP_NEXT,
  RUNNING,
} from './client-state.ts';
import { misrouted } from './cluster-route.ts';
import type { Command } from './command-table.ts';
import { leaveMulti, queueUp, unwatchAll } from './multi.ts';
import type { Loading } from './loading.ts';
import { PAUSE_ALL } from './pause.ts';
import { tellHeld } from './push.ts';
import { flagsOf } from './script-gates.ts';
import { declaresNeed } from './script-arguments.ts';
import type { Server } from './server.ts';
import { runTimeless } from './timeless.ts';
import { oddSubcommand, unknownBefore7 } from './versions/old-errors.ts';

/** Carries out the request in c.argv, or refuses it: one reply, unless the client now waits. */
export function request(c: Client): void {
  const server = c.server;
  if (server.seam?.takes(c)) return;
  const argv = c.argv;
  // Requests come in runs of the same command, and their names are the same string then.
  if (argv[0] !== c.lastWord) {
    c.lastWord = argv[0];
    c.lastNamed = server.commands.find(argv[0]);
  }
  const named = c.lastNamed;
  const command =
    named === undefined || named.subcommands === null ? named : subcommand(named, argv);
  c.command = command ?? null;
  if (command === undefined) {
    if (isHttp(argv[0])) return hangUp(c);
    return refuse(c, null, unknown(c, named, argv));
  }
  if (!command.spec.accepts(argv.length)) return refuse(c, command, badArity(c, command, argv));
  if (command.flags & flag.PROTECTED && !server.allowsProtected(c, command)) {
    return refuse(c, command, notAllowed(command.spec.name));
  }
  if (!c.authenticated && server.needsAuth && !(command.flags & flag.NO_AUTH)) {
    return refuse(c, command, NO_AUTH);
  }
  if (command.flags & flag.NO_MULTI && c.queue !== null) {
    return refuse(c, command, NOT_IN_TRANSACTION);
  }
  if (!c.user.unrestricted) {
    const problem = server.acl.refusal(c, command.spec, argv);
    if (problem !== null) return refuse(c, command, problem);
  }
  if (server.minding && !c.repeats) {
    const problem = minded(c, command);
    if (problem !== null) return sendOn(c, command, problem);
  }
  if (server.limited && !makeRoom(c, command)) return;
  if (server.tracking.active) server.tracking.limit(c);

  const obstacle = obstacleTo(c, command);
  if (obstacle !== null) return refuse(c, command, obstacle);
  if (c.queue !== null) {
    if (server.paused !== null && mustWait(c, command)) return wait(c);
    if (server.migrations.active && server.migrations.holds(c, command)) return;
    if (!endsQueueing(command)) {
      // What EXEC will not run is not kept.
      if (!c.queueFailed && !c.watchFailed) queueUp(c, command);
      const start = c.reply.mark();
      c.reply.status('QUEUED');
      return replied(c, start);
    }
  } else if (server.paused !== null && mustWait(c, command)) {
    return wait(c);
  } else if (server.migrations.active && server.migrations.holds(c, command)) {
    return;
  }
  call(c, command);
  if (server.propagation.active) passOn(c, command);
  server.blocking.serve();
}

/** Why the state that the server is in, or the client, forbids a command; or null. */
function obstacleTo(c: Client, command: Command): ReplyError | null {
  const { server } = c;
  if (server.troubled && (has(c, command, flag.WRITE) || command.spec.name === 'ping')) {
    const problem = server.writeProblem;
    if (problem !== null) return problem;
  }
  if (server.lacksReplicas && has(c, command, flag.WRITE)) return NO_REPLICAS;
  if (server.isFollowing && server.following.readOnly && has(c, command, flag.WRITE)) {
    return READ_ONLY;
  }
  if (c.subscriptions !== 0 && !c.reply.resp3 && !LISTENER_MAY.has(command.spec.name)) {
    return onlyListening(command.spec.name);
  }
  if (server.isFollowing && server.following.isStale && hasNot(c, command, flag.STALE)) {
    return MASTER_DOWN;
  }
  if (server.loading !== null && mustNotSee(c, command, server.loading)) return LOADING_DATA;
  if (server.busyScript !== null && !(command.flags & flag.ALLOW_BUSY)) {
    return server.busyScript.isEval ? BUSY_SCRIPT : BUSY_FUNCTION;
  }
  const touches = flag.READONLY | flag.WRITE | flag.MAY_REPLICATE;
  if ((c.replica !== null || c.monitors) && isReplica(c) && command.flags & touches) {
    return REPLICA_TOUCHES_KEYS;
  }
  return null;
}

/** Sees to it that there is memory for a command; false if it must not run. */
function makeRoom(c: Client, command: Command): boolean {
  const { clientMemory, eviction } = c.server;
  if (clientMemory.isLimited) {
    clientMemory.weigh(c);
    if (clientMemory.isOver) clientMemory.evict();
    if (c.closed) return false;
  }
  if (!eviction.active || c.server.busyScript !== null) return true;
  eviction.before();
  if (!eviction.short) return true;
  const ending = command.spec.name === 'exec' && c.queue !== null;
  const needs = ending
    ? c.queue!.some((queued) => needsMemory(c.server, queued.command, queued.argv))
    : needsMemory(c.server, command, c.argv);
  if (!needs) return true;
  refuse(c, command, OUT_OF_MEMORY);
  return false;
}

/** Whether a request may need memory; of scripts, what they say of themselves is what counts. */
function needsMemory(server: Server, { spec, flags }: Command, argv: readonly string[]): boolean {
  if (spec.group === 'scripting' && /^(eval|fcall)/.test(spec.name)) {
    return declaresNeed(server, spec.name, argv);
  }
  return (flags & flag.DENYOOM) !== 0;
}

/** Ends the unit of what a command led to. */
export function passOn(c: Client, { flags }: Command): void {
  const { propagation } = c.server;
  const before = propagation.offset;
  // Redis: of keys that SCAN and its like find expired, one has nothing to do with another.
  propagation.flush((flags & flag.TOUCHES_ARBITRARY_KEYS) !== 0);
  if (propagation.offset !== before) c.wroteOffset = propagation.offset;
}

/** Runs a command that passed the gates, and what must follow it. */
export function call(c: Client, command: Command): void {
  const server = c.server;
  const reply = c.reply;
  const start = reply.mark();
  const caller = server.current;
  server.current = c;
  server.noTouch = c.noTouch && command.spec.name !== 'touch';
  const again = c.block !== null;
  const { db } = c;
  const dirty = server.dirty;
  c.instead = null;
  c.running = command;
  const startMs = server.stopwatchMs();
  let failed = false;
  try {
    if (c.repeats) runTimeless(c, command);
    else command.run(c);
  } catch (problem) {
    if (!(problem instanceof ReplyError)) throw problem;
    reply.rewind(start);
    reply.error(problem.line);
    server.stats.countError(problem.code);
    if (c.repeats) server.following.erred(problem, command.spec.name);
    failed = true;
  }
  server.current = caller;
  if (server.propagation.active && command.spec.name !== 'exec') {
    if (server.dirty !== dirty || c.instead !== null) server.propagation.ran(c, db);
  }
  // A command that had to wait is told to monitors once, and counted when it is done.
  if (c.waits === RUNNING) server.ran(c, command, startMs, failed);
  if (!again && server.monitors.size !== 0 && !(command.flags & (flag.SKIP_MONITOR | flag.ADMIN))) {
    server.feedMonitors(c, c.argv);
  }
  if ((c.replyMode !== REPLY_ON || server.seam !== null) && !c.inExec && c.waits === RUNNING) {
    replied(c, start);
  }
  if (server.held.length !== 0 && !c.inExec) tellHeld(c);
  if (server.tracking.active) server.tracking.ran(c, command);
}

/** The same for a client that waited, and whose rights may have changed meanwhile. */
export function callAgain(c: Client, command: Command): void {
  const problem = c.user.unrestricted ? null : c.server.acl.refusal(c, command.spec, c.argv);
  if (problem === null) call(c, command);
  else refuse(c, command, problem);
}

/** Lets a client that waited have its reply: what `reply` writes, or the error that it throws. */
export function answer(c: Client, reply: () => void): void {
  const start = c.reply.mark();
  try {
    reply();
  } catch (problem) {
    if (!(problem instanceof ReplyError)) throw problem;
    c.reply.rewind(start);
    c.reply.error(problem.line);
    c.server.stats.countError(problem.code);
  }
  replied(c, start);
}

/** Answers a request that a gate stopped. A transaction that it was meant for will not run. */
export function refuse(c: Client, command: Command | null, problem: ReplyError): void {
  const start = c.reply.mark();
  if (command !== null) command.rejected++;
  if (c.queue !== null) c.queueFailed = true;
  if (command !== null && command.spec.name === 'exec') {
    leaveMulti(c);
    unwatchAll(c);
    problem = execAbort(problem);
  }
  c.server.stats.countError(problem.code);
  c.reply.error(problem.line);
  replied(c, start);
}

/** Looks at the slots of a request's keys; why it is not for this node of a cluster, or null. */
function minded(c: Client, command: Command): ReplyError | null {
  if (c.server.cluster !== null) return misrouted(c, command);
  c.server.compatibility.look(c, command);
  return null;
}

/** Answers a request that another node of the cluster is for. Redis: EXEC says it the same way. */
function sendOn(c: Client, command: Command, problem: ReplyError): void {
  if (command.spec.name !== 'exec') return refuse(c, command, problem);
  command.rejected++;
  leaveMulti(c);
  unwatchAll(c);
  refuse(c, null, problem);
}

function subcommand(container: Command, argv: readonly string[]): Command | undefined {
  if (argv.length === 1) return container;
  return container.subcommands!.get(argv[1].toLowerCase());
}

function badArity({ server }: Client, { spec }: Command, argv: readonly string[]): ReplyError {
  if (spec.parent !== null && !server.version.has('7.0')) return oddSubcommand(argv);
  return wrongArity(spec.name);
}

function unknown(
  { server }: Client,
  container: Command | undefined,
  argv: readonly string[],
): ReplyError {
  if (!server.version.has('7.0')) {
    return container === undefined ? unknownBefore7(argv) : oddSubcommand(argv);
  }
  if (container === undefined) return unknownCommand(argv);
  return unknownSubcommand(argv[0], argv[1]);
}

// Redis: a web page can make a browser send a form to this port. Its headers come first, and are
// no commands; these two words give it away before its body is taken for one.
function isHttp(word: string): boolean {
  const name = word.toLowerCase();
  return name === 'post' || name === 'host:';
}

function hangUp(c: Client): void {
  c.server.tellAttack(c.link.address);
  c.close();
}

/** What a client may call that listens in RESP2: a reply must not be taken for a message. */
const LISTENER_MAY = new Set([
  ...['subscribe', 'psubscribe', 'ssubscribe'],
  ...['unsubscribe', 'punsubscribe', 'sunsubscribe'],
  ...['ping', 'quit', 'reset'],
]);

/** While a transaction is queued, these few run at once. */
export function endsQueueing(command: Command): boolean {
  switch (command.spec.name) {
    case 'exec':
    case 'discard':
    case 'multi':
    case 'watch':
    case 'quit':
    case 'reset':
      return true;
    default:
      return false;
  }
}

/** Whether a client is a replica; to Redis, a monitor is a kind of those. */
function isReplica(c: Client): boolean {
  return c.monitors || c.isReplica;
}

function mustWait(c: Client, command: Command): boolean {
  if (isReplica(c)) return false; // Redis: those never wait.
  if (command.flags & flag.CONTROL) return false;
  if (c.server.paused!.what === PAUSE_ALL) return true;
  return has(c, command, flag.WRITE | flag.MAY_REPLICATE);
}

/** Whether a command has one of these flags; EXEC has what its queue has. */
function has(c: Client, command: Command, flags: number): boolean {
  if (flagsOf(c, command) & flags) return true;
  if (command.spec.name !== 'exec' || c.queue === null) return false;
  return c.queue.some((queued) => queued.flags & flags);
}

/** Whether a command lacks a flag; EXEC lacks what one of its queue does. */
function hasNot(c: Client, command: Command, wanted: number): boolean {
  if (!(flagsOf(c, command) & wanted)) return true;
  if (command.spec.name !== 'exec' || c.queue === null) return false;
  return c.queue.some((queued) => !(queued.flags & wanted));
}

/** Whether a command has to wait until all is loaded. */
function mustNotSee(c: Client, command: Command, { isAside }: Loading): boolean {
  return isAside ? has(c, command, flag.NO_ASYNC_LOADING) : hasNot(c, command, flag.LOADING);
}

function wait(c: Client): void {
  c.waits = PAUSED;
  c.server.paused!.waiting.push(c);
}

/** A request has its reply, from `start` on. CLIENT REPLY: it is forgotten if it is not wanted. */
export function replied(c: Client, start: number): void {
  if (c.server.seam?.answered(c, start)) return;
  switch (c.replyMode) {
    case REPLY_OFF:
      return c.reply.rewind(start);
    case REPLY_SKIP_NEXT:
      c.replyMode = REPLY_SKIP;
      return;
    case REPLY_SKIP:
      c.replyMode = REPLY_ON;
      return c.reply.rewind(start);
  }
}
