// Expressions of Lua by chance.
//
// Most of them suit what they are wanted for, so that programs get somewhere; one in a dozen does
// not, so that there is something to complain about. Variables are drawn from those that can be
// seen where the expression stands.

import type { Chance } from '../protocol/real.ts';

export type Kind = 'number' | 'string' | 'boolean' | 'table' | 'function' | 'any';

export type Variable = { readonly name: string; readonly kind: Kind };

const KINDS: readonly Kind[] = ['number', 'string', 'boolean', 'table', 'function'];

const SIMPLE: readonly Kind[] = ['number', 'string', 'boolean'];
const NAMES = ['a', 'b', 'c', 'd', 'x', 'y', 'z', 'self', 'arg', 'i', 'v', 'it'];
const FIELDS = ['a', 'b', 'x', 'n', 'name', 'name', '__index'];

const NUMBERS = [
  ...['0', '1', '2', '3', '-1', '10', '0.5', '-2.5', '1e3', '0x10', '7', '255', '1e15', '1e100'],
  ...['.1', '3.', '1e-7', '2^53', '(1/0)', '(-1/0)', '123456789012345678', '0xff', '5e-324'],
];

const STRINGS = [
  ...['""', '"a"', "'b'", '"10"', '"0x10"', '" 5 "', '"1e1"', '"x y"', '[[long]]', '"abc"'],
  ...['"\\n"', '"\\0z"', '"\\200\\255"', '"-"', '"inf"', '"a,b,c"', '"key=value"', '"1 2"'],
  ...['[==[\n]]]==]', '"%d"', '"tail\\\n"', '"3.0"', '"-0"', '"1e400"', '"0x"', '"hello world"'],
];

const METHODS = ['upper', 'lower', 'reverse', 'len'];

const PATTERNS = [
  ...['"."', '"%w+"', '"[^,]*"', '"(%w)(%w*)"', '"l+"', '"^a"', '"%s"', '"()"', '"(.)-"', '"b*"'],
  ...['"%b()"', '"%f[%w]%w+"', '"[a-c]"', '"%"', '"("', '"[a"', '"(%w+)=(%w+)"', '"%1"', '"(a)%1"'],
];

const FORMATS = [
  ...['"%d"', '"%5.1f"', '"%s"', '"%q"', '"%x"', '"%g"', '"%c"', '"%5s|"', '"%-5s|"', '"%.3s"'],
  ...['"%e"', '"%i %s"', '"%%"', '"%y"', '"%"', '"%05d"', '"%+d"', '"%.14g"', '"%u"', '"%o"'],
];

export class Words {
  readonly chance: Chance;
  /** What can be seen, the innermost last. */
  readonly scope: Variable[] = [];
  /** Whether `...` may be used here. */
  dots = true;
  /** Code of a function, which statements are needed for. */
  protected body: (parameters: readonly string[], depth: number) => string = () => '';

  constructor(chance: Chance) {
    this.chance = chance;
  }

  protected below(n: number): number {
    return this.chance.below(n);
  }

  protected rarely(n: number): boolean {
    return this.chance.below(n) === 0;
  }

  protected one(of: readonly string[]): string {
    return this.chance.one(of);
  }

  kind(): Kind {
    return this.chance.one(KINDS);
  }

  name(): string {
    return this.one(NAMES);
  }

  field(): string {
    return this.one(FIELDS);
  }

  /** Several expressions, with commas. */
  list(most: number, depth: number): string {
    const all = Array.from({ length: this.below(most + 1) }, () => this.any(depth));
    if (this.dots && this.rarely(6)) all.push('...');
    return all.join(', ');
  }

  any(depth: number): string {
    if (this.rarely(12)) return 'nil';
    return this.expression(this.kind(), depth);
  }

  expression(kind: Kind, depth: number): string {
    if (kind === 'any') return this.any(depth);
    if (this.rarely(12)) return this.any(depth - 1);
    const seen = this.scope.filter((each) => each.kind === kind);
    if (seen.length > 0 && this.rarely(2)) return this.chance.one(seen).name;
    if (this.rarely(14) && this.scope.length > 0) return this.chance.one(this.scope).name;
    if (depth <= 0) return this.plain(kind);
    if (this.rarely(7)) return this.shaped(kind, depth - 1);
    switch (kind) {
      case 'number':
        return this.number(depth - 1);
      case 'string':
        return this.string(depth - 1);
      case 'boolean':
        return this.truth(depth - 1);
      case 'table':
        return this.table(depth - 1);
      default:
        return this.function(depth - 1);
    }
  }

