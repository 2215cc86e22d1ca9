// ZSCAN with NOSCORES: members alone.

import type { Handler } from '../command-table.ts';
import { retold, type Told } from './told.ts';

/** ZSCAN as Valkey has it. */
export function withoutScores(run: Handler): Handler {
  const quiet = retold(membersOf)(run);
  return (c) => {
    const at = c.argv.findIndex((word, i) => i > 2 && word.toUpperCase() === 'NOSCORES');
    if (at < 0 || /^(match|count)$/i.test(c.argv[at - 1])) return run(c);
    const asked = c.argv;
    c.argv = asked.toSpliced(at, 1);
    try {
      quiet(c);
    } finally {
      c.argv = asked;
    }
  };
}

function membersOf(told: Told): Told {
  if (told.kind !== 'array') return told;
  const [cursor, found] = told.items;
  if (found.kind !== 'array') return told;
  const items = found.items.filter((_, i) => i % 2 === 0);
  return { kind: 'array', items: [cursor, { kind: 'array', items }] };
}
