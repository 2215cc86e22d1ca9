// Programs of Lua by chance: whatever the language has, in every place where it may stand.
//
// A program is given say(), turn() and cut(). It calls say() with what it sees, which is written
// down: numbers by their digits, tables in the order of pairs(). It always ends, because every loop
// and every function begins with turn(), which is an error when it was called too often.

import type { Chance } from '../protocol/real.ts';
import { type Kind, type Variable, Words } from './program-words.ts';

/** A script that runs its arguments, programs, and returns what each of them said. */
export const DRIVER = `
local said, turns
local function turn() turns = turns + 1 if turns > 300 then error('enough', 0) end end
local function dump(v, depth)
  local kind = type(v)
  if v ~= v then return 'nan' end
  if kind == 'number' then return string.format('%.17g', v) end
  if kind == 'string' then return #v < 300 and #v .. ':' .. v or #v .. ':' .. v:sub(1, 300) end
  if kind ~= 'table' then return kind == 'boolean' and tostring(v) or kind end
  if depth > 3 then return '{...}' end
  local entries, unordered = {}, false
  for key, value in next, v do
    if #entries > 50 then break end
    if type(key) ~= 'string' and type(key) ~= 'number' then unordered = true end
    entries[#entries + 1] = dump(key, depth + 1) .. '=' .. dump(value, depth + 1)
  end
  if unordered then table.sort(entries) end
  return '{' .. table.concat(entries, ',') .. '}'
end
local function say(...)
  local parts = {}
  for i = 1, select('#', ...) do parts[i] = dump((select(i, ...)), 0) end
  said[#said + 1] = table.concat(parts, ' ')
  return ...
end
local function cut(v)
  if type(v) == 'string' and #v > 300 then return v:sub(1, 300) end
  return v
end
local all = {}
for i, program in ipairs(ARGV) do
  said, turns = {}, 0
  local f, problem = loadstring(program, '=user_script')
  if f then
    local fine, result = pcall(f, say, turn, cut)
    said[#said + 1] = fine and 'done' or dump(result, 0)
  end
  all[i] = table.concat(said, '|') .. (problem or '')
end
return all`;

/** What programs begin with. */
export const HEAD = 'local say, turn, cut = ... local KEYS, ARGV = {}, {"a", 2}';

export class ProgramMaker extends Words {
  private loops = 0;
  private counter = 0;

  constructor(chance: Chance) {
    super(chance);
    this.body = (parameters, depth) => this.functionOf(parameters, depth);
  }

  /** The statements of a program, a line or more each. */
  program(): string[] {
    this.scope.length = 0;
    this.loops = 0;
    this.counter = 0;
    this.dots = true;
    const statements: string[] = [];
    for (let left = 1 + this.below(4); left > 0; left--) statements.push(this.guarded(3));
    return statements;
  }

  private fresh(letter: string): string {
    return `${letter}${++this.counter}`;
  }

  /** A statement of the program, most of them so that their error does not end it. */
  private guarded(depth: number): string {
    if (this.rarely(4)) return this.apart(depth);
    const before = this.scope.length;
    const { dots, loops } = this;
    this.dots = false;
    this.loops = 0;
    const body = this.block(depth, 1 + this.below(3));
    const last = this.rarely(2) ? `\nreturn ${this.list(3, 2)}` : '';
    this.scope.length = before;
    this.dots = dots;
    this.loops = loops;
    return `say(pcall(function()\n${body}${last}\nend))`;
  }

  /** Statements whose variables end with them. */
  private block(depth: number, count: number): string {
    const before = this.scope.length;
    const lines: string[] = [];
    for (let left = count; left > 0; left--) lines.push(this.apart(depth));
    if (this.rarely(8)) lines.push(this.ending(depth));
    this.scope.length = before;
    return lines.join('\n');
  }

  private ending(depth: number): string {
    if (this.loops > 0 && this.rarely(2)) return 'break';
    return `do return ${this.list(3, depth)} end`;
  }

