// What must not be seen in a command line that is shown to somebody else, in the slow log or
// to a monitor: passwords, and the names and rules of users.

import type { Server } from './server.ts';

const REDACTED = '(redacted)';

/**
 * The arguments as they may be shown: `argv` itself, if there is nothing to hide. As in Redis,
 * a call that is malformed before its password is shown as it came.
 */
export function redacted(server: Server, argv: readonly string[]): readonly string[] {
  switch (server.commands.find(argv[0])?.spec.name) {
    case 'auth':
      return argv.length > 3 ? argv : hidden(argv, [1, 2]);
    case 'acl':
      return hidden(argv, inAcl(argv));
    case 'config':
      return hidden(argv, inConfig(server, argv));
    case 'hello':
      return hidden(argv, inHello(argv));
    case 'migrate':
      return hidden(argv, inMigrate(argv));
    default:
      return argv;
  }
}

function hidden(argv: readonly string[], secrets: readonly number[]): readonly string[] {
  if (secrets.length === 0) return argv;
  return argv.map((argument, i) => (secrets.includes(i) ? REDACTED : argument));
}

function inAcl(argv: readonly string[]): number[] {
  if (!/^(setuser|deluser|getuser)$/i.test(argv[1] ?? '')) return [];
  return Array.from(argv.keys()).slice(2);
}

/** CONFIG SET parameter value [parameter value ...] */
function inConfig(server: Server, argv: readonly string[]): number[] {
  const secrets: number[] = [];
  if (argv.length % 2 === 1 || !/^set$/i.test(argv[1] ?? '')) return secrets;
  for (let i = 2; i < argv.length; i += 2) {
    if (server.config.isSensitive(argv[i])) secrets.push(i + 1);
  }
  return secrets;
}

/** HELLO protover [AUTH username password] [SETNAME clientname] */
function inHello(argv: readonly string[]): number[] {
  const secrets: number[] = [];
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'AUTH' && i + 2 < argv.length) secrets.push(++i, ++i);
    else if (word === 'SETNAME') i++;
    else break;
  }
  return secrets;
}

/** MIGRATE host port key db timeout [COPY] [REPLACE] [AUTH password|AUTH2 user password] ... */
function inMigrate(argv: readonly string[]): number[] {
  const secrets: number[] = [];
  for (let i = 6; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'KEYS') break;
    if (word === 'AUTH' && i + 1 < argv.length) secrets.push(++i);
    else if (word === 'AUTH2' && i + 2 < argv.length) secrets.push(++i, ++i);
  }
  return secrets;
}
