// A server that is loaded, started and used while Jest's timers are faked.

jest.useFakeTimers();

const { connect } = require('node:net');
const { useServer } = require('respite/jest');

const server = useServer();
const follower = useServer({ clock: 'fake-timers' });

/** Asks something over a socket, and waits for the last line of the answer. */
function ask(to, line, last) {
  return new Promise((resolve) => {
    const socket = connect(to.port, '127.0.0.1');
    let text = '';
    socket.write(line);
    socket.on('data', (chunk) => {
      text += chunk;
      if (!last.test(text)) return;
      socket.destroy();
      resolve(text);
    });
  });
}

test('the server has its own time, and goes on', async () => {
  jest.setSystemTime(0);
  const [, seconds] = /\$10\r\n(\d+)/.exec(await ask(server, 'TIME\r\n', /\r\n\$\d\r\n\d+\r\n$/));
  expect(Number(seconds)).toBeGreaterThan(1_700_000_000);
  expect(await ask(server, 'BLPOP jobs 0.01\r\n', /\n$/)).toBe('*-1\r\n');
});

test('one that follows has the time of the fakes', async () => {
  jest.setSystemTime(0);
  expect(await ask(follower, 'SET k v EX 60\r\nTTL k\r\n', /:\d+\r\n$/)).toBe('+OK\r\n:60\r\n');
  jest.advanceTimersByTime(59_000);
  expect(await ask(follower, 'TTL k\r\n', /\n$/)).toBe(':1\r\n');
  jest.advanceTimersByTime(1001);
  expect(await ask(follower, 'TTL k\r\n', /\n$/)).toBe(':-2\r\n');
});

test('real timers may come back', async () => {
  jest.useRealTimers();
  expect(await ask(follower, 'BLPOP jobs 0.01\r\n', /\n$/)).toBe('*-1\r\n');
});
