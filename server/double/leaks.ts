// What clients have left behind: a test that ends should have no client that still waits, listens,
// watches, queues, or is connected at all. What it leaves takes messages from the next test, keeps
// the process alive, or makes EXEC fail where nobody expects it.

import { PAUSED, RUNNING } from '../client-state.ts';
import type { Client } from '../client.ts';
import type { Server } from '../server.ts';

/** One thing that a client has left behind. */
export type Leak = {
  readonly kind: 'blocked' | 'subscribed' | 'monitoring' | 'watching' | 'multi' | 'connected';
  /** The client's id, as CLIENT LIST has it. */
  readonly id: number;
  /** The whole of it in words, with who the client is. */
  readonly text: string;
};

const NAMES_SHOWN = 5;
const NAME_LENGTH = 60;

/** Everything that clients have open now. A connection by itself is a leak, too. */
export function leaksOf(server: Server): Leak[] {
  const leaks: Leak[] = [];
  for (const c of server.clients.values()) {
    if (c.closed || c.isReplica || c.repeats || c.isScript) continue;
    const found = (kind: Leak['kind'], what: string) => {
      leaks.push({ kind, id: c.id, text: `${what}: ${whoIs(c)}` });
    };
    if (c.block !== null) found('blocked', `blocked in ${shown(c.argv, ' ')}`);
    else if (c.waits === PAUSED) found('blocked', `held by CLIENT PAUSE in ${shown(c.argv, ' ')}`);
    else if (c.waits !== RUNNING) found('blocked', `waiting in ${shown(c.argv, ' ')}`);
    if (c.subscriptions > 0) found('subscribed', `subscribed to ${shown(channelsOf(c), ', ')}`);
    if (c.monitors) found('monitoring', 'monitoring');
    if (c.queue !== null) found('multi', `in MULTI with ${requests(c.queue.length)} queued`);
    if (c.watched.length > 0) {
      const keys = c.watched.map(({ key }) => key);
      found('watching', `watching ${shown(keys, ', ')}`);
    }
    found('connected', 'connected');
  }
  return leaks;
}

/** What is new since `before`. Of a client that does more than to be connected, just that. */
export function newLeaks(before: readonly Leak[], now: readonly Leak[]): Leak[] {
  const known = new Set(before.map(({ kind, id }) => `${kind} ${id}`));
  const fresh = now.filter(({ kind, id }) => !known.has(`${kind} ${id}`));
  const busy = new Set(fresh.filter(({ kind }) => kind !== 'connected').map(({ id }) => id));
  return fresh.filter(({ kind, id }) => kind !== 'connected' || !busy.has(id));
}

function* channelsOf(c: Client): Iterable<string> {
  const { channels, patterns, shardChannels } = c.server.pubsub;
  for (const audience of [channels, patterns, shardChannels]) yield* audience.namesOf(c);
}

/** A client as somebody knows it who looks for it in a program. */
function whoIs(c: Client): string {
  const words = [`client ${c.id}`];
  if (c.name !== '') words.push(`named ${cut(c.name)}`);
  if (c.link.transport === 'memory') words.push('in this process');
  else words.push(`from ${c.link.address}`);
  if (c.libraryName !== '') words.push(`(${c.libraryName} ${c.libraryVersion})`.replace(' )', ')'));
  const last = c.command === null ? 'which has said nothing' : `last command ${lastCommand(c)}`;
  return `${words.join(' ')}, ${last}`;
}

function lastCommand(c: Client): string {
  return c.command!.spec.name.replace('|', ' ').toUpperCase();
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function shown(names: Iterable<string>, between: string): string {
  const all = [...names];
  const first = all.slice(0, NAMES_SHOWN).map(cut).join(between);
  return all.length > NAMES_SHOWN ? `${first}${between}... (${all.length} in all)` : first;
}

function cut(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString();
  return text.length > NAME_LENGTH ? `${text.slice(0, NAME_LENGTH)}...` : text;
}
