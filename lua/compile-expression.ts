// Expressions of Lua as expressions of JavaScript.
//
// What usually happens is done in line: an addition of two numbers, a field that a table has.
// All else goes to the runtime, whose methods return CALL if a metamethod has to be called:
//
//   a.x      ((t1 = v1) instanceof T && (t2 = t1.getString("x")) !== undefined ? t2
//              : (L = 4, t2 = R.index(t1, "x", "local 'a'")) === CALL
//              ? yield* R.callPending() : t2)
//
// `L` is the site: the line, and the name of what is called there, for error messages. Operands are
// evaluated into temporaries, from left to right. Nothing of a script's text gets into the code but
// literals, which are escaped; all names in the code are made here.

import type { BinaryOp, Call, Expression, FunctionBody, Local, TableItem } from './ast.ts';
import { chosen, folded, isComparison } from './fold.ts';
import type { Site } from './runtime.ts';

const FLUSH = 50; // Items of a table constructor that Lua puts in at once.

/** What is being compiled: a function, its temporaries. */
export type Frame = {
  readonly body: FunctionBody;
  readonly outer: Frame | null;
  temporaries: number;
  most: number;
  /** The zero among its constants: Lua has one, and which of the two comes first is it. */
  zero: number | null;
};

/** What is called at a place: something, nothing, or what a loop goes on with. */
export type Called = Expression | { readonly type: 'iterator' } | null;

export abstract class ExpressionCompiler {
  /** Code for the table of global variables. */
  protected readonly globals: string;
  /** What the numbers in L mean. */
  readonly sites: Site[] = [{ line: 0, name: '', kind: '', tail: false }];
  protected frame!: Frame;
  private readonly names = new Map<Local, string>();
  private counter = 0;

  constructor(globals: string) {
    this.globals = globals;
  }

  /** Code that makes a function. */
  protected abstract closure(body: FunctionBody): string;

  /** Where a variable's value is. */
  protected nameOf(local: Local): string {
    return isBoxed(local) ? `${this.holderOf(local)}.v` : this.holderOf(local);
  }

  /** Where a variable is, or the box that it is in. */
  protected holderOf(local: Local): string {
    const { body } = this.frame;
    if (local.owner !== body) return `u[${[...body.upvalues].indexOf(local)}]`;
    let name = this.names.get(local);
    if (name === undefined) {
      name = this.fresh('v');
      this.names.set(local, name);
    }
    return name;
  }

  /** Declares a variable, whose value is there already. */
  protected declared(local: Local, value: string): string {
    return `${this.holderOf(local)} = ${isBoxed(local) ? `new Box(${value})` : value}`;
  }

  protected fresh(letter: string): string {
    return `${letter}${++this.counter}`;
  }

  protected temporary(): string {
    const { frame } = this;
    frame.temporaries++;
    frame.most = Math.max(frame.most, frame.temporaries);
    return `t${frame.temporaries}`;
  }

  /** Sets L to a line, and what is called there. */
  protected at(line: number, callee: Called = null, tail = false): string {
    const [kind, name] = callee === null ? ['', ''] : this.described(callee);
    const last = this.sites[this.sites.length - 1];
    if (last.line !== line || last.name !== name || last.kind !== kind || last.tail !== tail) {
      this.sites.push({ line, name, kind, tail });
    }
    return `L = ${this.sites.length - 1}`;
  }

  /** What an expression is called in error messages, as code: "local 'x'". */
  protected about(expression: Expression, called = false): string {
    if (expression.type === 'method' && !called) return '""';
    const [kind, name] = this.described(expression);
    return JSON.stringify(kind === '' ? '' : `${kind} '${name}'`);
  }

  private described(expression: NonNullable<Called>): [kind: string, name: string] {
    switch (expression.type) {
      case 'iterator':
        return ['local', '(for generator)'];
      case 'localName':
        return [
          expression.local.owner === this.frame.body ? 'local' : 'upvalue',
          expression.local.name,
        ];
      case 'global':
        return ['global', expression.name];
      case 'index':
        return ['field', expression.key.type === 'string' ? cString(expression.key.value) : '?'];
      case 'method':
        return ['method', expression.name];
      case 'group':
      case 'binary': {
        const { type } = expression;
        const inner = type === 'group' ? expression.inner : chosen(expression);
        if (inner === null || inner.type === 'method') return ['', ''];
        return this.described(inner);
      }
      default:
        return ['', ''];
    }
  }

