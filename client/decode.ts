// What a method promises, out of what came: the same in RESP2 and RESP3.
//
// RESP3 says what a map and a double are, RESP2 has flat arrays and strings for them. A decoder
// knows what a command's reply stands for and takes either. Rows name it in a small language:
//
//   d          a double              s     text, even where bytes were asked for
//   i          an integer that comes as a string
//   [x]        an array of x         {x}   a dictionary whose values are x
//   (a:x,b:y)  a record, its fields the server's own words; of those named, values are x and y
//   <x,y>      a tuple
//   z          members with scores   p     pairs      y  one member with its score
//   and words for replies that only one command gives: see `special`
//
// A bar chooses by option: `_|withscores=z` is z if the option is set, and else nothing to do;
// `#2` stands for a third argument of the call that is given.

// biome-ignore-all lint/suspicious/noExplicitAny: replies are of any shape until they are decoded.

import type { ReplyValue } from './reply-parser.ts';

/** How a caller wants replies. */
export interface Form {
  readonly bytes: boolean;
  readonly maps: 'object' | 'map';
}

/** `given` is what the method was called with. */
export type Decode = (value: any, form: Form, given: readonly unknown[]) => unknown;

const asIs: Decode = (value) => value;

const text = (value: ReplyValue): string => String(value);

const double: Decode = (value) => {
  if (value === null || typeof value === 'number') return value;
  const word = text(value);
  return word === 'inf' ? Infinity : word === '-inf' ? -Infinity : Number(word);
};

const integer: Decode = (value) => {
  if (typeof value === 'number' || typeof value === 'bigint' || value === null) return value;
  const number = Number(text(value));
  return Number.isSafeInteger(number) ? number : BigInt(text(value));
};

/** Pairs of a Map, of a flat array, or of an array of pairs. */
function pairsOf(value: any): [any, any][] {
  if (value instanceof Map) return [...value];
  if (!Array.isArray(value)) return [];
  if (value.every((item) => Array.isArray(item) && item.length === 2)) return value as [any, any][];
  const pairs: [any, any][] = [];
  for (let i = 0; i + 1 < value.length; i += 2) pairs.push([value[i], value[i + 1]]);
  return pairs;
}

/** Pairs where a value may be an array: flat unless it is a Map. */
function entriesOf(value: any): [any, any][] {
  if (value instanceof Map) return [...value];
  const pairs: [any, any][] = [];
  for (let i = 0; i + 1 < value.length; i += 2) pairs.push([value[i], value[i + 1]]);
  return pairs;
}

/** An object, whatever its keys are called. */
export function objectOf(pairs: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, value] of pairs) {
    if (key !== '__proto__') made[key] = value;
    else Object.defineProperty(made, key, { value, enumerable: true, configurable: true });
  }
  return made;
}

function dictionary(of: Decode): Decode {
  return (value, form, given) => {
    if (value === null || value === undefined) return null;
    const pairs = entriesOf(value).map(([key, each]) => [key, of(each, form, given)] as const);
    return form.bytes || form.maps === 'map' ? new Map(pairs) : objectOf(pairs);
  };
}

function record(fields: ReadonlyMap<string, Decode>): Decode {
  return (value, form, given) => {
    if (value === null || value === undefined) return null;
    return objectOf(
      entriesOf(value).map(([key, each]) => {
        const of = fields.get(text(key)) ?? fields.get('*');
        return [text(key), of === undefined ? plain(each, form) : of(each, form, given)];
      }),
    );
  };
}

/** What nobody described: Maps become dictionaries, however deep; bytes stay. */
export function plain(value: any, form: Form): unknown {
  if (value instanceof Map) {
    const pairs = [...value].map(([key, each]) => [key, plain(each, form)] as const);
    if (form.bytes || form.maps === 'map') return new Map(pairs);
    return objectOf(pairs.map(([key, each]) => [text(key), each]));
  }
  return Array.isArray(value) ? value.map((each) => plain(each, form)) : value;
}

const scored: Decode = (value) => {
  if (value === null) return null;
  return pairsOf(value).map(([member, score]) => [member, double(score, null!, [])]);
};

const entry: Decode = (value, form, given) => {
  if (value === null || value === undefined) return null;
  return { id: text(value[0]), fields: value[1] === null ? null : strings(value[1], form, given) };
};
const strings = dictionary(asIs);
const entries = arrayOf(entry);

function arrayOf(of: Decode): Decode {
  return (value, form, given) => {
    return Array.isArray(value) ? value.map((each) => of(each, form, given)) : null;
  };
}

