// The users of one server, and what happens to their clients when they change.
//
// Every client is somebody: `default` until it says otherwise. What a client may do is asked in
// call.ts before each command runs, and asked again where time has passed since: at EXEC, when
// a client that waited is served, and for every command of a script. A user whom nothing is
// forbidden (User.unrestricted) costs one look at a boolean there.
//
// The superuser is what repeats what was done elsewhere, a file or a master: nobody can be it.

import type { CommandSpec } from '../protocol/command-spec.ts';
import { cString, oneLine, ReplyError } from '../protocol/errors.ts';
import { allowsChannel, check, DENIED_COMMAND, deniedAt, noPermission } from './acl-check.ts';
import { AclLog, type Context, DENIED_LOGIN } from './acl-log.ts';
import { firstArgRules } from './acl-selector.ts';
import { mergeRules, User } from './acl-user.ts';
import type { Client } from './client.ts';
import { clientType } from './client-info.ts';
import type { Server } from './server.ts';

const EVERYTHING = ['+@all', '~*', '&*', 'on', 'nopass'];

export class Acl {
  readonly log: AclLog;
  /** Whom those are that have not said who they are. Always the same object. */
  readonly defaultUser = new User('default', false);
  readonly superuser = new User('(superuser)', false);
  /** Counts the changes. */
  changes = 0;
  private users = new Map<string, User>();
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
    this.log = new AclLog(server);
    const { config } = server;
    for (const user of [this.defaultUser, this.superuser]) mayDoEverything(user);
    this.users.set('default', this.defaultUser);
    this.setDefaultPassword(config.values.requirepass);
    config.onChange('requirepass', (password) => this.setDefaultPassword(password));
  }

  find(name: string): User | undefined {
    return this.users.get(name);
  }

  /** All users in the order of their names' bytes. */
  get sorted(): User[] {
    return [...this.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Each user with all of its rules, as files and ACL LIST have it. */
  get lines(): string[] {
    return this.sorted.map((user) => `${user.name} ${user.describe()}`);
  }

  /** What a new selector may say on channels. */
  get allChannels(): boolean {
    return this.server.config.values['acl-pubsub-default'] === 'allchannels';
  }

  /** requirepass: the one password of the default user, or '' for none. */
  private setDefaultPassword(password: string): void {
    const user = this.defaultUser;
    user.apply('resetpass');
    user.apply(password === '' ? 'nopass' : `>${password}`);
    this.settleDefault();
  }

  private settleDefault(): void {
    this.changes++;
    const { defaultUser, server } = this;
    defaultUser.settle();
    server.needsAuth = !defaultUser.noPassword || !defaultUser.enabled;
    // Redis: who is in stays in; where everybody may come in, everybody is.
    for (const c of server.clients.values()) {
      c.parser.trusted = c.authenticated || !server.needsAuth;
    }
  }

  /** Makes a user, or changes one; throws a ReplyError, and then nothing has changed. */
  set(name: string, words: readonly string[]): void {
    const { rules, openAt } = mergeRules(words);
    if (openAt >= 0) {
      const word = cString(words[openAt]);
      throw refusal(`Unmatched parenthesis in acl selector starting at '${word}'.`);
    }
    const changed = new User(name, this.allChannels);
    const known = this.users.get(name);
    if (known !== undefined) changed.become(known);
    for (const rule of rules) {
      const why = this.apply(changed, rule);
      if (why !== '') throw refusal(`Error in ACL SETUSER modifier '${cString(rule)}': ${why}`);
    }
    if (known === undefined) {
      this.add(changed);
      return;
    }
    this.changes++;
    this.cutOffListeners(changed, known);
    known.become(changed);
    if (known === this.defaultUser) this.settleDefault();
  }

  /** Applies a rule to a user, as the user does, and warns of what Redis may give up some day. */
  apply(user: User, rule: string): string {
    const why = user.apply(rule);
    if (why !== '') return why;
    for (const offender of firstArgRules(rule)) {
      this.server.log.warning(
        'Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse ' +
          `of ACL and may get disabled in the future (offender: ${cString(offender)})`,
      );
    }
    return '';
  }

  /** Takes in a user of a new name whose rules have been applied. */
  private add(user: User): void {
    this.changes++;
    user.settle();
    this.users.set(user.name, user);
  }

  /** Removes a user and ends its connections; false if there is none of that name. */
  delete(name: string): boolean {
    const user = this.users.get(name);
    if (user === undefined) return false;
    this.changes++;
    this.users.delete(name);
    for (const c of [...this.server.clients.values()]) if (c.user === user) this.cutOff(c);
    return true;
  }

  /** A user of the configuration file. The default user begins anew. */
  configure(name: string): User {
    const user = name === 'default' ? this.defaultUser : new User(name, this.allChannels);
    if (user !== this.defaultUser) this.users.set(name, user);
    else user.apply('reset');
    return user;
  }

  /** To be called when the rules of a configured user have been applied. */
  configured(user: User): void {
    if (user === this.defaultUser) this.settleDefault();
    else user.settle();
  }

  /** All users as they are now, for replace(). */
  copy(): Map<string, User> {
    return copyUsers(this.users);
  }

  /** Puts these users in the place of all; the default user, if missing, may do everything. */
  replace(users: ReadonlyMap<string, User>): void {
    const { defaultUser } = this;
    let next = users.get('default');
    if (next === undefined) mayDoEverything((next = new User('default', false)));
    const before = this.users;
    const oldDefault = new User('default', false);
    oldDefault.become(defaultUser);
    defaultUser.become(next);
    this.users = new Map(users).set('default', defaultUser);
    for (const user of this.users.values()) user.settle();
    this.settleDefault();
    for (const c of [...this.server.clients.values()]) {
      if (c.user === this.superuser) continue;
      const { name } = c.user;
      const user = this.users.get(name);
      const old = name === 'default' ? oldDefault : before.get(name)!;
      const lost = user !== undefined && lostChannels(user, old);
      if (user === undefined || (lost && listensTo(c, user))) this.cutOff(c);
      else c.user = user;
    }
  }

  /** Lets a client in as a user; false if it may not, of which the log knows then. */
  login(c: Client, name: string, password: string): boolean {
    const user = this.users.get(name);
    if (user === undefined || !user.accepts(password)) {
      this.log.add(c, DENIED_LOGIN, contextOf(c), c.argv[0], name);
      return false;
    }
    c.user = user;
    c.authenticated = true;
    c.parser.trusted = true;
    return true;
  }

  /** What a client is refused a command with, or null; the log knows of it. */
  refusal(c: Client, spec: CommandSpec, argv: readonly string[]): ReplyError | null {
    const reason = this.denied(c, spec, argv, contextOf(c));
    return reason === 0 ? null : noPermission(reason, c.user, spec, argv);
  }

  /** The same as a reason of acl-check.ts, or 0. */
  denied(c: Client, spec: CommandSpec, argv: readonly string[], context: Context): number {
    const reason = check(c.user, spec, argv);
    if (reason !== 0) {
      const object = reason === DENIED_COMMAND ? spec.name : argv[deniedAt];
      this.log.add(c, reason, context, object, c.user.name);
    }
    return reason;
  }

  private cutOffListeners(user: User, before: User): void {
    const { pubsub, clients } = this.server;
    if (pubsub.clients === 0 || !lostChannels(user, before)) return;
    for (const c of [...clients.values()]) {
      if (c.user === before && listensTo(c, user)) this.cutOff(c);
    }
  }

  /** Ends a connection whose user is gone, or lost what it listens to; its reply comes first. */
  private cutOff(c: Client): void {
    c.user = this.defaultUser;
    c.authenticated = false;
    c.closing = true;
    if (c.isReplica) c.close();
    else if (this.server.current?.asker !== c) c.queueOutput();
  }
}

/** Users that can be changed without changing these. */
export function copyUsers(users: ReadonlyMap<string, User>): Map<string, User> {
  return new Map([...users].map(([name, user]) => [name, user.copy()]));
}

function mayDoEverything(user: User): void {
  for (const rule of EVERYTHING) user.apply(rule);
  user.settle();
}

function contextOf(c: Client): Context {
  return c.queue === null ? 'toplevel' : 'multi';
}

function refusal(why: string): ReplyError {
  return new ReplyError(oneLine(`ERR ${why}`));
}

/** Whether there is a channel rule that a user had and has no more. */
function lostChannels(user: User, before: User): boolean {
  if (user.selectors.some((selector) => selector.allChannels)) return false;
  const left = channelsOf(user);
  return before.selectors.some(
    ({ allChannels, channels }) =>
      allChannels || channels.some((channel) => !left.includes(channel)),
  );
}

function channelsOf(user: User): string[] {
  return user.selectors.flatMap((selector) => selector.channels);
}

/** Whether a client listens to anything that its user, as it is now, does not allow. */
function listensTo(c: Client, user: User): boolean {
  if (clientType(c) !== 'pubsub') return false;
  const allowed = channelsOf(user);
  const { patterns, channels, shardChannels } = c.server.pubsub;
  const forbids = (name: string, isPattern: boolean) => !allowsChannel(allowed, name, isPattern);
  return (
    [...patterns.namesOf(c)].some((name) => forbids(name, true)) ||
    [...channels.namesOf(c), ...shardChannels.namesOf(c)].some((name) => forbids(name, false))
  );
}
