// The scripts of a server: those that EVAL has seen, the functions of libraries, and the one that
// runs. Nothing of it is made before the first script comes.
//
// Scripts and functions live in two runtimes of Lua, as they do in Redis: what a script leaves in
// a table that it can reach, no function sees.

import { ScriptRandom } from '../lua/random.ts';
import { silentLink } from '../protocol/link.ts';
import { Client } from './client.ts';
import { EvalScripts } from './eval-scripts.ts';
import { Functions } from './functions.ts';
import { LuaReply } from './script-reply.ts';
import type { ScriptRun } from './script-run.ts';
import type { Server } from './server.ts';

export class ScriptEngine {
  readonly server: Server;
  /** What runs, or null. */
  run: ScriptRun | null = null;
  /** What the last run has left, to be used again: see ScriptRun.of(). */
  spare: ScriptRun | null = null;
  /** What math.random() draws from. As in Redis, it is the same in all scripts. */
  readonly random = new ScriptRandom();
  readonly scripts: EvalScripts;
  readonly functions: Functions;
  /** Servers that debug on a copy of the data set, and what such a one does at the end. */
  readonly sessions = new Set<Server>();
  onSessionEnd: () => void = () => {};
  private lazyClient: Client | null = null;
  private lazyReply: LuaReply | null = null;

  constructor(server: Server) {
    this.server = server;
    this.scripts = new EvalScripts(this);
    this.functions = new Functions(this);
  }

  /** The client that commands of scripts run for. */
  get client(): Client {
    if (this.lazyClient === null) {
      const c = new Client(this.server, NOWHERE, 0);
      c.reply = this.reply;
      c.authenticated = true;
      c.inExec = true; // Nobody would ever serve it if it waited for something.
      c.isScript = true;
      this.lazyClient = c;
    }
    return this.lazyClient;
  }

  get reply(): LuaReply {
    if (this.lazyReply === null) this.lazyReply = new LuaReply();
    return this.lazyReply;
  }

  /** About how many bytes the two runtimes take, apart from what scripts keep in them. */
  get vmBytes(): { scripts: number; functions: number } {
    const { scripts, functions } = this;
    return {
      scripts: scripts.isOpen ? VM_BYTES + COMPILED * scripts.memory : 0,
      functions: functions.isOpen ? VM_BYTES + COMPILED * functions.memory : 0,
    };
  }

  /** Lets go of what runs: the server ends. */
  close(): void {
    for (const session of this.sessions) session.close();
    this.sessions.clear();
    this.run = null;
  }
}

const VM_BYTES = 65536;
const COMPILED = 1; // Bytes for each of a script, about.

const NOWHERE = silentLink('lua');
