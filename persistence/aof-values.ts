// Values as commands that make them: an append-only file that is rewritten without an RDB file at
// its front. Large collections take several commands, so that none is of any length.

import { Hash } from '../datatypes/hash.ts';
import { List } from '../datatypes/list.ts';
import { MemberSet } from '../datatypes/set.ts';
import { SortedSet } from '../datatypes/sorted-set.ts';
import { Stream } from '../datatypes/stream.ts';
import type { Consumer, Group } from '../datatypes/stream-group.ts';
import { MAX_ID, MIN_ID, printId } from '../datatypes/stream-id.ts';
import { Bytes } from '../datatypes/string.ts';
import type { AofOutput } from './aof-output.ts';
import type { RdbValue } from './rdb-values.ts';

const ITEMS = 64; // Redis: AOF_REWRITE_ITEMS_PER_CMD.

/** Writes the commands that give a key its value and, if it has one (not -1), its expiry. */
export function writeKey(
  out: AofOutput,
  key: string,
  value: RdbValue,
  whenMs: number | bigint,
): void {
  if (value instanceof List) writeList(out, key, value);
  else if (value instanceof MemberSet) writeSet(out, key, value);
  else if (value instanceof SortedSet) writeSortedSet(out, key, value);
  else if (value instanceof Hash) writeHash(out, key, value);
  else if (value instanceof Stream) writeStream(out, key, value);
  else writeString(out, key, value);
  if (whenMs === -1) return;
  out.begin(3);
  out.bulk('PEXPIREAT');
  out.bulk(key);
  out.bulkInt(whenMs);
}

function writeString(out: AofOutput, key: string, value: RdbValue): void {
  out.begin(3);
  out.bulk('SET');
  out.bulk(key);
  if (typeof value === 'string') out.bulk(value);
  else if (typeof value === 'number') out.bulkInt(value);
  else if (value instanceof Bytes) out.bulkBytes(value.buf, value.length);
  else throw new Error(`no command makes a ${value.encoding}`);
}

/** Begins one of the commands for `left` items more, each of so many arguments. */
function batch(out: AofOutput, name: string, key: string, left: number, width: number): void {
  out.begin(2 + Math.min(left, ITEMS) * width);
  out.bulk(name);
  out.bulk(key);
}

function writeList(out: AofOutput, key: string, list: List): void {
  let done = 0;
  list.walk((element) => {
    if (done % ITEMS === 0) batch(out, 'RPUSH', key, list.size - done, 1);
    out.bulk(element);
    done++;
    return false;
  });
}

function writeSet(out: AofOutput, key: string, set: MemberSet): void {
  for (let i = 0; i < set.size; i++) {
    if (i % ITEMS === 0) batch(out, 'SADD', key, set.size - i, 1);
    out.bulk(set.at(i));
  }
}

function writeSortedSet(out: AofOutput, key: string, set: SortedSet): void {
  let done = 0;
  set.walk(0, set.size, false, (member, score) => {
    if (done % ITEMS === 0) batch(out, 'ZADD', key, set.size - done, 2);
    out.bulkDouble(score);
    out.bulk(member);
    done++;
  });
}

/** Fields by the dozen; or one by one, each with its time, if any of them expires. */
function writeHash(out: AofOutput, key: string, hash: Hash): void {
  const { size } = hash;
  for (let i = 0; i < size; i++) {
    const field = hash.fieldAt(i);
    if (hash.timed > 0) batch(out, 'HMSET', key, 1, 2);
    else if (i % ITEMS === 0) batch(out, 'HMSET', key, size - i, 2);
    out.bulk(field);
    out.bulk(hash.valueAt(i));
    const whenMs = hash.expiryAt(i);
    if (whenMs === 0) continue;
    out.begin(6);
    out.bulk('HPEXPIREAT');
    out.bulk(key);
    out.bulkInt(whenMs);
    out.bulk('FIELDS');
    out.bulk('1');
    out.bulk(field);
  }
}

function writeStream(out: AofOutput, key: string, stream: Stream): void {
  if (stream.size === 0) {
    // An entry that goes at once leaves an empty stream.
    out.command(['XADD', key, 'MAXLEN', '0', '0-1', 'x', 'y']);
  }
  const cursor = stream.cursor(MIN_ID, MAX_ID, false);
  while (cursor.advance()) {
    const words = cursor.words();
    out.begin(3 + words.length);
    out.bulk('XADD');
    out.bulk(key);
    out.bulk(cursor.printedId);
    for (const word of words) out.bulk(word);
  }
  out.begin(7);
  out.bulk('XSETID');
  out.bulk(key);
  out.bulk(printId(stream.lastId));
  out.bulk('ENTRIESADDED');
  out.bulkInt(stream.entriesAdded);
  out.bulk('MAXDELETEDID');
  out.bulk(printId(stream.maxDeletedId));
  if (stream.groups === null) return;
  for (const name of [...stream.groups.keys()].sort()) {
    writeGroup(out, key, stream.groups.get(name)!);
  }
}

function writeGroup(out: AofOutput, key: string, group: Group): void {
  out.begin(7);
  out.bulk('XGROUP');
  out.bulk('CREATE');
  out.bulk(key);
  out.bulk(group.name);
  out.bulk(printId(group.lastId));
  out.bulk('ENTRIESREAD');
  out.bulkInt(group.entriesRead);
  for (const consumer of group.consumersInOrder()) {
    if (consumer.pending.size > 0) writePending(out, key, group, consumer);
    else out.command(['XGROUP', 'CREATECONSUMER', key, group.name, consumer.name]);
  }
}

function writePending(out: AofOutput, key: string, group: Group, consumer: Consumer): void {
  const { pending } = consumer;
  pending.seek('');
  for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
    out.begin(12);
    out.bulk('XCLAIM');
    out.bulk(key);
    out.bulk(group.name);
    out.bulk(consumer.name);
    out.bulk('0');
    out.bulk(printId(entry.id));
    out.bulk('TIME');
    out.bulkInt(entry.deliveredMs);
    out.bulk('RETRYCOUNT');
    out.bulkInt(entry.deliveries);
    out.bulk('JUSTID');
    out.bulk('FORCE');
  }
}
