// XINFO about consumer groups.

import { type Group, NEVER, UNKNOWN, inOrder } from '../../datatypes/stream-group.ts';
import type { Stream } from '../../datatypes/stream.ts';
import { MIN_ID, printId } from '../../datatypes/stream-id.ts';
import { NO_SUCH_KEY, noGroupOf } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { readForGroups, replyInteger, replyLag } from './stream-group-value.ts';

function mustRead(c: Client): Stream {
  const stream = readForGroups(c, c.argv[2]);
  if (stream === undefined) throw NO_SUCH_KEY;
  return stream;
}

/** XINFO CONSUMERS key group */
export function xinfoConsumers(c: Client): void {
  const { reply } = c;
  const [, , key, name] = c.argv;
  const group = mustRead(c).groups?.get(name);
  if (group === undefined) throw noGroupOf(name, key);
  const nowMs = c.server.clock.ms;
  reply.array(group.consumers.size);
  for (const consumer of group.consumersInOrder()) {
    const { activeMs } = consumer;
    reply.map(4);
    reply.bulk('name');
    reply.bulk(consumer.name);
    reply.bulk('pending');
    reply.int(consumer.pending.size);
    reply.bulk('idle');
    reply.int(Math.max(0, nowMs - consumer.seenMs));
    reply.bulk('inactive');
    reply.int(activeMs === NEVER ? NEVER : nowMs - activeMs);
  }
}

/** XINFO GROUPS key */
export function xinfoGroups(c: Client): void {
  const { reply } = c;
  const stream = mustRead(c);
  const groups = stream.groups === null ? [] : inOrder(stream.groups);
  reply.array(groups.length);
  for (const group of groups) {
    reply.map(6);
    reply.bulk('name');
    reply.bulk(group.name);
    reply.bulk('consumers');
    reply.int(group.consumers.size);
    reply.bulk('pending');
    reply.int(group.pending.size);
    replyProgress(c, stream, group);
  }
}

/** How far a group has come: three fields. */
function replyProgress(c: Client, stream: Stream, group: Group): void {
  const { reply } = c;
  reply.bulk('last-delivered-id');
  reply.bulk(printId(group.lastId));
  reply.bulk('entries-read');
  if (group.entriesRead === UNKNOWN) reply.null();
  else replyInteger(c, group.entriesRead);
  reply.bulk('lag');
  replyLag(c, stream, group);
}

/** The groups of a stream as XINFO STREAM FULL has them, with `most` pending entries (0 is all). */
export function replyGroups(c: Client, stream: Stream, most: number): void {
  const groups = stream.groups === null ? [] : inOrder(stream.groups);
  c.reply.array(groups.length);
  for (const group of groups) {
    c.reply.map(7);
    c.reply.bulk('name');
    c.reply.bulk(group.name);
    replyProgress(c, stream, group);
    replyPending(c, group.pending, most, true);
    replyConsumers(c, group, most);
  }
}

function replyConsumers(c: Client, group: Group, most: number): void {
  const { reply } = c;
  reply.bulk('consumers');
  reply.array(group.consumers.size);
  for (const { name, seenMs, activeMs, pending } of group.consumersInOrder()) {
    reply.map(5);
    reply.bulk('name');
    reply.bulk(name);
    reply.bulk('seen-time');
    reply.int(seenMs);
    reply.bulk('active-time');
    reply.int(activeMs);
    replyPending(c, pending, most, false);
  }
}

/** How many are pending, and the first of them: two fields. */
function replyPending(c: Client, pending: Group['pending'], most: number, named: boolean): void {
  const { reply } = c;
  reply.bulk('pel-count');
  reply.int(pending.size);
  reply.bulk('pending');
  const told = most === 0 ? pending.size : Math.min(most, pending.size);
  reply.array(told);
  pending.seek(MIN_ID);
  for (let i = 0; i < told; i++) {
    const entry = pending.next()!;
    reply.array(named ? 4 : 3);
    reply.bulk(printId(entry.id));
    if (named) reply.bulk(entry.owner.name);
    reply.int(entry.deliveredMs);
    replyInteger(c, entry.deliveries);
  }
}
