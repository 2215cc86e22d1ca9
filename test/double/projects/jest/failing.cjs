// Tests that fail, or leave something behind.

const { useServer } = require('respite/jest');

const server = useServer({ seed: 4711, leaks: 'fail' });

test('fails', () => {
  const connection = server.connect();
  connection.write(Buffer.from('SET fruit apple\r\n'));
  connection.close();
  expect(1).toBe(2);
});

test('leaves a client that waits', () => {
  server.connect().write(Buffer.from('BLPOP jobs 0\r\n'));
});

test('expects what has not come', () => {
  expect(server).toHaveReceived('GET', 'fruit');
});
