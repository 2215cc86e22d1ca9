// Tests that fail, or leave something behind.

import { connect } from 'node:net';
import { serverTest, test } from '../../../../server/double/vitest.ts';

const seeded = serverTest({ seed: 4711 });

seeded('fails', ({ server }) => {
  const connection = server.connect();
  connection.write(Buffer.from('SET fruit apple\r\n'));
  connection.write(Buffer.from('INCR fruit\r\n'));
  connection.close();
  throw new Error('as it should');
});

test('leaves a subscription, which is told', ({ server }) => {
  server.connect().write(Buffer.from('SUBSCRIBE news\r\n'));
});

test('leaves nothing, and what was there before is not its own', ({ server }) => {
  server.connect().close();
});

const strict = serverTest({ leaks: 'fail' });

strict('leaves a client that waits', ({ server }) => {
  server.connect().write(Buffer.from('BLPOP jobs 0\r\n'));
});

strict('ends its socket at the very end', async ({ server }) => {
  const socket = connect(server.port, server.host);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('PING\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.end();
});

const careless = serverTest({ leaks: 'ignore' });

careless("leaves a transaction, which is nobody's business", ({ server }) => {
  server.connect().write(Buffer.from('MULTI\r\n'));
});
