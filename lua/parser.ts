// Lua 5.1's grammar, from top to bottom.
//
//   const chunk = parse('return 1 + x', 'user_script');
//
// Errors and limits are Lua's own: so many nested levels, local variables and upvalues. Names are
// resolved on the way, because Lua's scopes open and close in the order of the source.

import type {
  BinaryOp,
  Block,
  Branch,
  Call,
  Expression,
  FunctionBody,
  Local,
  Statement,
  TableItem,
  Target,
  UnaryOp,
} from './ast.ts';
import { END, NAME, NUMBER, STRING } from './lexer.ts';
import { MOST_LEVELS, Scopes } from './scopes.ts';

// How tightly an operator binds to what is left of it and what is right: '^' and '..' lean right.
const PRIORITY: ReadonlyMap<string, readonly [number, number]> = new Map<
  string,
  readonly [number, number]
>([
  ['or', [1, 1]],
  ['and', [2, 2]],
  ...['<', '>', '<=', '>=', '~=', '=='].map((op) => [op, [3, 3]] as const),
  ['..', [5, 4]],
  ['+', [6, 6]],
  ['-', [6, 6]],
  ['*', [7, 7]],
  ['/', [7, 7]],
  ['%', [7, 7]],
  ['^', [10, 9]],
]);
const UNARY_PRIORITY = 8;

/** Parses a chunk, which becomes the body of a variadic function. Throws a LuaSyntaxError. */
export function parse(source: string, chunk: string): FunctionBody {
  return new Parser(source, chunk).chunk();
}

class Parser extends Scopes {
  private loops = 0; // How many of the present function are open.

  chunk(): FunctionBody {
    const body = this.newFunction(0);
    body.variadic = true;
    this.current = body;
    this.lexer.next();
    body.body = this.block();
    this.expect(END);
    body.endLine = this.lexer.lastLine;
    return body;
  }

  private block(): Block {
    const { active } = this;
    const before = this.scope.length;
    const statements = this.statements();
    this.scope.length = before;
    this.active = active;
    return statements;
  }

  private statements(): Statement[] {
    const statements: Statement[] = [];
    for (let last = false; !last && !this.endsBlock(); ) {
      this.enter();
      last = this.is('return') || this.is('break');
      statements.push(this.statement());
      this.accept(';');
      this.levels--;
    }
    return statements;
  }

  private endsBlock(): boolean {
    switch (this.lexer.token) {
      case 'else':
      case 'elseif':
      case 'end':
      case 'until':
      case END:
        return true;
      default:
        return false;
    }
  }

  // Statements.

  private statement(): Statement {
    const { line } = this.lexer;
    switch (this.lexer.token) {
      case 'if':
        return this.ifStatement(line);
      case 'while': {
        this.lexer.next();
        const condition = this.settled();
        this.take('do');
        const body = this.loop();
        this.takeMatch('end', 'while', line);
        return { type: 'while', line, condition, body };
      }
      case 'do': {
        this.lexer.next();
        const body = this.block();
        this.takeMatch('end', 'do', line);
        return { type: 'do', body };
      }
      case 'for':
        return this.forStatement(line);
      case 'repeat':
        return this.repeatStatement(line);
      case 'function':
        return this.functionStatement(line);
      case 'local':
        this.lexer.next();
        return this.accept('function') ? this.localFunction(line) : this.localStatement(line);
      case 'return': {
        this.lexer.next();
        const none = this.endsBlock() || this.is(';');
        return { type: 'return', line, values: none ? [] : this.settledAll() };
      }
      case 'break':
        this.lexer.next();
        if (this.loops === 0) throw this.lexer.error('no loop to break');
        return { type: 'break', line };
      default:
        return this.expressionStatement(line);
    }
  }

  private loop(): Block {
    this.loops++;
    const body = this.block();
    this.loops--;
    return body;
  }

  private ifStatement(line: number): Statement {
    const branches: Branch[] = [];
    do {
      const { line: at } = this.lexer;
      this.lexer.next();
      const condition = this.settled();
      this.take('then');
      branches.push({ line: at, condition, body: this.block() });
    } while (this.is('elseif'));
    const otherwise = this.accept('else') ? this.block() : null;
    this.takeMatch('end', 'if', line);
    return { type: 'if', branches, otherwise };
  }

  private repeatStatement(line: number): Statement {
    // The condition sees what the body declares.
    const { active } = this;
    const before = this.scope.length;
    this.lexer.next();
    this.loops++;
    const statements = this.statements();
    this.takeMatch('until', 'repeat', line);
    const { line: untilLine } = this.lexer;
    const condition = this.settled();
    this.loops--;
    this.scope.length = before;
    this.active = active;
    return { type: 'repeat', line, untilLine, body: statements, condition };
  }

  private forStatement(line: number): Statement {
    this.lexer.next();
    const name = this.name();
    let statement: Statement;
    if (this.is('=')) statement = this.numericFor(line, name);
    else if (this.is(',') || this.is('in')) statement = this.genericFor(line, name);
    else throw this.lexer.error("'=' or 'in' expected");
    this.takeMatch('end', 'for', line);
    return statement;
  }

