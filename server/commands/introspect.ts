// COMMAND and its subcommands: what the server says of its own commands. All of it
// is read off the table; the order in which Redis lists things has no meaning, and
// ours is the table's.

import type { Arg, CommandSpec, KeyRun } from '../../protocol/command-spec.ts';
import {
  BY_INDEX,
  BY_KEYWORD,
  COUNTED,
  NO_MANDATORY_KEYS,
  NOT_KEY,
  RANGE,
} from '../../protocol/command-spec.ts';
import type { introspect as specs } from '../../protocol/commands/introspect.ts';
import {
  accessNames,
  aclCategories,
  flagNames,
  keyAccess,
  legacyRange,
  loosestKeys,
} from '../../protocol/derive.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Handlers } from '../command-table.ts';
import type { Client } from '../client.ts';

const NO_SUCH_COMMAND = new ReplyError('ERR Invalid command specified');
const NO_KEYS = new ReplyError('ERR The command has no key arguments');
const BAD_COUNT = new ReplyError('ERR Invalid number of arguments specified for command');
const BAD_CALL = new ReplyError('ERR Invalid arguments specified for command');

// COMMAND GETKEYS puts the keys that it finds here, and what is done with each.
const places: number[] = [];
const accesses: number[] = [];

function everyRow(c: Client): CommandSpec[] {
  return Array.from(c.server.commands.all.values(), (known) => known.spec);
}

function topLevel(c: Client): CommandSpec[] {
  return everyRow(c).filter((spec) => spec.parent === null);
}

/** The row that a full name means: 'get', 'client|setname'. */
function named(c: Client, name: string): CommandSpec | undefined {
  const [first, second, ...more] = name.toLowerCase().split('|');
  const spec = c.server.commands.find(first)?.spec;
  if (second === undefined) return spec;
  return more.length > 0 ? undefined : spec?.subcommands.get(second);
}

/** COMMAND */
function command(c: Client): void {
  const rows = topLevel(c);
  c.reply.array(rows.length);
  for (const spec of rows) writeInfo(c.reply, spec);
}

/** COMMAND COUNT */
function commandCount(c: Client): void {
  c.reply.int(topLevel(c).length);
}

/** COMMAND INFO [command-name [command-name ...]] */
function commandInfo(c: Client): void {
  const argv = c.argv;
  if (argv.length === 2) return command(c);
  c.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    const spec = named(c, argv[i]);
    if (spec === undefined) c.reply.null();
    else writeInfo(c.reply, spec);
  }
}

/** COMMAND DOCS [command-name [command-name ...]] */
function commandDocs(c: Client): void {
  let rows = topLevel(c);
  if (c.argv.length > 2) {
    rows = [];
    for (let i = 2; i < c.argv.length; i++) {
      const spec = named(c, c.argv[i]);
      if (spec !== undefined) rows.push(spec);
    }
  }
  writeDocs(c.reply, rows);
}

/** COMMAND LIST [FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern] */
function commandList(c: Client): void {
  const argv = c.argv;
  let rows = everyRow(c);
  if (argv.length > 2) {
    if (argv.length !== 5 || argv[2].toUpperCase() !== 'FILTERBY') throw SYNTAX;
    rows = rows.filter(filter(argv[3].toUpperCase(), argv[4]));
  }
  c.reply.array(rows.length);
  for (const spec of rows) c.reply.bulk(spec.name);
}

function filter(by: string, value: string): (spec: CommandSpec) => boolean {
  if (by === 'PATTERN') return (spec) => globMatch(value, spec.name, true);
  if (by === 'ACLCAT') {
    const category = value.toLowerCase();
    return (spec) => aclCategories(spec).includes(category);
  }
  if (by === 'MODULE') return () => false; // There are none.
  throw SYNTAX;
}

/** COMMAND GETKEYS command [arg [arg ...]] */
function commandGetkeys(c: Client): void {
  const argv = c.argv.slice(2);
  const found = findKeys(c, argv);
  c.reply.array(found);
  for (let i = 0; i < found; i++) c.reply.bulk(argv[places[i]]);
}

