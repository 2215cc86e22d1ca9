// What a test that failed should know of its server: how to have the same chance again, and what
// was asked last.

import type { RunningServer } from '../index.ts';
import type { JournalEntry } from './journal.ts';

const REQUESTS_SHOWN = 20;
const WORD_LENGTH = 60;
const WORDS_SHOWN = 12;

export function story(server: RunningServer): string {
  const { journal, random } = server;
  const entries = journal.active ? journal.entries() : [];
  const lines = entries.slice(-REQUESTS_SHOWN).map((entry) => `  ${requestText(entry)}\n`);
  const which = entries.length > lines.length ? `last of ${entries.length} requests` : 'requests';
  const asked = lines.length > 0 ? `\nIts ${which}:\n${lines.join('')}` : '\n';
  return `The server of this test: startServer({ seed: ${random.seed} })${asked}`;
}

/** A request and its reply on one line, with who asked. */
export function requestText(entry: JournalEntry): string {
  const { client, argv, answered, reply, error } = entry;
  const who = client.name === '' ? `${client.id}` : `${client.id} ${client.name}`;
  const answer = error ?? (answered ? shown(reply) : 'no reply yet');
  return `[${who}] ${argv.slice(0, WORDS_SHOWN).map(word).join(' ')}${more(argv)} -> ${answer}`;
}

function more(argv: readonly string[]): string {
  return argv.length > WORDS_SHOWN ? ` ... (${argv.length} words)` : '';
}

function word(text: string): string {
  const plain = cut(text);
  return /^[!-~]+$/.test(plain) && !/["'\\]/.test(plain) ? plain : JSON.stringify(plain);
}

function shown(reply: unknown): string {
  const text = JSON.stringify(reply, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof Map) return [...value];
    return value instanceof Set ? [...value] : value;
  });
  return cut(text ?? String(reply));
}

function cut(text: string): string {
  return text.length > WORD_LENGTH ? `${text.slice(0, WORD_LENGTH)}...` : text;
}
