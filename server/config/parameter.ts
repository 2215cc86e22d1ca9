// A row of the parameter table, and the words to write one with.

import {
  BooleanKind,
  BytesKind,
  type Check,
  type Kind,
  NumberKind,
  TextKind,
  WordKind,
} from './kinds.ts';

export const IMMUTABLE = 1 << 0; // Only a file or the command line may set it.
export const PROTECTED = 1 << 1; // CONFIG SET needs enable-protected-configs.
export const HIDDEN = 1 << 2; // CONFIG GET shows it when asked for by its full name only.
export const SENSITIVE = 1 << 3; // The log of slow commands, and MONITOR, leave its value out.
export const NOT_WHILE_LOADING = 1 << 4;

/** What setting a parameter does. docs/differences.md lists those that are only stored. */
export type Effect =
  | { readonly is: 'honoured' }
  /** Accepted, kept, shown and rewritten, and nothing else; `why` says what is missing. */
  | { readonly is: 'stored'; readonly why: string };

export const HONOURED: Effect = { is: 'honoured' };

export function stored(why: string): Effect {
  return { is: 'stored', why };
}

export class Parameter<T = unknown> {
  name = ''; // Set by named(), from the row's own key.
  readonly kind: Kind<T>;
  readonly initial: string;
  readonly effect: Effect;
  readonly flags: number;
  readonly alias: string;

  constructor(kind: Kind<T>, initial: string, effect: Effect, flags: number, alias: string) {
    this.kind = kind;
    this.initial = initial;
    this.effect = effect;
    this.flags = flags;
    this.alias = alias;
  }
}

/** A row: what it holds, the default as CONFIG GET shows it, and what setting it does. */
export function row<T>(kind: Kind<T>, initial: string, effect: Effect, flags = 0, alias = '') {
  return new Parameter<T>(kind, initial, effect, flags, alias);
}

/** Names the rows of one theme after their own keys. */
export function named<Rows extends Record<string, Parameter>>(rows: Rows): Rows {
  for (const key of Object.keys(rows)) rows[key].name = key;
  return rows;
}

export const INT_MAX = 2147483647;
export const UINT_MAX = 4294967295;
export const INT64_MAX = (1n << 63n) - 1n;
export const UINT64_MAX = (1n << 64n) - 1n;

const YES_OR_NO = new BooleanKind();

export function yesOrNo(initial: 'yes' | 'no', effect: Effect, flags = 0, alias = '') {
  return row(YES_OR_NO, initial, effect, flags, alias);
}

export function integer(min: number | bigint, max: number | bigint): NumberKind {
  return new NumberKind('integer', min, max);
}

export function memory(min: number | bigint, max: number | bigint): NumberKind {
  return new NumberKind('memory', min, max);
}

export function text(check?: Check): TextKind {
  return new TextKind(check);
}

/** A text that may also be there and empty. */
export function textOrEmpty(check?: Check): TextKind {
  return new TextKind(check, false);
}

export function bytes(check?: Check): BytesKind {
  return new BytesKind(check);
}

export function oneOf<const W extends string>(...choices: W[]): WordKind<W> {
  return new WordKind(choices);
}
