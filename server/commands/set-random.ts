// Members that chance chooses.

import { SET } from '../../datatypes/collection.ts';
import type { MemberSet } from '../../datatypes/set.ts';
import { MUST_BE_POSITIVE, NOT_AN_INTEGER, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { limitOutput } from '../output-limit.ts';
import { integer } from '../string-value.ts';

const SMALLEST = -9223372036854775807n;
const TOO_SMALL = new ReplyError(
  `ERR value is out of range, value must between ${SMALLEST} and ${-SMALLEST}`,
);
const BATCH = 1024; // Redis: members that are passed on as one removal.
const GLANCE = 1024; // Members between two looks at how much waits to be sent.

/** SPOP key [count] */
export function spop(c: Client): void {
  const { argv, db } = c;
  if (argv.length > 3) throw SYNTAX;
  if (argv.length === 3) return popSome(c);
  const key = argv[1];
  const set = db.writeKind(key, SET) as MemberSet | undefined;
  if (set === undefined) return c.reply.null();
  const i = c.server.random.below(set.size);
  const member = set.at(i);
  set.removeAt(i);
  const { size } = set;
  if (size === 0) db.drop(key);
  db.changed(key, 'spop');
  if (size === 0) db.changed(key, 'del', 0);
  if (c.server.propagation.active) c.instead = [['SREM', key, member]];
  c.reply.bulk(member);
}

function popSome(c: Client): void {
  const { db, reply } = c;
  const key = c.argv[1];
  const count = integer(c.argv[2], MUST_BE_POSITIVE);
  if (count < 0) throw MUST_BE_POSITIVE;
  const set = db.writeKind(key, SET) as MemberSet | undefined;
  if (set === undefined || count === 0) return reply.set(0);
  const { size } = set;
  if (count >= size) {
    db.read(key); // Redis: what is popped as a whole counts as found once more.
    db.drop(key);
    db.changed(key, 'spop', size);
    db.changed(key, 'del', 0);
    if (c.server.propagation.active) c.instead = [removal(c, key)];
    return replyAll(c, set);
  }
  const popped = set.pop(count, c.server.random, c.server.config.values);
  db.changed(key, 'spop', count);
  if (c.server.propagation.active) c.instead = removals(key, popped);
  reply.set(count);
  for (const member of popped) reply.bulk(member);
}

function removal(c: Client, key: string): string[] {
  return [c.server.config.values['lazyfree-lazy-server-del'] ? 'UNLINK' : 'DEL', key];
}

function removals(key: string, members: readonly string[]): string[][] {
  const commands: string[][] = [];
  for (let i = 0; i < members.length; i += BATCH) {
    commands.push(['SREM', key, ...members.slice(i, i + BATCH)]);
  }
  return commands;
}

function replyAll(c: Client, set: MemberSet): void {
  c.reply.set(set.size);
  for (let i = 0; i < set.size; i++) c.reply.bulk(set.at(i));
}

/** SRANDMEMBER key [count] */
export function srandmember(c: Client): void {
  const { argv, reply } = c;
  if (argv.length > 3) throw SYNTAX;
  if (argv.length === 2) {
    const set = c.db.readKind(argv[1], SET) as MemberSet | undefined;
    if (set === undefined) return reply.null();
    return reply.bulk(set.at(c.server.random.below(set.size)));
  }
  const count = countOf(argv[2]);
  const set = c.db.readKind(argv[1], SET) as MemberSet | undefined;
  if (set === undefined || count === 0) return reply.array(0);
  if (count < 0) return replyWithRepeats(c, set, -count);
  const members = set.sample(Math.min(count, set.size), c.server.random);
  reply.array(members.length);
  for (const member of members) reply.bulk(member);
}

/** How many members are wanted: all different, or if it is negative, with repeats. */
function countOf(bytes: string): number {
  const n = parseSafeInt(bytes);
  if (n === n) return n;
  const large = parseInt64(bytes);
  if (large === undefined) throw NOT_AN_INTEGER;
  if (large < SMALLEST) throw TOO_SMALL;
  return integer(bytes);
}

function replyWithRepeats(c: Client, set: MemberSet, count: number): void {
  const { random } = c.server;
  c.reply.array(count);
  for (let n = 1; n <= count; n++) {
    c.reply.bulk(set.at(random.below(set.size)));
    // Redis: whoever asks for more than a client may have waiting for it is cut off meanwhile.
    if (n % GLANCE === 0 && limitOutput(c)) return;
  }
}