  /** What may have values of any kind: a choice, a group, a call, a field. */
  private shaped(kind: Kind, depth: number): string {
    switch (this.below(8)) {
      case 0:
        return `(${this.expression(kind, depth)})`;
      case 1:
        return `${this.truth(depth)} and ${this.expression(kind, depth)}`;
      case 2:
        return `(${this.expression('boolean', depth)} or ${this.expression(kind, depth)})`;
      case 3:
        return `${this.prefix('table', depth)}.${this.field()}`;
      case 4:
        return `${this.prefix('table', depth)}[ ${this.any(depth)}]`;
      case 5:
        return `${this.prefix('function', depth)}(${this.list(2, depth)})`;
      case 6:
        return `${this.prefix('table', depth)}:${this.field()}(${this.list(2, depth)})`;
      default:
        return `(select(${this.one(['1', '2', '-1', '"#"'])}, ${this.any(depth)}, nil))`;
    }
  }

  /** What may stand in front of a dot, a bracket or a parenthesis. */
  prefix(kind: Kind, depth: number): string {
    const seen = this.scope.filter((each) => each.kind === kind);
    if (seen.length > 0 && !this.rarely(5)) return this.chance.one(seen).name;
    if (kind === 'table' && this.rarely(3)) return this.one(['string', 'math', 'KEYS', 'ARGV']);
    return `(${this.expression(kind, depth)})`;
  }

  plain(kind: Kind): string {
    switch (kind) {
      case 'number':
        return this.one(NUMBERS);
      case 'string':
        return this.one(STRINGS);
      case 'boolean':
        return this.one(['true', 'false', 'nil', 'not nil']);
      case 'table':
        return this.one(['{}', '{1, 2, 3}', '{x = 1}', '{"a", "b", n = 2}', '{{}}', 'KEYS']);
      case 'function':
        return this.one(['cut', 'type', 'tonumber', 'next', 'unpack', 'rawget', 'say']);
      default:
        return this.dots && this.rarely(2) ? '...' : 'nil';
    }
  }

  private number(depth: number): string {
    const sub = () => this.expression(this.rarely(8) ? 'string' : 'number', depth);
    switch (this.below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return `${this.operation(sub)}`;
      case 5:
        return `(${this.operation(sub)})`;
      case 6:
        return `- ${sub()}`;
      case 7:
        return `#${this.expression(this.rarely(2) ? 'string' : 'table', depth)}`;
      case 8:
        return `math.${this.one(['floor', 'abs', 'ceil', 'sqrt', 'huge'])}(${sub()})`;
      case 9:
        return `math.${this.one(['max', 'min', 'fmod', 'modf'])}(${sub()}, ${sub()})`;
      case 10:
        return `tonumber(${this.expression('string', depth)}${this.one(['', '', ', 16', ', 2'])})`;
      case 11:
        return `select("#", ${this.any(depth)})`;
      case 12:
        return `bit.${this.one(['band', 'bor', 'bxor', 'lshift'])}(${sub()}, ${sub()})`;
      default:
        return `${this.expression('string', depth)} ${this.one(['+', '*', '-'])} ${sub()}`;
    }
  }

  private operation(operand: () => string): string {
    // Of other powers, C's last digit is not always ours.
    if (this.rarely(8)) return `${operand()} ^ ${this.one(['2', '3', '-1', '"2"', '0', '{}'])}`;
    return `${operand()} ${this.one(['+', '-', '*', '/', '%'])} ${operand()}`;
  }

