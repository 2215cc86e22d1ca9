// Commands that only Valkey has.

import {
  ADMIN,
  CommandSpec,
  container,
  int,
  LOADING,
  many,
  NOSCRIPT,
  oneOf,
  STALE,
  text,
  token,
} from '../../protocol/command-spec.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handler } from '../command-table.ts';
import { integer } from '../string-value.ts';
import { valkey, type When } from './change.ts';

type Own = { readonly when: When; readonly row: { spec: CommandSpec; run: Handler } };

const NO_SCRIPT = new ReplyError('NOSCRIPT No matching script.');
const NO_CLUSTER = new ReplyError('ERR This instance has cluster support disabled');
const NO_IMPORT = new ReplyError('ERR Server is not in import mode');
const NO_SLOT_STATS = new ReplyError('ERR figures of single slots are not kept here');
const BAD_COUNT = new ReplyError('ERR count should be greater than or equal to -1');
const BAD_TYPE = new ReplyError(
  'ERR type should be one of the following: slow, large-request, large-reply',
);

/** CLIENT CAPA capability [capability ...] */
function clientCapa(c: Client): void {
  c.reply.ok(); // Nothing is redirected, so it makes no difference who could follow.
}

/** CLIENT IMPORT-SOURCE ON|OFF */
function clientImportSource(): void {
  throw NO_IMPORT;
}

/** CLUSTER SLOT-STATS */
function clusterSlotStats(c: Client): void {
  throw c.server.cluster === null ? NO_CLUSTER : NO_SLOT_STATS;
}

/** SCRIPT SHOW sha1 */
function scriptShow(c: Client): void {
  const script = c.server.scripting.scripts.find(c.argv[2]);
  if (script === undefined) throw NO_SCRIPT;
  c.reply.bulk(script.source);
}

/** Whether the slow log is meant: those of large requests and replies are kept empty. */
function isSlow(type: string): boolean {
  const lower = type.toLowerCase();
  if (lower === 'large-request' || lower === 'large-reply') return false;
  if (lower !== 'slow') throw BAD_TYPE;
  return true;
}

/** COMMANDLOG GET count type */
function commandlogGet(c: Client): void {
  const count = integer(c.argv[2], BAD_COUNT);
  if (count < -1) throw BAD_COUNT;
  const most = count === -1 ? Number.POSITIVE_INFINITY : count;
  const { slowlog } = c.server;
  const entries = isSlow(c.argv[3]) ? slowlog.latest(most) : [];
  c.reply.array(entries.length);
  for (const entry of entries) {
    c.reply.array(6);
    c.reply.int(entry.id);
    c.reply.int(entry.when);
    c.reply.int(entry.micros);
    c.reply.array(entry.argv.length);
    for (const word of entry.argv) c.reply.bulk(word);
    c.reply.bulk(entry.address);
    c.reply.bulk(entry.clientName);
  }
}

/** COMMANDLOG LEN type */
function commandlogLen(c: Client): void {
  c.reply.int(isSlow(c.argv[2]) ? c.server.slowlog.length : 0);
}

/** COMMANDLOG RESET type */
function commandlogReset(c: Client): void {
  if (isSlow(c.argv[2])) c.server.slowlog.reset();
  c.reply.ok();
}

/** COMMANDLOG HELP */
function commandlogHelp(c: Client): void {
  const lines = [
    'COMMANDLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
    'GET <count> <type>',
    '    Show the latest entries of a log; -1 is all.',
    'LEN <type>',
    '    Count the entries of a log.',
    'RESET <type>',
    '    Empty a log.',
    'HELP',
    '    Show this text.',
  ];
  c.reply.array(lines.length);
  for (const line of lines) c.reply.status(line);
}

function own(since: string, name: string, group: string, spec: CommandSpec, run: Handler): Own {
  spec.name = name;
  spec.group = group;
  return { when: valkey(since), row: { spec, run } };
}

const OPEN = LOADING | STALE;
const TYPE = oneOf('type', token('SLOW'), token('LARGE-REQUEST'), token('LARGE-REPLY'));
const doc = (since: string, summary: string, cost = 'O(1)') => ({ since, summary, cost });

export const valkeyRows: readonly Own[] = [
  own(
    '8.0',
    'client|capa',
    'connection',
    new CommandSpec(
      -3,
      NOSCRIPT | OPEN,
      [],
      [many(text('capability'))],
      doc('8.0.0', 'Tells what the client is able to do.'),
    ),
    clientCapa,
  ),
  own(
    '8.1',
    'client|import-source',
    'connection',
    new CommandSpec(
      3,
      NOSCRIPT | OPEN,
      [],
      [oneOf('enabled', token('ON'), token('OFF'))],
      doc('8.1.0', 'Marks the client as one that imports data.'),
    ),
    clientImportSource,
  ),
  own(
    '8.0',
    'cluster|slot-stats',
    'cluster',
    new CommandSpec(-4, OPEN, [], [], doc('8.0.0', 'Tells figures of slots.')),
    clusterSlotStats,
  ),
  own(
    '8.0',
    'script|show',
    'scripting',
    new CommandSpec(3, NOSCRIPT, [], [text('sha1')], doc('8.0.0', 'Shows the source of a script.')),
    scriptShow,
  ),
  own(
    '8.1',
    'commandlog',
    'server',
    container(-2, 0, doc('8.1.0', 'Commands about the logs of costly commands.', '')),
    () => {},
  ),
  own(
    '8.1',
    'commandlog|get',
    'server',
    new CommandSpec(
      4,
      ADMIN | OPEN,
      [],
      [int('count'), TYPE],
      doc('8.1.0', 'Shows the latest entries of a log.', 'O(N) for N entries'),
    ),
    commandlogGet,
  ),
  own(
    '8.1',
    'commandlog|help',
    'server',
    new CommandSpec(2, OPEN, [], [], doc('8.1.0', 'Shows how COMMANDLOG is used.')),
    commandlogHelp,
  ),
  own(
    '8.1',
    'commandlog|len',
    'server',
    new CommandSpec(3, ADMIN | OPEN, [], [TYPE], doc('8.1.0', 'Counts the entries of a log.')),
    commandlogLen,
  ),
  own(
    '8.1',
    'commandlog|reset',
    'server',
    new CommandSpec(3, ADMIN | OPEN, [], [TYPE], doc('8.1.0', 'Empties a log.')),
    commandlogReset,
  ),
];