  /** A statement that the one before it cannot be the beginning of. */
  private apart(depth: number): string {
    const code = this.statement(depth);
    return code.startsWith('(') ? `do ${code} end` : code;
  }

  private statement(depth: number): string {
    if (depth <= 0) return this.saying(1);
    switch (this.below(20)) {
      case 0:
      case 1:
      case 2:
        return this.local(depth);
      case 3:
      case 4:
        return this.assignment(depth);
      case 5:
        return this.choice(depth);
      case 6:
        return this.while(depth);
      case 7:
        return this.repeat(depth);
      case 8:
        return this.counting(depth);
      case 9:
        return this.traversal(depth);
      case 10:
      case 11:
        return this.definition(depth);
      case 12:
        return this.coroutine(depth);
      case 13:
        return this.protectedCall(depth);
      case 14:
        return this.closures(depth);
      case 15:
        return this.library(depth);
      case 16:
        return `do\n${this.block(depth - 1, 1 + this.below(2))}\nend`;
      default:
        return this.saying(depth);
    }
  }

  private saying(depth: number): string {
    if (this.rarely(5)) return `${this.prefix('function', depth)}(${this.list(3, depth)})`;
    if (this.rarely(8))
      return `${this.prefix('table', depth)}:${this.field()}(${this.list(2, depth)})`;
    return `say(${this.list(3, depth)})`;
  }

  private see(name: string, kind: Kind): Variable {
    const variable = { name, kind };
    this.scope.push(variable);
    return variable;
  }

  private local(depth: number): string {
    const kinds = Array.from({ length: 1 + this.below(3) }, () => this.kind());
    if (this.rarely(2)) kinds.length = 1;
    const names = kinds.map(() => this.name());
    const values = kinds.map((kind) => this.expression(kind, depth));
    if (this.rarely(6)) values.pop();
    if (this.rarely(8)) values.push(this.any(1));
    if (this.rarely(6)) values[Math.max(0, values.length - 1)] = this.call(depth);
    kinds.forEach((kind, i) => {
      this.see(names[i], kind);
    });
    return `local ${names.join(', ')}${values.length > 0 ? ` = ${values.join(', ')}` : ''}`;
  }

  private call(depth: number): string {
    return `${this.prefix('function', depth - 1)}(${this.list(2, depth - 1)})`;
  }

  private target(depth: number): string {
    const seen = this.scope.filter(({ name }) => name !== 'say');
    switch (this.below(4)) {
      case 0:
        return `${this.prefix('table', depth)}.${this.field()}`;
      case 1: {
        // In which order keys are that have an address is not to be foreseen.
        const key = this.rarely(8) ? this.one(['nil', '0/0']) : this.plain(this.kind());
        return `${this.prefix('table', depth)}[ ${/^[{a-z]/.test(key) ? '1' : key}]`;
      }
      default:
        return seen.length === 0 ? 'unknown' : this.chance.one(seen).name;
    }
  }

  private assignment(depth: number): string {
    const targets = Array.from({ length: this.rarely(3) ? 1 + this.below(3) : 1 }, () =>
      this.target(1),
    );
    const values = targets.map(() => `cut(${this.any(depth)})`);
    if (this.rarely(8)) values.pop();
    if (values.length === 0 || this.rarely(6)) values.push(this.call(depth));
    return `${targets.join(', ')} = ${values.join(', ')}`;
  }

  private choice(depth: number): string {
    let code = `if ${this.expression('boolean', 2)} then\n${this.block(depth - 1, 1)}`;
    for (let left = this.below(3); left > 0; left--) {
      code += `\nelseif ${this.truth(2)} then\n${this.block(depth - 1, 1)}`;
    }
    if (this.rarely(2)) code += `\nelse\n${this.block(depth - 1, 1)}`;
    return `${code}\nend`;
  }

  private looping(depth: number): string {
    this.loops++;
    const body = this.block(depth - 1, 1 + this.below(2));
    this.loops--;
    return body;
  }

