// What a master sends: commands that were checked where they came from, so that hardly anything is
// checked here.

import {
  type ReplyError,
  unknownCommand,
  unknownSubcommand,
  wrongArity,
} from '../protocol/errors.ts';
import * as flag from '../protocol/command-spec.ts';
import { call, passOn } from './call.ts';
import type { Client } from './client.ts';
import { PAUSED } from './client-state.ts';
import type { Command } from './command-table.ts';
import { PAUSE_ALL } from './pause.ts';

/** Carries out the request in c.argv as a master's; what is wrong with it is only told. */
export function repeat(c: Client): void {
  const { server, argv } = c;
  const named = server.commands.find(argv[0]);
  const command = named?.subcommands && argv.length > 1 ? subcommand(named, argv) : named;
  c.command = command ?? null;
  if (command === undefined) {
    const unknown =
      named === undefined ? unknownCommand(argv) : unknownSubcommand(argv[0], argv[1]);
    return refuse(c, null, unknown);
  }
  if (!command.spec.accepts(argv.length)) {
    return refuse(c, command, wrongArity(command.spec.name));
  }
  if (server.troubled && command.flags & flag.WRITE) server.following.cannotWrite();
  if (server.paused !== null && mustWait(c, command)) {
    c.waits = PAUSED;
    server.paused.waiting.push(c);
    return;
  }
  if (c.queue !== null && !BETWEEN.has(command.spec.name)) {
    c.queue.push({ command, flags: command.flags, argv: argv.slice() });
    return;
  }
  call(c, command);
  if (server.propagation.active) passOn(c, command);
  server.blocking.serve();
}

const BETWEEN = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);

function subcommand(container: Command, argv: readonly string[]): Command | undefined {
  return container.subcommands!.get(argv[1].toLowerCase());
}

function refuse(c: Client, command: Command | null, problem: ReplyError): void {
  if (command !== null) command.rejected++;
  if (c.queue !== null) c.queueFailed = true;
  c.server.stats.countError(problem.code);
  c.server.following.erred(problem, argvName(c));
}

function argvName({ command, argv }: Client): string {
  return command === null ? argv[0] : command.spec.name;
}

function mustWait(c: Client, command: Command): boolean {
  if (c.server.paused!.what === PAUSE_ALL) return true;
  const waits = flag.WRITE | flag.MAY_REPLICATE;
  if (command.flags & waits) return true;
  return command.spec.name === 'exec' && c.queue!.some((each) => each.command.flags & waits);
}
