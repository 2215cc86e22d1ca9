// Refusals of commands in the words of Redis 6.2.

import { cString, oneLine, ReplyError } from '../../protocol/errors.ts';

/** The refusal of a name that no command has. */
export function unknownBefore7(argv: readonly string[]): ReplyError {
  let args = '';
  for (let i = 1; i < argv.length && args.length < 128; i++) {
    args += `\`${cString(argv[i]).slice(0, 128 - args.length)}\`, `;
  }
  const name = cString(argv[0]).slice(0, 128);
  return new ReplyError(
    oneLine(`ERR unknown command \`${name}\`, with args beginning with: ${args}`),
  );
}

/** The refusal of a subcommand: its name may be wrong, or what comes behind it. */
export function oddSubcommand(argv: readonly string[]): ReplyError {
  const problem = `Unknown subcommand or wrong number of arguments for '${cString(argv[1])}'`;
  return new ReplyError(oneLine(`ERR ${problem}. Try ${cString(argv[0]).toUpperCase()} HELP.`));
}
