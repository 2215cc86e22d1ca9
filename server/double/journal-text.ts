// A journal as a session with redis-cli: what one would have typed, and what one would have seen.
// seed() and redis-cli read it again.

import { ReplyError } from '../../protocol/errors.ts';
import { quoted } from '../../protocol/words.ts';
import type { JournalEntry } from './journal.ts';
import { readReplies } from './values.ts';

const PLAIN = /^[^\s"'\\\x00-\x1f\x7f-\xff]+$/;

/** The lines of a request and its reply. */
export function transcriptOf(entry: JournalEntry): string {
  const db = entry.client.db === 0 ? '' : `[${entry.client.db}]`;
  const words = entry.words.map((word) => (PLAIN.test(word) ? word : quoted(word)));
  const lines = [`127.0.0.1:6379${db}> ${words.join(' ')}`];
  if (entry.replyBytes !== null) {
    for (const value of readReplies(entry.replyBytes)) lines.push(...shown(value, entry));
  }
  return lines.join('\n');
}

function shown(value: unknown, entry: JournalEntry): string[] {
  if (value === null) return ['(nil)'];
  if (value instanceof ReplyError) return [`(error) ${value.line}`];
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return [Number.isInteger(Number(value)) ? `(integer) ${value}` : `(double) ${value}`];
    case 'boolean':
      return [`(${value})`];
    case 'string':
      // A simple string stands as it is.
      if (entry.replyBytes?.[0] === 43) return [value];
      return [quoted(Buffer.from(value).latin1Slice())];
  }
  const isSet = value instanceof Set;
  if (Array.isArray(value) || isSet) return listed([...(value as Iterable<unknown>)], entry, isSet);
  const pairs = value instanceof Map ? [...value] : Object.entries(value as object);
  if (pairs.length === 0) return ['(empty hash)'];
  return pairs.flatMap(([name, of], i) => {
    const [first, ...rest] = shown(of, entry);
    const head = `${i + 1}# ${shown(name, entry)[0]} => `;
    return [head + first, ...rest.map((line) => ' '.repeat(head.length) + line)];
  });
}

function listed(items: readonly unknown[], entry: JournalEntry, isSet: boolean): string[] {
  if (items.length === 0) return [isSet ? '(empty set)' : '(empty array)'];
  const width = String(items.length).length;
  return items.flatMap((item, i) => {
    const head = `${String(i + 1).padStart(width)}${isSet ? '~' : ')'} `;
    const [first, ...rest] = shown(item, entry);
    return [head + first, ...rest.map((line) => ' '.repeat(head.length) + line)];
  });
}
