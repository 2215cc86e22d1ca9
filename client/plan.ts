// From the arguments of a method to the arguments of a command.
//
// A method takes what a command must be given in the manual's order, counts left out, and
// everything optional in one object at the end, named as the manual's words are:
//
//   SET key value [NX|XX] [EX seconds]       set('k', 'v', { nx: true, ex: 10 })
//   HSET key field value [field value ...]   hset('k', { name: 'ada' }), hset('k', 'name', 'ada')
//   ZUNION numkeys key [key ...] [WITHSCORES]  zunion(['a', 'b'], { withscores: true })
//
// A plan is the command's grammar in the order in which it is written on the wire; each step takes
// the next argument of the call, or looks into the options:
//
//   p  p?      a value; one that may be missing
//   l  l?      a list of them
//   t2         pairs: an object, a Map, tuples; t3: tuples of three
//   n          how many items the list that follows has
//   c          a record written as all its keys, then all its values (XREAD)
//   =WORD      a word
//   o:name:WORD:kind   an option: f a flag, v a value, v2 v3 as many values, l a list behind one
//                      word, L a list with the word before each, m a value that may be approximate
//
// (generate.ts writes them, from the rows of protocol/commands.)

import type { Value } from './command.ts';

interface Step {
  kind: string;
  optional: boolean;
  name: string;
  word: string;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Arguments of a call before the options. */
  readonly positional: number;
  /** All steps are plain values: the call's arguments are the command's. */
  readonly plain: boolean;
  /** All are plain values or options: the same for a call without options. */
  readonly bare: boolean;
  /** The last step is a list, and there are no options: its items may be given one by one. */
  readonly spread: boolean;
}

type Options = Readonly<Record<string, unknown>>;

export function parsePlan(text: string): Plan {
  const steps = text === '' ? [] : text.split(' ').map(parseStep);
  const taking = steps.filter(({ kind }) => 'pltc'.includes(kind[0]!));
  const last = steps.at(-1)?.kind[0] ?? '';
  return {
    steps,
    positional: taking.length,
    plain: steps.every(({ kind }) => kind === 'p'),
    bare: steps.every(({ kind, optional }) => kind === 'o' || (kind === 'p' && !optional)),
    spread: 'lt'.includes(last) && last !== '' && !steps.some(({ kind }) => kind === 'o'),
  };
}

function parseStep(text: string): Step {
  if (text[0] === '=') return { kind: '=', optional: false, name: '', word: text.slice(1) };
  if (text.startsWith('o:')) {
    const [, name, word, kind] = text.split(':');
    return { kind: 'o', optional: true, name: name!, word: `${kind}:${word}` };
  }
  const optional = text.endsWith('?');
  return { kind: optional ? text.slice(0, -1) : text, optional, name: '', word: '' };
}

/** The command's arguments, without its words. Throws a TypeError at what can be none. */
export function argumentsOf(name: string, plan: Plan, given: readonly unknown[]): Value[] {
  if (plan.plain) return given as Value[];
  if (plan.bare && given.length === plan.positional) return given as Value[];
  const argv: Value[] = [];
  const last = given.length > plan.positional ? given[plan.positional] : undefined;
  const options = plan.spread ? {} : ((last ?? {}) as Options);
  let next = 0;
  for (const [i, step] of plan.steps.entries()) {
    if (step.kind === '=') argv.push(step.word);
    else if (step.kind === 'o') addOption(argv, step, options);
    else if (step.kind === 'n') argv.push(countOf(plan.steps[i + 1]!, given, next, plan));
    else if (plan.spread && i === plan.steps.length - 1) addItems(argv, step, given.slice(next));
    else addPositional(argv, step, given[next++], name, next);
  }
  return argv;
}

function addPositional(argv: Value[], step: Step, value: unknown, name: string, at: number): void {
  if (value === undefined) {
    if (step.optional) return;
    throw new TypeError(`argument ${at} of ${name} is missing`);
  }
  if (step.kind === 'p') argv.push(value as Value);
  else if (step.kind === 'c') addColumns(argv, value);
  else addItems(argv, step, [value]);
}

/** What is given one by one, or as an array, an object or a Map. */
function addItems(argv: Value[], step: Step, given: readonly unknown[]): void {
  for (const each of given) {
    if (each === undefined && step.optional) continue;
    if (!isCollection(each)) argv.push(each as Value);
    else if (Array.isArray(each) || each instanceof Set) addItems(argv, step, [...each]);
    else for (const [key, value] of entriesOf(each)) argv.push(key, value);
  }
}

function addColumns(argv: Value[], record: unknown): void {
  const entries = entriesOf(record as object);
  for (const [key] of entries) argv.push(key);
  for (const [, value] of entries) argv.push(value);
}

function countOf(list: Step, given: readonly unknown[], next: number, plan: Plan): number {
  const items: Value[] = [];
  const spread = plan.spread && plan.steps.at(-1) === list;
  addItems(items, { ...list, optional: true }, spread ? given.slice(next) : [given[next]]);
  return items.length / (list.kind === 't2' ? 2 : list.kind === 't3' ? 3 : 1);
}

function addOption(argv: Value[], step: Step, options: Options): void {
  const value = options[step.name];
  if (value === undefined || value === false) return;
  const colon = step.word.indexOf(':');
  const kind = step.word.slice(0, colon);
  const word = step.word.slice(colon + 1);
  if (kind === 'L') {
    for (const each of isCollection(value) ? (value as Iterable<Value>) : [value as Value]) {
      argv.push(word, each);
    }
    return;
  }
  if (word !== '') argv.push(word);
  if (kind === 'f') return;
  if (kind === 'm' && options['approx'] === true) argv.push('~');
  addItems(argv, step, [value]);
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function entriesOf(record: object): [Value, Value][] {
  return record instanceof Map ? [...record] : Object.entries(record);
}
