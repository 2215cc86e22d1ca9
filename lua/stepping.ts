// What is known of functions of Lua that run while somebody steps through them.

import type { Chunk } from './compile.ts';
import type { Runtime } from './runtime.ts';
import type { Thread } from './thread.ts';
import type { Value } from './value.ts';

/** A function that runs. */
export class Frame {
  /** The name that it was called by; '' if it was not Lua that called it. */
  readonly name: string;
  readonly chunk: Chunk;
  /** The line that it is at; 0 if the next one is to count as another. */
  line = 0;
  /** What it is about to do, as a number of its chunk's sites. */
  site = 0;
  /** Its variables that can be seen at that line, the outermost first. */
  locals: () => readonly (readonly [name: string, value: Value])[] = () => [];
  /** The line that was stopped at last. */
  shownLine = 0;
  /** Who it was called by, if that one has ended with the call. */
  readonly replaced: Frame | null;
  readonly thread: Thread | null;
  readonly nested: number;

  constructor(runtime: Runtime, chunk: Chunk, caller: Frame | undefined) {
    this.chunk = chunk;
    this.thread = runtime.thread;
    this.nested = runtime.nested;
    const byLua = caller !== undefined && caller.nested === this.nested;
    const site = byLua ? caller.chunk.sites[caller.site] : undefined;
    this.name = site === undefined || site.tail ? '' : site.name;
    this.replaced = site?.tail ? caller! : null;
  }
}

/** The functions that run, of chunks that were compiled to be stepped through. */
export class Stepping {
  /** The innermost last. */
  private readonly frames: Frame[] = [];
  /** The one that has come to a line last. */
  at: Frame | null = null;

  /** A function begins. */
  open(runtime: Runtime, chunk: Chunk): Frame {
    const caller = this.frames.findLast(({ thread }) => thread === runtime.thread);
    const frame = new Frame(runtime, chunk, caller);
    this.frames.push(frame);
    return frame;
  }

  /** It has ended; coroutines do not end in the order in which they began. */
  close(frame: Frame): void {
    this.frames.splice(this.frames.lastIndexOf(frame), 1);
  }

  /** The functions that are waiting for each other, of one thread, the innermost first. */
  get trace(): readonly Frame[] {
    const gone = new Set(this.frames.map(({ replaced }) => replaced));
    const thread = this.at?.thread;
    return this.frames.filter((frame) => frame.thread === thread && !gone.has(frame)).reverse();
  }
}
