// Requests, from the other end: argv -> bytes, as a RESP array of bulk strings.

/** A request's bytes. Text is sent as UTF-8, a Buffer as it is, a number in its digits. */
export function writeRequest(argv: readonly (string | number | bigint | Buffer)[]): Buffer {
  const chunks: Buffer[] = [Buffer.from(`*${argv.length}\r\n`)];
  for (const argument of argv) {
    const bytes = Buffer.isBuffer(argument) ? argument : Buffer.from(String(argument));
    chunks.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(chunks);
}

const CRLF = Buffer.from('\r\n');
