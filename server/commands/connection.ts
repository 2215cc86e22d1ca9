// One connection: who it is, which protocol and which database it speaks to. CLIENT is in
// connection-client.ts.
//
// Everybody is the user `default` from the start; whether that is enough to be let in, and who else
// there is, is for server/acl.ts to say.

import type { connection as specs } from '../../protocol/commands/connection.ts';
import {
  AUTH_WITHOUT_PASSWORD,
  cString,
  DB_OUT_OF_RANGE,
  NO_PROTO,
  PROTOCOL_NOT_A_NUMBER,
  quoting,
  ReplyError,
  SYNTAX,
  WRONG_PASS,
  wrongArity,
} from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { REPLY_SKIP } from '../client-state.ts';
import type { Handlers } from '../command-table.ts';
import { integer } from '../string-value.ts';
import { clientCommands, validName } from './connection-client.ts';

const NO_AUTH_HELLO = new ReplyError(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO ' +
    '<proto> AUTH <user> <pass> option can be used to authenticate the client and select the ' +
    'RESP protocol version at the same time',
);
const NO_SELECT = new ReplyError('ERR SELECT is not allowed in cluster mode');
const NOT_32_BITS = new ReplyError(
  'ERR value is out of range, value must between -2147483648 and 2147483647',
);

// Redis: nodes of a cluster say this to each other, with a secret that is theirs.
const INTERNAL = 'internal connection';
const NO_INTERNAL = new ReplyError(
  'ERR Cannot authenticate as an internal connection on non-cluster instances',
);
const BAD_INTERNAL = new ReplyError('WRONGPASS invalid internal password');

/** AUTH [username] password */
function auth(c: Client): void {
  const argv = c.argv;
  if (argv.length > 3) throw SYNTAX;
  if (argv.length === 2) {
    if (c.server.acl.defaultUser.noPassword) throw AUTH_WITHOUT_PASSWORD;
    authenticate(c, 'default', argv[1]);
  } else {
    if (cString(argv[1]) === INTERNAL) throw c.server.cluster === null ? NO_INTERNAL : BAD_INTERNAL;
    authenticate(c, argv[1], argv[2]);
  }
  c.reply.ok();
}

// Unlike Redis: a wrong password is always answered. 8.0.2 says nothing if the reply to an
// earlier command of the same pipeline or transaction has not been sent yet.
/** Lets a client in; throws WRONGPASS, which leaves it what it was. */
function authenticate(c: Client, user: string, password: string): void {
  if (!c.server.acl.login(c, user, password)) throw WRONG_PASS;
}

/** ECHO message */
function echo(c: Client): void {
  c.reply.bulk(c.argv[1]);
}

/** HELLO [protover [AUTH username password] [SETNAME clientname]] */
function hello(c: Client): void {
  const { argv, reply } = c;
  let version = 0;
  if (argv.length > 1) {
    version = integer(argv[1], PROTOCOL_NOT_A_NUMBER);
    if (version !== 2 && version !== 3) throw NO_PROTO;
  }
  let credentials = 0; // Index of the user's name.
  let name = 0;
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'AUTH' && i + 2 < argv.length) {
      credentials = i + 1;
      i += 2;
    } else if (word === 'SETNAME' && i + 1 < argv.length) {
      name = ++i;
      validName(argv[name]);
    } else {
      throw quoting("Syntax error in HELLO option '", argv[i], "'");
    }
  }

  if (credentials !== 0) authenticate(c, argv[credentials], argv[credentials + 1]);
  // Redis: so is whoever came while there was a password that has been removed since.
  if (!c.authenticated) throw NO_AUTH_HELLO;
  if (name !== 0) c.name = argv[name];
  if (version !== 0) reply.resp3 = version === 3;

  const { server, release, valkey } = c.server.version;
  const zone = valkey === '' ? '' : (c.server.config.get('availability-zone') ?? '');
  reply.map(zone === '' ? 7 : 8);
  reply.bulk('server');
  reply.bulk(server);
  reply.bulk('version');
  reply.bulk(release);
  reply.bulk('proto');
  reply.int(reply.resp3 ? 3 : 2);
  reply.bulk('id');
  reply.int(c.id);
  reply.bulk('mode');
  reply.bulk(c.server.cluster === null ? 'standalone' : 'cluster');
  reply.bulk('role');
  reply.bulk(c.server.isFollowing ? 'replica' : 'master');
  reply.bulk('modules');
  reply.array(0);
  if (zone !== '') {
    reply.bulk('availability_zone');
    reply.bulk(zone);
  }
}

/** PING [message] */
function ping(c: Client): void {
  const argv = c.argv;
  if (argv.length > 2) throw wrongArity('ping');
  if (c.subscriptions !== 0 && !c.reply.resp3) {
    // In RESP2 whoever listens to channels gets nothing but arrays.
    c.reply.array(2);
    c.reply.bulk('pong');
    c.reply.bulk(argv.length === 1 ? '' : argv[1]);
  } else if (argv.length === 1) {
    c.reply.status('PONG');
  } else {
    c.reply.bulk(argv[1]);
  }
}

/** QUIT */
function quit(c: Client): void {
  c.reply.ok();
  // Unlike Redis: QUIT ends the connection after CLIENT REPLY OFF too. Redis waits for a reply
  // to leave, for ever.
  c.closing = true;
}

/** RESET */
function reset(c: Client): void {
  // Redis: CLIENT REPLY OFF ends here, but after CLIENT REPLY SKIP this is the reply to skip.
  const skipped = c.replyMode === REPLY_SKIP;
  c.reset();
  if (skipped) c.replyMode = REPLY_SKIP;
  c.reply.status('RESET');
}

/** SELECT index */
function select(c: Client): void {
  const index = integer(c.argv[1]);
  if (index !== (index | 0)) throw NOT_32_BITS;
  const { databases, cluster, compatibility } = c.server;
  if (cluster !== null && index !== 0) throw NO_SELECT;
  if (index < 0 || index >= databases.length) throw DB_OUT_OF_RANGE;
  c.db = databases[index];
  if (index !== 0) compatibility.incompatible++;
  c.reply.ok();
}

export const connectionCommands: Handlers<typeof specs> = {
  auth,
  ...clientCommands,
  echo,
  hello,
  ping,
  quit,
  reset,
  select,
};
