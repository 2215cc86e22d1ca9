// Sorted sets seen as places on the globe.

import {
  ACCESS,
  type Arg,
  CommandSpec,
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
  group,
  int,
  key,
  keyAfter,
  keyAt,
  many,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const unit = (): Arg => oneOf('unit', token('M'), token('KM'), token('FT'), token('MI'));
const order = optional(oneOf('order', token('ASC'), token('DESC')));

const from = oneOf(
  'from',
  after('FROMMEMBER', text('member')),
  after('FROMLONLAT', block('fromlonlat', double('longitude'), double('latitude'))),
);

const by = oneOf(
  'by',
  block('circle', after('BYRADIUS', double('radius')), unit()),
  block('box', after('BYBOX', double('width')), double('height'), unit()),
);

const count = optional(block('count-block', after('COUNT', int('count')), optional(token('ANY'))));

const countSince6 = optional(
  block('count-block', after('COUNT', int('count')), optional(added('6.2.0', token('ANY')))),
);

const details = [
  optional(token('WITHCOORD')),
  optional(token('WITHDIST')),
  optional(token('WITHHASH')),
];

const store = optional(
  oneOf(
    'store',
    after('STORE', named('storekey', 1)),
    after('STOREDIST', named('storedistkey', 2)),
  ),
);

/** A key of that name in the grammar, which usage lines call "key". */
function named(name: string, keySpec: number): Arg {
  const arg = key(name, keySpec);
  arg.display = 'key';
  return arg;
}

const SEARCH_COST = 'O(N+log(M)), N members in the cells around the area, M members in all';
const CAPITAL_UNITS = ['7.0.0', 'Units in capital letters.'] as const;
const ANY_ADDED = ['6.2.0', '`ANY` behind `COUNT`.'] as const;

export const geo = group('geo', {
  geoadd: new CommandSpec(
    -5,
    WRITE | DENYOOM,
    [keyAt(1, RW | UPDATE)],
    [
      key('key'),
      optional(added('6.2.0', oneOf('condition', token('NX'), token('XX')))),
      optional(added('6.2.0', token('CH', 'change'))),
      many(block('data', double('longitude'), double('latitude'), text('member'))),
    ],
    {
      since: '3.2.0',
      cost: 'O(log(N)) for each member added, N members in all',
      summary: 'Adds members at places on the globe, or moves them there.',
      history: [['6.2.0', '`CH`, `NX` and `XX`.']],
    },
  ),

  geodist: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('member1'), text('member2'), optional(unit())],
    {
      since: '3.2.0',
      cost: 'O(1)',
      summary: 'Returns the distance between two members.',
    },
  ),

  geohash: new CommandSpec(
    -2,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), optional(many(text('member')))],
    {
      since: '3.2.0',
      cost: 'O(1) for each member',
      summary: 'Returns the places of members as standard geohashes.',
    },
  ),

  geopos: new CommandSpec(
    -2,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), optional(many(text('member')))],
    {
      since: '3.2.0',
      cost: 'O(1) for each member',
      summary: 'Returns the places of members as longitude and latitude.',
    },
  ),

  georadius: new CommandSpec(
    -6,
    WRITE | DENYOOM,
    [
      keyAt(1, RO | ACCESS),
      keyAfter('STORE', 6, OW | UPDATE),
      keyAfter('STOREDIST', 6, OW | UPDATE),
    ],
    [
      key('key'),
      double('longitude'),
      double('latitude'),
      double('radius'),
      unit(),
      ...details,
      countSince6,
      order,
      store,
    ],
    {
      since: '3.2.0',
      cost: SEARCH_COST,
      summary: 'Finds, or stores, the members within a distance of a place.',
      history: [ANY_ADDED, CAPITAL_UNITS],
      deprecated: {
        since: '6.2.0',
        replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument',
      },
    },
  ),

  georadiusbymember: new CommandSpec(
    -5,
    WRITE | DENYOOM,
    [
      keyAt(1, RO | ACCESS),
      keyAfter('STORE', 5, OW | UPDATE),
      keyAfter('STOREDIST', 5, OW | UPDATE),
    ],
    [key('key'), text('member'), double('radius'), unit(), ...details, count, order, store],
    {
      since: '3.2.0',
      cost: SEARCH_COST,
      summary: 'Finds, or stores, the members within a distance of a member.',
      history: [ANY_ADDED, CAPITAL_UNITS],
      deprecated: {
        since: '6.2.0',
        replacedBy:
          '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments',
      },
    },
  ),

  georadiusbymember_ro: new CommandSpec(
    -5,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('member'), double('radius'), unit(), ...details, count, order],
    {
      since: '3.2.10',
      cost: SEARCH_COST,
      summary: 'Finds the members within a distance of a member.',
      history: [ANY_ADDED, CAPITAL_UNITS],
      deprecated: {
        since: '6.2.0',
        replacedBy: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments',
      },
    },
  ),

  georadius_ro: new CommandSpec(
    -6,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      double('longitude'),
      double('latitude'),
      double('radius'),
      unit(),
      ...details,
      countSince6,
      order,
    ],
    {
      since: '3.2.10',
      cost: SEARCH_COST,
      summary: 'Finds the members within a distance of a place.',
      history: [ANY_ADDED, CAPITAL_UNITS],
      deprecated: { since: '6.2.0', replacedBy: '`GEOSEARCH` with the `BYRADIUS` argument' },
    },
  ),

  geosearch: new CommandSpec(
    -7,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), from, by, order, count, ...details],
    {
      since: '6.2.0',
      cost: SEARCH_COST,
      summary: 'Finds the members in a circle or a box.',
      history: [CAPITAL_UNITS],
    },
  ),

  geosearchstore: new CommandSpec(
    -8,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), keyAt(2, RO | ACCESS)],
    [key('destination'), key('source', 1), from, by, order, count, optional(token('STOREDIST'))],
    {
      since: '6.2.0',
      cost: SEARCH_COST,
      summary: 'Stores the members in a circle or a box.',
      history: [CAPITAL_UNITS],
    },
  ),
});
