// How far this server has come in following another.

/** It follows nobody. */
export const NONE = 0;
/** It is going to connect, */
export const CONNECT = 1;
/** does so, */
export const CONNECTING = 2;
/** tells the master who it is, */
export const HANDSHAKE = 3;
/** is sent the data set, */
export const TRANSFER = 4;
/** and then the stream. */
export const CONNECTED = 5;

/** What ROLE calls them. */
export const STATE_NAMES = ['none', 'connect', 'connecting', 'handshake', 'sync', 'connected'];

/** A history, and up to where it was carried out here; the database of what comes next. */
export type Known = { readonly id: string; readonly offset: number; readonly database: number };
