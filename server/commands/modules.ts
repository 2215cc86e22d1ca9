// MODULE: there are none, and none can be loaded, since they are libraries for C.

import type { server as specs } from '../../protocol/commands/server.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';

type ModuleRows = {
  [Name in keyof typeof specs as Name extends `module|${string}`
    ? Name
    : never]: (typeof specs)[Name];
};

const CANNOT_LOAD = new ReplyError(
  'ERR Error loading the extension. Please check the server logs.',
);
const NONE_SUCH = new ReplyError('ERR Error unloading module: no such module with that name');

const HELP = [
  'MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'LIST',
  '    The modules that are loaded: none.',
  'LOAD <path> [<arg> ...]',
  '    Always fails: modules are for a server written in C.',
  'LOADEX <path> [CONFIG <name> <value> [CONFIG <name> <value> ...]] [ARGS <arg> ...]',
  '    The same, with parameters.',
  'UNLOAD <name>',
  '    Always fails: there is none.',
  'HELP',
  '    Show this text.',
];

/** MODULE HELP */
function moduleHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** MODULE LIST */
function moduleList(c: Client): void {
  // Unlike Redis: MODULE LIST is empty. 8.0.2 brings its vector sets as a module.
  c.reply.array(0);
}

/** MODULE LOAD path [arg [arg ...]] */
function moduleLoad(c: Client): void {
  refuse(c);
}

/** MODULE LOADEX path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]] */
function moduleLoadex(c: Client): void {
  refuse(c);
}

function refuse(c: Client): never {
  // Unlike Redis: MODULE LOAD and LOADEX fail whatever they are given.
  c.server.log.warning(`Module ${c.argv[2]} failed to load: there is no way to run it`);
  throw CANNOT_LOAD;
}

/** MODULE UNLOAD name */
function moduleUnload(): never {
  throw NONE_SUCH;
}

export const moduleCommands: Handlers<ModuleRows> = {
  'module|help': moduleHelp,
  'module|list': moduleList,
  'module|load': moduleLoad,
  'module|loadex': moduleLoadex,
  'module|unload': moduleUnload,
};
