// Loading an append-only file: the base, then the increments in their order, by running their
// commands for a client that is not there.
//
// Files come in chunks. At the start clients have their turns in between and hear LOADING; nothing
// expires meanwhile, because what a command found when it was written it must find again.
//
// A server that was stopped by force leaves half a command, or half a transaction, at the end of
// the last file. It is cut off, unless aof-load-truncated says that somebody should look at it.

import {
  AofFormatError,
  AofReader,
  COMMAND,
  CUT,
  END,
  MORE as MORE_BYTES,
} from '../persistence/aof-reader.ts';
import { RdbError } from '../persistence/rdb-error.ts';
import { ADMIN } from '../protocol/command-spec.ts';
import { ReplyError } from '../protocol/errors.ts';
import { silentLink } from '../protocol/link.ts';
import type { AppendOnlyFolder } from './append-only-folder.ts';
import { Client, type Queued } from './client.ts';
import { RUNNING, SCRIPT } from './client-state.ts';
import type { Command } from './command-table.ts';
import { type File, isMissing, reasonOf } from './disk.ts';
import { chunkBytes, failed, LoadError, Loading, rest } from './loading.ts';
import { RdbLoad } from './rdb-file.ts';
import type { ScriptRun } from './script-run.ts';
import type { Server } from './server.ts';
import { dependsOnNow } from './timeless.ts';

const SIGNATURE = 'REDIS';
const BUSY = -1; // Beside what AofReader.next() says: a script takes long.
const NOTHING = Buffer.alloc(0); // No more than there was, where an empty chunk is the end.
const CHUNK_MOST = 64 * 1024; // Commands of a few milliseconds.

const NOBODY = silentLink('');

/**
 * Loads what the manifest names; false if there is nothing. Rejects with a LoadError if something
 * is wrong, which the log tells.
 */
export async function loadAppendOnly(server: Server, folder: AppendOnlyFolder): Promise<boolean> {
  folder.adoptOldFile();
  const { files, manifest } = folder;
  if (files.length === 0) return false;
  const sizes = files.map(({ name }) => sizeOf(folder, name));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes === 0) return true;
  const { appendOnly } = server;
  server.loading = new Loading(server.clock.ms, bytes);
  try {
    for (let i = 0; i < files.length; i++) {
      if (sizes[i] === 0) continue;
      const startMs = server.clock.stopwatch();
      await new FileLoad(server, folder, files[i].name, i === files.length - 1).run(sizes[i]);
      const seconds = ((server.clock.stopwatch() - startMs) / 1000).toFixed(3);
      const what = files[i] === manifest.base ? 'base' : 'incr';
      server.log.notice(`DB loaded from ${what} file ${files[i].name}: ${seconds} seconds`);
    }
  } finally {
    server.loading = null;
    server.expirer.schedule(); // Nothing has expired until now.
  }
  appendOnly.writer.allBytes = bytes;
  appendOnly.bytesBefore = manifest.base === null ? 0 : sizes[0];
  return true;
}

function sizeOf(folder: AppendOnlyFolder, name: string): number {
  try {
    return folder.size(name);
  } catch (problem) {
    throw new LoadError(reasonOf(problem));
  }
}

class FileLoad {
  private readonly server: Server;
  private readonly folder: AppendOnlyFolder;
  private readonly name: string;
  private readonly isLast: boolean;
  private readonly client: Client;
  private transaction: Queued[] | null = null;
  private queue: Queued[] = []; // What of a transaction has yet to run.
  private transactionAt = 0; // Where it begins.
  private wholeUpTo = 0; // Where the last command ended that ran.
  private ran = 0;
  private script: ScriptRun | null = null; // It takes long, and has yet to end.

  constructor(server: Server, folder: AppendOnlyFolder, name: string, isLast: boolean) {
    this.server = server;
    this.folder = folder;
    this.name = name;
    this.isLast = isLast;
    this.client = new Client(server, NOBODY, 0);
    this.client.authenticated = true;
    this.client.user = server.acl.superuser;
    this.client.repeats = true;
    this.client.inExec = true; // Nobody would ever serve it if it waited for something.
  }

