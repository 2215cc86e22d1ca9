// CLIENT TRACKING and what goes with it: a connection says how it wants to hear of changes of the
// keys that it keeps copies of. Who is told what, and when, is server/tracking.ts.

import { cString, quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { integer } from '../string-value.ts';
import { Tracking } from '../tracking.ts';

const ONE_REDIRECT = new ReplyError('ERR A client can only redirect to a single other client');
const NO_SUCH_REDIRECT = new ReplyError('ERR The client ID you want redirect to does not exist');
const PREFIX_NEEDS_BCAST = new ReplyError('ERR PREFIX option requires BCAST mode to be enabled');
const BCAST_STAYS = new ReplyError(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
    're-enabling it with a different mode.',
);
const BCAST_TELLS_ALL = new ReplyError('ERR OPTIN and OPTOUT are not compatible with BCAST');
const IN_OR_OUT = new ReplyError("ERR You can't specify both OPTIN mode and OPTOUT mode");
const CHOICE_STAYS = new ReplyError(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
    're-enabling it with a different mode.',
);
const NO_CHOICE = new ReplyError(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
    'OPTOUT mode enabled',
);
const NOT_OPT_IN = new ReplyError(
  'ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.',
);
const NOT_OPT_OUT = new ReplyError(
  'ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.',
);

/** CLIENT CACHING YES|NO */
export function clientCaching(c: Client): void {
  const { tracking } = c;
  if (tracking === null) throw NO_CHOICE;
  switch (c.argv[2].toUpperCase()) {
    case 'YES':
      if (!tracking.optIn) throw NOT_OPT_IN;
      break;
    case 'NO':
      if (!tracking.optOut) throw NOT_OPT_OUT;
      break;
    default:
      throw SYNTAX;
  }
  tracking.caching = true;
  c.reply.ok();
}

/** CLIENT GETREDIR */
export function clientGetredir(c: Client): void {
  c.reply.int(c.tracking === null ? -1 : c.tracking.redirect);
}

/** What a call of CLIENT TRACKING asks for. */
type Wish = {
  redirect: number;
  bcast: boolean;
  optIn: boolean;
  optOut: boolean;
  noLoop: boolean;
  readonly prefixes: string[];
};

/**
 * CLIENT TRACKING ON|OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN]
 *   [OPTOUT] [NOLOOP]
 */
export function clientTracking(c: Client): void {
  const wish = wishOf(c);
  switch (c.argv[2].toUpperCase()) {
    case 'ON':
      check(c, wish);
      turnOn(c, wish);
      break;
    case 'OFF':
      c.server.tracking.stop(c);
      break;
    default:
      throw SYNTAX;
  }
  c.reply.ok();
}

/** The options of a call; throws for one that cannot be. */
function wishOf(c: Client): Wish {
  const { argv } = c;
  const wish: Wish = {
    redirect: 0,
    bcast: false,
    optIn: false,
    optOut: false,
    noLoop: false,
    prefixes: [],
  };
  for (let i = 3; i < argv.length; i++) {
    const option = argv[i].toUpperCase();
    const more = i + 1 < argv.length;
    if (option === 'REDIRECT' && more) {
      if (wish.redirect !== 0) throw ONE_REDIRECT;
      wish.redirect = integer(argv[++i]);
      if (!c.server.clients.has(wish.redirect)) throw NO_SUCH_REDIRECT;
    } else if (option === 'BCAST') {
      wish.bcast = true;
    } else if (option === 'OPTIN') {
      wish.optIn = true;
    } else if (option === 'OPTOUT') {
      wish.optOut = true;
    } else if (option === 'NOLOOP') {
      wish.noLoop = true;
    } else if (option === 'PREFIX' && more) {
      wish.prefixes.push(argv[++i]);
    } else {
      throw SYNTAX;
    }
  }
  return wish;
}

/** Throws if options contradict each other, or what the client has chosen before. */
function check(c: Client, wish: Wish): void {
  const { tracking } = c;
  const { bcast, optIn, optOut, prefixes } = wish;
  if (!bcast && prefixes.length !== 0) throw PREFIX_NEEDS_BCAST;
  if (tracking !== null && tracking.bcast !== bcast) throw BCAST_STAYS;
  if (bcast && (optIn || optOut)) throw BCAST_TELLS_ALL;
  if (optIn && optOut) throw IN_OR_OUT;
  if (tracking !== null && ((optIn && tracking.optOut) || (optOut && tracking.optIn))) {
    throw CHOICE_STAYS;
  }
  if (bcast) checkPrefixes(tracking, prefixes);
}

// Unlike Redis: CLIENT TRACKING with prefixes of which two overlap fails. 8.0.2 looks whether it
// was the first one that did, and otherwise sends the error, turns tracking on and sends an OK too.
/** Throws if a prefix begins with another, or with one that the client has, or the reverse. */
function checkPrefixes(tracking: Tracking | null, prefixes: readonly string[]): void {
  prefixes.forEach((prefix, at) => {
    for (const present of tracking === null ? [] : [...tracking.prefixes].sort()) {
      if (overlap(present, prefix)) throw overlapping(prefix, 'an existing', present);
    }
    for (const later of prefixes.slice(at + 1)) {
      if (overlap(prefix, later)) throw overlapping(prefix, 'another provided', later);
    }
  });
}

function overlap(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function overlapping(prefix: string, which: string, other: string): ReplyError {
  const both = `' overlaps with ${which} prefix '${cString(other)}'. `;
  const rule = 'Prefixes for a single client must not overlap.';
  return quoting("Prefix '", prefix, both + rule);
}

function turnOn(c: Client, wish: Wish): void {
  const { bcast, prefixes } = wish;
  const tracking = c.tracking ?? new Tracking();
  tracking.redirect = wish.redirect;
  tracking.bcast = bcast;
  tracking.optIn = wish.optIn;
  tracking.optOut = wish.optOut;
  tracking.noLoop = wish.noLoop;
  tracking.broken = false;
  const all = bcast && prefixes.length === 0 ? [''] : prefixes;
  c.server.tracking.start(c, tracking, all);
}

/** CLIENT TRACKINGINFO */
export function clientTrackinginfo(c: Client): void {
  const { reply, tracking } = c;
  reply.map(3);
  reply.bulk('flags');
  const flags = tracking === null ? ['off'] : flagsOf(tracking);
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk('redirect');
  reply.int(tracking === null ? -1 : tracking.redirect);
  reply.bulk('prefixes');
  const prefixes = tracking === null ? [] : [...tracking.prefixes].sort();
  reply.array(prefixes.length);
  for (const prefix of prefixes) reply.bulk(prefix);
}

function flagsOf(tracking: Tracking): string[] {
  const flags = ['on'];
  if (tracking.bcast) flags.push('bcast');
  if (tracking.optIn) flags.push('optin');
  if (tracking.optIn && tracking.caching) flags.push('caching-yes');
  if (tracking.optOut) flags.push('optout');
  if (tracking.optOut && tracking.caching) flags.push('caching-no');
  if (tracking.noLoop) flags.push('noloop');
  if (tracking.broken) flags.push('broken_redirect');
  return flags;
}
