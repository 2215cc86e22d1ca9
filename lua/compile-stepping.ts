// The compiler for debuggers: what it makes stops wherever Lua's own line hook would be called.
//
//   function* f1(v1) {
//     ...
//     const D = S.open(R, C);                a Frame: its line, its variables
//     try {
//       if (D.line !== 3) { D.line = 3; D.locals = () => [["x", v1]]; yield LINE; }
//       ...
//     } finally { S.close(D); ... }
//
// Lua calls its hook when an instruction has another line than the one before it, and when it jumps
// back. Where the instructions of loops and functions stand is followed here.
// Unlike Redis: SCRIPT DEBUG stops once at a statement, even if it takes several lines.

import type { Block, FunctionBody, Statement } from './ast.ts';
import type { Called } from './compile-expression.ts';
import { Compiler, made } from './compile.ts';
import type { Runtime } from './runtime.ts';
import type { Stepping } from './stepping.ts';
import type { LuaTable } from './table.ts';
import { LINE } from './thread.ts';
import type { LuaFunction } from './value.ts';

/** As compile(), for a function that yields LINE at each line, and tells `stepping` of itself. */
export function compileStepping(
  runtime: Runtime,
  source: string,
  name: string,
  globals: LuaTable,
  stepping: Stepping,
): LuaFunction {
  const compiler = new SteppingCompiler(runtime.environments);
  return made(compiler, runtime, source, name, globals, `@${name}`, { S: stepping, LINE });
}

class SteppingCompiler extends Compiler {
  private visible: string[] = []; // Of the present function, each as code: ["x", v1].

  override generator(body: FunctionBody): string {
    const outer = this.visible;
    this.visible = [];
    const name = super.generator(body);
    this.visible = outer;
    return name;
  }

  protected override edges(): [enter: string, leave: string] {
    const [enter, leave] = super.edges();
    return [`${enter}const D = S.open(R, C);\n`, `S.close(D); ${leave}`];
  }

  protected override at(line: number, callee: Called = null, tail = false): string {
    return super.at(line, callee, tail).replace('=', '= D.site =');
  }

  protected override block(statements: Block): string {
    const { body } = this.frame;
    const isWhole = statements === body.body;
    const before = this.visible.length;
    if (isWhole) {
      for (const local of body.parameters) this.sees(local.name, this.nameOf(local));
      if (body.argTable !== null) this.sees('arg', this.nameOf(body.argTable));
    }
    let code = '';
    let begins = isWhole;
    for (const statement of statements) {
      // Variables that are nil at the beginning of a function take no instruction.
      begins &&= statement.type === 'local' && statement.values.length === 0;
      if (!begins) code += this.stopAt(lineOf(statement));
      this.frame.temporaries = 0;
      const seen = this.visible.length;
      code += `${this.statement(statement)}\n`;
      this.visible.length = seen;
      if (statement.type === 'local') {
        for (const local of statement.locals) this.sees(local.name, this.nameOf(local));
      } else if (statement.type === 'localFunction') {
        this.sees(statement.local.name, this.nameOf(statement.local));
      }
    }
    this.visible.length = before;
    return code;
  }

  protected override stopAt(line: number): string {
    if (line === 0) return '';
    return `if (D.line !== ${line}) { ${this.arrive(line)}, yield LINE; }\n`;
  }

  protected override stopBefore(line: number, expression: string): string {
    return `(D.line === ${line} || (${this.arrive(line)}, yield LINE), ${expression})`;
  }

  protected override goBack(): string {
    return 'D.line = 0;\n';
  }

  protected override sees(name: string, code: string): void {
    this.visible.push(`[${JSON.stringify(name)}, ${code}]`);
  }

  private arrive(line: number): string {
    const locals = `D.locals = () => [${this.visible.join(', ')}]`;
    return `S.at = D, D.line = D.shownLine = ${line}, ${this.at(line)}, ${locals}`;
  }
}

/** Where the first instruction of a statement stands; 0 if it begins with another statement. */
function lineOf(statement: Statement): number {
  switch (statement.type) {
    case 'do':
    case 'repeat':
      return 0;
    case 'if':
      return statement.branches[0].line;
    case 'localFunction':
      return statement.body.endLine;
    case 'local':
    case 'assign': {
      const [first] = statement.values;
      return first?.type === 'function' ? first.body.endLine : statement.line;
    }
    default:
      return statement.line;
  }
}
