// A selector: commands, keys and channels, of which a call must find everything in the same one.
//
// A user has a root selector, which rules without brackets speak of, and any number of others.
// What it allows is kept twice, for two kinds of readers:
//
//    allowed, firstArgs   one bit for each row of the command table, and of commands that are not
//                         allowed as such the first arguments with which they are: for call()
//    rules                the rules that led there, each once, in the order of their last use: for
//                         ACL LIST and files, so that '+@read -get' stays what it was meant to be
//
// A rule about a whole command takes the rules about its subcommands out of that list, and
// '+@all' and '-@all' take out everything: nothing that was said before matters any more.

import type { CommandSpec } from '../protocol/command-spec.ts';
import { commandTable } from '../protocol/command-table.ts';
import { ACL_CATEGORIES, aclCategories } from '../protocol/derive.ts';
import { cString } from '../protocol/errors.ts';
import { splitWords } from '../protocol/words.ts';

export const READ = 1;
export const WRITE = 2;

export type KeyPattern = { readonly pattern: string; permission: number };

/** Why a rule is refused, in Redis's words. */
export const UNKNOWN_COMMAND = 'Unknown command or category name in ACL';
export const BAD_RULE = 'Syntax error';
const AFTER_ALL_KEYS =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have " +
  "any effect. Try 'resetkeys' to start with an empty list of patterns";
const AFTER_ALL_CHANNELS =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not " +
  "have any effect. Try 'resetchannels' to start with an empty list of channels";
const ARGUMENT_OF_SUBCOMMAND = 'Allowing first-arg of a subcommand is not supported';

/** Each row's bit, and the rows of each category. */
const ids = new Map<CommandSpec, number>(
  Array.from(commandTable.values(), (spec, id): [CommandSpec, number] => [spec, id]),
);
const OTHERS = 64; // Room for rows that only other versions have.
const WORDS = (ids.size + OTHERS + 31) >> 5;
const otherIds = new Map<string, number>(); // Those rows, by their names.
const byCategory = new Map<string, CommandSpec[]>(ACL_CATEGORIES.map((name) => [name, []]));
for (const spec of commandTable.values()) {
  for (const category of aclCategories(spec)) byCategory.get(category)!.push(spec);
}

const ownRows = new Map<string, CommandSpec>(); // Those that programs have added.

/** Lets rules name a row that a program has added to a server; those of other servers may, too. */
export function letName(spec: CommandSpec): void {
  if (!commandTable.has(spec.name)) ownRows.set(spec.name, spec);
}

function rowNamed(name: string): CommandSpec | undefined {
  const lower = name.toLowerCase();
  return commandTable.get(lower) ?? ownRows.get(lower);
}

/** The bit of a row, also of one that another version has in the place of one of these. */
function idOf(spec: CommandSpec): number {
  let id = ids.get(spec);
  if (id !== undefined) return id;
  const current = commandTable.get(spec.name);
  id = current === undefined ? otherIds.get(spec.name) : ids.get(current);
  if (id === undefined) {
    id = commandTable.size + otherIds.size;
    otherIds.set(spec.name, id);
  }
  ids.set(spec, id);
  return id;
}

/** The rows of a category, or undefined if there is none of that name. */
export function rowsOfCategory(name: string): readonly CommandSpec[] | undefined {
  return byCategory.get(name.toLowerCase());
}

export class Selector {
  allKeys = false;
  allChannels: boolean;
  /** Any command, also one that a later version brings. */
  allCommands = false;
  keys: KeyPattern[] = [];
  channels: string[] = [];
  private allowed = new Uint32Array(WORDS);
  private firstArgs: Map<CommandSpec, readonly string[]> | null = null;
  private startsFull = false; // The list begins from '+@all', not from '-@all'.
  private rules: string[] = []; // Behind that.

  constructor(allChannels: boolean) {
    this.allChannels = allChannels;
  }

  copy(): Selector {
    const copy = new Selector(this.allChannels);
    copy.allKeys = this.allKeys;
    copy.allCommands = this.allCommands;
    copy.keys = this.keys.map(({ pattern, permission }) => ({ pattern, permission }));
    copy.channels = this.channels.slice();
    copy.allowed = this.allowed.slice();
    copy.firstArgs = this.firstArgs === null ? null : new Map(this.firstArgs);
    copy.startsFull = this.startsFull;
    copy.rules = this.rules.slice();
    return copy;
  }

