// How the commands of other versions differ from those of 8.0.

import { BLOCKING, DENYOOM, LOADING, NOSCRIPT } from '../../protocol/command-spec.ts';
import {
  before,
  type Change,
  keyFirst,
  respelled,
  without,
  withoutTypes,
  worded,
} from './change.ts';
import { cString } from '../../protocol/errors.ts';
import { oldChanges } from './changes-6.2.ts';
import { valkeyChanges } from './changes-valkey.ts';
import { clientsAs } from './clients.ts';
import { infoAs } from './info.ts';
import { retext, retold, type Told, withoutFields } from './told.ts';
import type { Version } from './version.ts';
import { List } from '../../datatypes/list.ts';
import type { Client } from '../client.ts';

const otherwise = (version: Version) => !version.isCurrent;

/** XREAD: there was no '+' for the last entry. */
const unknownPlus = respelled((argv) => {
  const at = argv.findIndex((word) => word.toUpperCase() === 'STREAMS');
  if (at < 0) return;
  const firstId = at + 1 + ((argv.length - at - 1) >> 1);
  for (let i = firstId; i < argv.length; i++) if (argv[i] === '+') argv[i] = '-+';
});

/** C's strtod() takes nothing for 0, also behind a bracket, and reads hexadecimal digits. */
const emptyIsZero = respelled((argv) => {
  for (let i = 2; i < 4 && i < argv.length; i++) {
    const [, bracket, text] = /^(\(?)(.*)$/s.exec(argv[i])!;
    if (text === '') argv[i] += '0';
    const hex = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text);
    if (hex === null || hex[2] + hex[3] === '') continue;
    const [, sign, whole, fraction, power = '0'] = hex;
    const digits =
      Number.parseInt(whole + fraction, 16) * 2 ** (Number(power) - fraction.length * 4);
    argv[i] = `${bracket}${sign}${digits}`;
  }
});

/** C's strtoul() takes nothing for 0, and negative numbers for what they are without a sign. */
const anyCursor = (at: number) =>
  respelled((argv) => {
    const text = cString(argv[at] ?? '0');
    if (/^\s/.test(text)) argv[at] = 'no number';
    else if (text === '') argv[at] = '0';
    else if (/^[+-]\d+$/.test(text)) argv[at] = String(BigInt.asUintN(64, BigInt(text)));
  });

/** HSCAN: there was no such option. */
const noValues = respelled((argv) => {
  for (let i = 3; i < argv.length; i++) {
    if (/^(match|count)$/i.test(argv[i])) i++;
    else if (/^novalues$/i.test(argv[i])) argv[i] = 'no such option';
  }
});

const isCursor = ({ argv }: Client): boolean => {
  const text = cString(argv[2]);
  return /^[+-]?\d*$/.test(text) && BigInt(text.replace(/^[+-]/, '')) < 2n ** 64n;
};

const emptyScan = ({ reply }: Client): void => {
  reply.array(2);
  reply.bulk('0');
  reply.array(0);
};

/** Lists were never named after what they fit into. */
function listEncoding(text: string, c: Client): string {
  const i = c.db.dict.find(c.argv[2]);
  const value = i < 0 ? undefined : c.db.dict.valueAt(i);
  return value instanceof List ? 'quicklist' : text;
}

const isBit = ({ argv }: Client): boolean => argv[2] === '0' || argv[2] === '1';

/** A list of words without one. */
function dropping(told: Told, word: string): Told {
  if (told.kind === 'leaf' || told.kind === 'text') return told;
  const items = told.items.filter((each) => each.kind !== 'text' || each.text !== word);
  return { kind: told.kind, items: items.map((each) => dropping(each, word)) };
}

