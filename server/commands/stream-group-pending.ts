// XPENDING: what a group has handed out and nobody has acknowledged.

import type { Group } from '../../datatypes/stream-group.ts';
import { nextId, prevId, printId } from '../../datatypes/stream-id.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { integer } from '../string-value.ts';
import {
  looseId,
  mustHaveGroup,
  readForGroups,
  replyInteger,
  strictId,
} from './stream-group-value.ts';

const BAD_START = new ReplyError('ERR invalid start ID for the interval');
const BAD_END = new ReplyError('ERR invalid end ID for the interval');

// What was asked for, set by options().
let idleMs = 0;
let start = '';
let end = '';
let count = 0;
let consumerName: string | null = null;

function options(argv: readonly string[]): void {
  if (argv.length < 6 || argv.length > 9) throw SYNTAX;
  idleMs = 0;
  let at = 3;
  if (argv[at].toUpperCase() === 'IDLE') {
    idleMs = integer(argv[at + 1]);
    at += 2;
    if (argv.length < at + 3) throw SYNTAX;
  }
  count = integer(argv[at + 2]);
  start = startOf(argv[at]);
  end = endOf(argv[at + 1]);
  consumerName = argv.length > at + 3 ? argv[at + 3] : null;
}

/** The lowest ID of a range that begins so. */
export function startOf(text: string): string {
  if (!isExclusive(text)) return looseId(text);
  const id = nextId(strictId(text.slice(1)));
  if (id === null) throw BAD_START;
  return id;
}

function endOf(text: string): string {
  if (!isExclusive(text)) return looseId(text, true);
  const id = prevId(strictId(text.slice(1), true));
  if (id === null) throw BAD_END;
  return id;
}

function isExclusive(text: string): boolean {
  return text.length > 1 && text[0] === '(';
}

/** XPENDING key group [[IDLE min-idle-time] start end count [consumer]] */
export function xpending(c: Client): void {
  const { argv } = c;
  const [, key, name] = argv;
  if (argv.length > 3) options(argv);
  const group = mustHaveGroup(readForGroups(c, key), key, name);
  if (argv.length > 3) list(c, group);
  else summary(c, group);
}

/** How many there are, the first and the last ID, and which consumers have how many. */
function summary(c: Client, group: Group): void {
  const { reply } = c;
  const { first, last, size } = group.pending;
  reply.array(4);
  reply.int(size);
  if (first === undefined || last === undefined) {
    reply.null();
    reply.null();
    return reply.nullArray();
  }
  reply.bulk(printId(first.id));
  reply.bulk(printId(last.id));
  const busy = group.consumersInOrder().filter(({ pending }) => pending.size > 0);
  reply.array(busy.length);
  for (const { name, pending } of busy) {
    reply.array(2);
    reply.bulk(name);
    reply.bulkInt(pending.size);
  }
}

function list(c: Client, group: Group): void {
  const { reply } = c;
  const consumer = consumerName === null ? null : group.consumers.get(consumerName);
  if (consumer === undefined) return reply.array(0);
  const { pending } = consumer ?? group;
  const nowMs = c.server.clock.ms;
  const mark = reply.beginArray();
  let told = 0;
  pending.seek(start);
  while (told < count) {
    const entry = pending.next();
    if (entry === undefined || entry.id > end) break;
    const idle = nowMs - entry.deliveredMs;
    if (idleMs !== 0 && idle < idleMs) continue;
    reply.array(4);
    reply.bulk(printId(entry.id));
    reply.bulk(entry.owner.name);
    reply.int(Math.max(0, idle));
    replyInteger(c, entry.deliveries);
    told++;
  }
  reply.endArray(mark, told);
}
