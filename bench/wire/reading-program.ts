// Answers PONG to every request, whatever it is; see reading.ts. Sends its port to the parent,
// and for each message back the microseconds of processor time that it has used.

import { type AddressInfo, createServer, Socket } from 'node:net';

const STAR = 42;
const PONG = Buffer.from('+PONG\r\n');
const pongs: Buffer[] = [];
for (let n = 0; n <= 1000; n++) pongs.push(Buffer.concat(new Array<Buffer>(n).fill(PONG)));

/** A request has one star in it, at its start: the number of stars is that of replies due. */
function answer(socket: Socket, chunk: Uint8Array, length: number): void {
  let stars = 0;
  for (let i = 0; i < length; i++) if (chunk[i] === STAR) stars++;
  if (stars > 0) socket.write(pongs[stars]);
}

const shared = Buffer.allocUnsafeSlow(64 * 1024);
const oneBuffer = process.argv[2] === 'shared';

const server = createServer({ pauseOnConnect: oneBuffer, noDelay: true }, (accepted) => {
  if (!oneBuffer) {
    accepted.on('data', (chunk) => answer(accepted, chunk, chunk.length));
    accepted.on('error', () => accepted.destroy());
    return;
  }
  const from = accepted as unknown as { _handle: object | null };
  const handle = from._handle;
  from._handle = null;
  accepted.destroy();
  const onread = {
    buffer: shared,
    callback: (length: number, chunk: Uint8Array) => {
      answer(socket, chunk, length);
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
  socket.on('error', () => socket.destroy());
  socket.resume();
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send!(user + system);
});
process.on('disconnect', () => process.exit(0));
