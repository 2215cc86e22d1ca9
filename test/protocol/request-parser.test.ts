// Every case is fed whole, byte by byte and cut in two at every offset, out of a buffer that
// is overwritten as soon as the parser has been told to keep what it needs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BROKEN, MORE, PIECE, READY, RequestParser } from '../../protocol/request-parser.ts';
import { encode } from '../wire.ts';

type Outcome = { requests: string[][]; problem: string };

const shared = Buffer.alloc(8 * 1024 * 1024);

/** Feeds the chunks as a server does, and stops where the parser does. */
function parse(
  chunks: readonly string[],
  parser = new RequestParser(),
  between: (parser: RequestParser) => void = () => {},
): Outcome {
  const requests: string[][] = [];
  for (const chunk of chunks) {
    shared.write(chunk, 'latin1');
    parser.feed(shared, chunk.length);
    let found = parser.next();
    while (found === READY || found === PIECE) {
      if (found === READY) requests.push(parser.argv.slice());
      found = parser.next();
    }
    if (found === BROKEN) return { requests, problem: parser.problem };
    expect(found).toBe(MORE);
    parser.keep();
    shared.fill(0xee, 0, chunk.length);
    between(parser);
  }
  return { requests, problem: '' };
}

function* cuts(bytes: string): Generator<string[]> {
  yield [bytes];
  yield [...bytes];
  for (let at = 1; at < bytes.length; at++) yield [bytes.slice(0, at), bytes.slice(at)];
}

const PING = '*1\r\n$4\r\nPING\r\n';

describe('what is a request', () => {
  test.each<[what: string, bytes: string, requests: string[][]]>([
    ['an array of strings', '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n', [['GET', 'k']]],
    ['several, one behind the other', PING + PING + PING, [['PING'], ['PING'], ['PING']]],
    ['empty strings', '*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n', [['SET', '', '']]],
    ['an empty name', '*1\r\n$0\r\n\r\n', [['']]],
    ['line ends inside strings', '*1\r\n$4\r\n\r\n\r\n\r\n', [['\r\n\r\n']]],
    ['all kinds of bytes', '*1\r\n$4\r\n\0\xff\x80*\r\n', [['\0\xff\x80*']]],
    [
      'whatever stands where a line end should',
      '*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPINGyy',
      [['PING'], ['PING']],
    ],
    ['any byte behind a CR', '*1\rx$4\r\tPING\r\n', [['PING']]],
    ['nothing, for arrays of nothing', `*0\r\n*-1\r\n*-9223372036854775808\r\n${PING}`, [['PING']]],
    ['a line of words', 'SET  k\tv \r\n', [['SET', 'k', 'v']]],
    ['a line that ends with LF alone', 'PING\nPING\n', [['PING'], ['PING']]],
    ['a line with quotes', `SET "a b" 'c\\'d' "\\x00\\n"\r\n`, [['SET', 'a b', "c'd", '\0\n']]],
    ['a CR within a line', 'PING a\rb\r\n', [['PING', 'a', 'b']]],
    ['nothing, for empty lines', `\r\n\n  \r\n\t\r\n${PING}`, [['PING']]],
    ['lines and arrays by turns', `PING\r\n${PING}PING x\n`, [['PING'], ['PING'], ['PING', 'x']]],
    [
      'a number without digits to spare',
      `*10\r\n${'$1\r\na\r\n'.repeat(10)}`,
      [Array(10).fill('a')],
    ],
  ])('%s', (_, bytes, requests) => {
    for (const chunks of cuts(bytes)) expect(parse(chunks)).toEqual({ requests, problem: '' });
  });

  test.each([
    '',
    '*',
    '*1',
    '*1\r',
    '*1\r\n',
    '*1\r\n$',
    '*1\r\n$4\r\nPIN',
    '*1\r\n$4\r\nPING\r',
    'PING',
  ])('not yet: %j', (bytes) => {
    const parser = new RequestParser();
    expect(parse([bytes], parser)).toEqual({ requests: [], problem: '' });
    const rest = bytes.startsWith('*') ? PING.slice(bytes.length) : bytes ? '\n' : PING;
    expect(parse([rest], parser)).toEqual({ requests: [['PING']], problem: '' });
    expect(parser.pending).toBe(0);
  });

  // Redis looks for the end of a line as C looks in a string.
  test.each(['\0\r\n', 'PING a\0b\r\n', '*1\0\r\n', '*\0', '*1\r\n$4\0\r\n', '*1\r\n\0x\r\n'])(
    'a line with a NUL in it never ends: %j',
    (bytes) => {
      for (const chunks of cuts(bytes + PING)) {
        expect(parse(chunks)).toEqual({ requests: [], problem: '' });
      }
      expect(parse([bytes, 'A'.repeat(65536)]).problem).toMatch(/Protocol error: too big/);
    },
  );
});

