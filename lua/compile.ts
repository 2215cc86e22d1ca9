// From Lua to JavaScript: each function of a script becomes a generator.
//
//   const chunk = compile(runtime, 'return 1 + x', 'user_script', globals);   // a LuaFunction
//   const thread = new Thread(runtime, chunk.stepped!);                       // thread.step()
//
// A function of Lua looks like this afterwards:
//
//   function* f1(v2, v3, ...dots) {
//     if (R.depth >= DEEPEST) return yield new Deeper(f1, [v2, v3, ...dots]);
//     R.enter();
//     if (--R.fuel < 0) yield TICK;
//     let L = 0, t1, t2;                     the site, for errors; temporaries
//     try { ... return NOTHING; }
//     catch (e) { throw R.located(e, C, L); }
//     finally { R.leave(); }
//   }
//
// Lua's local variables are JavaScript's, in blocks of their own, so that closures made in a loop
// hold on to a variable each, as they should.

import type { Block, Expression, FunctionBody, Local, Statement, Target } from './ast.ts';
import { ExpressionCompiler, type Frame } from './compile-expression.ts';
import { parse } from './parser.ts';
import { CALL, DEEPEST, power, type Runtime, type Site } from './runtime.ts';
import { LuaTable } from './table.ts';
import { Deeper, TICK } from './thread.ts';
import { all, first, LuaFunction, NOTHING, type Stepped } from './value.ts';

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
  ...{ T: LuaTable, F: LuaFunction, CALL, DEEPEST, Deeper, TICK, NOTHING, all, first, power },
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
  const compiler = new Compiler();
  const code = compiler.chunk(parse(source, name));
  const chunk: Chunk = { name, source: from, sites: compiler.sites };
  const names = [...Object.keys(GIVEN), 'R', 'E', 'C'];
  const factory = new Function(...names, `'use strict'; return ${code};`) as Factory;
  const run = factory(...Object.values(GIVEN), runtime, globals, chunk);
  return new LuaFunction('main', null, run);
}

class Compiler extends ExpressionCompiler {
  chunk(body: FunctionBody): string {
    return this.generator(body);
  }

  protected closure(body: FunctionBody): string {
    return `new F('', null, ${this.generator(body)})`;
  }

  private generator(body: FunctionBody): string {
    const name = this.fresh('f');
    const outer = this.frame;
    const frame: Frame = { body, outer, temporaries: 0, most: 0 };
    this.frame = frame;
    const parameters = body.parameters.map((local) => this.nameOf(local));
    if (body.variadic) parameters.push('...dots');
    let code = '';
    if (body.argTable !== null) {
      const made = body.usesDots ? 'undefined' : 'R.argTable(dots)';
      code += `let ${this.nameOf(body.argTable)} = ${made};\n`;
    }
    code += this.block(body.body);
    this.frame = outer;
    const temporaries = Array.from({ length: frame.most }, (_, i) => `, t${i + 1}`).join('');
    const list = parameters.join(', ');
    return `function* ${name}(${list}) {
if (R.depth >= DEEPEST) return yield new Deeper(${name}, [${list}]);
R.enter();
let L = 0${temporaries};
try {
${this.turn(body.line)}${code}return NOTHING;
} catch (e) { throw R.located(e, C, L); } finally { R.leave(); }
}`;
  }

  /** At the beginning of each turn of a loop, and of each function. */
  private turn(line: number): string {
    return `if (--R.fuel < 0) { ${this.at(Math.max(1, line))}; yield TICK; }\n`;
  }

  private block(statements: Block): string {
    let code = '';
    for (const statement of statements) {
      this.frame.temporaries = 0;
      code += `${this.statement(statement)}\n`;
    }
    return code;
  }

