// What a script says about itself: "#!lua flags=no-writes,allow-oom" in its first line, or the
// flags that a function is registered with.

import { quoting, ReplyError } from '../protocol/errors.ts';
import { splitWords } from '../protocol/words.ts';

export const NO_WRITES = 1 << 0;
export const ALLOW_OOM = 1 << 1;
export const ALLOW_STALE = 1 << 2;
export const NO_CLUSTER = 1 << 3;
export const ALLOW_CROSS_SLOT_KEYS = 1 << 4;
/** It says nothing of itself: what it may do is decided command by command. */
export const COMPATIBLE = 1 << 5;

/** Every flag by its name, in the order in which FUNCTION LIST shows them. */
export const FLAGS: ReadonlyMap<string, number> = new Map([
  ['no-writes', NO_WRITES],
  ['allow-oom', ALLOW_OOM],
  ['allow-stale', ALLOW_STALE],
  ['no-cluster', NO_CLUSTER],
  ['allow-cross-slot-keys', ALLOW_CROSS_SLOT_KEYS],
]);

const BAD_SHEBANG = new ReplyError('ERR Invalid script shebang');
const BAD_ENGINE = new ReplyError('ERR Invalid engine in script shebang');

/** The flags of a script, and where its code begins. Throws a ReplyError. */
export function readShebang(script: string): { flags: number; start: number } {
  if (!script.startsWith('#!')) return { flags: COMPATIBLE, start: 0 };
  const start = script.indexOf('\n');
  if (start < 0) throw BAD_SHEBANG;
  const words = splitWords(script.slice(0, start));
  if (words === undefined || words.length === 0) throw BAD_ENGINE;
  const [engine, ...options] = words;
  if (engine !== '#!lua') throw quoting('Unexpected engine in script shebang: ', engine, '');
  let flags = 0;
  for (const option of options) {
    if (!option.startsWith('flags=')) throw quoting('Unknown lua shebang option: ', option, '');
    const names = option.slice('flags='.length);
    if (names === '') continue;
    for (const name of names.split(',')) {
      const bit = FLAGS.get(name);
      if (bit === undefined) throw quoting('Unexpected flag in script shebang: ', name, '');
      flags |= bit;
    }
  }
  return { flags, start };
}
