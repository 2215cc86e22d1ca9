// What a test can expect of a server.

import { describe, expect, test } from 'vitest';
import '../../server/double/vitest.ts';
import { type RunningServer, startServer } from '../../server/index.ts';

/** Sends requests, each as its words. */
function ask(server: RunningServer, ...requests: (string | Buffer)[][]): void {
  const connection = server.connect();
  for (const argv of requests) {
    connection.write(Buffer.from(`*${argv.length}\r\n`));
    for (const word of argv) {
      connection.write(Buffer.from(`$${Buffer.byteLength(word)}\r\n`));
      connection.write(Buffer.concat([Buffer.from(word), Buffer.from('\r\n')]));
    }
  }
  connection.close();
}

/** What an expectation that does not hold says. */
function complaint(expectation: () => void): string {
  try {
    expectation();
  } catch (problem) {
    return (problem as Error).message;
  }
  throw new Error('it holds');
}

const journalled = () => startServer({ journal: true });

describe('toHaveReceived', () => {
  test('holds for a command, in any case, and words that a request begins with', async () => {
    await using server = await journalled();
    ask(server, ['set', 'user:1', 'ada', 'EX', '60']);
    expect(server).toHaveReceived('SET');
    expect(server).toHaveReceived('Set', 'user:1');
    expect(server).toHaveReceived('SET', 'user:1', 'ada', 'EX', 60);
    expect(server).not.toHaveReceived('SET', 'user:2');
    expect(server).not.toHaveReceived('SET', 'user:1', 'ada', 'EX', 60, 'NX');
    expect(server).not.toHaveReceived('GET');
    expect(server).not.toHaveReceived('SET', 'ada');
  });

  test('knows commands of two words', async () => {
    await using server = await journalled();
    ask(server, ['CLIENT', 'setname', 'worker']);
    expect(server).toHaveReceived('CLIENT SETNAME', 'worker');
    expect(server).toHaveReceived('client|setname', 'worker');
    expect(server).toHaveReceived('CLIENT', 'setname');
    expect(server).not.toHaveReceived('CLIENT GETNAME');
  });

  test('takes patterns, bytes, and what is asymmetric', async () => {
    await using server = await journalled();
    const bytes = Buffer.from([0, 255, 10]);
    ask(server, ['SET', 'user:1', '{"name":"ada"}'], ['SET', 'bin', bytes]);
    expect(server).toHaveReceived('SET', /^user:\d$/, expect.stringContaining('"ada"'));
    expect(server).toHaveReceived('SET', expect.anything(), expect.any(String));
    expect(server).toHaveReceived('SET', 'bin', bytes);
    expect(server).toHaveReceived('SET', 'bin', new Uint8Array(bytes));
    expect(server).not.toHaveReceived('SET', 'bin', Buffer.from([0, 255]));
    expect(server).not.toHaveReceived('SET', /^group/);
  });

  test('says what came instead', async () => {
    await using server = await journalled();
    expect(complaint(() => expect(server).toHaveReceived('GET', 'a'))).toBe(
      'It has not received GET "a".\nIt has received nothing.',
    );
    ask(server, ['SET', 'a', 'b c']);
    expect(complaint(() => expect(server).toHaveReceived('GET', /x/))).toMatch(
      /^It has not received GET \/x\/\.\nThis is what it has received:\n {2}\[\d+\] SET a "b c" -> "OK"$/,
    );
    ask(server, ['GET', 'b']);
    expect(complaint(() => expect(server).toHaveReceived('get', 'a'))).toMatch(
      /^It has not received GET "a"\.\nThese are like it:\n {2}\[\d+\] GET b -> null$/,
    );
    expect(complaint(() => expect(server).not.toHaveReceived('GET'))).toMatch(
      /^It should not have received GET, but did:\n {2}\[\d+\] GET b -> null$/,
    );
  });

  test('is refused where there is no journal, or no server', async () => {
    await using server = await startServer();
    expect(complaint(() => expect(server).toHaveReceived('GET'))).toContain('no journal');
    expect(complaint(() => expect({}).toHaveReceived('GET'))).toContain('expected of a server');
    expect(complaint(() => expect(null).not.toHaveReceived('GET'))).toContain('of a server');
  });
});

test('toHaveReceivedTimes counts', async () => {
  await using server = await journalled();
  expect(server).toHaveReceivedTimes(0, 'INCR');
  ask(server, ['INCR', 'a'], ['INCR', 'a'], ['INCR', 'b']);
  expect(server).toHaveReceivedTimes(3, 'INCR');
  expect(server).toHaveReceivedTimes(2, 'INCR', 'a');
  expect(server).not.toHaveReceivedTimes(1, 'INCR', 'a');
  expect(complaint(() => expect(server).toHaveReceivedTimes(1, 'INCR', 'a'))).toMatch(
    /^It has received INCR "a" 2 times, not once\.\n {2}\[\d+\] INCR a -> 1\n {2}\[\d+\] INCR a -> 2$/,
  );
  expect(complaint(() => expect(server).not.toHaveReceivedTimes(3, 'INCR'))).toBe(
    'It should not have received INCR 3 times.',
  );
});
