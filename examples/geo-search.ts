// What is near: places by their position, the nearest first.
//
// The problem: "cafes within two kilometres" over a table of positions reads the whole table.
// The idea: a sorted set whose scores are positions, woven into one number so that near places have
// near numbers; a search reads the few stretches of it that cover the circle or the box.
// Not when: shapes, routes, heights, or more than half a metre's precision are needed.

import type { Client, Place } from '../client/index.ts';

const PLACES = 'cafes';

export type Position = readonly [longitude: number, latitude: number];

/** Adds places, or moves them. Resolves to how many are new. */
export function addPlaces(
  client: Client,
  places: Readonly<Record<string, Position>>,
): Promise<number> {
  const triples = Object.entries(places).map(([name, [longitude, latitude]]) => {
    return [longitude, latitude, name] as const;
  });
  return client.geoadd(PLACES, triples);
}

/** The nearest places within a circle, the nearest first, with their distances in metres. */
export function nearest(
  client: Client,
  position: Position,
  metres: number,
  count: number,
): Promise<Place<string>[]> {
  return client.geosearch(PLACES, {
    fromlonlat: position,
    byradius: [metres, 'M'],
    asc: true,
    count,
    withdist: true,
    withcoord: true,
  });
}

/** The names of all places on a map that is so many metres wide and high around a place. */
export function onMap(
  client: Client,
  around: string,
  width: number,
  height: number,
): Promise<string[]> {
  return client.geosearch(PLACES, { frommember: around, bybox: [width, height, 'M'], asc: true });
}