  /** Loads the file, of so many bytes. Rejects with a LoadError. */
  async run(bytes: number): Promise<void> {
    const { folder, name, server } = this;
    let file: File;
    try {
      file = folder.disk.open(folder.path(name), 'r');
    } catch (problem) {
      const why = reasonOf(problem);
      throw this.fail(
        isMissing(problem)
          ? `The append log file ${name} doesn't exist: ${why}`
          : `Fatal error: can't open the append log file ${name} for reading: ${why}`,
      );
    }
    const before = server.loading!.loadedBytes;
    try {
      await this.read(file, bytes, before);
    } finally {
      folder.disk.close(file);
    }
    server.loading!.loadedBytes = before + bytes;
  }

  private async read(file: File, bytes: number, before: number): Promise<void> {
    let chunk = await this.chunk(file);
    let reader: AofReader | null = null;
    let rdb: RdbLoad | null = null;
    if (chunk.subarray(0, SIGNATURE.length).latin1Slice() === SIGNATURE) {
      const old = this.name === this.folder.prefix;
      const what = old ? 'RDB preamble from AOF file...' : 'RDB base file on AOF loading...';
      this.server.log.notice(`Reading ${what}`);
      rdb = new RdbLoad(this.server, { bytes, base: true });
    } else {
      reader = new AofReader(0, bytes);
    }
    for (;;) {
      const done = this.ran + (rdb?.keysLoaded ?? 0);
      this.server.beginTurn();
      if (reader === null && rdb !== null) {
        this.feedRdb(rdb, chunk);
        if (rdb.done) {
          reader = new AofReader(rdb.offset, bytes);
          this.wholeUpTo = rdb.offset;
          const tail = rdb.rest();
          reader.feed(tail);
          if (this.name === this.folder.prefix) {
            this.server.log.notice('Reading the remaining AOF tail...');
          }
        }
      } else {
        reader!.feed(chunk);
      }
      if (chunk.length === 0 && chunk !== NOTHING) reader?.finish();
      const found = reader === null ? MORE_BYTES : this.runCommands(reader);
      this.server.endTurn();
      this.server.loading!.loadedBytes = before + (reader ?? rdb!).offset;
      if (found === BUSY) {
        await this.scriptEnds();
        chunk = NOTHING;
        continue;
      }
      if (found === END && this.transaction === null) return;
      if (found === END || found === CUT) return this.cutOff(found === END);
      await rest(this.server, this.ran + (rdb?.keysLoaded ?? 0) - done);
      chunk = await this.chunk(file);
    }
  }

