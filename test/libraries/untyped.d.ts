// What the tests use of libraries that come without types.

declare module 'redlock' {
  import type { Redis } from 'ioredis';

  export interface Lock {
    readonly value: string;
    readonly expiration: number;
    extend(milliseconds: number): Promise<Lock>;
    unlock(): Promise<void>;
  }

  export default class Redlock {
    constructor(clients: readonly Redis[], options?: Readonly<Record<string, number>>);
    lock(resources: string | readonly string[], milliseconds: number): Promise<Lock>;
    on(event: 'clientError', listener: (problem: Error) => void): this;
  }
}

declare module 'redlock-5' {
  import type { Redis } from 'ioredis';

  export interface Lock {
    readonly value: string;
    readonly expiration: number;
    extend(milliseconds: number): Promise<Lock>;
    release(): Promise<unknown>;
  }

  export default class Redlock {
    constructor(clients: readonly Redis[], options?: Readonly<Record<string, number>>);
    acquire(resources: readonly string[], milliseconds: number): Promise<Lock>;
    using<Result>(
      resources: readonly string[],
      milliseconds: number,
      work: (signal: AbortSignal) => Promise<Result>,
    ): Promise<Result>;
    on(event: 'error', listener: (problem: Error) => void): this;
  }
}

declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export type Request = IncomingMessage & { readonly session: Record<string, unknown> };
  export type Response = ServerResponse & { send(body: string): Response };
  export type Handler = (request: Request, response: Response) => void;
  export type App = RequestListener & {
    use(handler: unknown): App;
    get(path: string, handler: Handler): App;
  };

  export default function express(): App;
}

declare module 'express-session' {
  export interface SessionData {
    [name: string]: unknown;
  }
  export class Store {}

  export default function session(options: {
    readonly store: Store;
    readonly secret: string;
    readonly resave: boolean;
    readonly saveUninitialized: boolean;
    readonly cookie?: { readonly maxAge: number };
  }): unknown;
}
