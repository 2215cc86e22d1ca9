// What is known of a module's values without the module: its name, nine characters of 6 bits each
// in the upper 54 bits of a number.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NAME_LENGTH = 9;

/** The name in an identifier, which is given as two halves. */
export function moduleName(high: number, low: number): string {
  let rest = (BigInt(high) << 32n) | BigInt(low);
  rest >>= 10n;
  let name = '';
  for (let i = 0; i < NAME_LENGTH; i++) {
    name = ALPHABET[Number(rest & 63n)] + name;
    rest >>= 6n;
  }
  return name;
}
