// Tests that have their server by Jest's hooks.

const { createClient } = require('respite/client');
const { useServer } = require('respite/jest');

const server = useServer({ leaks: 'fail' });
let client;
beforeEach(async () => {
  client = createClient(server.url);
  await client.set('from', 'beforeEach');
});
// Jest runs this behind the hook that useServer() has set, unless that makes way.
afterEach(() => client.close());

test('a test changes keys', async () => {
  await client.set('visits', '1');
  expect(server).toHaveReceived('SET', 'visits', expect.any(String));
  expect(server).toHaveReceivedTimes(1, 'SET', 'visits');
  expect(server).not.toHaveReceived('GET');
});

test('the next one does not see it', async () => {
  expect(await client.get('visits')).toBe(null);
  expect(await client.get('from')).toBe('beforeEach');
  expect(server).not.toHaveReceived('SET', 'visits');
});

describe('a block', () => {
  beforeAll(async () => {
    const first = createClient(server.url);
    await first.set('block', 'here');
    await first.close();
  });

  test.each([1, 2])('has its own beginning, and keeps it (%i)', async () => {
    expect(await client.get('block')).toBe('here');
    await client.del('block');
  });
});
