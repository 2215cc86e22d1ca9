// Expectations about keys, in the form in which dump() shows them (plain.ts):
//
//   expect(server).toHaveKey('greeting', 'hello');
//   expect(server).toHaveKey('user:1', { name: 'Ann', age: 41 });
//   expect(server).toHaveKey('tags', new Set(['x', 'y']));
//   expect(server).toHaveKey('events', { $stream: expect.anything() });
//   expect(server).toHaveExpiry('session', 60_000);
//
// They look at the data without a command, so that nothing counts as read.

import { fromText } from '../../protocol/byte-string.ts';
import type { Clock } from '../clock.ts';
import type { MatcherContext } from './matchers.ts';
import { bytesOf, type Dumped, type PlainText, spelled, spelledName } from './plain.ts';

type Kept = { readonly clock: Clock; dump(): Dumped };
type Thing = { readonly [name: string]: unknown };
type Outcome = { readonly pass: boolean; readonly message: () => string };

/** What counts as the same: time goes on between a command and the look at its key. */
const SLACK_MS = 1000;
const KEYS_SHOWN = 15;

export function toHaveKey(
  this: MatcherContext,
  received: unknown,
  key: string | Uint8Array,
  ...rest: readonly unknown[]
): Outcome {
  const keys = keptIn(received).dump();
  const name = nameOf(key);
  const print = this.utils.stringify;
  if (!Object.hasOwn(keys, name)) {
    return { pass: false, message: () => `It has no key ${print(key)}.\n${otherKeys(keys)}` };
  }
  if (rest.length === 0) {
    return { pass: true, message: () => `It should not have a key ${print(key)}.` };
  }
  const thing = thingOf(keys[name]);
  const expected = narrowed(rest[0]);
  const found = isThing(expected) ? pick(thing, Object.keys(expected)) : plainly(thing);
  const pass = this.equals(found, expected);
  return {
    pass,
    message: () =>
      pass
        ? `The key ${print(key)} should not hold ${print(expected)}.`
        : `The key ${print(key)} holds ${print(found)}, not ${print(expected)}.`,
  };
}

export function toHaveExpiry(
  this: MatcherContext,
  received: unknown,
  key: string | Uint8Array,
  ...rest: readonly unknown[]
): Outcome {
  const server = keptIn(received);
  const keys = server.dump();
  const name = nameOf(key);
  const print = this.utils.stringify;
  if (!Object.hasOwn(keys, name)) {
    return { pass: false, message: () => `It has no key ${print(key)}.\n${otherKeys(keys)}` };
  }
  const whenMs = thingOf(keys[name])['$expireAt'];
  if (whenMs === undefined) {
    return { pass: false, message: () => `The key ${print(key)} does not expire.` };
  }
  const leftMs = Number(whenMs) - server.clock.tick();
  const [expected] = rest;
  let pass = true;
  if (expected instanceof Date) pass = Number(whenMs) === expected.getTime();
  else if (typeof expected === 'number') pass = leftMs <= expected && leftMs > expected - SLACK_MS;
  else if (rest.length > 0) pass = this.equals(leftMs, expected);
  const wanted =
    expected instanceof Date ? `at ${expected.toISOString()}` : `in ${print(expected)} ms`;
  const at = new Date(Number(whenMs)).toISOString();
  return {
    pass,
    message: () =>
      `The key ${print(key)} expires in ${leftMs} ms, at ${at}, ` +
      `${pass ? 'and should not' : `not ${wanted}`}.`,
  };
}

function keptIn(received: unknown): Kept {
  const server = received as Partial<Kept> | null | undefined;
  if (typeof server !== 'object' || server === null || typeof server.dump !== 'function') {
    throw new TypeError('This is expected of a server, as startServer() or useServer() give one.');
  }
  return server as Kept;
}

function nameOf(key: string | Uint8Array): string {
  return spelledName(typeof key === 'string' ? fromText(key) : bytesOf(key));
}

function otherKeys(keys: Dumped): string {
  const names = Object.keys(keys).filter((name) => !/^\$(databases|functions)$/.test(name));
  if (names.length === 0) return 'It has none at all.';
  const more = names.length > KEYS_SHOWN ? `, ... (${names.length} in all)` : '';
  return `These are there: ${names.slice(0, KEYS_SHOWN).join(', ')}${more}`;
}

/** A dumped value as one that says what it is. */
function thingOf(value: unknown): Thing {
  if (typeof value === 'string') return { $string: value };
  if (Array.isArray(value)) return { $list: value };
  return isThing(value) ? value : { $hash: value };
}

/** And back, where it can be said without its kind; without its expiry. */
function plainly(thing: Thing): unknown {
  if ('$string' in thing) return thing['$string'];
  if ('$list' in thing) return thing['$list'];
  if ('$hash' in thing) return thing['$hash'];
  if ('$set' in thing) return { $set: thing['$set'] };
  return '$zset' in thing ? { $zset: thing['$zset'] } : thing;
}

function pick(thing: Thing, names: readonly string[]): Thing {
  return Object.fromEntries(
    names.filter((name) => name in thing).map((name) => [name, thing[name]]),
  );
}

/** Whether an object says what kind of thing it is: fields of hashes do not begin with one $. */
function isThing(value: unknown): value is Thing {
  if (!isPlain(value)) return false;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => /^\$[a-zA-Z]/.test(name));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What seed() would take, as dump() would give it; what is asymmetric stays as it is. */
function narrowed(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return spelled(bytesOf(value));
  if (value instanceof Set) return { $set: sorted([...value]) };
  if (value instanceof Map) return narrowed(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(narrowed);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([name, each]) => {
    if (name === '$set' && isIterable(each)) return [name, sorted([...each])];
    return [
      name,
      name === '$string' || !name.startsWith('$') ? narrowed(each) : deeper(name, each),
    ];
  });
  return Object.fromEntries(entries) as unknown;
}

function deeper(name: string, value: unknown): unknown {
  return name === '$list' || name === '$hash' ? narrowed(value) : value;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** Members in the order in which dump() has them: by their bytes. */
function sorted(members: readonly unknown[]): unknown[] {
  if (!members.every((each) => typeof each === 'string' || typeof each === 'number')) {
    return members.map(narrowed);
  }
  return members
    .map((each) => bytesOf(each as PlainText))
    .sort()
    .map(spelled);
}