  private statement(statement: Statement): string {
    switch (statement.type) {
      case 'local':
        return this.local(statement.locals, statement.values);
      case 'assign':
        return this.assignment(statement.targets, statement.values);
      case 'call':
        return `${this.call(statement.call)};`;
      case 'do':
        return `{\n${this.block(statement.body)}}`;
      case 'while': {
        const condition = this.condition(statement.condition);
        return `while (${condition}) {\n${this.turn(statement.line)}${this.block(statement.body)}}`;
      }
      case 'repeat': {
        const body = this.block(statement.body);
        this.frame.temporaries = 0;
        const ends = endsFlow(statement.body);
        const until = ends ? '' : `if (${this.condition(statement.condition)}) break;\n`;
        return `for (;;) {\n${this.turn(statement.line)}${body}${until}}`;
      }
      case 'if':
        return this.ifStatement(statement);
      case 'for':
        return this.numericFor(statement);
      case 'forIn':
        return this.genericFor(statement);
      case 'localFunction': {
        const name = this.nameOf(statement.local);
        return `let ${name}; ${name} = ${this.closure(statement.body)};`;
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
      return `let ${this.nameOf(locals[0])} = ${value};`;
    }
    const given = this.adjusted(values, locals.length);
    const list = locals.map((local, i) => `${this.nameOf(local)} = ${given.names[i]}`);
    return `${given.code}let ${list.join(', ')};`;
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
      const place = this.place(target);
      const value = this.temporary();
      return `${place.code}${value} = ${this.value(values[0])}; ${place.store(value)}`;
    }
    const places = targets.map((target) => this.place(target));
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

  /** Where something is to be stored: code that finds the place, and code that stores. */
  private place(target: Target): { code: string; store: (value: string) => string } {
    if (target.type === 'localName') {
      return { code: '', store: (value) => `${this.nameOf(target.local)} = ${value};` };
    }
    if (target.type === 'global') {
      const key = JSON.stringify(target.name);
      const slow = `if (${this.at(target.line)}, R.setIndex(E, ${key}, `;
      return {
        code: '',
        store: (value) => `${slow}${value}, "") === CALL) yield* R.callPending();`,
      };
    }
    const { object, key, line } = target;
    const table = this.temporary();
    let code = `${table} = ${this.value(object)}; `;
    let name = JSON.stringify(key.type === 'string' ? key.value : '');
    let test = '';
    if (key.type !== 'string') {
      name = this.temporary();
      code += `${name} = ${this.value(key)}; `;
      test = ` && (typeof ${name} === 'number' ? ${name} === ${name} : ${name} !== undefined)`;
    }
    const at = this.at(line);
    const about = this.about(object);
    const fast = `${table} instanceof T && ${table}.meta === null && !${table}.readonly${test}`;
    const set = key.type === 'string' ? 'setString' : 'set';
    return {
      code,
      store: (value) =>
        `if (${fast}) ${table}.${set}(${name}, ${value}); ` +
        `else if (${at}, R.setIndex(${table}, ${name}, ${value}, ${about}) === CALL) ` +
        'yield* R.callPending();',
    };
  }

  private ifStatement(statement: Statement & { type: 'if' }): string {
    let code = '';
    for (const { condition, body } of statement.branches) {
      this.frame.temporaries = 0;
      const test = this.condition(condition);
      code += `${code === '' ? '' : ' else '}if (${test}) {\n${this.block(body)}}`;
    }
    if (statement.otherwise !== null) code += ` else {\n${this.block(statement.otherwise)}}`;
    return code;
  }

  private numericFor(statement: Statement & { type: 'for' }): string {
    const [i, limit, step] = [this.fresh('i'), this.fresh('n'), this.fresh('s')];
    const { line, start } = statement;
    const by = statement.step;
    const at = this.at(line);
    const number = (name: string, expression: Expression, what: string) =>
      expression.type === 'number'
        ? ''
        : `if (typeof ${name} !== 'number') ${at}, ${name} = R.loopNumber(${name}, '${what}');\n`;
    const bounds =
      `let ${i} = ${this.value(start)}, ${limit} = ${this.value(statement.limit)}` +
      `, ${step} = ${by === null ? '1' : this.value(by)};\n` +
      number(i, start, 'initial value') +
      number(limit, statement.limit, 'limit') +
      (by === null ? '' : number(step, by, 'step'));
    const upward = by === null || by.type === 'number';
    const more = upward
      ? `${i} <= ${limit}`
      : `(${step} > 0 ? ${i} <= ${limit} : ${limit} <= ${i})`;
    const name = this.nameOf(statement.local);
    const body = this.block(statement.body);
    const zero = by?.type === 'number' && by.value === 0 ? `${limit} <= ${i}` : more;
    const head = `for (; ${zero}; ${i} += ${step}) {\n${this.turn(line)}let ${name} = ${i};\n`;
    return `{\n${bounds}${head}${body}}\n}`;
  }

  private genericFor(statement: Statement & { type: 'forIn' }): string {
    const [f, s, c, p] = [this.fresh('g'), this.fresh('s'), this.fresh('c'), this.fresh('p')];
    const given = this.adjusted(statement.values, 3);
    const [one, two, three] = given.names;
    const state = `let ${f} = ${one}, ${s} = ${two}, ${c} = ${three}`;
    const names = statement.locals.map((local) => this.nameOf(local));
    const result = this.temporary();
    const [key, value] = names;
    const rest = names.map((name, i) => `${name} = ${result}[${i}];`).join(' ');
    const call =
      `${this.at(statement.line)}; ${result} = ${f} instanceof F ` +
      `? ${f}.native !== null ? ${f}.native(${s}, ${c}) : yield* ${f}.stepped(${s}, ${c}) ` +
      `: yield* R.call(${f}, "", ${s}, ${c});`;
    const second = value === undefined ? '' : ` ${value} = ${s}.valueAtPlace(${p});`;
    const item =
      value === undefined ? `${s}.getNumber(${key})` : `(${value} = ${s}.getNumber(${key}))`;
    const body = this.block(statement.body);
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
} else if (${f} === R.ipairsStep && ${s} instanceof T) {
${key} = ${c} = ${c} + 1;
if (${item} === undefined) break;
} else {
${call}
if (${result} instanceof Array) { ${rest} } else { ${key} = ${result}; }
if (${key} === undefined) break;
${c} = ${key};
}
${body}}
}`;
  }

  private returnStatement(values: readonly Expression[]): string {
    if (values.length === 0) return 'return NOTHING;';
    const [only] = values;
    if (values.length > 1) return `return ${this.list(values)};`;
    if (only.type === 'dots') return 'return dots;';
    // Unlike Redis: a call that a function of Lua ends with takes room on the stack as any other,
    // so that a chain of more than 20,000 such calls overflows it.
    if (only.type === 'call' || only.type === 'method') return `return ${this.call(only)};`;
    return `return ${this.value(only)};`;
  }
}

/** Whether a block ends with something behind which nothing runs. */
function endsFlow(block: Block): boolean {
  const last = block[block.length - 1];
  return last !== undefined && (last.type === 'return' || last.type === 'break');
}
