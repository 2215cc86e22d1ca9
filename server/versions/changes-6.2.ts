// What 7.0 changed, taken back.

import { SortedSet } from '../../datatypes/sorted-set.ts';
import { Hash } from '../../datatypes/hash.ts';
import { BAD_STREAM_ID, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handler } from '../command-table.ts';
import { before, type Change, without, worded } from './change.ts';
import { oddSubcommand } from './old-errors.ts';
import { retext, retold, type Told, withoutFields } from './told.ts';

const old = before('7.0');

/** SET: NX and GET excluded each other. */
function notBoth(run: Handler): Handler {
  return (c) => {
    const words = c.argv.slice(3).map((word) => word.toUpperCase());
    if (words.includes('NX') && words.includes('GET')) throw SYNTAX;
    run(c);
  };
}

/** XADD: an ID was whole, or there was none. */
function wholeIds(run: Handler): Handler {
  return (c) => {
    if (c.argv.some((word) => /^\d+-\*$/.test(word))) throw BAD_STREAM_ID;
    run(c);
  };
}

/** Options that a subcommand did not have: it did not know what was wrong. */
function unknownOption(from: number, word: string): (run: Handler) => Handler {
  return (run) => (c) => {
    if (c.argv.slice(from).some((each) => each.toUpperCase() === word)) {
      throw oddSubcommand(c.argv);
    }
    run(c);
  };
}

/** INFO: one section at a time. */
function oneSection(run: Handler): Handler {
  return (c) => {
    if (c.argv.length > 2) throw SYNTAX;
    run(c);
  };
}

const NOT_LUA = new ReplyError(
  "ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'",
);

/** What begins with '#!' was no script. */
function noShebang(at: number): (run: Handler) => Handler {
  return (run) => (c) => {
    if (c.argv[at].startsWith('#!')) throw NOT_LUA;
    run(c);
  };
}

/** CONFIG SET */
function configProblem(line: string, { argv }: Client): string {
  const unknown = /^ERR Unknown option or number of arguments for CONFIG SET - '(.*)'$/.exec(line);
  if (unknown !== null) return `ERR Unsupported CONFIG parameter: ${unknown[1]}`;
  const failed = /^ERR CONFIG SET failed \(.*?\) - (.*)$/.exec(line);
  if (failed === null) return line;
  return `ERR Invalid argument '${argv[3]}' for CONFIG SET '${argv[2]}' - ${failed[1]}`;
}

/** What scripts fail with: 'ERR x script: sha, on @user_script:1.' */
function scriptProblem(line: string): string {
  const found = /^(\S+ )?(.*) script: ([0-9a-f]{40}), on (@user_script:\d+)\.$/s.exec(line);
  if (found === null) return line;
  const [, code = '', text, sha, where] = found;
  let said = text.startsWith('user_script:') ? text : code + text;
  const line1 = where.replace('@user_script:', '@user_script: ');
  if (text === 'Unknown Redis command called from script') {
    said = `${line1}: Unknown Redis command called from Lua script`;
  } else if (text === 'Wrong number of args calling Redis command from script') {
    said = `${line1}: Wrong number of args calling Redis command From Lua script`;
  }
  return `ERR Error running script (call to f_${sha}): ${where}: ${said}`;
}

/** ACL GETUSER: keys and channels were lists, flags said more, and there was one selector. */
function userAs(told: Told, c: Client): Told {
  if (told.kind !== 'map') return told;
  const selector = c.server.acl.find(c.argv[2])?.root;
  const words = (texts: readonly string[]): Told[] => {
    return texts.map((text) => ({ kind: 'text', text, format: '' }));
  };
  const items: Told[] = [];
  for (let i = 0; i < told.items.length; i += 2) {
    const [name, value] = [told.items[i], told.items[i + 1]];
    const field = name.kind === 'text' ? name.text : '';
    if (field === 'selectors') continue;
    if (field === 'flags' && value.kind === 'set') {
      const [first, ...others] = value.items;
      const more = [
        selector?.allKeys === true ? 'allkeys' : '',
        selector?.allChannels === true ? 'allchannels' : '',
        selector?.allCommands === true ? 'allcommands' : '',
      ].filter((text) => text !== '');
      items.push(name, { kind: 'set', items: [first, ...words(more), ...others] });
    } else if ((field === 'keys' || field === 'channels') && value.kind === 'text') {
      const patterns = value.text === '' ? [] : value.text.split(' ');
      const without = patterns.map((pattern) => pattern.slice(1));
      items.push(name, { kind: 'array', items: words(without) });
    } else {
      items.push(name, value);
    }
  }
  return { kind: 'map', items };
}

/** Small hashes and sorted sets were called after what they were made of then. */
function encodingAs(text: string, c: Client): string {
  const i = c.db.dict.find(c.argv[2]);
  const value = i < 0 ? undefined : c.db.dict.valueAt(i);
  const isPacked = value instanceof Hash || value instanceof SortedSet;
  return isPacked && text === 'listpack' ? 'ziplist' : text;
}

/** COMMAND INFO said seven things of a command, and nothing of its parts. */
function sevenFields(told: Told): Told {
  if (told.kind !== 'array') return told;
  const items = told.items.map((each): Told => {
    return each.kind === 'array' ? { kind: 'array', items: each.items.slice(0, 7) } : each;
  });
  return { kind: 'array', items };
}

/** XAUTOCLAIM said nothing of entries that were deleted. */
function twoElements(told: Told): Told {
  return told.kind === 'array' ? { kind: 'array', items: told.items.slice(0, 2) } : told;
}

const unquoted = worded((line) =>
  line.replace(/^(ERR invalid expire time in) '(.*)' command$/, '$1 $2'),
);

export const oldChanges: readonly Change[] = [
  {
    when: old,
    of: 'set setex psetex getex expire pexpire expireat pexpireat restore',
    run: unquoted,
  },
  { when: old, of: 'expire expireat pexpire pexpireat', arity: 3 },
  { when: old, of: 'xsetid', arity: 3 },
  { when: old, of: 'command|getkeys', arity: -3 },
  { when: old, of: 'readonly readwrite', run: () => (c) => c.reply.ok() },
  { when: old, of: 'info', run: oneSection },
  { when: old, of: 'eval', run: noShebang(1) },
  { when: old, of: 'script|load', run: noShebang(2) },
  { when: old, of: 'config|get', arity: 3 },
  { when: old, of: 'config|set', arity: 4, run: worded(configProblem) },
  { when: old, of: 'set', run: notBoth },
  { when: old, of: 'xadd', run: wholeIds },
  { when: old, of: 'bitcount', run: without(4, 'BIT', 'BYTE') },
  { when: old, of: 'bitpos', run: without(5, 'BIT', 'BYTE') },
  { when: old, of: 'shutdown', run: without(1, 'NOW', 'FORCE', 'ABORT') },
  { when: old, of: 'xgroup|create xgroup|setid', run: unknownOption(5, 'ENTRIESREAD') },
  { when: old, of: 'object|encoding', run: retext(encodingAs) },
  { when: old, of: 'xautoclaim', run: retold(twoElements) },
  { when: old, of: 'xinfo|groups', run: withoutFields('entries-read', 'lag') },
  {
    when: old,
    of: 'xinfo|stream',
    run: withoutFields(
      ...['max-deleted-entry-id', 'entries-added', 'recorded-first-entry-id'],
      ...['entries-read', 'lag'],
    ),
  },
  { when: old, of: 'acl|getuser', run: retold(userAs) },
  { when: old, of: 'command command|info', run: retold(sevenFields) },
  { when: old, of: 'eval evalsha', run: worded(scriptProblem) },
];
