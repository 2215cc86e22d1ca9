// redis-py, and what people build on it.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { pythonPackages, runPython } from './python/packages.ts';
import { onBothServers } from './servers.ts';

const packages = await pythonPackages();
const folder = fileURLToPath(new URL('./python', import.meta.url));

const check = (name: string) => async (place: { readonly url: string }) => {
  if ('path' in packages) await runPython(packages.path, [join(folder, name), place.url]);
};

if ('path' in packages) {
  onBothServers("redis-py and Python's libraries", {
    'the client, in RESP2 and RESP3, and asynchronous': check('check-client.py'),
    'locks, and caches that compute once': check('check-locks.py'),
    'limits of rate': check('check-rates.py'),
    RQ: check('check-jobs.py'),
  });

  test('Celery, on our server', async () => {
    await using server = await startServer();
    await check('check-tasks.py')(server);
  });
} else {
  console.warn(`*** NO Python libraries: ${packages.missing} ***`);
  describe.skip("redis-py and Python's libraries", () => {
    test(packages.missing, () => {});
  });
}
