// LCS: what two strings have in common. The algorithm is datatypes/lcs.ts.

import { longestCommonSubsequence, lcsTableBytes } from '../../datatypes/lcs.ts';
import { type StringValue, stringLength, stringOf } from '../../datatypes/string.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { isString, type Value } from '../keyspace.ts';
import { integer } from '../string-value.ts';

const NOT_STRINGS = new ReplyError('ERR The specified keys must contain string values');
const LEN_AND_IDX = new ReplyError(
  'ERR If you want both the length and indexes, please just use IDX.',
);
const TOO_MUCH = new ReplyError(
  'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len',
);

/** LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN] */
export function lcs(c: Client): void {
  const argv = c.argv;
  const values = [c.db.read(argv[1]), c.db.read(argv[2])]; // Both count as looked at, of any type.
  const [first, second] = values.map(stringOrEmpty);
  let onlyLength = false;
  let indexes = false;
  let withLengths = false;
  let shortest = 0;
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'IDX') indexes = true;
    else if (word === 'LEN') onlyLength = true;
    else if (word === 'WITHMATCHLEN') withLengths = true;
    else if (word === 'MINMATCHLEN' && i + 1 < argv.length) shortest = integer(argv[++i]);
    else throw SYNTAX;
  }
  if (indexes && onlyLength) throw LEN_AND_IDX;
  const bytes = lcsTableBytes(stringLength(first), stringLength(second));
  if (bytes > c.server.config.values['proto-max-bulk-len']) throw TOO_MUCH;
  const common = longestCommonSubsequence(stringOf(first), stringOf(second));
  if (onlyLength) return c.reply.int(common.length);
  if (!indexes) return c.reply.bulk(common.bytes);

  const matches = common.matches.filter(({ aStart, aEnd }) => aEnd - aStart + 1 >= shortest);
  c.reply.map(2);
  c.reply.bulk('matches');
  c.reply.array(matches.length);
  for (const { aStart, aEnd, bStart, bEnd } of matches) {
    c.reply.array(withLengths ? 3 : 2);
    c.reply.array(2);
    c.reply.int(aStart);
    c.reply.int(aEnd);
    c.reply.array(2);
    c.reply.int(bStart);
    c.reply.int(bEnd);
    if (withLengths) c.reply.int(aEnd - aStart + 1);
  }
  c.reply.bulk('len');
  c.reply.int(common.length);
}

function stringOrEmpty(value: Value | undefined): StringValue {
  if (value === undefined) return '';
  if (!isString(value)) throw NOT_STRINGS;
  return value;
}
