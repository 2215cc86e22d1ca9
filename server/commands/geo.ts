// Places on the globe: members of sorted sets whose scores are geohashes (datatypes/geohash.ts).
// Searches are in geo-search.ts.

import {
  distance,
  geohash as geohashOf,
  geohashText,
  latitudeOf,
  longitudeOf,
} from '../../datatypes/geohash.ts';
import { ADDED, MOVED, NX, XX } from '../../datatypes/sorted-set.ts';
import type { geo as specs } from '../../protocol/commands/geo.ts';
import { SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { latitude, longitude, metresOf, readPlace, sayDistance, sayPlace } from '../geo-value.ts';
import { newSortedSet, readSortedSet, writeSortedSet } from '../sorted-set-value.ts';
import {
  georadius,
  georadiusbymember,
  georadiusbymemberRo,
  georadiusRo,
  geosearch,
  geosearchstore,
} from './geo-search.ts';

/** GEOADD key [NX|XX] [CH] longitude latitude member [longitude latitude member ...] */
function geoadd(c: Client): void {
  const argv = c.argv;
  let how = 0;
  let tellMoved = false;
  let first = 2;
  for (; first < argv.length; first++) {
    const word = argv[first].toUpperCase();
    if (word === 'NX') how |= NX;
    else if (word === 'XX') how |= XX;
    else if (word === 'CH') tellMoved = true;
    else break;
  }
  const words = argv.length - first;
  if (words % 3 !== 0 || how === (NX | XX) || words === 0) throw SYNTAX;

  const scores: number[] = [];
  for (let i = first; i < argv.length; i += 3) {
    readPlace(argv, i);
    scores.push(geohashOf(longitude, latitude));
  }
  const key = argv[1];
  let set = writeSortedSet(c, key);
  if (set === undefined && how & XX) return c.reply.int(0);
  const limits = c.server.config.values;
  // Redis: places that one member gets in turn count as if they were many members'.
  if (set !== undefined) {
    set.expect(scores.length, 0, limits);
  } else {
    set = newSortedSet(c);
    set.expect(scores.length, argv[first + 2].length, limits);
    c.db.add(key, set);
  }
  let added = 0;
  let moved = 0;
  for (let i = 0; i < scores.length; i++) {
    const outcome = set.add(scores[i], argv[first + i * 3 + 2], how, limits);
    if (outcome === ADDED) added++;
    else if (outcome === MOVED) moved++;
  }
  if (added + moved > 0) {
    c.db.changed(key, 'zadd', added + moved);
    if (c.server.propagation.active) c.instead = [asZadd(argv, first, scores)];
  }
  c.reply.int(tellMoved ? added + moved : added);
}

/** The same change as a ZADD: those who repeat it need to know nothing of places. */
function asZadd(argv: readonly string[], first: number, scores: readonly number[]): string[] {
  const zadd = ['zadd', ...argv.slice(1, first)];
  for (let i = 0; i < scores.length; i++) zadd.push(String(scores[i]), argv[first + i * 3 + 2]);
  return zadd;
}

/** GEOPOS key [member [member ...]] */
function geopos(c: Client): void {
  const { argv, reply } = c;
  const set = readSortedSet(c, argv[1]);
  reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    const score = set === undefined ? NaN : set.score(argv[i]);
    if (score === score) sayPlace(reply, score);
    else reply.nullArray();
  }
}

/** GEOHASH key [member [member ...]] */
function geohash(c: Client): void {
  const { argv, reply } = c;
  const set = readSortedSet(c, argv[1]);
  reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    const score = set === undefined ? NaN : set.score(argv[i]);
    if (score === score) reply.bulk(geohashText(score));
    else reply.null();
  }
}

/** GEODIST key member1 member2 [M|KM|FT|MI] */
function geodist(c: Client): void {
  const { argv, reply } = c;
  let metres = 1;
  if (argv.length === 5) metres = metresOf(argv[4]);
  else if (argv.length > 5) throw SYNTAX;
  const set = readSortedSet(c, argv[1]);
  if (set === undefined) return reply.null();
  const from = set.score(argv[2]);
  const to = set.score(argv[3]);
  if (from !== from || to !== to) return reply.null();
  const apart = distance(longitudeOf(from), latitudeOf(from), longitudeOf(to), latitudeOf(to));
  sayDistance(reply, apart / metres);
}

export const geoCommands: Handlers<typeof specs> = {
  geoadd,
  geodist,
  geohash,
  geopos,
  georadius,
  georadiusbymember,
  georadiusbymember_ro: georadiusbymemberRo,
  georadius_ro: georadiusRo,
  geosearch,
  geosearchstore,
};
