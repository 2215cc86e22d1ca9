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

/** An ID that may well be pending. */
export function pendingId(random: Random): string {
  if (random() < 0.1) return someId(random);
  return `${Math.floor(random() * random() * 7)}-${Math.floor(random() * random() * 2)}`;
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
  if (name === 'xadd') {
    const plain = random() < 0.6 ? untrimmed(argv) : argv;
    return plain.map((word) => (word === '*' ? newId(random) : word));
  }
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

/** XADD without its options, which more often than not leave nothing in the stream. */
function untrimmed(argv: readonly string[]): string[] {
  const words = argv.filter((word) => word !== 'NOMKSTREAM');
  const at = words.findIndex((word) => word === 'MAXLEN' || word === 'MINID');
  if (at < 0) return words;
  let end = at + 1;
  if (words[end] === '=' || words[end] === '~') end++;
  end++; // The threshold.
  if (words[end] === 'LIMIT') end += 2;
  words.splice(at, end - at);
  return words;
}

/** The key of a stream: nearly always one of two, or hardly two commands would meet. */
export function streamKey(random: Random): string | null {
  return random() < 0.85 ? one(['k1', 'k1', 'k1', 'k2'], random) : null;
}

/** What a conversation about streams may begin with, so that there is something to talk about. */
export function preface(random: Random): string[][] {
  const calls: string[][] = [];
  const key = one(['k1', 'k1', 'k2'], random);
  for (let i = Math.floor(random() * 8); i > 0; i--) {
    const ms = Math.floor(random() * random() * 10);
    calls.push(['XADD', key, `${ms}-*`, one(['f', 'f', 'g'], random), 'v']);
  }
  if (random() < 0.7) {
    calls.push(['XGROUP', 'CREATE', key, 'g', one(['0', '0', '$', '2'], random), 'MKSTREAM']);
  }
  if (random() < 0.4) calls.push(['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', key, '>']);
  return calls;
}