  private numericFor(line: number, name: string): Statement {
    const local = this.newLocal(name, 3); // Lua: three more hold the state of the loop.
    this.lexer.next();
    const start = this.settled();
    this.take(',');
    const limit = this.settled();
    const step = this.accept(',') ? this.settled() : null;
    this.take('do');
    const { lastLine: doLine } = this.lexer;
    const body = this.forBody([local]);
    return { type: 'for', line, doLine, local, start, limit, step, body };
  }

  private genericFor(line: number, name: string): Statement {
    const locals = [this.newLocal(name, 3)];
    while (this.accept(',')) locals.push(this.newLocal(this.name(), 3 + locals.length));
    this.take('in');
    const values = this.settledAll();
    this.take('do');
    return { type: 'forIn', line, locals, values, body: this.forBody(locals) };
  }

  private forBody(locals: Local[]): Block {
    const { active } = this;
    const before = this.scope.length;
    this.active += 3;
    this.declare(locals);
    const body = this.loop();
    this.scope.length = before;
    this.active = active;
    return body;
  }

  private functionStatement(line: number): Statement {
    this.lexer.next();
    let target: Target = this.resolve(this.name());
    let method = false;
    while (!method && (this.is('.') || this.is(':'))) {
      this.settle(target);
      method = this.is(':');
      this.lexer.next();
      const key: Expression = { type: 'string', value: this.name() };
      target = { type: 'index', line: 0, object: target, key };
    }
    const body = this.functionBody(line, method);
    markAssigned(target);
    if (target.type !== 'localName') target.line = line;
    return { type: 'assign', line, targets: [target], values: [{ type: 'function', body }] };
  }

  private localFunction(line: number): Statement {
    const local = this.newLocal(this.name());
    this.declare([local]);
    return { type: 'localFunction', line, local, body: this.functionBody(line, false) };
  }

  private localStatement(line: number): Statement {
    const locals: Local[] = [];
    do locals.push(this.newLocal(this.name(), locals.length));
    while (this.accept(','));
    const values = this.accept('=') ? this.settledAll() : [];
    this.declare(locals);
    return { type: 'local', line, locals, values };
  }

  private expressionStatement(line: number): Statement {
    const first = this.suffixed();
    if (first.type === 'call' || first.type === 'method')
      return { type: 'call', line, call: first };
    const targets: Target[] = [];
    let next: Expression = first;
    for (;;) {
      if (next.type !== 'localName' && next.type !== 'global' && next.type !== 'index') {
        throw this.lexer.error('syntax error');
      }
      markAssigned(next);
      targets.push(next);
      if (!this.accept(',')) break;
      next = this.suffixed();
      const most = MOST_LEVELS - this.levels;
      if (targets.length > most) throw this.tooMany(this.current, most, 'variables in assignment');
    }
    this.take('=');
    const values = this.settledAll();
    for (const target of targets) this.settle(target);
    return { type: 'assign', line, targets, values };
  }

  // Expressions.

  // Lua makes code for a global or a field when it knows what it is wanted for, which is often one
  // word later; the line of that code is that of the last word read. So such expressions have no
  // line at first, and whoever uses one settles it.

  private settle(expression: Expression): void {
    if (expression.type !== 'global' && expression.type !== 'index') return;
    if (expression.line === 0) expression.line = this.lexer.lastLine;
  }

  private settled(): Expression {
    const expression = this.expression();
    this.settle(expression);
    return expression;
  }

  /** Expressions with commas; of the last one nothing is settled. */
  private expressions(): Expression[] {
    const all = [this.expression()];
    while (this.accept(',')) {
      this.settle(all[all.length - 1]);
      all.push(this.expression());
    }
    return all;
  }

  private settledAll(): Expression[] {
    const all = this.expressions();
    this.settle(all[all.length - 1]);
    return all;
  }

  /** An expression whose operators bind more tightly than a limit. */
  private expression(limit = 0): Expression {
    this.enter();
    let left = this.operand();
    for (;;) {
      const op = this.lexer.token;
      const priority = PRIORITY.get(op);
      if (priority === undefined || priority[0] <= limit) break;
      this.lexer.next();
      this.settle(left);
      const right = this.expression(priority[1]);
      this.settle(right);
      left = { type: 'binary', line: this.lexer.lastLine, op: op as BinaryOp, left, right };
    }
    this.levels--;
    return left;
  }

  private operand(): Expression {
    const { token } = this.lexer;
    if (token !== 'not' && token !== '-' && token !== '#') return this.simple();
    this.lexer.next();
    const operand = this.expression(UNARY_PRIORITY);
    this.settle(operand);
    return { type: 'unary', line: this.lexer.lastLine, op: token as UnaryOp, operand };
  }

