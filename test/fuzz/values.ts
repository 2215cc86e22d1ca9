// Values for the leaves of a grammar: few keys, so that commands meet; numbers and strings
// from the edges of what there is; and now and then something that does not belong.

import type { Arg, CommandSpec } from '../../protocol/command-spec.ts';
import { PAYLOADS } from './payloads.ts';
import { FUNCTIONS, LIBRARIES, LIBRARY_NAMES, SCRIPTS, SHAS } from './scripts.ts';
import { newId, pendingId, someEnd, someId, someThreshold, streamKey } from './streams.ts';

type Choices = readonly string[];

const KEYS: Choices = ['k1', 'k1', 'k1', 'k2', 'k2', 'k3', 'k4{k}', '', '\x00\xff key\r\n'];

const LONG = 'long '.repeat(20); // 100 chars.
export const HUGE: string = '0123456789abcdef'.repeat(2560); // 40 KB.

// Around the lengths where Redis changes how it keeps a string (44), and where we do (32 KB).
const STRINGS: Choices = [
  ...['', 'a', 'b', 'ab', 'abc', 'foobar', 'ohmytext', 'mynewtext', 'A b', '*', 'nx'],
  ...['10', '-1', '0', '3.0', '-0', '+1', '007', '1e2', ' 1', '2147483648', '9007199254740993'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808', '12345678901234567'],
  ...['\xff\x00\x80', '\r\n', '\x00', '\xff\xff\xff\xff', '\xc3\xa9', "it's", 'say "hi"'],
  ...['x'.repeat(44), 'x'.repeat(45), 'y'.repeat(64), LONG, HUGE],
  'HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a',
];

const FEW: Choices = ['a', 'b', '10'];

const INTEGERS: Choices = [
  ...['0', '1', '2', '-1', '-2', '3', '5', '10', '-10', '100', '255', '256', '65536'],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295', '4294967296'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
  ...['9223372036854775806', '9223372036854775807', '9223372036854775808'],
  ...['-9223372036854775807', '-9223372036854775808', '-9223372036854775809'],
  ...['18446744073709551615', '18446744073709551616', '99999999999999999999999'],
];
const NO_INTEGERS: Choices = ['', 'x', '1.5', '+1', '01', '-0', ' 1', '1 ', '1\x00', '0x10', '1e3'];

const DOUBLES: Choices = [
  ...['0', '-0', '1', '-1', '2', '0.1', '0.2', '-2.5', '3.0', '3.14', '1.5', '.5', '5.', '+1'],
  ...['1e3', '1E-5', '1e17', '1e21', '123456789.123456789', '3.141592653589793238462643383'],
  ...['9007199254740993', '9223372036854775807', '18446744073709551615', '0.00001'],
  ...['1.7976931348623157e308', '-1.7976931348623157e308', '5e-324', '1e-400', '1e400', '1e4932'],
  ...['inf', '-inf', '+inf', 'infinity', '-Infinity', '0x1p3', '0xff', '1e5000'],
];
const NO_DOUBLES: Choices = [
  '',
  'x',
  'nan',
  '-nan',
  ' 1',
  '1 ',
  '1e',
  '1.2.3',
  '1,5',
  '1\x00',
  'i',
];

const PATTERNS: Choices = [
  ...['*', 'k*', 'k?', 'k[12]', 'k[^1]*', '[a-k]1', '\\*', '*1*', '', '?', '[', 'k[', '**', 'K1'],
  ...['k1', '[k-a]1', 'k\\1', '*{k}', '[\x00-\xff]*'],
];

// What one talks about, the keyspace events among it.
const CHANNELS: Choices = [
  ...['news', 'news', 'n1', 'n2', '', '\x00\xff', '__keyspace@0__:k1', '__keyevent@0__:set'],
];
const CHANNEL_PATTERNS: Choices = ['*', 'n*', 'n[0-9]', '__key*', '__keyspace@0__:*', 'news'];

// Times lie far apart and far ahead, so that the moment at which a server looks makes no
// difference to what it answers; or in the past.
const PAST: Choices = ['1', '-1', '0', '1000', '-9223372036854775808'];
const BACKWARDS: Choices = ['-1', '0', '-1000', '-9223372036854775808'];
const FAR_SECONDS: Choices = ['4102444800', '99999999999', '9223372036854775', '9007199254740'];
const FAR_MILLISECONDS: Choices = [
  ...['4102444800000', '99999999999999', '9007199254740993', '9223372036854775807'],
  ...['9223370000000000000', '4611686018427387904'],
];
const TOO_FAR: Choices = [
  ...['9223372036854775807', '9223372036854775808', '9223372036854776', '92233720368547758'],
  ...['9223370275926454', '-9223372036854776'],
];

// No string may grow to hundreds of megabytes: such offsets are small, or refused. Around
// those of one megabyte they are refused where proto-max-bulk-len is as low as it can be.
const BYTE_OFFSETS: Choices = [
  ...['0', '0', '1', '2', '5', '10', '43', '44', '64', '100', '5000', '-1', '-2147483649'],
  ...['1048574', '1048575', '1048576'],
  ...['536870912', '536870913', '4294967296', '9223372036854775807', '-9223372036854775808'],
];
const BIT_OFFSETS: Choices = [
  ...['0', '0', '1', '2', '6', '7', '8', '9', '15', '16', '17', '63', '64', '100', '40000', '-1'],
  ...['8388607', '8388608', '8388600'],
  ...['4294967296', '34359738368', '9223372036854775807', '9223372036854775808'],
];
const HASHED_OFFSETS: Choices = [
  '#0',
  '#1',
  '#2',
  '#7',
  '#100',
  '#-1',
  '#x',
  '#',
  '#9223372036854775807',
];

// Elements have to meet too; and to be of lengths around 64, where Redis keeps them elsewhere.
const ELEMENTS: Choices = [
  ...['a', 'b', 'c', 'd', '1', '2', '3', '4', '5', '-1', '-2', '70000', '9007199254740993'],
  ...['x'.repeat(64), 'x'.repeat(65)],
];

// The ends of ranges of sorted sets: of names, of scores, and of ranks.
const NAME_ENDS: Choices = [
  ...['-', '+', '-', '+', '[a', '(a', '[b', '(foobar', '[', '(', 'a', '', '+x'],
];
const SCORE_ENDS: Choices = [
  ...['-inf', '+inf', '(1', '(0', '1', '-1', '2', '(inf', '(', '', '((1', 'x'],
];
const RANKS: Choices = ['0', '0', '1', '2', '-1', '-1', '-2', '10', '-10', '9223372036854775807'];

// Fields that are the same most of the time; groups and consumers that meet. Nothing is as old as
// some entries are said to be, nor will it be while a conversation lasts.
const STREAM_FIELDS: Choices = ['f', 'f', 'f', 'f', 'g', '1', '', LONG];
const STREAM_IDLE: Choices = ['0', '0', '0', '100000', '-1', 'x', '9223372036854775807'];
const STREAM_AGES: Choices = ['0', '500000', '1000000', '-1', 'x'];
const STREAM_GROUPS: Choices = ['g', 'g', 'g', 'h', ''];
const STREAM_CONSUMERS: Choices = ['c', 'c', 'c', 'd', 'e', ''];

// Few places, most of them near each other; and what is no place.
const LONGITUDES: Choices = [
  '13.361389',
  '15.087269',
  '13.5',
  '14',
  '180',
  '-180',
  '0',
  '181',
  'x',
];
const LATITUDES: Choices = ['38.115556', '37.502669', '37.5', '0', '85.05112878', '86', 'inf', ''];
const LENGTHS: Choices = ['0', '1', '200', '100', '1000', '56.4413', '1e7', 'inf', '-1', 'x'];

// By the leaf's own name, where that says more than its type.
const BY_NAME: Readonly<Record<string, Choices>> = {
  channel: CHANNELS,
  shardchannel: CHANNELS,
  longitude: LONGITUDES,
  latitude: LATITUDES,
  radius: LENGTHS,
  width: LENGTHS,
  height: LENGTHS,
  // PFDEBUG's. Without SIMD, whose mistakes real Redis answers twice.
  subcommand: ['getreg', 'DECODE', 'decode', 'encoding', 'ENCODING', 'todense', 'x', ''],
  encoding: [
    ...['u8', 'i8', 'u1', 'i1', 'i5', 'u5', 'u16', 'i32', 'u32', 'u62', 'u63', 'i63', 'i64'],
    ...['u64', 'i65', 'u0', 'i0', 'x', 'u', '', 'U8', 'i-1', 'u08', 'i8x'],
  ],
  script: SCRIPTS,
  sha1: SHAS,
  function: FUNCTIONS,
  'function-code': LIBRARIES,
  'library-name': LIBRARY_NAMES,
  'library-name-pattern': LIBRARY_NAMES,
  'serialized-value': PAYLOADS,
  // Of RESTORE. What expires does so in the far future.
  ttl: ['0', '0', '0', '4102444800000', '9007199254740993', '9223370000000000000', '-1', 'x'],
  frequency: ['0', '5', '255', '256', '-1', 'x'],
  member: [...ELEMENTS, ...ELEMENTS, ...ELEMENTS, ...STRINGS],
  bit: ['0', '1', '0', '1', '2', '-1', 'x', ''],
  db: ['0', '1', '9', '15', '16', '-1', 'x'],
  index: ['0', '0', '0', '1', '9', '15', '16', '-1', 'x', '9223372036854775807'],
  index1: ['0', '0', '1', '9', '16', '-1', 'x'],
  index2: ['0', '0', '1', '9', '16', '-1', 'x'],
  'destination-db': ['0', '1', '9', '16', '-1', 'x'],
  cursor: ['0', '0', '0', '3', '18446744073709551615', '-1', 'x', '18446744073709551616', ''],
  count: ['1', '2', '10', '1000', '0', '-1', 'x', '9223372036854775807'],
  numkeys: ['1', '1', '2', '2', '3', '0', '-1', 'x', '1000000000000'],
  'min-match-len': ['0', '1', '2', '3', '-1', 'x', '9223372036854775807'],
  type: ['string', 'list', 'STRING', 'zset', 'nothing', ''],
  protover: ['2', '3', '2', '3', '1', '4', 'x', ''],
  version: ['5', '6', '0', '1', 'x'],
  section: ['server', 'keyspace', 'all', 'everything', 'default', 'nothing', 'CPU'],
  parameter: ['maxmemory', 'MAXMEMORY-policy', 'hash-max-*', 'databases', 'nothing', '[', 'x'],
  command: ['get', 'SET', 'client|id', 'object', 'nothing', ''],
  'command-name': ['get', 'SET', 'client|id', 'object|freq', 'nothing', 'config', ''],
  event: ['command', 'nothing', 'fast-command'],
  username: ['default', 'nobody', ''],
  'client-id': ['0', '-1', '1000000', 'x', '9223372036854775807'],
  'connection-name': ['me', '', 'two words', 'a\nb', 'x\xff', 'some-name'],
  clientname: ['me', 'two words', '', 'some-name'],
  libname: ['lib', 'two words', '', 'lib(1.0)'],
  libver: ['1.2.3', 'two words', ''],
};

/** A value for a leaf of a grammar, or now and then a wrong one. For sample(). */
export function pick(random: () => number): (arg: Arg, spec: CommandSpec) => string {
  const one = (of: Choices): string => of[Math.floor(random() * of.length)];
  const seldom = (wrong: Choices, right: Choices): string => one(random() < 0.06 ? wrong : right);
  // From 100 seconds to some weeks; hardly ever two the same.
  const ahead = (unit: number): string => String(Math.floor((100 + random() * 5e6) * unit));
  return (arg, spec) => {
    const { name } = arg;
    if (arg.type === 'key') {
      return (spec.group === 'stream' ? streamKey(random) : null) ?? one(KEYS);
    }
    if (spec.group === 'stream') {
      const word = ofStream(spec.name, name, random);
      if (word !== null) return word;
    }
    // What SORT stores of a large set's members that weigh the same has the order of a hash table
    // with a seed of its own. SORT_RO, which stores nothing, is given weights.
    if (name === 'by-pattern' && spec.name === 'sort') return 'nosort';
    if (arg.type === 'pattern') {
      return one(spec.group === 'pubsub' && random() < 0.8 ? CHANNEL_PATTERNS : PATTERNS);
    }
    if (name === 'value' && spec.name === 'setbit') return one(BY_NAME['bit']);
    if (name === 'offset') {
      if (spec.name.startsWith('bitfield') && random() < 0.4) return one(HASHED_OFFSETS);
      return seldom(NO_INTEGERS, spec.name === 'setrange' ? BYTE_OFFSETS : BIT_OFFSETS);
    }
    if (name === 'seconds' || name === 'milliseconds') {
      if (random() < 0.7) return ahead(name === 'seconds' ? 1 : 1000);
      return one(random() < 0.5 ? BACKWARDS : random() < 0.7 ? TOO_FAR : NO_INTEGERS);
    }
    if (arg.type === 'unix-time') {
      const far = name.endsWith('milliseconds') ? FAR_MILLISECONDS : FAR_SECONDS;
      if (random() < 0.6) return one(far);
      return one(random() < 0.6 ? PAST : random() < 0.5 ? TOO_FAR : NO_INTEGERS);
    }
    if (name === 'start' || name === 'stop' || name === 'min' || name === 'max') {
      const end = endOf(spec.name, random());
      if (end !== null) return one(end);
    }
    // Lists are searched for elements: most often, for one that may be there.
    if (name === 'pivot' || (name === 'element' && spec.group === 'list')) {
      return one(random() < 0.7 ? FEW : STRINGS);
    }
    const known = BY_NAME[name];
    if (known !== undefined) return one(known);
    if (arg.type === 'integer') {
      return random() < 0.1 ? someInteger(random) : seldom(NO_INTEGERS, INTEGERS);
    }
    if (arg.type === 'double') {
      return random() < 0.4 ? someDouble(random) : seldom(NO_DOUBLES, DOUBLES);
    }
    if (random() < 0.8) return one(STRINGS);
    return one([someBytes, someInteger, someDouble].map((some) => some(random)));
  };
}

/** What an argument of a command of streams may be; null if there is nothing special about it. */
function ofStream(command: string, name: string, random: () => number): string | null {
  switch (name) {
    case 'id':
      if (command === 'xack' || command === 'xclaim') return pendingId(random);
      return command === 'xadd' ? newId(random) : someId(random);
    case 'last-id':
    case 'lastid':
    case 'max-deleted-id':
      return someId(random);
    case 'start':
    case 'end':
      return someEnd(random);
    case 'min-idle-time':
      return STREAM_IDLE[Math.floor(random() * STREAM_IDLE.length)];
    case 'ms':
      return STREAM_AGES[Math.floor(random() * STREAM_AGES.length)];
    case 'threshold':
      return someThreshold(random);
    case 'field':
      return STREAM_FIELDS[Math.floor(random() * STREAM_FIELDS.length)];
    case 'group':
      return STREAM_GROUPS[Math.floor(random() * STREAM_GROUPS.length)];
    case 'consumer':
      return STREAM_CONSUMERS[Math.floor(random() * STREAM_CONSUMERS.length)];
    default:
      return null;
  }
}

/** What the end of a range may be; null if numbers of all kinds are as good. */
function endOf(command: string, chance: number): Choices | null {
  if (chance < 0.1) return null;
  if (command.endsWith('lex') || command === 'zlexcount') return NAME_ENDS;
  if (command.endsWith('score') || command === 'zcount') return SCORE_ENDS;
  if (command.endsWith('rank') || command === 'zrevrange') return RANKS;
  if (!command.startsWith('zrange')) return null;
  return chance < 0.4 ? NAME_ENDS : chance < 0.7 ? SCORE_ENDS : RANKS;
}

function digits(random: () => number, most: number): string {
  let text = '';
  for (let left = Math.floor(random() * (most + 1)); left > 0; left--) {
    text += Math.floor(random() * 10);
  }
  return text;
}

function sign(random: () => number): string {
  return random() < 0.3 ? '-' : '';
}

function someInteger(random: () => number): string {
  return sign(random) + (digits(random, 19).replace(/^0+/, '') || '7');
}

function someDouble(random: () => number): string {
  const fraction = random() < 0.7 ? `.${digits(random, 20)}` : '';
  const exponent = random() < 0.2 ? `e${sign(random)}${digits(random, 2) || 1}` : '';
  return sign(random) + digits(random, 18) + fraction + exponent;
}

function someBytes(random: () => number): string {
  let bytes = '';
  for (let left = Math.floor(random() * 60); left > 0; left--) {
    bytes += String.fromCharCode(Math.floor(random() * 256));
  }
  return bytes;
}

/** A word that may turn up where nobody expects it. */
export function oddWord(random: () => number): string {
  const tables = [STRINGS, INTEGERS, NO_INTEGERS, DOUBLES, KEYS, PAST];
  const of = tables[Math.floor(random() * tables.length)];
  return of[Math.floor(random() * of.length)];
}

/** A word that says less than this one, for a shorter story; or null. */
export function simpler(word: string): string | null {
  if (word.length > 64) return word.slice(0, word.length / 2);
  return null;
}
