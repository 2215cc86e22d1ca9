// How Redis spells a double that is not an integer.
//
// Redis prints with Grisu2 (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately
// with Integers", PLDI 2010). JavaScript prints the shortest decimal that reads back as the same
// double. Grisu2 does nearly the same, and "nearly" is the trouble: about one double in a
// thousand comes out a digit longer, or with another last digit, so String(n) will not do where
// bytes must be equal. What follows is Grisu2 itself.
//
// A double v = m·2^e owns every real number nearer to it than to its neighbours: the interval
// between v - half an ulp and v + half an ulp. The task is to find the shortest decimal in there.
//
//     lower            v            upper
//   ----|--------------|--------------|----      scale all three by a power of ten, so that
//                                                upper = part1 + part2/2^s, with part1 < 2^32
//
// The digits of `upper` are then produced one by one, those of part1 by division, those of part2
// by multiplication, until what is left of it is smaller than delta = upper - lower: what was
// printed so far lies inside the interval, and nothing shorter does. Last, the final digit is
// counted down for as long as that brings the decimal nearer to v.
//
// The scaling is what makes Grisu2 quick and not quite exact. The power of ten is one of 87,
// 10^-348, 10^-340, … 10^340, rounded to 64 bits, and products are rounded to 64 bits too, so
// both ends are off by less than one unit: the interval is made one unit narrower at each end to be
// safe, and a decimal that lies in that sliver is missed. To miss the same ones, the power must be
// the same as Redis's: where two would do, the smaller.
//
// Numbers of 64 bits are pairs of 32-bit halves held in doubles. A product of two halves has up
// to 64 bits: its low half is Math.imul, and its high half is what remains of the rounded
// product, which is off by less than 2^11 and therefore rounds to the right multiple of 2^32.

const TWO_32 = 2 ** 32;

const FIRST_POWER = -348;
const POWER_STEP = 8;
const POWER_COUNT = 87;

// 10^(FIRST_POWER + i·POWER_STEP) ≈ (powerHigh[i]·2^32 + powerLow[i])·2^powerExponent[i]
const powerHigh = new Float64Array(POWER_COUNT);
const powerLow = new Float64Array(POWER_COUNT);
const powerExponent = new Int32Array(POWER_COUNT);
let powersMade = false;

// The double under the knife, and its two words, the low one first.
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

// What multiply() and generateDigits() found, besides what they return.
let productHigh = 0;
let productLow = 0;
let decimalExponent = 0;

/** Spells a finite double other than zero as Redis does when it is not a small integer. */
export function formatGrisu(n: number): string {
  const digits = shortestDigits(n < 0 ? -n : n);
  const text = place(digits, decimalExponent);
  return n < 0 ? `-${text}` : text;
}

/** Redis: when a decimal point is put, when zeros are added, and when it becomes `1e+30`. */
function place(digits: string, exponent: number): string {
  const count = digits.length;
  const scientific = exponent + count - 1; // The exponent if there were one digit before the point.
  if (exponent >= 0 && scientific < count + 7) return digits + '0'.repeat(exponent);

  if (exponent < 0 && (exponent > -7 || Math.abs(scientific) < 4)) {
    const point = count + exponent;
    if (point > 0) return `${digits.slice(0, point)}.${digits.slice(point)}`;
    return `0.${'0'.repeat(-point)}${digits}`;
  }

  const mantissa = count > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return scientific < 0 ? `${mantissa}e${scientific}` : `${mantissa}e+${scientific}`;
}

