// Who may do what, asked of two servers, ours and a real one: rules drawn by chance, and then
// calls drawn from the table's grammars, some of them maimed.
//
// Of each call these questions are asked: ACL DRYRUN, redis.acl_check_cmd(), the call itself inside
// MULTI, where any command can be tried without harm, and, if it only touches data, the call
// itself, by itself and in a script. The first three have to be answered in the same bytes; of
// the others it is told whether they were refused, and how. What the log of refusals and INFO say
// of it all has to be the same as well.

import { BLOCKING, type CommandSpec, NO_AUTH } from '../../protocol/command-spec.ts';
import { commandTable } from '../../protocol/command-table.ts';
import { ACL_CATEGORIES, likely, sample } from '../../protocol/derive.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

type Call = readonly string[];
type Pair = { readonly ours: Reply; readonly real: Reply };

const rows = [...commandTable.values()];
const RUNNABLE = rows.filter((spec) => !spec.container);
const CONTAINERS = rows.filter((spec) => spec.subcommands.size > 0);
/** Commands whose keys or channels are found in a way of their own. */
const ODD = ['psubscribe', 'subscribe', 'spublish', 'sort', 'sort_ro', 'set', 'bitfield', 'eval']
  .concat(['xread', 'xreadgroup', 'zunionstore', 'georadius', 'copy', 'migrate', 'fcall', 'mset'])
  .map((name) => commandTable.get(name)!);
/** They end a transaction, or are answered at once in spite of it. */
const AT_ONCE = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);
const DATA = new Set([
  ...['string', 'bitmap', 'hash', 'list', 'set', 'sorted-set', 'stream', 'hyperloglog', 'geo'],
  'generic',
]);
const NOT_ALONE = new Set(['migrate', 'wait', 'waitaof', 'restore-asking', 'randomkey']);

const HASHES = ['0'.repeat(64), 'ab'.repeat(32)];
const PATTERNS = ['k1', 'k2', 'k*', '*', '', 'k[12]', '?3', 'nothing', 'K1', 'dest*'];
const CHANNELS = ['a', 'ab*', '*', '', 'b', '[a-b]', 'abc', '10', 'k*', 'k?', 'nothing'];
const ARGUMENTS = ['k1', 'k2', 'K3', 'k1', 'k2', '0', '1', 'object', 'a'];
const ASK = 'return tostring(redis.acl_check_cmd(unpack(ARGV)))';
const CALL = 'return redis.call(unpack(ARGV))';
/** With what a user begins who is to be refused this call and not that. */
const STARTS = [
  ...[
    [],
    ['+@all'],
    ['~k*', '&*'],
    ['+@all', '&k*', '~*'],
    ['+@all', '~*'],
    ['+@all', '~k1', '%R~k2', '%W~k3'],
  ],
  ...[
    ['+@all', '&a*'],
    ['+@all', '%R~k1', '~k2'],
    ['(+@all %W~*)', '(+@read ~k*)'],
  ],
];
const BAD_RULES = [
  ...['+nosuch', '-@nosuch', '%', '%~', '%RR~a', '%X~a', '~a b', '&a b', 'foo', '', ')', '+get|'],
  ...['+config|get|x', '-select|0', '+config|nosuch', '+@', '-', '+', '@all', '<p9', '#12', '!'],
  ...[`#${'A'.repeat(64)}`, `!${'c'.repeat(64)}`, '(foo)', '(on)', '(~* ~a)', '(&* &a)', '(+@x)'],
];
const ODD_WORDS = [
  ...[
    '1',
    '2',
    '3',
    '0',
    '-1',
    '1x',
    ' 1',
    '+1',
    '02',
    '2.0',
    '4294967297',
    '18446744073709551617',
  ],
  ...['', 'STORE', 'STREAMS', 'GET', 'BY', 'KEYS', 'LIMIT', 'k1', 'k2', 'k3', 'STOREDIST', 'COUNT'],
];

/** Draws rules and calls. */
export class Draw {
  private readonly chance: Chance;
  /** The commands that rules were last about: later rules, and calls, come back to them. */
  private readonly known: CommandSpec[] = [RUNNABLE[0]];

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  private random = (): number => this.chance.below(1 << 30) / (1 << 30);

