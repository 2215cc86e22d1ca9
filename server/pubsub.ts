// Publish and subscribe: who listens to what, and what they are told.
//
// There are three ways to listen, each with an Audience of its own: to a channel, to a pattern that
// channels may match, and to a shard channel, which in a cluster belongs to a slot like a key
// does, and without one is just a channel of another kind. An Audience knows who listens to a
// name, and which names a client listens to, so that it can leave them all.
//
// A message goes to those who listen to the channel, in the order in which they came, and then
// to those of each pattern that matches. All patterns are tried for each message: as in Redis, a
// message costs as much as there are different patterns, however many use them.

import { globMatch } from '../protocol/glob.ts';
import { keySlot } from '../protocol/slot.ts';
import type { Client } from './client.ts';
import { Push, tell } from './push.ts';

const NONE: readonly never[] = [];
const FEW = 16; // Up to so many are searched one by one.

/**
 * A map from each key to many values. Most channels have one listener, most listeners one
 * channel, and a Set for it would be most of their memory: so a key leads to a value until a
 * second one comes, to an array until they are more than a few, and to a Set from then on.
 */
class Many<Key, Value extends object | string> {
  private readonly map = new Map<Key, Value | Value[] | Set<Value>>();

  get size(): number {
    return this.map.size;
  }

  keys(): Iterable<Key> {
    return this.map.keys();
  }

  /** The values of a key, in the order in which they were added. */
  of(key: Key): Iterable<Value> {
    const found = this.map.get(key);
    if (found === undefined) return NONE;
    return found instanceof Set || Array.isArray(found) ? found : [found];
  }

  count(key: Key): number {
    const found = this.map.get(key);
    if (found === undefined) return 0;
    if (found instanceof Set) return found.size;
    return Array.isArray(found) ? found.length : 1;
  }

  has(key: Key, value: Value): boolean {
    const found = this.map.get(key);
    if (found instanceof Set) return found.has(value);
    return Array.isArray(found) ? found.includes(value) : found === value;
  }

  /** Adds a value that the key does not have. */
  add(key: Key, value: Value): void {
    const found = this.map.get(key);
    if (found instanceof Set) found.add(value);
    else if (found === undefined) this.map.set(key, value);
    else if (!Array.isArray(found)) this.map.set(key, [found, value]);
    else if (found.length < FEW) found.push(value);
    else this.map.set(key, new Set(found).add(value));
  }

  /** Removes a value that the key has. */
  delete(key: Key, value: Value): void {
    const found = this.map.get(key);
    if (this.count(key) === 1) this.map.delete(key);
    else if (found instanceof Set) found.delete(value);
    else if (Array.isArray(found)) found.splice(found.indexOf(value), 1);
  }
}

/** One way to listen: who does, and to what. */
export class Audience {
  private readonly listeners = new Many<string, Client>();
  private readonly joined = new Many<Client, string>();

  /** How many different names anybody listens to. */
  get size(): number {
    return this.listeners.size;
  }

  names(): Iterable<string> {
    return this.listeners.keys();
  }

  listenersOf(name: string): Iterable<Client> {
    return this.listeners.of(name);
  }

  /** How many listen to a name. */
  countOf(name: string): number {
    return this.listeners.count(name);
  }

  namesOf(c: Client): Iterable<string> {
    return this.joined.of(c);
  }

  /** To how many names a client listens. */
  joinedBy(c: Client): number {
    return this.joined.count(c);
  }

  /** Lets a client listen to a name; nothing happens if it does already. */
  join(name: string, c: Client): void {
    if (this.joined.has(c, name)) return;
    this.joined.add(c, name);
    this.listeners.add(name, c);
    if (c.subscriptions++ === 0) c.server.pubsub.clients++;
  }

  /** The opposite. */
  leave(name: string, c: Client): void {
    if (!this.joined.has(c, name)) return;
    this.joined.delete(c, name);
    this.listeners.delete(name, c);
    if (--c.subscriptions === 0) c.server.pubsub.clients--;
  }
}

export class PubSub {
  readonly channels = new Audience();
  readonly patterns = new Audience();
  readonly shardChannels = new Audience();
  /** How many clients listen to anything. */
  clients = 0;

  /** Sends a message to a channel; returns how often it was heard. */
  publish(channel: string, message: string): number {
    const { channels, patterns } = this;
    let heard = channels.countOf(channel);
    if (heard !== 0) tellAll(channels.listenersOf(channel), triple('message', channel, message));
    if (patterns.size === 0) return heard;
    for (const pattern of patterns.names()) {
      if (!globMatch(pattern, channel)) continue;
      tellAll(patterns.listenersOf(pattern), matched(pattern, channel, message));
      heard += patterns.countOf(pattern);
    }
    return heard;
  }

  /** The same for a shard channel, which no pattern reaches. */
  publishToShard(channel: string, message: string): number {
    const { shardChannels } = this;
    const heard = shardChannels.countOf(channel);
    if (heard !== 0) {
      tellAll(shardChannels.listenersOf(channel), triple('smessage', channel, message));
    }
    return heard;
  }

  /** Has those who listen to shard channels of unwanted slots leave them, and tells them so. */
  leaveSlots(unwanted: (slot: number) => boolean): void {
    const { shardChannels } = this;
    for (const name of [...shardChannels.names()]) {
      if (!unwanted(keySlot(name))) continue;
      for (const c of [...shardChannels.listenersOf(name)]) {
        shardChannels.leave(name, c);
        tell(c, left(name, shardChannels.joinedBy(c)));
      }
    }
  }

  /** Lets a client leave everything, without telling it. */
  forget(c: Client): void {
    if (c.subscriptions === 0) return;
    for (const audience of [this.channels, this.patterns, this.shardChannels]) {
      for (const name of [...audience.namesOf(c)]) audience.leave(name, c);
    }
  }
}

/** Whether a command is a message, which replicas are to hear but which changes nothing. */
export function isMessage(argv: readonly string[]): boolean {
  const { length } = argv[0];
  return (length === 7 || length === 8) && /^s?publish$/i.test(argv[0]);
}

function tellAll(listeners: Iterable<Client>, push: Push): void {
  for (const c of listeners) tell(c, push);
}

function triple(kind: string, channel: string, message: string): Push {
  return new Push((reply) => {
    reply.push(3);
    reply.bulk(kind);
    reply.bulk(channel);
    reply.bulk(message);
  });
}

function left(channel: string, count: number): Push {
  return new Push((reply) => {
    reply.push(3);
    reply.bulk('sunsubscribe');
    reply.bulk(channel);
    reply.int(count);
  });
}

function matched(pattern: string, channel: string, message: string): Push {
  return new Push((reply) => {
    reply.push(4);
    reply.bulk('pmessage');
    reply.bulk(pattern);
    reply.bulk(channel);
    reply.bulk(message);
  });
}
