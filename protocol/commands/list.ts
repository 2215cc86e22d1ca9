// Lists: elements in a row, which come and go at either end, and clients that wait for them.

import {
  ACCESS,
  BLOCKING,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  INSERT,
  READONLY,
  RO,
  RW,
  UPDATE,
  WRITE,
  added,
  after,
  double,
  group,
  int,
  key,
  keyAt,
  keysFrom,
  many,
  numkeysAt,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const TAKE = RW | ACCESS | DELETE;
const fromTo = [keyAt(1, TAKE), keyAt(2, RW | INSERT)];
const seconds = [['6.0.0', 'Fractions of a second.']] as const;

const end = (name: string) => oneOf(name, token('LEFT'), token('RIGHT'));

export const list = group('list', {
  blmove: new CommandSpec(
    6,
    WRITE | DENYOOM | BLOCKING,
    fromTo,
    [key('source'), key('destination', 1), end('wherefrom'), end('whereto'), double('timeout')],
    {
      since: '6.2.0',
      cost: 'O(1)',
      summary: 'Moves an element from one list to another, and waits for one if there is none.',
    },
  ),

  blmpop: new CommandSpec(
    -5,
    WRITE | BLOCKING,
    [numkeysAt(2, TAKE)],
    [
      double('timeout'),
      int('numkeys'),
      many(key('key')),
      end('where'),
      optional(after('COUNT', int('count'))),
    ],
    {
      since: '7.0.0',
      cost: 'O(N+M) for N keys and M elements',
      summary: 'Takes elements from the first list that has any, and waits if none has.',
    },
  ),

  blpop: new CommandSpec(
    -3,
    WRITE | BLOCKING,
    [keysFrom(1, TAKE, -2)],
    [many(key('key')), double('timeout')],
    {
      since: '2.0.0',
      cost: 'O(N) for N keys',
      summary: 'Takes the first element of the first list that has any, and waits if none has.',
      history: seconds,
    },
  ),

  brpop: new CommandSpec(
    -3,
    WRITE | BLOCKING,
    [keysFrom(1, TAKE, -2)],
    [many(key('key')), double('timeout')],
    {
      since: '2.0.0',
      cost: 'O(N) for N keys',
      summary: 'Takes the last element of the first list that has any, and waits if none has.',
      history: seconds,
    },
  ),

  brpoplpush: new CommandSpec(
    4,
    WRITE | DENYOOM | BLOCKING,
    fromTo,
    [key('source'), key('destination', 1), double('timeout')],
    {
      since: '2.2.0',
      cost: 'O(1)',
      summary: 'Moves the last element of a list to the front of another, and waits for one.',
      history: seconds,
      deprecated: {
        since: '6.2.0',
        replacedBy: '`BLMOVE` with the `RIGHT` and `LEFT` arguments',
      },
    },
  ),

  lindex: new CommandSpec(3, READONLY, [keyAt(1, RO | ACCESS)], [key('key'), int('index')], {
    since: '1.0.0',
    cost: 'O(N) for an element N away from the nearer end',
    summary: 'Returns the element at an index.',
  }),

  linsert: new CommandSpec(
    5,
    WRITE | DENYOOM,
    [keyAt(1, RW | INSERT)],
    [key('key'), oneOf('where', token('BEFORE'), token('AFTER')), text('pivot'), text('element')],
    {
      since: '2.2.0',
      cost: 'O(N) for a pivot N behind the first element',
      summary: 'Inserts an element beside the first one that equals the pivot.',
    },
  ),

  llen: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Tells how many elements a list has.',
  }),

  lmove: new CommandSpec(
    5,
    WRITE | DENYOOM,
    fromTo,
    [key('source'), key('destination', 1), end('wherefrom'), end('whereto')],
    { since: '6.2.0', cost: 'O(1)', summary: 'Moves an element from one list to another.' },
  ),

  lmpop: new CommandSpec(
    -4,
    WRITE,
    [numkeysAt(1, TAKE)],
    [int('numkeys'), many(key('key')), end('where'), optional(after('COUNT', int('count')))],
    {
      since: '7.0.0',
      cost: 'O(N+M) for N keys and M elements',
      summary: 'Takes elements from the first list that has any.',
    },
  ),

  lpop: new CommandSpec(
    -2,
    WRITE | FAST,
    [keyAt(1, TAKE)],
    [key('key'), optional(added('6.2.0', int('count')))],
    {
      since: '1.0.0',
      cost: 'O(N) for N elements',
      summary: 'Takes the first element, or the first few.',
      history: [['6.2.0', '`count`.']],
    },
  ),

  lpos: new CommandSpec(
    -3,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      text('element'),
      optional(after('RANK', int('rank'))),
      optional(after('COUNT', int('num-matches'))),
      optional(after('MAXLEN', int('len'))),
    ],
    {
      since: '6.0.6',
      cost: 'O(N) for a list of N elements, or as many as MAXLEN says',
      summary: 'Tells at which indexes an element stands.',
    },
  ),

  lpush: new CommandSpec(
    -3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), many(text('element'))],
    {
      since: '1.0.0',
      cost: 'O(N) for N elements',
      summary: 'Puts elements in front of a list, one after the other.',
      history: [['2.4.0', 'Several elements.']],
    },
  ),

  lpushx: new CommandSpec(
    -3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), many(text('element'))],
    {
      since: '2.2.0',
      cost: 'O(N) for N elements',
      summary: 'Puts elements in front of a list that exists.',
      history: [['4.0.0', 'Several elements.']],
    },
  ),

  lrange: new CommandSpec(
    4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), int('start'), int('stop')],
    {
      since: '1.0.0',
      cost: 'O(S+N) for N elements that begin S away from the nearer end',
      summary: 'Returns the elements between two indexes.',
    },
  ),

  lrem: new CommandSpec(
    4,
    WRITE,
    [keyAt(1, RW | DELETE)],
    [key('key'), int('count'), text('element')],
    {
      since: '1.0.0',
      cost: 'O(N+M) for a list of N elements, M of which go',
      summary: 'Removes elements that equal a given one, counted from either end.',
    },
  ),

  lset: new CommandSpec(
    4,
    WRITE | DENYOOM,
    [keyAt(1, RW | UPDATE)],
    [key('key'), int('index'), text('element')],
    {
      since: '1.0.0',
      cost: 'O(N) for an element N away from the nearer end',
      summary: 'Replaces the element at an index.',
    },
  ),

  ltrim: new CommandSpec(
    4,
    WRITE,
    [keyAt(1, RW | DELETE)],
    [key('key'), int('start'), int('stop')],
    {
      since: '1.0.0',
      cost: 'O(N) for N elements that go',
      summary: 'Removes all elements but those between two indexes.',
    },
  ),

  rpop: new CommandSpec(
    -2,
    WRITE | FAST,
    [keyAt(1, TAKE)],
    [key('key'), optional(added('6.2.0', int('count')))],
    {
      since: '1.0.0',
      cost: 'O(N) for N elements',
      summary: 'Takes the last element, or the last few.',
      history: [['6.2.0', '`count`.']],
    },
  ),

  rpoplpush: new CommandSpec(3, WRITE | DENYOOM, fromTo, [key('source'), key('destination', 1)], {
    since: '1.2.0',
    cost: 'O(1)',
    summary: 'Moves the last element of a list to the front of another.',
    deprecated: {
      since: '6.2.0',
      replacedBy: '`LMOVE` with the `RIGHT` and `LEFT` arguments',
    },
  }),

  rpush: new CommandSpec(
    -3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), many(text('element'))],
    {
      since: '1.0.0',
      cost: 'O(N) for N elements',
      summary: 'Puts elements behind a list, one after the other.',
      history: [['2.4.0', 'Several elements.']],
    },
  ),

  rpushx: new CommandSpec(
    -3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), many(text('element'))],
    {
      since: '2.2.0',
      cost: 'O(N) for N elements',
      summary: 'Puts elements behind a list that exists.',
      history: [['4.0.0', 'Several elements.']],
    },
  ),
});
