import { expect, test } from 'vitest';
import { openCmsgpack } from '../../lua/cmsgpack.ts';
import { Runtime } from '../../lua/runtime.ts';
import { NULL } from '../../lua/userdata.ts';
import { LuaFunction, type Value } from '../../lua/value.ts';
import type { Chance } from '../protocol/real.ts';
import {
  type Case,
  duel,
  duelOf,
  plain,
  type Spelled,
  sameEntries,
  withReal,
} from './library-duel.ts';

const library = openCmsgpack(new Runtime());
const LENGTHS = [0, 1, 5, 15, 16, 17, 31, 32, 33, 255, 256, 257];
const MARGINS = [7, 8, 15, 16, 31, 32, 52, 53, 62, 63, 64, 5];

function number(chance: Chance): number {
  switch (chance.below(6)) {
    case 0:
      return (chance.below(2) * 2 - 1) * (2 ** chance.one(MARGINS) + chance.below(3) - 1);
    case 1:
      return chance.below(300) - 150;
    case 2:
      return Math.fround((chance.next() - 0.5) * 2 ** chance.below(200));
    case 3:
      return chance.one([0, -0, Infinity, -Infinity, NaN, 0.5, 1e300, -1e-310]);
    case 4:
      return (chance.next() - 0.5) * 2 ** chance.below(70);
    default: {
      const n = chance.double();
      return n === n ? n : 0; // Which NaN it is, Lua cannot spell.
    }
  }
}

function scalar(chance: Chance): Value {
  switch (chance.below(8)) {
    case 0:
    case 1:
    case 2:
      return number(chance);
    case 3:
      return chance.one([true, false]);
    case 4:
      return chance.one([undefined, NULL, new LuaFunction('', null, null)]);
    default:
      return chance.text(
        chance.below(20) === 0 ? chance.one(LENGTHS) : chance.below(6),
        'ab\0\xff',
      );
  }
}

function value(c: Case, depth: number): Spelled {
  const { chance } = c;
  if (depth > 4 || chance.below(3) > 0) return plain(scalar(chance));
  const entries: [Spelled, Spelled][] = [];
  const size = chance.below(12) === 0 ? chance.one([14, 15, 16, 17, 40]) : chance.below(6);
  const kind = chance.below(4);
  const order = Array.from({ length: size }, (_, i) => i + 1);
  if (kind === 1) order.sort(() => chance.next() - 0.5);
  for (const i of order) {
    let key: Value = i;
    if (kind > 1 && chance.below(3) > 0) key = scalar(chance);
    if (key === undefined || key instanceof LuaFunction || key !== key) key = 1;
    entries.push([plain(key === NULL ? true : key), value(c, depth + 1)]);
  }
  return c.table(entries);
}

function pack(c: Case): void {
  const { chance } = c;
  const count = chance.below(30) === 0 ? 0 : 1 + chance.below(chance.below(4) + 1);
  const args = Array.from({ length: count }, () => value(c, 0));
  c.call(library, 'cmsgpack', 'pack', args, true);
}

function bytes(chance: Chance, count: number): string {
  let text = '';
  while (text.length < count) text += String.fromCharCode(chance.below(256));
  return text;
}

function head(first: number, size: number, count: number): string {
  let text = '';
  for (let i = size - 1; i >= 0; i--)
    text += String.fromCharCode(Math.floor(count / 256 ** i) & 255);
  return String.fromCharCode(first) + text;
}

/** MessagePack of some value, not always as short as it could be. */
function packed(chance: Chance, depth: number): string {
  const kind = chance.below(depth > 4 ? 8 : 12);
  const count = chance.below(5);
  switch (kind) {
    case 0:
      return String.fromCharCode(chance.one([0xc0, 0xc2, 0xc3]));
    case 1:
    case 2:
      return String.fromCharCode(chance.below(2) * 0xe0 + chance.below(32));
    case 3: {
      const size = chance.below(4);
      return String.fromCharCode(chance.one([0xcc, 0xd0]) + size) + bytes(chance, 2 ** size);
    }
    case 4: {
      const n = new DataView(new ArrayBuffer(8));
      if (chance.below(2) === 0) {
        n.setFloat32(0, number(chance));
        return `\xca${Buffer.from(n.buffer).toString('latin1', 0, 4)}`;
      }
      n.setFloat64(0, number(chance));
      return `\xcb${Buffer.from(n.buffer).toString('latin1')}`;
    }
    case 5:
    case 6:
    case 7: {
      const form = chance.one([
        [0xa0 | count, 0],
        [0xd9, 1],
        [0xda, 2],
        [0xdb, 4],
      ]);
      return head(form[0], form[1], count) + chance.text(count, 'xy\0\xe9');
    }
    default: {
      const map = kind >= 10;
      const form = chance.one(
        map
          ? [
              [0x80 | count, 0],
              [0xde, 2],
              [0xdf, 4],
            ]
          : [
              [0x90 | count, 0],
              [0xdc, 2],
              [0xdd, 4],
            ],
      );
      let text = head(form[0], form[1], count);
      for (let i = 0; i < count; i++) {
        const key = map ? packed(chance, depth + 1) : '';
        const item = packed(chance, depth + 1);
        // A table as a key without a value moves others about by its address, and does not show.
        text += key + (map && item === '\xc0' ? '\xc2' : item);
      }
      return text;
    }
  }
}

