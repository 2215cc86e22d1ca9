// What the compiler says of the client. These tests are only compiled (`npm run check`), never run.

import { expectTypeOf } from 'vitest';
import {
  type Client,
  createClient,
  defineScript,
  type Entry,
  type SlowEntry,
} from '../../client/index.ts';

declare const client: Client;
declare const mapped: Client<'map'>;

export function commands(): void {
  expectTypeOf(client.get('k')).resolves.toEqualTypeOf<string | null>();
  expectTypeOf(client.bytes.get('k')).resolves.toEqualTypeOf<Buffer | null>();
  expectTypeOf(client.with({ timeout: 1 }).get('k')).resolves.toEqualTypeOf<string | null>();
  expectTypeOf(client.incr('k')).resolves.toEqualTypeOf<number | bigint>();
  expectTypeOf(client.set('k', 1, { ex: 1 })).resolves.toEqualTypeOf<'OK' | null>();
  expectTypeOf(client.set('k', 1, { get: true })).resolves.toEqualTypeOf<string | null>();
  expectTypeOf(client.lpop('l')).resolves.toEqualTypeOf<string | null>();
  expectTypeOf(client.lpop('l', 2)).resolves.toEqualTypeOf<string[] | null>();
  expectTypeOf(client.hgetall('h')).resolves.toEqualTypeOf<Record<string, string>>();
  expectTypeOf(mapped.hgetall('h')).resolves.toEqualTypeOf<Map<string, string>>();
  expectTypeOf(client.bytes.hgetall('h')).resolves.toEqualTypeOf<Map<Buffer, Buffer>>();
  expectTypeOf(client.zrange('z', 0, -1)).resolves.toEqualTypeOf<string[]>();
  expectTypeOf(client.zrange('z', 0, -1, { withscores: true })).resolves.toEqualTypeOf<
    [member: string, score: number][]
  >();
  expectTypeOf(client.zscore('z', 'm')).resolves.toEqualTypeOf<number | null>();
  expectTypeOf(client.xrange('s', '-', '+')).resolves.toEqualTypeOf<Entry<string, 'object'>[]>();
  expectTypeOf(client.dump('k')).resolves.toEqualTypeOf<Buffer | null>();
  expectTypeOf(client.slowlogGet(1)).resolves.toEqualTypeOf<SlowEntry<string>[]>();
  expectTypeOf(client.type('k')).resolves.toEqualTypeOf<string>();
  expectTypeOf(client.call('NEW', 1)).resolves.toEqualTypeOf<unknown>();
  expectTypeOf(client.scanIterator()).toEqualTypeOf<AsyncGenerator<string, void, void>>();
}

export function mistakes(): void {
  // @ts-expect-error: a key is missing.
  void client.get();
  // @ts-expect-error: NX and XX exclude each other.
  void client.set('k', 'v', { nx: true, xx: true });
  // @ts-expect-error: so do EX and PX.
  void client.set('k', 'v', { ex: 1, px: 1 });
  // @ts-expect-error: there is no such side.
  void client.lmove('a', 'b', 'TOP', 'LEFT');
  // @ts-expect-error: from where is not said.
  void client.geosearch('g', { byradius: [1, 'KM'] });
  // @ts-expect-error: an object is no value.
  void client.set('k', { a: 1 });
  // @ts-expect-error: scores come with members.
  void client.zadd('z', [1]);
}

export function batches(): void {
  const pipeline = client.pipeline((p) => [p.get('k'), p.incr('n'), p.hgetall('h')]);
  type Results = [string | null, number | bigint, Record<string, string>];
  expectTypeOf(pipeline).resolves.toEqualTypeOf<Results>();
  const transaction = client.multi((tx) => [tx.llen('l'), tx.get('k')]);
  expectTypeOf(transaction).resolves.toEqualTypeOf<[number, string | null]>();
  const watched = client.watch(['k'], (own) => own.multi((tx) => [tx.incr('k')]));
  expectTypeOf(watched).resolves.toEqualTypeOf<[number | bigint]>();
}

export function scripts(): void {
  const script = defineScript({
    keys: ['from', 'to'],
    args: ['amount'],
    lua: '',
    reply: (reply) => reply as [number, number],
  });
  const called = client.script(script, { from: 'a', to: 'b', amount: 1 });
  expectTypeOf(called).resolves.toEqualTypeOf<[number, number]>();
  // @ts-expect-error: the amount is missing.
  void client.script(script, { from: 'a', to: 'b' });
  // @ts-expect-error: there is no such key.
  void client.script(script, { from: 'a', to: 'b', amount: 1, by: 'c' });
  expectTypeOf(createClient({ maps: 'map' })).toEqualTypeOf<Client<'map'>>();
}
