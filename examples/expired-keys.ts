// Callbacks for keys that expire: the server says so through keyspace notifications.
//
// The problem: something is to be done when a basket has not been touched for an hour.
// The idea: a key that expires is the timer, and touching the basket sets it again. The server
// tells of each key that expired, but its value is gone by then: so what the callback needs lies
// under a second key. GETDEL fetches it, for one of all the processes that hear.
// Not when: each callback counts. A notification that nobody listens to is gone, and comes when the
// server notices, which can be a while after the time. delayed-queue.ts keeps what is due.

import type { Client, Subscription } from '../client/index.ts';

const TIMER = 'timer:';
const PAYLOAD = 'payload:';

/** Starts a timer, or sets a running one back. */
export async function startTimer(
  client: Client,
  id: string,
  payload: string,
  milliseconds: number,
): Promise<void> {
  await client.multi((tx) => [
    tx.set(PAYLOAD + id, payload),
    tx.set(TIMER + id, '', { px: milliseconds }),
  ]);
}

/** Calls `act` for each timer that runs out from now on, here or in another process. */
export async function onTimer(
  client: Client,
  act: (id: string, payload: string) => void,
): Promise<Subscription> {
  await enableNotifications(client);
  const fetch = async (id: string): Promise<void> => {
    // A connection that breaks here loses the callback, as it may lose the notification.
    const payload = await client.getdel(PAYLOAD + id).catch(() => null);
    if (payload !== null) act(id, payload);
  };
  return client.psubscribe('__keyevent@*__:expired', (key) => {
    if (key.startsWith(TIMER)) void fetch(key.slice(TIMER.length));
  });
}

/** Adds what is needed to what others have asked for. Belongs in redis.conf, really. */
async function enableNotifications(client: Client): Promise<void> {
  const parameter = 'notify-keyspace-events';
  const flags = (await client.configGet(parameter))[parameter] ?? '';
  const all = flags.includes('A');
  if (flags.includes('E') && (all || flags.includes('x'))) return;
  await client.configSet(parameter, `${flags}Ex`);
}
