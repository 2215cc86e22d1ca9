// From Lua to JavaScript: each function of a script becomes a generator.
//
//   const chunk = compile(runtime, 'return 1 + x', 'user_script', globals);   // a LuaFunction
//   const thread = new Thread(runtime, chunk.stepped!);                       // thread.step()
//
// A function of Lua looks like this afterwards:
//
//   function* f1(v2, v3, ...dots) {
//     if (R.depth >= DEEPEST) return yield new Deeper(this, [v2, v3, ...dots]);
//     R.enter();
//     const u = this.up;                     the variables of others that it uses
//     if (--R.fuel < 0) yield TICK;
//     let L = 0, t1, t2;                     the site, for errors; temporaries
//     try { ... return NOTHING; }
//     catch (e) { throw R.located(e, C, L); }
//     finally { R.leave(); }
//   }
//
// Lua's local variables are JavaScript's, in blocks of their own. The generators do not hold on to
// those of others as closures of JavaScript: they all stand side by side, are made once, and a
// function of Lua is one of them with an array of what it holds on to. (V8 takes microseconds to
// make a generator function ready for its first call.) A variable that is never given a second
// value is copied into the array; another one is in a box from the start, and the box is copied.

import type { Block, Expression, FunctionBody, Local, Statement, Target } from './ast.ts';
import { ExpressionCompiler, type Frame, isBoxed } from './compile-expression.ts';
import { LuaSyntaxError } from './errors.ts';
import { folded } from './fold.ts';
import { parse } from './parser.ts';
import { CALL, DEEPEST, power, type Runtime, type Site, TAILS } from './runtime.ts';
import { LuaTable } from './table.ts';
import { Deeper, TICK } from './thread.ts';
import { all, Box, LuaFunction, NOTHING, type Stepped, TAIL } from './value.ts';

/**
 * A compiled chunk: its name as messages show it, and as the host gave it, which begins with '@'
 * for a file; and the places that its errors speak of.
 */
export type Chunk = {
  readonly name: string;
  readonly source: string;
  readonly sites: readonly Site[];
};

type Factory = (...given: unknown[]) => Stepped;

const GIVEN = {
  ...{ T: LuaTable, F: LuaFunction, Box, CALL, DEEPEST, Deeper, TICK, NOTHING, TAIL, TAILS, all },
  ...{ power, BARE: [] },
};

/**
 * Compiles a chunk to a function that has its global variables in a table. Error messages call it
 * by a name. Throws a LuaSyntaxError.
 */
export function compile(
  runtime: Runtime,
  source: string,
  name: string,
  globals: LuaTable,
  from = `@${name}`,
): LuaFunction {
  return made(new Compiler(runtime.environments), runtime, source, name, globals, from);
}

/** Makes a function of what a compiler leaves; `given` is what its code names besides. */
export function made(
  compiler: Compiler,
  runtime: Runtime,
  source: string,
  name: string,
  globals: LuaTable,
  from: string,
  given: Readonly<Record<string, unknown>> = {},
): LuaFunction {
  const chunk: Chunk = { name, source: from, sites: compiler.sites };
  const all = { ...GIVEN, ...given, R: runtime, E: globals, C: chunk };
  const factory = factoryOf(compiler, source, name, Object.keys(all));
  return new LuaFunction('', null, factory(...Object.values(all)), [], globals);
}

function factoryOf(compiler: Compiler, source: string, name: string, given: string[]): Factory {
  try {
    const main = compiler.generator(parse(source, name));
    const code = `'use strict';\n${compiler.functions.join('\n')}return ${main};`;
    return new Function(...given, code) as Factory;
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem;
    // Unlike Redis: an expression of more than a thousand operators has too many syntax levels.
    throw new LuaSyntaxError(`${name}:1: chunk has too many syntax levels`);
  }
}

export class Compiler extends ExpressionCompiler {
  private readonly environments: boolean;

  constructor(environments: boolean) {
    super(environments ? 'this.globals' : 'E');
    this.environments = environments;
  }

  /** The code of all functions. */
  readonly functions: string[] = [];

  protected closure(body: FunctionBody): string {
    const name = this.generator(body);
    const up = [...body.upvalues].map((local) => this.holderOf(local));
    const held = up.length === 0 ? 'BARE' : `[${up.join(', ')}]`;
    return `new F('', null, ${name}, ${held}${this.environments ? ', this.globals' : ''})`;
  }

