// CONFIG: the parameters of the running server. What they are is config/parameters.ts, how
// they are kept config/config.ts.

import type { server as specs } from '../../protocol/commands/server.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { cannotSet } from '../config/config.ts';
import { readOldConfig, replaceFile, systemError } from '../config/config-file.ts';
import { rewriteConfig } from '../config/rewrite.ts';
import type { Server } from '../server.ts';

const NO_CONFIG_FILE = new ReplyError('ERR The server is running without a config file');

/** CONFIG GET parameter [parameter ...] */
function configGet(c: Client): void {
  const found = c.server.config.match(c.argv.slice(2));
  c.reply.map(found.size);
  for (const [name, text] of found) {
    c.reply.bulk(name);
    c.reply.bulk(text);
  }
}

const HELP = [
  'CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'GET <pattern>',
  '    Show the parameters whose names match, with their values.',
  'SET <directive> <value>',
  '    Give a parameter a new value.',
  'RESETSTAT',
  '    Set the counters of INFO back to zero.',
  'REWRITE',
  '    Write the present values into the configuration file.',
  'HELP',
  '    Show this text.',
];

/** CONFIG HELP */
function configHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** CONFIG RESETSTAT */
function configResetstat(c: Client): void {
  c.server.stats.reset();
  c.server.compatibility.incompatible = 0;
  for (const command of c.server.commands.all.values()) command.resetStats();
  c.reply.ok();
}

/** CONFIG REWRITE */
function configRewrite(c: Client): void {
  rewriteConfigFile(c.server, false);
  c.reply.ok();
}

/** Rewrites the configuration file, with every parameter in it if `all` says so. */
export function rewriteConfigFile(server: Server, all: boolean): void {
  const path = server.configFile;
  if (path === '') throw NO_CONFIG_FILE;
  try {
    const users = server.config.values.aclfile === '' ? server.acl.lines : [];
    const text = rewriteConfig(readOldConfig(path), server.config, { all, users });
    replaceFile(path, text, server.runId);
    server.log.notice('CONFIG REWRITE executed with success.');
  } catch (error) {
    const why = systemError(error);
    server.log.warning(`CONFIG REWRITE failed: ${why}`);
    throw new ReplyError(`ERR Rewriting config file: ${why}`);
  }
}

// Moving a listener takes a while, and only then is it known whether it could be done.
const MOVES_LISTENERS = ['port', 'tls-port', 'bind'] as const;

/** CONFIG SET parameter value [parameter value ...] */
function configSet(c: Client): void {
  const { config, relisten } = c.server;
  const before = MOVES_LISTENERS.map((name) => config.get(name));
  const asker = { local: c.isLocal, loading: c.server.loading !== null };
  const takeBack = config.set(c.argv.slice(2), asker);
  const moved = MOVES_LISTENERS.find((name, i) => before[i] !== config.get(name));
  if (relisten === null || moved === undefined) return c.reply.ok();
  const moving = relisten().then(async (problem) => {
    if (problem === '') return '';
    takeBack();
    await relisten(); // Some were let go of, to be listened on anew.
    return problem;
  });
  // Unlike Redis: a transaction does not wait, and does not learn of a failure.
  if (c.inExec) return c.reply.ok();
  c.waitFor(moving, (problem) => {
    if (problem !== '') throw cannotSet(moved, problem);
    c.reply.ok();
  });
}

export const configCommands: Pick<
  Handlers<typeof specs>,
  'config|get' | 'config|help' | 'config|resetstat' | 'config|rewrite' | 'config|set'
> = {
  'config|get': configGet,
  'config|help': configHelp,
  'config|resetstat': configResetstat,
  'config|rewrite': configRewrite,
  'config|set': configSet,
};
