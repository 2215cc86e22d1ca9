// SCRIPT DEBUG YES: a script is debugged on a copy of the data set, while the server goes on.
//
// Redis forks. Here the client moves to a server of its own, which nobody else can reach, and which
// ends with the session. It costs the memory of a second data set for so long.

import type { Client } from './client.ts';
import { request } from './call.ts';
import { Config } from './config/config.ts';
import type { Server } from './server.ts';
import { duplicate } from './duplicate.ts';

const LEAVES_MS = 100;

/** Has a client's request carried out by a server that is a copy of its own, which it moves to. */
export function debugOnCopy(c: Client): void {
  const { server } = c;
  server.log.notice('Redis forked for debugging eval');
  const copy = copyOf(server);
  const moved = copy.connect(c.link);
  moved.db = copy.databases[c.db.id];
  moved.reply.resp3 = c.reply.resp3;
  moved.user = c.user;
  moved.authenticated = true;
  moved.debugs = 'sync';
  moved.argv = c.argv.slice();
  const { sessions } = server.scripting;
  sessions.add(copy);
  copy.scripting.onSessionEnd = () => {
    moved.flush();
    // Not before all has left that was said.
    if (!moved.closed) return void copy.clock.in(LEAVES_MS, copy.scripting.onSessionEnd);
    sessions.delete(copy);
    server.log.notice('Lua debugging session child exiting');
    copy.close();
  };
  c.moveTo(moved);
  copy.beginTurn();
  request(moved);
  copy.endTurn();
}

function copyOf(server: Server): Server {
  const config = new Config();
  Object.assign(config.values, server.config.values, { 'cluster-enabled': false, save: [] });
  const copy = server.another(config);
  if (server.clock.isFrozen) copy.clock.freeze();
  void copy.clock.set(server.clock.ms);
  for (const db of server.databases) {
    for (let i = 0; i < db.size; i++) {
      const key = db.dict.keyAt(i);
      db.copyTo(key, copy.databases[db.id], key, duplicate(db.dict.valueAt(i)));
    }
  }
  copy.dirty = 0;
  return copy;
}
