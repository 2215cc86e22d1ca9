// The words of RESPITE's arguments, as specifications; and values as JSON.

import { ReplyError } from '../../protocol/errors.ts';
import type { FaultSpec } from './faults.ts';
import type { JournalQuery } from './journal.ts';
import { errorOf, Status, status, toText } from './values.ts';

const SYNTAX = new ReplyError('ERR syntax error');

type Part = (spec: Record<string, unknown>, word: string) => void;

const as =
  (name: string, read: (word: string) => unknown): Part =>
  (spec, word) => {
    spec[name] = read(word);
  };
const within =
  (name: string, part: string, read: (word: string) => unknown): Part =>
  (spec, word) => {
    spec[name] = { ...(spec[name] as object), [part]: read(word) };
  };
const same = (word: string) => word;

const FAULT_PARTS: Readonly<Record<string, Part>> = {
  client: within('client', 'name', same),
  library: within('client', 'library', same),
  address: within('client', 'address', same),
  user: within('client', 'user', same),
  command: as('command', same),
  key: as('key', same),
  probability: as('probability', numberOf),
  count: as('count', numberOf),
  after: as('after', numberOf),
  latency: as('latency', (word) => {
    const [least, most] = word.split('-').map(numberOf);
    return most === undefined ? least : [least, most];
  }),
  error: as('error', same),
  moved: within('error', 'moved', same),
  ask: within('error', 'ask', same),
  slot: within('error', 'slot', numberOf),
  reset: as('reset', yes),
  close: as('close', yes),
  blackhole: as('blackHole', yes),
  halfclose: as('halfClose', yes),
  cut: as('cut', numberOf),
  corrupt: as('corrupt', numberOf),
  bytesperms: as('bytesPerMs', numberOf),
  refuse: as('refuse', yes),
  when: as('when', same),
};

/**
 * A fault in words, by turns the name of a part (in any case) and its value: 'COMMAND GET ERROR
 * LOADING COUNT 2'. Throws a ReplyError.
 */
export function faultOf(words: readonly string[]): FaultSpec {
  if (words.length === 0 || words.length % 2 === 1) throw SYNTAX;
  const spec: Record<string, unknown> = {};
  for (let i = 0; i < words.length; i += 2) {
    const part = FAULT_PARTS[words[i].toLowerCase()];
    if (part === undefined) throw new ReplyError(`ERR a fault has no '${oneLine(words[i])}'`);
    part(spec, toText(words[i + 1]));
  }
  return spec as FaultSpec;
}

/** What to look for in the journal: a command and the first words behind it, or anything. */
export function queryOf(words: readonly string[]): JournalQuery {
  const [command, ...args] = words.map(toText);
  return command === undefined ? [] : [command, ...args];
}

/** The value that JSON stands for as a reply. Throws a SyntaxError. */
export function stubOf(json: string): unknown {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) return value;
  const { error, status: word } = value as { error?: unknown; status?: unknown };
  if (Object.keys(value).length !== 1) return value;
  if (typeof error === 'string') return errorOf(error);
  return typeof word === 'string' ? status(word) : value;
}

function numberOf(word: string): number {
  const n = Number(word || Number.NaN);
  if (Number.isNaN(n)) throw new ReplyError(`ERR '${oneLine(word)}' is not a number`);
  return n;
}

function yes(word: string): boolean {
  return !/^(no|false|0)$/i.test(word);
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

/** A value as JSON, with what JSON does not know spelled: a Map as an object, an error as one. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return Object.fromEntries(part);
    if (part instanceof Set) return [...part];
    if (part instanceof ReplyError) return { error: toText(part.line) };
    if (part instanceof Status) return part.word;
    if (part instanceof RegExp || typeof part === 'bigint') return String(part);
    return part;
  });
}
