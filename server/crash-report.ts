// What the log says when the process is going to end in a way that nobody wanted: what happened,
// which command ran, and what the server was like. In the shape of Redis's reports, so that what
// looks for those finds these.
//
// Of a program's own server the program hears; this is for the one that is a process by itself.
// A report has to come whatever state the server is in, so each part may fail by itself.

import { quoted } from '../protocol/words.ts';
import { describeClient } from './client-info.ts';
import { infoText } from './info.ts';
import { redacted } from './redact.ts';
import type { Server } from './server.ts';

/** What went wrong: the lines that say so, and where, as JavaScript tells it. */
export type Crash = { readonly lines: readonly string[]; readonly stack: string };

/** Writes a report to the log, unless the configuration wants none. */
export function reportCrash(server: Server, { lines, stack }: Crash): void {
  const { log } = server;
  log.raw('\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n');
  for (const line of lines) log.warning(line);
  if (server.config.values['crash-log-enabled']) {
    part(server, 'STACK TRACE', () => stack);
    part(server, 'CURRENT CLIENT INFO', () => currentCommand(server));
    part(server, 'INFO OUTPUT', () => infoText(server, ['all']).replaceAll('\r', ''));
    part(server, 'CLIENT LIST OUTPUT', () => clients(server));
    part(server, 'CONFIG DEBUG OUTPUT', () => settings(server));
  }
  log.raw(
    '\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n' +
      '  This is Respite, not Redis: please report it to those who make that, with all of the\n' +
      '  above. It holds names of keys and addresses of clients: look it over before you do.\n\n',
  );
}

function part(server: Server, title: string, text: () => string): void {
  let body: string;
  try {
    body = text();
  } catch (problem) {
    body = `This cannot be told: ${String(problem)}`;
  }
  if (body !== '') server.log.raw(`\n------ ${title} ------\n${body.trimEnd()}\n`);
}

/** Whose command runs, and which; '' if none does. */
function currentCommand(server: Server): string {
  const c = server.current ?? server.asleep?.sleeper ?? null;
  if (c === null) return '';
  const hidden = server.config.values['hide-user-data-from-log'];
  const argv = redacted(server, c.argv);
  let text = `${describeClient(c)}\nargc: ${argv.length}\n`;
  for (const [i, argument] of argv.entries()) {
    if (i === MOST_ARGUMENTS) break;
    text += `argv[${i}]: ${hidden && i > 0 ? '*redacted*' : quoted(shortened(argument))}\n`;
  }
  return text;
}

const MOST_ARGUMENTS = 32;
const MOST_CHARS = 128;

function shortened(argument: string): string {
  if (argument.length <= MOST_CHARS) return argument;
  return `${argument.slice(0, MOST_CHARS)}... (${argument.length - MOST_CHARS} more bytes)`;
}

function clients(server: Server): string {
  return [...server.clients.values()].map(describeClient).join('\n');
}

/** What changes how commands and files are carried out, as far as it is not secret. */
function settings(server: Server): string {
  const { values } = server.config;
  const names = [
    'appendonly',
    'appendfsync',
    'maxmemory',
    'maxmemory-policy',
    'databases',
  ] as const;
  return names.map((name) => `${name} ${String(values[name])}`).join('\n');
}
