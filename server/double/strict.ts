// Strict mode: says, or refuses, what works here and will fail or hurt elsewhere.
//
//    undeclaredKeys   a script uses a key that it was not given
//    crossSlot        keys of several slots in one command, one transaction or one script
//    keys             KEYS, which looks at every key that there is
//    deprecated       commands that Redis advises against, with what takes their place
//
// It has no place of its own on the way of a command: where it is wanted, it puts itself in front
// of the handlers of one server's commands. So it hears of what scripts call and transactions run,
// too, and a server that is not strict pays nothing.

import { ReplyError } from '../../protocol/errors.ts';
import { keyIndexes } from '../../protocol/derive.ts';
import type { Client } from '../client.ts';
import type { Command, Handler } from '../command-table.ts';
import { leaveMulti, unwatchAll } from '../multi.ts';
import { ALLOW_CROSS_SLOT_KEYS } from '../script-flags.ts';
import { declaredBy } from '../script-gates.ts';
import type { Server } from '../server.ts';
import { type ClientView, viewOf } from './match.ts';
import { shown, slotOfCall } from './strict-slots.ts';

/** What strict mode looks for. */
export type StrictRule = 'undeclaredKeys' | 'crossSlot' | 'keys' | 'deprecated';

/** What is done about it: it is told, it is told and refused with an error, or nothing. */
export type StrictAction = 'warn' | 'fail' | 'off';

/** Something that was found. */
export type StrictWarning = {
  readonly rule: StrictRule;
  /** Whether the command was refused for it. */
  readonly failed: boolean;
  readonly message: string;
  /** The command: 'getset', 'client|setname'. */
  readonly command: string;
  /** Its words, the name included, as byte strings. */
  readonly argv: readonly string[];
  /** Who asked; of what a script calls, who called the script. */
  readonly client: ClientView;
};

/**
 * One action for all rules; a function that is told all; or an action for each, 'warn' for those
 * that are left out. Without `onWarning`, each message is emitted once as a warning of the process.
 */
export type StrictOptions =
  | StrictAction
  | ((warning: StrictWarning) => void)
  | (Partial<Record<StrictRule, StrictAction>> & {
      readonly onWarning?: (warning: StrictWarning) => void;
    });

const RULES: readonly StrictRule[] = ['undeclaredKeys', 'crossSlot', 'keys', 'deprecated'];
const SCRIPTS = new Set(['eval', 'eval_ro', 'evalsha', 'evalsha_ro', 'fcall', 'fcall_ro']);
const ACTIONS = ['warn', 'fail', 'off'];

// Where keyIndexes() puts what it finds.
const places: number[] = [];

/** Makes a server strict. Throws a TypeError for options that make no sense. */
export function beStrict(server: Server, options: StrictOptions): void {
  const strict = new Strict(options);
  for (const command of server.commands.all.values()) strict.guard(command);
}

class Strict {
  private readonly actions: Readonly<Record<StrictRule, StrictAction>>;
  private readonly onWarning: (warning: StrictWarning) => void;
  private readonly said = new Set<string>();
  // Of the script that runs, of which there is never more than one:
  private declared: ReadonlySet<string> = new Set(); // the keys that it was given,
  private slot = -1; // the slot of those that it has used,
  private spreads = false; // and whether it says that it uses several.

  constructor(options: StrictOptions) {
    this.actions = actionsOf(options);
    const own = typeof options === 'object' ? options.onWarning : options;
    this.onWarning = typeof own === 'function' ? own : (warning) => this.emit(warning);
  }

  /** Stands in front of a command's handler, if it has something to look for there. */
  guard(command: Command): void {
    const { spec, run } = command;
    const checks: ((c: Client) => void)[] = [];
    const { deprecated } = spec.doc;
    if (deprecated !== undefined && this.actions.deprecated !== 'off') {
      const name = spec.name.replace('|', ' ').toUpperCase();
      const advice = deprecated.replacedBy.replaceAll('`', '');
      const message = `${name} is deprecated since ${deprecated.since}: ${advice} is used instead`;
      checks.push((c) => this.found(c, command, 'deprecated', message));
    }
    if (spec.name === 'keys' && this.actions.keys !== 'off') {
      const message = 'KEYS looks at every key and stops the server meanwhile: SCAN does not';
      checks.push((c) => this.found(c, command, 'keys', message));
    }
    if (spec.keys.length > 0 && this.actions.undeclaredKeys !== 'off') {
      checks.push((c) => this.lookForUndeclared(c, command));
    }
    if (spec.keys.length > 0 && this.actions.crossSlot !== 'off') {
      checks.push((c) => this.lookAtSlots(c, command));
    }
    if (spec.name === 'exec' && this.actions.crossSlot !== 'off') {
      checks.push((c) => this.lookAtQueue(c, command));
    }
    if (SCRIPTS.has(spec.name)) checks.push((c) => this.beginScript(c, spec.name));
    if (checks.length === 0) return;
    const guarded: Handler = (c) => {
      // Who had to wait was looked at before; and what is repeated was done elsewhere.
      if (c.block === null && !c.repeats) for (const check of checks) check(c);
      run(c);
    };
    Object.assign(command, { run: guarded });
  }

