// Commands that a program adds to one server, in the form in which all the others are written: a
// row that says what a command is (protocol/command-spec.ts), and a handler that carries it out.
//
//   const rows = group('generic', {
//     double: new CommandSpec(2, WRITE | FAST, [keyAt(1, RW | UPDATE)], [key('key')], {
//       since: '1.0.0', cost: 'O(1)', summary: 'Doubles a number.',
//     }),
//   });
//   server.define(rows, { double(c) { ... c.reply.int(n); } });
//
// COMMAND tells of them; arity, flags, ACL, MULTI and scripts hold as for any other.

import {
  CommandSpec,
  type ContainerSpec,
  group,
  type HandlersOf,
  type Rows,
} from '../../protocol/command-spec.ts';
import { letName } from '../acl-selector.ts';
import type { Command, CommandRow, Handler } from '../command-table.ts';
import type { Server } from '../server.ts';

/** Adds rows with their handlers; what has the same name is hidden until the result is disposed. */
export function defineCommands<Family extends Rows>(
  server: Server,
  rows: Family,
  handlers: HandlersOf<Family, Handler>,
): Disposable {
  const runs: Readonly<Record<string, Handler>> = handlers;
  const named = Object.values(rows).every((spec) => spec.name !== '');
  if (!named) group('generic', rows);
  const added = Object.values<CommandSpec>(rows).map((spec): CommandRow => {
    const run = runs[spec.name];
    if (run === undefined && !(spec as ContainerSpec).container) {
      throw new TypeError(`${spec.name} has no handler`);
    }
    return { spec, run: run ?? containerRuns };
  });
  const { commands } = server;
  const tops = added.filter(({ spec }) => spec.parent === null).map(({ spec }) => spec.name);
  const hidden = tops.flatMap((name) => withSubcommands(commands.find(name)));
  commands.add(added);
  for (const { spec } of added) letName(spec);
  forgetLast(server);
  return {
    [Symbol.dispose]() {
      for (const name of tops) commands.rename(name, '');
      commands.add(hidden);
      forgetLast(server);
    },
  };
}

/** Adds a command known by nothing but its name: any words may follow it, none is a key. */
export function defineCommand(server: Server, name: string, run: Handler): Disposable {
  const doc = { since: '1.0.0', cost: '', summary: '' };
  const lower = name.toLowerCase();
  if (!/^[a-z0-9._:-]+$/.test(lower)) throw new TypeError(`no name for a command: '${name}'`);
  return defineCommands(server, { [lower]: new CommandSpec(-1, 0, [], [], doc) }, { [lower]: run });
}

function withSubcommands(command: Command | undefined): CommandRow[] {
  return command === undefined ? [] : [command, ...(command.subcommands?.values() ?? [])];
}

/** Clients remember what the last name that they used meant. */
function forgetLast(server: Server): void {
  const known = [...server.clients.values(), server.scripting.client];
  for (const c of known) c.lastWord = '';
}

function containerRuns(): void {
  throw new Error('a command that only has subcommands was run');
}
