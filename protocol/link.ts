// What a client and a server talk through: bytes both ways, and an end.
//
// A socket is one (server/listener.ts), and so is a pair of ends in one process
// (server/memory-link.ts): everything above works the same on both.

/** One end's view of the other. */
export interface Link {
  /** Who is there: '127.0.0.1:50123', '[::1]:50123' or '/path/of/socket:0'. */
  readonly address: string;
  /** What it is connected to, in the same spelling. */
  readonly localAddress: string;
  readonly transport: 'tcp' | 'unix' | 'memory';
  /** The file descriptor, or -1 where there is none. */
  readonly fd: number;
  /** Bytes that were sent but have not left yet. */
  readonly unsent: number;

  /**
   * Sends a chunk. Returns true if all its bytes have left, so that it may be written to
   * again; false if the link still needs it.
   */
  sendOne(chunk: Buffer): boolean;
  /**
   * Sends chunks, in order. Returns true if all bytes have left, so that the chunks may
   * be written to again; false if the link still needs them.
   */
  send(chunks: readonly Buffer[]): boolean;
  /** Stops and resumes reading from the other end. */
  pause(): void;
  resume(): void;
  /** Ends the link, once everything sent has left. */
  end(): void;
  /** Ends the link at once. */
  destroy(): void;
  /** The same, so that the other end hears of it as an error (RST); where there is such a thing. */
  reset?(): void;
  /** Says that nothing more will come from here, and goes on reading; where that can be said. */
  endOutput?(): void;
}

/** What an end tells the one that it belongs to. */
export interface LinkEvents {
  /** Bytes came: the first `length` of the chunk, which is not to be kept. */
  received(chunk: Buffer, length: number): void;
  /** Everything that send() could not get rid of has left. */
  drained(): void;
  /** The link has ended, from whichever side. Called once; nothing is called after it. */
  gone(): void;
}

/** A link of a client that nobody is at the other end of: what is said to it goes nowhere. */
export function silentLink(address: string): Link {
  return {
    address,
    localAddress: address,
    transport: 'memory',
    fd: -1,
    unsent: 0,
    sendOne: () => true,
    send: () => true,
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  };
}
