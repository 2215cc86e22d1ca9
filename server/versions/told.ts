// A reply that is heard before it is sent, for versions that said the same in other words.
//
// A handler writes its reply into a Recorder, which keeps what was said as a list of words; the
// list becomes a tree, is changed, and is said again to whoever was to hear it. That costs more
// than all the rest of a command: no command that anybody calls often is changed in this way.

import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import type { Handler } from '../command-table.ts';

/** A reply, or a part of one. */
export type Told =
  | { readonly kind: 'leaf'; readonly say: (reply: Reply) => void }
  | { readonly kind: 'text'; readonly text: string; readonly format: string }
  | { readonly kind: 'array' | 'map' | 'set' | 'push'; readonly items: readonly Told[] };

const STATUS = '+'; // The format of a text that is a simple string.

type Group = { kind: 'array' | 'map' | 'set' | 'push'; length: number };
type Word = Group | Extract<Told, { kind: 'leaf' | 'text' }>;

/** Keeps what is said. */
class Recorder implements Reply {
  resp3: boolean;
  private readonly words: Word[] = [];

  constructor(resp3: boolean) {
    this.resp3 = resp3;
  }

  get isEmpty(): boolean {
    return this.words.length === 0;
  }

  told(): Told {
    let at = 0;
    const next = (): Told => {
      const word = this.words[at++];
      if (word.kind === 'leaf' || word.kind === 'text') return word;
      const items: Told[] = [];
      const count = word.kind === 'map' ? word.length * 2 : word.length;
      for (let i = 0; i < count; i++) items.push(next());
      return { kind: word.kind, items };
    };
    return next();
  }

  private leaf(say: (reply: Reply) => void): void {
    this.words.push({ kind: 'leaf', say });
  }

  private group(kind: Group['kind'], length: number): void {
    this.words.push({ kind, length });
  }

  private begin(): number {
    this.group('array', 0);
    return this.words.length - 1;
  }

  private end(mark: number, kind: Group['kind'], length: number): void {
    this.words[mark] = { kind, length };
  }

  ok(): void {
    this.leaf((reply) => reply.ok());
  }
  status(word: string): void {
    this.words.push({ kind: 'text', text: word, format: STATUS });
  }
  error(line: string): void {
    this.leaf((reply) => reply.error(line));
  }
  int(n: number): void {
    this.leaf((reply) => reply.int(n));
  }
  int64(n: bigint): void {
    this.leaf((reply) => reply.int64(n));
  }
  bulk(text: string): void {
    this.words.push({ kind: 'text', text, format: '' });
  }
  bulkInt(n: number): void {
    this.leaf((reply) => reply.bulkInt(n));
  }
  bulkBytes(bytes: Buffer, start: number, end: number): void {
    const copy = Buffer.from(bytes.subarray(start, end)); // They may be used again.
    this.leaf((reply) => reply.bulkBytes(copy, 0, copy.length));
  }
  bulks(spelt: Buffer, start: number, end: number, count: number): void {
    // They count as so many words of what they are part of.
    const copy = Buffer.from(spelt.subarray(start, end));
    this.leaf((reply) => reply.bulks(copy, 0, copy.length, count));
    for (let i = 1; i < count; i++) this.leaf(() => {});
  }
  null(): void {
    this.leaf((reply) => reply.null());
  }
  nullArray(): void {
    this.leaf((reply) => reply.nullArray());
  }
  array(length: number): void {
    this.group('array', length);
  }
  map(pairs: number): void {
    this.group('map', pairs);
  }
  set(length: number): void {
    this.group('set', length);
  }
  push(length: number): void {
    this.group('push', length);
  }
  attribute(): void {
    throw new Error('no command says something about its own reply');
  }
  double(n: number): void {
    this.leaf((reply) => reply.double(n));
  }
  doubleText(digits: string): void {
    this.leaf((reply) => reply.doubleText(digits));
  }
  bool(value: boolean): void {
    this.leaf((reply) => reply.bool(value));
  }
  bigNumber(digits: string): void {
    this.leaf((reply) => reply.bigNumber(digits));
  }
  verbatim(format: string, text: string): void {
    this.words.push({ kind: 'text', text, format });
  }
  beginArray(): number {
    return this.begin();
  }
  endArray(mark: number, length: number): void {
    this.end(mark, 'array', length);
  }
  endSet(mark: number, length: number): void {
    this.end(mark, 'set', length);
  }
  endMap(mark: number, pairs: number): void {
    this.end(mark, 'map', pairs);
  }
  mark(): number {
    return this.words.length;
  }
  rewind(mark: number): void {
    this.words.length = mark;
  }
}

function say(reply: Reply, told: Told): void {
  switch (told.kind) {
    case 'leaf':
      return told.say(reply);
    case 'text':
      if (told.format === '') return reply.bulk(told.text);
      if (told.format === STATUS) return reply.status(told.text);
      return reply.verbatim(told.format, told.text);
    case 'map':
      reply.map(told.items.length / 2);
      break;
    default:
      reply[told.kind](told.items.length);
  }
  for (const item of told.items) say(reply, item);
}

/** A handler whose reply is changed before it is sent. */
export function retold(change: (told: Told, c: Client) => Told): (run: Handler) => Handler {
  return (run) => (c) => {
    const { reply } = c;
    const recorder = new Recorder(reply.resp3);
    c.reply = recorder;
    try {
      run(c);
    } finally {
      c.reply = reply;
    }
    if (!recorder.isEmpty) say(reply, change(recorder.told(), c));
  };
}

/** A handler that says its texts, wherever they stand in its reply, in another way. */
export function retext(change: (text: string, c: Client) => string): (run: Handler) => Handler {
  return retold((told, c) => {
    const walk = (part: Told): Told => {
      if (part.kind === 'leaf') return part;
      if (part.kind === 'text') return { ...part, text: change(part.text, c) };
      return { ...part, items: part.items.map(walk) };
    };
    return walk(told);
  });
}

/** A handler that leaves fields of these names out of the maps that it replies with. */
export function withoutFields(...names: readonly string[]): (run: Handler) => Handler {
  const walk = (part: Told): Told => {
    if (part.kind === 'leaf' || part.kind === 'text') return part;
    if (part.kind !== 'map') return { ...part, items: part.items.map(walk) };
    const items: Told[] = [];
    for (let i = 0; i < part.items.length; i += 2) {
      const [name, value] = [part.items[i], part.items[i + 1]];
      if (name.kind === 'text' && names.includes(name.text)) continue;
      items.push(name, walk(value));
    }
    return { ...part, items };
  };
  return retold(walk);
}