/** The digits of n > 0; n ≈ digits·10^decimalExponent. */
function shortestDigits(n: number): string {
  if (!powersMade) makePowers();

  double[0] = n;
  const biased = words[1] >>> 20;
  let m = (words[1] & 0xfffff) * TWO_32 + words[0];
  let exponent = -1074;
  if (biased > 0) {
    m += 2 ** 52;
    exponent = biased - 1075;
  }

  // Shift until bit 63 is set: by 11, or more for a denormal.
  let shift = 11;
  for (let top = m; top < 2 ** 52; top *= 2) shift++;
  exponent -= shift;
  const high = Math.floor(m * 2 ** (shift - 32));
  const low = m * 2 ** shift - high * TWO_32;

  // Half an ulp each way; but below a power of two doubles lie twice as close.
  const above = 2 ** (shift - 1);
  const below = m === 2 ** 52 ? above / 2 : above;

  const power = choosePower(exponent);
  const tenHigh = powerHigh[power];
  const tenLow = powerLow[power];
  multiply(high, low, tenHigh, tenLow);
  const wHigh = productHigh;
  const wLow = productLow;

  const aboveHigh = Math.floor(above / TWO_32);
  multiply(high + aboveHigh, low + (above - aboveHigh * TWO_32), tenHigh, tenLow);
  const upperHigh = productLow === 0 ? productHigh - 1 : productHigh;
  const upperLow = productLow === 0 ? TWO_32 - 1 : productLow - 1;

  const belowHigh = Math.floor(below / TWO_32);
  let lowerHigh = high - belowHigh;
  let lowerLow = low - (below - belowHigh * TWO_32);
  if (lowerLow < 0) {
    lowerLow += TWO_32;
    lowerHigh--;
  }
  multiply(lowerHigh, lowerLow, tenHigh, tenLow);
  lowerHigh = productHigh;
  lowerLow = productLow + 1; // May be 2^32: the subtractions below do not mind.

  decimalExponent = -(FIRST_POWER + power * POWER_STEP);
  const pointShift = -(exponent + powerExponent[power] + 64) - 32; // s - 32: 0 to 28.
  const deltaBorrow = upperLow < lowerLow ? 1 : 0;
  const gapBorrow = upperLow < wLow ? 1 : 0;
  return generateDigits(
    upperHigh,
    upperLow,
    upperHigh - lowerHigh - deltaBorrow,
    upperLow - lowerLow + deltaBorrow * TWO_32,
    upperHigh - wHigh - gapBorrow,
    upperLow - wLow + gapBorrow * TWO_32,
    2 ** pointShift,
  );
}

/** Digits of upper (high, low), until the rest is within delta; then towards v, `gap` below. */
function generateDigits(
  upperHigh: number,
  upperLow: number,
  deltaHigh: number,
  deltaLow: number,
  gapHigh: number,
  gapLow: number,
  one: number, // The high half of 1: upper is a fixed-point number.
): string {
  let whole = Math.floor(upperHigh / one);
  let restHigh = upperHigh - whole * one;
  let restLow = upperLow;

  let front = 0;
  let unit = 1_000_000_000;
  for (let left = 9; left >= 0; left--) {
    const digit = Math.floor(whole / unit);
    front = front * 10 + digit;
    whole -= digit * unit;
    const high = whole * one + restHigh;
    if (high < deltaHigh || (high === deltaHigh && restLow <= deltaLow)) {
      decimalExponent += left;
      const steps = stepsDown(high, restLow, deltaHigh, deltaLow, gapHigh, gapLow, unit * one);
      return String(front - steps);
    }
    unit /= 10;
  }

  let count = 0;
  let back = 0; // The digits after those of front: all 17 together would not fit a number.
  let backCount = 0;
  for (;;) {
    restLow *= 10;
    let carry = Math.floor(restLow / TWO_32);
    restLow -= carry * TWO_32;
    restHigh = restHigh * 10 + carry;
    deltaLow *= 10;
    carry = Math.floor(deltaLow / TWO_32);
    deltaLow -= carry * TWO_32;
    deltaHigh = deltaHigh * 10 + carry;
    gapLow *= 10;
    carry = Math.floor(gapLow / TWO_32);
    gapLow -= carry * TWO_32;
    gapHigh = gapHigh * 10 + carry;

    const digit = Math.floor(restHigh / one);
    restHigh -= digit * one;
    count++;
    if (front < 1e8) {
      front = front * 10 + digit;
    } else {
      back = back * 10 + digit;
      backCount++;
    }
    if (restHigh < deltaHigh || (restHigh === deltaHigh && restLow < deltaLow)) break;
  }
  decimalExponent -= count;
  const steps = stepsDown(restHigh, restLow, deltaHigh, deltaLow, gapHigh, gapLow, one);
  if (backCount === 0) return String(front - steps);
  return front + String(back - steps).padStart(backCount, '0');
}

