// What clients are told without having asked: messages of channels, keys that they should forget.
//
// A Push is said in RESP3 as data out of band, and in RESP2, which has nothing of the kind, as
// an array among the replies: there it is for the sender to know that the listener expects it.
// It is spelled at most once for each protocol, whoever many hear it, and those bytes are
// handed to every one of them.
//
// A client can cause what it is told itself (PUBLISH to a channel that it listens to). Then the
// message comes behind the reply of its command, or of its whole transaction: so call() holds
// back what is told to the client whose command runs, and lets it go at the end.

import type { Reply } from '../protocol/reply.ts';
import type { Client } from './client.ts';

/** One message, in whatever protocol it will be heard. */
export class Push {
  private readonly write: (reply: Reply) => void;
  private resp2: Buffer | null = null;
  private resp3: Buffer | null = null;

  /** `write` says the message: one push() and its elements. Called once for each protocol. */
  constructor(write: (reply: Reply) => void) {
    this.write = write;
  }

  /** Its bytes in a client's protocol; they must not be written to. */
  bytesFor(c: Client): Buffer {
    if (c.writer.resp3) return (this.resp3 ??= this.spell(c, true));
    return (this.resp2 ??= this.spell(c, false));
  }

  private spell({ server }: Client, resp3: boolean): Buffer {
    const writer = server.aside;
    writer.resp3 = resp3;
    this.write(writer);
    const bytes = Buffer.concat(writer.take()); // A copy: the writer's buffer is lent again.
    writer.release(true);
    return bytes;
  }
}

/**
 * Tells a client something out of its turn, even if it does not want replies (CLIENT REPLY OFF).
 * If its own command is running, the message comes behind the reply.
 */
export function tell(c: Client, push: Push): void {
  tellBytes(c, push.bytesFor(c));
}

/** The same with a message that is spelled in the client's protocol; it must not change. */
export function tellBytes(c: Client, bytes: Buffer): void {
  if (c.closing || c.closed) return;
  const { server } = c;
  if (server.current?.asker === c) {
    server.held.push(bytes);
    return;
  }
  c.writer.rawBytes(bytes);
  c.queueOutput();
}

/** Lets go of what was held back from a client while its command ran. */
export function tellHeld(c: Client): void {
  const { held } = c.server;
  if (!c.closing && !c.closed) for (const bytes of held) c.writer.rawBytes(bytes);
  held.length = 0;
}
