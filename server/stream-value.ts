// Streams as commands find them, and entries as commands tell them.

import { STREAM } from '../datatypes/collection.ts';
import type { Stream } from '../datatypes/stream.ts';
import type { StreamCursor } from '../datatypes/stream-cursor.ts';
import { parseId } from '../datatypes/stream-id.ts';
import { BAD_STREAM_ID } from '../protocol/errors.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Client } from './client.ts';

/** The stream at a key, for a command that only looks, or undefined. */
export function readStream(c: Client, key: string): Stream | undefined {
  return c.db.readKind(key, STREAM) as Stream | undefined;
}

/** The stream at a key, for a command that may change it, or undefined. */
export function writeStream(c: Client, key: string): Stream | undefined {
  return c.db.writeKind(key, STREAM) as Stream | undefined;
}

/** An ID of a request, `ms` or `ms-seq`; throws if it is none. */
export function strictId(text: string, highest = false): string {
  const id = parseId(text, highest);
  if (id === null) throw BAD_STREAM_ID;
  return id;
}

/**
 * Tells an array of the entries with IDs in [from, to], or of the first so many if count is not 0;
 * in reverse, of the last ones, the newest first.
 */
export function replyRange(
  reply: Reply,
  stream: Stream,
  from: string,
  to: string,
  count: number,
  reverse: boolean,
): void {
  const cursor = stream.cursor(from, to, reverse);
  if (cursor.advance()) replyOn(reply, cursor, count);
  else reply.array(0);
}

/** The same from the entry on at which a cursor stands. */
export function replyOn(reply: Reply, cursor: StreamCursor, count: number): void {
  const mark = reply.beginArray();
  let emitted = 0;
  do {
    cursor.emit(reply);
    emitted++;
  } while (emitted !== count && cursor.advance());
  reply.endArray(mark, emitted);
}