  private simple(): Expression {
    const { lexer } = this;
    const { line } = lexer;
    switch (lexer.token) {
      case NUMBER: {
        const value = lexer.number;
        lexer.next();
        return { type: 'number', value };
      }
      case STRING: {
        const value = lexer.text;
        lexer.next();
        return { type: 'string', value };
      }
      case 'nil':
      case 'true':
      case 'false': {
        const type = lexer.token;
        lexer.next();
        return { type };
      }
      case '...':
        if (!this.current.variadic) throw lexer.error("cannot use '...' outside a vararg function");
        this.current.usesDots = true;
        lexer.next();
        return { type: 'dots' };
      case '{':
        return this.table();
      case 'function':
        lexer.next();
        return { type: 'function', body: this.functionBody(line, false) };
      default:
        return this.suffixed();
    }
  }

  private primary(): Expression {
    const { line } = this.lexer;
    if (this.is(NAME)) return this.resolve(this.name());
    if (!this.accept('(')) throw this.lexer.error('unexpected symbol');
    const inner = this.expression();
    this.takeMatch(')', '(', line);
    this.settle(inner);
    return { type: 'group', inner };
  }

  /** A name or a group, and what is indexed or called of it. */
  private suffixed(): Expression {
    let found = this.primary();
    for (;;) {
      const { lexer } = this;
      switch (lexer.token) {
        case '.': {
          this.settle(found);
          lexer.next();
          const key: Expression = { type: 'string', value: this.name() };
          found = { type: 'index', line: 0, object: ungrouped(found), key };
          break;
        }
        case '[': {
          this.settle(found);
          lexer.next();
          const key = ungrouped(this.settled());
          this.take(']');
          found = { type: 'index', line: 0, object: ungrouped(found), key };
          break;
        }
        case ':': {
          lexer.next();
          const name = this.name();
          this.settle(found);
          const { lastLine: selfLine, line } = lexer;
          found = { type: 'method', line, selfLine, object: found, name, args: this.args() };
          break;
        }
        case '(':
        case '{':
        case STRING: {
          this.settle(found);
          const { line } = lexer;
          found = { type: 'call', line, callee: found, args: this.args() } satisfies Call;
          break;
        }
        default:
          return found;
      }
    }
  }

  private args(): Expression[] {
    const { lexer } = this;
    const { line } = lexer;
    switch (lexer.token) {
      case '(': {
        if (line !== lexer.lastLine) {
          throw lexer.error('ambiguous syntax (function call x new statement)');
        }
        lexer.next();
        if (this.accept(')')) return [];
        const all = this.expressions();
        this.takeMatch(')', '(', line);
        this.settle(all[all.length - 1]);
        return all;
      }
      case '{':
        return [this.table()];
      case STRING: {
        const value = lexer.text;
        lexer.next();
        return [{ type: 'string', value }];
      }
      default:
        throw lexer.error('function arguments expected');
    }
  }

  private table(): Expression {
    const { line } = this.lexer;
    const items: TableItem[] = [];
    this.take('{');
    while (!this.is('}')) {
      if (items.length > 0) this.settle(items[items.length - 1].value);
      items.push(this.tableItem());
      if (!this.accept(',') && !this.accept(';')) break;
    }
    this.takeMatch('}', '{', line);
    if (items.length > 0) this.settle(items[items.length - 1].value);
    return { type: 'table', items };
  }

  private tableItem(): TableItem {
    let key: Expression | null = null;
    if (this.is(NAME) && this.lexer.peek() === '=') {
      key = { type: 'string', value: this.name() };
      this.lexer.next();
    } else if (this.accept('[')) {
      key = this.settled();
      this.take(']');
      this.take('=');
    }
    const value = this.expression();
    if (key !== null) this.settle(value);
    return { line: this.lexer.lastLine, key, value };
  }

  private functionBody(line: number, method: boolean): FunctionBody {
    const { current, active, loops } = this;
    const before = this.scope.length;
    const body = this.newFunction(line);
    this.current = body;
    this.active = 0;
    this.loops = 0;
    if (method) body.parameters.push(this.newLocal('self'));
    this.take('(');
    this.parameters(body);
    this.take(')');
    this.declare(body.parameters);
    if (body.argTable !== null) this.declare([body.argTable]);
    body.body = this.block();
    body.endLine = this.lexer.line;
    this.takeMatch('end', 'function', line);
    this.scope.length = before;
    this.active = active;
    this.loops = loops;
    this.current = current;
    return body;
  }

  private parameters(body: FunctionBody): void {
    if (this.is(')')) return;
    do {
      if (this.accept('...')) {
        body.variadic = true;
        body.argTable = this.newLocal('arg', body.parameters.length);
        return;
      }
      if (!this.is(NAME)) throw this.lexer.error("<name> or '...' expected");
      body.parameters.push(this.newLocal(this.name(), body.parameters.length));
    } while (this.accept(','));
  }
}

/** A constant in parentheses is a constant. */
function ungrouped(expression: Expression): Expression {
  let inner = expression;
  while (inner.type === 'group') inner = inner.inner;
  return inner.type === 'string' || inner.type === 'localName' ? inner : expression;
}

function markAssigned(target: Expression): void {
  if (target.type === 'localName') target.local.assigned = true;
}
