// The table of commands joined to their handlers.
//
// The rows (protocol/commands) say what a command is, the handlers (server/commands) do
// it, and the compiler refuses one without the other. Each server has Commands of its
// own, because they count their calls and can be renamed.

import type { CommandSpec, HandlersOf, Rows } from '../protocol/command-spec.ts';
import { families } from '../protocol/command-table.ts';
import type { Client } from './client.ts';
import { aclCommands } from './commands/acl.ts';
import { bitmapCommands } from './commands/bitmap.ts';
import { clusterCommands } from './commands/cluster.ts';
import { connectionCommands } from './commands/connection.ts';
import { genericCommands } from './commands/generic.ts';
import { geoCommands } from './commands/geo.ts';
import { hashCommands } from './commands/hash.ts';
import { hyperloglogCommands } from './commands/hyperloglog.ts';
import { introspectCommands } from './commands/introspect.ts';
import { listCommands } from './commands/list.ts';
import { observeCommands } from './commands/observe.ts';
import { pubsubCommands } from './commands/pubsub.ts';
import { replicationCommands } from './commands/replication.ts';
import { scriptingCommands } from './commands/scripting.ts';
import { serverCommands } from './commands/server.ts';
import { setCommands } from './commands/set.ts';
import { sortedSetCommands } from './commands/sorted-set.ts';
import { sortCommands } from './commands/sort.ts';
import { streamCommands } from './commands/stream.ts';
import { stringCommands } from './commands/string.ts';
import { transactionsCommands } from './commands/transactions.ts';
import type { Histogram } from './histogram.ts';

/** Carries out the command in c.argv and writes exactly one reply, or throws a ReplyError. */
export type Handler = (c: Client) => void;

/** The handlers of one family: one for each of its rows. */
export type Handlers<Family> = HandlersOf<Family, Handler>;

const handlers: {
  readonly [Family in keyof typeof families]: Handlers<(typeof families)[Family]>;
} = {
  string: stringCommands,
  bitmap: bitmapCommands,
  list: listCommands,
  hyperloglog: hyperloglogCommands,
  hash: hashCommands,
  set: setCommands,
  sort: sortCommands,
  sortedSet: sortedSetCommands,
  geo: geoCommands,
  stream: streamCommands,
  generic: genericCommands,
  connection: connectionCommands,
  transactions: transactionsCommands,
  scripting: scriptingCommands,
  pubsub: pubsubCommands,
  server: serverCommands,
  acl: aclCommands,
  replication: replicationCommands,
  introspect: introspectCommands,
  observe: observeCommands,
  cluster: clusterCommands,
};

/** A row, and what carries it out. */
export type CommandRow = { readonly spec: CommandSpec; readonly run: Handler };

let joined: readonly CommandRow[] | null = null;

/** Every row of 8.0 with its handler. */
export function everyCommand(): readonly CommandRow[] {
  joined ??= (Object.keys(families) as (keyof typeof families)[]).flatMap((family) => {
    const run: Readonly<Record<string, Handler>> = handlers[family];
    return Object.entries(families[family] as Rows).map(([name, spec]) => {
      return { spec, run: run[name] ?? withoutSubcommand };
    });
  });
  return joined;
}

/** One command of one server, with what is counted about it. */
export class Command {
  readonly spec: CommandSpec;
  readonly flags: number;
  readonly run: Handler;
  /** By the part behind the bar, lower case; null if the command has none. */
  readonly subcommands: Map<string, Command> | null;
  /** INFO commandstats. */
  calls = 0;
  micros = 0;
  rejected = 0;
  failed = 0;
  /** INFO latencystats; null until the first call. */
  latency: Histogram | null = null;

  constructor(spec: CommandSpec, run: Handler) {
    this.spec = spec;
    this.flags = spec.flags;
    this.run = run;
    this.subcommands = spec.subcommands.size > 0 ? new Map() : null;
  }

  resetStats(): void {
    this.calls = 0;
    this.micros = 0;
    this.rejected = 0;
    this.failed = 0;
    this.latency = null;
  }
}

/** The commands that one server knows. */
export class CommandTable {
  /** Every command and subcommand by its full name, in the order of the table. */
  readonly all = new Map<string, Command>();
  /** What the first word of a request may be, in the spellings met so far. */
  private readonly spellings = new Map<string, Command>();
  private readonly names = new Map<string, Command>();

  /** Of the rows of 8.0, unless others are given. */
  constructor(rows: Iterable<CommandRow> = everyCommand()) {
    this.add(rows);
  }

  /** Takes more commands in, a container before what it contains. Those of the same name go. */
  add(rows: Iterable<CommandRow>): void {
    for (const { spec, run } of rows) {
      const { name } = spec;
      const command = new Command(spec, run);
      this.all.set(name, command);
      const bar = name.indexOf('|');
      if (bar < 0) this.name(name, command);
      else this.all.get(name.slice(0, bar))!.subcommands!.set(name.slice(bar + 1), command);
    }
  }

  /** The command that a first word names, upper or lower case, or undefined. */
  find(word: string): Command | undefined {
    return this.spellings.get(word) ?? this.names.get(word.toLowerCase());
  }

  /** Redis: rename-command; an empty new name takes the command away. */
  rename(from: string, to: string): void {
    const command = this.names.get(from);
    if (command === undefined) return;
    this.names.delete(from);
    this.spellings.delete(from);
    this.spellings.delete(from.toUpperCase());
    if (to !== '') return this.name(to, command);
    for (const name of this.all.keys()) {
      if (name === from || name.startsWith(`${from}|`)) this.all.delete(name);
    }
  }

  private name(name: string, command: Command): void {
    this.names.set(name, command);
    this.spellings.set(name, command);
    this.spellings.set(name.toUpperCase(), command);
  }
}

/** A container is never run: call() refuses it for its arity before that. */
function withoutSubcommand(): void {
  throw new Error('a command that only has subcommands was run');
}