  get isUnrestricted(): boolean {
    return this.allCommands && this.allKeys && this.allChannels;
  }

  /** Whether a call may run as far as its command is concerned. */
  allowsCommand(spec: CommandSpec, argv: readonly string[]): boolean {
    if (this.allCommands) return true;
    const id = idOf(spec);
    if ((this.allowed[id >> 5] >>> (id & 31)) & 1) return true;
    if (this.firstArgs === null || argv.length < 2) return false;
    const allowed = this.firstArgs.get(spec);
    return allowed?.includes(lower(cString(argv[1]))) === true;
  }

  /** Applies one rule; returns why it cannot, or ''. */
  apply(rule: string): string {
    const word = cString(rule);
    switch (word.toLowerCase()) {
      case 'allkeys':
      case '~*':
        this.setAllKeys(true);
        return '';
      case 'resetkeys':
        this.setAllKeys(false);
        return '';
      case 'allchannels':
      case '&*':
        this.setAllChannels(true);
        return '';
      case 'resetchannels':
        this.setAllChannels(false);
        return '';
      case 'allcommands':
      case '+@all':
        this.setAllCommands(true);
        return '';
      case 'nocommands':
      case '-@all':
        this.setAllCommands(false);
        return '';
    }
    switch (word[0]) {
      case '~':
        return this.addKeys(rule.slice(1), READ | WRITE);
      case '%':
        return this.addSomeKeys(rule);
      case '&':
        return this.addChannels(rule.slice(1));
      case '+':
        if (word[1] === '@') return this.setCategory(word.slice(1), true);
        return word.includes('|') ? this.addPart(word.slice(1)) : this.set(word.slice(1), true);
      case '-':
        if (word[1] === '@') return this.setCategory(word.slice(1), false);
        return this.set(word.slice(1), false);
      default:
        return BAD_RULE;
    }
  }

  private setAllKeys(all: boolean): void {
    this.allKeys = all;
    this.keys = [];
  }

  private setAllChannels(all: boolean): void {
    this.allChannels = all;
    this.channels = [];
  }

  private setAllCommands(all: boolean): void {
    this.allowed.fill(all ? 0xffffffff : 0);
    this.allCommands = all;
    this.startsFull = all;
    this.rules = [];
    this.firstArgs = null;
  }

  /** %R~pattern, %W~pattern, %RW~pattern */
  private addSomeKeys(rule: string): string {
    const found = /^%(R|W|RW|WR)(~|$)/i.exec(rule);
    if (this.allKeys) return AFTER_ALL_KEYS;
    if (found === null) return BAD_RULE;
    const letters = found[1].toUpperCase();
    const permission = (letters.includes('R') ? READ : 0) | (letters.includes('W') ? WRITE : 0);
    // Redis: without a ~ the pattern is empty.
    return this.addKeys(rule.slice(found[0].length), permission);
  }

  private addKeys(pattern: string, permission: number): string {
    if (this.allKeys) return AFTER_ALL_KEYS;
    if (hasSpace(pattern)) return BAD_RULE;
    const known = this.keys.find((each) => each.pattern === pattern);
    if (known === undefined) this.keys.push({ pattern, permission });
    else known.permission |= permission;
    return '';
  }

  private addChannels(pattern: string): string {
    if (this.allChannels) return AFTER_ALL_CHANNELS;
    if (hasSpace(pattern)) return BAD_RULE;
    if (!this.channels.includes(pattern)) this.channels.push(pattern);
    return '';
  }

  private set(name: string, allow: boolean): string {
    const spec = rowNamed(name);
    if (spec === undefined) return UNKNOWN_COMMAND;
    this.setCommand(spec, allow);
    this.note(spec.name, allow);
    return '';
  }