  /** The value of an expression; of several values the first. */
  protected value(expression: Expression): string {
    switch (expression.type) {
      case 'nil':
        return 'undefined';
      case 'true':
      case 'false':
        return expression.type;
      case 'number':
        return this.numeral(expression.value);
      case 'string':
        return JSON.stringify(expression.value);
      case 'dots':
        return 'dots[0]';
      case 'function':
        return this.closure(expression.body);
      case 'table':
        return this.table(expression.items);
      case 'group':
        return this.value(expression.inner);
      case 'localName':
        return this.nameOf(expression.local);
      case 'global':
        return this.global(expression.name, expression.line);
      case 'index':
        return this.index(expression);
      case 'call':
      case 'method':
        return this.firstOf(this.call(expression));
      case 'unary':
        return this.unary(expression);
      case 'binary':
        return this.binary(expression);
    }
  }

  /** All values of an expression, as an array; only calls and `...` may have several. */
  protected values(expression: Expression): string {
    if (expression.type === 'dots') return 'dots';
    if (expression.type === 'call' || expression.type === 'method') {
      const it = this.temporary();
      return `((${it} = ${this.call(expression)}) === TAIL ? yield* R.untail() : all(${it}))`;
    }
    return `[${this.value(expression)}]`;
  }

  /** Whether an expression may have several values. */
  protected isMulti(expression: Expression): boolean {
    return ['dots', 'call', 'method'].includes(expression.type);
  }

  /** An array of all values of a list of expressions. */
  protected list(expressions: readonly Expression[]): string {
    const last = expressions[expressions.length - 1];
    if (last === undefined) return 'NOTHING';
    if (!this.isMulti(last)) return `[${expressions.map((each) => this.value(each)).join(', ')}]`;
    const before = expressions.slice(0, -1).map((each) => `${this.value(each)}, `);
    if (before.length === 0) return this.values(last);
    return `[${before.join('')}...${this.values(last)}]`;
  }

  /** A truth of JavaScript: whether an expression is neither nil nor false. */
  protected condition(expression: Expression): string {
    if (folded(expression) !== null) return 'true'; // And it is no constant of Lua's then.
    switch (expression.type) {
      case 'true':
      case 'string':
        return 'true';
      case 'nil':
      case 'false':
        return 'false';
      case 'group':
        return this.condition(expression.inner);
      case 'unary':
        if (expression.op === 'not') return `!(${this.condition(expression.operand)})`;
        break;
      case 'binary': {
        const { op, left, right } = expression;
        if (op === 'and') return `(${this.condition(left)} && ${this.condition(right)})`;
        if (op === 'or') {
          const known = folded(left);
          if (known !== null) this.numeral(known); // Lua tests this one as it runs.
          return `(${this.condition(left)} || ${this.condition(right)})`;
        }
        if (isComparison(op)) return this.value(expression);
        break;
      }
      default:
    }
    const it = this.temporary();
    return `((${it} = ${this.value(expression)}) !== undefined && ${it} !== false)`;
  }

  protected firstOf(result: string): string {
    const it = this.temporary();
    const whole = `(${it} === TAIL ? yield* R.untail() : ${it})`;
    return `((${it} = ${result}) instanceof Array ? ${whole}[0] : ${it})`;
  }

  protected global(name: string, line: number): string {
    const it = this.temporary();
    const key = JSON.stringify(name);
    const slow = this.orCall(it, `${this.at(line)}, ${it} = R.index(${this.globals}, ${key}, "")`);
    return `((${it} = ${this.globals}.getString(${key})) !== undefined ? ${it} : ${slow})`;
  }

