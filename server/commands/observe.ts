// Watching the server at work: INFO, MONITOR and the slow log here; MEMORY and LATENCY in
// files of their own.

import type { observe as specs } from '../../protocol/commands/observe.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { infoText } from '../info.ts';
import { integer } from '../string-value.ts';
import { latencyCommands } from './observe-latency.ts';
import { memoryCommands } from './observe-memory.ts';

const BAD_COUNT = new ReplyError('ERR count should be greater than or equal to -1');
const NO_MONITOR = new ReplyError("ERR MONITOR isn't allowed for DENY BLOCKING client");

const SLOWLOG_COUNT = 10; // Entries that SLOWLOG GET shows when it is not told how many.

/** INFO [section [section ...]] */
function info(c: Client): void {
  c.reply.verbatim('txt', infoText(c.server, c.argv.slice(1)));
}

/** MONITOR */
function monitor(c: Client): void {
  if (c.inExec) throw NO_MONITOR;
  if (c.monitors) return; // Redis: a monitor that asks again gets no answer at all.
  c.monitors = true;
  c.server.monitors.add(c);
  c.reply.ok();
}

/** SLOWLOG GET [count] */
function slowlogGet(c: Client): void {
  const { argv, reply } = c;
  if (argv.length > 3) throw badSyntax(argv[1], 'SLOWLOG');
  let count = SLOWLOG_COUNT;
  if (argv.length === 3) {
    count = integer(argv[2], BAD_COUNT);
    if (count < -1) throw BAD_COUNT;
    if (count === -1) count = Number.POSITIVE_INFINITY;
  }
  const entries = c.server.slowlog.latest(count);
  reply.array(entries.length);
  for (const entry of entries) {
    reply.array(6);
    reply.int(entry.id);
    reply.int(entry.when);
    reply.int(entry.micros);
    reply.array(entry.argv.length);
    for (const argument of entry.argv) reply.bulk(argument);
    reply.bulk(entry.address);
    reply.bulk(entry.clientName);
  }
}

function badSyntax(subcommand: string, container: string): ReplyError {
  return new ReplyError(
    `ERR unknown subcommand or wrong number of arguments for '${subcommand}'. ` +
      `Try ${container} HELP.`,
  );
}

/** SLOWLOG LEN */
function slowlogLen(c: Client): void {
  c.reply.int(c.server.slowlog.length);
}

/** SLOWLOG RESET */
function slowlogReset(c: Client): void {
  c.server.slowlog.reset();
  c.reply.ok();
}

const SLOWLOG_HELP = [
  'SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'GET [<count>]',
  '    Show the latest entries, 10 of them unless told otherwise; -1 is all.',
  '    An entry is: id, time, duration in microseconds, the command line,',
  '    address and name of the client.',
  'LEN',
  '    Count the entries.',
  'RESET',
  '    Empty the log.',
  'HELP',
  '    Show this text.',
];

/** SLOWLOG HELP */
function slowlogHelp(c: Client): void {
  c.reply.array(SLOWLOG_HELP.length);
  for (const line of SLOWLOG_HELP) c.reply.status(line);
}

export const observeCommands: Handlers<typeof specs> = {
  info,
  monitor,
  'slowlog|get': slowlogGet,
  'slowlog|help': slowlogHelp,
  'slowlog|len': slowlogLen,
  'slowlog|reset': slowlogReset,
  ...latencyCommands,
  ...memoryCommands,
};
