// Places on the globe as single numbers, so that a sorted set can hold them.
//
// Longitude and latitude are each cut in half 26 times. Every cut gives one bit: 1 for east or
// north, 0 for west or south. The bits are interleaved, longitude first, into 52: few enough for a
// double to hold, so the number serves as a score.
//
//      5   7 | 13  15       After two cuts of each side there are 16 cells. Their numbers run in
//            |              zigzags of zigzags: 0 and 1, one above the other, then 2 and 3 to the
//      4   6 | 12  14       east of them; so three times more, in the same order, for 4 to 7,
//     -------+--------      8 to 11 and 12 to 15.
//      1   3 |  9  11
//            |              A cell at any level is one stretch of numbers: 0 to 3 is the quarter in
//      0   2 |  8  10       the south-west, which the top two bits name. So one range of scores
//                           finds all members in a cell at a level:
//
//                           from cell·4^(26-level) up to, but not with, (cell+1)·4^(26-level)
//
// To search around a point, take the deepest level whose cells are still about as large as the
// search is wide. The cell of the point and its eight neighbours then cover the whole, and nine
// ranges find everyone who may lie inside; who really does, the distance tells:
//
//     ┌───┬───┬───┐
//     │ 6 │ 1 │ 5 │      The numbers are Redis's order of going through them, which shows in the
//     ├───┼───┼───┤      replies that were not asked to be sorted. Cells that the search's bounding
//     │ 4 │ 0 │ 3 │      box does not reach are left out. Around the 180th meridian the neighbours
//     ├───┼───┼───┤      continue on the other side, as they should; beyond the poles too, where
//     │ 8 │ 2 │ 7 │      that finds nobody.
//     └───┴───┴───┘
//
// Latitudes end at 85.05112878, as on a square Mercator map; GEOHASH alone reckons to the poles,
// as the rest of the world does. A place is the centre of its cell, up to 0.3 m from what was
// added. Distances are the haversine formula's, on a sphere.
//
// A column or row needs 26 bits, or 27 at the very edge (180° itself), and the two together up to
// 54. JavaScript's bit operators have 32; so halves are interleaved, and joined by arithmetic.

import { asin, cos, sin } from './trigonometry.ts';

export const MAX_LONGITUDE = 180;
export const MAX_LATITUDE = 85.05112878;

const LEVELS = 26;
const TWO_32 = 2 ** 32;
const EARTH_RADIUS = 6372797.560856; // Metres.
const MERCATOR_MAX = 20037726.37; // Half way around the globe, nearly: metres.
const RADIANS = Math.PI / 180;

/** The score of a place within the bounds. */
export function geohash(longitude: number, latitude: number): number {
  return cellStart(columnOf(longitude, LEVELS), rowOf(latitude, LEVELS), LEVELS, 0);
}

/** The longitude that any score stands for, whether or not a place gave it. */
export function longitudeOf(score: number): number {
  const column = unzip(lowWord(score) >>> 1, highWord(score) >>> 1);
  const centre = (eastOf(column, LEVELS) + eastOf((column + 1) >>> 0, LEVELS)) / 2;
  return Math.max(-MAX_LONGITUDE, Math.min(MAX_LONGITUDE, centre));
}

/** The latitude that any score stands for. */
export function latitudeOf(score: number): number {
  const row = unzip(lowWord(score), highWord(score));
  const centre = (northOf(row, LEVELS) + northOf((row + 1) >>> 0, LEVELS)) / 2;
  return Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, centre));
}

const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz';

/** A score as a geohash of eleven letters, which reckons latitudes from pole to pole. */
export function geohashText(score: number): string {
  const column = columnOf(longitudeOf(score), LEVELS);
  const row = Math.floor(((latitudeOf(score) + 90) / 180) * 2 ** LEVELS);
  const bits = cellStart(column, row, LEVELS, 0);
  let text = '';
  for (let place = 47; place >= 2; place -= 5) text += ALPHABET[Math.floor(bits / 2 ** place) % 32];
  // Redis: the two bits that are left over are not shown.
  return `${text}0`;
}

/** The distance between two places in metres, along the surface. */
export function distance(
  longitude1: number,
  latitude1: number,
  longitude2: number,
  latitude2: number,
): number {
  // Unlike Redis: sines are rounded correctly. The C library's nearly always are; where they are
  // not, the last bit of a distance differs. That shows in one stored distance among hundreds.
  const v = sin((longitude2 * RADIANS - longitude1 * RADIANS) / 2);
  if (v === 0) return northward(latitude1, latitude2);
  const north1 = latitude1 * RADIANS;
  const north2 = latitude2 * RADIANS;
  const u = sin((north2 - north1) / 2);
  const a = u * u + cos(north1) * cos(north2) * v * v;
  return 2 * EARTH_RADIUS * asin(Math.sqrt(a));
}

