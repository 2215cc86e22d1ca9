// Requests -> bytes: all commands of one tick in one write.
//
// A batch is one string as long as its arguments are short text, because adding strings costs next
// to nothing until they are written; bytes among the arguments cut it, and so do long texts, which
// would be copied once more. While nothing but ASCII is in it (the lengths tell), it is written
// as latin1, which needs no encoding.

import type { Command, Value } from './command.ts';
import { byteLength } from './text.ts';

const LONG = 1024; // Bytes from which on a text is a piece of its own.

/** Text still to be encoded, or bytes. */
export type Piece = string | Uint8Array;

export class Outbox {
  private text = '';
  private pieces: Piece[] = [];
  private plainText = true;

  get empty(): boolean {
    return this.text === '' && this.pieces.length === 0;
  }

  /** Adds a command. Throws a TypeError at what cannot be an argument, and adds nothing then. */
  add(command: Command, args: readonly Value[]): void {
    const kept = this.text;
    const count = this.pieces.length;
    let text = `${kept}*${command.words.length + args.length}${command.head}`;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (typeof arg === 'string') {
        const length = byteLength(arg);
        if (length !== arg.length) this.plainText = false;
        text += `\r\n$${length}\r\n`;
        if (length < LONG) text += arg;
        else {
          this.pieces.push(text, arg);
          text = '';
        }
      } else if (typeof arg === 'object' && arg instanceof Uint8Array) {
        text += `\r\n$${arg.length}\r\n`;
        this.pieces.push(text, arg);
        text = '';
      } else {
        const digits = digitsOf(arg);
        if (digits === null) {
          this.text = kept;
          this.pieces.length = count;
          throw new TypeError(`argument ${i + 1} of ${command.name} is ${shown(arg)}`);
        }
        text += `\r\n$${digits.length}\r\n${digits}`;
      }
    }
    this.text = `${text}\r\n`;
  }

  /** All that was added, and whether the texts in it are ASCII. The outbox is empty then. */
  take(): { pieces: Piece[]; encoding: 'latin1' | 'utf8' } {
    const { pieces, text, plainText } = this;
    if (text !== '') pieces.push(text);
    this.pieces = [];
    this.text = '';
    this.plainText = true;
    const encoding = plainText ? 'latin1' : 'utf8';
    return { pieces, encoding };
  }
}

/** How a number is written; null if it is none, or nothing to be sent. */
export function digitsOf(value: unknown): string | null {
  if (typeof value === 'number') {
    if (value === Infinity) return 'inf';
    if (value === -Infinity) return '-inf';
    return Number.isNaN(value) ? null : String(value);
  }
  return typeof value === 'bigint' ? String(value) : null;
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
