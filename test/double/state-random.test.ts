// Snapshots are taken and restored in the midst of random conversations: the state has to be what
// it was, to the order of the keys, and everything that is kept beside it has to agree with it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dump } from '../../persistence/dump.ts';
import { Config } from '../../server/config/config.ts';
import { digestOf } from '../../server/digest.ts';
import { type ServerSnapshot, States } from '../../server/double/state.ts';
import type { Database } from '../../server/keyspace.ts';
import { MemoryConnection } from '../../server/memory-link.ts';
import { Server } from '../../server/server.ts';
import { Snapshot } from '../../server/snapshot.ts';
import { valueMemory } from '../../server/memory-usage.ts';
import { CLIENTS, commandsOf, conversations, type Step, WAITERS } from '../fuzz/grammar.ts';
import { encode } from '../wire.ts';

const FAMILIES = [
  ...['string', 'bitmap', 'list', 'hyperloglog', 'hash', 'set', 'sort', 'sortedSet', 'geo'],
  ...['stream', 'generic', 'transactions', 'scripting', 'pubsub'],
];

const LIBRARY = "#!lua name=lib\nredis.register_function('one', function() return 1 end)";

const others: readonly (readonly string[])[] = [
  ['FLUSHALL'],
  ['FLUSHDB'],
  ['SWAPDB', '0', '1'],
  ['SWAPDB', '1', '2'],
  ['SELECT', '1'],
  ['SELECT', '0'],
  ['MOVE', 'k1', '1'],
  ['MOVE', 'k2', '0'],
  ['SPOP', 'k3'],
  ['DEL', 'k1', 'k2', 'k3', 'k4'],
  ['CONFIG', 'SET', 'maxmemory', '100mb'],
  ['CONFIG', 'SET', 'list-max-listpack-size', '2', 'set-max-intset-entries', '3'],
  ['ACL', 'SETUSER', 'alice', 'on', '>secret', '+get', '~k*'],
  ['ACL', 'SETUSER', 'default', '-debug'],
  ['ACL', 'DELUSER', 'alice'],
  ['FUNCTION', 'LOAD', 'REPLACE', LIBRARY],
  ['FUNCTION', 'FLUSH'],
  ['SCRIPT', 'FLUSH'],
  ['PEXPIRE', 'k1', '50'],
  ['PEXPIRE', 'k2', '20'],
  ['HSET', 'timed', 'f', '1', 'g', '2'],
  ['HPEXPIRE', 'timed', '30', 'FIELDS', '1', 'f'],
  ['CLIENT', 'TRACKING', 'ON'],
];

/** What happens beside commands. */
type Event = 'snapshot' | 'restore' | 'dispose' | 'later' | 'save' | 'walk';
type Play = { readonly steps: readonly Step[]; readonly events: readonly (Event | null)[] };

const step: fc.Arbitrary<Step[]> = fc
  .record({
    client: fc.nat(CLIENTS - 1),
    argv: fc.constantFrom(...others),
  })
  .map((one) => [one]);

const steps = fc
  .array(fc.oneof({ weight: 1, arbitrary: conversations(commandsOf(FAMILIES)) }, step), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) => all.flat());

const event = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Event>('snapshot', 'restore', 'restore', 'later', 'dispose', 'save'),
  },
  { weight: 1, arbitrary: fc.constant<Event>('walk') },
);
const play: fc.Arbitrary<Play> = fc.record({
  steps,
  events: fc.array(event, { minLength: 1, maxLength: 150 }),
});

/** Everything that a snapshot is to bring back. */
function picture(server: Server): string[] {
  const { databases, scripting, config, acl } = server;
  return [
    digestOf(databases),
    ...databases.flatMap(keysOf),
    ...scripting.functions.codes(),
    ...[...config.copy()].map(([name, text]) => `${name} ${text}`),
    ...acl.lines,
  ];
}

function keysOf(db: Database): string[] {
  return Array.from({ length: db.size }, (_, i) => {
    const bytes = dump(db.dict.valueAt(i), true).toString('hex');
    return `${db.id} ${db.dict.keyAt(i)} ${bytes} ${db.exactExpiryAt(i)}`;
  });
}

/** What has to be true of a database, whatever was restored. */
function checkTable(db: Database): void {
  db.dict.check();
  let [volatile, bytes] = [0, 0];
  for (let i = 0; i < db.size; i++) {
    if (db.rawExpiry(i) !== 0) volatile++;
    bytes += valueMemory(db.dict.valueAt(i));
  }
  expect(db.volatile).toBe(volatile);
  expect(db.weights.sum).toBe(bytes);
}