  private lookForUndeclared(c: Client, command: Command): void {
    if (!c.isScript) return;
    const count = keyIndexes(command.spec, c.argv, places);
    for (let i = 0; i < count; i++) {
      const key = c.argv[places[i]];
      if (this.declared.has(key)) continue;
      const name = c.asker.running?.spec.name.toUpperCase() ?? 'it';
      const message = `a script uses the key '${shown(key)}', which ${name} was not given in KEYS`;
      this.found(c, command, 'undeclaredKeys', message);
      return;
    }
  }

  /** A script is about to run: nothing is known of it yet but what it is given. */
  private beginScript(c: Client, name: string): void {
    const count = Number(c.argv[2]);
    this.declared = new Set(c.argv.slice(3, 3 + (count > 0 ? count : 0)));
    this.slot = -1;
    this.spreads = (declaredBy(c, name) & ALLOW_CROSS_SLOT_KEYS) !== 0;
  }

  private lookAtSlots(c: Client, command: Command): void {
    const inScript = c.isScript && !this.spreads;
    const before = inScript ? this.slot : -1;
    const { slot, problem } = slotOfCall(command.spec, c.argv, before);
    if (problem !== '') {
      const where = before < 0 ? 'one command' : 'one script';
      this.found(c, command, 'crossSlot', acrossSlots(where, problem));
    } else if (inScript) {
      this.slot = slot;
    }
  }

  private lookAtQueue(c: Client, command: Command): void {
    if (c.queue === null || c.queueFailed || c.watchFailed) return;
    let slot = -1;
    for (const { command: queued, argv } of c.queue) {
      const next = slotOfCall(queued.spec, argv, slot);
      if (next.problem === '') {
        slot = next.slot;
        continue;
      }
      try {
        this.found(c, command, 'crossSlot', acrossSlots('one transaction', next.problem));
      } catch (problem) {
        leaveMulti(c);
        unwatchAll(c);
        throw problem;
      }
      return;
    }
  }

  /** Tells of something; throws, if it is not to be. */
  private found(c: Client, { spec }: Command, rule: StrictRule, message: string): void {
    const failed = this.actions[rule] === 'fail';
    const argv = c.argv.slice();
    this.onWarning({
      ...{ rule, failed, message, command: spec.name, argv },
      client: viewOf(c.asker),
    });
    if (failed) throw new ReplyError(`STRICT ${message.replace(/[\r\n]/g, ' ')}`);
  }

  private emit({ rule, message, client }: StrictWarning): void {
    if (this.said.has(message)) return;
    this.said.add(message);
    const who = client.name === '' ? `client ${client.id}` : `client '${client.name}'`;
    process.emitWarning(`${message} (${who})`, { type: 'StrictRedisWarning', code: rule });
  }
}

function acrossSlots(where: string, keys: string): string {
  return `${where} uses keys of several slots, which a cluster refuses: ${keys}`;
}

function actionsOf(options: StrictOptions): Record<StrictRule, StrictAction> {
  const one = typeof options === 'string' ? options : 'warn';
  const each = typeof options === 'object' ? options : {};
  const actions = RULES.map((rule): [StrictRule, StrictAction] => [rule, each[rule] ?? one]);
  for (const [rule, action] of actions) {
    if (!ACTIONS.includes(action)) throw new TypeError(`strict: no action '${action}' (${rule})`);
  }
  for (const name of Object.keys(each)) {
    if (name !== 'onWarning' && !RULES.includes(name as StrictRule)) {
      throw new TypeError(`strict: there is no rule '${name}'`);
    }
  }
  return Object.fromEntries(actions) as Record<StrictRule, StrictAction>;
}