  private index(expression: Expression & { type: 'index' }): string {
    const { object, key, line } = expression;
    const table = this.operand(object, [key]);
    const name = this.operand(key, []);
    const found = this.temporary();
    const get = key.type === 'string' ? 'getString' : 'get';
    const look = `R.index(${table.name}, ${name.name}, ${this.about(object)})`;
    const slow = this.orCall(found, `${this.at(line)}, ${found} = ${look}`);
    return (
      `(${table.code}${name.code}${table.name} instanceof T && ` +
      `(${found} = ${table.name}.${get}(${name.name})) !== undefined ? ${found} : ${slow})`
    );
  }

  /** Code that leaves a call's Result; `tail` if the function ends with it. */
  protected call(expression: Call, tail = false): string {
    const { line, args } = expression;
    const found = expression.type === 'call' ? null : this.temporary();
    let before: string;
    let f: string;
    let self = '';
    if (expression.type === 'call') {
      const callee = this.copied(expression.callee, args);
      before = callee.code;
      f = callee.name;
      if (!/^[tv]\d+$/.test(f)) {
        // It is named several times.
        f = this.temporary();
        before += `${f} = ${callee.name}, `;
      }
    } else {
      const { object, name, selfLine } = expression;
      self = this.temporary();
      f = found!;
      const key = JSON.stringify(name);
      const look = `R.index(${self}, ${key}, ${this.about(object)})`;
      const slow = this.orCall(f, `${this.at(selfLine)}, ${f} = ${look}`);
      before =
        `${self} = ${this.value(object)}, ${f} = ${self} instanceof T && ` +
        `(${f} = ${self}.getString(${key})) !== undefined ? ${f} : ${slow}, `;
    }
    const given = this.arguments(args);
    const all = [...(self === '' ? [] : [self]), ...given.names].join(', ');
    const named = expression.type === 'call' ? expression.callee : expression;
    const about = this.about(named, true);
    const more = all === '' ? '' : `, ${all}`;
    const site = this.at(line, named, tail);
    const noted = named.type === 'global' && /^x?pcall$/.test(named.name);
    const start = `(${before}${given.code}${site}, ${noted ? 'R.noted(C, L), ' : ''}`;
    const native = `${f}.native !== null ? ${f}.native(${all})`;
    const stepped = `yield* ${f}.stepped(${all})`;
    const other = `yield* R.call(${f}, ${about}${more})`;
    if (!tail) return `${start}${f} instanceof F ? ${native} : ${stepped} : ${other})`;
    // A function that is not Lua's is called from where it stands.
    const later = `R.tail(${f}, ${about}${more})`;
    const own = `${f}.up !== null && R.depth >= TAILS ? ${later} : ${stepped}`;
    const others = `R.depth >= TAILS ? ${later} : ${other}`;
    return `${start}${f} instanceof F ? ${native} : ${own} : ${others})`;
  }

  private arguments(args: readonly Expression[]): { code: string; names: string[] } {
    let code = '';
    const names: string[] = [];
    args.forEach((arg, i) => {
      if (i === args.length - 1 && this.isMulti(arg)) {
        if (arg.type === 'dots') {
          names.push('...dots');
          return;
        }
        const it = this.temporary();
        code += `${it} = ${this.values(arg)}, `;
        names.push(`...${it}`);
        return;
      }
      const operand = this.copied(arg, args.slice(i + 1));
      code += operand.code;
      names.push(operand.name);
    });
    return { code, names };
  }

  /**
   * An expression to be named more than once: itself if it is a constant or a variable, else a
   * temporary that `code` fills. What comes `between` may change a variable; as in Lua, that is
   * noticed if the variable is the function's own, and is not if it is an upvalue.
   */
  protected operand(
    expression: Expression,
    between: readonly Expression[],
    copy = false,
  ): { code: string; name: string } {
    const known = folded(expression);
    if (known !== null) return { code: '', name: `(${this.numeral(known)})` }; // A dot may follow.
    switch (expression.type) {
      case 'nil':
      case 'true':
      case 'false':
      case 'string':
        return { code: '', name: this.value(expression) };
      case 'localName': {
        const { local } = expression;
        const own = local.owner === this.frame.body;
        if (!isBoxed(local) || (own && !copy) || between.every(isPlain)) {
          return { code: '', name: this.nameOf(local) };
        }
        break;
      }
      case 'group':
        return this.operand(expression.inner, between, copy);
      default:
    }
    const code = this.value(expression);
    const name = this.temporary();
    return { code: `${name} = ${code}, `, name };
  }

