// The scripts that EVAL and SCRIPT LOAD have brought, by their SHA1.
//
// Each is compiled once. EVAL finds a script again by its text, which saves it the SHA1. Scripts
// that only EVAL has brought are forgotten when there are many, the longest unused first: whoever
// puts values into the text of scripts makes a new one each time. Those of SCRIPT LOAD stay.

import { compile } from '../lua/compile.ts';
import { LuaSyntaxError } from '../lua/errors.ts';
import type { Runtime } from '../lua/runtime.ts';
import type { LuaTable } from '../lua/table.ts';
import type { LuaFunction } from '../lua/value.ts';
import { ReplyError } from '../protocol/errors.ts';
import { errorLine } from './script-result.ts';
import { sha1 } from './digest.ts';
import { addDebugging, openRedis } from './script-api.ts';
import type { ScriptEngine } from './script-engine.ts';
import { readShebang } from './script-flags.ts';
import { closeGlobals, errorHandler, openLibraries } from './script-sandbox.ts';

const MOST_EVALUATED = 500;

export type Script = {
  readonly sha: string;
  readonly source: string;
  readonly flags: number;
  readonly body: LuaFunction;
  /** Whether it is only known from EVAL. */
  readonly evaluated: boolean;
};

export class EvalScripts {
  private readonly engine: ScriptEngine;
  private lazyRuntime: Runtime | null = null;
  private readonly bySha = new Map<string, Script>();
  private readonly bySource = new Map<string, Script>();
  private readonly evaluated = new Set<Script>(); // The longest unused first.
  private latest: Script | null = null;
  private bytes = 0;

  constructor(engine: ScriptEngine) {
    this.engine = engine;
  }

  get runtime(): Runtime {
    if (this.lazyRuntime === null) this.lazyRuntime = openScripts(this.engine);
    return this.lazyRuntime;
  }

  /** Whether the runtime was made. */
  get isOpen(): boolean {
    return this.lazyRuntime !== null;
  }

  get count(): number {
    return this.bySha.size;
  }

  /** About how many bytes the scripts take. */
  get memory(): number {
    return this.bytes;
  }

  /** A script by its SHA1, or undefined. */
  find(sha: string): Script | undefined {
    return this.bySha.get(sha) ?? this.bySha.get(sha.toLowerCase());
  }

  /** Gives the next script its keys and arguments. */
  give(keys: LuaTable, args: LuaTable): void {
    const { globals } = this.runtime;
    globals.setString('KEYS', keys);
    globals.setString('ARGV', args);
  }

  /** A script by its text, if it is known. */
  known(source: string): Script | undefined {
    const { latest } = this;
    return latest !== null && latest.source === source ? latest : this.bySource.get(source);
  }

  /** Takes a script in, if it is not known. Throws a ReplyError if it is no script. */
  load(source: string, evaluated: boolean): Script {
    const before = this.bySource.get(source);
    if (before !== undefined) return before;
    const sha = sha1(source).toString('hex');
    const { flags, start } = readShebang(source);
    const body = this.compile(source.slice(start));
    const script: Script = { sha, source, flags, body, evaluated };
    if (evaluated) this.evict();
    this.bySha.set(sha, script);
    this.bySource.set(source, script);
    this.bytes += sizeOf(script);
    if (evaluated) this.evaluated.add(script);
    return script;
  }

  /** Notes that a script was used. */
  used(script: Script): void {
    if (script === this.latest) return;
    this.latest = script;
    if (!script.evaluated || !this.evaluated.delete(script)) return;
    this.evaluated.add(script);
  }

  /** All that are known, for putBack(). */
  copy(): readonly Script[] {
    return [...this.bySha.values()];
  }

  /** Takes in again those scripts of a copy that were forgotten since. */
  putBack(scripts: readonly Script[]): void {
    for (const { sha, source, evaluated } of scripts) {
      if (!this.bySha.has(sha)) this.load(source, evaluated);
    }
  }

  /** Forgets all scripts, and what they left behind. */
  clear(): void {
    this.bySha.clear();
    this.bySource.clear();
    this.evaluated.clear();
    this.latest = null;
    this.bytes = 0;
    this.lazyRuntime = null;
  }

  private compile(source: string): LuaFunction {
    const { runtime } = this;
    try {
      return compile(runtime, source, 'user_script', runtime.globals);
    } catch (problem) {
      if (!(problem instanceof LuaSyntaxError)) throw problem;
      throw new ReplyError(
        errorLine(`ERR Error compiling script (new function): ${problem.message}`),
      );
    }
  }

  private evict(): void {
    while (this.evaluated.size >= MOST_EVALUATED) {
      const [oldest] = this.evaluated;
      this.evaluated.delete(oldest);
      this.bySha.delete(oldest.sha);
      this.bySource.delete(oldest.source);
      this.bytes -= sizeOf(oldest);
      if (this.latest === oldest) this.latest = null;
      this.engine.server.stats.evictedScripts++;
    }
  }
}

function sizeOf({ sha, source }: Script): number {
  return sha.length + source.length;
}

function openScripts(engine: ScriptEngine): Runtime {
  const runtime = openLibraries(engine);
  const { globals } = runtime;
  const redis = openRedis(engine);
  addDebugging(engine, redis);
  globals.setString('redis', redis);
  globals.setString('__redis__err__handler', errorHandler());
  closeGlobals(runtime, globals);
  return runtime;
}
