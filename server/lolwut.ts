// LOLWUT's drawing: a map of hills that nobody has climbed.
//
// The height of the land is a sum of a few waves that cross it in random directions. A
// contour line runs wherever the height passes a multiple of the interval, that is where
// two neighbours lie in different bands. A Braille character holds two columns of four dots,
// so a terminal of 60 by 16 shows 120 by 64 of them. Its dots are numbered
//
//    1 4        bits, from 0x2800:    01 08
//    2 5                              02 10
//    3 6                              04 20
//    7 8                              40 80

import { fromText } from '../protocol/byte-string.ts';

const COLUMNS = 60;
const ROWS = 16;
const WAVES = 5;
const INTERVAL = 0.55;
const DOT_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

type Wave = { readonly acrossX: number; readonly acrossY: number; readonly phase: number };

/** A new map, as a byte string of lines in UTF-8. `chance` gives numbers from 0 to below 1. */
export function drawMap(chance: () => number): string {
  const waves: Wave[] = [];
  for (let i = 0; i < WAVES; i++) {
    const angle = chance() * 2 * Math.PI;
    const pace = 0.03 + 0.09 * chance(); // Radians a dot.
    const phase = chance() * 2 * Math.PI;
    waves.push({ acrossX: pace * Math.cos(angle), acrossY: pace * Math.sin(angle), phase });
  }
  let text = '';
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      text += String.fromCharCode(0x2800 + dots(waves, column * 2, row * 4));
    }
    text += '\n';
  }
  return fromText(text);
}

/** Which of the eight dots of a character are set; (x, y) is its upper left one. */
function dots(waves: readonly Wave[], x: number, y: number): number {
  let bits = 0;
  for (let dy = 0; dy < 4; dy++) {
    for (let dx = 0; dx < 2; dx++) {
      const here = band(waves, x + dx, y + dy);
      const right = band(waves, x + dx + 1, y + dy);
      const below = band(waves, x + dx, y + dy + 1);
      if (here !== right || here !== below) bits |= DOT_BITS[dy][dx];
    }
  }
  return bits;
}

function band(waves: readonly Wave[], x: number, y: number): number {
  let height = 0;
  for (const { acrossX, acrossY, phase } of waves) {
    height += Math.sin(x * acrossX + y * acrossY + phase);
  }
  return Math.floor(height / INTERVAL);
}
