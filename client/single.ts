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
import { now, pause } from './time.ts';
import type { Performed } from './transport.ts';

const GAP = 1000; // Milliseconds without a LOADING, after which the next one is of another load.

export class Single implements Router {
  readonly endpoint: Endpoint;
  private loadingSince = -Infinity;
  private refusedAt = -Infinity; // For the last time, because the server was loading.

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
    request.onRefused = this.onRefused;
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
    for (const request of requests) request.onRefused = this.onRefused;
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

  async redirected(error: ServerError): Promise<boolean> {
    if (!this.mayWait(error)) return false;
    await pause(50);
    return true;
  }

  private readonly onRefused = (request: Request, error: ServerError): boolean => {
    if (!this.mayWait(error)) return false;
    this.endpoint.sendLater(request);
    return true;
  };

  /**
   * Whether a command may be sent again because the server is still loading its data: it has not
   * been carried out, whatever it is, and soon can be.
   */
  private mayWait({ code }: ServerError): boolean {
    if (code !== 'LOADING' || this.state === 'closed') return false;
    const time = now();
    if (time - this.refusedAt > GAP) this.loadingSince = time;
    this.refusedAt = time;
    return time - this.loadingSince < this.endpoint.settings.loadingTimeout;
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
