// What Lua 5.1 works out of an expression when it compiles it (lcode.c, constfolding and its like).

import type { BinaryOp, Expression } from './ast.ts';
import { arithmetic, type Operator } from './runtime.ts';

/** What Lua works out when it compiles an expression of numbers; null if it does not. */
export function folded(expression: Expression): number | null {
  if (expression.type === 'number') return expression.value;
  if (expression.type === 'group') return folded(expression.inner);
  const only = chosen(expression);
  if (only !== null) return folded(only);
  if (expression.type === 'unary') {
    const known = expression.op === '-' ? folded(expression.operand) : null;
    return known === null ? null : -known;
  }
  if (expression.type !== 'binary') return null;
  const { op } = expression;
  if (op === '..' || op === 'and' || op === 'or' || isComparison(op)) return null;
  const left = folded(expression.left);
  const right = left === null ? null : folded(expression.right);
  if (left === null || right === null) return null;
  if (right === 0 && (op === '/' || op === '%')) return null;
  const result = arithmetic(op as Operator, left, right);
  return result === result ? result : null;
}

/** What is left of `true and x` or `nil or x`: x, if that is known from the start; else null. */
export function chosen(expression: Expression): Expression | null {
  if (expression.type !== 'binary') return null;
  const { op, left, right } = expression;
  if (op !== 'and' && op !== 'or') return null;
  const known = truth(left);
  return known !== null && known === (op === 'and') ? right : null;
}

/** Whether an expression is true, if that is known from the start; else null. */
function truth(expression: Expression): boolean | null {
  switch (expression.type) {
    case 'group':
      return truth(expression.inner);
    case 'nil':
    case 'false':
      return false;
    case 'true':
    case 'string':
      return true;
    case 'unary': {
      const known = expression.op === 'not' ? truth(expression.operand) : null;
      if (known !== null) return !known;
      break;
    }
    default:
  }
  return folded(expression) !== null ? true : null;
}

export function isComparison(op: BinaryOp): boolean {
  return ['==', '~=', '<', '<=', '>', '>='].includes(op);
}