  private async chunk(file: File): Promise<Buffer> {
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes(this.server), CHUNK_MOST));
    try {
      return chunk.subarray(0, await this.folder.disk.readLater(file, chunk));
    } catch (problem) {
      const why = reasonOf(problem);
      throw this.fail(`Unrecoverable error reading the append only file ${this.name}: ${why}`);
    }
  }

  private feedRdb(rdb: RdbLoad, chunk: Buffer): void {
    try {
      if (chunk.length === 0) rdb.finish();
      else rdb.feed(chunk);
    } catch (problem) {
      if (!(problem instanceof RdbError)) throw problem;
      failed(this.server, problem, rdb.offset);
      const old = this.name === this.folder.prefix;
      const what = old ? 'preamble of the AOF file' : 'base file';
      throw this.fail(`Error reading the RDB ${what} ${this.name}, AOF loading aborted`);
    }
  }

  /** Runs the commands that are there; returns why it stopped. */
  private runCommands(reader: AofReader): number {
    const { client } = this;
    for (;;) {
      for (let queued = this.queue.shift(); queued !== undefined; queued = this.queue.shift()) {
        client.argv = queued.argv;
        if (!this.runOne(queued.command)) return BUSY;
      }
      let found: number;
      try {
        found = reader.next();
      } catch (problem) {
        if (!(problem instanceof AofFormatError)) throw problem;
        throw this.badFormat();
      }
      if (found !== COMMAND) {
        if (found === END && this.transaction === null) this.wholeUpTo = reader.offset;
        return found;
      }
      const command = this.find(reader.argv);
      if (command.spec.name === 'multi') {
        this.transactionAt = this.wholeUpTo;
        this.transaction = [];
      } else if (this.transaction === null) {
        client.argv = reader.argv;
        this.wholeUpTo = reader.offset;
        if (!this.runOne(command)) return BUSY;
      } else if (command.spec.name === 'exec') {
        this.queue = this.transaction;
        this.transaction = null;
      } else {
        this.transaction.push({ command, flags: command.flags, argv: reader.argv.slice() });
      }
      this.wholeUpTo = reader.offset;
    }
  }

  private find(argv: readonly string[]): Command {
    let command = this.server.commands.find(argv[0]);
    if (command?.subcommands && argv.length > 1) {
      command = command.subcommands.get(argv[1].toLowerCase());
    }
    // Unlike Redis: an append-only file cannot shut the server down, or configure it.
    if (command === undefined || command.flags & ADMIN) {
      const { name } = this;
      throw this.fail(`Unknown command '${argv[0]}' reading the append only file ${name}`);
    }
    // Unlike Redis: a command without its arguments is found out before it runs.
    if (!command.spec.accepts(argv.length)) throw this.badFormat();
    return command;
  }

  /** Runs a command; false if it is a script that takes long: it goes on between the turns. */
  private runOne(command: Command): boolean {
    const { client, server } = this;
    const { clock, current } = server;
    const now = clock.ms;
    const start = client.reply.mark();
    if (!dependsOnNow(command, client.argv)) clock.ms = 0;
    client.instead = null;
    client.running = command;
    server.current = client;
    try {
      command.run(client);
    } catch (problem) {
      if (!(problem instanceof ReplyError)) throw problem;
      this.criticise(problem, command.spec.name);
    }
    clock.ms = now;
    server.current = current;
    server.held.length = 0;
    this.ran++;
    if (client.waits === SCRIPT) {
      this.script = server.busyScript;
      return false;
    }
    client.waits = RUNNING;
    client.reply.rewind(start);
    return true;
  }

  /** Resolves when the script that takes long has ended. */
  private async scriptEnds(): Promise<void> {
    const { server, script, client } = this;
    while (server.busyScript === script) {
      await new Promise<void>((resolve) => server.later!(resolve));
    }
    if (script?.problem) this.criticise(script.problem, client.running!.spec.name);
    this.script = null;
    client.waits = RUNNING;
    client.reply.rewind(0);
  }

  private criticise(problem: ReplyError, name: string): void {
    this.server.log.warning(
      '== CRITICAL == This server is sending an error to its AOF-loading-client: ' +
        `'${problem.line}' after processing the command '${name}'`,
    );
  }

  /** The file ends in the middle of something. Cuts that off, or throws a LoadError. */
  private cutOff(inTransaction: boolean): void {
    const { folder, name, server } = this;
    const { log } = server;
    if (inTransaction) {
      log.warning(`Revert incomplete MULTI/EXEC transaction in AOF file ${name}`);
    }
    const at = this.transaction === null ? this.wholeUpTo : this.transactionAt;
    if (server.config.values['aof-load-truncated']) {
      log.warning(`!!! Warning: short read while loading the AOF file ${name}!!!`);
      // Unlike Redis: where more follows, nothing is cut off before the server refuses to start.
      if (!this.isLast) throw this.fail('Fatal error: the truncated file is not the last file');
      log.warning(`!!! Truncating the AOF ${name} at offset ${at} !!!`);
      try {
        folder.disk.truncate(folder.path(name), at);
      } catch (problem) {
        throw this.fail(`Error truncating the AOF file ${name}: ${reasonOf(problem)}`);
      }
      log.warning(`AOF ${name} loaded anyway because aof-load-truncated is enabled`);
      return;
    }
    throw this.fail(
      `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of ` +
        'your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively ' +
        "you can set the 'aof-load-truncated' configuration option to yes and restart the server.",
    );
  }

  private badFormat(): LoadError {
    return this.fail(
      `Bad file format reading the append only file ${this.name}: make a backup of your AOF ` +
        'file, then use ./redis-check-aof --fix <filename.manifest>',
    );
  }

  private fail(why: string): LoadError {
    this.server.log.warning(why);
    return new LoadError(why);
  }
}
