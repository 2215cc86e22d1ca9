// Errors that a server gives in trouble, by their codes.

import {
  BUSY_SCRIPT,
  LOADING_DATA,
  MASTER_DOWN,
  NO_AUTH,
  NO_REPLICAS,
  OUT_OF_MEMORY,
  READ_ONLY,
  ReplyError,
  WRONG_PASS,
  WRONG_TYPE,
} from '../../protocol/errors.ts';
import { keySlot } from '../../protocol/slot.ts';
import { errorOf } from './values.ts';

const KNOWN = {
  LOADING: LOADING_DATA,
  READONLY: READ_ONLY,
  BUSY: BUSY_SCRIPT,
  OOM: OUT_OF_MEMORY,
  NOAUTH: NO_AUTH,
  WRONGPASS: WRONG_PASS,
  WRONGTYPE: WRONG_TYPE,
  MASTERDOWN: MASTER_DOWN,
  NOREPLICAS: NO_REPLICAS,
  CLUSTERDOWN: new ReplyError('CLUSTERDOWN The cluster is down'),
  TRYAGAIN: new ReplyError('TRYAGAIN Multiple keys request during rehashing of slot'),
  CROSSSLOT: new ReplyError("CROSSSLOT Keys in request don't hash to the same slot"),
  NOSCRIPT: new ReplyError('NOSCRIPT No matching script. Please use EVAL.'),
  MISCONF: new ReplyError(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
      'disk. Commands that may modify the data set are disabled, because this instance is ' +
      'configured to report errors during writes if RDB snapshotting fails ' +
      '(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the ' +
      'RDB error.',
  ),
} as const;

export type ErrorName = keyof typeof KNOWN;

/**
 * An error reply: a code alone, which stands for Redis's own text; any other text, which is said as
 * it is (with ERR before it if it begins with no code); or the node of a cluster that a client is
 * sent to, for the slot of the request's first key if no slot is given.
 */
export type FaultError =
  | ErrorName
  | (string & {})
  | { readonly moved: string; readonly slot?: number }
  | { readonly ask: string; readonly slot?: number };

/** A function that makes the error for a request with these keys. */
export function errorMaker(error: FaultError): (keys: readonly string[]) => ReplyError {
  if (typeof error === 'string') {
    const line = Object.hasOwn(KNOWN, error) ? KNOWN[error as ErrorName] : errorOf(error);
    return () => line;
  }
  const word = 'moved' in error ? 'MOVED' : 'ASK';
  const address = 'moved' in error ? error.moved : error.ask;
  return (keys) => {
    const slot = error.slot ?? (keys.length === 0 ? 0 : keySlot(keys[0]));
    return new ReplyError(`${word} ${slot} ${address}`);
  };
}