  rarely(n: number): boolean {
    return this.chance.below(n) === 0;
  }

  below(n: number): number {
    return this.chance.below(n);
  }

  one<T>(of: readonly T[]): T {
    return this.chance.one(of);
  }

  /** Up to `most` rules for a user. */
  rules(most: number, good: boolean): string[] {
    const rules: string[] = [];
    for (let left = 1 + this.below(most); left > 0; left--) {
      if (!good && this.rarely(12)) rules.push(this.one(BAD_RULES));
      else if (this.rarely(6)) rules.push(...this.selector());
      else if (this.rarely(8)) rules.push(this.one(USER_RULES));
      else if (this.rarely(7)) rules.push(...this.takenBack());
      else rules.push(this.rule());
    }
    return rules.map((rule) => (this.rarely(10) && !/^[<>#!]/.test(rule) ? upper(rule) : rule));
  }

  private selector(): string[] {
    const rules: string[] = [];
    for (let left = this.below(5); left > 0; left--) rules.push(this.rule());
    const text = `(${rules.join(' ')})`;
    return this.rarely(3) && rules.length !== 0 ? text.split(' ') : [text];
  }

  private rule(): string {
    const sign = this.one(['+', '+', '-']);
    switch (this.below(9)) {
      case 0:
        return `${sign}@${this.one(ACL_CATEGORIES)}`;
      case 1:
        return `${sign}@${this.one(['all', 'read', 'write', 'slow', 'fast', 'dangerous'])}`;
      case 2:
      case 3:
        return `${sign}${this.command(rows).name}`;
      case 4: {
        const container = this.one(CONTAINERS);
        const names = [container.name, ...container.subcommands.values()].map(nameOf);
        return `${sign}${this.one(names)}`;
      }
      case 5:
        return this.firstArgument();
      case 6:
        return this.one(['~', '~', '%R~', '%W~', '%RW~', '%r~', '%wr~']) + this.one(PATTERNS);
      case 7:
        return `&${this.one(CHANNELS)}`;
      default:
        return this.one(WORDS);
    }
  }

  /** A command with one first argument, and then as a whole, or with others. */
  private takenBack(): string[] {
    const rule = this.firstArgument();
    const name = rule.slice(1, rule.indexOf('|'));
    return [rule, this.one([`-${name}`, `-${name}`, `+${name}`, `-@${this.one(ACL_CATEGORIES)}`])];
  }

  private firstArgument(): string {
    const plain = RUNNABLE.filter((spec) => spec.parent === null && spec.subcommands.size === 0);
    return `+${this.command(plain).name}|${this.one(ARGUMENTS)}`;
  }

  /** One of these, or one of before; it is remembered. */
  private command(of: readonly CommandSpec[]): CommandSpec {
    const again = this.one(this.known);
    const spec = this.rarely(3) && of.includes(again) ? again : this.one(of);
    this.known.push(spec);
    if (this.known.length > 6) this.known.shift();
    return spec;
  }

  call(): string[] {
    const again = this.one(this.known);
    let spec = this.one(this.rarely(4) ? ODD : RUNNABLE);
    if (this.rarely(3) && !again.container) spec = again;
    const argv = sample(spec, this.random, likely(this.random));
    if (this.rarely(4) && argv.length > 1) {
      argv[1 + this.below(argv.length - 1)] = this.one(ODD_WORDS);
    }
    if (this.rarely(12)) argv.splice(1 + this.below(argv.length), 0, this.one(ODD_WORDS));
    if (this.rarely(20)) argv.pop();
    return argv.length === 0 ? ['ping'] : argv;
  }
}

const WORDS = [
  ...['allkeys', 'resetkeys', 'allchannels', 'resetchannels', 'allcommands', 'nocommands'],
  ...['~*', '&*', '+@all', '-@all'],
];
const USER_RULES = [
  ...['on', 'off', 'nopass', 'resetpass', 'clearselectors', 'reset', 'sanitize-payload'],
  ...['skip-sanitize-payload', '>p1', '>p2', '>', '<p1', '<p2', `#${HASHES[0]}`, `!${HASHES[1]}`],
  `#${HASHES[1]}`,
];

function nameOf(row: string | CommandSpec): string {
  return typeof row === 'string' ? row : row.name;
}

function upper(rule: string): string {
  return rule.toUpperCase();
}

/** Two servers, with one connection as `default` and one as a user to each. */
export class AclDuel {
  private readonly realServer: RealServer;
  private readonly server: Server;
  private readonly admins: [ours: Wire, real: Wire];
  private readonly users: [ours: Wire, real: Wire];
  /** How often calls were let through, under '', or refused, by the reason. */
  readonly refused = new Map<string, number>();

  private constructor(real: RealServer, server: Server, admin: Wire, user: Wire) {
    this.realServer = real;
    this.server = server;
    this.admins = [inProcess(server), admin];
    this.users = [inProcess(server), user];
  }

  /** Starts both. Real Redis has to be there. */
  static async open(resp3: boolean): Promise<AclDuel> {
    const real = (await startReal('8.0.2'))!;
    const config = new Config();
    config.options({ 'enable-debug-command': 'yes', 'enable-module-command': 'yes' });
    const server = new Server(config, { seed: 1 });
    const path = { path: real.socket };
    const duel = new AclDuel(real, server, await overSocket(path), await overSocket(path));
    if (resp3) await duel.asAdmin([['HELLO', '3']]);
    return duel;
  }

  async close(): Promise<void> {
    this.server.close();
    for (const wire of [this.admins[1], this.users[1]]) wire.close();
    await this.realServer.stop();
  }

  asAdmin(calls: readonly Call[]): Promise<Pair[]> {
    return both(this.admins, calls);
  }

  asUser(calls: readonly Call[]): Promise<Pair[]> {
    return both(this.users, calls);
  }

  /** Changes a user step by step; what each step answers, and leaves, has to be the same. */
  async change(draw: Draw, steps: number): Promise<void> {
    const name = draw.one(['ada', 'bob', 'default2']);
    const calls: Call[] = [];
    for (let left = steps; left > 0; left--) {
      calls.push(['ACL', 'SETUSER', name, ...draw.rules(5, false)], ['ACL', 'GETUSER', name]);
      if (draw.rarely(3)) calls.push(['ACL', 'LIST'], ['ACL', 'USERS']);
      if (draw.rarely(20)) calls.push(['ACL', 'DELUSER', name]);
      if (draw.rarely(9)) {
        const default_ = draw.one(['allchannels', 'resetchannels']);
        calls.push(['CONFIG', 'SET', 'acl-pubsub-default', default_]);
      }
    }
    same(calls, await this.asAdmin(calls));
  }

  /** Asks of one user what it may do. */
  async permit(draw: Draw, count: number): Promise<void> {
    // What the last selector allows is needed to ask, and gets no other call any further.
    const rules = [...draw.one(STARTS), ...draw.rules(6, true)];
    const ends = ['on', 'nopass', '(+multi +discard +eval)'];
    // One by one: a pattern behind "all patterns" is refused, and must not spoil the others.
    const made = ['reset', ...rules, ...ends].map((rule) => ['ACL', 'SETUSER', 'eve', rule]);
    same(made, await this.asAdmin(made));
    const user = ['ACL', 'GETUSER', 'eve'];
    const calls: Call[] = [];
    while (calls.length < count) calls.push(draw.call());
    const tried = [user, ...calls.map((call) => ['ACL', 'DRYRUN', 'eve', ...call])];
    same(tried, await this.asAdmin(tried), made);

    const login = ['AUTH', 'eve', 'any'];
    same([login], await this.asUser([login]), made);
    const queued = [['MULTI'], ...calls.filter((call) => !AT_ONCE.has(call[0])), ['DISCARD']];
    same(queued, await this.asUser(queued), made);
    // Of a call that is too short, 8.0.2 looks for keys behind its end, and finds old ones.
    const asked = calls.filter(isWhole).map((call) => ['EVAL', ASK, '0', ...call]);
    same(asked, await this.asUser(asked), made);
    const alone = calls.filter(isHarmless);
    await this.sameRefusals(alone, made);
    await this.sameRefusals(
      alone.map((call) => ['EVAL', CALL, '0', ...call]),
      made,
    );
    await this.sameLog(made);
  }

  private async sameRefusals(calls: readonly Call[], before: readonly Call[]): Promise<void> {
    for (const [i, { ours, real }] of (await this.asUser(calls)).entries()) {
      if (this.count(refusal(ours)) !== refusal(real)) {
        throw new Error(told([...before, calls[i]], { ours, real }));
      }
    }
  }

  private count(refused: string): string {
    const kind = /command|key|channel|option|$/.exec(refused)![0];
    this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1);
    return refused;
  }

  private async sameLog(made: readonly Call[]): Promise<void> {
    const questions = [
      ['ACL', 'LOG', '1000'],
      ['INFO', 'stats'],
      ['ACL', 'LOG', 'RESET'],
      ['FLUSHALL'],
    ];
    const [log, info] = await this.asAdmin(questions);
    const [ours, real] = [logOf(log.ours), logOf(log.real)];
    const rules = made.map(shown).join('\n');
    if (ours !== real) throw new Error(`${rules}\nours: ${ours}\nreal: ${real}`);
    const [mine, theirs] = [deniedOf(info.ours), deniedOf(info.real)];
    if (mine !== theirs) throw new Error(`${rules}\nours: ${mine}\nreal: ${theirs}`);
  }
}

/** A call of a command that changes nothing but data, and answers at once. */
function isHarmless(call: Call): boolean {
  const spec = commandTable.get(call[0].toLowerCase());
  if (spec === undefined || !DATA.has(spec.group) || NOT_ALONE.has(spec.name)) return false;
  return (spec.flags & (BLOCKING | NO_AUTH)) === 0;
}

/** Whether a call has as many words as its command wants. */
function isWhole([name, part, ...rest]: Call): boolean {
  const spec = commandTable.get(`${name}|${part}`.toLowerCase()) ?? commandTable.get(name);
  return spec?.accepts(2 + rest.length - Number(part === undefined)) ?? false;
}

/** The words of a refusal, or '' for anything else. */
function refusal(reply: Reply): string {
  const refused = reply.isError && /^NOPERM|^ERR (BY|GET) option|ACL failure/.test(reply.text);
  return refused ? reply.text : '';
}

const TIMES = new Set([
  'age-seconds',
  'client-info',
  'timestamp-created',
  'timestamp-last-updated',
]);

function logOf(log: Reply): string {
  const entries = log.items.map(({ items }) => {
    const fields: string[] = [];
    for (let i = 0; i < items.length; i += 2) {
      const [name, value] = [items[i].text, items[i + 1].text];
      if (!TIMES.has(name)) fields.push(`${name}=${value}`);
      else if (name === 'client-info') fields.push(/ cmd=\S+ user=\S+/.exec(value)![0]);
    }
    return fields.join(' ');
  });
  return entries.join('\n');
}

function deniedOf(info: Reply): string {
  return [...info.text.matchAll(/acl_access_denied_\w+:\d+/g)].join(' ');
}

async function both([ours, real]: [Wire, Wire], calls: readonly Call[]): Promise<Pair[]> {
  const bytes = calls.map(encode).join('');
  real.send(bytes);
  ours.send(bytes);
  const pairs: Pair[] = [];
  for (const call of calls) {
    const reply = ours.take();
    if (reply === null) throw new Error(`no reply of ours to ${shown(call)}`);
    pairs.push({ ours: reply, real: await real.next() });
  }
  return pairs;
}

/** Throws if a reply differs, after telling of the calls `before` and of the last few. */
function same(calls: readonly Call[], pairs: readonly Pair[], before: readonly Call[] = []): void {
  for (const [i, pair] of pairs.entries()) {
    if (pair.ours.raw === pair.real.raw) continue;
    throw new Error(told([...before, ...calls.slice(Math.max(0, i - 5), i + 1)], pair));
  }
}

function told(calls: readonly Call[], { ours, real }: Pair): string {
  return `${calls.map(shown).join('\n')}\nours: ${ours.raw}\nreal: ${real.raw}`;
}

function shown(call: Call): string {
  return call.map((word) => JSON.stringify(word)).join(' ');
}
