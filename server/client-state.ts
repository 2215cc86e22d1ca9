// What a client can be in the middle of.

/** Why a client waits. */
export const RUNNING = 0;
export const PAUSED = 1; // CLIENT PAUSE: its request runs when the pause ends.
export const OUTSIDE = 2; // Something outside of the server has to be done first.
export const BLOCKED = 3; // It waits for a key: see blocking.ts.
export const SCRIPT = 4; // Its script takes long: see script-run.ts.
export const ASLEEP = 5; // It has the server sleep: see sleep.ts.
export const HELD = 6; // A test double holds its request, or the reply: see double/.

/** What CLIENT REPLY asked for. */
export const REPLY_ON = 0;
export const REPLY_OFF = 1;
export const REPLY_SKIP_NEXT = 2; // CLIENT REPLY SKIP just ran: the next reply is dropped,
export const REPLY_SKIP = 3; // which is this one.
