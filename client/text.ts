// Text is UTF-8 on the wire. Bytes that are not become no U+FFFD: they are a NotText, which rejects
// the call that they answer; whoever wants bytes asks for them.

import { isAscii } from 'node:buffer';
import { NotTextError } from './errors.ts';

declare global {
  // Node has it on every Buffer; its types leave it out.
  interface Buffer {
    utf8Slice(start?: number, end?: number): string;
  }
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  const { length } = text;
  // Up to here a loop is faster than a call out of JavaScript.
  if (length > 48) return Buffer.byteLength(text);
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.byteLength(text);
  }
  return length;
}

/** The text that these bytes are, or that they are none. */
export function textOf(bytes: Buffer, from: number, to: number): string | NotTextError {
  // A long ASCII text is copied rather than decoded.
  if (to - from > 256 && isAscii(bytes.subarray(from, to))) return bytes.latin1Slice(from, to);
  const text = bytes.utf8Slice(from, to);
  return isFaithful(text, bytes, from, to) ? text : new NotTextError();
}

/** Whether text decoded from bytes stands for just these bytes. */
function isFaithful(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (!text.includes('\ufffd')) return true;
  return bytes.subarray(from, to).equals(Buffer.from(text));
}
