// Sorted sets by range: of ranks, of scores, or of names.

import {
  ACCESS,
  CommandSpec,
  DELETE,
  DENYOOM,
  OW,
  READONLY,
  RO,
  RW,
  UPDATE,
  WRITE,
  added,
  after,
  block,
  double,
  int,
  key,
  keyAt,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

export const ranges = {
  zrange: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      text('start'),
      text('stop'),
      optional(added('6.2.0', oneOf('sortby', token('BYSCORE'), token('BYLEX')))),
      optional(added('6.2.0', token('REV'))),
      optional(added('6.2.0', after('LIMIT', block('limit', int('offset'), int('count'))))),
      optional(token('WITHSCORES')),
    ],
    {
      since: '1.2.0',
      cost: 'O(log(N)+M) to return M members',
      summary: 'Returns the members in a range of ranks, scores or names.',
      history: [['6.2.0', '`REV`, `BYSCORE`, `BYLEX` and `LIMIT`.']],
    },
  ),

  zrangestore: new CommandSpec(
    -5,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), keyAt(2, RO | ACCESS)],
    [
      key('dst'),
      key('src', 1),
      text('min'),
      text('max'),
      optional(oneOf('sortby', token('BYSCORE'), token('BYLEX'))),
      optional(token('REV')),
      optional(after('LIMIT', block('limit', int('offset'), int('count')))),
    ],
    {
      since: '6.2.0',
      cost: 'O(log(N)+M) to store M members',
      summary: 'Stores the members in a range of ranks, scores or names in another key.',
    },
  ),

  zrevrange: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), int('start'), int('stop'), optional(token('WITHSCORES'))],
    {
      since: '1.2.0',
      cost: 'O(log(N)+M) to return M members',
      summary: 'Returns the members in a range of ranks, from the highest score down.',
      deprecated: { since: '6.2.0', replacedBy: 'ZRANGE with REV' },
    },
  ),

  zrangebyscore: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      double('min'),
      double('max'),
      optional(added('2.0.0', token('WITHSCORES'))),
      optional(after('LIMIT', block('limit', int('offset'), int('count')))),
    ],
    {
      since: '1.0.5',
      cost: 'O(log(N)+M) to return M members',
      summary: 'Returns the members whose score lies in a range.',
      history: [['2.0.0', '`WITHSCORES`.']],
      deprecated: { since: '6.2.0', replacedBy: 'ZRANGE with BYSCORE' },
    },
  ),

  zrevrangebyscore: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      double('max'),
      double('min'),
      optional(token('WITHSCORES')),
      optional(after('LIMIT', block('limit', int('offset'), int('count')))),
    ],
    {
      since: '2.2.0',
      cost: 'O(log(N)+M) to return M members',
      summary: 'Returns the members whose score lies in a range, from the highest down.',
      history: [['2.1.6', 'Either end may be left out of the range.']],
      deprecated: { since: '6.2.0', replacedBy: 'ZRANGE with REV and BYSCORE' },
    },
  ),

  zrangebylex: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      text('min'),
      text('max'),
      optional(after('LIMIT', block('limit', int('offset'), int('count')))),
    ],
    {
      since: '2.8.9',
      cost: 'O(log(N)+M) to return M members',
      summary: 'Returns the members in a range of names, all scores being equal.',
      deprecated: { since: '6.2.0', replacedBy: 'ZRANGE with BYLEX' },
    },
  ),

  zrevrangebylex: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      text('max'),
      text('min'),
      optional(after('LIMIT', block('limit', int('offset'), int('count')))),
    ],
    {
      since: '2.8.9',
      cost: 'O(log(N)+M) to return M members',
      summary: 'Returns the members in a range of names, from the last one back.',
      deprecated: { since: '6.2.0', replacedBy: 'ZRANGE with REV and BYLEX' },
    },
  ),

  zremrangebyrank: new CommandSpec(
    4,
    WRITE,
    [keyAt(1, RW | DELETE)],
    [key('key'), int('start'), int('stop')],
    {
      since: '2.0.0',
      cost: 'O(log(N)+M) to remove M members',
      summary: 'Removes the members in a range of ranks.',
    },
  ),

  zremrangebyscore: new CommandSpec(
    4,
    WRITE,
    [keyAt(1, RW | DELETE)],
    [key('key'), double('min'), double('max')],
    {
      since: '1.2.0',
      cost: 'O(log(N)+M) to remove M members',
      summary: 'Removes the members whose score lies in a range.',
    },
  ),

  zremrangebylex: new CommandSpec(
    4,
    WRITE,
    [keyAt(1, RW | DELETE)],
    [key('key'), text('min'), text('max')],
    {
      since: '2.8.9',
      cost: 'O(log(N)+M) to remove M members',
      summary: 'Removes the members in a range of names, all scores being equal.',
    },
  ),
};
