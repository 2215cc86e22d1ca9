// Data as plain objects: what seed() takes and dump() gives.
//
//   {
//     greeting: 'hello',                                        a string
//     hits: 42,
//     queue: ['a', 'b'],                                        a list
//     'user:1': { name: 'Ann', age: '41' },                     a hash
//     tags: { $set: ['x', 'y'] },
//     board: { $zset: { ann: 10, bob: 7.5 } },
//     events: { $stream: { '1-0': ['type', 'login'] } },
//     session: { $string: 'abc', $expireAt: 1767225600000 },
//     $databases: { 1: { other: 'in SELECT 1' } },
//     $functions: ['#!lua name=lib ...'],
//   }
//
// Names that begin with $ say what kind of thing something is; a key, or a field or member that is
// a name in an object, which begins with $ has one more in front. Text is UTF-8. Bytes that are
// none are spelled '$bytes:' and base64, wherever a text may stand. So all of it can go through
// JSON, be compared, and be read.

/** What can be a string: text, a number, or bytes. */
export type PlainText = string | number | bigint | Uint8Array;

/** A score of a sorted set; infinite ones are spelled, as JSON has no number for them. */
export type PlainScore = number | 'inf' | '-inf';

export type PlainPending = {
  readonly id: string;
  readonly consumer: string;
  /** When it was delivered last (Unix, in ms), and how often. */
  readonly deliveredAt: number;
  readonly deliveries: number | string;
};

export type PlainGroup = {
  readonly $lastId: string;
  /** How many entries it has read, or null if that is not known. */
  readonly $entriesRead?: number | string | null;
  /** Consumers, and when they were heard of, and got something, last; -1 is never. */
  readonly $consumers?: {
    readonly [name: string]: { readonly seenAt: number; readonly activeAt: number };
  };
  readonly $pending?: readonly PlainPending[];
};

type Fields = { readonly [field: string]: PlainText };
type Expiring = {
  /** When it expires (Unix, in ms; beyond 2^53 as a text). */
  readonly $expireAt?: number | string | Date;
  /** For seed(): in how many ms from now. */
  readonly $expireIn?: number;
};

/** A value that says what it is. */
export type PlainThing = Expiring &
  (
    | { readonly $string: PlainText }
    | { readonly $list: readonly PlainText[] }
    | { readonly $set: Iterable<PlainText> }
    | { readonly $zset: { readonly [member: string]: PlainScore } }
    | {
        readonly $hash: Fields;
        /** When fields expire (Unix, in ms). */
        readonly $fieldsExpireAt?: { readonly [field: string]: number };
      }
    | {
        /** By their ids, each a list of fields and values in turn, or an object. */
        readonly $stream: { readonly [id: string]: readonly PlainText[] | Fields };
        readonly $lastId?: string;
        readonly $maxDeletedId?: string;
        readonly $entriesAdded?: number | string;
        readonly $groups?: { readonly [name: string]: PlainGroup };
      }
  );

export type PlainValue =
  | PlainText
  | readonly PlainText[]
  | ReadonlySet<PlainText>
  | ReadonlyMap<string, PlainText>
  | Fields
  | PlainThing;

export type PlainKeys = { readonly [key: string]: PlainValue };

type Databases = { readonly [number: number]: PlainKeys };

/** The keys of database 0 by their names, and what else there is. */
export type PlainData = {
  readonly [key: string]: PlainValue | Databases | readonly string[] | undefined;
  readonly $databases?: Databases;
  readonly $functions?: readonly string[];
};

/** What dump() gives: the same in its narrowest form, fit for JSON. */
export type DumpedValue = string | string[] | { [name: string]: unknown };
export type Dumped = { [key: string]: unknown };

const BYTES = '$bytes:';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The byte string that a plain text spells. */
export function bytesOf(text: PlainText): string {
  if (typeof text !== 'string') {
    if (typeof text !== 'object') return String(text);
    return Buffer.from(text.buffer, text.byteOffset, text.byteLength).latin1Slice();
  }
  if (text.startsWith('$$')) text = text.slice(1);
  else if (text.startsWith(BYTES)) {
    return Buffer.from(text.slice(BYTES.length), 'base64').latin1Slice();
  }
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text, 'utf8').latin1Slice() : text;
}

/** How a byte string is spelled. */
export function spelled(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return escaped(bytes);
  const buffer = Buffer.from(bytes, 'latin1');
  try {
    return escaped(utf8.decode(buffer));
  } catch {
    return BYTES + buffer.toString('base64');
  }
}

function escaped(text: string): string {
  return text.startsWith('$$') || text.startsWith(BYTES) ? `$${text}` : text;
}

/** How a byte string is spelled where it is a name in an object. */
export function spelledName(bytes: string): string {
  if (!bytes.startsWith('$')) return spelled(bytes);
  const name = spelled(bytes);
  return name.startsWith('$$') || name.startsWith(BYTES) ? name : `$${name}`;
}
