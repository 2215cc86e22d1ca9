import { Runtime } from '../../lua/runtime.ts';
import { openStruct } from '../../lua/struct.ts';
import type { Value } from '../../lua/value.ts';
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

const library = openStruct(new Runtime());
const NUMBERS = [0, -0, 1, -1, 127, 128, -128, 255, 256, 65535, 2 ** 31, 2 ** 32, -(2 ** 31)];
const LARGE = [2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64, 1e300, -1e300, Infinity, -Infinity, NaN];

function number(chance: Chance): number {
  switch (chance.below(6)) {
    case 0:
      return chance.one(NUMBERS);
    case 1:
      return chance.one(LARGE);
    case 2:
      return (chance.next() - 0.5) * 2 ** chance.below(68);
    case 3:
      return (chance.below(2) * 2 - 1) * (2 ** chance.below(65) + chance.below(3) - 1);
    case 4:
      return chance.below(600) - 300;
    default: {
      const n = chance.double();
      return n === n ? n : 0;
    }
  }
}

function bytes(chance: Chance, count: number): string {
  let text = '';
  while (text.length < count) {
    text += String.fromCharCode(chance.below(3) === 0 ? chance.one([0, 255]) : chance.below(256));
  }
  return text;
}

/** An option of a format, and what it would be given. */
function option(chance: Chance): [string, Value[]] {
  switch (chance.below(12)) {
    case 0:
      return [chance.one(['<', '>', ' ', '!', '!1', '!2', '!4', '!8', '!16']), []];
    case 1:
      return ['x', []];
    case 2:
      return [chance.one(['f', 'd']), [number(chance)]];
    case 3:
      return ['s', [chance.text(chance.below(6), 'ab\0')]];
    case 4: {
      const text = chance.text(chance.below(6), 'ab\0\xff');
      return [chance.one(['c', 'c0', `c${chance.below(6)}`, `c${text.length}`]), [text]];
    }
    case 5:
    case 6:
      return [
        `${chance.one(['i', 'I'])}${1 + chance.below(chance.below(3) === 0 ? 34 : 9)}`,
        [number(chance)],
      ];
    case 7:
      if (chance.below(4) > 0) return ['', []];
      return [
        chance.one([
          '!3',
          '!0',
          'c99999999999',
          'i0',
          'I0',
          'z',
          '5',
          '%',
          '\xff',
          '\0',
          '!99999999999',
        ]),
        [],
      ];
    default:
      return [chance.one(['b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I']), [number(chance)]];
  }
}

function pack(c: Case): void {
  const { chance } = c;
  let format = '';
  let args: Spelled[] = [];
  for (let left = chance.below(7); left >= 0; left--) {
    const [text, given] = option(chance);
    format += text;
    args.push(...given.map(plain));
  }
  if (chance.below(10) === 0) args = args.slice(0, chance.below(args.length + 1));
  if (chance.below(10) === 0) {
    const odd = plain(chance.one([undefined, true, '12', 'x', '0x10', 5.5]));
    args[chance.below(args.length + 1)] = odd;
  }
  c.call(library, 'struct', 'pack', [plain(format), ...args], true);
}

function unpack(c: Case): void {
  const { chance } = c;
  let format = '';
  for (let left = chance.below(7); left >= 0; left--) {
    // A small number, that what follows may take as its size.
    format +=
      chance.below(6) === 0 ? chance.one(['Bc0', 'bc0', 'dc0', 'sc0', 'fc0']) : option(chance)[0];
  }
  let data = bytes(chance, chance.below(60));
  if (chance.below(3) === 0) data = chance.text(data.length, '\x01\x02\x03\x00');
  const args = [plain(format), plain(data)];
  if (chance.below(4) === 0) {
    const odd = chance.one([
      0,
      -1,
      -2,
      -7,
      -8,
      2 ** 40,
      2 ** 53,
      data.length + 1,
      data.length + 2,
      1.9,
    ]);
    args.push(plain(chance.below(3) === 0 ? odd : 1 + chance.below(data.length + 1)));
  }
  if (chance.below(30) === 0) args.length = chance.below(2);
  c.call(library, 'struct', 'unpack', args, true);
}

function size(c: Case): void {
  const { chance } = c;
  let format = '';
  for (let left = chance.below(8); left >= 0; left--) {
    const [text] = option(chance);
    if (!/^(s|c|c0)$/.test(text) || chance.below(8) === 0) format += text;
  }
  c.call(library, 'struct', 'size', [plain(format)], true);
}

function call(name: string, ...args: Value[]): (c: Case) => void {
  return (c) => c.call(library, 'struct', name, args.map(plain), true);
}

await withReal('struct beside real Redis', [], (ask) => {
  sameEntries(ask, 'struct', openStruct);
  duel(ask, 'packs all kinds of values', pack);
  duel(ask, 'unpacks all kinds of bytes', unpack);
  duel(ask, 'knows the sizes of formats', size);
  duelOf(ask, 'says what is wrong with its arguments', [
    ...['pack', 'unpack', 'size'].flatMap((name) => [call(name), call(name, true), call(name, 5)]),
    call('unpack', '', '', 2 ** 60),
    call('unpack', '', '', -5),
    call('unpack', 'i', 'abcd', '1'),
    call('unpack', 'i', 'abcd', true),
    call('size', 'c2147483647c2147483647i'),
    call('size', 'c2147483648'),
    call('unpack', 'c2147483647', 'abc'),
    ...[3995, 7996, 7997, 7998, 7999].flatMap((count) => [
      call('unpack', 'b'.repeat(count), 'x'.repeat(count)),
      call('unpack', 'b'.repeat(count), 'x'.repeat(count), 1),
      call('unpack', `${'b'.repeat(count)} `, 'x'.repeat(count)),
    ]),
  ]);
});
