// What a handler can say. A handler never knows who listens: the bytes of RESP2
// or RESP3 (reply-writer.ts), or values for a program in the same process.

export interface Reply {
  /** Whether the listener understands RESP3's own types; few handlers need to ask. */
  resp3: boolean;

  ok(): void;
  /** A simple string: one line without line breaks. */
  status(word: string): void;
  /** An error line, without its '-' and its line end. */
  error(line: string): void;
  /** An integer a double holds exactly. */
  int(n: number): void;
  /** An integer up to 64 bits. */
  int64(n: bigint): void;
  /** A byte string. */
  bulk(bytes: string): void;
  /** An integer, in its decimal digits, as a byte string. */
  bulkInt(n: number): void;
  /** Bytes from `start` up to `end`; large ones are not copied, so they must not change. */
  bulkBytes(bytes: Buffer, start: number, end: number): void;
  /**
   * `count` byte strings from `start` up to `end`, spelt as bulk strings: "$3\r\nfoo\r\n...".
   * They are copied.
   */
  bulks(spelt: Buffer, start: number, end: number, count: number): void;
  null(): void;
  /** Where RESP2 says "no array" rather than "no string". */
  nullArray(): void;
  array(length: number): void;
  /** A map of so many pairs: key, value, key, value follow. */
  map(pairs: number): void;
  set(length: number): void;
  /** Data out of band; the caller has made sure that the listener can tell it apart. */
  push(length: number): void;
  /** RESP3 only: so many pairs about the reply that follows. */
  attribute(pairs: number): void;
  double(n: number): void;
  /** A decimal number that was printed already, such as a long double's. */
  doubleText(digits: string): void;
  bool(value: boolean): void;
  bigNumber(digits: string): void;
  /** Text to be shown as it is; `format` is three letters: txt or mkd. */
  verbatim(format: string, text: string): void;

  /** Starts an array of a length that is not known yet; give the mark to endArray(). */
  beginArray(): number;
  endArray(mark: number, length: number): void;
  /** The same for a set and for a map (in pairs). */
  endSet(mark: number, length: number): void;
  endMap(mark: number, pairs: number): void;

  /** Where the reply stands now, for rewind(). */
  mark(): number;
  /** Forgets everything said since the mark. */
  rewind(mark: number): void;
}
