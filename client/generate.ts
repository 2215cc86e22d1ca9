// Writes client/commands.generated.ts from the command table: a line for each command as it is
// read at run time (client/command.ts), and a typed method for each. `npm run generate`; a test
// fails if the file is stale.
//
// How a grammar becomes a signature is told in client/plan.ts. The few commands whose grammar says
// more than a signature can are spelled out in `byHand`.

import type { Arg, CommandSpec, KeyRun } from '../protocol/command-spec.ts';
import * as is from '../protocol/command-spec.ts';
import { commandTable } from '../protocol/command-table.ts';
import { usage } from '../protocol/derive.ts';
import { methodName, OWN } from './names.ts';
import { replyTypes } from './reply-types.ts';

interface Param {
  name: string;
  type: string;
  optional: boolean;
  rest: boolean;
}

interface Option {
  name: string;
  type: string;
  required: boolean;
  /** Options of one group exclude each other; '' for none. */
  group: string;
}

class Signature {
  readonly plan: string[] = [];
  readonly params: Param[] = [];
  readonly options: Option[] = [];

  take(name: string, type: string, step: string, optional: boolean): void {
    this.plan.push(optional ? `${step}?` : step);
    this.params.push({ name: paramName(name, this.params), type, optional, rest: false });
  }

  option(
    name: string,
    word: string,
    kind: string,
    type: string,
    group = '',
    required = false,
  ): void {
    const called = camel(name);
    if (this.options.some((option) => option.name === called)) return;
    this.plan.push(`o:${called}:${word}:${kind}`);
    this.options.push({ name: called, type, required, group });
  }
}

/** [plan, parameters] of what the general way does not do justice to. */
const byHand: Readonly<Record<string, readonly [plan: string, params: string]>> = {
  auth: ['p p?', 'usernameOrPassword: Value, password?: Value'],
  bitfield: ['p l', 'key: Value, ...operations: Many<Value>'],
  bitfield_ro: ['p l', 'key: Value, ...operations: Many<Value>'],
  'client kill': [
    'o:id:ID:v o:type:TYPE:v o:user:USER:v o:addr:ADDR:v o:laddr:LADDR:v ' +
      'o:skipme:SKIPME:v o:maxage:MAXAGE:v',
    'filter: KillFilter',
  ],
  'client setinfo': ['p p', "attribute: 'LIB-NAME' | 'LIB-VER', value: Value"],
  'cluster setslot': [
    'p p p?',
    "slot: Num, state: 'IMPORTING' | 'MIGRATING' | 'NODE' | 'STABLE', nodeId?: Value",
  ],
  failover: [
    'o:to:TO:v2 o:force:FORCE:f o:abort:ABORT:f o:timeout:TIMEOUT:v',
    'options?: FailoverOptions',
  ],
  migrate: [
    'p p p p p o:copy:COPY:f o:replace:REPLACE:f o:auth:AUTH:v o:auth2:AUTH2:v2 o:keys:KEYS:l',
    'host: Value, port: Num, key: Value, database: Num, timeout: Num, options?: MigrateOptions',
  ],
  replicaof: ['p p', 'host: Value, port: Num'],
  slaveof: ['p p', 'host: Value, port: Num'],
  sort: [
    'p o:by:BY:v o:limit:LIMIT:v2 o:get:GET:L o:asc:ASC:f o:desc:DESC:f o:alpha:ALPHA:f ' +
      'o:store:STORE:v',
    'key: Value, options?: SortOptions',
  ],
  xadd: [
    'p o:nomkstream:NOMKSTREAM:f o:maxlen:MAXLEN:m o:minid:MINID:m o:limit:LIMIT:v p t2',
    'key: Value, id: Value, fields: Pairs, options?: { nomkstream?: boolean } & TrimOptions',
  ],
  xtrim: [
    'p o:maxlen:MAXLEN:m o:minid:MINID:m o:limit:LIMIT:v',
    'key: Value, options: TrimOptions',
  ],
  xread: [
    'o:count:COUNT:v o:block:BLOCK:v =STREAMS c',
    'streams: Pairs, options?: { count?: Num; block?: Num }',
  ],
  xreadgroup: [
    '=GROUP p p o:count:COUNT:v o:block:BLOCK:v o:noack:NOACK:f =STREAMS c',
    'group: Value, consumer: Value, streams: Pairs, ' +
      'options?: { count?: Num; block?: Num; noack?: boolean }',
  ],
};