  private while(depth: number): string {
    const count = this.fresh('n');
    const head = `local ${count} = 0\nwhile ${count} < ${this.below(4)}`;
    const also = this.rarely(3) ? ` and ${this.truth(1)}` : '';
    return `${head}${also} do turn() ${count} = ${count} + 1\n${this.looping(depth)}\nend`;
  }

  private repeat(depth: number): string {
    const before = this.scope.length;
    const name = this.name();
    const count = this.fresh('n');
    this.see(name, 'number');
    const body = this.looping(depth);
    const until = this.rarely(3) ? this.truth(1) : `${name} > ${this.below(3)}`;
    this.scope.length = before;
    const head = `local ${count} = 0\nrepeat turn() ${count} = ${count} + 1`;
    return `${head} local ${name} = ${count}\n${body}\nuntil ${until} or ${count} > 4`;
  }

  private counting(depth: number): string {
    const before = this.scope.length;
    const name = this.name();
    const bounds = [this.one(['1', '3', '"1"', '0.5', '-1']), this.one(['3', '1', '2.5', '"2"'])];
    if (this.rarely(5)) bounds[this.below(2)] = this.expression('number', 1);
    if (this.rarely(2)) bounds.push(this.one(['1', '-1', '0.5', '"1"', '2', '-0.25', '{}', 'nil']));
    this.see(name, 'number');
    const body = this.looping(depth);
    this.scope.length = before;
    return `for ${name} = ${bounds.join(', ')} do turn()\n${body}\nend`;
  }

  private traversal(depth: number): string {
    const before = this.scope.length;
    const names = [this.name(), this.name(), this.name()].slice(0, 1 + this.below(3));
    const over = this.traversed(depth);
    for (const name of names) this.see(name, this.rarely(2) ? 'number' : 'string');
    const body = this.looping(depth);
    this.scope.length = before;
    return `for ${names.join(', ')} in ${over} do turn()\n${body}\nend`;
  }

  private traversed(depth: number): string {
    const table = this.expression('table', depth - 1);
    switch (this.below(7)) {
      case 0:
      case 1:
        return `pairs(${table})`;
      case 2:
        return `ipairs(${table})`;
      case 3:
        return `next, ${table}${this.one(['', ', nil', ', 1', ', "x"'])}`;
      case 4:
        return `string.gmatch(${this.expression('string', 1)}, ${this.one(['"%w"', '"(.)(.)"'])})`;
      case 5:
        return `coroutine.wrap(${this.yielding(depth - 1)})`;
      default:
        return `${this.function(depth - 1)}, ${this.plain(this.kind())}`;
    }
  }

  /** The code of a function with parameters of these names. */
  private functionOf(parameters: readonly string[], depth: number, self = false): string {
    const before = this.scope.length;
    const { loops, dots } = this;
    this.loops = 0;
    this.dots = parameters.includes('...');
    if (self) this.see('self', 'table');
    for (const name of parameters) {
      if (name !== '...') this.see(name, this.rarely(2) ? 'number' : this.kind());
      else if (this.rarely(2)) this.see('arg', 'table');
    }
    let code = 'turn()';
    if (depth > 0 && this.rarely(2)) code += `\n${this.block(depth - 1, 1)}\n`;
    const result = this.rarely(4) ? this.call(depth - 1) : this.list(2, depth - 1);
    if (!this.rarely(6)) code += ` return ${result}`;
    this.scope.length = before;
    this.loops = loops;
    this.dots = dots;
    const list = `(${parameters.join(', ')})`;
    return self ? `${list} ${code} end` : `function${list} ${code} end`;
  }

  private definition(depth: number): string {
    const parameters: string[] = [];
    for (let left = this.below(4); left > 0; left--) parameters.push(this.name());
    if (this.rarely(3)) parameters.push('...');
    const name = this.name();
    switch (this.below(4)) {
      case 0: {
        const table = this.prefix('table', 0).replace(/[^a-z].*/s, 'x');
        const body = this.functionOf(parameters, depth - 1).slice('function'.length);
        return `function ${table}.${this.field()}${body}`;
      }
      case 1: {
        const table = this.prefix('table', 0).replace(/[^a-z].*/s, 'x');
        return `function ${table}:${this.field()}${this.functionOf(parameters, depth - 1, true)}`;
      }
      default: {
        this.see(name, 'function');
        const body = this.functionOf(parameters, depth - 1).slice('function'.length);
        return `local function ${name}${body}`;
      }
    }
  }

