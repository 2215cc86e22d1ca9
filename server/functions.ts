// Libraries of functions.
//
// A library is a piece of Lua that is run once, when it is loaded, to register its functions. While
// it does so it sees nothing of the server but redis.register_function() and redis.log(); what it
// defined can be called from then on, and sees what scripts see. All libraries share one runtime.
//
// Whatever is loaded either takes effect as a whole or not at all: libraries are gathered in a
// Libraries of their own first, which then replaces, or joins, the one in use.

import { compile } from '../lua/compile.ts';
import { LuaError, LuaSyntaxError } from '../lua/errors.ts';
import { show, type Runtime } from '../lua/runtime.ts';
import { LuaTable } from '../lua/table.ts';
import { Thread, TICK } from '../lua/thread.ts';
import { type LuaFunction, NOTHING, native, type Value } from '../lua/value.ts';
import { quoting, ReplyError } from '../protocol/errors.ts';
import { registration } from './function-registration.ts';
import { readLibraryHead } from './library-head.ts';
import { openLoadingRedis, openRedis } from './script-api.ts';
import type { ScriptEngine } from './script-engine.ts';
import { errorTable } from './script-reply.ts';
import { errorLine } from './script-result.ts';
import { closeGlobals, forbidUnknown, openLibraries, protect } from './script-sandbox.ts';

const LOAD_MS = 500;
const FUNCTION_BYTES = 64;
const NAME = /^[A-Za-z0-9_]+$/;
const NO_FUNCTIONS = new ReplyError('ERR No functions registered');
const BAD_NAME =
  'ERR Library names can only contain letters, numbers, or underscores(_) and must be at least ' +
  'one character long';
const ONLY_LOADING = 'ERR redis.register_function can only be called on FUNCTION LOAD command';

export type LibraryFunction = {
  readonly name: string;
  readonly description: string | null;
  readonly flags: number;
  readonly body: LuaFunction;
};

export type Library = {
  readonly name: string;
  readonly code: string;
  readonly functions: Map<string, LibraryFunction>;
};

/** A set of libraries, and of their functions, whose names are all different. */
export class Libraries {
  readonly byName = new Map<string, Library>();
  private readonly functions = new Map<string, LibraryFunction>(); // By name, in lower case.

  /** How many functions there are. */
  get size(): number {
    return this.functions.size;
  }

  /** A function by its name, upper or lower case. */
  find(name: string): LibraryFunction | undefined {
    return this.functions.get(name) ?? this.functions.get(name.toLowerCase());
  }

  link(library: Library): void {
    this.byName.set(library.name, library);
    for (const [name, one] of library.functions) this.functions.set(name.toLowerCase(), one);
  }

  unlink(library: Library): void {
    this.byName.delete(library.name);
    for (const name of library.functions.keys()) this.functions.delete(name.toLowerCase());
  }

  /** Throws a ReplyError if a function of the library has a name that is taken. */
  checkNames(library: Library): void {
    for (const name of library.functions.keys()) {
      if (this.find(name) !== undefined) throw quoting('Function ', name, ' already exists');
    }
  }

  /** Adds all of another's libraries, or none, and throws a ReplyError. */
  join(others: Libraries, replace: boolean): void {
    const replaced: Library[] = [];
    try {
      for (const name of others.byName.keys()) {
        const old = this.byName.get(name);
        if (old === undefined) continue;
        if (!replace) throw quoting('Library ', name, ' already exists');
        this.unlink(old);
        replaced.push(old);
      }
      for (const library of others.byName.values()) this.checkNames(library);
    } catch (problem) {
      for (const old of replaced) this.link(old);
      throw problem;
    }
    for (const library of others.byName.values()) this.link(library);
  }
}

export class Functions {
  /** Those that can be called now. */
  libraries = new Libraries();
  private readonly engine: ScriptEngine;
  private lazyWorld: World | null = null;
  private loading: Library | null = null;

  constructor(engine: ScriptEngine) {
    this.engine = engine;
  }

  /** Whether the runtime was made. */
  get isOpen(): boolean {
    return this.lazyWorld !== null;
  }

  /** About how many bytes the libraries take. */
  get memory(): number {
    let bytes = 0;
    for (const { name, code, functions } of this.libraries.byName.values()) {
      bytes += name.length + code.length + functions.size * FUNCTION_BYTES;
    }
    return bytes;
  }

  get runtime(): Runtime {
    return this.world.runtime;
  }

  /** Forgets all libraries, and what they left behind. */
  clear(): void {
    this.libraries = new Libraries();
    this.lazyWorld = null;
  }

  /** What is there now, for putBack(). */
  copy(): FunctionsCopy {
    return { of: this, world: this.lazyWorld, libraries: [...this.libraries.byName.values()] };
  }

