// protocol/errors.ts: throwing a constant that carries no stack costs a twentieth of `new Error`.

import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { compare, sink } from './suite.ts';

const PER = 100;
const LINE = SYNTAX.line;
const NO = 0;
const CONSTANT = 1;
const FRESH = 2;
const ERROR = 3;

/** A helper that a handler calls, as parseInteger() is one. */
function helper(how: number): number {
  if (how === CONSTANT) throw SYNTAX;
  if (how === FRESH) throw new ReplyError(LINE);
  if (how === ERROR) throw new Error(LINE);
  return how;
}

function handler(how: number): number {
  return helper(how) + 1;
}

/** As call() does it. */
function call(how: number): void {
  try {
    sink.value = handler(how);
  } catch (problem) {
    sink.value = problem;
  }
}

function many(how: number): () => void {
  return () => {
    for (let i = 0; i < PER; i++) call(how);
  };
}

compare('a caller made a mistake', PER, {
  'throw new Error': many(ERROR),
  'throw a new ReplyError, which has no stack': many(FRESH),
  'throw a constant': many(CONSTANT),
  'no mistake': many(NO),
});
