// The types that methods are spelled with.

import type { Value } from './command.ts';

/** An integer of Redis: a bigint where a number could not hold it. */
export type Integer = number | bigint;

/** A number, or its spelling: '+inf', '(1.5', '-'. */
export type Num = number | bigint | string;

/** One by one, or in arrays. */
export type Many<T> = readonly (T | readonly T[])[];

/** What comes in pairs: an object, a Map, tuples. */
export type Pairs =
  | Readonly<Record<string, Value>>
  | ReadonlyMap<Value, Value>
  | readonly (readonly [Value, Value])[];

/** Members with their scores, the score first, as the wire has it. */
export type Scored = readonly (readonly [score: Num, member: Value])[];

/** What comes in threes: longitude, latitude, member. */
export type Triples = readonly (readonly [Num, Num, Value])[];

/** How dictionaries come. */
export type MapsAs = 'object' | 'map';

/** A dictionary: an object, or a Map if the client was made with `maps: 'map'`. */
export type Dict<K, V, M> = K extends string
  ? M extends 'map'
    ? Map<string, V>
    : Record<string, V>
  : Map<K, V>;

/** A record of the server's, whose fields differ from version to version. */
export type Fields = Record<string, unknown>;

/** An entry of a stream. `fields` is null where XAUTOCLAIM and XREADGROUP tell of a deleted one. */
export interface Entry<S, M = 'object'> {
  id: string;
  fields: Dict<S, S, M>;
}

/** A member of a geo set, with what the options asked for. */
export interface Place<S> {
  member: S;
  distance?: number;
  hash?: Integer;
  coordinates?: [longitude: number, latitude: number];
}

/** LCS IDX. */
export interface LongestMatch {
  matches: unknown[];
  len: number;
}

/** At most one of these. */
export type Either<T> =
  | { [K in keyof T]: { [P in K]: T[P] } & { [P in Exclude<keyof T, K>]?: undefined } }[keyof T]
  | { [P in keyof T]?: undefined };

/** Just one of these. */
export type OneOf<T> = {
  [K in keyof T]: { [P in K]: T[P] } & { [P in Exclude<keyof T, K>]?: undefined };
}[keyof T];

/** Where a scan goes on, and what it has found on the way. */
export interface Cursor<T> {
  cursor: string;
  items: T[];
}

export type ScoredMembers<S> = [member: S, score: number][];

export type Ranked = [rank: number, score: number];

/** XAUTOCLAIM: entries that were deleted meanwhile are null, or in `deleted`. */
export interface Claimed<T> {
  cursor: string;
  entries: T[];
  deleted: string[];
}

/** An entry that was delivered and not acknowledged. */
export interface Pending {
  id: string;
  consumer: string;
  /** Milliseconds since it was delivered. */
  idle: number;
  deliveries: number;
}

export interface PendingSummary<M> {
  count: number;
  min: string | null;
  max: string | null;
  consumers: Dict<string, number, M>;
}

export interface ConsumerInfo<S> {
  name: S;
  pending: number;
  idle: number;
  inactive: number;
}

export interface GroupInfo<S> {
  name: S;
  consumers: number;
  pending: number;
  'last-delivered-id': string;
  'entries-read': number | null;
  lag: number | null;
}

export interface StreamInfo<S, M> {
  length: number;
  'radix-tree-keys': number;
  'radix-tree-nodes': number;
  'last-generated-id': string;
  'max-deleted-entry-id': string;
  'entries-added': number;
  'recorded-first-entry-id': string;
  groups: number;
  'first-entry': Entry<S, M> | null;
  'last-entry': Entry<S, M> | null;
}

/** A command that took long, as SLOWLOG GET tells of it. */
export interface SlowEntry<S = string> {
  id: number;
  /** When, in seconds since 1970. */
  time: number;
  /** How long it took. */
  microseconds: number;
  /** Its words; of long ones only the beginning. */
  argv: S[];
  /** Whose it was, and what that connection is called. '' where the server is older than 4.0. */
  address: S;
  name: S;
}

export interface LibraryInfo {
  library_name: string;
  engine: string;
  functions: { name: string; description: string | null; flags: string[] }[];
  library_code?: string;
}

export interface FunctionStats {
  running_script: Fields | null;
  engines: Record<string, { libraries_count: number; functions_count: number }>;
}

/** Which connections CLIENT KILL ends: those that fit all of it. */
export interface KillFilter {
  id?: Num;
  type?: 'NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB';
  user?: Value;
  addr?: Value;
  laddr?: Value;
  skipme?: 'YES' | 'NO';
  maxage?: Num;
}

export interface FailoverOptions {
  to?: readonly [host: Value, port: Num];
  force?: boolean;
  abort?: boolean;
  timeout?: Num;
}

export interface MigrateOptions {
  copy?: boolean;
  replace?: boolean;
  auth?: Value;
  auth2?: readonly [username: Value, password: Value];
  keys?: readonly Value[];
}

export interface SortOptions {
  by?: Value;
  limit?: readonly [offset: Num, count: Num];
  get?: Value | readonly Value[];
  asc?: boolean;
  desc?: boolean;
  alpha?: boolean;
  store?: Value;
}

/** What a stream is cut down to. `approx` lets the server leave some more. */
export interface TrimOptions {
  maxlen?: Num;
  minid?: Value;
  approx?: boolean;
  limit?: Num;
}
