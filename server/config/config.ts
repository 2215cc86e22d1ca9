// The configuration of one server.
//
// Three ways in: load() takes the directives of files and the command line, one after another,
// before the server runs; options() those of a program; set() is CONFIG SET, all or nothing,
// while it runs. One way out to the server's parts: they read `values`, and whoever has to act
// on a change, or may refuse it, listens with onChange().

import { fromText } from '../../protocol/byte-string.ts';
import { oneLine, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import { checkUser } from '../acl-user.ts';
import { parametersOf } from '../versions/parameters.ts';
import { type Version, versionOf } from '../versions/version.ts';
import { DirectoryKind, Refused } from './kinds.ts';
import { IMMUTABLE, NOT_WHILE_LOADING, type Parameter, PROTECTED, SENSITIVE } from './parameter.ts';
import {
  allParameters,
  type ConfigValues,
  findParameter,
  ourParameters,
  type ParameterName,
  parameters,
  type ValueOf,
  visibleNames,
} from './parameters.ts';

/** What the configuration must know of the world around the server. */
export type ConfigHost = {
  /** The folder to start in. */
  readonly folder: string;
  /** Makes a folder's path absolute, as seen from another; throws Refused if it has none. */
  enterFolder(path: string, from: string): string;
  /** Whether there is such a command, for rename-command. */
  isCommand(name: string): boolean;
};

/** Who asks for CONFIG SET, and when. */
export type Asker = {
  /** Over the loopback interface or a Unix socket. */
  readonly local: boolean;
  /** While the data set is being loaded. */
  readonly loading: boolean;
};

/** The options of startServer(): Redis's names, with values as one would write them in a file. */
export type ConfigOptions = {
  readonly [Name in ParameterName]?: string | number | boolean;
};

/** Where to listen: whoever changes that moves the listeners, too. */
const PLACES = new Set(['bind', 'port', 'tls-port', 'unixsocket']);

/** Takes a new value; a text that it returns is the reason why that cannot be had. */
type Listener = (value: unknown) => unknown;
/** A listener that was called, and the parameter that had changed. */
type Called = readonly [Listener, string];

const LOADING = new ReplyError('LOADING Redis is loading the dataset in memory');
const BY_PROGRAM: Asker = { local: true, loading: false };

// Accepted in files, with one word, and without effect since Redis 7.
const FORGOTTEN = new Set([
  ...['list-max-ziplist-entries', 'list-max-ziplist-value'],
  ...['lua-replicate-commands', 'io-threads-do-reads'],
]);

export class Config {
  /** Changes in place. A hot path keeps what it needs, and listens. */
  readonly values: ConfigValues;
  /** The absolute path of the file that CONFIG REWRITE rewrites; '' when there is none. */
  file = '';
  /** What `user` directives said: the name and the rules, for whoever keeps the users. */
  readonly users: string[][] = [];
  /** `rename-command`: the name that a command has instead of its own; '' is none. */
  readonly renames = new Map<string, string>();
  /** `loadmodule`: the path and the arguments. */
  readonly modules: string[][] = [];
  /** Directives that only a module could know. The server refuses to start with any. */
  readonly unresolved: string[] = [];
  /** Counts the values that were given. */
  changes = 0;

  private readonly host: ConfigHost;
  private readonly texts = new Map<string, string>();
  private readonly listeners = new Map<string, Listener[]>();
  private readonly gathered = new Set<string>();
  // What another version than 8.0 does not have, or has beside the rest.
  private missing: ReadonlySet<string> = new Set();
  private readonly own = new Map<string, Parameter>();

  constructor(host: Partial<ConfigHost> = {}) {
    this.host = { ...NOWHERE, ...host };
    const values: Record<string, unknown> = {};
    for (const { name, kind, initial } of [...allParameters, ...ourParameters]) {
      this.texts.set(name, initial);
      values[name] = kind.value(initial);
    }
    this.values = values as ConfigValues;
    this.put('dir', this.host.folder);
  }

  /** Which version of Redis this is to be. */
  get version(): Version {
    return versionOf(this.values['respite-version']);
  }

  /** Makes the parameters those of the version; what was set before stays as it was set. */
  private become(version: Version): void {
    const { missing, own, aliases, initial } = parametersOf(version);
    this.missing = missing;
    this.own.clear();
    for (const parameter of own) {
      this.own.set(parameter.name, parameter);
      if (!this.texts.has(parameter.name)) this.put(parameter.name, parameter.initial);
    }
    for (const [alias, name] of Object.entries(aliases)) this.own.set(alias, findParameter(name)!);
    for (const [name, text] of Object.entries(initial)) {
      if (!this.gathered.has(name)) this.put(name, text);
    }
  }

  /** The parameter of this name or alias, as far as the version has it. */
  private find(name: string): Parameter | undefined {
    const lower = name.toLowerCase();
    if (this.missing.has(lower)) return undefined;
    return this.own.get(lower) ?? findParameter(lower);
  }

  /** As CONFIG GET shows it; undefined for an unknown name. */
  get(name: string): string | undefined {
    const parameter = this.find(name);
    return parameter?.kind.shown(this.texts.get(parameter.name)!);
  }

  /** Names and texts as CONFIG GET answers: each once, a plain name as it was typed. */
  match(patterns: readonly string[]): Map<string, string> {
    const found = new Map<string, string>();
    const seen = new Set<string>();
    const add = (name: string, parameter: Parameter) => {
      if (seen.has(name.toLowerCase())) return;
      seen.add(name.toLowerCase());
      found.set(name, parameter.kind.shown(this.texts.get(parameter.name)!));
    };
    for (const pattern of patterns) {
      if (!/[*?[]/.test(pattern)) {
        const parameter = this.find(pattern);
        if (parameter !== undefined) add(pattern, parameter);
        continue;
      }
      for (const [name, parameter] of this.visible()) {
        if (globMatch(pattern, name, true)) add(name, parameter);
      }
    }
    return found;
  }

  /** What CONFIG GET's patterns see. */
  private visible(): readonly (readonly [string, Parameter])[] {
    if (this.missing.size === 0 && this.own.size === 0) return visibleNames;
    return [...visibleNames.filter(([name]) => !this.missing.has(name)), ...this.own];
  }

  /** Every parameter that there is, by the name that CONFIG REWRITE writes. */
  rewritable(): readonly (readonly [string, Parameter])[] {
    const own = [...this.own.values()].filter(({ name }) => findParameter(name) === undefined);
    const all = [...allParameters, ...ourParameters, ...own];
    return all.map((parameter) => {
      const { name, alias } = parameter;
      return [this.missing.has(name) && alias !== '' ? alias : name, parameter] as const;
    });
  }

  /** Whether logs must not show what is written into this parameter. */
  isSensitive(name: string): boolean {
    const parameter = findParameter(name);
    return parameter !== undefined && (parameter.flags & SENSITIVE) !== 0;
  }

  /**
   * Calls `apply` with each new value that CONFIG SET brings, before the answer goes out. When it
   * returns a text, that is the refusal: everything goes back to what it was, and the listeners
   * that had been called are called again with the old values.
   */
  onChange<Name extends ParameterName>(name: Name, apply: (value: ValueOf<Name>) => unknown): void {
    const listeners = this.listeners.get(name);
    if (listeners === undefined) this.listeners.set(name, [apply as Listener]);
    else listeners.push(apply as Listener);
  }

  /** Like onChange, for those who never refuse; also called at once with the present value. */
  follow<Name extends ParameterName>(name: Name, see: (value: ValueOf<Name>) => void): void {
    see(this.values[name] as ValueOf<Name>);
    this.onChange(name, see);
  }

  /**
   * CONFIG SET: name, value, name, value... Throws a ReplyError, and then nothing has changed.
   * Returns what takes it back, for the caller who can only find out later that it cannot be.
   */
  set(pairs: readonly string[], asker: Asker = BY_PROGRAM): () => void {
    if (pairs.length % 2 === 1) throw SYNTAX;
    const chosen: Parameter[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const parameter = this.find(pairs[i]);
      if (parameter === undefined) {
        const problem = 'Unknown option or number of arguments for CONFIG SET';
        throw new ReplyError(oneLine(`ERR ${problem} - '${pairs[i]}'`));
      }
      if (parameter.flags & NOT_WHILE_LOADING && asker.loading) throw LOADING;
      const problem = this.forbidden(parameter, pairs, i, asker);
      if (problem !== '') throw cannotSet(pairs[i], problem);
      chosen.push(parameter);
    }
    const before = new Map(chosen.map(({ name }) => [name, this.texts.get(name)!]));
    chosen.forEach((parameter, i) => {
      try {
        this.change(parameter, pairs[i * 2 + 1]);
      } catch (problem) {
        this.restore(before);
        if (!(problem instanceof Refused)) throw problem;
        throw cannotSet(pairs[i * 2].toLowerCase(), problem.why);
      }
    });
    const called = this.apply(chosen, before);
    return () => this.takeBack(before, called);
  }

  private forbidden(p: Parameter, pairs: readonly string[], i: number, asker: Asker): string {
    if (p.flags & IMMUTABLE) return "can't set immutable config";
    const allowed = this.values['enable-protected-configs'];
    if (p.flags & PROTECTED && (allowed === 'no' || (allowed === 'local' && !asker.local))) {
      return "can't set protected config";
    }
    // Redis: a parameter may come twice if it comes under its two names.
    const name = pairs[i].toLowerCase();
    for (let j = 0; j < i; j += 2) {
      if (pairs[j].toLowerCase() === name) return 'duplicate parameter';
    }
    return '';
  }

  private change(parameter: Parameter, value: string): void {
    const { kind, name } = parameter;
    let words = [value];
    if (kind.manyWords) words = value === '' ? [] : value.split(' ');
    const text = this.read(parameter, words, kind.gathers ? '' : this.texts.get(name)!);
    this.put(name, kind.settled(text));
  }

  private apply(chosen: readonly Parameter[], before: Map<string, string>): Called[] {
    const called: Called[] = [];
    for (const name of new Set(chosen.map((parameter) => parameter.name))) {
      if (this.texts.get(name) === before.get(name)) continue;
      for (const listener of this.listeners.get(name) ?? []) {
        called.push([listener, name]);
        const problem = listener(this.values[name as ParameterName]);
        if (typeof problem !== 'string') continue;
        this.takeBack(before, called);
        throw cannotSet(name, problem);
      }
    }
    return called;
  }

  private takeBack(before: Map<string, string>, called: readonly Called[]): void {
    this.restore(before);
    for (const [listener, name] of called) listener(this.values[name as ParameterName]);
  }

  private restore(before: Map<string, string>): void {
    for (const [name, text] of before) this.put(name, text);
  }

  /**
   * Takes one directive of a file or of the command line: its name and its words. Nobody is told.
   * Throws Refused. `include` is not for here: see config-file.ts.
   */
  load(words: readonly string[]): void {
    const directive = words[0].toLowerCase();
    const parameter = findParameter(directive) ?? this.own.get(directive);
    if (parameter !== undefined) return this.loadParameter(parameter, words.slice(1));
    if (FORGOTTEN.has(directive) && words.length === 2) return;
    if (directive === 'user' && words.length >= 2) return this.loadUser(words.slice(1));
    if (directive === 'rename-command' && words.length === 3) return this.rename(words);
    if (directive === 'loadmodule' && words.length >= 2) {
      this.modules.push(words.slice(1));
    } else if (directive === 'sentinel') {
      if (words.length > 1) throw new Refused('sentinel directive while not in sentinel mode');
    } else {
      if (words.length < 2) throw new Refused('Bad directive or wrong number of arguments');
      this.unresolved.push([directive, ...words.slice(1)].join(' '));
    }
  }

  private loadParameter(parameter: Parameter, words: readonly string[]): void {
    const { kind, name } = parameter;
    if (kind.manyWords) {
      if (words.length === 1 && words[0].includes(' ')) words = words[0].split(' ');
    } else if (words.length !== 1) {
      throw new Refused('wrong number of arguments');
    }
    const first = kind.gathers && !this.gathered.has(name);
    this.put(name, this.read(parameter, words, first ? '' : this.texts.get(name)!));
    this.gathered.add(name);
    if (name === 'respite-version') this.become(this.version);
  }

  private loadUser(words: string[]): void {
    const duplicate = 'Duplicate user found. A user can only be defined once in config files';
    const problem = this.users.some((user) => user[0] === words[0])
      ? { at: 1, why: duplicate }
      : checkUser(words, this.values['acl-pubsub-default'] === 'allchannels');
    if (problem !== undefined) {
      // Redis: it counts the rules, and quotes the word of the line that has that number.
      const quoted = ['user', ...words][problem.at];
      throw new Refused(`Error in user declaration '${quoted}': ${problem.why}`);
    }
    this.users.push(words);
  }

  private rename(words: readonly string[]): void {
    const [from, to] = [words[1].toLowerCase(), words[2].toLowerCase()];
    const command = this.renamed(from);
    if (command === undefined) throw new Refused('No such command in rename-command');
    if (to !== '' && this.renamed(to) !== undefined) {
      throw new Refused('Target command name already exists');
    }
    this.renames.set(command, to);
  }

  /** The command that bears this name by now. */
  private renamed(name: string): string | undefined {
    for (const [command, itsName] of this.renames) {
      if (itsName === name && name !== '') return command;
    }
    return this.host.isCommand(name) && !this.renames.has(name) ? name : undefined;
  }

  /** Takes the options of a program. Throws an Error that names the one that does not fit. */
  options(options: Readonly<Record<string, string | number | boolean | undefined>>): void {
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue;
      const parameter = findParameter(name) ?? this.own.get(name.toLowerCase());
      if (parameter === undefined) throw new Error(`there is no option '${name}'`);
      const word = typeof value === 'boolean' ? (value ? 'yes' : 'no') : fromText(String(value));
      try {
        this.loadParameter(parameter, [word]);
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        throw new Error(`option '${name}': ${problem.why}`);
      }
    }
  }

  /** What all parameters are, for putBack(). */
  copy(): ReadonlyMap<string, string> {
    return new Map(this.texts);
  }

  /** Makes all parameters what they were, but for where to listen, and tells who wants to know. */
  putBack(texts: ReadonlyMap<string, string>): void {
    const changed = [...texts].filter(([name, text]) => {
      return this.texts.get(name) !== text && !PLACES.has(name);
    });
    for (const [name, text] of changed) this.put(name, text);
    for (const [name] of changed) {
      const value = this.values[name as ParameterName];
      for (const listener of this.listeners.get(name) ?? []) listener(value);
    }
  }

  /** Sets a parameter to a text that is known to be good, and tells nobody. */
  put(name: string, text: string): void {
    this.changes++;
    this.texts.set(name, text);
    const values = this.values as Record<string, unknown>;
    const { kind } = this.own.get(name) ?? parameters[name as ParameterName];
    values[name] = kind.value(text);
  }

  private read({ kind }: Parameter, words: readonly string[], before: string): string {
    const text = kind.text(words, before);
    return kind instanceof DirectoryKind ? this.host.enterFolder(text, before) : text;
  }
}

/** The refusal of CONFIG SET. */
export function cannotSet(name: string, problem: string): ReplyError {
  return new ReplyError(
    oneLine(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${problem}`),
  );
}

/** A server without a disk: every folder is there, every command is known. */
const NOWHERE: ConfigHost = {
  folder: '/',
  enterFolder: (path, from) => (path.startsWith('/') ? path : `${from}/${path}`),
  isCommand: () => true,
};