/** The distance between two latitudes, in metres. */
function northward(latitude1: number, latitude2: number): number {
  return EARTH_RADIUS * Math.abs(latitude2 * RADIANS - latitude1 * RADIANS);
}

/** What a search looks into: a circle or a box around a place. Lengths are in metres. */
export class Shape {
  readonly longitude: number;
  readonly latitude: number;
  readonly isBox: boolean;
  /** Both are the radius of a circle. */
  readonly halfWidth: number;
  readonly halfHeight: number;
  /** From the centre to what is furthest from it. */
  readonly reach: number;

  constructor(
    longitude: number,
    latitude: number,
    isBox: boolean,
    halfWidth: number,
    halfHeight: number,
    reach: number,
  ) {
    this.longitude = longitude;
    this.latitude = latitude;
    this.isBox = isBox;
    this.halfWidth = halfWidth;
    this.halfHeight = halfHeight;
    this.reach = reach;
  }

  /** How far a score's place is from the centre, in metres; -1 if it lies outside. */
  distanceTo(score: number): number {
    const longitude = longitudeOf(score);
    const latitude = latitudeOf(score);
    if (this.isBox) {
      if (northward(this.latitude, latitude) > this.halfHeight) return -1;
      if (distance(longitude, latitude, this.longitude, latitude) > this.halfWidth) return -1;
      return distance(this.longitude, this.latitude, longitude, latitude);
    }
    // Nothing is nearer than its latitude. (The sum of the roundings is far below the margin.)
    if (northward(this.latitude, latitude) > this.reach * (1 + 1e-9) + 1e-3) return -1;
    const metres = distance(this.longitude, this.latitude, longitude, latitude);
    return metres > this.reach ? -1 : metres;
  }
}

/** A circle. Redis converts its radius to metres by multiplication with the unit. */
export function circle(longitude: number, latitude: number, radius: number, metres: number): Shape {
  const reach = radius * metres;
  return new Shape(longitude, latitude, false, reach, reach, reach);
}

/** A box of a width and a height in a unit of so many metres. */
export function box(
  longitude: number,
  latitude: number,
  width: number,
  height: number,
  metres: number,
): Shape {
  const reach = Math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * metres;
  return new Shape(longitude, latitude, true, metres * (width / 2), metres * (height / 2), reach);
}

/** Scores from `min` up to but not with `max`: all that lies in one cell. */
export interface ScoreRange {
  readonly min: number;
  readonly max: number;
}

// The nine cells in Redis's order.
const EAST = [0, 0, 0, 1, -1, 1, -1, 1, -1];
const NORTH = [0, 1, -1, 0, 0, 1, 1, -1, -1];

/**
 * The ranges of scores in which a shape's members are, and others; no score is in two of them.
 * In the order in which Redis goes through them.
 */
export function rangesOf(shape: Shape): ScoreRange[] {
  const bounds = boundsOf(shape);
  let level = levelFor(shape);
  if (level > 1 && !reachesAround(shape, bounds, level)) level--;

  const column = columnOf(shape.longitude, level);
  const row = rowOf(shape.latitude, level);
  // Redis: cells of the lowest level are never left out.
  const exact = level >= 2;
  const noWest = exact && eastOf(column, level) < bounds.west;
  const noEast = exact && eastOf(column + 1, level) > bounds.east;
  const noSouth = exact && northOf(row, level) < bounds.south;
  const noNorth = exact && northOf(row + 1, level) > bounds.north;

  const ranges: ScoreRange[] = [];
  let lastColumn = -1;
  let lastRow = -1;
  for (let i = 0; i < 9; i++) {
    if (EAST[i] < 0 ? noWest : EAST[i] > 0 && noEast) continue;
    if (NORTH[i] < 0 ? noSouth : NORTH[i] > 0 && noNorth) continue;
    const c = beside(column, EAST[i], level);
    const r = beside(row, NORTH[i], level);
    // Where there are two columns, or two rows, the neighbours on both sides are the same.
    if (c === lastColumn && r === lastRow) continue;
    ranges.push({ min: cellStart(c, r, level, 0), max: cellStart(c, r, level, 1) });
    if (i === 0) continue;
    lastColumn = c;
    lastRow = r;
  }
  return ranges;
}

interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** The box of degrees that holds a shape. West and east are as far apart as at its wider end. */
function boundsOf(shape: Shape): Bounds {
  const { longitude, latitude } = shape;
  const high = shape.halfHeight / EARTH_RADIUS / RADIANS;
  const widest = latitude < 0 ? latitude - high : latitude + high;
  const wide = shape.halfWidth / EARTH_RADIUS / Math.cos(widest * RADIANS) / RADIANS;
  return {
    west: longitude - wide,
    south: latitude - high,
    east: longitude + wide,
    north: latitude + high,
  };
}

/** The level whose cells are about as large as the shape. */
function levelFor(shape: Shape): number {
  if (shape.reach === 0) return LEVELS;
  let level = -1;
  for (let reach = shape.reach; reach < MERCATOR_MAX; reach *= 2) level++;
  // Cells are narrower towards the poles.
  const fromEquator = Math.abs(shape.latitude);
  if (fromEquator > 66) level--;
  if (fromEquator > 80) level--;
  return Math.max(1, Math.min(LEVELS, level));
}

/** Whether the nine cells of a level cover the bounds. */
function reachesAround(shape: Shape, bounds: Bounds, level: number): boolean {
  const column = columnOf(shape.longitude, level);
  const row = rowOf(shape.latitude, level);
  return !(
    northOf(beside(row, 1, level) + 1, level) < bounds.north ||
    northOf(beside(row, -1, level), level) > bounds.south ||
    eastOf(beside(column, 1, level) + 1, level) < bounds.east ||
    eastOf(beside(column, -1, level), level) > bounds.west
  );
}

/** The column or row beside one; behind the last comes the first. */
function beside(place: number, step: number, level: number): number {
  return step === 0 ? place : (place + step) & (2 ** level - 1);
}

function columnOf(longitude: number, level: number): number {
  return Math.floor(((longitude + MAX_LONGITUDE) / (2 * MAX_LONGITUDE)) * 2 ** level);
}

function rowOf(latitude: number, level: number): number {
  return Math.floor(((latitude + MAX_LATITUDE) / (2 * MAX_LATITUDE)) * 2 ** level);
}

/** The longitude at which a column begins. */
function eastOf(column: number, level: number): number {
  return -MAX_LONGITUDE + (column / 2 ** level) * (2 * MAX_LONGITUDE);
}

/** The latitude at which a row begins. */
function northOf(row: number, level: number): number {
  return -MAX_LATITUDE + (row / 2 ** level) * (2 * MAX_LATITUDE);
}

/** The lowest score in the cell that comes `further` cells behind this one. */
function cellStart(column: number, row: number, level: number, further: number): number {
  const high = zip(column >>> 16, row >>> 16);
  const low = zip(column & 0xffff, row & 0xffff) + further;
  return (high * TWO_32 + low) * 4 ** (LEVELS - level);
}

/** Interleaves 16 bits with 16, the first one's ahead: 32 bits without a sign. */
function zip(column: number, row: number): number {
  return ((spread(column) << 1) | spread(row)) >>> 0;
}

/** Every second bit of two words, from the lowest on: 32 bits without a sign. */
function unzip(low: number, high: number): number {
  return (gather(low) | (gather(high) << 16)) >>> 0;
}

/** Puts a zero before each of 16 bits. */
function spread(n: number): number {
  n = (n | (n << 8)) & 0x00ff00ff;
  n = (n | (n << 4)) & 0x0f0f0f0f;
  n = (n | (n << 2)) & 0x33333333;
  return (n | (n << 1)) & 0x55555555;
}

/** Takes every second bit, from the lowest on. */
function gather(n: number): number {
  n &= 0x55555555;
  n = (n | (n >>> 1)) & 0x33333333;
  n = (n | (n >>> 2)) & 0x0f0f0f0f;
  n = (n | (n >>> 4)) & 0x00ff00ff;
  return (n | (n >>> 8)) & 0xffff;
}

// Redis: what a score beyond 64 bits becomes is what x86-64 processors make of it: nothing.

function lowWord(score: number): number {
  return score >= -(2 ** 63) && score < 2 ** 64 ? score >>> 0 : 0;
}

function highWord(score: number): number {
  if (score < -(2 ** 63)) return 0x80000000;
  return score < 2 ** 64 ? Math.floor(Math.trunc(score) / TWO_32) >>> 0 : 0;
}
