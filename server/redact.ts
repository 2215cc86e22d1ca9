// What must not be seen in a command line that is shown to somebody else, in the slow log or
// to a monitor: passwords, and the names and rules of users.

import type { Server } from './server.ts';

const REDACTED = '(redacted)';

/** The arguments as they may be shown: `argv` itself, if there is nothing to hide. */
export function redacted(server: Server, argv: readonly string[]): readonly string[] {
  const command = server.commands.find(argv[0]);
  switch (command?.spec.name) {
    case 'auth':
      return hidden(argv, (i) => i <= 2);
    case 'acl':
      return acl(argv);
    case 'config':
      return config(server, argv);
    case 'hello':
      return hello(argv);
    case 'migrate':
      return migrate(argv);
    default:
      return argv;
  }
}

function hidden(argv: readonly string[], hides: (i: number) => boolean): string[] {
  return argv.map((argument, i) => (i > 0 && hides(i) ? REDACTED : argument));
}

function acl(argv: readonly string[]): readonly string[] {
  const [, subcommand = ''] = argv;
  if (!/^(setuser|deluser|getuser)$/i.test(subcommand)) return argv;
  return hidden(argv, (i) => i >= 2);
}

function config(server: Server, argv: readonly string[]): readonly string[] {
  if (!/^set$/i.test(argv[1] ?? '')) return argv;
  return hidden(argv, (i) => i >= 3 && i % 2 === 1 && server.config.isSensitive(argv[i - 1]));
}

/** HELLO protover [AUTH username password] [SETNAME clientname] */
function hello(argv: readonly string[]): readonly string[] {
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'AUTH' && i + 2 < argv.length) {
      return hidden(argv, (at) => at === i + 1 || at === i + 2);
    }
    if (word === 'SETNAME') i++;
  }
  return argv;
}

/** MIGRATE host port key db timeout [COPY] [REPLACE] [AUTH password|AUTH2 user password] ... */
function migrate(argv: readonly string[]): readonly string[] {
  const secrets = new Set<number>();
  for (let i = 6; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'KEYS') break;
    if (word === 'AUTH') secrets.add(++i);
    else if (word === 'AUTH2') secrets.add(++i).add(++i);
  }
  return secrets.size === 0 ? argv : hidden(argv, (i) => secrets.has(i));
}