  /** A subcommand, or a command with one first argument. */
  private addPart(name: string): string {
    const bar = name.lastIndexOf('|');
    const spec = rowNamed(name.slice(0, bar));
    const part = name.slice(bar + 1);
    if (spec === undefined) return UNKNOWN_COMMAND;
    if (spec.parent !== null) return ARGUMENT_OF_SUBCOMMAND;
    if (part === '') return BAD_RULE;
    if (spec.subcommands.size > 0) {
      const subcommand = spec.subcommands.get(part.toLowerCase());
      if (subcommand === undefined) return UNKNOWN_COMMAND;
      this.setCommand(subcommand, true);
    } else {
      // Unlike Redis: the argument in a rule such as '+select|0' holds neither white space nor
      // quotes. 8.0.2 breaks down when it lists a user with such a rule.
      if (/[ \t-\r"']/.test(part)) return BAD_RULE;
      this.firstArgs ??= new Map();
      const known = this.firstArgs.get(spec) ?? [];
      const argument = lower(part);
      if (!known.includes(argument)) this.firstArgs.set(spec, [...known, argument]);
    }
    this.note(lower(name), true);
    return '';
  }

  private setCategory(category: string, allow: boolean): string {
    const rows = rowsOfCategory(category.slice(1));
    if (rows === undefined) return UNKNOWN_COMMAND;
    this.note(category.toLowerCase(), allow);
    for (const spec of rows) this.setCommand(spec, allow);
    return '';
  }

  /** What holds for a command holds for its subcommands. */
  private setCommand(spec: CommandSpec, allow: boolean): void {
    this.setBit(spec, allow);
    this.firstArgs?.delete(spec);
    for (const subcommand of spec.subcommands.values()) this.setBit(subcommand, allow);
  }

  private setBit(spec: CommandSpec, on: boolean): void {
    const id = idOf(spec);
    if (on) {
      this.allowed[id >> 5] |= 1 << (id & 31);
    } else {
      this.allowed[id >> 5] &= ~(1 << (id & 31));
      this.allCommands = false;
    }
  }

  private note(rule: string, allow: boolean): void {
    this.rules = this.rules.filter((each) => {
      const before = each.slice(1);
      return before !== rule && !before.startsWith(`${rule}|`);
    });
    this.rules.push((allow ? '+' : '-') + rule);
  }

  describeCommands(): string {
    return [this.startsFull ? '+@all' : '-@all', ...this.rules].join(' ');
  }

  describeKeys(): string {
    if (this.allKeys) return '~*';
    return this.keys.map(({ pattern, permission }) => PREFIX[permission] + pattern).join(' ');
  }

  describeChannels(): string {
    if (this.allChannels) return '&*';
    return this.channels.map((pattern) => `&${pattern}`).join(' ');
  }

  /** All rules that make this selector of a new one. */
  describe(): string {
    const keys = this.describeKeys();
    const channels = this.describeChannels();
    const parts = [keys, this.allChannels ? '' : 'resetchannels', channels];
    return [...parts.filter((part) => part !== ''), this.describeCommands()].join(' ');
  }
}

const PREFIX = ['', '%R~', '%W~', '~'];

function lower(bytes: string): string {
  return bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether a text has white space or a NUL in it, with which no file could hold it. */
export function hasSpace(text: string): boolean {
  return /[ \t-\r\0]/.test(text);
}

/** The rules in a word that allow a command, which has no subcommands, with one first argument. */
export function firstArgRules(word: string): string[] {
  const rules = word[0] === '(' ? (splitWords(word.slice(1, -1)) ?? []) : [word];
  return rules.filter((rule) => {
    if (rule[0] !== '+') return false;
    const bar = rule.lastIndexOf('|');
    const spec = bar < 0 ? undefined : rowNamed(rule.slice(1, bar));
    return spec !== undefined && spec.subcommands.size === 0;
  });
}

/** Makes a selector of '(rule rule ...)'; or a text that says why it cannot. */
export function readSelector(text: string, allChannels: boolean): Selector | string {
  const selector = new Selector(allChannels);
  // Redis: where quotes are not balanced nothing is read.
  for (const rule of splitWords(text.slice(1, -1)) ?? []) {
    const problem = selector.apply(rule);
    if (problem !== '') return problem;
  }
  return selector;
}
