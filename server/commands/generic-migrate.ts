// MIGRATE: some keys move to another server. What happens then is migration.ts.

import { NOT_AN_INTEGER, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { MigrateOrder } from '../migration.ts';
import { keysToMigrate } from '../migrations.ts';

const KEY_AND_KEYS = new ReplyError(
  'ERR When using MIGRATE KEYS option, the key argument must be set to the empty string',
);
const NOT_HERE = new ReplyError('ERR MIGRATE is not allowed in transactions and scripts');
const USUAL_TIMEOUT_MS = 1000;

/**
 * MIGRATE host port key|"" destination-db timeout [COPY] [REPLACE]
 *   [AUTH password|AUTH2 username password] [KEYS key [key ...]]
 */
export function migrate(c: Client): void {
  const { argv, db } = c;
  const options = readOptions(argv);
  const timeoutMs = Number(int64(argv[5]));
  const target = int64(argv[4]);
  const keys = keysToMigrate(argv).filter((key) => db.read(key) !== undefined);
  if (keys.length === 0) return c.reply.status('NOKEY');
  // Unlike Redis: inside a transaction and in scripts MIGRATE is refused. While it waits for the
  // other server, others have their turns here, and nothing may come between those two's commands.
  if (c.inExec || c.isScript) throw NOT_HERE;
  c.server.migrations.begin(c, {
    ...options,
    host: argv[1],
    port: argv[2],
    keys,
    db: target,
    timeoutMs: timeoutMs > 0 ? timeoutMs : USUAL_TIMEOUT_MS,
  });
}

function readOptions(
  argv: readonly string[],
): Pick<MigrateOrder, 'copy' | 'replace' | 'credentials'> {
  const options = { copy: false, replace: false, credentials: [] as readonly string[] };
  for (let i = 6; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    const more = argv.length - 1 - i;
    if (word === 'COPY') {
      options.copy = true;
    } else if (word === 'REPLACE') {
      options.replace = true;
    } else if (word === 'AUTH' && more >= 1) {
      options.credentials = [argv[++i]];
    } else if (word === 'AUTH2' && more >= 2) {
      options.credentials = [argv[++i], argv[++i]];
    } else if (word === 'KEYS') {
      if (argv[3] !== '') throw KEY_AND_KEYS;
      break;
    } else {
      throw SYNTAX;
    }
  }
  return options;
}

function int64(argument: string): number | bigint {
  const n = parseSafeInt(argument);
  const found = n === n ? n : parseInt64(argument);
  if (found === undefined) throw NOT_AN_INTEGER;
  return found;
}