/** COMMAND GETKEYSANDFLAGS command [arg [arg ...]] */
function commandGetkeysandflags(c: Client): void {
  const argv = c.argv.slice(2);
  const found = findKeys(c, argv);
  c.reply.array(found);
  for (let i = 0; i < found; i++) {
    c.reply.array(2);
    c.reply.bulk(argv[places[i]]);
    statusSet(c.reply, accessNames(accesses[i]));
  }
}

/** Fills `places` and `accesses` with the keys of a call; says how many there are. */
function findKeys(c: Client, argv: readonly string[]): number {
  let spec = c.server.commands.find(argv[0])?.spec;
  if (spec === undefined) throw NO_SUCH_COMMAND;
  if (spec.subcommands.size > 0 && argv.length > 1) {
    spec = spec.subcommands.get(argv[1].toLowerCase());
    if (spec === undefined) throw NO_SUCH_COMMAND;
  }
  if (spec.keys.every((run) => run.access & NOT_KEY)) throw NO_KEYS;
  if (!spec.accepts(argv.length)) throw BAD_COUNT;
  const found = keyAccess(spec, argv, places, accesses);
  if (found >= 0) return found;
  const loosest = loosestKeys(spec, argv, places, accesses);
  if (loosest !== 0) return loosest;
  if (spec.flags & NO_MANDATORY_KEYS) return 0;
  throw BAD_CALL;
}

const HELP = [
  'COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  '(no subcommand)',
  '    Describe every command.',
  'COUNT',
  '    Tell how many commands there are.',
  'LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]',
  '    Name the commands: all of them, or those that a filter lets through.',
  'INFO [<command-name> ...]',
  '    Describe the named commands; without a name, all.',
  'DOCS [<command-name> ...]',
  '    Document the named commands; without a name, all.',
  'GETKEYS <full-command>',
  '    Pick the keys out of a command line.',
  'GETKEYSANDFLAGS <full-command>',
  '    Pick the keys out of a command line, with what is done to each.',
  'HELP',
  '    Show this text.',
];

/** COMMAND HELP */
function commandHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

function statusSet(reply: Reply, words: readonly string[]): void {
  reply.set(words.length);
  for (const word of words) reply.status(word);
}

/** The ten fields of COMMAND INFO. */
function writeInfo(reply: Reply, spec: CommandSpec): void {
  reply.array(10);
  reply.bulk(spec.name);
  reply.int(spec.arity);
  statusSet(reply, flagNames(spec));
  for (const number of legacyRange(spec)) reply.int(number);
  statusSet(
    reply,
    aclCategories(spec).map((category) => `@${category}`),
  );
  reply.set(spec.tips.length);
  for (const tip of spec.tips) reply.bulk(tip);
  reply.set(spec.keys.length);
  for (const run of spec.keys) writeRun(reply, run);
  // Redis: no subcommands are an empty set, some are an array.
  if (spec.subcommands.size === 0) return reply.set(0);
  reply.array(spec.subcommands.size);
  for (const subcommand of spec.subcommands.values()) writeInfo(reply, subcommand);
}

function writeRun(reply: Reply, run: KeyRun): void {
  reply.map(run.note === '' ? 3 : 4);
  if (run.note !== '') {
    reply.bulk('notes');
    reply.bulk(run.note);
  }
  reply.bulk('flags');
  statusSet(reply, accessNames(run.access));

  reply.bulk('begin_search');
  if (run.search === BY_INDEX) {
    typed(reply, 'index', 1);
    number(reply, 'index', run.at);
  } else if (run.search === BY_KEYWORD) {
    typed(reply, 'keyword', 2);
    word(reply, 'keyword', run.keyword);
    number(reply, 'startfrom', run.at);
  } else {
    typed(reply, 'unknown', 0);
  }

  reply.bulk('find_keys');
  if (run.find === RANGE) {
    typed(reply, 'range', 3);
    number(reply, 'lastkey', run.last);
    number(reply, 'keystep', run.step);
    number(reply, 'limit', run.limit);
  } else if (run.find === COUNTED) {
    typed(reply, 'keynum', 3);
    number(reply, 'keynumidx', 0);
    number(reply, 'firstkey', 1);
    number(reply, 'keystep', run.step);
  } else {
    typed(reply, 'unknown', 0);
  }
}

