// Which requests something concerns: a fault, an interception, what is looked for in the journal.

import { CONTROL } from '../../protocol/command-spec.ts';
import { aclCategories, keyIndexes } from '../../protocol/derive.ts';
import { globMatch } from '../../protocol/glob.ts';
import type { Client } from '../client.ts';
import type { Command, CommandTable } from '../command-table.ts';
import { toBytes, toText } from './values.ts';

/** A client as a program sees it. */
export type ClientView = {
  readonly id: number;
  /** What CLIENT SETNAME gave it, or ''. */
  readonly name: string;
  /** What CLIENT SETINFO gave it: 'ioredis', 'node-redis', ..., or ''. */
  readonly library: string;
  /** '127.0.0.1:50123', '/path/of/socket:0' or 'memory:0'. */
  readonly address: string;
  readonly user: string;
  readonly db: number;
};

type Text = string | RegExp;

export type ClientMatch =
  /** An id. */
  | number
  /** Names or libraries: globs, or regular expressions. */
  | { readonly name?: Text; readonly library?: Text; readonly address?: Text; readonly user?: Text }
  | ((client: ClientView) => boolean);

/** What to look for; what is left out may be anything. */
export type Match = {
  readonly client?: ClientMatch;
  /**
   * Commands, in any case: 'GET', 'CLIENT SETNAME' or 'client|setname' (and 'CLIENT' for all of
   * it), a glob ('H*'), a category ('@write'), '*', or a regular expression for the full name.
   */
  readonly command?: Text | readonly Text[];
  /** A glob, or a regular expression, that one of the keys has to match. */
  readonly key?: Text;
};

/** A request that is looked at. */
export type Subject = {
  readonly client: ClientView;
  /** 'get', 'client|setname', or the first word in lower case if there is no such command. */
  readonly name: string;
  readonly command: Command | undefined;
  readonly argv: readonly string[];
};

export type Test = (subject: Subject) => boolean;

const places: number[] = []; // Of the keys of a request.

/** What a request's words name, or undefined. */
export function commandOf(table: CommandTable, argv: readonly string[]): Command | undefined {
  const found = table.find(argv[0]);
  if (found === undefined || found.subcommands === null || argv.length === 1) return found;
  return found.subcommands.get(argv[1].toLowerCase());
}

/** The full name of a request's command. */
export function nameOf(command: Command | undefined, argv: readonly string[]): string {
  return command === undefined ? argv[0].toLowerCase() : command.spec.name;
}

/** Whether a command only steers the server that stands in: that is never tampered with. */
export function isControl(command: Command | undefined): boolean {
  return command !== undefined && (command.flags & CONTROL) !== 0;
}

/** The keys in a request's words, as byte strings. */
export function keysOf(command: Command | undefined, argv: readonly string[]): string[] {
  if (command === undefined || !command.spec.accepts(argv.length)) return [];
  const found = keyIndexes(command.spec, argv, places);
  const keys: string[] = [];
  for (let i = 0; i < found; i++) keys.push(argv[places[i]]);
  return keys;
}

export function viewOf(c: Client): ClientView {
  return {
    id: c.id,
    name: toText(c.name),
    library: toText(c.libraryName),
    address: c.link.address,
    user: toText(c.user.name),
    db: c.db.id,
  };
}

/** A function that says whether a request is meant. Throws a TypeError for what is no match. */
export function testOf(match: Match): Test {
  const tests: Test[] = [];
  if (match.client !== undefined) {
    const meant = clientTest(match.client);
    tests.push(({ client }) => meant(client));
  }
  if (match.command !== undefined) tests.push(commandTest(match.command));
  if (match.key !== undefined) {
    const isKey = keyTest(match.key);
    tests.push(({ command, argv }) => keysOf(command, argv).some(isKey));
  }
  if (tests.length === 1) return tests[0];
  return (subject) => tests.every((test) => test(subject));
}

export function clientTest(match: ClientMatch): (client: ClientView) => boolean {
  if (typeof match === 'function') return match;
  if (typeof match === 'number') return ({ id }) => id === match;
  const parts = (['name', 'library', 'address', 'user'] as const).flatMap((part) => {
    const wanted = match[part];
    if (wanted === undefined) return [];
    const isMeant = textTest(wanted);
    return [(client: ClientView) => isMeant(client[part])];
  });
  return (client) => parts.every((part) => part(client));
}

function commandTest(match: Text | readonly Text[]): Test {
  const tests = [match].flat().map(oneCommandTest);
  return (subject) => tests.some((test) => test(subject));
}

function oneCommandTest(match: Text): Test {
  if (typeof match !== 'string') return ({ name }) => fresh(match).test(name);
  const wanted = match.trim().toLowerCase().replace(/\s+/g, '|');
  if (wanted === '*') return () => true;
  if (wanted.startsWith('@')) {
    const category = wanted.slice(1);
    if (category === 'all') return () => true;
    return ({ command }) => command !== undefined && aclCategories(command.spec).includes(category);
  }
  if (/[*?[]/.test(wanted)) return ({ name }) => globMatch(wanted, name, true);
  return ({ name }) => name === wanted || name.startsWith(`${wanted}|`);
}

function keyTest(match: Text): (key: string) => boolean {
  if (typeof match !== 'string') return (key) => fresh(match).test(toText(key));
  const glob = toBytes(match);
  return (key) => globMatch(glob, key, false);
}

function textTest(match: Text): (text: string) => boolean {
  if (typeof match !== 'string') return (text) => fresh(match).test(text);
  return (text) => globMatch(match, text, false);
}

/** A regular expression that begins at the beginning, also one that remembers where it was. */
function fresh(pattern: RegExp): RegExp {
  pattern.lastIndex = 0;
  return pattern;
}
