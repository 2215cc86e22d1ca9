// The command line: `respite [file] [--name value ...] [-]`.
//
// Options become lines of a configuration file and are read as such, so errors quote
// them as lines. An option ends where the next word with two dashes begins, except that the
// first word behind a name is a value whatever it looks like: `--masterauth --secret` works.

import { fromText } from '../../protocol/byte-string.ts';
import { quoted, splitWords } from '../../protocol/words.ts';

export type CommandLine = {
  readonly action: 'run' | 'version' | 'help' | 'test-memory' | 'check-system';
  /** As it was given; '' for none. */
  readonly file: string;
  /** A lone '-' asks for more configuration on standard input. */
  readonly stdin: boolean;
  /** The options, as lines of a configuration file. */
  readonly directives: string;
  readonly sentinel: boolean;
};

const ACTIONS: Record<string, CommandLine['action']> = {
  '-v': 'version',
  '--version': 'version',
  '-h': 'help',
  '--help': 'help',
  '--test-memory': 'test-memory',
  '--check-system': 'check-system',
};

/** Reads the words behind the program's name. It refuses nothing: loadConfig() does that. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const args = words.map(fromText);
  const sentinel = args.includes('--sentinel');
  const action = ACTIONS[args[0]] ?? 'run';
  if (action !== 'run') return { action, file: '', stdin: false, directives: '', sentinel };
  const file = args.length > 0 && args[0][0] !== '-' ? args[0] : '';
  const first = file === '' ? 0 : 1;
  // Only there is a lone dash standard input; elsewhere it is a value.
  const atEnds = (i: number) => i === 0 || i === args.length - 1;
  const stdin = args.some((word, i) => word === '-' && i >= first && atEnds(i));
  const options = args.filter((word, i) => i >= first && !(word === '-' && atEnds(i)));
  return { action, file, stdin, directives: directives(options), sentinel };
}

function directives(args: readonly string[]): string {
  let text = '';
  let mayBegin = true; // Whether a word with two dashes is the next option's name.
  args.forEach((word, i) => {
    if (!mayBegin || !word.startsWith('--')) {
      text += `${quoted(word)} `;
      mayBegin = true;
      return;
    }
    text += `${text === '' ? '' : '\n'}${word.slice(2)} `;
    // `--port 6380` may also be a single word, when it was quoted.
    mayBegin = splitWords(word)?.length !== 1 || standsAlone(word, args[i + 1]);
    if (mayBegin && word.toLowerCase() === '--save') text += '""';
  });
  return text;
}

// Redis: programs build a command line from a list, and an empty list of save points left
// `--save` without a value; --sentinel has none. Both end where the next option begins.
function standsAlone(word: string, next: string | undefined): boolean {
  const name = word.toLowerCase();
  if (name !== '--save' && name !== '--sentinel') return false;
  return next === undefined || next.startsWith('--');
}