/**
 * By how much to lower the last digit so that `rest`, the distance from upper, comes as near as
 * it can to `gap`, the distance of v, without leaving the interval. A unit of the last digit is
 * (unitHigh, 0).
 */
function stepsDown(
  restHigh: number,
  restLow: number,
  deltaHigh: number,
  deltaLow: number,
  gapHigh: number,
  gapLow: number,
  unitHigh: number,
): number {
  let steps = 0;
  while (
    (restHigh < gapHigh || (restHigh === gapHigh && restLow < gapLow)) &&
    (restHigh + unitHigh < deltaHigh || (restHigh + unitHigh === deltaHigh && restLow <= deltaLow))
  ) {
    // One more step: does it stay short of v, or overshoot by less than it now falls short?
    const nextHigh = restHigh + unitHigh;
    const short = nextHigh < gapHigh || (nextHigh === gapHigh && restLow < gapLow);
    if (!short) {
      const twiceGapLow = gapLow * 2;
      const bothLow = restLow * 2;
      const high = 2 * gapHigh - restHigh - nextHigh;
      if (high * TWO_32 + (twiceGapLow - bothLow) <= 0) break;
    }
    restHigh = nextHigh;
    steps++;
  }
  return steps;
}

/** The high 64 bits of a product of 64-bit numbers, rounded half up, in productHigh and -Low. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const topLow = Math.imul(aHigh, bHigh) >>> 0;
  const topHigh = Math.round((aHigh * bHigh - topLow) / TWO_32);
  const leftLow = Math.imul(aHigh, bLow) >>> 0;
  const leftHigh = Math.round((aHigh * bLow - leftLow) / TWO_32);
  const rightLow = Math.imul(aLow, bHigh) >>> 0;
  const rightHigh = Math.round((aLow * bHigh - rightLow) / TWO_32);
  const bottomLow = Math.imul(aLow, bLow) >>> 0;
  const bottomHigh = Math.round((aLow * bLow - bottomLow) / TWO_32);

  const carry = Math.floor((leftLow + rightLow + bottomHigh + 2 ** 31) / TWO_32);
  const low = topLow + leftHigh + rightHigh + carry;
  const lowCarry = Math.floor(low / TWO_32);
  productHigh = topHigh + lowCarry;
  productLow = low - lowCarry * TWO_32;
}

/** The first power that brings a number with this binary exponent to -60 … -32. */
function choosePower(exponent: number): number {
  const wanted = -60 - 64 - exponent;
  // From one power to the next it is 26.575 bits: this is the index wanted, or just before it.
  let index = Math.max(0, Math.floor((wanted - powerExponent[0]) / 26.6));
  while (powerExponent[index] < wanted) index++;
  return index;
}

/** Each power of ten to 64 bits, rounded to nearest. */
function makePowers(): void {
  for (let i = 0; i < POWER_COUNT; i++) {
    const power = FIRST_POWER + i * POWER_STEP;
    // 65 bits or more, truncated; then round on the first bit dropped. No power is a tie.
    let exponent = 0;
    let value = 10n ** BigInt(Math.abs(power));
    if (power < 0) {
      exponent = -(value.toString(2).length + 80);
      value = (1n << BigInt(-exponent)) / value;
    }
    const extra = value.toString(2).length - 64;
    if (extra > 0) value = ((value >> BigInt(extra - 1)) + 1n) >> 1n;
    else value <<= BigInt(-extra);
    powerHigh[i] = Number(value >> 32n);
    powerLow[i] = Number(value & 0xffffffffn);
    powerExponent[i] = exponent + extra;
  }
  powersMade = true;
}
