// Everything that has a method for every command: the client, its views, a pipeline, a
// transaction, a connection of one's own. They differ in where a command goes.
//
// The methods sit on one prototype, made once when the module is loaded from the rows of
// commands.generated.ts; their types come from there too.

import { type Command, commandNamed, commandNames, findCommand, type Value } from './command.ts';
import type { Commands } from './commands.generated.ts';
import { type Decode, plain } from './decode.ts';
import { methodName, OWN } from './names.ts';
import { argumentsOf } from './plan.ts';
import type { MapsAs } from './types.ts';
import { type Given, isUnknown, type Script, scriptArguments } from './script.ts';

// The class has the methods that the interface speaks of: see the end of this file.
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: that is the idea.
// biome-ignore lint/correctness/noUnusedVariables: the interface uses it.
export abstract class Commander<S, M extends MapsAs = 'object'> {
  /** Sends a command off. `given` is what its method was called with. */
  protected abstract run(
    command: Command,
    args: readonly Value[],
    given: readonly unknown[],
    decode: Decode | null,
  ): Promise<unknown>;

  /**
   * Sends any command, its words first: `call('OBJECT', 'ENCODING', 'k')`. Resolves to the reply
   * as it came, maps as dictionaries; what a method would make of it is not made.
   */
  call(...argv: readonly Value[]): Promise<unknown> {
    const [command, words] = findCommand(argv);
    return this.run(command, argv.slice(words), argv, plain);
  }

  /** Runs a script, or a function, with keys and arguments by their names: see defineScript(). */
  async script<K extends string, A extends string, R>(
    script: Script<K, A, R>,
    given: Given<K, A>,
  ): Promise<R> {
    const args = scriptArguments(script.definition, given);
    const reply = await this.runScript(script, args);
    return script.definition.reply === undefined ? (reply as R) : script.definition.reply(reply);
  }

  /** Calls it by its name, and brings its text where it is not known. */
  protected async runScript(
    script: Script<string, string, unknown>,
    args: readonly Value[],
  ): Promise<unknown> {
    const call = commandNamed(script.call);
    try {
      return await this.run(call, [script.name, ...args], [], plain);
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
    const whole = commandNamed(script.whole);
    if (script.whole !== 'function load') return this.run(whole, [script.text, ...args], [], plain);
    await this.run(whole, ['REPLACE', script.text], [], null);
    return this.run(call, [script.name, ...args], [], plain);
  }
}

export interface Commander<S, M extends MapsAs = 'object'> extends Commands<S, M> {}

interface Runner {
  run(
    command: Command,
    args: readonly Value[],
    given: readonly unknown[],
    decode: Decode | null,
  ): Promise<unknown>;
}

type Method = (this: Runner, ...given: unknown[]) => Promise<unknown>;

function methodOf(name: string): Method {
  let command: Command | undefined;
  return function (...given) {
    command ??= findCommand(name.split(' '))[0];
    let args: readonly Value[];
    try {
      args = argumentsOf(name, command.plan, given);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.run(command, args, given, command.decode);
  };
}

// They sit one prototype below, because adding hundreds of members to a class is slow.
const methods: Record<string, Method> = {};
for (const name of commandNames()) if (!OWN.has(name)) methods[methodName(name)] = methodOf(name);
Object.setPrototypeOf(Commander.prototype, methods);
