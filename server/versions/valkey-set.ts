// SET with IFEQ: stores only over the string that is expected.

import { stringOf } from '../../datatypes/string.ts';
import { SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handler } from '../command-table.ts';
import { replyValue } from '../string-value.ts';

const TIMES = /^(ex|px|exat|pxat)$/i;

/** Where IFEQ stands among the options, or -1. */
function placeOf(argv: readonly string[]): number {
  for (let i = 3; i < argv.length; i++) {
    if (TIMES.test(argv[i])) i++;
    else if (argv[i].toUpperCase() === 'IFEQ') return i;
  }
  return -1;
}

/** SET as Valkey 8.1 has it. */
export function setIfEqual(run: Handler): Handler {
  return (c) => {
    const at = placeOf(c.argv);
    if (at < 0) return run(c);
    if (at + 1 === c.argv.length) throw SYNTAX;
    const asked = c.argv;
    c.argv = asked.toSpliced(at, 2);
    try {
      setOver(c, asked[at + 1], run);
    } finally {
      c.argv = asked;
    }
  };
}

function setOver(c: Client, expected: string, run: Handler): void {
  const words = c.argv.slice(3).map((word) => word.toUpperCase());
  if (words.some((word) => word === 'NX' || word === 'XX' || word === 'IFEQ')) throw SYNTAX;
  const old = c.db.readString(c.argv[1]);
  if (old !== undefined && stringOf(old) === expected) {
    run(c);
    // What is repeated elsewhere was decided here.
    if (c.server.propagation.active) c.instead ??= [c.argv];
  } else if (old !== undefined && words.includes('GET')) {
    replyValue(c.reply, old);
  } else {
    c.reply.null();
  }
}
