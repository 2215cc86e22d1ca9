// Commands as one would type them: one to a line, with the quotes of redis-cli. Or a whole session
// with redis-cli, as one would copy it: then what follows a prompt is a command, and everything
// else an answer.

import { fromText } from '../../protocol/byte-string.ts';
import { splitWords } from '../../protocol/words.ts';

export type TypedCommand = { readonly line: number; readonly argv: string[] };

// As in "127.0.0.1:6379[1](TX)> ", "redis /tmp/redis.sock> ", "not connected> ", "redis> ", "> ".
const PLACE = /(?:[\w.:-]+:\d+|redis(?: [^>\s]+)?|not connected)(?:\[\d+\])?(?:\(\w+\))?/;
const PROMPT = new RegExp(`^\\s*(?:${PLACE.source})?> ?(?<command>.*)$`);

/** The commands of a text, and which line each stands in. Throws an Error for a broken quote. */
export function commandsOf(text: string): TypedCommand[] {
  const lines = text.split(/\r?\n/);
  const isSession = lines.some((line) => PROMPT.test(line));
  const commands: TypedCommand[] = [];
  for (const [i, whole] of lines.entries()) {
    const typed = isSession ? PROMPT.exec(whole)?.groups?.['command'] : whole;
    if (typed === undefined || (!isSession && typed.trimStart().startsWith('#'))) continue;
    const argv = splitWords(fromText(typed));
    if (argv === undefined) throw new Error(`line ${i + 1}: a quote is not closed`);
    if (argv.length > 0) commands.push({ line: i + 1, argv });
  }
  return commands;
}
