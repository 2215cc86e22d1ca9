// Lua 5.1's words: names, strings, numbers and symbols, one by one.
//
// Source and strings are byte strings: one char for each byte. What a token is stands in `token`:
// the word or the symbol itself, or NAME, STRING, NUMBER, END. Error messages are worded as Lua
// words them, because scripts are debugged by them (and scripts compare them).

import { LuaSyntaxError } from './errors.ts';
import { parseNumber } from './numbers.ts';

export const END = '<eof>';
export const NAME = '<name>';
export const STRING = '<string>';
export const NUMBER = '<number>';

const KEYWORDS = new Set([
  ...['and', 'break', 'do', 'else', 'elseif', 'end', 'false', 'for', 'function', 'if', 'in'],
  ...['local', 'nil', 'not', 'or', 'repeat', 'return', 'then', 'true', 'until', 'while'],
]);

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const NAME_PART = /[A-Za-z0-9_]*/y;
const NUMERAL = /[0-9.]*(?:[Ee][+-]?)?[A-Za-z0-9_]*/y;
const PLAIN = /[^"'\\\n\r]*/y;

export class Lexer {
  /** What the present token is. */
  token = END;
  /** A name, or what a string holds. */
  text = '';
  number = 0;
  /** The line on which the present token ends. */
  line = 1;
  /** The line on which the token before it ended. */
  lastLine = 1;

  private readonly source: string;
  private readonly chunk: string;
  private at = 0;
  private atLine = 1; // The line that `at` is on.
  private raw = ''; // The present token as error messages show it.
  private ahead: { token: string; text: string; number: number; line: number; raw: string } | null =
    null;

  /** `chunk` is what error messages call the source. */
  constructor(source: string, chunk: string) {
    this.source = source;
    this.chunk = chunk;
  }

  /** Goes on to the next token. Throws a LuaSyntaxError, as everything here. */
  next(): void {
    // Lua: once it has looked ahead, it takes the line it has got to for that of the last word.
    this.lastLine = this.ahead?.line ?? this.line;
    if (this.ahead !== null) {
      Object.assign(this, this.ahead);
      this.ahead = null;
      return;
    }
    this.read();
  }

  /** What the token behind the present one is. */
  peek(): string {
    const { token, text, number, line, raw } = this;
    this.read();
    const { token: next } = this;
    this.ahead = {
      token: next,
      text: this.text,
      number: this.number,
      line: this.line,
      raw: this.raw,
    };
    Object.assign(this, { token, text, number, line, raw });
    return next;
  }

  /** An error at the present token. */
  error(message: string): LuaSyntaxError {
    // Lua: its number is 0, which to the one who words the message means that there is no token.
    if (this.token === 'char(0)') return this.plainError(message);
    return this.errorNear(message, this.shown());
  }

  /** An error that names no token. */
  plainError(message: string): LuaSyntaxError {
    return new LuaSyntaxError(`${this.chunk}:${this.line}: ${message}`);
  }

  private errorNear(message: string, near: string): LuaSyntaxError {
    return new LuaSyntaxError(
      `${this.chunk}:${this.atLine}: ${message} near '${near.split('\0', 1)[0]}'`,
    );
  }

  private shown(): string {
    const { token } = this;
    return token === NAME || token === STRING || token === NUMBER ? this.raw : token;
  }

  private read(): void {
    const { source } = this;
    for (;;) {
      const char = source[this.at];
      switch (char) {
        case undefined:
          return this.found(END);
        case '\n':
        case '\r':
          this.newline();
          continue;
        case ' ':
        case '\t':
        case '\f':
        case '\v':
          this.at++;
          continue;
        case '-':
          if (source[this.at + 1] !== '-') return this.symbol('-');
          this.comment();
          continue;
        case '[': {
          const level = this.longBracket(this.at);
          if (level >= 0) return this.longString(level);
          if (level === -1) return this.symbol('[');
          this.line = this.atLine;
          throw this.errorNear('invalid long string delimiter', source.slice(this.at, -level - 2));
        }
        case '"':
        case "'":
          return this.string(char);
        case '=':
        case '<':
        case '>':
        case '~':
          return this.symbol(source[this.at + 1] === '=' ? `${char}=` : char);
        case '.':
          if (isDigit(source[this.at + 1])) return this.numeral();
          if (source.startsWith('...', this.at)) return this.symbol('...');
          return this.symbol(source[this.at + 1] === '.' ? '..' : '.');
        default:
      }
      if (isDigit(char)) return this.numeral();
      if (/[A-Za-z_]/.test(char)) return this.name();
      return this.symbol(char);
    }
  }

  private found(token: string): void {
    this.token = token;
    this.line = this.atLine;
  }

  private symbol(text: string): void {
    this.at += text.length;
    // A byte that no symbol has is shown in the error that is bound to follow.
    const code = text.charCodeAt(0);
    this.found(code < 32 || code === 127 ? `char(${code})` : text);
  }

  private newline(): void {
    const { source } = this;
    const first = source[this.at++];
    const second = source[this.at];
    if ((second === '\n' || second === '\r') && second !== first) this.at++;
    this.atLine++;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [text] = pattern.exec(this.source)!;
    this.at += text.length;
    return text;
  }

  private name(): void {
    const text = this.match(NAME_PART);
    if (KEYWORDS.has(text)) return this.found(text);
    this.text = text;
    this.raw = text;
    this.found(NAME);
  }

  private numeral(): void {
    const text = this.match(NUMERAL);
    const value = parseNumber(text);
    this.raw = text;
    this.found(NUMBER);
    if (value === undefined) throw this.errorNear('malformed number', text);
    this.number = value;
  }

  private comment(): void {
    this.at += 2;
    if (this.source[this.at] === '[') {
      const level = this.longBracket(this.at);
      if (level >= 0) {
        this.longText(level, 'comment');
        return;
      }
    }
    while (this.at < this.source.length && !/[\n\r]/.test(this.source[this.at])) this.at++;
  }

  /**
   * The level of the long bracket that opens here; -1 for a single bracket, and for one that has a
   * level but does not open, -2 less where it ends.
   */
  private longBracket(at: number): number {
    const { source } = this;
    let end = at + 1;
    while (source[end] === '=') end++;
    if (source[end] === '[') return end - at - 1;
    return end === at + 1 ? -1 : -2 - end;
  }

  private longString(level: number): void {
    const equals = '='.repeat(level);
    this.text = this.longText(level, 'string');
    this.raw = `[${equals}[${this.text}]${equals}]`;
    this.found(STRING);
  }

  private longText(level: number, what: string): string {
    const { source } = this;
    this.at += level + 2;
    if (source[this.at] === '\n' || source[this.at] === '\r') this.newline();
    const close = `]${'='.repeat(level)}]`;
    let text = '';
    for (;;) {
      const char = source[this.at];
      if (char === undefined) throw this.errorNear(`unfinished long ${what}`, END);
      if (char === ']' && source.startsWith(close, this.at)) break;
      if (char === '\n' || char === '\r') {
        this.newline();
        text += '\n';
      } else {
        text += char;
        this.at++;
      }
    }
    this.at += close.length;
    return text;
  }

  private string(quote: string): void {
    const { source } = this;
    let text = '';
    this.at++;
    for (;;) {
      text += this.match(PLAIN);
      const char = source[this.at];
      if (char === quote) break;
      switch (char) {
        case undefined:
          throw this.errorNear('unfinished string', END);
        case '\n':
        case '\r':
          throw this.errorNear('unfinished string', quote + text);
        case '\\':
          text += this.escape(quote + text);
          break;
        default: // The other quote.
          text += char;
          this.at++;
      }
    }
    this.at++;
    this.text = text;
    this.raw = quote + text + quote;
    this.found(STRING);
  }

  private escape(before: string): string {
    const { source } = this;
    const char = source[++this.at];
    if (char === undefined) return ''; // The string goes on to the end, which is the error.
    if (char === '\n' || char === '\r') {
      this.newline();
      return '\n';
    }
    if (!isDigit(char)) {
      this.at++;
      return ESCAPES[char] ?? char;
    }
    let code = 0;
    for (let digits = 0; digits < 3 && isDigit(source[this.at]); digits++) {
      code = code * 10 + Number(source[this.at++]);
    }
    if (code > 255) throw this.errorNear('escape sequence too large', before);
    return String.fromCharCode(code);
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}