function mutated(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1);
  switch (chance.below(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + bytes(chance, 1) + text.slice(at);
    case 2:
      return text.slice(0, at) + bytes(chance, 1) + text.slice(at + 1);
    default:
      return text.slice(0, at) + text.slice(at + 1);
  }
}

function unpack(c: Case): void {
  const { chance } = c;
  let text = '';
  for (let left = chance.below(4); left >= 0; left--) text += packed(chance, 0);
  if (chance.below(3) === 0) text = mutated(chance, text);
  const offset = () => {
    const odd = chance.one([0, -1, text.length, text.length + 1, 0.5, '2', 2 ** 40, -(2 ** 31)]);
    return plain(chance.below(8) > 0 ? chance.below(text.length + 1) : odd);
  };
  const limit = plain(
    chance.below(8) > 0 ? chance.below(4) : chance.one([-1, 1e6, true, 1.9, '1']),
  );
  const name = chance.one(['unpack', 'unpack', 'unpack_one', 'unpack_limit']);
  let args = [plain(text)];
  if (name === 'unpack_one') args.push(offset());
  if (name === 'unpack_limit') args.push(limit, offset());
  if (chance.below(8) === 0) args = args.slice(0, chance.below(3));
  c.call(library, 'cmsgpack', name, args, true);
}

/** Calls with a text that Lua makes by repetition. */
function repeated(name: string, part: string, times: number, tail: string, rest: Value[]) {
  return (c: Case) => {
    const lua = `string.rep(${plain(part).lua}, ${times}) .. ${plain(tail).lua}`;
    const text = { lua, value: part.repeat(times) + tail };
    c.call(library, 'cmsgpack', name, [text, ...rest.map(plain)], true);
  };
}

const aroundTheStack = [3997, 3998, 3999, 4000, 4001, 7996, 7997, 7998, 7999, 8000].flatMap(
  (times) => [
    repeated('unpack', '\x91', times, '\x01', []),
    repeated('unpack', '\x92\x01', times, '\x01', []),
    repeated('unpack', '\x91', times, '\x90', []),
    repeated('unpack', '\x81\x01', times, '\x01', []),
    repeated('unpack', '\x81', times, '\x01'.repeat(times + 1), []),
    repeated('unpack', '\x01', times, '', []),
    repeated('unpack', '\x01', times, '', [1, 2, 3]),
    repeated('unpack_limit', '\x01', times, '', [9000, 0]),
    repeated('unpack_limit', '\x01', times, '', [7998, 0, 5]),
  ],
);

await withReal('cmsgpack beside real Redis', [], (ask) => {
  sameEntries(ask, 'cmsgpack', openCmsgpack);
  duel(ask, 'packs all kinds of values', pack);
  duel(ask, 'unpacks what is packed, and says what is wrong with it', unpack);
  duelOf(ask, 'ends where the stack of Lua ends', aroundTheStack);
  duelOf(
    ask,
    'packs tables in tables up to a limit',
    [14, 15, 16, 17, 18, 30].flatMap((depth) => [
      (c: Case) => {
        let inner = plain('x');
        for (let i = 0; i < depth; i++) inner = c.table([[plain(i % 2 === 0 ? 1 : 'k'), inner]]);
        c.call(library, 'cmsgpack', 'pack', [inner], true);
      },
    ]),
  );
});

test('a packed value of a large number of items and its array come to the same', () => {
  const { native: packs } = library.getString('pack') as LuaFunction;
  const { native: unpacks } = library.getString('unpack') as LuaFunction;
  const text = `\xdd\x00\x01\x00\x00${'\x07'.repeat(65536)}`;
  const table = unpacks!(text) as Value;
  expect(packs!(table)).toBe(text);
});
