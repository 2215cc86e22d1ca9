// What Valkey does otherwise than the Redis that it left.

import { after, LOADING, NO_MULTI, text, token } from '../../protocol/command-spec.ts';
import { isInt64 } from '../../protocol/numbers.ts';
import { cString, NOT_AN_INTEGER, oneLine, ReplyError } from '../../protocol/errors.ts';
import type { Handler } from '../command-table.ts';
import { clientsAs } from './clients.ts';
import { retext } from './told.ts';
import { setIfEqual } from './valkey-set.ts';
import { filteredClients } from './valkey-clients.ts';
import { withoutScores } from './valkey-zscan.ts';
import { type Change, respelled, valkey, worded } from './change.ts';

const any = valkey();
const since81 = valkey('8.1');

/** Texts that named the other server. */
const NAMES: readonly (readonly [now: string, then: string])[] = [
  ['Unknown Redis command called', 'Unknown command called'],
  ['args calling Redis command', 'args calling command'],
  ['This Redis instance is not', 'This instance is not'],
  ['have a Redis configuration file set', 'have a configuration file set'],
  ['store users in the Redis configuration', 'store users in the configuration'],
  ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT No matching script.'],
];

function renamed(line: string): string {
  for (const [now, then] of NAMES) line = line.replace(now, then);
  return line;
}

function engine(line: string): string {
  return line.replace(/^ERR Unexpected engine in script shebang: #!(\S*)/, (_, name: string) => {
    return `ERR Could not find scripting engine '${name}'`;
  });
}

const BAD_REASON = new ReplyError('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
const TYPES = ['string', 'list', 'set', 'zset', 'hash', 'stream'];

/** SCAN: a type that there is not is a mistake. */
function knownTypes(run: Handler): Handler {
  return (c) => {
    for (let i = 2; i + 1 < c.argv.length; i += 2) {
      if (c.argv[i].toUpperCase() !== 'TYPE' || !/^\d+$/.test(c.argv[1])) continue;
      const type = c.argv[i + 1];
      if (!TYPES.includes(type.toLowerCase())) {
        throw new ReplyError(oneLine(`ERR unknown type name '${cString(type)}'`));
      }
    }
    run(c);
  };
}

/** Who listened to nothing could not stop to. */
function onlyListeners(run: Handler): Handler {
  return (c) => {
    if (c.subscriptions > 0) return run(c);
    throw new ReplyError(`NOSUB '${c.running!.spec.name}' command executed not in subscribed mode`);
  };
}

/** CLIENT UNBLOCK: who is meant is read before the rest. */
function idFirst(run: Handler): Handler {
  return (c) => {
    const reason = c.argv[3]?.toUpperCase() ?? 'TIMEOUT';
    if (reason !== 'TIMEOUT' && reason !== 'ERROR') throw BAD_REASON;
    if (!isInt64(c.argv[2])) throw NOT_AN_INTEGER;
    run(c);
  };
}

export const valkeyChanges: readonly Change[] = [
  { when: any, of: 'multi watch', adds: NO_MULTI },
  { when: any, of: 'cluster|info cluster|myid cluster|myshardid cluster|nodes', adds: LOADING },
  { when: since81, of: 'memory|malloc-stats memory|purge', adds: LOADING },
  { when: any, of: 'scan', run: knownTypes },
  {
    when: since81,
    of: 'command command|info',
    run: retext((text) => (text === 'skip_slowlog' ? 'skip_commandlog' : text)),
  },
  {
    when: (version) => version.name === 'valkey-8.0',
    of: 'unsubscribe punsubscribe sunsubscribe',
    run: onlyListeners,
  },
  { when: since81, of: 'client|unblock', run: idFirst },
  { when: since81, of: 'client|list', run: () => retext(clientsAs)(filteredClients) },
  { when: since81, of: 'set', args: [after('IFEQ', text('comparison-value'))], run: setIfEqual },
  { when: any, of: 'zscan', args: [token('NOSCORES')], run: withoutScores },
  { when: any, of: 'acl|load acl|save', run: worded(renamed) },
  { when: any, of: 'eval eval_ro evalsha evalsha_ro fcall fcall_ro', run: worded(renamed) },
  { when: since81, of: 'eval eval_ro script|load', run: worded(engine) },
  // What is for a cluster only is taken without one, too.
  { when: any, of: 'readonly readwrite', run: () => (c) => c.reply.ok() },
  {
    when: any,
    of: 'bitcount',
    run: respelled((argv) => {
      if (argv.length === 3) argv.push('-1');
    }),
  },
];
