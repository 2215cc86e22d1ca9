// MODULE, where there are none.

import { expect, test as single } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { everywhere } from '../redis.ts';
import { inProcess } from '../wire.ts';

everywhere((test) => {
  test('no module can be loaded, and none that is not there be unloaded', async (r) => {
    const failed = /^ERR Error loading the extension\. Please check the server logs\.$/;
    await r.fails('MODULE LOAD /nowhere/module.so', failed);
    await r.fails('MODULE LOADEX /nowhere/module.so CONFIG a b ARGS c', failed);
    await r.fails(
      'MODULE UNLOAD none',
      /^ERR Error unloading module: no such module with that name$/,
    );
    await r.fails('MODULE', /^ERR wrong number of arguments for 'module' command$/);
    await r.fails('MODULE NONSENSE', /^ERR unknown subcommand 'NONSENSE'\. Try MODULE HELP\.$/);
    expect(((await r('MODULE HELP')) as string[])[0]).toMatch(/^MODULE <subcommand> /);
  });

  test('none is there', { skip: { real: 'it brings its vector sets as one' } }, async (r) => {
    expect(await r('MODULE LIST')).toEqual([]);
  });
});

single('unless the configuration wants it, nobody may try', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const wire = inProcess(server);
  const words =
    'ERR MODULE command not allowed. If the enable-module-command option is set to "local"';
  expect((await wire.ask('MODULE', 'LOAD', 'x')).text).toContain(words);
  expect((await wire.ask('MODULE', 'UNLOAD', 'x')).text).toContain(words);
  expect((await wire.ask('MODULE', 'LIST')).items).toEqual([]);
  server.close();
});
