// Places: added, told and searched. What chance comes up with is in geo-random.test.ts.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

const SICILY = 'GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania';

/** Places told: doubles in RESP3, the same digits as strings in RESP2. */
function numbers(value: Value): Value {
  if (Array.isArray(value)) return value.map(numbers);
  return typeof value === 'string' && /^-?[0-9.]+$/.test(value) ? Number(value) : value;
}

/** A ring of members around 0,0, of growing radius: m1 is a degree away. */
async function ring(r: Talk, key: string, count: number): Promise<void> {
  const call = ['GEOADD', key];
  for (let i = 1; i <= count; i++) {
    const turn = (i * 2.4) % (2 * Math.PI);
    call.push(String(i * Math.cos(turn)), String(i * Math.sin(turn)), `m${i}`);
  }
  expect(await r(call)).toBe(count);
}

everywhere((test) => {
  test('GEOADD adds places to a sorted set, whose scores they become', async (r) => {
    expect(await r(SICILY)).toBe(2);
    expect(await r('TYPE Sicily')).toBe('zset');
    expect(Number(await r('ZSCORE Sicily Palermo'))).toBe(3479099956230698);
    expect(await r('ZRANGE Sicily 0 -1')).toEqual(['Palermo', 'Catania']);
  });

  test('GEOADD moves a member that is there, and counts it only with CH', async (r) => {
    await r(SICILY);
    expect(await r('GEOADD Sicily 13 38 Palermo')).toBe(0);
    expect(await r('GEOADD Sicily CH 14 38 Palermo')).toBe(1);
    expect(await r('GEOADD Sicily CH 14 38 Palermo')).toBe(0);
    expect(await r('GEOADD Sicily NX CH 1 1 Palermo 2 2 Etna')).toBe(1);
    expect(await r('GEOADD Sicily xx ch 1 1 Palermo 3 3 Enna')).toBe(1);
    expect(await r('ZRANGE Sicily 0 -1')).toEqual(['Palermo', 'Etna', 'Catania']);
    expect(await r('GEOADD none XX 1 1 a')).toBe(0);
    expect(await r('EXISTS none')).toBe(0);
  });

  test('GEOADD refuses what is no place, and then adds nothing', async (r) => {
    const pair = /^ERR invalid longitude,latitude pair 181\.000000,10\.000000$/;
    await r.fails('GEOADD k 1 1 a 181 10 b', pair);
    await r.fails('GEOADD k 1 85.0511288 a', /pair 1\.000000,85\.051129$/);
    await r.fails('GEOADD k inf -inf a', /pair inf,-inf$/);
    // These two end in a 5 that is exact, and are rounded to even.
    await r.fails('GEOADD k 200.0078125 -200.0234375 a', /pair 200\.007812,-200\.023438$/);
    await r.fails('GEOADD k 1e22 1 a', /pair 10000000000000000000000\.000000,1\.000000$/);
    await r.fails('GEOADD k x 1 a', /^ERR value is not a valid float$/);
    await r.fails('GEOADD k 1 1 a 1 1', /^ERR syntax error$/);
    await r.fails('GEOADD k NX XX 1 1 a', /^ERR syntax error$/);
    await r.fails('GEOADD k CH CH CH', /^ERR syntax error$/);
    expect(await r('EXISTS k')).toBe(0);
    await r('SET k string');
    await r.fails('GEOADD k 1 1 a', /^WRONGTYPE/);
    await r.fails('GEOADD k 1 91 a', /^ERR invalid longitude/);
  });

  test('the edges of the map are places', async (r) => {
    expect(await r('GEOADD k 180 85.05112878 ne -180 -85.05112878 sw 180 0 e')).toBe(3);
    expect(numbers(await r('GEOPOS k ne sw'))).toEqual([
      [180, 85.05112878],
      [-179.99999731779099, -85.05112751263943],
    ]);
    expect(Number(await r('ZSCORE k e'))).toBe(10133099161583616);
  });

  test('GEOPOS tells places, and what is missing', async (r) => {
    await r(SICILY);
    const place = [13.361389338970184, 38.1155563954963];
    expect(numbers(await r('GEOPOS Sicily Palermo none'))).toEqual([place, null]);
    expect(await r('GEOPOS Sicily')).toEqual([]);
    expect(await r('GEOPOS none a b')).toEqual([null, null]);
    const missing = r.resp3 ? '*1\r\n_\r\n' : '*1\r\n*-1\r\n';
    expect(await r.raw('GEOPOS Sicily none')).toBe(missing);
    expect(await r.raw('GEOPOS none a')).toBe(missing);
  });

  test('GEOHASH tells places in letters', async (r) => {
    await r(SICILY);
    expect(await r('GEOHASH Sicily Palermo Catania none')).toEqual([
      'sqc8b49rny0',
      'sqdtr74hyu0',
      null,
    ]);
    expect(await r('GEOHASH none a')).toEqual([null]);
    expect(await r.raw('GEOHASH none a')).toBe(r.resp3 ? '*1\r\n_\r\n' : '*1\r\n$-1\r\n');
  });

  test('GEODIST tells how far two members are apart, with four decimals', async (r) => {
    await r(SICILY);
    expect(await r('GEODIST Sicily Palermo Catania')).toBe('166274.1516');
    expect(await r('GEODIST Sicily Palermo Catania km')).toBe('166.2742');
    expect(await r('GEODIST Sicily Palermo Catania MI')).toBe('103.3182');
    expect(await r('GEODIST Sicily Palermo Catania fT')).toBe('545518.8700');
    expect(await r('GEODIST Sicily Palermo Palermo')).toBe('0.0000');
    expect(await r('GEODIST Sicily Palermo none')).toBe(null);
    expect(await r('GEODIST none a b')).toBe(null);
    await r.fails(
      'GEODIST none a b cm',
      /^ERR unsupported unit provided\. please use M, KM, FT, MI$/,
    );
    await r.fails('GEODIST Sicily Palermo Catania km more', /^ERR syntax error$/);
  });

  test('a distance may be less than what four decimals show', async (r) => {
    await r('ZADD k 0 a 1 b');
    expect(await r('GEODIST k a b mi')).toBe('0.0002');
    expect(await r('GEODIST k a b')).toBe('0.2819');
  });

  test('scores that no place gave are places all the same', async (r) => {
    await r('ZADD k -1 a inf b -inf c 0.5 d 1e300 e');
    const places = numbers(await r('GEOPOS k a b c d e')) as number[][];
    for (const [longitude, latitude] of places) {
      expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
      expect(Math.abs(latitude)).toBeLessThanOrEqual(85.05112878);
    }
    expect(places[1]).toEqual(places[3]);
  });

  test('GEOSEARCH finds who is in a circle or a box', async (r) => {
    await r(SICILY);
    const from = 'GEOSEARCH Sicily FROMLONLAT 15 37';
    expect(await r(`${from} BYRADIUS 200 km ASC`)).toEqual(['Catania', 'Palermo']);
    expect(await r(`${from} BYRADIUS 100 km`)).toEqual(['Catania']);
    expect(await r(`${from} BYBOX 400 400 km DESC`)).toEqual(['Palermo', 'Catania']);
    expect(await r(`${from} BYBOX 400 200 km`)).toEqual(['Catania']);
    expect(await r(`${from} BYRADIUS 0 m`)).toEqual([]);
    expect(await r('GEOSEARCH Sicily BYRADIUS 0 m FROMMEMBER Palermo')).toEqual(['Palermo']);
    expect(await r('GEOSEARCH none FROMMEMBER a BYRADIUS 1 m')).toEqual([]);
  });

  test('GEOSEARCH tells what is asked of each', async (r) => {
    await r(SICILY);
    const from = 'GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 100 km';
    expect(await r(`${from} WITHDIST`)).toEqual([['Catania', '56.4413']]);
    expect(await r(`${from} WITHHASH`)).toEqual([['Catania', 3479447370796909]]);
    const place = [15.087267458438873, 37.50266842333162];
    expect(numbers(await r(`${from} WITHCOORD`))).toEqual([['Catania', place]]);
    expect(numbers(await r(`${from} WITHCOORD WITHHASH WITHDIST`))).toEqual([
      ['Catania', 56.4413, 3479447370796909, place],
    ]);
  });

  test('COUNT takes the nearest, and with ANY the first that are found', async (r) => {
    await ring(r, 'k', 20);
    const from = 'GEOSEARCH k FROMLONLAT 0 0 BYRADIUS 9000 km';
    expect(await r(`${from} COUNT 3`)).toEqual(['m1', 'm2', 'm3']);
    expect(await r(`${from} COUNT 2 DESC`)).toEqual(['m20', 'm19']);
    expect(await r(`${from} COUNT 100 ASC`)).toHaveLength(20);
    expect(await r(`${from} COUNT 3 ANY`)).toHaveLength(3);
    const all = (await r(from)) as string[];
    const some = (await r(`${from} COUNT 7 ANY`)) as string[];
    expect(some).toEqual(all.slice(0, 7));
  });

  test('members in one place are counted out in an order of their own', async (r) => {
    for (let i = 0; i < 60; i++) await r(`GEOADD k 1 1 m${i}`);
    const nearest = await r('GEOSEARCH k FROMLONLAT 1 1 BYRADIUS 1 km COUNT 3');
    expect(nearest).toEqual(['m9', 'm1', 'm10']);
    const all = await r('GEOSEARCH k FROMLONLAT 1 1 BYRADIUS 1 km ASC');
    expect(all).toEqual(await r('ZRANGE k 0 -1'));
  });

  test('a search crosses the 180th meridian', async (r) => {
    await r('GEOADD k 179.9 0 west -179.9 0 east');
    expect(await r('GEOSEARCH k FROMMEMBER west BYRADIUS 30 km ASC')).toEqual(['west', 'east']);
    expect(await r('GEOSEARCH k FROMLONLAT -179.95 0 BYBOX 40 1 km ASC')).toEqual(['east', 'west']);
  });

  test('GEOSEARCH wants one centre and one shape', async (r) => {
    const search = 'GEOSEARCH k FROMLONLAT 1 1 BYRADIUS 1 m';
    await r.fails(
      'geosearch k BYRADIUS 1 m ASC WITHDIST',
      /^ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch$/,
    );
    await r.fails(
      'GEOSEARCH k FROMLONLAT 1 1 ASC WITHDIST',
      /^ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH$/,
    );
    await r.fails(`${search} FROMMEMBER a`, /^ERR syntax error$/);
    await r.fails(`${search} BYBOX 1 1 m`, /^ERR syntax error$/);
    await r.fails(`${search} STOREDIST`, /^ERR syntax error$/);
    await r.fails(`${search} STORE k`, /^ERR syntax error$/);
    await r.fails(`${search} COUNT`, /^ERR syntax error$/);
    await r.fails(`${search} COUNT 0`, /^ERR COUNT must be > 0$/);
    await r.fails(`${search} COUNT x`, /^ERR value is not an integer or out of range$/);
    await r.fails(`${search} ANY`, /^ERR the ANY argument requires COUNT argument$/);
  });

  test('a shape that is none is refused', async (r) => {
    const from = 'GEOSEARCH k FROMLONLAT 1 1';
    await r.fails(`${from} BYRADIUS x m`, /^ERR need numeric radius$/);
    await r.fails(`${from} BYRADIUS -1 m`, /^ERR radius cannot be negative$/);
    await r.fails(`${from} BYBOX x 1 m`, /^ERR need numeric width$/);
    await r.fails(`${from} BYBOX 1 x m`, /^ERR need numeric height$/);
    await r.fails(`${from} BYBOX 1 -1 m`, /^ERR height or width cannot be negative$/);
    await r.fails(`${from} BYBOX 1 1 x`, /^ERR unsupported unit provided/);
    await r(SICILY);
    await r.fails(
      'GEOSEARCH Sicily FROMMEMBER none BYRADIUS 1 m',
      /^ERR could not decode requested zset member$/,
    );
  });

  test('GEOSEARCHSTORE keeps what it finds, with places or distances for scores', async (r) => {
    await r(SICILY);
    const search = 'Sicily FROMLONLAT 15 37 BYRADIUS 200 km';
    expect(await r(`GEOSEARCHSTORE found ${search}`)).toBe(2);
    expect(await r('GEODIST found Palermo Catania')).toBe('166274.1516');
    expect(await r(`GEOSEARCHSTORE found ${search} COUNT 1 STOREDIST`)).toBe(1);
    expect(Number(await r('ZSCORE found Catania'))).toBeCloseTo(56.4412578701582, 12);
    await r.fails(
      `GEOSEARCHSTORE found ${search} WITHDIST`,
      /^ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options$/,
    );
  });

  test('what finds nothing leaves nothing in its target', async (r) => {
    await r(SICILY);
    await r('SET a x');
    expect(await r('GEOSEARCHSTORE a Sicily FROMLONLAT 0 0 BYRADIUS 1 m')).toBe(0);
    await r('SET b x');
    expect(await r('GEORADIUS none 0 0 1 m STORE b')).toBe(0);
    expect(await r('EXISTS a b')).toBe(0);
  });

  test('GEORADIUS and its like are GEOSEARCH as it used to be', async (r) => {
    await r(SICILY);
    expect(await r('GEORADIUS Sicily 15 37 200 km DESC')).toEqual(['Palermo', 'Catania']);
    expect(await r('GEORADIUS_RO Sicily 15 37 200 km COUNT 1')).toEqual(['Catania']);
    const near = [
      ['Palermo', '0.0000'],
      ['Catania', '166.2742'],
    ];
    expect(await r('GEORADIUSBYMEMBER Sicily Palermo 200 km ASC WITHDIST')).toEqual(near);
    expect(await r('GEORADIUSBYMEMBER_RO Sicily Palermo 1 m')).toEqual(['Palermo']);
    expect(await r('GEORADIUS Sicily 15 37 200 km STORE found')).toBe(2);
    expect(await r('GEORADIUSBYMEMBER Sicily Catania 9 m STORE no STOREDIST found')).toBe(1);
    expect(Number(await r('ZSCORE found Catania'))).toBe(0);
    expect(await r('EXISTS no')).toBe(0);
  });

  test('only those that may write take STORE', async (r) => {
    await r.fails('GEORADIUS_RO k 1 1 1 m STORE found', /^ERR syntax error$/);
    await r.fails('GEORADIUSBYMEMBER_RO k a 1 m STOREDIST found', /^ERR syntax error$/);
    await r.fails(
      'GEORADIUS k 1 1 1 m STORE found WITHDIST',
      /^ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD/,
    );
  });

  test('without a set, nobody looks at the radius around a member', async (r) => {
    expect(await r('GEORADIUSBYMEMBER none a x y')).toEqual([]);
    await r.fails('GEORADIUS none 1 1 x m', /^ERR need numeric radius$/);
  });

  test('the keys of a call include where it stores', async (r) => {
    const call = 'GEORADIUS a 1 1 1 m';
    expect(await r(`COMMAND GETKEYS ${call}`)).toEqual(['a']);
    expect(await r(`COMMAND GETKEYS ${call} STORE b`)).toEqual(['a', 'b']);
    expect(await r(`COMMAND GETKEYS ${call} STOREDIST b STORE c`)).toEqual(['a', 'c', 'b']);
    expect(await r(`COMMAND GETKEYS ${call} ASC STORE`)).toEqual(['a']);
  });
});