class Stage {
  readonly server: Server;
  readonly states: States;
  private readonly connections: MemoryConnection[];
  private readonly taken: { readonly snapshot: ServerSnapshot; readonly was: string[] }[] = [];
  private saving: { snapshot: Snapshot; found: string[]; expected: string[] } | null = null;

  constructor() {
    this.server = new Server(new Config(), { seed: 1 });
    this.server.clock.freeze();
    this.server.clock.set(1_700_000_000_000);
    this.states = new States(this.server);
    this.connections = Array.from({ length: CLIENTS + WAITERS }, () => {
      return new MemoryConnection(this.server);
    });
  }

  async happens(event: Event, chance: number): Promise<void> {
    const { server, states, taken } = this;
    const at = chance % Math.max(1, taken.length);
    if (event === 'later') await server.clock.advance(25);
    else if (event === 'snapshot') taken.push({ snapshot: states.take(), was: picture(server) });
    else if (event === 'save') this.save();
    else if (event === 'walk') this.saving?.snapshot.step();
    else if (taken.length === 0) return;
    else if (event === 'dispose') taken.splice(at, 1)[0].snapshot.dispose();
    else this.restore(at);
  }

  ask({ client, argv }: Step): void {
    this.connections[client].write(Buffer.from(encode(argv), 'latin1'));
  }

  /** Goes back to each of the snapshots, and ends the writing of a file. */
  finish(): void {
    for (const at of this.taken.keys()) this.restore(at);
    this.saved();
    for (const { snapshot } of this.taken) snapshot.dispose();
    expect(this.server.databases.every((db) => db.past === null)).toBe(true);
  }

  private restore(at: number): void {
    const { server, states } = this;
    const { snapshot, was } = this.taken[at];
    this.wakeAll();
    states.restore(snapshot, { clock: true });
    expect(picture(server)).toEqual(was);
    for (const db of server.databases) checkTable(db);
  }

  // Whoever waits might be served with what comes back, which would then not be as it was.
  private wakeAll(): void {
    const { server } = this;
    for (let waits = true; waits; ) {
      waits = false;
      for (const c of server.clients.values()) waits = server.blocking.unblock(c, false) || waits;
      server.endTurn(); // They go on with what they had sent behind, and may wait again.
    }
  }

  private save(): void {
    this.saved();
    const found: string[] = [];
    const expected = this.server.databases.flatMap(keysOf).sort();
    const snapshot = new Snapshot(this.server, (db, key, value, whenMs) => {
      found.push(`${db} ${key} ${dump(value, true).toString('hex')} ${whenMs}`);
    });
    this.saving = { snapshot, found, expected };
  }

  private saved(): void {
    if (this.saving === null) return;
    const { snapshot, found, expected } = this.saving;
    while (snapshot.step());
    expect(found.sort()).toEqual(expected);
    this.saving = null;
  }
}

test('the state is what it was, whichever snapshot is restored', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(play, async ({ steps: all, events }) => {
      const stage = new Stage();
      try {
        for (const [i, one] of all.entries()) {
          const now = events[i % events.length];
          if (now !== null) await stage.happens(now, i);
          stage.ask(one);
        }
        stage.finish();
      } finally {
        stage.server.close();
      }
    }),
    { numRuns: 250 },
  );
});

test('a node of a cluster knows which keys are of which slot, whatever was restored', () => {
  const change = fc.oneof(
    fc.tuple(fc.constantFrom('SET', 'DEL'), fc.constantFrom(...'abcdefgh')),
    fc.constantFrom(['FLUSHALL'], ['snapshot'], ['restore']),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const config = new Config();
      config.options({ 'cluster-enabled': true });
      const server = new Server(config, { seed: 1 });
      const states = new States(server);
      const connection = new MemoryConnection(server);
      const ask = (...argv: string[]) => connection.write(Buffer.from(encode(argv), 'latin1'));
      ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      const [db] = server.databases;
      let snapshot = states.take();
      for (const [what, ...words] of changes) {
        if (what === 'snapshot') snapshot = states.take();
        else if (what === 'restore') states.restore(snapshot);
        else ask(what, ...words, ...(what === 'SET' ? ['v'] : []));
        if (what === 'SET') expect(db.dict.has(words[0]!)).toBe(true);
        db.slots!.check(Array.from({ length: db.size }, (_, i) => db.dict.keyAt(i)));
      }
      server.close();
    }),
    { numRuns: 100 },
  );
});