export const changes: readonly Change[] = [
  { when: otherwise, of: 'info', run: retext(infoAs) },
  {
    when: (version) => otherwise(version) && !version.hasOwn('8.1'),
    of: 'client|list',
    run: retext(clientsAs),
  },
  { when: otherwise, of: 'client|info', run: retext(clientsAs) },

  // 7.4
  {
    when: (version) => version.name === '7.4',
    of: 'hexpire hexpireat hpexpire hpexpireat',
    adds: DENYOOM,
  },
  { when: before('7.4', '8.0'), of: 'client|kill', run: without(2, 'MAXAGE') },
  { when: before('7.4', '8.0'), of: 'xread', run: unknownPlus },
  { when: before('7.4', '8.0'), of: 'scan', run: anyCursor(1) },
  { when: before('7.4', '8.0'), of: 'sscan hscan zscan', run: anyCursor(2) },
  { when: before('7.4', '8.0'), of: 'hscan', run: noValues },
  { when: before('7.4', '8.0'), of: 'hscan', run: keyFirst('hash', emptyScan, isCursor) },

  // 7.2
  // Blocking commands could not be called by scripts.
  { when: before('7.2'), of: 'blmove blpop brpop brpoplpush bzpopmax bzpopmin', adds: NOSCRIPT },
  { when: before('7.2'), of: 'wait', adds: NOSCRIPT },
  { when: before('7.4', '8.0'), of: 'wait waitaof', takes: BLOCKING },
  { when: before('7.4', '8.0'), of: 'waitaof', adds: NOSCRIPT },
  { when: before('7.2'), of: 'zrank zrevrank', arity: 3 },
  { when: before('7.2'), of: 'command|getkeys command|getkeysandflags', arity: -4 },
  { when: before('7.2'), of: 'cluster|shards cluster|slots', takes: LOADING },
  { when: before('7.2'), of: 'object|encoding', run: retext(listEncoding) },
  { when: before('7.2'), of: 'xinfo|consumers', run: withoutFields('inactive') },
  { when: before('7.2'), of: 'xinfo|stream', run: withoutFields('active-time') },
  { when: before('7.4', '8.0'), of: 'bitcount', run: keyFirst('string', (c) => c.reply.int(0)) },
  {
    when: before('7.4', '8.0'),
    of: 'bitpos',
    run: keyFirst('string', (c) => c.reply.int(c.argv[2] === '1' ? -1 : 0), isBit),
  },
  { when: otherwise, of: 'zcount zrangebyscore zrevrangebyscore', run: emptyIsZero },
  { when: otherwise, of: 'zremrangebyscore', run: emptyIsZero },
  {
    when: before('7.2'),
    of: 'acl|list acl|save',
    run: retext((text) => text.replace(/ sanitize-payload\b/, '')),
  },
  {
    when: before('7.2'),
    of: 'acl|getuser',
    run: retold((told) => dropping(told, 'sanitize-payload')),
  },
  {
    when: before('7.2'),
    of: 'lpos',
    run: respelled((argv) => {
      const at = argv.indexOf('-9223372036854775808', 4);
      if (at > 0 && /^rank$/i.test(argv[at - 1])) argv[at] = '-9223372036854775807';
    }),
  },
  {
    when: before('7.2'),
    of: 'blpop brpop blmove brpoplpush blmpop bzpopmin bzpopmax bzmpop',
    run: worded((line, { argv }) => {
      const isEndless = argv.some((word) => /^\+?inf(inity)?$/i.test(word));
      return isEndless ? line.replace('timeout is out of range', 'timeout is negative') : line;
    }),
  },
  {
    when: before('7.2'),
    of: 'xreadgroup',
    run: worded((line, c) => {
      if (c.block === null || !line.startsWith('NOGROUP No such key')) return line;
      return 'UNBLOCKED the stream key no longer exists';
    }),
  },
  {
    when: before('7.2'),
    of: 'xread xreadgroup',
    run: worded((line) => {
      return line.replace(/Unbalanced '\w+'(.*) an ID or '>'/, "Unbalanced XREAD$1 an ID or '$$'");
    }),
  },
  {
    when: before('7.2'),
    of: 'xsetid',
    run: worded((line, { argv }) => {
      if (argv.length > 3) return line;
      const place = 'smaller than the target stream top item';
      return line.replace('smaller than current max_deleted_entry_id', place);
    }),
  },
  { when: before('7.0'), of: 'restore restore-asking', run: withoutTypes(16) },
  { when: before('7.2'), of: 'restore restore-asking', run: withoutTypes(20) },
  { when: before('7.4'), of: 'restore restore-asking', run: withoutTypes(22) },
  ...oldChanges,
  ...valkeyChanges,
];
