// Whether a user may make a call: its command, and then each key and channel that it names.
//
// All of a call has to be allowed by one selector. If none does, the error tells of what came
// nearest: a selector that knows the command but not a key says more than one that does not know
// the command. Of the keys that were refused it is the one furthest to the right.

import * as is from '../protocol/command-spec.ts';
import type { CommandSpec } from '../protocol/command-spec.ts';
import { keyAccess, loosestKeys } from '../protocol/derive.ts';
import { cString, oneLine, ReplyError } from '../protocol/errors.ts';
import { globMatch } from '../protocol/glob.ts';
import { READ, type Selector, WRITE } from './acl-selector.ts';
import type { User } from './acl-user.ts';

/** Why a call is refused. */
export const ALLOWED = 0;
export const DENIED_COMMAND = 1;
export const DENIED_KEY = 2;
export const DENIED_CHANNEL = 3;

/** The index in argv of what the last call that was refused was refused for. */
export let deniedAt = 0;

// The keys of the call that is looked at, and what is done with them.
const places: number[] = [];
const accesses: number[] = [];
let keysFound = 0;
let place = 0; // Of what the last selector refused.

/** ALLOWED, or why not; then `deniedAt` says where. */
export function check(user: User, spec: CommandSpec, argv: readonly string[]): number {
  keysFound = -1;
  let nearest = DENIED_COMMAND;
  deniedAt = 0;
  place = 0;
  for (const selector of user.selectors) {
    const result = checkSelector(selector, spec, argv);
    if (result === ALLOWED) return ALLOWED;
    if (result > nearest || (result === nearest && place > deniedAt)) {
      nearest = result;
      deniedAt = place;
    }
  }
  return nearest;
}

/** Whether a selector that allows a call also lets every key be read: SORT BY may need that. */
export function mayReadAll(user: User, spec: CommandSpec, argv: readonly string[]): boolean {
  if (user.unrestricted) return true;
  keysFound = -1;
  return user.selectors.some((selector) => {
    if (checkSelector(selector, spec, argv) !== ALLOWED) return false;
    return selector.allKeys || selector.keys.some(isAllToRead);
  });
}

function isAllToRead({ pattern, permission }: Selector['keys'][number]): boolean {
  return pattern === '*' && (permission & READ) !== 0;
}

function checkSelector(selector: Selector, spec: CommandSpec, argv: readonly string[]): number {
  if (!(spec.flags & is.NO_AUTH) && !selector.allowsCommand(spec, argv)) return DENIED_COMMAND;
  if (!selector.allKeys && spec.keys.length !== 0) {
    if (keysFound < 0) keysFound = findKeys(spec, argv);
    for (let i = 0; i < keysFound; i++) {
      if (allowsKey(selector, argv[places[i]], accesses[i])) continue;
      place = places[i];
      return DENIED_KEY;
    }
  }
  if (!selector.allChannels && spec.group === 'pubsub') {
    const at = forbiddenChannel(selector, spec, argv);
    if (at !== 0) {
      place = at;
      return DENIED_CHANNEL;
    }
  }
  return ALLOWED;
}

function allowsKey(selector: Selector, key: string, access: number): boolean {
  let needed = access & is.ACCESS ? READ : 0;
  if (access & (is.INSERT | is.DELETE | is.UPDATE)) needed |= WRITE;
  for (const { pattern, permission } of selector.keys) {
    if ((permission & needed) === needed && globMatch(pattern, key)) return true;
  }
  return false;
}

/** The index of a channel that is not allowed, or 0. */
function forbiddenChannel(
  { channels }: Selector,
  { name }: CommandSpec,
  argv: readonly string[],
): number {
  let end = argv.length;
  switch (name) {
    case 'publish':
    case 'spublish':
      end = 2;
      break;
    case 'subscribe':
    case 'ssubscribe':
    case 'psubscribe':
      break;
    default:
      return 0; // To leave, and to ask who listens, is free.
  }
  for (let i = 1; i < end; i++) {
    if (!allowsChannel(channels, argv[i], name === 'psubscribe')) return i;
  }
  return 0;
}

/** Whether a channel matches one of these; a pattern has to be among them as it stands. */
export function allowsChannel(
  channels: readonly string[],
  channel: string,
  isPattern: boolean,
): boolean {
  if (!isPattern) return channels.some((pattern) => globMatch(pattern, channel));
  return channels.includes(cString(channel));
}

/** Fills `places` and `accesses`; says how many keys there are. */
function findKeys(spec: CommandSpec, argv: readonly string[]): number {
  const found = keyAccess(spec, argv, places, accesses);
  return found >= 0 ? found : loosestKeys(spec, argv, places, accesses);
}

/** What a refused call is told; `verbose` names the key or the channel. */
export function denial(
  reason: number,
  user: User,
  spec: CommandSpec,
  argv: readonly string[],
  verbose: boolean,
): string {
  if (reason === DENIED_COMMAND) {
    return `User ${user.name} has no permissions to run the '${spec.name}' command`;
  }
  const what = reason === DENIED_KEY ? 'key' : 'channel';
  if (!verbose) return `No permissions to access a ${what}`;
  return `User ${user.name} has no permissions to access the '${argv[deniedAt]}' ${what}`;
}

/** The error line for that. */
export function noPermission(
  reason: number,
  user: User,
  spec: CommandSpec,
  argv: readonly string[],
): ReplyError {
  return new ReplyError(oneLine(`NOPERM ${denial(reason, user, spec, argv, false)}`));
}
