// A client for commands of the program itself: no connection, nobody's rights, no gates.

import { ReplyError, unknownCommand, wrongArity } from '../../protocol/errors.ts';
import { silentLink } from '../../protocol/link.ts';
import { Client } from '../client.ts';
import { RUNNING } from '../client-state.ts';
import type { Database } from '../keyspace.ts';
import type { Server } from '../server.ts';

export class ProgramClient {
  private readonly server: Server;
  private readonly client: Client;

  constructor(server: Server) {
    const client = new Client(server, NOWHERE, 0);
    client.user = server.acl.superuser;
    client.authenticated = true;
    client.inExec = true; // It waits for nothing.
    this.server = server;
    this.client = client;
  }

  /** The database that it has selected. */
  get db(): Database {
    return this.client.db;
  }

  /** Runs a command, whose change is passed on as any other. Throws a ReplyError if it fails. */
  run(argv: string[]): void {
    const { server, client } = this;
    const named = server.commands.find(argv[0]);
    const command = named?.subcommands?.get((argv[1] ?? '').toLowerCase()) ?? named;
    if (command === undefined) throw unknownCommand(argv);
    if (!command.spec.accepts(argv.length)) throw wrongArity(command.spec.name);
    const { dirty, current, propagation } = server;
    const { db } = client;
    const start = client.reply.mark();
    client.argv = argv;
    client.instead = null;
    client.running = command;
    server.current = client;
    try {
      command.run(client);
    } finally {
      server.current = current;
      server.held.length = 0;
      client.waits = RUNNING;
      client.reply.rewind(start);
    }
    if (!propagation.active) return;
    if (server.dirty !== dirty || client.instead !== null) propagation.ran(client, db);
    propagation.flush();
  }

  /** Moves to a database. Throws a ReplyError if there is no such. */
  select(id: string): void {
    if (String(this.client.db.id) !== id) this.run(['SELECT', id]);
  }
}

/** The words of an error in a program's own exception. */
export function reasonOf(problem: unknown): string {
  if (problem instanceof ReplyError) return Buffer.from(problem.line, 'latin1').toString();
  throw problem;
}

const NOWHERE = silentLink('program');
