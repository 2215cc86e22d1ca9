// Commands that are run again: what an append-only file says, or a master.
//
// They were checked where they came from, so hardly anything is checked here. And no time passes
// for them: a key that had not expired there when a command found it has to be found here as well,
// however late it is by now.

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

/**
 * Whether a command says when something is to happen by how long it takes till then, or notes the
 * time. For all others no time passes: what they found when they were written had not expired.
 */
export function dependsOnNow({ spec }: Command, argv: readonly string[]): boolean {
  if (spec.group === 'stream' || RELATIVE.has(spec.name)) return true;
  if (!MAY_BE_RELATIVE.has(spec.name)) return false;
  return argv.some((word, i) => i > 1 && word.length === 2 && /^[ep]x$/i.test(word));
}

const RELATIVE = new Set([
  ...['expire', 'pexpire', 'setex', 'psetex', 'hexpire', 'hpexpire', 'restore'],
  ...['eval', 'evalsha', 'fcall'], // Who knows.
  'exec', // Each of its commands for itself.
]);
const MAY_BE_RELATIVE = new Set(['set', 'getex', 'hgetex', 'hsetex']);

/** Runs a command's handler while time stands still, unless the command is about the time. */
export function runTimeless(c: Client, command: Command): void {
  if (dependsOnNow(command, c.argv)) return command.run(c);
  const { clock } = c.server;
  const now = clock.ms;
  clock.ms = 0;
  try {
    command.run(c);
  } finally {
    clock.ms = now;
  }
}

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
    c.queue.push({ command, argv: argv.slice() });
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
