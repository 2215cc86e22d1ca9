// How much memory a server uses, as INFO, MEMORY and `maxmemory` understand it.
//
// Redis asks its allocator. V8 could be asked too, but what it says belongs to the whole process,
// to the program around an embedded server, and counts garbage until it is collected: a limit
// that is compared with it would evict keys because of rubbish. So a server adds up what it holds:
//
//   itself      what one without keys and clients takes: a constant that was measured
//   the data    each database knows the weight of its keys and values (weights.ts)
//   clients     what was received and not yet done, and what was said and not yet sent
//   buffers     of the append-only file, and what replicas may still ask for
//   the rest    scripts, functions, the table of tracked keys: these are looked at when somebody
//               asks for figures, and by the cron
//
// The sums agree with what the process grows by to within 30 percent, for each type of value in
// each encoding, and mostly to within 10: test/server/memory-honest.test.ts.

import type { Server } from './server.ts';

/** What a server takes that holds nothing: tables of commands and settings, mostly. */
export const SERVER_BYTES = 170 * 1024;

// Unlike Redis: used_memory is what a server holds for its users, added up, not what the process
// takes (used_memory_rss tells that): Node itself, its compiler and what is not collected yet.
export class UsedMemory {
  /** Scripts, functions and so on, as refresh() found them. */
  rest = 0;
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** All of it, in bytes. */
  get total(): number {
    return SERVER_BYTES + this.data + this.server.clientMemory.total + this.buffers + this.rest;
  }

  /** That of keys and values. */
  get data(): number {
    const { databases } = this.server;
    let bytes = 0;
    for (let i = 0; i < databases.length; i++) {
      if (databases[i].size !== 0) bytes += databases[i].memory;
    }
    return bytes;
  }

  /** What `maxmemory` does not count: it would evict keys because a replica or a disk is slow. */
  get uncounted(): number {
    return this.server.appendOnly.memory + this.replicaBuffers;
  }

  /** What is kept of the stream beyond the backlog, for replicas that are behind. */
  get replicaBuffers(): number {
    if (this.server.replication.replicas.length === 0) return 0;
    return Math.max(0, this.stream - this.server.config.values['repl-backlog-size']);
  }

  /** All that is kept of what replicas are sent. */
  get stream(): number {
    return this.server.replication.backlog?.memory ?? 0;
  }

  private get buffers(): number {
    return this.server.appendOnly.memory + this.stream;
  }

  /** Looks at what is not worth looking at for every command. */
  refresh(): void {
    // An empty database may still have hold of what it was the last to have.
    for (const db of this.server.databases) db.weights.settle();
    const { scripting, tracking } = this.server;
    const { scripts, functions } = scripting.vmBytes;
    const evaluated = scripting.scripts.memory + scripting.functions.memory;
    this.rest = scripts + functions + evaluated + tracking.memory;
  }
}