/** Opens {type, spec: {...}}; the pairs of spec are left to the caller. */
function typed(reply: Reply, type: string, pairs: number): void {
  reply.map(2);
  word(reply, 'type', type);
  reply.bulk('spec');
  reply.map(pairs);
}

function number(reply: Reply, name: string, value: number): void {
  reply.bulk(name);
  reply.int(value);
}

function word(reply: Reply, name: string, value: string): void {
  reply.bulk(name);
  reply.bulk(value);
}

/** A map from names to what COMMAND DOCS says of them. */
function writeDocs(reply: Reply, rows: readonly CommandSpec[]): void {
  reply.map(rows.length);
  for (const spec of rows) {
    reply.bulk(spec.name);
    writeDoc(reply, spec);
  }
}

function writeDoc(reply: Reply, spec: CommandSpec): void {
  const { deprecated, syscmd, history, cost, summary, since } = spec.doc;
  const docFlags = deprecated === undefined ? [] : ['deprecated'];
  if (syscmd) docFlags.push('syscmd');
  const hasArgs = spec.args.length > 0;
  const hasSubcommands = spec.subcommands.size > 0;

  const optionalPairs = [cost, docFlags.length, deprecated, deprecated, history, hasArgs];
  reply.map(3 + countTruthy(...optionalPairs, hasSubcommands));
  word(reply, 'summary', summary);
  word(reply, 'since', since);
  word(reply, 'group', spec.group);
  if (cost !== '') word(reply, 'complexity', cost);
  if (docFlags.length > 0) {
    reply.bulk('doc_flags');
    statusSet(reply, docFlags);
  }
  if (deprecated !== undefined) {
    word(reply, 'deprecated_since', deprecated.since);
    word(reply, 'replaced_by', deprecated.replacedBy);
  }
  if (history !== undefined) writeHistory(reply, history);
  if (hasArgs) {
    reply.bulk('arguments');
    writeArgs(reply, spec.args);
  }
  if (hasSubcommands) {
    reply.bulk('subcommands');
    writeDocs(reply, [...spec.subcommands.values()]);
  }
}

function countTruthy(...values: unknown[]): number {
  return values.filter(Boolean).length;
}

function writeHistory(reply: Reply, history: NonNullable<CommandSpec['doc']['history']>): void {
  reply.bulk('history');
  reply.set(history.length);
  for (const [version, change] of history) {
    reply.array(2);
    reply.bulk(version);
    reply.bulk(change);
  }
}

function writeArgs(reply: Reply, args: readonly Arg[]): void {
  reply.array(args.length);
  for (const arg of args) writeArg(reply, arg);
}

function writeArg(reply: Reply, arg: Arg): void {
  const nested = arg.type === 'oneof' || arg.type === 'block';
  const flags = arg.optional ? ['optional'] : [];
  if (arg.multiple) flags.push('multiple');
  if (arg.multipleToken) flags.push('multiple_token');
  const { token, since, deprecatedSince } = arg;
  const hasToken = token !== '' || arg.type === 'pure-token';

  const hasKeySpec = arg.keySpec >= 0;
  // Either a text to display or arguments within: one pair of the two, always.
  reply.map(3 + countTruthy(hasKeySpec, hasToken, since, deprecatedSince, flags.length));
  word(reply, 'name', arg.name);
  word(reply, 'type', arg.type);
  if (!nested) word(reply, 'display_text', arg.display || arg.name);
  if (hasKeySpec) number(reply, 'key_spec_index', arg.keySpec);
  if (hasToken) word(reply, 'token', token);
  if (since !== '') word(reply, 'since', since);
  if (deprecatedSince !== '') word(reply, 'deprecated_since', deprecatedSince);
  if (flags.length > 0) {
    reply.bulk('flags');
    statusSet(reply, flags);
  }
  if (nested) {
    reply.bulk('arguments');
    writeArgs(reply, arg.of);
  }
}

export const introspectCommands: Handlers<typeof specs> = {
  command,
  'command|count': commandCount,
  'command|docs': commandDocs,
  'command|getkeys': commandGetkeys,
  'command|getkeysandflags': commandGetkeysandflags,
  'command|help': commandHelp,
  'command|info': commandInfo,
  'command|list': commandList,
};
