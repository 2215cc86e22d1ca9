// The parameters that are more than a word: each has a kind of its own.

import { parseDouble, parseMemory } from '../../protocol/numbers.ts';
import { quoted } from '../../protocol/words.ts';
import { type Check, type ConfigLine, Kind, Refused, shortMemory } from './kinds.ts';

const MAX_INT64 = (1n << 63n) - 1n;
const MIN_INT64 = -(1n << 63n);

/** C's strtol over the whole word: blanks and a plus in front, saturating. Undefined if not one. */
function readLong(word: string): bigint | undefined {
  if (word !== '' && !/^[ \t-\r]*[+-]?[0-9]+$/.test(word)) return undefined;
  const n = BigInt(word.replace('+', '').trim());
  return n > MAX_INT64 ? MAX_INT64 : n < MIN_INT64 ? MIN_INT64 : n;
}

export type SavePoint = { readonly seconds: number; readonly changes: number };

/** `save`: pairs of seconds and changes; '' takes them all back. */
export class SaveKind extends Kind<readonly SavePoint[]> {
  override readonly manyWords = true;
  override readonly gathers = true;

  text(words: readonly string[], before: string): string {
    if (words.length === 1 && words[0] === '') return '';
    if (words.length % 2 === 1) throw new Refused('Invalid save parameters');
    const numbers = before === '' ? [] : [before];
    for (let i = 0; i < words.length; i += 2) {
      const seconds = readLong(words[i]);
      const changes = readLong(words[i + 1]);
      if (seconds === undefined || seconds < 1n || changes === undefined || changes < 0n) {
        throw new Refused('Invalid save parameters');
      }
      // Redis: the changes are cut down to an int after they were looked at.
      numbers.push(`${seconds} ${BigInt.asIntN(32, changes)}`);
    }
    return numbers.join(' ');
  }

  value(text: string): readonly SavePoint[] {
    return this.pairs(text).map(([seconds, changes]) => ({
      seconds: Number(seconds),
      changes: Number(changes),
    }));
  }

  // Redis: always written, for a file without any would mean the default.
  override lines(text: string): ConfigLine[] {
    const lines = text === '' ? ['""'] : this.pairs(text).map((pair) => pair.join(' '));
    return lines.map((words) => ({ words, needed: true }));
  }

  private pairs(text: string): string[][] {
    return (text.match(/\S+ \S+/g) ?? []).map((pair) => pair.split(' '));
  }
}

export type BufferLimit = {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
};
const CLASSES = ['normal', 'slave', 'pubsub'] as const;
const LIMIT_CLASS_WORDS = ['normal', 'replica', 'pubsub'] as const; // As CONFIG REWRITE has them.
export type BufferClass = (typeof CLASSES)[number];

/** `client-output-buffer-limit`: any of the classes, each with two sizes and a time. */
export class BufferLimitKind extends Kind<Readonly<Record<BufferClass, BufferLimit>>> {
  override readonly manyWords = true;

  text(words: readonly string[], before: string): string {
    if (words.length % 4 !== 0) {
      throw new Refused('Wrong number of arguments in buffer limit configuration.');
    }
    const limits = this.split(before);
    for (let i = 0; i < words.length; i += 4) {
      const name = words[i].toLowerCase();
      const at = CLASSES.indexOf((name === 'replica' ? 'slave' : name) as BufferClass);
      if (at < 0) {
        throw new Refused('Invalid client class specified in buffer limit configuration.');
      }
      limits[at] = this.limit(words[i + 1], words[i + 2], words[i + 3]);
    }
    return CLASSES.map((name, i) => `${name} ${limits[i].join(' ')}`).join(' ');
  }

  private limit(hardWord: string, softWord: string, secondsWord: string): string[] {
    const hard = parseMemory(hardWord);
    const soft = parseMemory(softWord);
    const seconds = readLong(secondsWord);
    if (hard === undefined || soft === undefined || seconds === undefined || seconds < 0n) {
      throw new Refused(
        'Error in hard, soft or soft_seconds setting in buffer limit configuration.',
      );
    }
    return [`${hard}`, `${soft}`, `${BigInt.asIntN(32, seconds)}`];
  }