  /** Compiles a function; returns its name. */
  generator(body: FunctionBody): string {
    const name = this.fresh('f');
    const outer = this.frame;
    const frame: Frame = { body, outer, temporaries: 0, most: 0, zero: null };
    this.frame = frame;
    const parameters = body.parameters.map((local) => this.holderOf(local));
    if (body.variadic) parameters.push('...dots');
    let code = '';
    for (const local of body.parameters) {
      if (isBoxed(local)) code += `${this.declared(local, this.holderOf(local))};\n`;
    }
    if (body.argTable !== null) {
      const made = body.usesDots ? 'undefined' : 'R.argTable(dots)';
      code += `let ${this.declared(body.argTable, made)};\n`;
    }
    code += this.block(body.body) + this.stopAt(body.endLine);
    this.frame = outer;
    const temporaries = Array.from({ length: frame.most }, (_, i) => `, t${i + 1}`).join('');
    const list = parameters.join(', ');
    const uses = body.upvalues.size > 0 ? 'const u = this.up;\n' : '';
    const [enter, leave] = this.edges();
    this.functions.push(`function* ${name}(${list}) {
if (R.depth >= DEEPEST) return yield new Deeper(this, [${list}]);
R.enter();
${uses}${enter}let L = 0${temporaries};
try {
${this.turn(body.line)}${code}return NOTHING;
} catch (e) { throw R.located(e, C, L); } finally { ${leave}R.leave(); }
}
`);
    return name;
  }

  /** Code at the beginning of each function, and at its end. */
  protected edges(): [enter: string, leave: string] {
    return this.environments ? ['R.frames.push(this);\n', 'R.frames.pop(); '] : ['', ''];
  }

  // What stops at lines adds to the code: compile-stepping.ts.

  /** Code that stops if the line is another one than before. */
  protected stopAt(_line: number): string {
    return '';
  }

  /** The same within an expression. */
  protected stopBefore(_line: number, expression: string): string {
    return expression;
  }

  /** Code behind which the next line is another one, whichever it is. */
  protected goBack(): string {
    return '';
  }

  /** From here on there is a variable of this name, whose value `code` has. */
  protected sees(_name: string, _code: string): void {}

  /** At the beginning of each turn of a loop, and of each function. */
  private turn(line: number): string {
    return `if (--R.fuel < 0) { ${this.at(Math.max(1, line))}; yield TICK; }\n`;
  }

  protected block(statements: Block): string {
    let code = '';
    for (const statement of statements) {
      this.frame.temporaries = 0;
      code += `${this.statement(statement)}\n`;
    }
    return code;
  }

  protected statement(statement: Statement): string {
    switch (statement.type) {
      case 'local':
        return this.local(statement.locals, statement.values);
      case 'assign':
        return this.assignment(statement.targets, statement.values);
      case 'call':
        return `if (${this.call(statement.call)} === TAIL) yield* R.untail();`;
      case 'do':
        return `{\n${this.block(statement.body)}}`;
      case 'while': {
        const condition = this.condition(statement.condition);
        const body = this.block(statement.body) + this.goBack() + this.stopAt(statement.line);
        return `while (${condition}) {\n${this.turn(statement.line)}${body}}`;
      }
      case 'repeat': {
        const body = this.block(statement.body);
        this.frame.temporaries = 0;
        const ends = endsFlow(statement.body);
        const test = ends ? '' : `if (${this.condition(statement.condition)}) break;\n`;
        const until = `${this.stopAt(statement.untilLine)}${test}${this.goBack()}`;
        return `for (;;) {\n${this.turn(statement.line)}${body}${until}}`;
      }
      case 'if':
        return this.ifStatement(statement);
      case 'for':
        return this.numericFor(statement);
      case 'forIn':
        return this.genericFor(statement);
      case 'localFunction': {
        return this.localFunction(statement.local, statement.body);
      }
      case 'return':
        return this.returnStatement(statement.values);
      case 'break':
        return 'break;';
    }
  }

  private local(locals: readonly Local[], values: readonly Expression[]): string {
    if (locals.length === 1 && values.length === 1) {
      const value = this.value(values[0]);
      return `let ${this.declared(locals[0], value)};`;
    }
    const given = this.adjusted(values, locals.length);
    const list = locals.map((local, i) => this.declared(local, given.names[i]));
    return `${given.code}let ${list.join(', ')};`;
  }

  private localFunction(local: Local, body: FunctionBody): string {
    const name = this.holderOf(local);
    if (isBoxed(local)) {
      return `let ${this.declared(local, 'undefined')}; ${name}.v = ${this.closure(body)};`;
    }
    const own = [...body.upvalues].indexOf(local);
    const tie = own < 0 ? '' : ` ${name}.up[${own}] = ${name};`;
    return `let ${name}; ${name} = ${this.closure(body)};${tie}`;
  }