  /** The same with the value that a variable has now. */
  protected copied(
    expression: Expression,
    between: readonly Expression[],
  ): { code: string; name: string } {
    return this.operand(expression, between, true);
  }

  private numeral(n: number): string {
    if (n !== 0) return String(n);
    const { frame } = this;
    if (frame.zero === null) frame.zero = n;
    return Object.is(frame.zero, -0) ? '-0' : '0';
  }

  /** A result of the runtime's, in a temporary, which may be a metamethod to be called. */
  private orCall(it: string, code: string, how = 'callPending'): string {
    return `(${code}) === CALL ? yield* R.${how}() : ${it}`;
  }

  private unary(expression: Expression & { type: 'unary' }): string {
    const { op, operand, line } = expression;
    if (op === 'not') return `!(${this.condition(operand)})`;
    const known = folded(expression);
    if (known !== null) return this.numeral(known);
    const { code, name } = this.operand(operand, []);
    const it = this.temporary();
    const about = this.about(operand);
    if (op === '-') {
      const slow = this.orCall(it, `${this.at(line)}, ${it} = R.negative(${name}, ${about})`);
      return `(${code}typeof ${name} === 'number' ? -(${name}) : ${slow})`;
    }
    const slow = this.orCall(it, `${this.at(line)}, ${it} = R.length(${name}, ${about})`);
    return `(${code}${name} instanceof T ? ${name}.length() : ${slow})`;
  }

  private binary(expression: Expression & { type: 'binary' }): string {
    const { op, left, right } = expression;
    if (op === 'and' || op === 'or') {
      const only = chosen(expression);
      if (only !== null) return `(${this.value(only)})`;
      const it = this.temporary();
      const test =
        op === 'and'
          ? `${it} === undefined || ${it} === false`
          : `${it} !== undefined && ${it} !== false`;
      return `(${it} = ${this.value(left)}, ${test} ? ${it} : ${this.value(right)})`;
    }
    const known = folded(expression);
    if (known !== null) return this.numeral(known);
    // Lua puts a number on the left of arithmetic among its constants when it has seen the right.
    const leftLast = op !== '..' && !isComparison(op) && folded(left) !== null;
    const numeral = leftLast ? this.operand(right, []) : null;
    const a = op === '..' ? this.copied(left, [right]) : this.operand(left, [right]);
    const b = numeral ?? this.operand(right, []);
    const operands = a.code + b.code;
    if (isComparison(op)) return this.comparison(expression, operands, a.name, b.name);
    const it = this.temporary();
    const names = `${JSON.parse(this.about(left))}|${JSON.parse(this.about(right))}`;
    const about = JSON.stringify(names === '|' ? '' : names);
    if (op === '..') {
      const look = `R.concat(${a.name}, ${b.name}, ${about})`;
      const slow = this.orCall(it, `${this.at(expression.line)}, ${it} = ${look}`);
      const test = this.bothAre('string', left, a.name, right, b.name);
      return `(${operands}${test} ? ${a.name} + ${b.name} : ${slow})`;
    }
    const look = `R.arith("${op}", ${a.name}, ${b.name}, ${about})`;
    const slow = this.orCall(it, `${this.at(expression.line)}, ${it} = ${look}`);
    const test = this.bothAre('number', left, a.name, right, b.name);
    return `(${operands}${test} ? ${arithmeticOf(op, a.name, b.name)} : ${slow})`;
  }

  /** A test of what is not known to be of a type. */
  private bothAre(
    type: 'number' | 'string',
    left: Expression,
    a: string,
    right: Expression,
    b: string,
  ): string {
    const is = (expression: Expression) =>
      type === 'string' ? expression.type === type : folded(expression) !== null;
    const tests: string[] = [];
    if (!is(left)) tests.push(`typeof ${a} === '${type}'`);
    if (!is(right)) tests.push(`typeof ${b} === '${type}'`);
    return tests.length === 0 ? 'true' : tests.join(' && ');
  }