describe('what breaks the protocol', () => {
  test.each<[bytes: string, problem: string]>([
    ['*x\r\n', 'invalid multibulk length'],
    ['*\r\n', 'invalid multibulk length'],
    ['*01\r\n', 'invalid multibulk length'],
    ['*+1\r\n', 'invalid multibulk length'],
    ['* 1\r\n', 'invalid multibulk length'],
    ['*1 \r\n', 'invalid multibulk length'],
    ['*-0\r\n', 'invalid multibulk length'],
    ['*1\n$4\nPING\n\r\n', 'invalid multibulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'],
    ['*9007199254740993\r\n', 'invalid multibulk length'],
    ['*-9223372036854775809\r\n', 'invalid multibulk length'],
    ['*99999999999999999999\r\n', 'invalid multibulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$x\r\n', 'invalid bulk length'],
    ['*1\r\n$\r\n', 'invalid bulk length'],
    ['*1\r\n$04\r\n', 'invalid bulk length'],
    ['*1\r\n$+4\r\n', 'invalid bulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['*1\r\n$99999999999999999999\r\n', 'invalid bulk length'],
    ['*1\r\nPING\r\n', "expected '$', got 'P'"],
    ['*1\r\n\r\n', "expected '$', got ' '"],
    ['*1\r\n\n\r\n', "expected '$', got ' '"],
    ['*1\r\n\xff\r\n', "expected '$', got '\xff'"],
    ['*2\r\n$3\r\nGET\r\n:1\r\n', "expected '$', got ':'"],
    ['PING "x\r\n', 'unbalanced quotes in request'],
    ["PING 'x\n", 'unbalanced quotes in request'],
    ['PING "x"y\r\n', 'unbalanced quotes in request'],
  ])('%j: %s', (bytes, problem) => {
    const outcome = { requests: [], problem: `ERR Protocol error: ${problem}` };
    for (const chunks of cuts(bytes)) expect(parse(chunks)).toEqual(outcome);
  });

  test('the requests before it count, those behind it do not', () => {
    const bytes = `${PING}PING a\r\n*1\r\n$-5\r\n${PING}`;
    const problem = 'ERR Protocol error: invalid bulk length';
    for (const chunks of cuts(bytes)) {
      expect(parse(chunks)).toEqual({ requests: [['PING'], ['PING', 'a']], problem });
    }
  });

  test.each([
    ['', 'too big inline request'],
    ['*1', 'too big mbulk count string'],
    ['*1\r\n$1', 'too big bulk count string'],
    ['*1\r\nx', 'too big bulk count string'],
  ])('a line of more than 64 KB behind %j', (start, problem) => {
    const line = start.slice(start.lastIndexOf('\n') + 1);
    const most = '1'.repeat(65536 - line.length);
    expect(parse([start, most]).problem).toBe('');
    expect(parse([start, most, '1']).problem).toBe(`ERR Protocol error: ${problem}`);
    expect(parse([`${start + most}1`]).problem).toBe(`ERR Protocol error: ${problem}`);
  });

  test('the largest string is as long as is configured', () => {
    const parser = new RequestParser();
    parser.maxBulk = 1000;
    expect(parse(['*2\r\n$1000\r\n', 'x'.repeat(1000), '\r\n'], parser).problem).toBe('');
    expect(parse(['$1001\r\n'], parser).problem).toBe('ERR Protocol error: invalid bulk length');
  });
});

describe('before AUTH', () => {
  function stranger(): RequestParser {
    const parser = new RequestParser();
    parser.trusted = false;
    return parser;
  }

  test.each([
    ['*11\r\n', 'unauthenticated multibulk length'],
    ['*2147483647\r\n', 'unauthenticated multibulk length'],
    ['*1\r\n$16385\r\n', 'unauthenticated bulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'],
    ['*1\r\n$999999999999\r\n', 'invalid bulk length'],
  ])('%j: %s', (bytes, problem) => {
    for (const chunks of cuts(bytes)) {
      expect(parse(chunks, stranger()).problem).toBe(`ERR Protocol error: ${problem}`);
    }
  });

  test('ten arguments of 16 KB are let through, and any number of words in a line', () => {
    const argv = Array<string>(10).fill('x'.repeat(16384));
    expect(parse([encode(argv)], stranger()).requests).toEqual([argv]);
    const words = Array<string>(1000).fill('x'.repeat(40));
    expect(parse([`${words.join(' ')}\n`], stranger()).requests).toEqual([words]);
  });

  test('the limits are lifted between two requests of one chunk', () => {
    const parser = stranger();
    const second = Array<string>(11).fill('a');
    const bytes = Buffer.from(PING + encode(second), 'latin1');
    parser.feed(bytes, bytes.length);
    expect(parser.next()).toBe(READY);
    parser.trusted = true;
    expect(parser.next()).toBe(READY);
    expect(parser.argv).toEqual(second);
  });
});

test('a long request is read in pieces', () => {
  const parser = new RequestParser();
  parser.mostAtOnce = 2;
  const bytes = Buffer.from(encode(['a', 'b', 'c', 'd', 'e']));
  parser.feed(bytes, bytes.length);
  expect([parser.next(), parser.next(), parser.next(), parser.next()]).toEqual([
    PIECE,
    PIECE,
    READY,
    MORE,
  ]);
  expect(parser.argv).toEqual(['a', 'b', 'c', 'd', 'e']);
});

describe('however the bytes are cut', () => {
  // Lengths around those where the parser changes its ways, and rarely very long ones.
  const length = fc.oneof(
    { weight: 8, arbitrary: fc.nat(30) },
    { weight: 2, arbitrary: fc.constantFrom(1023, 32767, 32768, 32769, 65536, 70000) },
    { weight: 1, arbitrary: fc.constantFrom(200_000, 1_500_000) },
  );
  const arg = fc.tuple(length, fc.nat()).map(([size, seed]) => filled(size, seed));
  const argv = fc.array(arg, { minLength: 1, maxLength: 5 });

  const where = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
  const pieces = (bytes: string, fractions: readonly number[]): string[] => {
    const ends = fractions.map((f) => Math.floor(f * bytes.length)).sort((a, b) => a - b);
    return [0, ...ends].map((start, i) => bytes.slice(start, ends[i]));
  };

  test('the same requests come out, whatever their size', () => {
    fc.assert(
      fc.property(fc.array(argv, { maxLength: 5 }), where, (requests, fractions) => {
        const parser = new RequestParser();
        const chunks = pieces(requests.map(encode).join(''), fractions);
        expect(parse(chunks, parser)).toEqual({ requests, problem: '' });
        expect(parser.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test('the same requests come out, whatever is read of them at once', () => {
    const most = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(fc.array(argv, { maxLength: 5 }), where, most, (requests, fractions, atOnce) => {
        const parser = new RequestParser();
        parser.mostAtOnce = atOnce;
        const chunks = pieces(requests.map(encode).join(''), fractions);
        expect(parse(chunks, parser)).toEqual({ requests, problem: '' });
      }),
    );
  });

  test('giving up room between two chunks loses nothing', () => {
    const trims = fc.array(fc.constantFrom('idle', 'busy', 'not at all'), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(argv, { maxLength: 5 }), where, trims, (requests, fractions, how) => {
        let turn = 0;
        const chunks = pieces(requests.map(encode).join(''), fractions);
        const outcome = parse(chunks, new RequestParser(), (parser) => {
          const trim = how[turn++ % how.length];
          if (trim !== 'not at all') parser.trim(trim === 'idle');
          expect(parser.held).toBeGreaterThanOrEqual(parser.pending);
          expect(parser.room).toBeGreaterThanOrEqual(0);
        });
        expect(outcome).toEqual({ requests, problem: '' });
      }),
      { numRuns: 200 },
    );
  });

  test('a big string may be cut anywhere near its ends', () => {
    const request = ['SET', filled(40_000, 1), filled(40_000, 2), 'x'];
    const bytes = encode(request);
    const second = bytes.indexOf('$40000', 40_000);
    for (const around of [bytes.indexOf('$40000'), second, second + 40_008]) {
      for (let at = around - 12; at < around + 12; at++) {
        const chunks = [bytes.slice(0, at), bytes.slice(at)];
        expect(parse(chunks)).toEqual({ requests: [request], problem: '' });
      }
    }
  });

  test('a string of megabytes comes whole out of small chunks', () => {
    const request = ['SET', filled(10, 1), filled(3_000_000, 2), filled(40_000, 3)];
    const bytes = encode(request);
    const chunks: string[] = [];
    for (let at = 0; at < bytes.length; at += 16_384) chunks.push(bytes.slice(at, at + 16_384));
    expect(parse([...chunks, PING])).toEqual({ requests: [request, ['PING']], problem: '' });
  });
});

describe('memory', () => {
  const MEGABYTE = 1024 * 1024;

  test('a claimed length is given a megabyte before its bytes come, not more', () => {
    const parser = new RequestParser();
    parse(['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870888\r\n'], parser);
    expect(parser.held).toBeLessThan(1.1 * MEGABYTE);
    parse(['x'.repeat(2 * MEGABYTE)], parser);
    expect(parser.pending).toBeGreaterThanOrEqual(2 * MEGABYTE);
    expect(parser.held).toBeLessThan(5 * MEGABYTE);
  });

  test('where nobody is believed any more, it is given next to nothing', () => {
    const parser = new RequestParser();
    parser.trust = { left: 0 };
    parse(['*2\r\n$3\r\nGET\r\n$1048576\r\n'], parser);
    expect(parser.held).toBeLessThan(40_000);
  });

  test('a claimed number of arguments takes none before they come', () => {
    const parser = new RequestParser();
    parse(['*2147483647\r\n$1\r\na\r\n'], parser);
    expect(parser.held).toBeLessThan(20_000);
    expect(parser.argv.length).toBeLessThan(10);
  });

  test('a request in one piece leaves nothing held', () => {
    const parser = new RequestParser();
    parse([PING.repeat(1000)], parser);
    expect(parser.held).toBe(0);
  });

  test('a client gone idle gives up its room, and one with a huge request most of it', () => {
    const parser = new RequestParser();
    parse(['*2\r\n$3\r\nGET\r\n$1\r\nk', '\r\n'], parser);
    expect(parser.pending).toBe(0);
    parser.trim(true);
    expect(parser.held).toBe(0);
    const huge = encode(['SET', 'k', 'x'.repeat(5 * MEGABYTE)]);
    parse([huge.slice(0, MEGABYTE), huge.slice(MEGABYTE)], parser);
    expect(parser.held).toBeLessThan(1.1 * MEGABYTE);
  });

  test('room that has not been needed for long is given up while the client is busy', () => {
    const parser = new RequestParser();
    const large = encode(['SET', 'k', 'x'.repeat(200_000)]);
    parse([large.slice(0, 100_000), large.slice(100_000)], parser);
    const before = parser.held;
    expect(before).toBeGreaterThan(100_000);
    parser.trim(false);
    parser.trim(false);
    expect(parser.held).toBeLessThan(40_000);
  });
});

test('an argument does not change when the buffer it was read from does', () => {
  const long = 'y'.repeat(100);
  const parser = new RequestParser();
  const chunk = Buffer.from(encode(['SET', 'key', long]), 'latin1');
  parser.feed(chunk, chunk.length);
  parser.next();
  const argv = parser.argv.slice();
  parser.keep();
  chunk.fill(0);
  expect(argv).toEqual(['SET', 'key', long]);
});

test('names that share a slot of the name memory are not mixed up', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `cmd${i}`);
  const requests = [...names, ...names].map((name) => [name]);
  expect(parse([requests.map(encode).join('')]).requests).toEqual(requests);
});

function filled(size: number, seed: number): string {
  const pattern = `${seed}\r\n$*\0\xff`;
  return pattern.repeat(Math.ceil(size / pattern.length)).slice(0, size);
}