// Servers say these to each other, or to their tests.
const WITHOUT_METHOD = new Set(['replconf', 'restore-asking', 'debug', 'pfdebug', 'pfselftest']);

// Binary, whatever is asked for.
const BINARY = new Set(['dump', 'function dump']);

// What signatures and replies are spelled with.
const TYPES = [
  ...['Claimed', 'ConsumerInfo', 'Cursor', 'Dict', 'Either', 'Entry', 'FailoverOptions', 'Fields'],
  ...['FunctionStats', 'GroupInfo', 'Integer', 'KillFilter', 'LibraryInfo', 'LongestMatch', 'Many'],
  ...['MigrateOptions', 'Num', 'OneOf', 'Pairs', 'Pending', 'PendingSummary', 'Place', 'Ranked'],
  ...[
    'Scored',
    'ScoredMembers',
    'SlowEntry',
    'SortOptions',
    'StreamInfo',
    'Triples',
    'TrimOptions',
  ],
];

/** The text of client/commands.generated.ts. */
export function generate(): string {
  const rows: string[] = [];
  const methods: string[] = [];
  for (const spec of [...commandTable.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (spec.container) continue;
    const name = spec.name.replace('|', ' ');
    const signature = signatureOf(spec, name);
    const { plan } = signature;
    rows.push([name, flagsOf(spec, name), keysOf(spec), plan, decoderOf(name)].join('\t'));
    if (hasMethod(name)) methods.push(methodOf(spec, name, signature));
  }
  return [
    '// Written by `npm run generate` from protocol/commands: do not edit.\n',
    `import type {\n  ${TYPES.join(',\n  ')},\n} from './types.ts';`,
    "import type { Value } from './command.ts';\n",
    '/** A line for each command: see client/command.ts. */',
    `export const rows = \`${rows.map((row) => row.trimEnd()).join('\n')}\`;\n`,
    '/** A method for each command. S: string or Buffer; M: how dictionaries come. */',
    "export interface Commands<S, M extends 'object' | 'map' = 'object'> {",
    methods.join('\n'),
    '}\n',
  ].join('\n');
}

function hasMethod(name: string): boolean {
  return !OWN.has(name) && !WITHOUT_METHOD.has(name);
}

function flagsOf(spec: CommandSpec, name: string): string {
  const reads = spec.flags & is.READONLY ? 'r' : '';
  const writes = spec.flags & is.WRITE ? 'w' : '';
  const waits = spec.flags & is.BLOCKING && !name.startsWith('wait') ? 'b' : '';
  return reads + writes + waits + (BINARY.has(name) ? 'B' : '');
}

function keysOf(spec: CommandSpec): string {
  return spec.keys
    .filter((run) => run.search !== is.UNKNOWN && run.find !== is.UNKNOWN)
    .map(runOf)
    .join(',');
}

function runOf(run: KeyRun): string {
  if (run.find === is.COUNTED) return `#${run.at}`;
  const range = [run.at, run.last, run.step, run.limit];
  const usual = [Number.NaN, 0, 1, 0];
  while (range.length > 1 && range.at(-1) === usual[range.length - 1]) range.pop();
  return `${run.search === is.BY_KEYWORD ? `${run.keyword}@` : ''}${range.join(':')}`;
}

function signatureOf(
  spec: CommandSpec,
  name: string,
): { plan: string; params: string; given: Signature } {
  const made = new Signature();
  const hand = byHand[name];
  if (hand === undefined) for (const arg of spec.args) addArg(made, arg, spec.args, false);
  const plan = hand?.[0] ?? made.plan.join(' ');
  return { plan, params: hand?.[1] ?? '', given: made };
}

function addArg(to: Signature, arg: Arg, siblings: readonly Arg[], optional: boolean): void {
  const missing = optional || arg.optional;
  if (arg.type === 'oneof') return addChoice(to, arg, missing);
  if (arg.type === 'block') return addBlock(to, arg, missing);
  if (arg.type === 'pure-token') {
    if (missing) to.option(arg.token, arg.token, 'f', 'boolean');
    else to.plan.push(`=${arg.token}`);
    return;
  }
  const next = siblings[siblings.indexOf(arg) + 1];
  if (/^num(?:keys|fields)$/.test(arg.name) && next !== undefined) {
    to.plan.push('n');
    return;
  }
  const type = typeOf(arg);
  if (arg.token !== '' && missing) {
    const list = `${type} | readonly ${type}[]`;
    if (!arg.multiple) to.option(arg.token, arg.token, 'v', type);
    else to.option(arg.token, arg.token, arg.multipleToken ? 'L' : 'l', list);
    return;
  }
  if (arg.token !== '') to.plan.push(`=${arg.token}`);
  to.take(arg.name, arg.multiple ? `Items<${type}>` : type, arg.multiple ? 'l' : 'p', missing);
}

function addChoice(to: Signature, arg: Arg, missing: boolean): void {
  const words = arg.of.filter((each) => each.type === 'pure-token').map(({ token }) => token);
  if (words.length === arg.of.length) {
    const union = words.map((word) => `'${word}'`).join(' | ');
    if (!missing || arg.name === 'unit') return to.take(arg.name, union, 'p', missing);
    if (arg.token !== '') return to.option(arg.token, arg.token, 'v', union);
    for (const word of words) to.option(WORDS[word] ?? word, word, 'f', 'true', arg.name);
    return;
  }
  const bare = (each: Arg): boolean => each.token === '' && each.type !== 'block';
  if (!missing && arg.of.every((each) => each.type === 'pure-token' || bare(each))) {
    return to.take(arg.of.find(({ token }) => token === '')?.name ?? arg.name, 'Value', 'p', false);
  }
  for (const each of arg.of) addAlternative(to, each, arg.name, !missing);
}

function addAlternative(to: Signature, each: Arg, group: string, required: boolean): void {
  if (each.type === 'pure-token')
    return to.option(each.token, each.token, 'f', 'true', group, required);
  if (each.type !== 'block') {
    return to.option(each.token || each.name, each.token, 'v', typeOf(each), group, required);
  }
  const word = each.token || each.of[0]!.token;
  to.option(word, word, `v${each.of.length}`, tupleOf(each), group, required);
}

function addBlock(to: Signature, arg: Arg, missing: boolean): void {
  const simple = arg.of.every(
    (each) => each.token === '' && !each.optional && each.type !== 'block',
  );
  if (arg.multiple && simple) {
    const type = arg.of.length === 2 ? 'Pairs' : 'Triples';
    if (arg.token !== '') to.plan.push(`=${arg.token}`);
    const scored = arg.of[0]!.name === 'score';
    return to.take(arg.name, scored ? 'Scored' : type, `t${arg.of.length}`, missing);
  }
  if (missing && arg.token !== '' && simple) {
    return to.option(arg.token, arg.token, `v${arg.of.length}`, tupleOf(arg));
  }
  if (arg.token !== '' && missing) {
    // FULL [COUNT count]: a word, and more that may follow it.
    to.option(arg.token, arg.token, 'f', 'boolean');
  } else if (arg.token !== '') to.plan.push(`=${arg.token}`);
  for (const each of arg.of) addArg(to, each, arg.of, missing);
}

function tupleOf(block: Arg): string {
  const parts = block.of.map((each) => `${camel(each.name)}: ${typeOf(each)}`);
  return `readonly [${parts.join(', ')}]`;
}

function typeOf(arg: Arg): string {
  if (arg.type === 'oneof') return arg.of.map(({ token }) => `'${token}'`).join(' | ');
  return arg.type === 'integer' || arg.type === 'double' || arg.type === 'unix-time'
    ? 'Num'
    : 'Value';
}

// Words that are no names.
const WORDS: Readonly<Record<string, string>> = { '=': 'exact', '~': 'approx' };

function camel(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function paramName(name: string, others: readonly Param[]): string {
  const called = camel(name.replace(/[^\w-]/g, ''));
  const fit = /^(?:function|arguments|default|new|delete)$/.test(called) ? `${called}Name` : called;
  return others.some((other) => other.name === fit) ? `${fit}${others.length + 1}` : fit;
}

// Replies.

/** The parts of an entry of reply-types.ts: [option, type, decoder]; '' for the usual one. */
function repliesOf(name: string): [option: string, type: string, decoder: string][] {
  const entry = replyTypes[name] ?? 'unknown @ plain';
  return entry.split(/ \| (?=(?:#\d|[a-z]+): )/).map((part, i) => {
    const [, option, rest] = i === 0 ? ['', '', part] : /^([#\w]+): (.*)$/s.exec(part)!;
    const [type, decoder = ''] = rest!.split(' @ ');
    return [option!, type!.trim(), decoder.trim()];
  });
}

function decoderOf(name: string): string {
  const replies = repliesOf(name);
  if (replies.every(([, , decoder]) => decoder === replies[0]![2])) return replies[0]![2];
  return replies
    .map(([option, , decoder]) => (option === '' ? decoder || '_' : `${option}=${decoder || '_'}`))
    .join('|');
}

// Methods.

function methodOf(
  spec: CommandSpec,
  name: string,
  { params, given }: { params: string; given: Signature },
): string {
  const { since, cost, summary, deprecated } = spec.doc;
  const method = methodName(name);
  const lines = ['  /**', `   * ${summary}`, '   *', `   * \`${usage(spec)}\``, '   *'];
  lines.push(`   * Since ${since}. ${cost}.`);
  if (deprecated !== undefined) {
    lines.push('   *', `   * @deprecated since ${deprecated.since}: use ${deprecated.replacedBy}`);
  }
  lines.push('   */');
  // What an option changes comes first: the compiler takes the first overload that fits.
  const [usual, ...others] = repliesOf(name);
  for (const [option, type] of others) {
    const list = params === '' ? paramsOf(given, option) : withOption(params, option);
    lines.push(`  ${method}(${list}): Promise<${type}>;`);
  }
  lines.push(
    `  ${method}(${params === '' ? paramsOf(given, '') : params}): Promise<${usual![1]}>;`,
  );
  return lines.join('\n');
}

function paramsOf({ params, options, plan }: Signature, chosen: string): string {
  const nth = chosen.startsWith('#') ? Number(chosen.slice(1)) : -1;
  const spread = options.length === 0 && /^[lt]/.test(plan.at(-1) ?? '');
  const parts = params.map(({ name, type, optional }, i) => {
    const last = i === params.length - 1;
    if (last && spread) return `...${name}: ${spreadType(type)}`;
    const list = type.replace(/^Items<(.*)>$/, '$1 | readonly $1[]');
    const missing = optional && i > nth;
    return `${name}${missing ? '?' : ''}: ${list}`;
  });
  if (options.length === 0) return parts.join(', ');
  const required = options.some((option) => option.required) || (chosen !== '' && nth < 0);
  const before = required
    ? parts.map((part) => part.replace(/^(\w+)\?: (.*)$/, '$1: $2 | undefined'))
    : parts;
  return [...before, `options${required ? '' : '?'}: ${optionsType(options, chosen)}`].join(', ');
}

function spreadType(type: string): string {
  if (type.startsWith('Items<')) return type.replace('Items', 'Many');
  return `readonly (Value | ${type})[]`;
}

function optionsType(options: readonly Option[], chosen: string): string {
  const parts: string[] = [];
  const free = options.filter(({ group }) => group === '');
  if (free.length > 0) {
    const members = free.map(({ name, type }) => {
      return name === chosen ? `${name}: true` : `${name}?: ${type} | undefined`;
    });
    parts.push(`{ ${members.join('; ')} }`);
  }
  for (const group of new Set(options.map((option) => option.group))) {
    if (group === '') continue;
    const members = options.filter((option) => option.group === group);
    const body = members.map(({ name, type }) => `${name}: ${type}`).join('; ');
    parts.push(`${members[0]!.required ? 'OneOf' : 'Either'}<{ ${body} }>`);
  }
  return parts.join(' & ');
}

function withOption(params: string, option: string): string {
  return params
    .replace('options?:', 'options:')
    .replace(/(options: )([^,]*)$/, (_, word: string, type: string) => {
      return `${word}${type} & { ${option}: ${option === 'store' ? 'Value' : 'true'} }`;
    });
}
