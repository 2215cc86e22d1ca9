// Where requests go: to a server, to the right node of a cluster, to whom the sentinels name.

import type { Command, Value } from './command.ts';
import type { Connection } from './connection.ts';
import type { State } from './endpoint.ts';
import type { ServerError } from './errors.ts';
import type { Request } from './request.ts';
import type { Board } from './subscription.ts';
import type { Performed } from './transport.ts';

export interface Router extends Board {
  readonly state: State;
  /** What went wrong last. */
  readonly lastError: Error | null;
  /** Resolves when commands can be carried out; rejects when that takes too long or is refused. */
  connect(): Promise<void>;
  submit(request: Request): void;
  /** Carries a command out on the spot, where the server is in this process. */
  perform?(command: Command, args: readonly Value[], bytes: boolean): Performed;
  /** Takes on a request that was performed, and will be answered. */
  expect?(request: Request): void;
  /** Requests that go out one behind the other on one connection: that of the keys' node. */
  submitAll(requests: readonly Request[], keys: readonly Value[]): void;
  /** Requests that belong together only in time. */
  submitEach(requests: readonly Request[]): void;
  /** Ways to send a request to each of the masters there are. */
  eachMaster(): Promise<((request: Request) => void)[]>;
  /** A connection for somebody alone, to the node of the keys. */
  borrow(keys: readonly Value[]): Promise<Loan>;
  /** A transaction was refused as a whole. Whether, once this resolves, it may be sent again. */
  redirected(error: ServerError): Promise<boolean>;
  /** SELECT went through. */
  selected(database: number): void;
  close(): Promise<void>;
  destroy(cause?: Error): void;
}

export interface Loan {
  readonly connection: Connection;
  /** Takes it back as it was: nothing watched, no other database. */
  giveBack(): void;
}