/** Replies of one command each. */
const special: Readonly<Record<string, Decode>> = {
  // XADD's and XRANGE's: [id, [field, value, ...]].
  entry,
  entries,
  // XREAD: a map from stream to entries, or in RESP2 an array of pairs.
  streams: (value, form, given) => {
    if (value === null) return null;
    const pairs = pairsOf(value).map(([key, each]) => [key, entries(each, form, given)] as const);
    return form.bytes || form.maps === 'map' ? new Map(pairs) : objectOf(pairs);
  },
  // XAUTOCLAIM: [cursor, entries or ids, deleted ids].
  claimed: (value, form, given) => {
    const ids = optionOf(given, 'justid');
    const found = ids ? value[1].map(text) : entries(value[1], form, given);
    return { cursor: text(value[0]), entries: found, deleted: (value[2] ?? []).map(text) };
  },
  // XPENDING without a range: [count, smallest, greatest, [[consumer, count], ...]].
  pendingSummary: ([count, min, max, consumers], form) => {
    const counts = (consumers ?? []).map(([name, n]: any[]) => [text(name), Number(n)]);
    const made = form.maps === 'map' ? new Map(counts) : objectOf(counts);
    return { count, min: min && text(min), max: max && text(max), consumers: made };
  },
  pending: (value) => {
    return value.map(([id, consumer, idle, deliveries]: any[]) => {
      return { id: text(id), consumer: text(consumer), idle, deliveries };
    });
  },
  cursor: ([cursor, items]) => ({ cursor: text(cursor), items }),
  fieldsCursor: ([cursor, items], _form, given) => {
    const bare = optionOf(given, 'novalues');
    return { cursor: text(cursor), items: bare ? items : pairsOf(items) };
  },
  scoresCursor: ([cursor, items], form, given) => {
    return { cursor: text(cursor), items: scored(items, form, given) };
  },
  // GEOSEARCH: names, or arrays of what the options asked for, in a fixed order.
  places: (value, _form, given) => {
    const [dist, hash, coord] = ['withdist', 'withhash', 'withcoord'].map((o) =>
      optionOf(given, o),
    );
    if (!dist && !hash && !coord) return value;
    return value.map((each: any[]) => {
      let next = 1;
      const place: Record<string, unknown> = { member: each[0] };
      if (dist) place['distance'] = Number(text(each[next++]));
      if (hash) place['hash'] = each[next++];
      if (coord) place['coordinates'] = position(each[next++]);
      return place;
    });
  },
  // SLOWLOG GET.
  slow: ([id, time, microseconds, argv, address = '', name = '']) => {
    return { id, time, microseconds, argv, address, name };
  },
  positions: (value) => value.map(position),
  role: (value, form) => plain(value, form),
};

function position(pair: any): [longitude: number, latitude: number] | null {
  return pair === null ? null : [Number(text(pair[0])), Number(text(pair[1]))];
}

/** Whether the options object at the end of a call has this one set. */
function optionOf(given: readonly unknown[], name: string): boolean {
  if (name.startsWith('#')) return given[Number(name.slice(1))] !== undefined;
  const last = given.at(-1);
  if (typeof last !== 'object' || last === null) return false;
  const value = (last as Record<string, unknown>)[name];
  return value !== undefined && value !== false;
}

/** The decoder that a row names; null where a reply is what the method promises. */
export function decoderFor(source: string): Decode | null {
  if (source === '' || source === '_') return null;
  const [usual, ...others] = source.split('|');
  const first = new DecoderReader(usual!).read();
  const choices = others.map((choice) => {
    const [option, of] = choice.split('=');
    return { option: option!, decode: new DecoderReader(of!).read() };
  });
  if (choices.length === 0) return first;
  return (value, form, given) => {
    const chosen = choices.find(({ option }) => optionOf(given, option));
    return (chosen?.decode ?? first)(value, form, given);
  };
}

class DecoderReader {
  private readonly source: string;
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  read(): Decode {
    const { source } = this;
    switch (source[this.at]) {
      case '[':
        return this.inner((of) => arrayOf(of));
      case '{':
        return this.inner((of) => dictionary(of));
      case '(':
        return this.readRecord();
      case '<':
        return this.readTuple();
    }
    const word = /^\w+/.exec(source.slice(this.at))![0];
    this.at += word.length;
    return wordFor(word);
  }

  private inner(make: (of: Decode) => Decode): Decode {
    this.at++;
    const of = this.read();
    this.at++;
    return make(of);
  }

  private readRecord(): Decode {
    const fields = new Map<string, Decode>();
    while (this.source[this.at] !== ')') {
      this.at++;
      if (this.source[this.at] === ')') break;
      const colon = this.source.indexOf(':', this.at);
      const name = this.source.slice(this.at, colon);
      this.at = colon + 1;
      fields.set(name, this.read());
    }
    this.at++;
    return record(fields);
  }

  private readTuple(): Decode {
    const parts: Decode[] = [];
    while (this.source[this.at] !== '>') {
      this.at++;
      parts.push(this.read());
    }
    this.at++;
    return (value, form, given) => {
      if (!Array.isArray(value)) return null;
      return value.map((each, i) => (parts[i] ?? asIs)(each, form, given));
    };
  }
}

function wordFor(word: string): Decode {
  switch (word) {
    case '_':
      return asIs;
    case 'd':
      return double;
    case 'i':
      return integer;
    case 's':
      return (value) => (value === null ? null : text(value));
    case 'z':
      return scored;
    case 'p':
      return (value) => (value === null ? null : pairsOf(value));
    case 'y':
      return (value) => {
        const pair = scored(value, null!, []) as [unknown, number][] | null;
        return pair?.[0] ?? null;
      };
    case 'plain':
      return plain;
    default: {
      const found = special[word];
      if (found === undefined) throw new Error(`there is no decoder ${word}`);
      return found;
    }
  }
}
