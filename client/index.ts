// The package's entrance to the client.

export type { Batch, Results, Transaction } from './batch.ts';
export type { Caller, Client, Leased, Names } from './client.ts';
export type { Value } from './command.ts';
export { createClient } from './create.ts';
export type { State } from './endpoint.ts';
export * from './errors.ts';
export type { ClientOptions, ExpiringCredentials, HostPort } from './options.ts';
export type { CallOptions } from './request.ts';
export type { Listener, Message, Subscription } from './subscription.ts';
export type { Entry, Integer, Num, Pairs, Place } from './types.ts';
