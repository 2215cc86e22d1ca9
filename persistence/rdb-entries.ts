// RDB files for programs: an async iterator over the keys of a file, with their values as plain
// JavaScript.
//
//   for await (const entry of readRdb(createReadStream('dump.rdb'))) {
//     if (entry.type === 'hash') print(entry.key, entry.value.get('name'));
//   }
//
// One value is in memory at a time, and bytes are asked for as they are needed.

import { Hash } from '../datatypes/hash.ts';
import { List } from '../datatypes/list.ts';
import { MemberSet } from '../datatypes/set.ts';
import { SortedSet } from '../datatypes/sorted-set.ts';
import { Stream } from '../datatypes/stream.ts';
import type { Group } from '../datatypes/stream-group.ts';
import { MAX_ID, MIN_ID, printId } from '../datatypes/stream-id.ts';
import { Bytes } from '../datatypes/string.ts';
import { AUX, END, FUNCTIONS, KEY, MORE, RdbReader } from './rdb-reader.ts';
import type { RdbValue } from './rdb-values.ts';

/** An entry of a stream: its ID, and its fields and values in their order. */
export type StreamEntry<Text> = { id: string; fields: [Text, Text][] };

/** What a consumer was given and has not acknowledged. */
export type PendingEntry = { id: string; deliveredAt: number; deliveries: number };

export type StreamConsumer<Text> = {
  name: Text;
  seenAt: number;
  /** When it was given something last; null if never. */
  activeAt: number | null;
  pending: PendingEntry[];
};

export type StreamGroup<Text> = { name: Text; lastId: string; consumers: StreamConsumer<Text>[] };

export type StreamContents<Text> = {
  lastId: string;
  entries: StreamEntry<Text>[];
  groups: StreamGroup<Text>[];
};

/** What a key holds, by its type. */
export type RdbContents<Text> =
  | { type: 'string'; value: Text }
  | { type: 'list'; value: Text[] }
  | { type: 'set'; value: Text[] }
  /** From the lowest score to the highest. */
  | { type: 'zset'; value: { member: Text; score: number }[] }
  /** `expires` has the times (Unix ms) of those fields that expire by themselves. */
  | { type: 'hash'; value: Map<Text, Text>; expires: Map<Text, number> }
  | { type: 'stream'; value: StreamContents<Text> };

export type RdbEntry<Text> = RdbContents<Text> & {
  /** The number of the database. */
  db: number;
  key: Text;
  /** When the key expires (Unix ms), or null. */
  expiresAt: number | null;
  /** For how many seconds it was not used, and how often it was (0 to 255), if that is told. */
  idleSeconds: number | null;
  frequency: number | null;
};

/** How bytes become text; 'buffer' leaves them as they are. */
export type RdbEncoding = 'utf8' | 'latin1' | 'buffer';

type TextIn<Encoding> = Encoding extends 'buffer' ? Buffer : string;

export type ReadRdbOptions<Encoding extends RdbEncoding = RdbEncoding> = {
  /** UTF-8 unless told otherwise. */
  readonly encoding?: Encoding;
  /** Whether to compare the checksum; true unless told otherwise. */
  readonly checksum?: boolean;
  /** Is told each fact about the file, such as redis-ver or ctime. */
  readonly onFact?: (name: string, value: string) => void;
  /** Is told the code of each library of functions. */
  readonly onFunctions?: (code: string) => void;
};

type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

// How values are kept while they are read makes no difference here.
const limits = {
  'set-max-intset-entries': 512,
  'set-max-listpack-entries': 128,
  'set-max-listpack-value': 64,
  'zset-max-listpack-entries': 128,
  'zset-max-listpack-value': 64,
  'hash-max-listpack-entries': 128,
  'hash-max-listpack-value': 64,
  'list-max-listpack-size': -2,
  'list-compress-depth': 0,
};
const quarter = { next: () => 0.3 }; // Skip lists need chance for their speed only.

/**
 * The keys of an RDB file, in the order of the file; its bytes come from a stream or anything
 * else that gives chunks. Throws an RdbError if they are no such file, or not the whole of it.
 */
export function readRdb<Encoding extends RdbEncoding = 'utf8'>(
  source: Source,
  options: ReadRdbOptions<Encoding> = {},
): AsyncGenerator<RdbEntry<TextIn<Encoding>>, void, void> {
  const text = textOf(options.encoding ?? 'utf8') as ToText<TextIn<Encoding>>;
  return read(source, options, text);
}

