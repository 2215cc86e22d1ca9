// A line of words, with quotes: the inline form of a request, and a line of redis.conf.

import { flat } from './byte-string.ts';

/**
 * Splits a line at white space. "double quotes" know \n \r \t \b \a \xHH and \c for any
 * other c; 'single quotes' know only \'. A closing quote must be followed by white space
 * or the end. Returns undefined when quotes are not balanced. A NUL ends the line, as it
 * does in C.
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  const nul = line.indexOf('\0');
  const end = nul < 0 ? line.length : nul;
  let at = 0;
  for (;;) {
    while (at < end && isSpace(line.charCodeAt(at))) at++;
    if (at >= end) return words;
    let word = '';
    while (at < end && !endsWord(line.charCodeAt(at))) {
      const quote = line[at];
      if (quote !== '"' && quote !== "'") {
        const start = at;
        while (at < end && !endsWord(line.charCodeAt(at)) && line[at] !== '"' && line[at] !== "'") {
          at++;
        }
        word += line.slice(start, at);
        continue;
      }
      const close = closing(line, at, end);
      if (close < 0 || (close + 1 < end && !isSpace(line.charCodeAt(close + 1)))) return undefined;
      const inside = line.slice(at + 1, close);
      word += quote === '"' ? unescaped(inside) : inside.replaceAll("\\'", "'");
      at = close + 1;
      break;
    }
    words.push(flat(word));
  }
}

/** The index of the quote that closes the one at `open`, or -1. */
function closing(line: string, open: number, end: number): number {
  const quote = line[open];
  for (let at = open + 1; at < end; at++) {
    if (line[at] === quote) return at;
    if (line[at] !== '\\' || at + 1 >= end) continue;
    if (quote === '"' || line[at + 1] === "'") at++;
  }
  return -1;
}

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|[\s\S])/g, (_, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    switch (code) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'b':
        return '\b';
      case 'a':
        return '\x07';
      default:
        return code;
    }
  });
}

// Redis: fewer kinds of white space end a word than may stand around it.
function endsWord(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

// C's isspace in the C locale.
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
};

/** A byte string as one word between double quotes, which splitWords reads back. */
export function quoted(bytes: string): string {
  const inside = bytes.replace(/[^ !#-[\]-~]/g, (char) => {
    return ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${inside}"`;
}
