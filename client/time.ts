// Time and chance, as the client needs them. Nowhere else in client/ is there a clock, a timer or
// a die.
//
// A server in the same process has a clock of its own; a client's patience is always in real time,
// whatever that clock, or a test's fake timers, say.

// Taken now, before anybody fakes them.
const { setTimeout, clearTimeout, setImmediate, performance } = globalThis;
const tell = performance.now.bind(performance);
const start = performance.timeOrigin;
const draw = Math.random;

/** Milliseconds since some moment, never going back. */
export function now(): number {
  return tell();
}

/** Milliseconds since 1970. */
export function wallClock(): number {
  return start + tell();
}

/** At least 0, less than 1. */
export function random(): number {
  return draw();
}

/** Calls `act` after so many milliseconds, unless cancelled. `idle`: the process may end first. */
export function after(milliseconds: number, act: () => void, idle = false): Timer {
  const timer = setTimeout(act, milliseconds);
  if (idle) timer.unref();
  return { cancel: () => clearTimeout(timer) };
}

/** Calls `act` when timers, sockets and all the others had their turn. */
export function nextTurn(act: () => void): void {
  setImmediate(act);
}

export interface Timer {
  cancel(): void;
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => after(milliseconds, resolve));
}