  private comparison(
    { op, left, right, line }: Expression & { type: 'binary' },
    operands: string,
    a: string,
    b: string,
  ): string {
    const it = this.temporary();
    if (op === '==' || op === '~=') {
      const slow = `(${it} = R.equal(${a}, ${b})) === CALL ? yield* R.testPending() : ${it}`;
      const compared = this.globals === 'E' ? 'T' : 'Object'; // With newproxy(), userdata as well.
      const maybe =
        isConstant(left) || isConstant(right)
          ? `${a} === ${b}`
          : `(${a} === ${b} || (${a} instanceof ${compared} && ${a}.meta !== null && ` +
            `(${this.at(line)}, ${slow})))`;
      return op === '==' ? `(${operands}${maybe})` : `(${operands}!(${maybe}))`;
    }
    const [low, high] = op === '<' || op === '<=' ? [a, b] : [b, a];
    const strict = op === '<' || op === '>';
    const look = `R.${strict ? 'less' : 'lessEqual'}(${low}, ${high})`;
    const slow = this.orCall(it, `${this.at(line)}, ${it} = ${look}`, 'testPending');
    const test = this.bothAre('number', left, a, right, b);
    return `(${operands}${test} ? ${low} ${strict ? '<' : '<='} ${high} : ${slow})`;
  }

  private table(items: readonly TableItem[]): string {
    const it = this.temporary();
    const last = items[items.length - 1];
    const open = last !== undefined && last.key === null && this.isMulti(last.value);
    const inOrder = items.filter(({ key }) => key === null).length - Number(open);
    const named = items.length - inOrder - Number(open);
    let code = `${it} = new T(${roomFor(inOrder)}, ${roomFor(named)}), `;
    const values = items.map(({ value }) => value);
    let waiting: string[] = [];
    let index = 1;
    const flush = () => {
      if (waiting.length === 0) return;
      code += `${it}.setItems(${index}, [${waiting.join(', ')}]), `;
      index += waiting.length;
      waiting = [];
    };
    for (const item of items) {
      if (item.key !== null) {
        code += this.namedItem(it, item);
      } else if (open && item === last) {
        flush();
        code += `${it}.setItems(${index}, ${this.values(item.value)}), `;
      } else {
        // All of one kind need no temporaries: an array has its own order.
        const operand =
          named === 0
            ? { code: '', name: this.value(item.value) }
            : this.copied(item.value, values);
        code += operand.code;
        waiting.push(operand.name);
        if (waiting.length === FLUSH) flush();
      }
    }
    flush();
    return `(${code}${it})`;
  }

  private namedItem(table: string, { key, value, line }: TableItem): string {
    if (key!.type === 'string') {
      return `${table}.setString(${JSON.stringify(key!.value)}, ${this.value(value)}), `;
    }
    const name = this.operand(key!, [value]);
    const given = this.value(value);
    return `${name.code}${this.at(line)}, R.rawSet(${table}, ${name.name}, ${given}), `;
  }
}

const PLAIN = ['nil', 'true', 'false', 'number', 'string', 'dots', 'localName', 'function'];

/** Whether evaluating an expression can change nothing. */
function isPlain(expression: Expression): boolean {
  if (expression.type === 'group') return isPlain(expression.inner);
  return PLAIN.includes(expression.type);
}

function isConstant(expression: Expression): boolean {
  return ['nil', 'true', 'false', 'number', 'string'].includes(expression.type);
}

/** As much of a text as C takes it to be. */
function cString(text: string): string {
  return text.split('\0', 1)[0];
}

/** Whether a variable is in a box, which functions share that hold on to it. */
export function isBoxed(local: Local): boolean {
  return local.captured && local.assigned;
}

function arithmeticOf(op: BinaryOp, a: string, b: string): string {
  switch (op) {
    case '%':
      return `${a} - Math.floor(${a} / ${b}) * ${b}`;
    case '^':
      return `power(${a}, ${b})`;
    default:
      return `${a} ${op} ${b}`;
  }
}

/** Lua keeps sizes of constructors in a byte, as a floating-point number of 3 bits, rounded up. */
function roomFor(size: number): number {
  let exponent = 0;
  let mantissa = size;
  while (mantissa >= 16) {
    mantissa = (mantissa + 1) >> 1;
    exponent++;
  }
  return mantissa * 2 ** exponent;
}
