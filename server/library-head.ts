// The first line of a library: "#!lua name=mylib".

import { quoting, ReplyError } from '../protocol/errors.ts';
import { splitWords } from '../protocol/words.ts';

const MISSING = new ReplyError('ERR Missing library metadata');
const INVALID = new ReplyError('ERR Invalid library metadata');
const NO_NAME = new ReplyError('ERR Library name was not given');
const TWO_NAMES = new ReplyError(
  'ERR Invalid metadata value, name argument was given multiple times',
);
const PREFIX = 'name=';

export type LibraryHead = {
  readonly name: string;
  readonly engine: string;
  /** Where the code begins: at the end of the line, so that lines count on. */
  readonly start: number;
};

/** Reads it. Throws a ReplyError. */
export function readLibraryHead(code: string): LibraryHead {
  if (!code.startsWith('#!')) throw MISSING;
  const start = code.indexOf('\n');
  if (start < 0) throw INVALID;
  const words = splitWords(code.slice(0, start));
  if (words === undefined || words.length === 0) throw INVALID;
  let name: string | null = null;
  for (const word of words.slice(1)) {
    if (!word.toLowerCase().startsWith(PREFIX)) {
      throw quoting('Invalid metadata value given: ', word, '');
    }
    if (name !== null) throw TWO_NAMES;
    name = word.slice(PREFIX.length);
  }
  if (name === null) throw NO_NAME;
  return { name, engine: words[0].slice(2), start };
}
