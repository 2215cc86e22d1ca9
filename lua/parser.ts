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
import { END, Lexer, NAME, NUMBER, STRING } from './lexer.ts';
import type { LuaSyntaxError } from './errors.ts';

const MOST_LEVELS = 200;
const MOST_LOCALS = 200;
const MOST_UPVALUES = 60;

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

class Parser {
  private readonly lexer: Lexer;
  private levels = 0;
  private loops = 0; // How many of the present function are open.
  private scope: Local[] = []; // What can be seen, of all functions; the last one wins.
  private active = 0; // How many of those are the present function's.
  private current!: FunctionBody;

  constructor(source: string, chunk: string) {
    this.lexer = new Lexer(source, chunk);
  }

  chunk(): FunctionBody {
    const body = this.newFunction(0);
    body.variadic = true;
    this.current = body;
    this.lexer.next();
    body.body = this.block();
    this.expect(END);
    body.endLine = this.lexer.line;
    return body;
  }

  // Tokens.

  private is(token: string): boolean {
    return this.lexer.token === token;
  }

  private accept(token: string): boolean {
    if (!this.is(token)) return false;
    this.lexer.next();
    return true;
  }

  private expect(token: string): void {
    if (!this.is(token)) throw this.lexer.error(`'${token}' expected`);
  }

  private take(token: string): void {
    this.expect(token);
    this.lexer.next();
  }

  /** The end of what began with a word on a line. */
  private takeMatch(token: string, opener: string, line: number): void {
    if (this.accept(token)) return;
    if (line === this.lexer.line) throw this.lexer.error(`'${token}' expected`);
    throw this.lexer.error(`'${token}' expected (to close '${opener}' at line ${line})`);
  }

  private name(): string {
    this.expect(NAME);
    const { text } = this.lexer;
    this.lexer.next();
    return text;
  }

  private enter(): void {
    if (++this.levels > MOST_LEVELS) {
      throw this.lexer.plainError('chunk has too many syntax levels');
    }
  }

  // Scopes.

  private newFunction(line: number): FunctionBody {
    const parent = this.current ?? null;
    return {
      ...{ line, endLine: line, parent, parameters: [], variadic: false, usesDots: false },
      argTable: null,
      ...{ body: [], locals: 0, upvalues: new Set<Local>() },
    };
  }

  /** Makes a variable, which is to be seen from declare() on. */
  private newLocal(name: string, beside = 0): Local {
    if (this.active + beside + 1 > MOST_LOCALS) {
      throw this.tooMany(this.current, MOST_LOCALS, 'local variables');
    }
    const { current } = this;
    return { name, id: current.locals++, owner: current, captured: false, assigned: false };
  }

  private declare(locals: readonly Local[]): void {
    this.scope.push(...locals);
    this.active += locals.length;
  }

  private tooMany(body: FunctionBody, most: number, what: string): LuaSyntaxError {
    const where = body.line === 0 ? 'main function' : `function at line ${body.line}`;
    return this.lexer.plainError(`${where} has more than ${most} ${what}`);
  }

  private resolve(name: string, line: number): Target {
    for (let i = this.scope.length - 1; i >= 0; i--) {
      const local = this.scope[i];
      if (local.name !== name) continue;
      if (local.owner !== this.current) this.capture(local);
      return { type: 'localName', line, local };
    }
    return { type: 'global', line, name };
  }

  /** Lets every function between here and the variable's own have it as an upvalue. */
  private capture(local: Local): void {
    local.captured = true;
    for (let body = this.current; body !== local.owner; body = body.parent!) {
      body.upvalues.add(local);
      if (body.upvalues.size > MOST_UPVALUES) throw this.tooMany(body, MOST_UPVALUES, 'upvalues');
    }
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
        const condition = this.expression();
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
        return { type: 'return', line, values: none ? [] : this.expressions() };
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
      const condition = this.expression();
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
    const condition = this.expression();
    this.loops--;
    this.scope.length = before;
    this.active = active;
    return { type: 'repeat', line, body: statements, condition };
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
    const start = this.expression();
    this.take(',');
    const limit = this.expression();
    const step = this.accept(',') ? this.expression() : null;
    return { type: 'for', line, local, start, limit, step, body: this.forBody([local]) };
  }

