// ACL: users and their rights. What a rule means is server/acl-user.ts and acl-selector.ts, who may
// do what acl-check.ts, what follows from a change acl.ts.

import type { acl as specs } from '../../protocol/commands/acl.ts';
import { ACL_CATEGORIES } from '../../protocol/derive.ts';
import {
  badSubcommand,
  cString,
  oneLine,
  quoting,
  ReplyError,
  wrongArity,
} from '../../protocol/errors.ts';
import { ALLOWED, check, denial } from '../acl-check.ts';
import { loadUsers, saveUsers } from '../acl-file.ts';
import type { Refusal } from '../acl-log.ts';
import { hasSpace, rowsOfCategory, type Selector } from '../acl-selector.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { unguessable } from '../secret.ts';
import { integer } from '../string-value.ts';

const PASSWORD_BITS = 256;
const PASSWORD_BITS_MAX = 4096;
const SHOWN = 10; // Entries of ACL LOG, if nobody says how many.

const NAME_HAS_SPACE = new ReplyError("ERR Usernames can't contain spaces or null characters");
const DEFAULT_STAYS = new ReplyError("ERR The 'default' user cannot be removed");
const BAD_BITS = new ReplyError(
  'ERR ACL GENPASS argument must be the number of bits for the output password, a positive ' +
    `number up to ${PASSWORD_BITS_MAX}`,
);
const NO_FILE = new ReplyError(
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users ' +
    'via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis ' +
    'configuration file set) in order to store users in the Redis configuration.',
);
const NOT_SAVED = new ReplyError(
  'ERR There was an error trying to save the ACLs. Please check the server logs for more ' +
    'information',
);

/** ACL CAT [category] */
function aclCat(c: Client): void {
  const { argv, reply } = c;
  if (argv.length > 3) throw badSubcommand(argv);
  if (argv.length === 2) {
    reply.array(ACL_CATEGORIES.length);
    for (const category of ACL_CATEGORIES) reply.bulk(category);
    return;
  }
  const rows = rowsOfCategory(cString(argv[2]));
  if (rows === undefined) {
    throw quoting("Unknown category '", cString(argv[2]).slice(0, 128), "'");
  }
  reply.array(rows.length);
  for (const spec of rows) reply.bulk(spec.name);
}

/** ACL DELUSER username [username ...] */
function aclDeluser(c: Client): void {
  const names = c.argv.slice(2);
  if (names.some((name) => cString(name) === 'default')) throw DEFAULT_STAYS;
  let deleted = 0;
  for (const name of names) if (c.server.acl.delete(name)) deleted++;
  c.reply.int(deleted);
}

/** ACL DRYRUN username command [arg [arg ...]] */
function aclDryrun(c: Client): void {
  const { acl, commands } = c.server;
  const user = acl.find(c.argv[2]);
  if (user === undefined) throw quoting("User '", c.argv[2], "' not found");
  const argv = c.argv.slice(3);
  let command = commands.find(argv[0]);
  if (command !== undefined && command.subcommands !== null && argv.length > 1) {
    command = command.subcommands.get(argv[1].toLowerCase());
  }
  if (command === undefined) throw quoting("Command '", argv[0], "' not found");
  const { spec } = command;
  if (!spec.accepts(argv.length)) throw wrongArity(spec.name);
  const reason = check(user, spec, argv);
  if (reason === ALLOWED) c.reply.ok();
  else c.reply.bulk(denial(reason, user, spec, argv, true));
}

/** ACL GENPASS [bits] */
function aclGenpass(c: Client): void {
  const { argv, server } = c;
  if (argv.length > 3) throw badSubcommand(argv);
  const bits = argv.length === 3 ? integer(argv[2]) : PASSWORD_BITS;
  if (bits <= 0 || bits > PASSWORD_BITS_MAX) throw BAD_BITS;
  const digits = Math.ceil(bits / 4);
  c.reply.bulk(server.isSeeded ? server.random.hex(digits) : unguessable(digits));
}

/** ACL GETUSER username */
function aclGetuser(c: Client): void {
  const { reply } = c;
  const user = c.server.acl.find(c.argv[2]);
  if (user === undefined) return reply.null();
  const { flags, hashes, selectors } = user;
  const [root, ...others] = selectors;
  reply.map(6);
  reply.bulk('flags');
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk('passwords');
  reply.array(hashes.length);
  for (const hash of hashes) reply.bulk(hash);
  writeSelector(c, root);
  reply.bulk('selectors');
  reply.array(others.length);
  for (const selector of others) {
    reply.map(3);
    writeSelector(c, selector);
  }
}

