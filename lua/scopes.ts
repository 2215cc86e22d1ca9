// What a parser does with words and names: it takes the words that have to come, and knows which
// variable a name means where it stands.

import type { FunctionBody, Local, Target } from './ast.ts';
import type { LuaSyntaxError } from './errors.ts';
import { Lexer, NAME } from './lexer.ts';

/** How many statements and expressions may be inside of each other. */
export const MOST_LEVELS = 200;
const MOST_LOCALS = 200;
const MOST_UPVALUES = 60;

export abstract class Scopes {
  protected readonly lexer: Lexer;
  protected levels = 0;
  protected scope: Local[] = []; // What can be seen, of all functions; the last one wins.
  protected active = 0; // How many of those are the present function's.
  protected current!: FunctionBody;

  constructor(source: string, chunk: string) {
    this.lexer = new Lexer(source, chunk);
  }

  // Tokens.

  protected is(token: string): boolean {
    return this.lexer.token === token;
  }

  protected accept(token: string): boolean {
    if (!this.is(token)) return false;
    this.lexer.next();
    return true;
  }

  protected expect(token: string): void {
    if (!this.is(token)) throw this.lexer.error(`'${token}' expected`);
  }

  protected take(token: string): void {
    this.expect(token);
    this.lexer.next();
  }

  /** The end of what began with a word on a line. */
  protected takeMatch(token: string, opener: string, line: number): void {
    if (this.accept(token)) return;
    if (line === this.lexer.line) throw this.lexer.error(`'${token}' expected`);
    throw this.lexer.error(`'${token}' expected (to close '${opener}' at line ${line})`);
  }

  protected name(): string {
    this.expect(NAME);
    const { text } = this.lexer;
    this.lexer.next();
    return text;
  }

  protected enter(): void {
    if (++this.levels > MOST_LEVELS) {
      throw this.lexer.plainError('chunk has too many syntax levels');
    }
  }

  // Scopes.

  protected newFunction(line: number): FunctionBody {
    const parent = this.current ?? null;
    return {
      ...{ line, endLine: line, parent, parameters: [], variadic: false, usesDots: false },
      argTable: null,
      ...{ body: [], locals: 0, upvalues: new Set<Local>() },
    };
  }

  /** Makes a variable, which is to be seen from declare() on. */
  protected newLocal(name: string, beside = 0): Local {
    if (this.active + beside + 1 > MOST_LOCALS) {
      throw this.tooMany(this.current, MOST_LOCALS, 'local variables');
    }
    const { current } = this;
    return { name, id: current.locals++, owner: current, captured: false, assigned: false };
  }

  protected declare(locals: readonly Local[]): void {
    this.scope.push(...locals);
    this.active += locals.length;
  }

  protected tooMany(body: FunctionBody, most: number, what: string): LuaSyntaxError {
    const where = body.line === 0 ? 'main function' : `function at line ${body.line}`;
    return this.lexer.plainError(`${where} has more than ${most} ${what}`);
  }

  protected resolve(name: string): Target {
    for (let i = this.scope.length - 1; i >= 0; i--) {
      const local = this.scope[i];
      if (local.name !== name) continue;
      if (local.owner !== this.current) this.capture(local);
      return { type: 'localName', local };
    }
    return { type: 'global', line: 0, name };
  }

  /** Lets every function between here and the variable's own have it as an upvalue. */
  protected capture(local: Local): void {
    local.captured = true;
    for (let body = this.current; body !== local.owner; body = body.parent!) {
      body.upvalues.add(local);
      if (body.upvalues.size > MOST_UPVALUES) throw this.tooMany(body, MOST_UPVALUES, 'upvalues');
    }
  }
}