  private genericFor(line: number, name: string): Statement {
    const locals = [this.newLocal(name, 3)];
    while (this.accept(',')) locals.push(this.newLocal(this.name(), 3 + locals.length));
    this.take('in');
    const values = this.expressions();
    return { type: 'forIn', line, locals, values, body: this.forBody(locals) };
  }

  private forBody(locals: Local[]): Block {
    this.take('do');
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
    const { line: at } = this.lexer;
    let target: Target = this.resolve(this.name(), at);
    let method = false;
    while (!method && (this.is('.') || this.is(':'))) {
      method = this.is(':');
      this.lexer.next();
      const key: Expression = { type: 'string', line: at, value: this.name() };
      target = { type: 'index', line: at, object: target, key };
    }
    const body = this.functionBody(line, method);
    markAssigned(target);
    return { type: 'assign', line, targets: [target], values: [{ type: 'function', line, body }] };
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
    const values = this.accept('=') ? this.expressions() : [];
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
    return { type: 'assign', line, targets, values: this.expressions() };
  }

  // Expressions.

  private expressions(): Expression[] {
    const all = [this.expression()];
    while (this.accept(',')) all.push(this.expression());
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
      const { line } = this.lexer;
      this.lexer.next();
      const right = this.expression(priority[1]);
      left = { type: 'binary', line, op: op as BinaryOp, left, right };
    }
    this.levels--;
    return left;
  }

  private operand(): Expression {
    const { token, line } = this.lexer;
    if (token !== 'not' && token !== '-' && token !== '#') return this.simple();
    this.lexer.next();
    const operand = this.expression(UNARY_PRIORITY);
    return { type: 'unary', line, op: token as UnaryOp, operand };
  }

  private simple(): Expression {
    const { lexer } = this;
    const { line } = lexer;
    switch (lexer.token) {
      case NUMBER: {
        const value = lexer.number;
        lexer.next();
        return { type: 'number', line, value };
      }
      case STRING: {
        const value = lexer.text;
        lexer.next();
        return { type: 'string', line, value };
      }
      case 'nil':
      case 'true':
      case 'false': {
        const type = lexer.token;
        lexer.next();
        return { type, line };
      }
      case '...':
        if (!this.current.variadic) throw lexer.error("cannot use '...' outside a vararg function");
        this.current.usesDots = true;
        lexer.next();
        return { type: 'dots', line };
      case '{':
        return this.table();
      case 'function':
        lexer.next();
        return { type: 'function', line, body: this.functionBody(line, false) };
      default:
        return this.suffixed();
    }
  }

  private primary(): Expression {
    const { line } = this.lexer;
    if (this.is(NAME)) return this.resolve(this.name(), line);
    if (!this.accept('(')) throw this.lexer.error('unexpected symbol');
    const inner = this.expression();
    this.takeMatch(')', '(', line);
    return { type: 'group', line, inner };
  }

  /** A name or a group, and what is indexed or called of it. */
  private suffixed(): Expression {
    let found = this.primary();
    for (;;) {
      const { line } = this.lexer;
      switch (this.lexer.token) {
        case '.': {
          this.lexer.next();
          const key: Expression = { type: 'string', line, value: this.name() };
          found = { type: 'index', line, object: found, key };
          break;
        }
        case '[': {
          this.lexer.next();
          const key = this.expression();
          this.take(']');
          found = { type: 'index', line, object: found, key };
          break;
        }
        case ':': {
          this.lexer.next();
          const name = this.name();
          found = { type: 'method', line, object: found, name, args: this.args() };
          break;
        }
        case '(':
        case '{':
        case STRING:
          found = { type: 'call', line, callee: found, args: this.args() } satisfies Call;
          break;
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
        return all;
      }
      case '{':
        return [this.table()];
      case STRING: {
        const value = lexer.text;
        lexer.next();
        return [{ type: 'string', line, value }];
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
      items.push(this.tableItem());
      if (!this.accept(',') && !this.accept(';')) break;
    }
    this.takeMatch('}', '{', line);
    return { type: 'table', line, items };
  }

  private tableItem(): TableItem {
    const { line } = this.lexer;
    let key: Expression | null = null;
    if (this.is(NAME) && this.lexer.peek() === '=') {
      key = { type: 'string', line, value: this.name() };
      this.lexer.next();
    } else if (this.accept('[')) {
      key = this.expression();
      this.take(']');
      this.take('=');
    }
    return { line, key, value: this.expression() };
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

function markAssigned(target: Expression): void {
  if (target.type === 'localName') target.local.assigned = true;
}
