// The router of a client of one server.

import type { Command, Value } from './command.ts';
import type { Connection } from './connection.ts';
import type { Deadlines } from './deadlines.ts';
import { Endpoint, type EndpointEvents, type Resolve, type State } from './endpoint.ts';
import type { ServerError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Request } from './request.ts';
import type { Loan, Router } from './router.ts';
import type { Hear, Kind } from './subscriber.ts';
import type { Performed } from './transport.ts';

export class Single implements Router {
  readonly endpoint: Endpoint;

  constructor(resolve: Resolve, settings: Settings, deadlines: Deadlines, events: EndpointEvents) {
    this.endpoint = new Endpoint(resolve, settings, deadlines, events);
  }

  get state(): State {
    return this.endpoint.state;
  }

  get lastError(): Error | null {
    return this.endpoint.lastError;
  }

  connect(): Promise<void> {
    return this.endpoint.connect();
  }

  submit(request: Request): void {
    this.endpoint.submit(request);
  }

  perform(command: Command, args: readonly Value[], bytes: boolean): Performed {
    return this.endpoint.perform(command, args, bytes);
  }

  expect(request: Request): void {
    this.endpoint.expect(request);
  }

  submitAll(requests: readonly Request[], _keys: readonly Value[]): void {
    this.endpoint.submitAll(requests);
  }

  submitEach(requests: readonly Request[]): void {
    this.endpoint.submitAll(requests);
  }

  async eachMaster(): Promise<((request: Request) => void)[]> {
    return [(request) => this.submit(request)];
  }

  async borrow(_keys: readonly Value[]): Promise<Loan> {
    const { endpoint } = this;
    const connection: Connection = await endpoint.borrow();
    return { connection, giveBack: () => endpoint.giveBack(connection) };
  }

  async redirected(_error: ServerError): Promise<boolean> {
    return false;
  }

  selected(database: number): void {
    this.endpoint.selected(database);
  }

  add(kind: Kind, names: readonly string[], hear: Hear): Promise<void> {
    return this.endpoint.subscriber.add(kind, names, hear);
  }

  remove(kind: Kind, names: readonly string[], hear: Hear): Promise<void> {
    return this.endpoint.subscriber.remove(kind, names, hear);
  }

  close(): Promise<void> {
    return this.endpoint.close();
  }

  destroy(cause?: Error): void {
    this.endpoint.destroy(cause);
  }
}
