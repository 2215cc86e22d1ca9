// Lua has one zero among the constants of a function: 0 or -0, whichever it meets first when it
// compiles, and 1/0 tells which. Every small expression of both, here and in real Redis.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { startServer } from '../../server/index.ts';
import { overSocket, type Wire } from '../wire.ts';

const ATOMS = ['0', '-0', '(1/0)', 'x', '-x', 'f(0)', 'f(-0)', 'nil', 'not -0'];
const OPS = ['+', '-', '*', '/', '%', '^', '==', '~=', 'and', 'or'];

function expressions(): string[] {
  const pairs = ATOMS.flatMap((a) => OPS.flatMap((op) => ATOMS.map((b) => `${a} ${op} ${b}`)));
  const nested = OPS.flatMap((op) =>
    ['0', '-0'].flatMap((zero) =>
      ['(0 / 0)', '(x + -0)', '(-0 + x)', '(nil or -0)', '(-0 and x)', '(-0 or x)'].flatMap(
        (inner) => [`${zero} ${op} ${inner}`, `${inner} ${op} ${zero}`],
      ),
    ),
  );
  const tables = ['#{0, -0}', '#{-0, 0}', '#{[-0] = 0}', '({[0] = -0})[0]', '({-0})[0]', '-(-0)'];
  return [...pairs, ...nested, ...tables];
}

/** What 1/0 is behind the expression, in the same function. */
function program(expression: string): string {
  return `local x, f = 5, function(y) return y end
    local function g() if ${expression} then x = 6 end return 1/0 end
    local function h() local r = ${expression} return 1/0 end
    local function i() return 1/0, ${expression} end
    local function say(run) local fine, it = pcall(run) return fine and tostring(it) or 'error' end
    return say(g) .. say(h) .. say(i) .. x`;
}

const install = await realRedis('8.0.2');

describe.skipIf(install === null)(
  `the zero of a function beside real Redis${install === null ? `: ${whyNoRedis('8.0.2')}` : ''}`,
  () => {
    let real: RealServer;
    const wires: Wire[] = [];
    const ours = startServer();

    beforeAll(async () => {
      real = (await startReal('8.0.2'))!;
      const { host, port } = await ours;
      wires.push(await overSocket({ host, port }), await overSocket(real));
    });
    afterAll(async () => {
      for (const wire of wires) wire.close();
      await (await ours).close();
      await real.stop();
    });

    test('is the one that comes first', async () => {
      const [mine, theirs] = wires;
      const different: string[] = [];
      for (const expression of expressions()) {
        const argv = ['EVAL', program(expression), '0'];
        const [a, b] = [await mine.ask(...argv), await theirs.ask(...argv)];
        if (a.text !== b.text) different.push(`${expression}: ${a.text}, not ${b.text}`);
      }
      expect(different).toEqual([]);
    });
  },
);