  /** Makes the libraries those that a copy has; false if they are. */
  putBack({ of, world, libraries }: FunctionsCopy): boolean {
    const now = [...this.libraries.byName.values()];
    const isSame = (one: Library, i: number) => one === libraries[i];
    if (now.length === libraries.length && now.every(isSame)) return false;
    this.clear();
    if (of === this) this.lazyWorld = world;
    for (const library of libraries) {
      if (of === this) this.libraries.link(library);
      else this.load(library.code, true, this.libraries, false); // A copy of another server's.
    }
    return true;
  }

  /** The code of all libraries, for files. */
  *codes(): Iterable<string> {
    for (const { code } of this.libraries.byName.values()) yield code;
  }

  /**
   * Makes a library of its code and adds it; returns its name. With `replace` it may take the
   * place of one of the same name. Throws a ReplyError, and then nothing has changed.
   */
  load(code: string, replace: boolean, into: Libraries = this.libraries, limited = true): string {
    const { name, engine, start } = readLibraryHead(code);
    if (!NAME.test(name)) throw new ReplyError(BAD_NAME);
    if (engine.toUpperCase() !== 'LUA') throw quoting("Engine '", engine, "' not found");
    const old = into.byName.get(name);
    if (old !== undefined && !replace) throw quoting("Library '", name, "' already exists");
    if (old !== undefined) into.unlink(old);
    try {
      const library: Library = { name, code, functions: new Map() };
      this.register(library, code.slice(start), limited);
      if (library.functions.size === 0) throw NO_FUNCTIONS;
      into.checkNames(library);
      into.link(library);
    } catch (problem) {
      if (old !== undefined) into.link(old);
      throw problem;
    }
    return name;
  }

  /** Runs the code of a library, which registers its functions. */
  private register(library: Library, code: string, limited: boolean): void {
    const { world } = this;
    const { runtime } = world;
    let body: LuaFunction;
    try {
      body = compile(runtime, code, 'user_function', runtime.globals);
    } catch (problem) {
      if (!(problem instanceof LuaSyntaxError)) throw problem;
      throw new ReplyError(errorLine(`ERR Error compiling function: ${problem.message}`));
    }
    this.loading = library;
    world.outer.setString('__index', world.whileLoading);
    try {
      this.runNow(runtime, body, limited);
    } catch (problem) {
      const error = runtime.asLuaError(problem);
      if (error === null) throw problem;
      throw new ReplyError(errorLine(`ERR Error registering functions: ${textOf(error.value)}`));
    } finally {
      world.outer.setString('__index', world.globals);
      this.loading = null;
      runtime.reset();
    }
  }

  private runNow(runtime: Runtime, body: LuaFunction, limited: boolean): void {
    const { clock } = this.engine.server;
    const untilMs = clock.stopwatch() + LOAD_MS;
    const thread = new Thread(runtime, body);
    while (thread.step() === TICK) {
      runtime.refuel();
      if (limited && clock.stopwatch() > untilMs) {
        throw new LuaError(errorTable('ERR FUNCTION LOAD timeout'));
      }
    }
  }

  private get world(): World {
    if (this.lazyWorld === null) this.lazyWorld = this.openWorld();
    return this.lazyWorld;
  }

  // What chunks have for globals is an empty table in front of the real ones, so that these can be
  // exchanged for others while a library is loaded.
  private openWorld(): World {
    const runtime = openLibraries(this.engine);
    const { globals } = runtime;
    globals.setString('redis', openRedis(this.engine));
    const register = native('register_function', (...args) => this.registerFunction(args));
    const redis = openLoadingRedis(this.engine.server, register);
    const whileLoading = new LuaTable();
    whileLoading.setString('redis', redis);
    forbidUnknown(redis);
    forbidUnknown(whileLoading);
    protect(whileLoading);
    closeGlobals(runtime, globals);
    const front = new LuaTable();
    const outer = new LuaTable();
    outer.setString('__index', globals);
    outer.readonly = true;
    front.meta = outer;
    front.readonly = true;
    runtime.globals = front;
    return { runtime, globals, outer, whileLoading };
  }

  private registerFunction(args: readonly Value[]): readonly Value[] {
    const { loading } = this;
    if (loading === null) throw new LuaError(errorTable(ONLY_LOADING));
    const made = registration(args);
    if (typeof made === 'string') throw new LuaError(errorTable(`ERR ${made}`));
    if (!NAME.test(made.name)) throw new LuaError(errorTable(BAD_NAME));
    if (loading.functions.has(made.name)) {
      throw new LuaError(errorTable('ERR Function already exists in the library'));
    }
    loading.functions.set(made.name, made);
    return NOTHING;
  }
}

/** Libraries, and the runtime that they were made in. */
export type FunctionsCopy = {
  readonly of: Functions;
  readonly world: World | null;
  readonly libraries: readonly Library[];
};

type World = {
  readonly runtime: Runtime;
  readonly globals: LuaTable;
  /** The metatable of what chunks have for globals. */
  readonly outer: LuaTable;
  readonly whileLoading: LuaTable;
};

function textOf(value: Value): string {
  if (!(value instanceof LuaTable)) return `ERR ${show(value)}`;
  const text = value.getString('err');
  return typeof text === 'string' ? text : '';
}