  /** Expressions that may stand in a function of their own. */
  private listInside(): string {
    const { dots } = this;
    this.dots = false;
    const list = this.list(2, 1);
    this.dots = dots;
    return list;
  }

  /** A function that yields now and then. */
  private yielding(depth: number): string {
    const before = this.scope.length;
    const { loops, dots } = this;
    this.loops = 0;
    this.dots = true;
    this.see('a', 'number');
    const parts: string[] = [];
    for (let left = this.below(4); left > 0; left--) {
      const yields = `coroutine.yield(${this.listInside()})`;
      switch (this.below(6)) {
        case 0:
          parts.push(`say(pcall(coroutine.yield, ${this.any(1)}))`);
          break;
        case 1:
          parts.push(`say(${yields})`);
          break;
        case 2:
          parts.push(`local x = ${yields}`);
          break;
        case 3:
          parts.push(`say(pcall(function() ${yields} end))`);
          break;
        case 4:
          parts.push(this.apart(depth - 1));
          break;
        default:
          parts.push(yields);
      }
    }
    if (this.rarely(3)) parts.push(`return ${this.list(2, 1)}`);
    this.scope.length = before;
    this.loops = loops;
    this.dots = dots;
    return `function(a, ...) turn()\n${parts.join('\n')}\nend`;
  }

  private coroutine(depth: number): string {
    const name = this.fresh('co');
    const body = this.rarely(9) ? this.any(1) : this.yielding(depth - 1);
    if (this.rarely(3)) {
      const calls = Array.from(
        { length: 1 + this.below(4) },
        () => `${name}(${this.listInside()})`,
      );
      const lines = calls.map((call) => `say(pcall(function() return ${call} end))`);
      return `do local ${name} = coroutine.wrap(${body})\n${lines.join('\n')}\nend`;
    }
    const lines: string[] = [];
    for (let left = 1 + this.below(4); left > 0; left--) {
      lines.push(`say(coroutine.resume(${name}${this.one(['', ', 1', ', nil, "x"'])}))`);
      if (this.rarely(2)) lines.push(`say(coroutine.status(${name}))`);
    }
    return `do local ${name} = coroutine.create(${body})\n${lines.join('\n')}\nend`;
  }

  private protectedCall(depth: number): string {
    const level = this.one(['', '', ', 0', ', 1', ', 2']);
    switch (this.below(6)) {
      case 0:
        return `say(pcall(error, ${this.any(1)}${level.replace('2', '1')}))`;
      case 1: {
        const inner = `function(...) turn() error(${this.any(1)}${level}) end`;
        const f = this.fresh('f');
        const call = `${this.one(['', 'return '])}${f}()`;
        return `local ${f} = ${inner}\nsay(pcall(function() ${call} end))`;
      }
      case 2:
        return `say(xpcall(${this.function(depth - 1)}, ${this.expression('function', 1)}))`;
      case 3:
        return `say(pcall(${this.expression('function', depth - 1)}, ${this.list(2, 1) || '1'}))`;
      case 4:
        return `say(pcall(assert, ${this.list(2, 1) || 'nil'}))`;
      default:
        return `assert(${this.expression('boolean', 2)}, ${this.expression('string', 1)})`;
    }
  }

  /** Functions made in a loop, which hold on to a variable each. */
  private closures(depth: number): string {
    const [list, i] = [this.fresh('fs'), this.name()];
    const before = this.scope.length;
    this.see(i, 'number');
    const inner = this.functionOf([this.name()], depth - 2);
    const step = this.rarely(2) ? `${i} = ${i} + ${this.below(3)} ` : '';
    this.scope.length = before;
    const make = `function(...) turn() ${step} return ${i}, ${inner} end`;
    const closure = this.one([make, `function(...) turn() k = k + ${i} return k end`]);
    return (
      `local ${list} = {}\nfor ${i} = 1, 3 do local k = ${i} turn()\n` +
      `${list}[${i}] = ${closure}\nend\n` +
      `for k = 1, 3 do turn() say(${list}[k]()) say((${list}[k]())) end`
    );
  }

