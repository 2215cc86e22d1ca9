// Users in files: the lines of redis.conf that begin with `user`, and the file `aclfile`, which
// ACL SAVE writes and ACL LOAD reads. A server has either the one or the other.
//
// Every line of such a file is `user name rule rule ...`. It is taken as a whole or not at all: all
// that is wrong with it is told together, and then the users are what they were.

import { cString } from '../protocol/errors.ts';
import { hasSpace, UNKNOWN_COMMAND } from './acl-selector.ts';
import { mergeRules, User } from './acl-user.ts';
import { readTextFile, replaceFile, systemError } from './config/config-file.ts';
import { LoadError } from './loading.ts';
import type { Server } from './server.ts';

/** Takes in the users of the configuration and of the file; throws a LoadError after telling. */
export function loadUsersAtStart(server: Server): void {
  const { config, log } = server;
  const file = config.values.aclfile;
  if (file !== '' && config.users.length !== 0) {
    throw failed(
      server,
      'Configuring Redis with users defined in redis.conf and at the same setting an ACL file ' +
        'path is invalid. This setup is very likely to lead to configuration errors and security ' +
        'holes, please define either an ACL file or declare users directly in your redis.conf, ' +
        'but not both.',
    );
  }
  for (const words of config.users) {
    const problem = configure(server, words);
    if (problem === '') continue;
    log.warning(problem);
    throw failed(server, 'Critical error while loading ACLs. Exiting.');
  }
  if (file === '') return;
  const problem = loadUsers(server);
  if (problem === '') return;
  throw failed(server, `Aborting Redis startup because of ACL errors: ${problem}`);
}

function failed({ log }: Server, why: string): LoadError {
  log.warning(why);
  return new LoadError(why);
}

function configure({ acl, log }: Server, [name, ...words]: readonly string[]): string {
  if (hasSpace(name)) return 'Spaces not allowed in ACL usernames';
  const user = acl.configure(name);
  for (const rule of mergeRules(words).rules) {
    const why = acl.apply(user, rule);
    if (why === '') continue;
    return `Error loading ACL rule '${cString(rule)}' for the user named '${name}': ${why}`;
  }
  acl.configured(user);
  if (!user.enabled) {
    log.notice(
      `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make ` +
        'sure this is not a configuration error.',
    );
  }
  return '';
}

/** ACL LOAD: makes the users of the file those of the server; returns all that is wrong, or ''. */
export function loadUsers(server: Server): string {
  const file = server.config.values.aclfile;
  let text: string;
  try {
    text = readTextFile(pathOf(server));
  } catch (problem) {
    return `Error loading ACLs, opening file '${file}': ${systemError(problem)}`;
  }
  const users = new Map<string, User>();
  let problems = '';
  for (const [i, line] of text.split('\n').entries()) {
    const words = trimmed(line, ' \t\r\n');
    if (words !== '') problems += readLine(server, users, words.split(' '), `${file}:${i + 1}`);
  }
  if (problems !== '') {
    const unchanged = 'no change to the previously active ACL rules was performed';
    return `${problems}WARNING: ACL errors detected, ${unchanged}`;
  }
  server.acl.replace(users);
  return '';
}

/** Takes in one line; returns what is wrong with it, or ''. */
function readLine(
  { acl }: Server,
  users: Map<string, User>,
  [keyword, name, ...words]: readonly string[],
  where: string,
): string {
  if (keyword !== 'user' || name === undefined) {
    return `${where} should start with user keyword followed by the username. `;
  }
  if (hasSpace(name)) return `'${where}: username '${name}' contains invalid characters. `;
  if (users.has(name)) {
    const number = where.slice(where.lastIndexOf(':') + 1);
    return `WARNING: Duplicate user '${name}' found on line ${number}. `;
  }
  const user = new User(name, acl.allChannels);
  users.set(name, user);
  const { rules, openAt } = mergeRules(words);
  // Unlike Redis: a bracket that is not closed in the file of users is an error. 8.0.2 breaks down.
  if (openAt >= 0) return `${where}: Unmatched parenthesis in selector definition.`;
  let problems = '';
  let told = false;
  for (const each of rules) {
    const rule = trimmed(each, '\t\r\n');
    const why = acl.apply(user, rule);
    if (why === UNKNOWN_COMMAND) {
      problems += `${where}: Error in applying operation '${cString(rule)}': ${why}. `;
    } else if (why !== '' && !told) {
      // What the rule says may be a secret, and what follows may be wrong because of it.
      told = true;
      problems += `${where}: ${why}. `;
    }
  }
  return problems;
}

/** ACL SAVE: writes all users to the file; false if that failed, of which the log tells. */
export function saveUsers(server: Server): boolean {
  const text = server.acl.lines.map((line) => `user ${line}\n`).join('');
  try {
    replaceFile(pathOf(server), text, server.runId);
    return true;
  } catch (problem) {
    server.log.warning(`Writing ACL file for ACL SAVE: ${systemError(problem)}`);
    return false;
  }
}

function pathOf({ config }: Server): string {
  const { aclfile, dir } = config.values;
  return aclfile.startsWith('/') ? aclfile : `${dir}/${aclfile}`;
}

/** A text without these chars at its ends. */
function trimmed(text: string, chars: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && chars.includes(text[start])) start++;
  while (end > start && chars.includes(text[end - 1])) end--;
  return text.slice(start, end);
}
