// Lua has one zero among the constants of a function: 0 or -0, whichever it meets first when it
// compiles, and 1/0 tells which. Every small expression of both, here and in real Redis.

import { expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { withReal } from '../protocol/real.ts';
import { inProcess } from '../wire.ts';

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

await withReal('the zero of a function beside real Redis', [], (ask) => {
  test('is the one that comes first', async () => {
    const commands = expressions().map((each) => ['EVAL', program(each), '0']);
    const theirs = await ask(commands);
    const ours = inProcess(new Server(new Config(), { seed: 1 }));
    const different: string[] = [];
    for (const [i, expression] of expressions().entries()) {
      const { text } = await ours.ask(...commands[i]);
      if (text !== theirs[i]) different.push(`${expression}: ${text}, not ${theirs[i]}`);
    }
    ours.close();
    expect(different).toEqual([]);
  });
});
