// A message is heard once: what repeats the changes of a server from a file must not say it again.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { overSocket } from '../wire.ts';

test('the append-only file has the changes of a transaction, and not its messages', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'respite-'));
  const server = await startServer({ dir, appendonly: 'yes', appendfsync: 'always' });
  try {
    const wire = await overSocket({ host: '127.0.0.1', port: server.port });
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
    wire.close();
    await server.close();
    const folder = join(dir, 'appendonlydir');
    const file = readdirSync(folder).find((name) => name.endsWith('.incr.aof'))!;
    const text = readFileSync(join(folder, file), 'latin1');
    expect(text).toMatch(/SET\r\n\$1\r\na\r\n.*MULTI.*SET\r\n\$1\r\nb\r\n.*EXEC/s);
    expect(text).not.toMatch(/publish/i);
  } finally {
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
