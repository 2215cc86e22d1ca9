// Searches of places: GEOSEARCH, GEOSEARCHSTORE, and the GEORADIUS family from before them. They
// differ in where the centre and the size of the area are written, and share the rest.

import {
  box,
  circle,
  latitudeOf,
  longitudeOf,
  rangesOf,
  type Shape,
} from '../../datatypes/geohash.ts';
import { sortFirst } from '../../datatypes/partial-sort.ts';
import type { SortedSet } from '../../datatypes/sorted-set.ts';
import { quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import {
  latitude,
  longitude,
  metresOf,
  radiusOf,
  readPlace,
  sayDistance,
  sayPlace,
  sidesOf,
} from '../geo-value.ts';
import { newSortedSet, parseLong, readSortedSet } from '../sorted-set-value.ts';

const NO_SUCH_PLACE = new ReplyError('ERR could not decode requested zset member');
const COUNT_NOT_POSITIVE = new ReplyError('ERR COUNT must be > 0');
const ANY_WITHOUT_COUNT = new ReplyError('ERR the ANY argument requires COUNT argument');
const STORES_DETAILS = new ReplyError(
  'ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options',
);
const SEARCHSTORES_DETAILS = new ReplyError(
  'ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options',
);

const NEAREST_FIRST = 1;
const FURTHEST_FIRST = -1;

/** What a call asks for. */
class Query {
  readonly set: SortedSet | undefined;
  readonly old: boolean; // One of the GEORADIUS family.
  readonly stores: boolean; // Whether it may be told to store, or is.
  hasCentre = false;
  fromPlace = false; // The centre is written out, not a member's.
  longitude = 0;
  latitude = 0;
  isCircle = false;
  isBox = false;
  radius = 0;
  width = 0;
  height = 0;
  metres = 1;
  withPlace = false;
  withDistance = false;
  withHash = false;
  order = 0;
  count = 0;
  any = false;
  target: string | null = null; // The key to store to.
  storesDistance = false;

  constructor(set: SortedSet | undefined, old: boolean, stores: boolean) {
    this.set = set;
    this.old = old;
    this.stores = stores;
  }
}

/** A member that was found. */
type Found = { readonly member: string; readonly score: number; readonly metres: number };

/** Reads a centre that is written as longitude and latitude. */
function centreAt(query: Query, argv: readonly string[], i: number): void {
  readPlace(argv, i);
  query.longitude = longitude;
  query.latitude = latitude;
}

/** Takes a member's place for the centre, if the set is there. */
function centreOn(query: Query, member: string): void {
  if (query.set === undefined) return;
  const score = query.set.score(member);
  if (score !== score) throw NO_SUCH_PLACE;
  query.longitude = longitudeOf(score);
  query.latitude = latitudeOf(score);
}

/** Reads a radius and its unit. */
function circleOf(query: Query, argv: readonly string[], i: number): void {
  query.radius = radiusOf(argv[i]);
  query.metres = metresOf(argv[i + 1]);
}

/** Reads everything from argv[i] on; throws if that cannot be. */
function readOptions(query: Query, argv: readonly string[], i: number): void {
  for (; i < argv.length; i++) {
    const more = argv.length - i - 1;
    switch (argv[i].toUpperCase()) {
      case 'WITHDIST':
        query.withDistance = true;
        break;
      case 'WITHHASH':
        query.withHash = true;
        break;
      case 'WITHCOORD':
        query.withPlace = true;
        break;
      case 'ANY':
        query.any = true;
        break;
      case 'ASC':
        query.order = NEAREST_FIRST;
        break;
      case 'DESC':
        query.order = FURTHEST_FIRST;
        break;
      case 'COUNT':
        if (more < 1) throw SYNTAX;
        query.count = parseLong(argv[i + 1]);
        if (query.count <= 0) throw COUNT_NOT_POSITIVE;
        i++;
        break;
      default:
        i += query.old ? readTarget(query, argv, i) : readArea(query, argv, i);
    }
  }
}

/** GEORADIUS: reads where to store. Returns how many words the option has behind it. */
function readTarget(query: Query, argv: readonly string[], i: number): number {
  const word = argv[i].toUpperCase();
  if (!query.stores || i + 1 >= argv.length || (word !== 'STORE' && word !== 'STOREDIST')) {
    throw SYNTAX;
  }
  query.target = argv[i + 1];
  query.storesDistance = word === 'STOREDIST';
  return 1;
}

/** GEOSEARCH: reads where to look, or what to store. Returns the same. */
function readArea(query: Query, argv: readonly string[], i: number): number {
  const more = argv.length - i - 1;
  const { hasCentre, isBox, isCircle } = query;
  switch (argv[i].toUpperCase()) {
    case 'FROMMEMBER':
      if (more < 1 || (hasCentre && query.fromPlace)) throw SYNTAX;
      centreOn(query, argv[i + 1]);
      query.hasCentre = true;
      return 1;
    case 'FROMLONLAT':
      if (more < 2 || (hasCentre && !query.fromPlace)) throw SYNTAX;
      centreAt(query, argv, i + 1);
      query.hasCentre = true;
      query.fromPlace = true;
      return 2;
    case 'BYRADIUS':
      if (more < 2 || isBox) throw SYNTAX;
      circleOf(query, argv, i + 1);
      query.isCircle = true;
      return 2;
    case 'BYBOX':
      if (more < 3 || isCircle) throw SYNTAX;
      [query.width, query.height] = sidesOf(argv[i + 1], argv[i + 2]);
      query.metres = metresOf(argv[i + 3]);
      query.isBox = true;
      return 3;
    case 'STOREDIST':
      if (!query.stores) throw SYNTAX;
      query.storesDistance = true;
      return 0;
    default:
      throw SYNTAX;
  }
}

/** Throws if the options do not go together. */
function checkOptions(query: Query, name: string): void {
  if (query.target !== null && (query.withDistance || query.withHash || query.withPlace)) {
    throw query.old ? STORES_DETAILS : SEARCHSTORES_DETAILS;
  }
  if (!query.old && !query.hasCentre) {
    throw quoting('exactly one of FROMMEMBER or FROMLONLAT can be specified for ', name, '');
  }
  if (!query.old && !query.isCircle && !query.isBox) {
    throw quoting('exactly one of BYRADIUS and BYBOX can be specified for ', name, '');
  }
  if (query.any && query.count === 0) throw ANY_WITHOUT_COUNT;
}

/** Carries a query out, and replies. */
function answer(c: Client, query: Query): void {
  const { set, target } = query;
  checkOptions(query, c.argv[0]);
  if (set === undefined) {
    if (target === null) return c.reply.array(0);
    return store(c, query, target, []);
  }
  const { longitude, latitude, metres } = query;
  const shape = query.isBox
    ? box(longitude, latitude, query.width, query.height, metres)
    : circle(longitude, latitude, query.radius, metres);
  const found = find(set, shape, query.any ? query.count : Infinity);
  sort(query, found);
  if (query.count > 0 && found.length > query.count) found.length = query.count;
  if (target === null) tell(c, query, found);
  else store(c, query, target, found);
}

const CHUNK = 64; // Members looked at between two looks at how many are still wanted.

/** The members inside a shape, in the order of its ranges; no more than `most`. */
function find(set: SortedSet, shape: Shape, most: number): Found[] {
  const found: Found[] = [];
  const visit = (member: string, score: number): void => {
    if (found.length >= most) return;
    const metres = shape.distanceTo(score);
    if (metres !== -1) found.push({ member, score, metres });
  };
  for (const { min, max } of rangesOf(shape)) {
    set.findScores({ min, minOpen: false, max, maxOpen: true });
    const { to } = set;
    for (let from = set.from; from < to && found.length < most; from += CHUNK) {
      set.walk(from, Math.min(CHUNK, to - from), false, visit);
    }
  }
  return found;
}

/** Puts what was found in the order that was asked for, or that a count requires. */
function sort(query: Query, found: Found[]): void {
  let { order } = query;
  if (query.count > 0 && order === 0 && !query.any) order = NEAREST_FIRST;
  if (order === 0) return;
  const compare = (a: Found, b: Found): number => {
    if (a.metres === b.metres) return 0;
    return a.metres > b.metres ? order : -order;
  };
  // Redis: members at the same distance keep their order only if all are wanted.
  if (query.count > 0 && query.count < found.length) sortFirst(found, query.count, compare);
  else found.sort(compare);
}

function tell(c: Client, query: Query, found: readonly Found[]): void {
  const { reply } = c;
  const { withDistance, withHash, withPlace } = query;
  const details = Number(withDistance) + Number(withHash) + Number(withPlace);
  reply.array(found.length);
  for (const { member, score, metres } of found) {
    if (details > 0) reply.array(details + 1);
    reply.bulk(member);
    if (withDistance) sayDistance(reply, metres / query.metres);
    if (withHash) reply.int(Math.trunc(score));
    if (withPlace) sayPlace(reply, score);
  }
}

function store(c: Client, query: Query, target: string, found: readonly Found[]): void {
  const { db } = c;
  if (found.length === 0) {
    if (db.drop(target)) db.changed(target, 'del');
    return c.reply.int(0);
  }
  const limits = c.server.config.values;
  const set = newSortedSet(c);
  for (const { member, score, metres } of found) {
    set.add(query.storesDistance ? metres / query.metres : score, member, 0, limits);
  }
  db.put(target, set);
  db.changed(target, query.old ? 'georadiusstore' : 'geosearchstore', found.length);
  c.reply.int(found.length);
}

function searchAround(c: Client, stores: boolean): void {
  const query = new Query(readSortedSet(c, c.argv[1]), true, stores);
  centreAt(query, c.argv, 2);
  circleOf(query, c.argv, 4);
  readOptions(query, c.argv, 6);
  answer(c, query);
}

function searchAroundMember(c: Client, stores: boolean): void {
  const query = new Query(readSortedSet(c, c.argv[1]), true, stores);
  // Redis: without a set, nobody looks at the radius.
  if (query.set !== undefined) {
    centreOn(query, c.argv[2]);
    circleOf(query, c.argv, 3);
  }
  readOptions(query, c.argv, 5);
  answer(c, query);
}

/**
 * GEORADIUS key longitude latitude radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH]
 *   [COUNT count [ANY]] [ASC|DESC] [STORE key|STOREDIST key]
 */
export function georadius(c: Client): void {
  searchAround(c, true);
}

/**
 * GEORADIUS_RO key longitude latitude radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH]
 *   [COUNT count [ANY]] [ASC|DESC]
 */
export function georadiusRo(c: Client): void {
  searchAround(c, false);
}

/**
 * GEORADIUSBYMEMBER key member radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH]
 *   [COUNT count [ANY]] [ASC|DESC] [STORE key|STOREDIST key]
 */
export function georadiusbymember(c: Client): void {
  searchAroundMember(c, true);
}

/**
 * GEORADIUSBYMEMBER_RO key member radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH]
 *   [COUNT count [ANY]] [ASC|DESC]
 */
export function georadiusbymemberRo(c: Client): void {
  searchAroundMember(c, false);
}

/**
 * GEOSEARCH key FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS radius
 *   M|KM|FT|MI|BYBOX width height M|KM|FT|MI [ASC|DESC] [COUNT count [ANY]] [WITHCOORD]
 *   [WITHDIST] [WITHHASH]
 */
export function geosearch(c: Client): void {
  const query = new Query(readSortedSet(c, c.argv[1]), false, false);
  readOptions(query, c.argv, 2);
  answer(c, query);
}

/**
 * GEOSEARCHSTORE destination source FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS
 *   radius M|KM|FT|MI|BYBOX width height M|KM|FT|MI [ASC|DESC] [COUNT count [ANY]] [STOREDIST]
 */
export function geosearchstore(c: Client): void {
  const query = new Query(readSortedSet(c, c.argv[2]), false, true);
  query.target = c.argv[1];
  readOptions(query, c.argv, 3);
  answer(c, query);
}
