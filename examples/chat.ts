// A chat: lines that are heard by whoever listens, in a room or in all rooms that fit a pattern.
//
// The problem: users are connected to many processes, and all of a room are to hear each line.
// The idea: a channel for each room. Each process subscribes for its users; the client keeps one
// connection for all subscriptions, and takes them up again when it breaks. A line is put into a
// short list too, so that whoever comes later sees the last ones.
// Not when: nobody may miss a line. What is published while a connection is away is gone for it; a
// stream (event-stream.ts) keeps it.

import type { Client, Subscription } from '../client/index.ts';

const HISTORY = 50;

export interface Line {
  room: string;
  who: string;
  text: string;
}

/** Says a line. Resolves to how many connections heard it. */
export async function say(client: Client, line: Line): Promise<number> {
  const { room } = line;
  const text = JSON.stringify(line);
  const [, , heard] = await client.multi((tx) => [
    tx.lpush(`history:${room}`, text),
    tx.ltrim(`history:${room}`, 0, HISTORY - 1),
    tx.publish(`chat:${room}`, text),
  ]);
  return heard;
}

/**
 * Hears lines: of one room, or of all that fit a pattern ('team-*'). Ends with unsubscribe(), or at
 * the end of an `await using` block.
 */
export function join(
  client: Client,
  rooms: string,
  hear: (line: Line) => void,
): Promise<Subscription> {
  const told = (message: string): void => hear(JSON.parse(message) as Line);
  const isPattern = /[*?[\\]/.test(rooms);
  return isPattern
    ? client.psubscribe(`chat:${rooms}`, told)
    : client.subscribe(`chat:${rooms}`, told);
}

/** The last lines of a room, the oldest first. */
export async function history(client: Client, room: string): Promise<Line[]> {
  const lines = await client.lrange(`history:${room}`, 0, -1);
  return lines.reverse().map((line) => JSON.parse(line) as Line);
}
