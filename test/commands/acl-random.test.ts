// Rights by chance, beside real Redis. ACL_CASES and ACL_SEED make it longer, or another.

import { describe, expect, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { AclDuel, Draw } from './acl-duel.ts';

const CASES = Number(process.env['ACL_CASES'] ?? 3000);
const SEED = Number(process.env['ACL_SEED'] ?? 1);
const AT_A_TIME = 30;

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** RIGHTS NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)(`rights by chance (seed ${SEED})`, () => {
  for (const resp3 of [false, true]) {
    const protocol = `RESP${resp3 ? 3 : 2}`;
    const limit = Math.max(30_000, CASES * 10);

    test(
      `rules make of a user what they make of it in real Redis (${protocol})`,
      async () => {
        const duel = await AclDuel.open(resp3);
        try {
          const draw = new Draw(SEED * 4 + Number(resp3));
          for (let done = 0; done < CASES / 4; done += AT_A_TIME)
            await duel.change(draw, AT_A_TIME);
        } finally {
          await duel.close();
        }
      },
      limit,
    );

    test(
      `users may do what they may do in real Redis (${protocol})`,
      async () => {
        const duel = await AclDuel.open(resp3);
        try {
          const draw = new Draw(SEED * 4 + 2 + Number(resp3));
          for (let done = 0; done < CASES / 2; done += AT_A_TIME)
            await duel.permit(draw, AT_A_TIME);
          expect([...duel.refused.keys()]).toEqual(expect.arrayContaining(['', 'command', 'key']));
        } finally {
          await duel.close();
        }
      },
      limit,
    );
  }
});
