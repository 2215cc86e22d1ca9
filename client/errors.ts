// Everything that a promise of the client can reject with.
//
// All are RedisErrors, and tell by `code` what happened: the server's own code (WRONGTYPE,
// NOSCRIPT, MOVED...) where the server answered, one of ours where it did not. `command` is what
// was asked, its keys as they were and its values left out, so that an error can be logged.

export class RedisError extends Error {
  override name = 'RedisError';
  /** WRONGTYPE, NOSCRIPT, ERR…; or CONNECTION_LOST, TIMEOUT, ABORTED, CLOSED, QUEUE_FULL… */
  code: string;
  /** The command that it is about, with its values left out: `SET user:1 ?`. */
  command = '';

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The server said no. */
export class ServerError extends RedisError {
  override readonly name = 'ServerError';

  /** `message` is the server's line, without its minus: 'WRONGTYPE Operation against...'. */
  constructor(message: string) {
    super(/^[A-Z][A-Z0-9_]*(?= |$)/.exec(message)?.[0] ?? 'ERR', message);
  }
}

/**
 * The connection ended before the reply came. `sent` tells whether the command had left, and
 * `maybeExecuted` whether the server may have carried it out: nobody can know.
 */
export class ConnectionLostError extends RedisError {
  override readonly name = 'ConnectionLostError';
  readonly sent: boolean;
  readonly maybeExecuted: boolean;

  constructor(sent: boolean, cause?: unknown) {
    const what = sent ? 'before the reply came' : 'before the command was sent';
    super('CONNECTION_LOST', `the connection ended ${what}`, cause);
    this.sent = sent;
    this.maybeExecuted = sent;
  }
}

/** The time for a command, or for connecting, was up. The command may still be carried out. */
export class TimeoutError extends RedisError {
  override readonly name = 'TimeoutError';
  readonly sent: boolean;
  readonly maybeExecuted: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super('TIMEOUT', message, cause);
    this.sent = sent;
    this.maybeExecuted = sent;
  }
}

/** An AbortSignal gave the command up; `cause` is the signal's reason. */
export class AbortError extends RedisError {
  override readonly name = 'AbortError';
  readonly sent: boolean;
  readonly maybeExecuted: boolean;

  constructor(sent: boolean, cause: unknown) {
    super('ABORTED', 'the command was given up', cause);
    this.sent = sent;
    this.maybeExecuted = sent;
  }
}

/** The client was closed; or it is not connected and was told not to wait. */
export class ClosedError extends RedisError {
  override readonly name = 'ClosedError';

  constructor(message: string, cause?: unknown) {
    super('CLOSED', message, cause);
  }
}

/** More commands wait for a connection than the options allow. Nothing was sent. */
export class QueueFullError extends RedisError {
  override readonly name = 'QueueFullError';

  constructor(message: string) {
    super('QUEUE_FULL', message);
  }
}

/** A WATCHed key was changed by somebody else each time that a transaction was tried. */
export class WatchError extends RedisError {
  override readonly name = 'WatchError';

  constructor(message: string) {
    super('WATCH', message);
  }
}

/** A lock is somebody else's, or was lost. */
export class LockError extends RedisError {
  override readonly name = 'LockError';

  constructor(message: string) {
    super('LOCKED', message);
  }
}

/** The reply is not UTF-8. `client.bytes` asks for it as it is. */
export class NotTextError extends RedisError {
  override readonly name = 'NotTextError';

  constructor() {
    super('NOT_TEXT', 'the reply holds bytes that are no UTF-8: ask for them with client.bytes');
  }
}

/** What came is nothing that a Redis server says. Ends the connection. */
export class ProtocolError extends RedisError {
  override readonly name = 'ProtocolError';

  constructor(message: string) {
    super('PROTOCOL', message);
  }
}
