// Every row, gathered from its family.

import type { CommandSpec } from './command-spec.ts';
import { acl } from './commands/acl.ts';
import { bitmap } from './commands/bitmap.ts';
import { cluster } from './commands/cluster.ts';
import { connection } from './commands/connection.ts';
import { generic } from './commands/generic.ts';
import { geo } from './commands/geo.ts';
import { hash } from './commands/hash.ts';
import { hyperloglog } from './commands/hyperloglog.ts';
import { introspect } from './commands/introspect.ts';
import { list } from './commands/list.ts';
import { observe } from './commands/observe.ts';
import { pubsub } from './commands/pubsub.ts';
import { replication } from './commands/replication.ts';
import { scripting } from './commands/scripting.ts';
import { server } from './commands/server.ts';
import { set } from './commands/set.ts';
import { sortedSet } from './commands/sorted-set.ts';
import { sort } from './commands/sort.ts';
import { stream } from './commands/stream.ts';
import { string } from './commands/string.ts';
import { transactions } from './commands/transactions.ts';

export const families = {
  string,
  bitmap,
  list,
  hyperloglog,
  hash,
  set,
  sort,
  sortedSet,
  geo,
  stream,
  generic,
  connection,
  transactions,
  scripting,
  pubsub,
  server,
  acl,
  replication,
  introspect,
  observe,
  cluster,
};

/** Every row by its full name: 'get', 'client', 'client|setname'. */
export const commandTable: ReadonlyMap<string, CommandSpec> = new Map(
  Object.values(families).flatMap((rows) => Object.entries<CommandSpec>(rows)),
);
