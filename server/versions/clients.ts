// CLIENT LIST and CLIENT INFO as other versions gave them.

import type { Client } from '../client.ts';
import type { Version } from './version.ts';

const CAME: readonly (readonly [redis: string, valkey: string, names: readonly string[]])[] = [
  ['8.0', '', ['io-thread']],
  ['7.4', '8.0', ['watch']],
  ['7.2', '', ['lib-name', 'lib-ver']],
  ['7.0', '', ['ssub', 'multi-mem', 'rbs', 'rbp', 'resp']],
];

/** The text of CLIENT LIST, out of that of 8.0. */
export function clientsAs(text: string, c: Client): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : lineAs(line, c)))
    .join('\n');
}

function lineAs(line: string, { server }: Client): string {
  const { version } = server;
  const gone = missingIn(version);
  const fields: string[] = [];
  for (const field of line.split(' ')) {
    const name = field.slice(0, field.indexOf('='));
    if (gone.has(name)) continue;
    fields.push(name === 'cmd' && !version.has('7.0') ? field.replace(/\|.*/, '') : field);
    if (name === 'flags' && version.hasOwn('8.1')) fields.push('capa=');
  }
  if (version.hasOwn('8.0')) {
    const c = server.clients.get(Number(/^id=(\d+)/.exec(line)?.[1]));
    fields.push(`tot-net-in=${c?.netInput ?? 0}`, `tot-net-out=${c?.netOutput ?? 0}`);
    fields.push(`tot-cmds=${c?.commands ?? 0}`);
  }
  return fields.join(' ');
}

function missingIn(version: Version): ReadonlySet<string> {
  const gone = CAME.filter(([redis, valkey]) => !version.has(redis, valkey));
  return new Set(gone.flatMap(([, , names]) => names));
}
