// Replies as values of JavaScript, both ways.
//
//   RESP                             read as                written from
//   simple string                    string                 status('...')
//   bulk string                      string (from UTF-8)    string, Buffer
//   integer                          number, bigint         whole number, bigint
//   double                           number                 any other number
//   null, "no array"                 null                   null
//   boolean, big number              boolean, bigint        boolean
//   array, push                      array                  array
//   map                              object, or Map         object, Map
//   set                              Set                    Set
//   error                            ReplyError             ReplyError
//
// Maps whose keys are all strings are plain objects, because that is what a test compares with. An
// attribute is left out. What is lost on the way, such as whether OK was a simple string, can be
// had from the bytes.

import { fromText } from '../../protocol/byte-string.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';

/** A word that is answered as a simple string, as most commands answer OK. */
export class Status {
  readonly word: string;

  constructor(word: string) {
    this.word = word;
  }
}

/** An answer that is a simple string: status('OK'). */
export function status(word: string): Status {
  return new Status(word);
}

/** A text, or bytes, as a byte string. */
export function toBytes(word: string | Uint8Array): string {
  return typeof word === 'string' ? fromText(word) : Buffer.from(word).latin1Slice();
}

/** A byte string as text; what is not UTF-8 is replaced as a TextDecoder would. */
export function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** A reply, and where in the bytes it ends. */
export type Read = { readonly value: unknown; readonly end: number };

/** Reads the reply that begins at `at`; null if not all of it is there. */
export function readReply(bytes: Buffer, at = 0): Read | null {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd < 0) return null;
  const line = bytes.latin1Slice(at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes[at]) {
    case 43 /* + */:
      return { value: toText(line), end };
    case 45 /* - */:
      return { value: new ReplyError(line), end };
    case 58 /* : */:
    case 40 /* ( */:
      return { value: integer(line), end };
    case 44 /* , */:
      return { value: double(line), end };
    case 35 /* # */:
      return { value: line === 't', end };
    case 95 /* _ */:
      return { value: null, end };
    case 36 /* $ */:
    case 33 /* ! */:
    case 61 /* = */:
      return readString(bytes, bytes[at], Number(line), end);
    default:
      return readMany(bytes, bytes[at], Number(line), end);
  }
}

function readString(bytes: Buffer, type: number, length: number, start: number): Read | null {
  if (length < 0) return { value: null, end: start };
  const end = start + length + 2;
  if (bytes.length < end) return null;
  if (type === 33) return { value: new ReplyError(bytes.latin1Slice(start, end - 2)), end };
  return { value: bytes.toString('utf8', type === 61 ? start + 4 : start, end - 2), end };
}

function readMany(bytes: Buffer, type: number, length: number, start: number): Read | null {
  if (length < 0) return { value: null, end: start };
  const pairs = type === 37 /* % */ || type === 124; /* | */
  const items: unknown[] = [];
  let end = start;
  for (let i = pairs ? length * 2 : length; i > 0; i--) {
    const item = readReply(bytes, end);
    if (item === null) return null;
    items.push(item.value);
    end = item.end;
  }
  if (type === 124) return readReply(bytes, end);
  if (pairs) return { value: paired(items), end };
  return { value: type === 126 /* ~ */ ? new Set(items) : items, end };
}

function paired(items: readonly unknown[]): unknown {
  const entries: [unknown, unknown][] = [];
  for (let i = 0; i < items.length; i += 2) entries.push([items[i], items[i + 1]]);
  if (entries.some(([key]) => typeof key !== 'string')) return new Map(entries);
  return Object.fromEntries(entries as [string, unknown][]);
}

function integer(digits: string): number | bigint {
  const n = Number(digits);
  return Number.isSafeInteger(n) ? n : BigInt(digits);
}

function double(digits: string): number {
  if (digits === 'inf') return Number.POSITIVE_INFINITY;
  return digits === '-inf' ? Number.NEGATIVE_INFINITY : Number(digits);
}

/** All replies that stand in some bytes; what is not a whole one at their end is left out. */
export function readReplies(bytes: Buffer): unknown[] {
  const values: unknown[] = [];
  let read = bytes.length === 0 ? null : readReply(bytes);
  while (read !== null) {
    values.push(read.value);
    read = read.end < bytes.length ? readReply(bytes, read.end) : null;
  }
  return values;
}

/** Writes a value as a reply. Throws a TypeError for what no reply can say, such as a function. */
export function writeValue(reply: Reply, value: unknown): void {
  switch (typeof value) {
    case 'string':
      return reply.bulk(fromText(value));
    case 'number':
      return Number.isSafeInteger(value) ? reply.int(value) : reply.double(value);
    case 'bigint':
      return reply.int64(value);
    case 'boolean':
      return reply.bool(value);
    case 'undefined':
      return reply.null();
    case 'object':
      return writeObject(reply, value);
  }
  throw new TypeError(`a ${typeof value} is no reply`);
}

function writeObject(reply: Reply, value: object | null): void {
  if (value === null) return reply.null();
  if (value instanceof Status) return reply.status(fromText(value.word));
  if (value instanceof ReplyError) return reply.error(value.line);
  if (value instanceof Error) return reply.error(asError(value).line);
  if (value instanceof Uint8Array) return reply.bulk(Buffer.from(value).latin1Slice());
  if (Array.isArray(value)) reply.array(value.length);
  else if (value instanceof Set) reply.set(value.size);
  else {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    reply.map(entries.length);
    for (const item of entries.flat()) writeValue(reply, item);
    return;
  }
  for (const item of value) writeValue(reply, item);
}

/** What somebody threw, as the error of a reply: its message is given a code if it has none. */
export function asError(problem: unknown): ReplyError {
  if (problem instanceof ReplyError) return problem;
  const text = problem instanceof Error ? problem.message : String(problem);
  return errorOf(text);
}

/** An error reply with this text; ERR stands before it unless it begins with a code. */
export function errorOf(text: string): ReplyError {
  const line = fromText(text).replace(/[\r\n]/g, ' ');
  return new ReplyError(/^[A-Z][A-Z0-9_-]*( |$)/.test(line) ? line : `ERR ${line}`);
}
