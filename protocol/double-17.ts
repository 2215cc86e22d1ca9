// A double with 17 significant digits, which are enough for any, as C's "%.17g" prints it. ZSCAN
// of a large set does so, and the digest of a data set is made from it.

const DIGITS = 17;

/** The digits of a double, without the zeros that end a fraction: 0.1 is 0.10000000000000001. */
export function format17(n: number): string {
  if (n === Infinity) return 'inf';
  if (n === -Infinity) return '-inf';
  if (n !== n) return 'nan';
  if (n === 0) return 1 / n < 0 ? '-0' : '0';
  const [mantissa, exponent] = Math.abs(n)
    .toExponential(DIGITS - 1)
    .split('e');
  const sign = n < 0 ? '-' : '';
  const power = Number(exponent);
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  if (power < -4 || power >= DIGITS) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(power)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${power < 0 ? '-' : '+'}${size}`;
  }
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  const fraction = digits.slice(power + 1);
  return sign + whole + (fraction === '' ? '' : `.${fraction}`);
}
