// A user: whether it may come in, with which passwords, and what it may do then.
//
// Rules change a copy, which takes the user's place if all of them made sense. The object itself
// stays the same, as clients hold it, from SETUSER to SETUSER.

import { cString } from '../protocol/errors.ts';
import { readSelector, Selector, UNKNOWN_COMMAND } from './acl-selector.ts';
import { hashPassword, isAmong, isPasswordHash } from './secret.ts';

const NO_SUCH_PASSWORD = 'The password you are trying to remove from the user does not exist';
const BAD_HASH =
  'The password hash must be exactly 64 characters and contain only lowercase hexadecimal ' +
  'characters';

export class User {
  readonly name: string;
  enabled = false;
  /** Any password is right. */
  noPassword = false;
  hashes: string[] = [];
  /** The root selector is the first. */
  selectors: Selector[];
  /** Whether there is no call that it may not do: then nobody has to look. */
  unrestricted = false;
  private sanitizes = true; // Of no consequence: every payload is looked through.
  private readonly allChannels: boolean;

  /** `allChannels` is what acl-pubsub-default says: it holds for each new selector. */
  constructor(name: string, allChannels: boolean) {
    this.name = name;
    this.allChannels = allChannels;
    this.selectors = [new Selector(allChannels)];
  }

  /** Makes this user what another is, but for its name. */
  become(other: User): void {
    this.enabled = other.enabled;
    this.noPassword = other.noPassword;
    this.hashes = other.hashes.slice();
    this.selectors = other.selectors.map((selector) => selector.copy());
    this.sanitizes = other.sanitizes;
    this.settle();
  }

  copy(): User {
    const copy = new User(this.name, this.allChannels);
    copy.become(this);
    return copy;
  }

  /** To be called when all rules have been applied. */
  settle(): void {
    this.unrestricted = this.selectors.some((selector) => selector.isUnrestricted);
  }

  get root(): Selector {
    return this.selectors[0];
  }

  /** Whether a password lets somebody in as this user. */
  accepts(password: string): boolean {
    const hash = hashPassword(password);
    return this.enabled && (this.noPassword || isAmong(hash, this.hashes));
  }

  /** Applies one rule; returns why it cannot, or ''. */
  apply(rule: string): string {
    if (rule === '') return '';
    switch (cString(rule).toLowerCase()) {
      case 'on':
        this.enabled = true;
        return '';
      case 'off':
        this.enabled = false;
        return '';
      case 'skip-sanitize-payload':
        this.sanitizes = false;
        return '';
      case 'sanitize-payload':
        this.sanitizes = true;
        return '';
      case 'nopass':
        this.hashes = [];
        this.noPassword = true;
        return '';
      case 'resetpass':
        this.hashes = [];
        this.noPassword = false;
        return '';
      case 'clearselectors':
        this.selectors = [this.root];
        return '';
      case 'reset':
        this.reset();
        return '';
    }
    switch (rule[0]) {
      case '>':
        return this.addHash(hashPassword(rule.slice(1)));
      case '#':
        return isPasswordHash(rule.slice(1)) ? this.addHash(rule.slice(1)) : BAD_HASH;
      case '<':
        return this.removeHash(hashPassword(rule.slice(1)));
      case '!':
        return isPasswordHash(rule.slice(1)) ? this.removeHash(rule.slice(1)) : BAD_HASH;
    }
    if (rule[0] === '(' && rule.endsWith(')')) return this.addSelector(rule);
    return this.root.apply(rule);
  }

  private reset(): void {
    this.enabled = false;
    this.noPassword = false;
    this.hashes = [];
    this.sanitizes = true;
    this.selectors = [new Selector(this.allChannels)];
  }

  private addHash(hash: string): string {
    if (!this.hashes.includes(hash)) this.hashes.push(hash);
    this.noPassword = false;
    return '';
  }

  private removeHash(hash: string): string {
    const at = this.hashes.indexOf(hash);
    if (at < 0) return NO_SUCH_PASSWORD;
    this.hashes.splice(at, 1);
    return '';
  }

  private addSelector(rule: string): string {
    const selector = readSelector(rule, this.allChannels);
    if (typeof selector === 'string') return selector;
    this.selectors.push(selector);
    return '';
  }

  /** The words of ACL GETUSER's flags. */
  get flags(): string[] {
    const flags = [this.enabled ? 'on' : 'off'];
    if (this.noPassword) flags.push('nopass');
    flags.push(this.sanitizes ? 'sanitize-payload' : 'skip-sanitize-payload');
    return flags;
  }

  /** All rules that make this user of a new one. */
  describe(): string {
    const [root, ...others] = this.selectors;
    return [
      ...this.flags,
      ...this.hashes.map((hash) => `#${hash}`),
      root.describe(),
      ...others.map((selector) => `(${selector.describe()})`),
    ].join(' ');
  }
}

/** The rules of a selector that was given as several words, put together; and what is amiss. */
export type MergedRules = {
  readonly rules: readonly string[];
  /** The index of the word whose bracket is never closed, or -1. */
  readonly openAt: number;
};

/** Puts words such as '(+get', '~x)' together to rules. */
export function mergeRules(words: readonly string[]): MergedRules {
  const rules: string[] = [];
  let openAt = -1;
  let selector = '';
  for (const [i, word] of words.entries()) {
    const closes = word.endsWith(')');
    if (openAt >= 0) {
      selector += ` ${cString(word)}`;
      if (!closes) continue;
      rules.push(selector);
      openAt = -1;
    } else if (word.startsWith('(') && !closes) {
      selector = word;
      openAt = i;
    } else {
      rules.push(word);
    }
  }
  return { rules, openAt };
}

/** What is wrong with the rules of a `user` line, and the index of the word to blame. */
export type UserProblem = { readonly at: number; readonly why: string };

/**
 * Looks through the words behind `user` in a configuration file. Commands that nobody knows pass:
 * in Redis a module could still bring them.
 */
export function checkUser(words: readonly string[], allChannels: boolean): UserProblem | undefined {
  const { rules, openAt } = mergeRules(words.slice(1));
  if (openAt >= 0) return { at: openAt, why: 'Wrong format' };
  const user = new User('', allChannels);
  for (const [at, rule] of rules.entries()) {
    const why = user.apply(rule);
    if (why !== '' && why !== UNKNOWN_COMMAND) return { at, why };
  }
  return undefined;
}
