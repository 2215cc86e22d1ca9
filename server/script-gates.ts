// What a script that declares what it does is taken for at the gates of a request: a command with
// just these flags, instead of one that may do anything.

import { DENYOOM, MAY_REPLICATE, STALE, WRITE } from '../protocol/command-spec.ts';
import { ReplyError } from '../protocol/errors.ts';
import type { Client } from './client.ts';
import type { Command } from './command-table.ts';
import { ALLOW_OOM, ALLOW_STALE, COMPATIBLE, NO_WRITES, readShebang } from './script-flags.ts';

/** The flags of the command that a client asks for. */
export function flagsOf(c: Client, { flags, spec }: Command): number {
  if (spec.group !== 'scripting') return flags;
  const declared = declaredBy(c, spec.name);
  if (declared & COMPATIBLE) return flags;
  let own = flags & ~(STALE | DENYOOM | WRITE | MAY_REPLICATE);
  if (!(declared & (ALLOW_OOM | NO_WRITES))) own |= DENYOOM;
  if (!(declared & NO_WRITES)) own |= WRITE;
  if (declared & ALLOW_STALE) own |= STALE;
  return own;
}

/** What the script says of itself; COMPATIBLE if that is nothing, or there is none. */
export function declaredBy({ argv, server }: Client, name: string): number {
  const { scripts, functions } = server.scripting;
  switch (name) {
    case 'eval':
    case 'eval_ro':
      return scripts.known(argv[1])?.flags ?? shebangOf(argv[1]);
    case 'evalsha':
    case 'evalsha_ro':
      return scripts.find(argv[1])?.flags ?? COMPATIBLE;
    case 'fcall':
    case 'fcall_ro':
      return functions.libraries.find(argv[1])?.flags ?? COMPATIBLE;
    default:
      return COMPATIBLE;
  }
}

function shebangOf(source: string): number {
  try {
    return readShebang(source).flags;
  } catch (problem) {
    if (!(problem instanceof ReplyError)) throw problem;
    return COMPATIBLE; // What is wrong with it is said when it is to run.
  }
}
