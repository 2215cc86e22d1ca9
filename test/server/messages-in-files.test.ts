// A message is heard once: what repeats the changes of a server from a file must not say it again.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { Server } from '../../server/server.ts';
import { loadData } from '../../server/start.ts';
import { inProcess } from '../wire.ts';

test('the append-only file has the changes of a transaction, and not its messages', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'respite-'));
  const config = new Config(diskHost());
  config.options({ dir, appendonly: 'yes', appendfsync: 'always', save: '' });
  const server = new Server(config, { disk: realDisk });
  try {
    await loadData(server);
    const wire = inProcess(server);
    for (const line of [
      'SET a 1',
      'PUBLISH x y',
      'spublish x y',
      'MULTI',
      'publish x y',
      'SET b 1',
    ]) {
      await wire.ask(...line.split(' '));
    }
    await wire.ask('EXEC');
    const folder = join(dir, 'appendonlydir');
    const file = readdirSync(folder).find((name) => name.endsWith('.incr.aof'))!;
    const text = readFileSync(join(folder, file), 'latin1');
    expect(text).toMatch(/SET\r\n\$1\r\na\r\n.*MULTI.*SET\r\n\$1\r\nb\r\n.*EXEC/s);
    expect(text).not.toMatch(/publish/i);
  } finally {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
