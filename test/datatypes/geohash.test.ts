// Geohashes against the dullest model of them: halving intervals, one cut after the other; and
// searches against a walk through everything.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  box,
  circle,
  distance,
  geohash,
  geohashText,
  latitudeOf,
  longitudeOf,
  MAX_LATITUDE,
  MAX_LONGITUDE,
  rangesOf,
} from '../../datatypes/geohash.ts';

const CELL_WIDTH = 360 / 2 ** 26;
const CELL_HEIGHT = (2 * MAX_LATITUDE) / 2 ** 26;

const place = fc.record({
  longitude: fc.double({ min: -MAX_LONGITUDE, max: MAX_LONGITUDE, noNaN: true }),
  latitude: fc.double({ min: -MAX_LATITUDE, max: MAX_LATITUDE, noNaN: true }),
});

/** 26 cuts of each interval, east before north. */
function cutByCut(longitude: number, latitude: number): bigint {
  let bits = 0n;
  let [west, east, south, north] = [-MAX_LONGITUDE, MAX_LONGITUDE, -MAX_LATITUDE, MAX_LATITUDE];
  for (let cut = 0; cut < 26; cut++) {
    const meridian = (west + east) / 2;
    const parallel = (south + north) / 2;
    bits = bits * 4n + (longitude >= meridian ? 2n : 0n) + (latitude >= parallel ? 1n : 0n);
    if (longitude >= meridian) west = meridian;
    else east = meridian;
    if (latitude >= parallel) south = parallel;
    else north = parallel;
  }
  return bits;
}

test('a score is what 26 cuts of longitude and latitude give', () => {
  const inner = place.filter(({ longitude, latitude }) => {
    // Rounding may put what lies on a border on either side of it.
    const column = (longitude + MAX_LONGITUDE) / CELL_WIDTH;
    const row = (latitude + MAX_LATITUDE) / CELL_HEIGHT;
    const onBorder = (n: number): boolean => Math.abs(n - Math.round(n)) < 1e-6;
    return !onBorder(column) && !onBorder(row);
  });
  fc.assert(
    fc.property(inner, ({ longitude, latitude }) => {
      expect(BigInt(geohash(longitude, latitude))).toBe(cutByCut(longitude, latitude));
    }),
  );
});

test('a score stands for a place no further away than half a cell', () => {
  fc.assert(
    fc.property(place, ({ longitude, latitude }) => {
      // So near the edge that it is the edge, once it is a fraction of the map.
      fc.pre((longitude + MAX_LONGITUDE) / (2 * MAX_LONGITUDE) < 1);
      fc.pre((latitude + MAX_LATITUDE) / (2 * MAX_LATITUDE) < 1);
      const score = geohash(longitude, latitude);
      expect(Math.abs(longitudeOf(score) - longitude)).toBeLessThanOrEqual(CELL_WIDTH * 0.5001);
      expect(Math.abs(latitudeOf(score) - latitude)).toBeLessThanOrEqual(CELL_HEIGHT * 0.5001);
    }),
  );
});

test('the edges of the map are places too, beyond the last cell', () => {
  expect(geohash(180, 0)).toBe(2 ** 53 + 2 ** 50);
  expect(longitudeOf(geohash(180, 0))).toBe(180);
  expect(latitudeOf(geohash(0, MAX_LATITUDE))).toBe(MAX_LATITUDE);
  expect(geohash(-180, -MAX_LATITUDE)).toBe(0);
});

test('any score stands for some place on the map', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (score) => {
      expect(Math.abs(longitudeOf(score))).toBeLessThanOrEqual(MAX_LONGITUDE);
      expect(Math.abs(latitudeOf(score))).toBeLessThanOrEqual(MAX_LATITUDE);
    }),
  );
});

test('a geohash in letters is the one that everybody uses', () => {
  // The worked example of the Wikipedia article: 57.64911, 10.40744 is u4pruydqqvj.
  expect(geohashText(geohash(10.40744, 57.64911)).slice(0, 9)).toBe('u4pruydqq');
});

test('distances are those of a sphere', () => {
  const quarter = (6372797.560856 * Math.PI) / 2;
  expect(distance(0, 0, 90, 0)).toBeCloseTo(quarter, 6);
  expect(distance(-90, 0, 90, 0)).toBeCloseTo(quarter * 2, 6);
  expect(distance(7, -45, 7, 45)).toBeCloseTo(quarter, 6);
  expect(distance(1, 2, 1, 2)).toBe(0);
});

test('distances are the same both ways', () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      const there = distance(a.longitude, a.latitude, b.longitude, b.latitude);
      expect(distance(b.longitude, b.latitude, a.longitude, a.latitude)).toBe(there);
    }),
  );
});

// Up to where a circle may reach around a pole: there Redis misses some, and so do we.
const search = fc.record({
  longitude: fc.double({ min: -179.999, max: 179.999, noNaN: true }),
  latitude: fc.double({ min: -60, max: 60, noNaN: true }),
  size: fc.double({ min: 0, max: 6, noNaN: true }).map((power) => 10 ** power),
  ratio: fc.double({ min: 0.1, max: 1, noNaN: true }),
  isBox: fc.boolean(),
  // Directions and distances of places from the centre, a size being 1.
  around: fc.array(
    fc.tuple(
      fc.double({ min: -1.2, max: 1.2, noNaN: true }),
      fc.double({ min: -1.2, max: 1.2, noNaN: true }),
    ),
    { maxLength: 20 },
  ),
});

test('everyone inside a shape is in exactly one of its ranges', () => {
  fc.assert(
    fc.property(search, ({ longitude, latitude, size, ratio, isBox, around }) => {
      const shape = isBox
        ? box(longitude, latitude, size * 2, size * 2 * ratio, 1)
        : circle(longitude, latitude, size, 1);
      const ranges = rangesOf(shape);
      for (const [right, up] of around) {
        const metre = 360 / 40_041_468; // In degrees, along a meridian.
        const north = latitude + up * size * metre;
        let east = longitude + (right * size * metre) / Math.cos((latitude * Math.PI) / 180);
        if (east > 180) east -= 360;
        if (east < -180) east += 360;
        // 180° itself lies behind the last cell, where nobody looks from the other side.
        if (Math.abs(east) > 179.999999) continue;
        const score = geohash(east, north);
        if (shape.distanceTo(score) === -1) continue;
        expect(ranges.filter(({ min, max }) => score >= min && score < max)).toHaveLength(1);
      }
    }),
    { numRuns: 500 },
  );
});

test('a range of scores is one cell: the centre, and no more than eight around it', () => {
  fc.assert(
    fc.property(search, ({ longitude, latitude, size }) => {
      const ranges = rangesOf(circle(longitude, latitude, size, 1));
      expect(ranges.length).toBeLessThanOrEqual(9);
      const width = ranges[0].max - ranges[0].min;
      for (const { min, max } of ranges) {
        expect(max - min).toBe(width);
        expect(min % width).toBe(0);
      }
      const score = geohash(longitude, latitude);
      expect(score >= ranges[0].min && score < ranges[0].max).toBe(true);
    }),
  );
});