function writeSelector({ reply }: Client, selector: Selector): void {
  reply.bulk('commands');
  reply.bulk(selector.describeCommands());
  reply.bulk('keys');
  reply.bulk(selector.describeKeys());
  reply.bulk('channels');
  reply.bulk(selector.describeChannels());
}

const HELP = [
  'ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CAT [<category>]',
  '    List the categories of commands, or the commands of one.',
  'DELUSER <username> [<username> ...]',
  '    Remove users, and end their connections.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Tell whether a user may run a command, without running it.',
  'GETUSER <username>',
  '    Show all that is known of a user.',
  'GENPASS [<bits>]',
  '    Make up a password of 256 bits, or of as many as are asked for.',
  'LIST',
  '    Show all users as a file would have them.',
  'LOAD',
  '    Read the file of users again.',
  'LOG [<count> | RESET]',
  '    Show who was refused what, the latest first; or forget it.',
  'SAVE',
  '    Write all users to the file of users.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Make a user, or change one.',
  'USERS',
  '    Show the names of all users.',
  'WHOAMI',
  '    Tell the name of the user of this connection.',
  'HELP',
  '    Show this text.',
];

/** ACL HELP */
function aclHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** ACL LIST */
function aclList(c: Client): void {
  const { lines } = c.server.acl;
  c.reply.array(lines.length);
  for (const line of lines) c.reply.bulk(`user ${line}`);
}

/** ACL LOAD */
function aclLoad(c: Client): void {
  if (c.server.config.values.aclfile === '') throw NO_FILE;
  const problem = loadUsers(c.server);
  if (problem !== '') throw new ReplyError(oneLine(`ERR ${problem}`));
  c.reply.ok();
}

/** ACL LOG [count|RESET] */
function aclLog(c: Client): void {
  const { argv, reply, server } = c;
  const { refusals } = server.acl.log;
  if (argv.length > 3) throw badSubcommand(argv);
  if (argv.length === 3 && argv[2].toLowerCase() === 'reset') {
    refusals.length = 0;
    return reply.ok();
  }
  const wanted = argv.length === 3 ? integer(argv[2]) : SHOWN;
  const count = Math.min(Math.max(wanted, 0), refusals.length);
  reply.array(count);
  for (let i = 0; i < count; i++) writeRefusal(c, refusals[i]);
}

function writeRefusal({ reply, server }: Client, refusal: Refusal): void {
  reply.map(10);
  reply.bulk('count');
  reply.int(refusal.count);
  reply.bulk('reason');
  reply.bulk(refusal.reason);
  reply.bulk('context');
  reply.bulk(refusal.context);
  reply.bulk('object');
  reply.bulk(refusal.object);
  reply.bulk('username');
  reply.bulk(refusal.user);
  reply.bulk('age-seconds');
  reply.double((server.clock.ms - refusal.lastMs) / 1000);
  reply.bulk('client-info');
  reply.bulk(refusal.client);
  reply.bulk('entry-id');
  reply.int(refusal.id);
  reply.bulk('timestamp-created');
  reply.int(refusal.firstMs);
  reply.bulk('timestamp-last-updated');
  reply.int(refusal.lastMs);
}

/** ACL SAVE */
function aclSave(c: Client): void {
  if (c.server.config.values.aclfile === '') throw NO_FILE;
  if (!saveUsers(c.server)) throw NOT_SAVED;
  c.reply.ok();
}

/** ACL SETUSER username [rule [rule ...]] */
function aclSetuser(c: Client): void {
  const [, , name, ...rules] = c.argv;
  if (hasSpace(name)) throw NAME_HAS_SPACE;
  c.server.acl.set(name, rules);
  c.reply.ok();
}

/** ACL USERS */
function aclUsers(c: Client): void {
  const { sorted } = c.server.acl;
  c.reply.array(sorted.length);
  for (const { name } of sorted) c.reply.bulk(name);
}

/** ACL WHOAMI */
function aclWhoami(c: Client): void {
  if (c.user === c.server.acl.superuser) c.reply.null();
  else c.reply.bulk(c.user.name);
}

export const aclCommands: Handlers<typeof specs> = {
  'acl|cat': aclCat,
  'acl|deluser': aclDeluser,
  'acl|dryrun': aclDryrun,
  'acl|genpass': aclGenpass,
  'acl|getuser': aclGetuser,
  'acl|help': aclHelp,
  'acl|list': aclList,
  'acl|load': aclLoad,
  'acl|log': aclLog,
  'acl|save': aclSave,
  'acl|setuser': aclSetuser,
  'acl|users': aclUsers,
  'acl|whoami': aclWhoami,
};
