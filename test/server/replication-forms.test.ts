// In which form a snapshot comes, and what is said before it: the same as real Redis says, in
// every configuration and to every kind of replica.

import { connect } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { type Listener, listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { encode, overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***`);

const CONFIGURATIONS = ['yes', 'no'].flatMap((diskless) =>
  ['yes', 'no'].map((channel) => ({
    'repl-diskless-sync': diskless,
    'repl-rdb-channel': channel,
    'repl-diskless-sync-delay': '0',
  })),
);
const CONVERSATIONS: readonly string[][][] = [
  [['SYNC']],
  [['PSYNC', '?', '-1']],
  [['REPLCONF', 'capa', 'eof'], ['SYNC']],
  [
    ['REPLCONF', 'capa', 'EOF', 'capa', 'psync2'],
    ['PSYNC', '?', '-1'],
  ],
  [
    ['REPLCONF', 'capa', 'psync2'],
    ['PSYNC', 'x'.repeat(40), '5'],
  ],
  [
    ['REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'rdb-channel-repl'],
    ['PSYNC', '?', '-1'],
  ],
  [
    ['REPLCONF', 'capa', 'rdb-channel-repl'],
    ['PSYNC', '?', '-1'],
  ],
  [['REPLCONF', 'capa', 'eof', 'rdb-only', '1'], ['SYNC']],
  [['REPLCONF', 'rdb-filter-only', ''], ['SYNC'], ['REPLCONF', 'capa', 'eof'], ['SYNC']],
  [
    ['REPLCONF', 'capa', 'eof', 'rdb-filter-only', 'functions'],
    ['PSYNC', '?', '-1'],
  ],
  [['SYNC', 'x'], ['PSYNC', '?'], ['PSYNC', '?', 'x'], ['SYNC']],
  [
    ['REPLCONF', 'rdb-channel', '2'],
    ['REPLCONF', 'rdb-channel', '1', 'main-ch-client-id', '77'],
    ['REPLCONF', 'main-ch-client-id', ''],
    ['SYNC'],
  ],
  [['MULTI'], ['SYNC'], ['REPLCONF', 'capa', 'eof'], ['EXEC'], ['PSYNC', '?', '-1']],
];

/** What comes until the snapshot begins, or until it is clear that none will. */
function head(port: number, requests: readonly string[][]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    let asked = 0;
    const ask = () => socket.write(encode(requests[asked++]));
    socket.on('error', reject);
    socket.on('connect', ask);
    socket.on('data', (chunk) => {
      const before = text.replace(/^\n+/gm, '').split('\r\n').length;
      text += chunk.toString('latin1');
      if (/REDIS\d{4}|RDBCHANNELSYNC \d+\r\n/.test(text)) {
        socket.destroy();
        resolve(told(text));
      } else if (asked < requests.length && text.split('\r\n').length > before) {
        ask();
      }
    });
  });
}

/** The same without what differs from one snapshot to the next. */
function told(text: string): string {
  return text
    .replace(/REDIS0012.*/s, 'REDIS0012')
    .replace(/^\n+/gm, '')
    .replace(/EOF:[0-9a-f]{40}/, 'EOF:mark')
    .replace(/\$\d+\r\nREDIS/, '$length\r\nREDIS')
    .replace(/FULLRESYNC [0-9a-f]{40} \d+/, 'FULLRESYNC id offset')
    .replace(/RDBCHANNELSYNC \d+/, 'RDBCHANNELSYNC id');
}

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let server: Server;
  let port: Listener;
  let dir: string;
  const wires: Wire[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'respite-forms-'));
    const config = new Config(diskHost());
    config.options({ dir, save: '' });
    server = new Server(config, { disk: realDisk });
    port = await listenTcp(server, '127.0.0.1', 0);
    real = (await startReal('8.0.2'))!;
    wires.push(await overSocket({ path: real.socket }));
    wires.push(await overSocket({ host: '127.0.0.1', port: port.port }));
    for (const wire of wires) await wire.ask('SET', 'k', 'v');
  });
  afterAll(async () => {
    for (const wire of wires) wire.close();
    server.close();
    await port.close();
    await real.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const settings of CONFIGURATIONS) {
    const { 'repl-diskless-sync': diskless, 'repl-rdb-channel': channel } = settings;
    test.each(CONVERSATIONS.map((each) => [each.map((argv) => argv.join(' ')).join('; '), each]))(
      `diskless ${diskless}, channel ${channel}: %s`,
      async (_name, requests) => {
        for (const wire of wires) {
          for (const [name, value] of Object.entries(settings)) {
            expect((await wire.ask('CONFIG', 'SET', name, value)).text).toBe('OK');
          }
          await idle(wire);
        }
        const theirs = await head(real.port, requests as string[][]);
        expect(await head(port.port, requests as string[][])).toBe(theirs);
      },
    );
  }
});

/** Resolves when a snapshot for one who has left is not made any more. */
async function idle(wire: Wire): Promise<void> {
  for (;;) {
    const { text } = await wire.ask('INFO', 'everything');
    if (/^rdb_bgsave_in_progress:0\r$/m.test(text) && /^connected_slaves:0\r$/m.test(text)) return;
  }
}
