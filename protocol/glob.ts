// Patterns of KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET and ACL rules.
//
//   *      any bytes, also none         [a-z]   one byte of a class; the ends may be swapped
//   ?      one byte                     [^a]    one byte not of a class
//   \x     x itself, whatever x is      [\]x]   in a class, too
//
// Everything but a star takes exactly one byte, so a pattern is a row of segments with stars
// between them, and a segment matches at a place or it does not. It is right to give each star the
// fewest bytes that let the next segment match: if the pattern fails with the segment there, it
// fails with it further on, as less would be left for the rest. So there is one place to come back
// to, the last star passed, and the time is at most pattern times text. (The textbook's
// recursion comes back to every star, and `a*a*a*a*a*b` takes it an age.)
//
// Bytes are chars of 0 to 255. Case is folded for ASCII letters alone.

// Redis: a pattern that has to pass more stars than this matches nothing. A star at the very
// end does not count.
const MAX_STARS = 1000;

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;

// Where the element that was just matched ends: the second result of matchClass.
let elementEnd = 0;

/**
 * Whether the whole text matches the pattern. KEYS and SCAN do not ask when the pattern is "*":
 * it would not match the empty key.
 */
export function globMatch(pattern: string, text: string, ignoreCase = false): boolean {
  const patternLength = pattern.length;
  const textLength = text.length;
  let p = 0;
  let t = 0;
  let stars = 0;
  let starPattern = -1; // After the last star passed; -1 if none was.
  let starText = 0; // Where the segment after it was last tried.

  while (t < textLength) {
    if (p < patternLength) {
      const c = pattern.charCodeAt(p);
      if (c === STAR) {
        do p++;
        while (p < patternLength && pattern.charCodeAt(p) === STAR);
        if (p === patternLength) return true;
        if (++stars > MAX_STARS) return false;
        starPattern = p;
        starText = t;
        continue;
      }
      if (matchOne(pattern, p, c, text.charCodeAt(t), ignoreCase)) {
        p = elementEnd;
        t++;
        continue;
      }
    }
    if (starPattern < 0) return false;
    p = starPattern;
    t = ++starText;
  }

  // Redis: an empty text matches no pattern but the empty one, not even a star.
  if (textLength === 0) return patternLength === 0;
  while (p < patternLength && pattern.charCodeAt(p) === STAR) p++;
  return p === patternLength;
}

/** Matches one byte with the element at p, which begins with c; its end goes to elementEnd. */
function matchOne(
  pattern: string,
  p: number,
  c: number,
  byte: number,
  ignoreCase: boolean,
): boolean {
  elementEnd = p + 1;
  if (c === QUESTION) return true;
  if (c === OPEN) return matchClass(pattern, p + 1, byte, ignoreCase);
  if (c === BACKSLASH && p + 1 < pattern.length) {
    // A backslash at the very end is itself.
    c = pattern.charCodeAt(p + 1);
    elementEnd = p + 2;
  }
  return c === byte || (ignoreCase && lower(c) === lower(byte));
}

/** A class, from behind its bracket. One that is never closed ends with the pattern. */
function matchClass(pattern: string, p: number, byte: number, ignoreCase: boolean): boolean {
  const length = pattern.length;
  const not = pattern.charCodeAt(p) === CARET; // NaN at the end, and false.
  if (not) p++;
  let match = false;
  for (; p < length; p++) {
    const c = pattern.charCodeAt(p);
    if (c === BACKSLASH && p + 1 < length) {
      // Redis: what is escaped in a class is compared with its case.
      p++;
      if (pattern.charCodeAt(p) === byte) match = true;
    } else if (c === CLOSE) {
      p++;
      break;
    } else if (p + 2 < length && pattern.charCodeAt(p + 1) === DASH) {
      if (inRange(c, pattern.charCodeAt(p + 2), byte, ignoreCase)) match = true;
      p += 2;
    } else if (c === byte || (ignoreCase && lower(c) === lower(byte))) {
      match = true;
    }
  }
  elementEnd = p;
  return match !== not;
}

/**
 * Redis: bytes are signed here, so that 0x80 to 0xff come before 0. The ends are put in order
 * before case is folded, so [Z-a] is the empty range z to a; and folding takes the sign from
 * all but 0xff, so that 0x80 to 0xfe come last after all.
 */
function inRange(start: number, end: number, byte: number, ignoreCase: boolean): boolean {
  start = signed(start);
  end = signed(end);
  byte = signed(byte);
  const least = Math.min(start, end);
  const most = Math.max(start, end);
  if (!ignoreCase) return byte >= least && byte <= most;
  const folded = foldSigned(byte);
  return folded >= foldSigned(least) && folded <= foldSigned(most);
}

function signed(byte: number): number {
  return (byte << 24) >> 24;
}

function foldSigned(c: number): number {
  return c < -1 ? c + 256 : lower(c);
}

function lower(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c + 0x20 : c;
}
