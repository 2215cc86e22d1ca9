// error(x, n): whose line stands in front, through protected calls, beside real Redis.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

// Each returns a message; N is the level.
const WAYS = [
  'pcall(function() error("x", N) end)',
  '\npcall(error, "x", N)',
  'pcall(pcall, error, "x", N)',
  'pcall(function()\nreturn pcall(error, "x", N)\nend)',
  'pcall(function()\nlocal ok, text = pcall(error, "x", N)\nreturn text end)',
  'pcall(function()\nlocal ok, text = pcall(function()\nerror("x", N)\nend)\nerror(text, 0)\nend)',
  'pcall(function()\nlocal ok, text = xpcall(function()\nerror("x", N)\nend, tostring)\n' +
    'return text\nend)',
  'pcall(function()\npcall(error, "y", N)\nlocal ok, text = pcall(error, "x", N)\nreturn text end)',
  'pcall(function()\nlocal f = coroutine.wrap(function()\nlocal ok, text = pcall(error, "x", N)\n' +
    'return text end)\nreturn f() end)',
];

// What a handler can still do, the deeper it is in its own errors: how often in a row it got what.
const HANDLERS = [
  'return select(2, pcall(error, true))',
  'return select(2, pcall(function() return 1 end))',
  'return select(2, pcall(function() return select(2, pcall(error, 5)) end))',
  'return (string.gsub("a", "a", function() return "b" end))',
  'return select(2, pcall(string.gsub, "a", "a", function() return "b" end))',
  'return missing',
];

const counted = (inner: string, wrong: string) => `
local said = {}
local function inner() ${inner} end
local function handler() said[#said + 1] = tostring(inner()) ${wrong} end
local _, text = xpcall(function() ${wrong} end, handler)
local runs, last, count = {}, nil, 0
for _, v in ipairs(said) do
  if v ~= last then runs[#runs + 1] = count .. ' ' .. tostring(last) last, count = v, 0 end
  count = count + 1
end
runs[#runs + 1] = count .. ' ' .. tostring(last)
return table.concat(runs, ', ') .. ': ' .. tostring(text)`;

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (error levels): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('the level of an error', () => {
  let real: RealServer;
  let server: Server;
  let ours: Wire;
  let theirs: Wire;

  beforeAll(async () => {
    real = (await startReal('8.0.2', []))!;
    theirs = await overSocket({ path: real.socket });
    server = new Server(new Config(), { seed: 1 });
    ours = inProcess(server);
  });

  afterAll(async () => {
    theirs?.close();
    server?.close();
    await real?.stop();
  });

  test.each(WAYS)('is counted as in real Redis: %s', async (way) => {
    for (let level = 0; level <= 7; level++) {
      const call = way.replaceAll('N', String(level));
      const script = `local a, b, c = ${call}\nreturn {tostring(a), tostring(b), tostring(c)}`;
      const [said, known] = [
        await ours.ask('EVAL', script, '0'),
        await theirs.ask('EVAL', script, '0'),
      ];
      expect([level, said.raw]).toEqual([level, known.raw]);
    }
  });

  test.each(HANDLERS)(
    'a handler that fails itself is as deep as in real Redis: %s',
    async (inner) => {
      for (const wrong of [';(true)()', 'local x = missing', 'error(5)', ';({}).a.b = 1']) {
        const script = counted(inner, wrong);
        const [said, known] = [
          await ours.ask('EVAL', script, '0'),
          await theirs.ask('EVAL', script, '0'),
        ];
        expect([wrong, said.raw]).toEqual([wrong, known.raw]);
      }
    },
  );
});