  value(text: string): Readonly<Record<BufferClass, BufferLimit>> {
    const [normal, slave, pubsub] = this.split(text).map(([hard, soft, seconds]) => ({
      hardBytes: Number(hard),
      softBytes: Number(soft),
      softSeconds: Number(seconds),
    }));
    return { normal, slave, pubsub };
  }

  override lines(text: string, initial: string): ConfigLine[] {
    const initially = this.split(initial);
    return this.split(text).map((limit, i) => {
      const [hard, soft, seconds] = limit;
      const sizes = `${shortMemory(BigInt(hard))} ${shortMemory(BigInt(soft))}`;
      const words = `${LIMIT_CLASS_WORDS[i]} ${sizes} ${seconds}`;
      return { words, needed: limit.join() !== initially[i].join() };
    });
  }

  private split(text: string): string[][] {
    const words = text.split(' ');
    return CLASSES.map((_, i) => words.slice(i * 4 + 1, i * 4 + 4));
  }
}

// Unlike Redis: an address with a line break in it does not become a line of the file.
function quotedIfOdd(word: string): string {
  return /^[\w.:*%/-]+$/.test(word) ? word : quoted(word);
}

/** `bind`: up to 16 addresses; '' for none. */
export class BindKind extends Kind<readonly string[]> {
  override readonly manyWords = true;

  text(words: readonly string[]): string {
    if (words.length > 16) throw new Refused('Too many bind addresses specified.');
    return words.join(' ');
  }

  value(text: string): readonly string[] {
    return text.split(' ').filter((address) => address !== '');
  }

  protected override spelled(text: string): string {
    return text.split(' ').map(quotedIfOdd).join(' ');
  }
}

/** `oom-score-adj-values`: three numbers from -2000 to 2000. */
export class OomScoreKind extends Kind<readonly number[]> {
  override readonly manyWords = true;

  text(words: readonly string[]): string {
    if (words.length !== 3) throw new Refused('wrong number of arguments');
    return words.map((word) => this.one(word)).join(' ');
  }

  private one(word: string): bigint {
    const n = readLong(word);
    if (n !== undefined && n >= -2000n && n <= 2000n) return n;
    const why = 'Invalid oom-score-adj-values, elements must be between -2000 and 2000.';
    throw new Refused(why);
  }

  value(text: string): readonly number[] {
    return text.split(' ').map(Number);
  }
}

const EVENT_CLASSES = 'g$lshzxetd'; // All that A stands for, in the order they are shown.
const EVENT_LETTERS = 'Ag$lshzxeKEtmdn';

/** `notify-keyspace-events`: letters, each a class of events. */
export class KeyspaceEventsKind extends Kind<string> {
  text(words: readonly string[]): string {
    const given = new Set(words[0]);
    for (const letter of given) {
      if (!EVENT_LETTERS.includes(letter)) {
        throw new Refused(`Invalid event class character. Use '${EVENT_LETTERS}'.`);
      }
    }
    const kept = (letters: string) => [...letters].filter((letter) => given.has(letter)).join('');
    const classes = kept(EVENT_CLASSES);
    const all = given.has('A') || classes === EVENT_CLASSES;
    return (all ? 'A' : classes) + kept('nKEm');
  }

  /** The letters, each of them: A is spelled out. */
  value(text: string): string {
    return text.replace('A', () => EVENT_CLASSES);
  }

  // Redis: n is not shown beside A, though it is not part of it: so CONFIG REWRITE loses it.
  override shown(text: string): string {
    return text.replace('An', 'A');
  }

  protected override spelled(text: string): string {
    return quoted(this.shown(text));
  }
}

/** `latency-tracking-info-percentiles`: numbers from 0 to 100. */
export class PercentilesKind extends Kind<readonly number[]> {
  override readonly manyWords = true;

  text(words: readonly string[]): string {
    return words.length === 1 && words[0] === ''
      ? ''
      : words.map((word) => this.one(word)).join(' ');
  }

