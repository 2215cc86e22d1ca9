// The manifest of an append-only file: which files it consists of, and in what order.
//
//   file appendonly.aof.2.base.rdb seq 2 type b
//   file appendonly.aof.1.incr.aof seq 1 type h
//   file appendonly.aof.2.incr.aof seq 2 type i startoffset 1200
//
// A base (b) holds the data set of one moment, the increments (i) the commands that came after it.
// History (h) is what a newer base has made superfluous, and may be deleted. A line is a row of
// names and values, and names that are not known are passed over. Offsets are of the replication
// stream: where an increment began, and where it ended if it was closed in good order.
//
// A manifest is replaced as a whole, so whoever changes one changes a copy() and keeps that once it
// is on disk.

import { quoted, splitWords } from '../protocol/words.ts';

export type AofFile = {
  readonly name: string;
  readonly seq: number;
  /** Offsets of the replication stream, -1 if they are not known. */
  readonly startOffset: number;
  readonly endOffset: number;
};

const LONGEST_LINE = 1024;
const NOT_KNOWN = -1;

/** What is wrong with a manifest. Reading one throws nothing else. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  /** The number of the line, from 1 on. */
  readonly at: number;
  /** The line without blanks around it; null if it could not be read. */
  readonly line: string | null;

  constructor(message: string, at: number, line: string | null) {
    super(message);
    this.at = at;
    this.line = line;
  }
}

export class AofManifest {
  base: AofFile | null = null;
  /** From the newest to the oldest. */
  history: AofFile[] = [];
  /** From the oldest to the newest, to which commands are appended. */
  increments: AofFile[] = [];
  /** The highest numbers that were given so far. */
  private baseSeq = 0;
  private incrementSeq = 0;

  /** Reads the text of a manifest. Throws a ManifestError. */
  static parse(text: string): AofManifest {
    if (text === '') throw new ManifestError('Found an empty AOF manifest', 0, null);
    const manifest = new AofManifest();
    let at = 0;
    for (let start = 0; start < text.length; ) {
      at++;
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      const line = text.slice(start, end);
      if (!line.startsWith('#')) {
        if (newline < 0 || end - start >= LONGEST_LINE) {
          throw new ManifestError('The AOF manifest file contains too long line', at, null);
        }
        manifest.take(line.replace(/^[ \t\r]+|[ \t\r]+$/g, ''), at);
      }
      start = end + 1;
    }
    return manifest;
  }

  /** The text of the manifest. */
  print(): string {
    let text = this.base === null ? '' : spell(this.base, 'b');
    for (const file of this.history) text += spell(file, 'h');
    for (const file of this.increments) text += spell(file, 'i');
    return text;
  }

  /** A manifest of its own that says the same. */
  copy(): AofManifest {
    const copy = new AofManifest();
    copy.base = this.base;
    copy.history = this.history.slice();
    copy.increments = this.increments.slice();
    copy.baseSeq = this.baseSeq;
    copy.incrementSeq = this.incrementSeq;
    return copy;
  }

  /** Whether there is nothing to be loaded. */
  get isEmpty(): boolean {
    return this.base === null && this.increments.length === 0;
  }

  /** The newest increment, or null. */
  get last(): AofFile | null {
    return this.increments[this.increments.length - 1] ?? null;
  }

  /** Makes a file the base that has a name of its own, and no number: one from before Redis 7. */
  adopt(name: string): void {
    this.base = { name, seq: 1, startOffset: NOT_KNOWN, endOffset: NOT_KNOWN };
    this.baseSeq = 1;
  }

  /** Adds a base, and returns its name; the one before becomes history. */
  addBase(prefix: string, suffix: 'rdb' | 'aof'): string {
    if (this.base !== null) this.history.unshift(this.base);
    const seq = ++this.baseSeq;
    const name = `${prefix}.${seq}.base.${suffix}`;
    this.base = { name, seq, startOffset: NOT_KNOWN, endOffset: NOT_KNOWN };
    return name;
  }

  /** Adds an increment, and returns its name. */
  addIncrement(prefix: string, startOffset: number): string {
    const seq = ++this.incrementSeq;
    const name = `${prefix}.${seq}.incr.aof`;
    this.increments.push({ name, seq, startOffset, endOffset: NOT_KNOWN });
    return name;
  }

  /** Notes where the newest increment ended; -1 if it goes on. */
  endLast(endOffset: number): void {
    const { increments, last } = this;
    if (last !== null) increments[increments.length - 1] = { ...last, endOffset };
  }

  /** Makes history of the increments, but for the newest if commands go on to be appended to it. */
  retireIncrements(keepLast: boolean): void {
    const kept = keepLast ? this.increments.splice(-1) : [];
    this.history.unshift(...this.increments.reverse());
    this.increments = kept;
  }

  private take(line: string, at: number): void {
    const words = splitWords(line) ?? [];
    const said = new Map<string, string>();
    for (let i = 0; i < words.length; i += 2) said.set(words[i].toLowerCase(), words[i + 1]);
    const name = said.get('file') ?? '';
    const seq = integer(said.get('seq'));
    const type = (said.get('type') ?? '').slice(0, 1);
    // Redis: more may be said than is known here.
    const whole = words.length >= 6 && words.length % 2 === 0;
    if (whole && /[/\\]/.test(name)) {
      throw new ManifestError("File can't be a path, just a filename", at, line);
    }
    if (!whole || name === '' || seq === 0 || type === '') {
      throw new ManifestError('Invalid AOF manifest file format', at, line);
    }
    const startOffset = said.has('startoffset') ? integer(said.get('startoffset')) : NOT_KNOWN;
    const endOffset = said.has('endoffset') ? integer(said.get('endoffset')) : NOT_KNOWN;
    this.add({ name, seq, startOffset, endOffset }, type, at, line);
  }

  private add(file: AofFile, type: string, at: number, line: string): void {
    if (type === 'b') {
      if (this.base !== null) {
        throw new ManifestError('Found duplicate base file information', at, line);
      }
      this.base = file;
      this.baseSeq = file.seq;
    } else if (type === 'h') {
      this.history.push(file);
    } else if (type === 'i') {
      if (file.seq <= this.incrementSeq) {
        throw new ManifestError('Found a non-monotonic sequence number', at, line);
      }
      this.increments.push(file);
      this.incrementSeq = file.seq;
    } else {
      throw new ManifestError('Unknown AOF file type', at, line);
    }
  }
}

function spell({ name, seq, startOffset, endOffset }: AofFile, type: string): string {
  const odd = /[^!-~]|[\\'"]/.test(name);
  let line = `file ${odd ? quoted(name) : name} seq ${seq} type ${type}`;
  if (startOffset !== NOT_KNOWN) {
    line += ` startoffset ${startOffset}`;
    if (endOffset !== NOT_KNOWN) line += ` endoffset ${endOffset}`;
  }
  return `${line}\n`;
}

// Redis: as C's atoll reads it, so anything else is 0.
function integer(word = ''): number {
  return Number.parseInt(word, 10) || 0;
}