  /** Evaluates expressions into exactly so many temporaries. */
  private adjusted(
    values: readonly Expression[],
    count: number,
  ): { code: string; names: readonly string[] } {
    let code = '';
    const names: string[] = [];
    values.forEach((value, i) => {
      const name = this.temporary();
      if (i === values.length - 1 && this.isMulti(value) && count > values.length) {
        code += `${name} = ${this.values(value)}; `;
        for (let at = 0; i + at < count; at++) names.push(`${name}[${at}]`);
      } else {
        // What is too many is evaluated as well.
        code += `${name} = ${this.value(value)}; `;
        names.push(name);
      }
    });
    while (names.length < count) names.push('undefined');
    return { code, names };
  }

  private assignment(targets: readonly Target[], values: readonly Expression[]): string {
    if (targets.length === 1 && values.length === 1) {
      const [target] = targets;
      if (target.type === 'localName') {
        const value = this.value(values[0]);
        return `${this.nameOf(target.local)} = ${value};`;
      }
      const place = this.place(target, [], values);
      const value = this.temporary();
      return `${place.code}${value} = ${this.value(values[0])}; ${place.store(value)}`;
    }
    const places = targets.map((target, i) => this.place(target, targets.slice(i + 1), values));
    const given = this.adjusted(values, targets.length);
    const code = places.map(({ code: before }) => before).join('') + given.code;
    // Lua: the last one is assigned first.
    return (
      code +
      places
        .map(({ store }, i) => store(given.names[i]))
        .reverse()
        .join(' ')
    );
  }

  /**
   * Where something is to be stored: code that finds the place, and code that stores. Variables
   * in it are looked at when it is stored, unless they are themselves among the `others`.
   */
  private place(
    target: Target,
    others: readonly Target[],
    values: readonly Expression[],
  ): { code: string; store: (value: string) => string } {
    if (target.type === 'localName') {
      return { code: '', store: (value) => `${this.nameOf(target.local)} = ${value};` };
    }
    if (target.type === 'global') {
      const key = JSON.stringify(target.name);
      const slow = `if (${this.at(target.line)}, R.setIndex(${this.globals}, ${key}, `;
      return {
        code: '',
        store: (value) => `${slow}${value}, "") === CALL) yield* R.callPending();`,
      };
    }
    const { object, key, line } = target;
    const between = [...others, ...values, key];
    const table = this.inPlace(object, others, between);
    let { code } = table;
    let name = JSON.stringify(key.type === 'string' ? key.value : '');
    let test = '';
    if (key.type !== 'string') {
      const found = this.inPlace(key, others, between);
      code += found.code;
      name = found.name;
      test = ` && (typeof ${name} === 'number' ? ${name} === ${name} : ${name} !== undefined)`;
    }
    return { code, store: this.storing(object, table.name, name, test, key.type, line) };
  }

  private inPlace(
    expression: Expression,
    others: readonly Target[],
    between: readonly Expression[],
  ): { code: string; name: string } {
    const given =
      expression.type === 'localName' &&
      others.some((other) => other.type === 'localName' && other.local === expression.local);
    if (!given) {
      const operand = this.operand(expression, between);
      return { code: operand.code.replace(/, $/, '; '), name: operand.name };
    }
    const name = this.temporary();
    return { code: `${name} = ${this.value(expression)}; `, name };
  }

  private storing(
    object: Expression,
    table: string,
    name: string,
    test: string,
    kind: Expression['type'],
    line: number,
  ): (value: string) => string {
    const at = this.at(line);
    const about = this.about(object);
    const fast = `${table} instanceof T && ${table}.meta === null && !${table}.readonly${test}`;
    const set = kind === 'string' ? 'setString' : 'set';
    return (value) =>
      `if (${fast}) ${table}.${set}(${name}, ${value}); ` +
      `else if (${at}, R.setIndex(${table}, ${name}, ${value}, ${about}) === CALL) ` +
      'yield* R.callPending();';
  }

  private ifStatement(statement: Statement & { type: 'if' }): string {
    let code = '';
    for (const { condition, body, line } of statement.branches) {
      this.frame.temporaries = 0;
      const plain = this.condition(condition);
      const test = code === '' ? plain : this.stopBefore(line, plain);
      code += `${code === '' ? '' : ' else '}if (${test}) {\n${this.block(body)}}`;
    }
    if (statement.otherwise !== null) code += ` else {\n${this.block(statement.otherwise)}}`;
    return code;
  }

