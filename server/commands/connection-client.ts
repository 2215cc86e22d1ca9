// CLIENT: what a connection says of itself, and what it may know of the others and do to them.
//
// CLIENT KILL is in connection-kill.ts; how a client is described is server/client-info.ts,
// what a pause does is server/pause.ts and a gate in server/call.ts.

import type { connection as specs } from '../../protocol/commands/connection.ts';
import { badSubcommand, quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64 } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { REPLY_OFF, REPLY_ON, REPLY_SKIP_NEXT } from '../client-state.ts';
import { clientType, clientTypeNamed, describeClient } from '../client-info.ts';
import type { Handlers } from '../command-table.ts';
import { PAUSE_ALL, PAUSE_WRITE, pause, unpause } from '../pause.ts';
import { integer } from '../string-value.ts';
import { clientKill } from './connection-kill.ts';
import {
  clientCaching,
  clientGetredir,
  clientTracking,
  clientTrackinginfo,
} from './connection-tracking.ts';

type ClientRows = {
  [Name in keyof typeof specs as Name extends `client|${string}`
    ? Name
    : never]: (typeof specs)[Name];
};

const BAD_CLIENT_ID = new ReplyError('ERR Invalid client ID');
const BAD_NAME = new ReplyError(
  'ERR Client names cannot contain spaces, newlines or special characters.',
);
const BAD_MODE = new ReplyError('ERR CLIENT PAUSE mode must be WRITE or ALL');
const BAD_REASON = new ReplyError('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
const TIMEOUT_NOT_AN_INTEGER = new ReplyError('ERR timeout is not an integer or out of range');
const TIMEOUT_IS_NEGATIVE = new ReplyError('ERR timeout is negative');
const TIMEOUT_OUT_OF_RANGE = new ReplyError('ERR timeout is out of range');

const MAX_INT64 = 2n ** 63n - 1n;

/** CLIENT GETNAME */
function clientGetname(c: Client): void {
  if (c.name === '') c.reply.null();
  else c.reply.bulk(c.name);
}

/** CLIENT ID */
function clientId(c: Client): void {
  c.reply.int(c.id);
}

/** CLIENT INFO */
function clientInfo(c: Client): void {
  c.reply.verbatim('txt', `${describeClient(c)}\n`);
}

/** CLIENT LIST [TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]] */
function clientList(c: Client): void {
  const { argv, server } = c;
  const option = argv.length > 2 ? argv[2].toUpperCase() : '';
  let listed: Iterable<Client> = server.clients.values();
  if (option === 'TYPE' && argv.length === 4) {
    const type = clientTypeNamed(argv[3]);
    listed = [...listed].filter((each) => clientType(each) === type);
  } else if (option === 'ID' && argv.length > 3) {
    const ids = argv.slice(3).map((id) => integer(id, BAD_CLIENT_ID));
    listed = ids.map((id) => server.clients.get(id)).filter((each) => each !== undefined);
  } else if (argv.length > 2) {
    throw SYNTAX;
  }
  let text = '';
  for (const each of listed) text += `${describeClient(each)}\n`;
  c.reply.verbatim('txt', text);
}

/** CLIENT NO-EVICT ON|OFF */
function clientNoEvict(c: Client): void {
  c.noEvict = switched(c.argv[2]);
  c.reply.ok();
}

/** CLIENT NO-TOUCH ON|OFF */
function clientNoTouch(c: Client): void {
  c.noTouch = switched(c.argv[2]);
  c.reply.ok();
}

function switched(word: string): boolean {
  const upper = word.toUpperCase();
  if (upper !== 'ON' && upper !== 'OFF') throw SYNTAX;
  return upper === 'ON';
}

/** CLIENT PAUSE timeout [WRITE|ALL] */
function clientPause(c: Client): void {
  const argv = c.argv;
  if (argv.length > 4) throw badSubcommand(argv);
  const mode = argv.length === 4 ? argv[3].toUpperCase() : 'ALL';
  if (mode !== 'ALL' && mode !== 'WRITE') throw BAD_MODE;
  const timeout = parseInt64(argv[2]);
  if (timeout === undefined) throw TIMEOUT_NOT_AN_INTEGER;
  if (timeout < 0n) throw TIMEOUT_IS_NEGATIVE;
  const now = c.server.clock.ms;
  if (timeout > MAX_INT64 - BigInt(now)) throw TIMEOUT_OUT_OF_RANGE;
  pause(c.server, mode === 'ALL' ? PAUSE_ALL : PAUSE_WRITE, now + Number(timeout));
  c.reply.ok();
}

/** CLIENT REPLY ON|OFF|SKIP */
function clientReply(c: Client): void {
  switch (c.argv[2].toUpperCase()) {
    case 'ON':
      c.replyMode = REPLY_ON;
      return c.reply.ok();
    case 'OFF':
      c.replyMode = REPLY_OFF; // And that is all: neither this nor SKIP has a reply.
      return;
    case 'SKIP':
      if (c.replyMode !== REPLY_OFF) c.replyMode = REPLY_SKIP_NEXT;
      return;
    default:
      throw SYNTAX;
  }
}

/** CLIENT SETINFO LIB-NAME libname|LIB-VER libver */
function clientSetinfo(c: Client): void {
  const [, , attribute, value] = c.argv;
  const name = attribute.toUpperCase();
  if (name !== 'LIB-NAME' && name !== 'LIB-VER') {
    throw quoting("Unrecognized option '", attribute, "'");
  }
  if (!printable(value)) {
    throw quoting('', attribute, ' cannot contain spaces, newlines or special characters.');
  }
  if (name === 'LIB-NAME') c.libraryName = value;
  else c.libraryVersion = value;
  c.reply.ok();
}

/** CLIENT SETNAME connection-name */
function clientSetname(c: Client): void {
  c.name = validName(c.argv[2]);
  c.reply.ok();
}

/** A name that a connection may have, '' included; throws for any other. */
export function validName(name: string): string {
  if (!printable(name)) throw BAD_NAME;
  return name;
}

/** Whether a word leaves the fields of CLIENT LIST apart: no blanks, nothing but ASCII. */
function printable(word: string): boolean {
  // Redis: nothing behind a NUL is looked at, nor shown in CLIENT LIST.
  return /^[!-~]*(\0|$)/.test(word);
}

/** CLIENT UNBLOCK client-id [TIMEOUT|ERROR] */
function clientUnblock(c: Client): void {
  const argv = c.argv;
  if (argv.length > 4) throw badSubcommand(argv);
  if (argv.length === 4 && !/^(timeout|error)$/i.test(argv[3])) throw BAD_REASON;
  const target = c.server.clients.get(integer(argv[2]));
  const withError = argv.length === 4 && argv[3].toLowerCase() === 'error';
  // Unlike Redis: CLIENT UNBLOCK does nothing to a client that a pause holds back. 8.0.2 breaks
  // down over it.
  const done = target !== undefined && c.server.blocking.unblock(target, withError);
  c.reply.int(done ? 1 : 0);
}

/** CLIENT UNPAUSE */
function clientUnpause(c: Client): void {
  unpause(c.server);
  c.reply.ok();
}

const HELP = [
  'CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CACHING (YES|NO)',
  '    Remember, or do not, what the next command reads (with OPTIN or OPTOUT).',
  'GETNAME',
  '    Tell the name of this connection.',
  'GETREDIR',
  '    Tell which connection gets the invalidations of this one; -1 if tracking is off.',
  'ID',
  '    Tell the id of this connection.',
  'INFO',
  '    Describe this connection.',
  'KILL <ip:port>',
  '    End the connection that comes from an address.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    End all connections that every option given fits:',
  '    * ADDR (<ip:port>|<unixsocket>:0)',
  '      that come from this address;',
  '    * LADDR (<ip:port>|<unixsocket>:0)',
  '      that came to this address of the server;',
  '    * ID <client-id>',
  '      that have this id;',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      that are of this type;',
  '    * USER <username>',
  '      that are authenticated as this user;',
  '    * MAXAGE <maxage>',
  '      that are at least so many seconds old;',
  '    * SKIPME (YES|NO)',
  '      and whether this connection is spared (default: yes).',
  'LIST [options ...]',
  '    Describe connections, one a line. Options:',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Only those of a type.',
  '    * ID <client-id> [<client-id> ...]',
  '      Only those with these ids.',
  'NO-EVICT (ON|OFF)',
  '    Keep this connection when others are dropped for want of memory.',
  'NO-TOUCH (ON|OFF)',
  '    Let the commands of this connection not count as use of a key.',
  'PAUSE <timeout> [WRITE|ALL]',
  '    Hold back all commands, or those that write, for so many milliseconds.',
  'REPLY (ON|OFF|SKIP)',
  '    Answer this connection, do not, or leave out the next answer.',
  'SETINFO <option> <value>',
  '    Note LIB-NAME or LIB-VER, the library that this connection comes from.',
  'SETNAME <name>',
  '    Name this connection.',
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
  '         [OPTIN] [OPTOUT] [NOLOOP]',
  '    Tell this connection when keys change that it has a copy of, or stop.',
  'TRACKINGINFO',
  '    Tell how this connection tracks keys.',
  'UNBLOCK <clientid> [TIMEOUT|ERROR]',
  '    End the wait of a blocked connection, as if in time or with an error.',
  'UNPAUSE',
  '    End a pause.',
  'HELP',
  '    Show this text.',
];

/** CLIENT HELP */
function clientHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

export const clientCommands: Handlers<ClientRows> = {
  'client|caching': clientCaching,
  'client|getname': clientGetname,
  'client|getredir': clientGetredir,
  'client|help': clientHelp,
  'client|id': clientId,
  'client|info': clientInfo,
  'client|kill': clientKill,
  'client|list': clientList,
  'client|no-evict': clientNoEvict,
  'client|no-touch': clientNoTouch,
  'client|pause': clientPause,
  'client|reply': clientReply,
  'client|setinfo': clientSetinfo,
  'client|setname': clientSetname,
  'client|tracking': clientTracking,
  'client|trackinginfo': clientTrackinginfo,
  'client|unblock': clientUnblock,
  'client|unpause': clientUnpause,
};