  private library(depth: number): string {
    const value = this.any(depth - 1);
    const table = this.expression('table', depth - 1);
    switch (this.below(9)) {
      case 0:
        return `say(cjson.encode(${value}))`;
      case 1:
        return `say(cjson.decode(cjson.encode(${value})))`;
      case 2:
        return `say(cmsgpack.unpack(cmsgpack.pack(${value})))`;
      case 3: {
        const format = this.one(['"<i4"', '">hB"', '"s"']);
        return `say(struct.unpack(${format}, struct.pack("<i4s", ${value}, "x")))`;
      }
      case 4: {
        const escaped = (char: string) => (char === '\n' ? '\\n' : `\\${char}`);
        const text = this.local(1).replace(/\\|"|\n/g, escaped);
        const name = this.one(['"=t"', '"@file"', '"text\\nmore"']);
        return `say(loadstring("${text} return x, ...", ${name}))`;
      }
      case 5:
        return this.tableLibrary(depth, table);
      case 6:
        return `say(next(${table}${this.one(['', ', 1', ', "x"'])}))`;
      case 7:
        return `say(getmetatable(${value}), rawget(${table}, ${this.any(1)}))`;
      default:
        return `say(setmetatable(${value}, ${this.metatable(depth - 1)}))`;
    }
  }

  private tableLibrary(depth: number, table: string): string {
    const name = this.fresh('t');
    const start = `local ${name} = ${table}\n`;
    switch (this.below(5)) {
      case 0: {
        const more = ', function(a, b) turn() return a > b end';
        const by = this.one(['', more, `, ${this.function(1)}`]);
        const of = this.rarely(2) ? start : `local ${name} = {3, 1, 2, 5, 4, 1}\n`;
        return `${of}say(pcall(table.sort, ${name}${by})) say(${name})`;
      }
      case 1: {
        const at = this.one(['', '', '1, ', '2, ', '0, ', '7, ']);
        return `${start}table.insert(${name}, ${at}${this.any(depth - 1)}) say(${name}, #${name})`;
      }
      case 2: {
        const at = this.one(['', ', 1', ', 2', ', "1"']);
        return `${start}say(table.remove(${name}${at})) say(${name}, #${name})`;
      }
      case 3:
        return `say(table.maxn(${table}), table.getn(${table}))`;
      default:
        return `say(unpack(${table}${this.one(['', ', 2', ', 0, 3', ', -1, 1'])}))`;
    }
  }
}

/** A program with a few of its words lost, doubled, exchanged or replaced. */
export function mangled(source: string, chance: Chance): string {
  const words =
    source.match(/[A-Za-z_]\w*|\d[\w.]*|"(?:[^"\\]|\\.)*"|\.{2,3}|[=~<>]=|\s+|./gs) ?? [];
  for (let left = 1 + chance.below(3); left > 0 && words.length > 0; left--) {
    const at = chance.below(words.length);
    switch (chance.below(5)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, words[at], ' ');
        break;
      case 2:
        words.splice(at, 1, chance.one(words));
        break;
      case 3:
        words.splice(at, 0, ` ${chance.one(MORE)} `);
        break;
      default:
        words.length = at;
    }
  }
  return words.join('');
}

const MORE = [
  ...['end', 'do', 'then', 'function', 'local', 'return', 'break', 'until', 'else', '(', ')', '='],
  ...['{', '}', '[', ']', '..', '...', '"open', '[[', '--', '--[[', 'nil', '3', '0x', '1..2', '@'],
  ...['~', '!', '\\', ';', ',', ':', '.', 'x', '==', '"\\400"', "'a\n'", '\0', '\xff', '#', 'not'],
];
