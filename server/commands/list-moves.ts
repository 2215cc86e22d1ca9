// What the list commands have in common: taking elements, moving one, and what follows when
// elements have gone.

import { LIST } from '../../datatypes/collection.ts';
import { List } from '../../datatypes/list.ts';
import { isPackedInteger } from '../../datatypes/listpack.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { KeyEvent } from '../notify.ts';
import { integer } from '../string-value.ts';

const NUMKEYS_TOO_LOW = new ReplyError('ERR numkeys should be greater than 0');
const COUNT_TOO_LOW = new ReplyError('ERR count should be greater than 0');

/** Changes the encoding of a list if it has to, before elements of so many bytes come in. */
export function grow(c: Client, list: List, bytes: number, count: number): void {
  const { values } = c.server.config;
  list.grow(bytes, count, values['list-max-listpack-size'], values['list-compress-depth']);
}

/** Changes the encoding of a list if it may, after elements went. */
export function shrink(c: Client, list: List): void {
  list.shrink(c.server.config.values['list-max-listpack-size']);
}

/** What follows when elements of a list went: an event, and no key without elements. */
export function removed(c: Client, key: string, list: List, event: KeyEvent, count: number): void {
  if (list.size !== 0) {
    shrink(c, list);
    c.db.changed(key, event, count);
    return;
  }
  c.db.drop(key);
  c.db.changed(key, event, count);
  c.db.announce(key, 'del');
}

/** Takes up to `count` elements from one end and replies with them; returns how many. */
export function popFrom(
  c: Client,
  key: string,
  list: List,
  atHead: boolean,
  count: number,
): number {
  const { reply } = c;
  const taken = Math.min(count, list.size);
  reply.array(taken);
  if (atHead) list.range(0, taken, reply);
  else list.rangeBack(list.size - 1, taken, reply);
  list.removeRange(atHead ? 0 : list.size - taken, taken);
  removed(c, key, list, atHead ? 'lpop' : 'rpop', taken);
  return taken;
}

/** Which end of a list is meant: LEFT is the head. */
export function isHead(word: string): boolean {
  switch (word.toLowerCase()) {
    case 'left':
      return true;
    case 'right':
      return false;
    default:
      throw SYNTAX;
  }
}

/** LMOVE and its like: moves an element from the list at argv[1] to the one at argv[2]. */
export function move(c: Client, fromHead: boolean, toHead: boolean): void {
  const { argv, db, reply } = c;
  const source = db.writeKind(argv[1], LIST) as List | undefined;
  if (source === undefined) return reply.null();
  let target = db.writeKind(argv[2], LIST) as List | undefined;
  // Redis: what a quicklist holds as an integer comes out as one, and is taken to need no bytes.
  const counts = source.encoding === 'listpack';
  const element = fromHead ? source.popHead() : source.popTail();
  if (target === undefined) {
    target = new List();
    db.add(argv[2], target);
  }
  grow(c, target, counts || !isPackedInteger(element) ? element.length : 0, 1);
  const threshold = c.server.debug.packedThreshold;
  if (toHead) target.pushHead(element, threshold);
  else target.pushTail(element, threshold);
  db.changed(argv[2], toHead ? 'lpush' : 'rpush', 0);
  reply.bulk(element);
  removed(c, argv[1], source, fromHead ? 'lpop' : 'rpop', 1);
}

/** What LMPOP and BLMPOP are asked for. */
export type MultiplePop = {
  readonly keys: readonly string[];
  readonly atHead: boolean;
  readonly count: number;
};

/** Reads numkeys, at argv[at], and what follows it. */
export function multiplePop(argv: readonly string[], at: number): MultiplePop {
  const numkeys = integer(argv[at], NUMKEYS_TOO_LOW);
  if (numkeys < 1) throw NUMKEYS_TOO_LOW;
  const where = at + numkeys + 1;
  if (where >= argv.length) throw SYNTAX;
  const atHead = isHead(argv[where]);
  let count = -1;
  for (let i = where + 1; i < argv.length; i += 2) {
    if (count !== -1 || i + 1 === argv.length || argv[i].toLowerCase() !== 'count') throw SYNTAX;
    count = integer(argv[i + 1], COUNT_TOO_LOW);
    if (count < 1) throw COUNT_TOO_LOW;
  }
  return { keys: argv.slice(at + 1, where), atHead, count: count === -1 ? 1 : count };
}

/** Takes from the first list that there is, and replies; false, and no reply, if there is none. */
export function popFirst(c: Client, { keys, atHead, count }: MultiplePop): boolean {
  for (const key of keys) {
    const list = c.db.writeKind(key, LIST) as List | undefined;
    if (list === undefined) continue;
    c.reply.array(2);
    c.reply.bulk(key);
    const taken = popFrom(c, key, list, atHead, count);
    if (c.server.propagation.active) {
      c.instead = [[atHead ? 'LPOP' : 'RPOP', key, String(taken)]];
    }
    return true;
  }
  return false;
}
