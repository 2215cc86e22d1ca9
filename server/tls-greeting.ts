// The first that somebody says at a port for TLS, before anything is made of it.
//
// A handshake costs a millisecond, most of it for a signature, and what Node and OpenSSL make for
// it some dozen kilobytes. Nothing of that is spent on who does not speak TLS, or says half of a
// hello: a ClientHello is gathered here, whole, from as many records as it takes.
//
//     16 03 01 02 00 | 01 00 01 fc ...
//     |  |     |       |  508 bytes of it follow
//     |  |     |       a ClientHello
//     |  |     512 bytes of this record follow
//     |  version 3.1
//     a handshake
//
// Whatever OpenSSL would not understand by its first bytes is refused in OpenSSL's words. All else
// is its business: records of other kinds or sizes, other messages, and the hello of SSL 2, which
// it takes.

const HEADER = 5;
const HANDSHAKE = 0x16;
const MAJOR = 3; // Of SSL 3 and all of TLS.
const RECORD_MAX = 16 * 1024;
const RECORDS_MAX = 4; // Clients send one.
const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;
const HELLO_MAX = 16 * 1024; // Clients send some hundred bytes, or a kilobyte or two.

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
    return isHalfHello(all) ? UNFINISHED : FOR_OPENSSL;
  }
}

/** Whether these are records with the beginning of a ClientHello, but not all of it. */
function isHalfHello(all: Buffer): boolean {
  let message = Buffer.alloc(0); // What the records hold, one after the other.
  let at = 0;
  for (let records = 0; at < all.length; records++) {
    if (records === RECORDS_MAX) return false;
    if (all.length < at + HEADER) return true;
    const length = all.readUInt16BE(at + 3);
    if (all[at] !== HANDSHAKE || all[at + 1] !== MAJOR) return false;
    if (length === 0 || length > RECORD_MAX) return false;
    message = Buffer.concat([message, all.subarray(at + HEADER, at + HEADER + length)]);
    at += HEADER + length;
    if (message.length > 0 && message[0] !== CLIENT_HELLO) return false;
    if (message.length < MESSAGE_HEADER) continue;
    const rest = message.readUIntBE(1, 3);
    if (rest > HELLO_MAX) return false;
    if (at <= all.length && message.length >= MESSAGE_HEADER + rest) return false;
  }
  return true;
}

function whyNot(start: string): string {
  if (/^(GET |POST |HEAD |PUT )/.test(start)) return 'error:0A00009C:SSL routines::http request';
  if (start === 'CONNE') return 'error:0A00009B:SSL routines::https proxy request';
  return 'error:0A00010B:SSL routines::wrong version number';
}
