import { expect, test } from 'vitest';
import type { Client } from '../../server/client.ts';
import { Config } from '../../server/config/config.ts';
import { redacted } from '../../server/redact.ts';
import type { Server } from '../../server/server.ts';
import { SlowLog } from '../../server/slowlog.ts';

const config = new Config();
const server = {
  config,
  clock: { ms: 1_700_000_000_999 },
  commands: { find: (word: string) => ({ spec: { name: word.toLowerCase() } }) },
} as unknown as Server;
const client = { server, link: { address: '10.0.0.1:55' }, name: 'bob' } as unknown as Client;

test('an entry has whole seconds and whole microseconds', () => {
  const log = new SlowLog(server);
  log.add(client, ['GET', 'a'], 12.9);
  expect(log.latest(1)).toEqual([
    {
      id: 0,
      when: 1_700_000_000,
      micros: 12,
      argv: ['GET', 'a'],
      address: '10.0.0.1:55',
      clientName: 'bob',
    },
  ]);
});

test('an entry does not change when the arguments do', () => {
  const log = new SlowLog(server);
  const argv = ['GET', 'a'];
  log.add(client, argv, 1);
  argv[1] = 'b';
  expect(log.latest(1)[0].argv).toEqual(['GET', 'a']);
});

test('the oldest go when there are too many, however many there were', () => {
  const log = new SlowLog(server);
  for (let i = 0; i < 1000; i++) {
    log.add(client, [String(i)], 1);
    expect(log.length).toBe(Math.min(i + 1, 128));
  }
  expect(log.latest(2).map((entry) => entry.argv[0])).toEqual(['999', '998']);
  expect(log.latest(1000).at(-1)!.id).toBe(872);
  config.set(['slowlog-max-len', '3']);
  log.trim();
  expect(log.latest(1000).map((entry) => entry.id)).toEqual([999, 998, 997]);
  log.reset();
  expect(log.length).toBe(0);
  log.add(client, ['x'], 1);
  expect(log.latest(5).map((entry) => entry.id)).toEqual([1000]);
});

// Each line is what real Redis 8.0.2 had in its slow log.
test.each([
  'auth (redacted)',
  'auth (redacted) (redacted)',
  'auth x y z',
  'hello 3 auth',
  'hello 3 auth a',
  'hello 3 auth (redacted) (redacted) auth (redacted) (redacted)',
  'hello 3 setname auth auth (redacted) (redacted)',
  'hello 3 auth (redacted) (redacted) extra',
  'hello 3 extra auth x y',
  'acl deluser (redacted) (redacted)',
  'acl setuser (redacted) (redacted) (redacted)',
  'acl getuser (redacted)',
  'acl log x',
  'config set requirepass (redacted) maxmemory 0',
  'config set tls-key-file-pass (redacted)',
  'config set masterauth x maxmemory',
  'config get requirepass',
  'migrate h 1 k 0 10 auth',
  'migrate h 1 k 0 10 auth (redacted) keys auth b',
  'migrate h 1 k 0 10 auth (redacted) auth (redacted) copy auth2 (redacted) (redacted)',
  'migrate h 1 k 0 10 auth2 a',
  'get auth x',
])('%s', (line) => {
  let n = 0;
  const argv = line.replace(/\(redacted\)/g, () => `secret${n++}`).split(' ');
  expect(redacted(server, argv).join(' ')).toBe(line);
});
