// getfenv, setfenv and newproxy, which a server has only if it is told so, beside real Redis.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const SCRIPTS = [
  'return tostring(newproxy(true)):sub(1, 10)',
  'local p = newproxy(true) getmetatable(p).__index = function(_, k) return k .. "!" end return p.a',
  'local f = function() return x end setfenv(f, {x = 5}) return f()',
  'setfenv(1, {x = 7}) return x',
  'local function g() return getfenv(2) end local e = {} setfenv(1, e) if g() == e then return 1 end',
  'return tostring(getfenv(0) == getfenv(1))',
  'return getfenv(-1)',
  'return getfenv(100)',
  'return setfenv(tostring, {})',
  'return setfenv(1)',
  'return newproxy(5)',
  'local f = loadstring("return y") setfenv(f, {y = 3}) return f()',
  'local f = function() return (function() return z end) end setfenv(f, {z = 4}) return f()()',
  'local f = function() g = 1 end local e = {} setfenv(f, e) f() return e.g',
  'return tostring(newproxy() == newproxy())',
  'local a = newproxy(true) getmetatable(a).__eq = function() return true end\n' +
    'return tostring(a == newproxy(a)) .. type(a)',
  'local a = newproxy(true) getmetatable(a).__len = function() return 42 end return #a',
  'local co = coroutine.wrap(function() setfenv(1, {coroutine = coroutine, w = 9})\n' +
    'coroutine.yield() return w end) co() return co()',
  'local t = {} for k in pairs(_G) do t[#t + 1] = k end return t',
];

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (environments): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('with lua-enable-deprecated-api', () => {
  let real: RealServer;
  let server: Server;
  let ours: Wire;
  let theirs: Wire;

  beforeAll(async () => {
    real = (await startReal('8.0.2', ['--lua-enable-deprecated-api', 'yes']))!;
    theirs = await overSocket({ path: real.socket });
    const config = new Config();
    config.options({ 'lua-enable-deprecated-api': 'yes' });
    server = new Server(config, { seed: 1 });
    ours = inProcess(server);
  });

  afterAll(async () => {
    theirs?.close();
    server?.close();
    await real?.stop();
  });

  test.each(SCRIPTS)('it is as in real Redis: %s', async (script) => {
    const said = await ours.ask('EVAL', script, '0');
    expect(said.raw).toBe((await theirs.ask('EVAL', script, '0')).raw);
  });
});

test('without it the three are no globals', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const wire = inProcess(server);
  for (const name of ['getfenv', 'setfenv', 'newproxy']) {
    const reply = await wire.ask('EVAL', `return ${name}`, '0');
    expect(reply.text).toContain(`nonexistent global variable '${name}'`);
  }
  server.close();
});