async function* read<Text>(
  source: Source,
  options: ReadRdbOptions,
  text: ToText<Text>,
): AsyncGenerator<RdbEntry<Text>, void, void> {
  const make = { limits, seed: 0, chance: quarter };
  const reader = new RdbReader(make, { checksum: options.checksum ?? true });
  for await (const chunk of source) {
    // A copy, because whoever reads files may use its buffer again.
    reader.feed(Buffer.from(chunk));
    for (let what = reader.next(); what !== MORE; what = reader.next()) {
      if (what === END) return;
      if (what === KEY) yield entryOf(reader, text);
      else tell(reader, what, options);
    }
  }
  reader.finish();
  for (let what = reader.next(); what !== END; what = reader.next()) {
    if (what === KEY) yield entryOf(reader, text);
    else tell(reader, what, options);
  }
}

function tell(reader: RdbReader, what: number, options: ReadRdbOptions): void {
  if (what === AUX) options.onFact?.(reader.name, reader.text);
  else if (what === FUNCTIONS) options.onFunctions?.(reader.text);
}

type ToText<Text> = (bytes: string) => Text;

function textOf(encoding: RdbEncoding): ToText<string | Buffer> {
  if (encoding === 'latin1') return (bytes) => bytes;
  if (encoding === 'buffer') return (bytes) => Buffer.from(bytes, 'latin1');
  return (bytes) => Buffer.from(bytes, 'latin1').toString('utf8');
}

function entryOf<Text>(reader: RdbReader, text: ToText<Text>): RdbEntry<Text> {
  const { database, frequency, idleSeconds, key, value, whenMs } = reader;
  return {
    db: database,
    key: text(key),
    expiresAt: whenMs === -1 ? null : Number(whenMs),
    idleSeconds: idleSeconds < 0 ? null : idleSeconds,
    frequency: frequency < 0 ? null : frequency,
    ...contentsOf(value, text),
  };
}

function contentsOf<Text>(value: RdbValue, text: ToText<Text>): RdbContents<Text> {
  if (value instanceof List) {
    const elements: Text[] = [];
    for (let node = value.head; node !== null; node = node.next) {
      for (const element of node.elements()) elements.push(text(element));
    }
    return { type: 'list', value: elements };
  }
  if (value instanceof MemberSet) {
    return { type: 'set', value: Array.from({ length: value.size }, (_, i) => text(value.at(i))) };
  }
  if (value instanceof SortedSet) {
    const members: { member: Text; score: number }[] = [];
    value.walk(0, value.size, false, (member, score) => {
      members.push({ member: text(member), score });
    });
    return { type: 'zset', value: members };
  }
  if (value instanceof Hash) return hashOf(value, text);
  if (value instanceof Stream) return { type: 'stream', value: streamOf(value, text) };
  if (typeof value === 'object' && !(value instanceof Bytes)) {
    throw new Error(`no contents of a ${value.encoding}`);
  }
  return { type: 'string', value: text(String(value)) };
}

function hashOf<Text>(hash: Hash, text: ToText<Text>): RdbContents<Text> {
  const fields = new Map<Text, Text>();
  const expires = new Map<Text, number>();
  for (let i = 0; i < hash.size; i++) {
    const field = text(hash.fieldAt(i));
    fields.set(field, text(hash.valueAt(i)));
    if (hash.expiryAt(i) !== 0) expires.set(field, hash.expiryAt(i));
  }
  return { type: 'hash', value: fields, expires };
}

function streamOf<Text>(stream: Stream, text: ToText<Text>): StreamContents<Text> {
  const entries: StreamEntry<Text>[] = [];
  const cursor = stream.cursor(MIN_ID, MAX_ID, false);
  while (cursor.advance()) {
    const words = cursor.words();
    const fields: [Text, Text][] = [];
    for (let i = 0; i < words.length; i += 2) fields.push([text(words[i]), text(words[i + 1])]);
    entries.push({ id: cursor.printedId, fields });
  }
  const groups = [...(stream.groups?.values() ?? [])].map((group) => groupOf(group, text));
  return { lastId: printId(stream.lastId), entries, groups };
}

function groupOf<Text>(group: Group, text: ToText<Text>): StreamGroup<Text> {
  const consumers = group.consumersInOrder().map(({ name, seenMs, activeMs, pending }) => {
    const entries: PendingEntry[] = [];
    pending.seek('');
    for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
      const { deliveredMs, deliveries, id } = entry;
      entries.push({
        id: printId(id),
        deliveredAt: deliveredMs,
        deliveries: Number(deliveries),
      });
    }
    const activeAt = activeMs < 0 ? null : activeMs;
    return { name: text(name), seenAt: seenMs, activeAt, pending: entries };
  });
  return { name: text(group.name), lastId: printId(group.lastId), consumers };
}
