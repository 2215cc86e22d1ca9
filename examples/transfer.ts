// A transfer between accounts, by optimism: look, decide, and act only if nobody came between.
//
// The problem: the balance is read, found sufficient, and gone when it is taken off.
// The idea: WATCH the account, read it, and send the change as a transaction, which the server
// refuses if the account was touched meanwhile; then look again. client.watch() does that on a
// connection of its own, because what is watched belongs to a connection.
// Not when: everybody is after the same account. Most tries are then in vain, and a script that
// looks and acts in one step on the server is better.

import type { Client } from '../client/index.ts';

const accountOf = (owner: string): string => `account:${owner}`;

/** Moves cents from one to another. False if there are not enough; a WatchError if too busy. */
export function transfer(
  client: Client,
  from: string,
  to: string,
  cents: number,
): Promise<boolean> {
  const [source, target] = [accountOf(from), accountOf(to)];
  return client.watch([source], async (own) => {
    const balance = Number((await own.get(source)) ?? 0);
    if (balance < cents) return false;
    await own.multi((tx) => [tx.decrby(source, cents), tx.incrby(target, cents)]);
    return true;
  });
}
