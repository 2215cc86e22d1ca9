// List commands that wait for an element, if there is none to take. How a client waits is
// told in server/blocking.ts; to the commands here it only means to be called again.

import { LIST } from '../../datatypes/collection.ts';
import type { List } from '../../datatypes/list.ts';
import type { Client } from '../client.ts';
import { timeoutMs } from '../timeout.ts';
import { isHead, move, multiplePop, popFirst, removed } from './list-moves.ts';

/** BLPOP key [key ...] timeout */
export function blpop(c: Client): void {
  pop(c, true);
}

/** BRPOP key [key ...] timeout */
export function brpop(c: Client): void {
  pop(c, false);
}

function pop(c: Client, atHead: boolean): void {
  const { argv, reply } = c;
  const last = argv.length - 1;
  const ms = timeoutMs(c, argv[last]);
  for (let i = 1; i < last; i++) {
    const list = c.db.writeKind(argv[i], LIST) as List | undefined;
    if (list === undefined) continue;
    reply.array(2);
    reply.bulk(argv[i]);
    list.popTo(reply, atHead);
    removed(c, argv[i], list, atHead ? 'lpop' : 'rpop', 1);
    if (c.server.propagation.active) c.instead = [[atHead ? 'LPOP' : 'RPOP', argv[i]]];
    return;
  }
  wait(c, argv.slice(1, last), ms);
}

/** BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count] */
export function blmpop(c: Client): void {
  const request = multiplePop(c.argv, 2);
  const ms = timeoutMs(c, c.argv[1]);
  if (!popFirst(c, request)) wait(c, request.keys, ms);
}

/** BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout */
export function blmove(c: Client): void {
  const { argv } = c;
  const fromHead = isHead(argv[3]);
  const toHead = isHead(argv[4]);
  moveOrWait(c, fromHead, toHead, timeoutMs(c, argv[5]));
}

/** BRPOPLPUSH source destination timeout */
export function brpoplpush(c: Client): void {
  moveOrWait(c, false, true, timeoutMs(c, c.argv[3]));
}

function moveOrWait(c: Client, fromHead: boolean, toHead: boolean, ms: number): void {
  const { argv } = c;
  if (c.db.writeKind(argv[1], LIST) !== undefined) {
    move(c, fromHead, toHead);
    if (c.server.propagation.active) {
      const name = argv.length === 4 ? 'RPOPLPUSH' : 'LMOVE';
      c.instead = [[name, ...argv.slice(1, -1)]]; // Without the timeout.
    }
    return;
  }
  // Redis: in a transaction it is an element that is missing; after a wait, an array.
  if (c.inExec) c.reply.null();
  else c.server.blocking.block(c, [argv[1]], LIST, ms, nothing);
}

function wait(c: Client, keys: readonly string[], ms: number): void {
  if (c.inExec) nothing(c);
  else c.server.blocking.block(c, keys, LIST, ms, nothing);
}

function nothing(c: Client): void {
  c.reply.nullArray();
}