  private one(word: string): string {
    const n = parseDouble(word);
    if (Number.isNaN(n)) {
      throw new Refused('Invalid latency-tracking-info-percentiles parameters');
    }
    if (n < 0 || n > 100) {
      throw new Refused(
        'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]',
      );
    }
    // Redis: six decimals, less the zeros at the end; the sign of zero is kept.
    return Object.is(n, -0) ? '-0' : n.toFixed(6).replace(/\.?0+$/, '');
  }

  value(text: string): readonly number[] {
    return text === '' ? [] : text.split(' ').map(Number);
  }

  // Redis: always written.
  override lines(text: string): ConfigLine[] {
    return [{ words: text === '' ? '""' : text, needed: true }];
  }
}

export type Master = { readonly host: string; readonly port: number };

/** `replicaof`: a host and a port, or `no one`; '' is a server that is its own master. */
export class ReplicaOfKind extends Kind<Master | undefined> {
  override readonly manyWords = true;

  text(words: readonly string[]): string {
    if (words.length !== 2) throw new Refused('wrong number of arguments');
    const [host, port] = words;
    if (host.toLowerCase() === 'no' && port.toLowerCase() === 'one') return '';
    const n = readLong(port);
    if (n === undefined || n < 0n || n > 65535n) throw new Refused('Invalid master port');
    return `${host} ${n}`;
  }

  value(text: string): Master | undefined {
    if (text === '') return undefined;
    const blank = text.lastIndexOf(' ');
    return { host: text.slice(0, blank), port: Number(text.slice(blank)) };
  }

  override lines(text: string, initial: string): ConfigLine[] {
    return text === '' ? [] : super.lines(text, initial);
  }

  protected override spelled(text: string): string {
    const blank = text.lastIndexOf(' ');
    return `${quotedIfOdd(text.slice(0, blank))}${text.slice(blank)}`;
  }
}

/** A file's name that must stay within its folder. */
export function plainName(parameter: string, what: string, mayBeEmpty: boolean): Check {
  return (text) => {
    if (text === '' && !mayBeEmpty) return `${parameter} can't be empty`;
    return /[/\\]/.test(text) ? `${parameter} can't be a path, just a ${what}` : undefined;
  };
}

/** A host's name as other nodes will print it. */
export const hostName: Check = (text) => {
  if (text.length >= 256) return 'Hostnames must be less than 256 characters';
  if (/^[0-9A-Za-z.-]*$/.test(text)) return undefined;
  return 'Hostnames may only contain alphanumeric characters, hyphens or dots';
};

/** A name for people, free of what the cluster's files and messages are punctuated with. */
export const nodeName: Check = (text) => {
  if (!/[\0!#$%&()*+:;<>?@[\]^{|}~]/.test(text)) return undefined;
  return 'Announced human node name contained invalid character';
};

const TITLE_FIELDS = [
  ...['title', 'listen-addr', 'server-mode', 'port', 'tls-port', 'unixsocket', 'config-file'],
];
const MAY_BE_NOTHING = new Set(['title', 'server-mode', 'unixsocket', 'config-file']);

/** Redis: a title of which nothing would be left is refused, and an unclosed brace. */
export const titleTemplate: Check = (text) => {
  let known = true;
  const shown = text.replace(/\{([^}]*)\}?/g, (field, name: string) => {
    if (!field.endsWith('}') || !TITLE_FIELDS.includes(name)) known = false;
    return MAY_BE_NOTHING.has(name) ? '' : name;
  });
  if (known && shown.trim() !== '') return undefined;
  return 'template format is invalid or contains unknown variables';
};

/** Collation follows the C locale here whatever is chosen; names that any system has are taken. */
export const localeName: Check = (text) =>
  /^(|C|POSIX|C\.UTF-?8)$/i.test(text) ? undefined : 'Invalid locale name';

/** SAVE and NOSAVE cannot both be asked for. */
export const shutdownWords: Check = (text) =>
  text.startsWith('save nosave')
    ? "shutdown options SAVE and NOSAVE can't be used simultaneously"
    : undefined;