  private string(depth: number): string {
    const sub = () => this.expression(this.rarely(6) ? 'number' : 'string', depth);
    const small = () => this.one(['1', '2', '-1', '0', '3', '-3', '1.5', '"2"', 'nil']);
    switch (this.below(13)) {
      case 0:
      case 1:
      case 2:
        return `${sub()} .. ${sub()}`;
      case 3:
        return `(${sub()} .. ${sub()} .. ${sub()})`;
      case 4:
        return `tostring(${this.simple(depth)})`;
      case 5:
        return `${this.prefix('string', depth)}:${this.one(METHODS)}()`;
      case 6:
        return `${this.prefix('string', depth)}:sub(${small()}, ${small()})`;
      case 7:
        return `string.rep(${sub()}, ${small()})`;
      case 8:
        return `string.format(${this.one(FORMATS)}, ${this.simple(depth)}, ${this.simple(depth)})`;
      case 9:
        return this.substitution(depth);
      case 10:
        return `string.${this.one(['find', 'match'])}(${sub()}, ${this.one(PATTERNS)})`;
      case 11:
        return `table.concat(${this.expression('table', depth)}, ${sub()})`;
      default:
        return `type(${this.any(depth)})`;
    }
  }

  /** What tostring() says the same of every time. */
  private simple(depth: number): string {
    if (depth <= 0 || this.rarely(3)) return this.plain(this.chance.one(SIMPLE));
    switch (this.below(3)) {
      case 0:
        return this.number(depth - 1);
      case 1:
        return this.string(depth - 1);
      default:
        return `not ${this.any(depth - 1)}`;
    }
  }

  private substitution(depth: number): string {
    const text = this.prefix('string', depth);
    return `${text}:gsub(${this.one(PATTERNS)}, ${this.replacement(depth)})`;
  }

  private replacement(depth: number): string {
    switch (this.below(4)) {
      case 0:
        return this.one(['"<%0>"', '"%1"', '"%2"', '""', '"%"', '"%%"']);
      case 1:
        return this.expression('table', depth);
      case 2:
        return this.expression('function', depth);
      default:
        return this.expression('string', depth);
    }
  }

  truth(depth: number): string {
    const kind = this.rarely(3) ? this.kind() : this.rarely(2) ? 'number' : 'string';
    const other = this.rarely(10) ? this.kind() : kind;
    switch (this.below(8)) {
      case 0:
        return `not ${this.any(depth)}`;
      case 1:
        return `(${this.any(depth)} ${this.one(['and', 'or'])} ${this.any(depth)})`;
      case 2:
        return `rawequal(${this.any(depth)}, ${this.any(depth)})`;
      case 3:
        return `${this.any(depth)} ${this.one(['==', '~='])} ${this.any(depth)}`;
      default: {
        const op = this.one(['<', '<=', '>', '>=', '==', '~=']);
        return `${this.expression(kind, depth)} ${op} ${this.expression(other, depth)}`;
      }
    }
  }

  private table(depth: number): string {
    if (this.rarely(6)) return `setmetatable(${this.table(depth)}, ${this.metatable(depth)})`;
    const items: string[] = [];
    for (let left = this.below(5); left > 0; left--) {
      switch (this.below(4)) {
        case 0:
          items.push(`${this.field()} = ${this.any(depth)}`);
          break;
        case 1:
          items.push(`[ ${this.plain(this.rarely(3) ? 'number' : 'string')}] = 1`);
          break;
        default:
          items.push(this.any(depth));
      }
    }
    if (this.dots && this.rarely(5)) items.push('...');
    const last = items.length > 0 ? this.one(['', '', ',']) : '';
    return `{${items.join(this.one([', ', '; ']))}${last}}`;
  }

  /** A table of metamethods, some of them no functions. */
  metatable(depth: number): string {
    const events: string[] = [];
    for (let left = 1 + this.below(4); left > 0; left--) {
      const event = this.one([
        ...['index', 'newindex', 'call', 'eq', 'lt', 'le', 'concat', 'unm', 'add', 'sub', 'mul'],
        ...['div', 'mod', 'pow', 'len', 'tostring', 'index', 'call', 'add', 'concat', 'lt', 'le'],
      ]);
      const handler = this.rarely(5) ? this.any(depth) : this.body(['a', 'b', 'c'], depth);
      events.push(`__${event} = ${handler}`);
    }
    if (this.rarely(6)) events.push(`__metatable = ${this.any(depth)}`);
    return `{${events.join(', ')}}`;
  }

  function(depth: number): string {
    const parameters: string[] = [];
    for (let left = this.below(3); left > 0; left--) parameters.push(this.name());
    if (this.rarely(4)) parameters.push('...');
    return this.body(parameters, depth);
  }
}
