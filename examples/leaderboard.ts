// A leaderboard: who has most points, and who stands just before and behind me.
//
// The problem: a rank is the number of those who are better; a database counts them each time.
// The idea: a sorted set knows the rank of each member in logarithmic time.
// Not when: points tie and the order of those who tie matters. Equal scores are ordered by name;
// whoever wants "who came first" adds a fraction that falls with time.

import type { Client } from '../client/index.ts';

export interface Standing {
  /** 1 for the best. */
  place: number;
  player: string;
  points: number;
}

/** Gives a player points. Resolves to what he has now. */
export function award(
  client: Client,
  board: string,
  player: string,
  points: number,
): Promise<number> {
  return client.zincrby(board, points, player);
}

/** The best, the best first. */
export async function top(client: Client, board: string, count: number): Promise<Standing[]> {
  return standings(await client.zrange(board, 0, count - 1, { rev: true, withscores: true }), 1);
}

/** A player with so many neighbours on either side; nobody if he has no points at all. */
export async function around(
  client: Client,
  board: string,
  player: string,
  neighbours: number,
): Promise<Standing[]> {
  const rank = await client.zrevrank(board, player);
  if (rank === null) return [];
  // Ranks may have moved on meanwhile. It is a game.
  const first = Math.max(0, rank - neighbours);
  const last = rank + neighbours;
  const rows = await client.zrange(board, first, last, { rev: true, withscores: true });
  return standings(rows, first + 1);
}

function standings(rows: readonly [player: string, points: number][], place: number): Standing[] {
  return rows.map(([player, points], i) => ({ place: place + i, player, points }));
}