  private numericFor(statement: Statement & { type: 'for' }): string {
    const [i, limit, step] = [this.fresh('i'), this.fresh('n'), this.fresh('s')];
    const { line, start } = statement;
    const by = statement.step;
    const at = this.at(statement.doLine);
    const number = (name: string, expression: Expression, what: string) =>
      folded(expression) !== null
        ? ''
        : `if (typeof ${name} !== 'number') ${at}, ${name} = R.loopNumber(${name}, '${what}');\n`;
    const bounds =
      `let ${i} = ${this.value(start)}, ${limit} = ${this.value(statement.limit)}` +
      `, ${step} = ${by === null ? '1' : this.value(by)};\n` +
      number(i, start, 'initial value') +
      number(limit, statement.limit, 'limit') +
      (by === null ? '' : number(step, by, 'step'));
    const known = by === null ? 1 : folded(by);
    const [up, down] = [`${i} <= ${limit}`, `${limit} <= ${i}`];
    const more = known === null ? `(${step} > 0 ? ${up} : ${down})` : known > 0 ? up : down;
    const name = this.declared(statement.local, i);
    this.sees('(for index)', i);
    this.sees('(for limit)', limit);
    this.sees('(for step)', step);
    this.sees(statement.local.name, this.nameOf(statement.local));
    const body = this.goBack() + this.block(statement.body) + this.stopAt(line);
    // Lua begins one step back, and what fractions lose that way is lost.
    const stride = known === null ? step : `(${known})`;
    const whole = known === 1 && Number.isInteger(folded(start));
    const next = whole
      ? `for (; ${more}; ${i}++)`
      : `for (${i} -= ${stride}; ${i} += ${stride}, ${more};)`;
    return `{\n${bounds}${next} {\n${this.turn(line)}let ${name};\n${body}}\n}`;
  }

  private genericFor(statement: Statement & { type: 'forIn' }): string {
    const [f, s, c, p] = [this.fresh('g'), this.fresh('s'), this.fresh('c'), this.fresh('p')];
    const given = this.adjusted(statement.values, 3);
    const [one, two, three] = given.names;
    const state = `let ${f} = ${one}, ${s} = ${two}, ${c} = ${three}`;
    const names = statement.locals.map(() => this.fresh('k'));
    const result = this.temporary();
    const [key, value] = names;
    const rest = names.map((name, i) => `${name} = ${result}[${i}];`).join(' ');
    const call =
      `${this.at(statement.line, ITERATOR)}; ${result} = ${f} instanceof F && ` +
      `${f}.native !== null ? ${f}.native(${s}, ${c}) : yield* R.iterate(${f}, ${s}, ${c});`;
    const second = value === undefined ? '' : ` ${value} = ${s}.valueAtPlace(${p});`;
    const item =
      value === undefined ? `${s}.getNumber(${key})` : `(${value} = ${s}.getNumber(${key}))`;
    const locals = statement.locals.map((local, i) => this.declared(local, names[i])).join(', ');
    this.sees('(for generator)', f);
    this.sees('(for state)', s);
    this.sees('(for control)', c);
    for (const local of statement.locals) this.sees(local.name, this.nameOf(local));
    const body = this.goBack() + this.block(statement.body) + this.stopAt(statement.line);
    // next and ipairs need not be called to be had.
    return `{
${given.code}${state}, ${p} = 0;
for (;;) {
${this.turn(statement.line)}let ${names.join(', ')};
if (${f} === R.next && ${s} instanceof T) {
if (${p} === 0 || ${s}.keyAtPlace(${p}) !== ${c}) {
${this.at(statement.line)}; ${p} = R.placeOf(${s}, ${c});
}
${p} = ${s}.nextPlace(${p});
if (${p} === 0) break;
${key} = ${c} = ${s}.keyAtPlace(${p});${second}
} else if (${f} === R.ipairsStep && ${s} instanceof T && typeof ${c} === 'number') {
${key} = ${c} = ${c} + 1;
if (${item} === undefined) break;
} else {
${call}
if (${result} instanceof Array) { ${rest} } else { ${key} = ${result}; }
if (${key} === undefined) break;
${c} = ${key};
}
let ${locals};
${body}}
}`;
  }

  private returnStatement(values: readonly Expression[]): string {
    if (values.length === 0) return 'return NOTHING;';
    const [only] = values;
    if (values.length > 1) return `return ${this.list(values)};`;
    if (only.type === 'dots') return 'return dots;';
    if (only.type === 'call' || only.type === 'method') return `return ${this.call(only, true)};`;
    return `return ${this.value(only)};`;
  }
}

// Lua keeps what a loop calls in a variable of this name.
const ITERATOR = { type: 'iterator' } as const;

/** Whether a block ends with something behind which nothing runs. */
function endsFlow(block: Block): boolean {
  const last = block[block.length - 1];
  return last !== undefined && (last.type === 'return' || last.type === 'break');
}
