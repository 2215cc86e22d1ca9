// The first that somebody says at a port for TLS, before anything is made of it.
//
// A handshake costs a millisecond, most of it for a signature, and what Node and OpenSSL make for
// it some dozen kilobytes. Nothing of that is spent on who does not speak TLS, or says half of a
// hello: the first record is gathered here, whole, and is looked at like this:
//
//     16 03 01 02 00 | 01 ...      kind: a handshake; version 3.1; 512 bytes follow | a ClientHello
//
// Whatever OpenSSL would not understand by its first bytes is refused in OpenSSL's words. All else
// is its business: records of other kinds or sizes, and the hello of SSL 2, which it takes.

const HEADER = 5;
const HANDSHAKE = 0x16;
const MAJOR = 3; // Of SSL 3 and all of TLS.
const RECORD_MAX = 16 * 1024;

/** What a greeting is found to be. */
export const UNFINISHED = 0;
export const FOR_OPENSSL = 1;
export const REFUSED = 2;

export class Greeting {
  /** What has come. */
  bytes: Buffer = Buffer.alloc(0);
  /** Why it is REFUSED. */
  problem = '';

  /** Takes bytes, copying them if they are to be kept, and says what to make of all that came. */
  add(bytes: Buffer): typeof UNFINISHED | typeof FOR_OPENSSL | typeof REFUSED {
    const begun = this.bytes.length > 0;
    const all = begun ? Buffer.concat([this.bytes, bytes]) : bytes;
    const found = this.look(all);
    if (found !== REFUSED) this.bytes = begun ? all : Buffer.from(bytes);
    return found;
  }

  private look(all: Buffer): typeof UNFINISHED | typeof FOR_OPENSSL | typeof REFUSED {
    if (all.length < HEADER) return UNFINISHED;
    if (all[1] !== MAJOR) {
      if (all[0] & 0x80 && all[2] === 1) return FOR_OPENSSL; // SSL 2's.
      this.problem = whyNot(all.latin1Slice(0, HEADER));
      return REFUSED;
    }
    const length = all.readUInt16BE(3);
    if (all[0] !== HANDSHAKE || length > RECORD_MAX) return FOR_OPENSSL;
    return all.length < HEADER + length ? UNFINISHED : FOR_OPENSSL;
  }
}

function whyNot(start: string): string {
  if (/^(GET |POST |HEAD |PUT )/.test(start)) return 'error:0A00009C:SSL routines::http request';
  if (start === 'CONNE') return 'error:0A00009B:SSL routines::https proxy request';
  return 'error:0A00010B:SSL routines::wrong version number';
}
