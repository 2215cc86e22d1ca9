// What conversations about streams need beside a grammar: IDs that collide, and no clock.
//
// An ID that a server makes by itself ('*') is its clock's, and two clocks are never equal, so IDs
// are always given. They are few, and the lower ones are likelier, or the first would leave
// no room for another above it.

type Random = () => number;

const SPECIAL = [
  ...['0', '0-0', '0-1', '-', '+', '$', '>', 'x', '', '1-', '(1', '1-x', '007-01', '5-5-5', '-1'],
  ...['18446744073709551615', '18446744073709551615-18446744073709551614'],
  ...['18446744073709551615-18446744073709551615', '9007199254740993-1', '4294967296-4294967295'],
];

function one<T>(of: readonly T[], random: Random): T {
  return of[Math.floor(random() * of.length)];
}

/** An ID that may be in a stream, or is none. */
export function someId(random: Random): string {
  if (random() < 0.1) return one(SPECIAL, random);
  const ms = Math.floor(random() * random() * 20);
  return random() < 0.3 ? String(ms) : `${ms}-${Math.floor(random() * 4)}`;
}

/** An ID for a new entry. */
export function newId(random: Random): string {
  if (random() < 0.4) return someId(random);
  return `${Math.floor(random() * random() * random() * 40)}-*`;
}

/** An end of a range. */
export function someEnd(random: Random): string {
  const luck = random();
  if (luck < 0.3) return random() < 0.5 ? '-' : '+';
  return (luck < 0.5 ? '(' : '') + someId(random);
}

/** A length or an ID to trim to. */
export function someThreshold(random: Random): string {
  return random() < 0.6
    ? one(['0', '1', '2', '3', '5', '10', '-1', 'x', ''], random)
    : someId(random);
}

/**
 * The same call without what the clock decides, and, of XREAD and XREADGROUP, with as many IDs
 * as keys; it waits for ever, or not at all.
 */
export function settled(argv: string[], waits: boolean, random: Random): string[] {
  const name = argv[0].toLowerCase();
  if (name === 'xadd') return argv.map((word) => (word === '*' ? newId(random) : word));
  if (name !== 'xread' && name !== 'xreadgroup') return argv;
  for (let at = blockAt(argv); at >= 0; at = blockAt(argv)) argv.splice(at, 2);
  if (waits) argv.splice(1, 0, 'BLOCK', '0');
  const keys = argv.indexOf('STREAMS') + 1;
  if (keys > 0 && random() < 0.95) {
    const count = 1 + Math.floor(random() * random() * 3);
    while (argv.length < keys + count) argv.push('k1');
    argv.length = keys + count;
    for (let i = 0; i < count; i++) argv.push(readFrom(name, random));
  }
  return argv;
}

function blockAt(argv: readonly string[]): number {
  return argv.findIndex((word) => word.toUpperCase() === 'BLOCK');
}

function readFrom(name: string, random: Random): string {
  if (random() < 0.5) return someId(random);
  if (name === 'xread') return one(['0', '$', '+'], random);
  return one(['>', '>', '0'], random);
}
