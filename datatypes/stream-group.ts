// Consumer groups: readers who share the entries of a stream among them.
//
// A group remembers how far it has come: `lastId`, and how many entries that were, if that can be
// known (XINFO's lag is made of it). What it hands out goes to one of its consumers, and stays
// pending, in the list of the group and in that of the consumer, until somebody acknowledges it.
// A pending entry belongs to exactly one consumer and is in exactly these two lists.
//
// Whether an entry is still in the stream, nobody asks here: one that was deleted stays
// pending until a consumer notices.

import { Pending, PendingList } from './pending.ts';

/** How many entries a group has read, where that is not known. */
export const UNKNOWN = -1;

/** When a consumer was handed something last, if it never was. */
export const NEVER = -1;

const CONSUMER_BYTES = 700; // It, its list of blocks, and its place in the map.
const GROUP_BYTES = 900;

export class Consumer {
  readonly name: string;
  /** When it last asked for something, Unix ms. */
  seenMs: number;
  /** When it last got something, Unix ms, or NEVER. */
  activeMs = NEVER;
  readonly pending = new PendingList<Consumer>();

  constructor(name: string, seenMs: number) {
    this.name = name;
    this.seenMs = seenMs;
  }
}

export class Group {
  readonly name: string;
  /** The highest ID that was handed out. */
  lastId: string;
  /** How many entries came up to lastId since the stream began, or UNKNOWN. */
  entriesRead: number | bigint;
  readonly pending = new PendingList<Consumer>();
  readonly consumers = new Map<string, Consumer>();
  private names = 0; // Chars of the consumers' names.

  constructor(name: string, lastId: string, entriesRead: number | bigint) {
    this.name = name;
    this.lastId = lastId;
    this.entriesRead = entriesRead;
  }

  /** Adds a consumer that is not there yet. */
  addConsumer(name: string, nowMs: number): Consumer {
    const consumer = new Consumer(name, nowMs);
    this.consumers.set(name, consumer);
    this.names += name.length;
    return consumer;
  }

  /** Forgets a consumer, and all that it had pending. */
  removeConsumer(consumer: Consumer): void {
    const { pending } = consumer;
    pending.seek('');
    for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
      this.pending.remove(entry.id);
    }
    this.consumers.delete(consumer.name);
    this.names -= consumer.name.length;
  }

  /** The consumers in the order of their names. */
  consumersInOrder(): Consumer[] {
    return inOrder(this.consumers);
  }

  /** Notes that an entry was handed out to a consumer, if it already was, then instead. */
  deliver(id: string, consumer: Consumer, nowMs: number): Pending<Consumer> {
    // Only where somebody set the group back can an entry be pending that is read as new.
    const last = this.pending.last;
    const entry = last === undefined || last.id < id ? undefined : this.pending.find(id);
    if (entry === undefined) return this.add(id, consumer, nowMs, 1);
    this.give(entry, consumer);
    entry.deliveredMs = nowMs;
    entry.deliveries = 1;
    return entry;
  }

  /** Adds a pending entry whose ID is not among them. */
  add(id: string, owner: Consumer, deliveredMs: number, deliveries: number): Pending<Consumer> {
    const entry = new Pending(id, owner, deliveredMs, deliveries);
    this.pending.add(entry);
    owner.pending.add(entry);
    return entry;
  }

  /** Moves a pending entry to a consumer, who may have it already. */
  give(entry: Pending<Consumer>, consumer: Consumer): void {
    if (entry.owner === consumer) return;
    entry.owner.pending.remove(entry.id);
    entry.owner = consumer;
    consumer.pending.add(entry);
  }

  /** Takes an entry off the lists; false if it was not pending. */
  acknowledge(id: string): boolean {
    const entry = this.pending.remove(id);
    if (entry === undefined) return false;
    entry.owner.pending.remove(id);
    return true;
  }

  /** A group of its own with the same state. */
  copy(): Group {
    const copy = new Group(this.name, this.lastId, this.entriesRead);
    for (const { name, seenMs, activeMs } of this.consumers.values()) {
      copy.addConsumer(name, seenMs).activeMs = activeMs;
    }
    this.pending.seek('');
    for (let entry = this.pending.next(); entry !== undefined; entry = this.pending.next()) {
      const owner = copy.consumers.get(entry.owner.name)!;
      copy.add(entry.id, owner, entry.deliveredMs, 0).deliveries = entry.deliveries;
    }
    return copy;
  }

  /** Bytes that it takes in memory. */
  get memory(): number {
    const { pending, consumers } = this;
    const own = GROUP_BYTES + this.name.length + pending.memory(true);
    // All consumers together have as much pending as the group, in lists of their own.
    return own + consumers.size * CONSUMER_BYTES + this.names + pending.memory(false);
  }

  /** Throws unless every pending entry is in both of its lists and in no other. For tests. */
  check(): void {
    this.pending.check();
    let owned = 0;
    for (const consumer of this.consumers.values()) {
      const { pending } = consumer;
      pending.check();
      owned += pending.size;
      pending.seek('');
      for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
        if (entry.owner !== consumer) throw new Error(`${consumer.name} has what is another's`);
        if (this.pending.find(entry.id) !== entry) throw new Error('pending for nobody');
      }
    }
    if (owned !== this.pending.size) throw new Error(`${owned} owned of ${this.pending.size}`);
  }
}

/** Groups or consumers in the order of their names, as Redis lists them. */
export function inOrder<T>(named: ReadonlyMap<string, T>): T[] {
  return [...named.keys()].sort().map((name) => named.get(name)!);
}
