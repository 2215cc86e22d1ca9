// Byte strings: JavaScript strings with one char, 0-255, for each byte. docs/bytes.md
// says why arguments, keys and short values are kept so.

declare global {
  // Node has these on every Buffer; its types leave them out. They do what
  // toString('latin1') and write(.., 'latin1') do, without looking up the encoding.
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    latin1Write(bytes: string, offset?: number, length?: number): number;
  }
}

/** The bytes of a byte string, in a Buffer of their own. */
export function toBuffer(bytes: string): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** The byte string that these UTF-16 chars are in UTF-8. */
export function fromText(text: string): string {
  return Buffer.from(text, 'utf8').latin1Slice();
}

/**
 * The same string, holding on to nothing else. V8 keeps a substring as a view of its
 * parent and a sum as a tree of its parts; what is stored has to be neither.
 */
export function flat(bytes: string): string {
  return bytes.length < 13 ? bytes : Buffer.from(bytes, 'latin1').latin1Slice();
}
