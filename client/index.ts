// The package's entrance to the client.

export type { Batch, Results, Transaction } from './batch.ts';
export type { CacheOptions, CacheStats } from './cache.ts';
export type { Caller, Client, Leased, Names } from './client.ts';
export type { Value } from './command.ts';
export type { ConsumeOptions, Delivery } from './consume.ts';
export { createClient, redlock } from './create.ts';
export type { State } from './endpoint.ts';
export * from './errors.ts';
export type { ScanOptions } from './iterate.ts';
export type { Lock, LockOptions } from './lock.ts';
export type { Monitor, Monitored } from './monitor.ts';
export type { ClientOptions, ExpiringCredentials, HostPort } from './options.ts';
export type { CallOptions } from './request.ts';
export { defineFunction, defineScript, type Given, type Script } from './script.ts';
export type { Listener, Message, Subscription } from './subscription.ts';
export type { Entry, Integer, Num, Pairs, Place, SlowEntry } from './types.ts';
