// Sending requests on to another server, a real Redis say, whose answers the clients get.
//
//   server.intercept('*', proxyTo('redis://127.0.0.1:6379'));
//   server.intercept({ command: ['JSON.GET', 'JSON.SET'] }, proxyTo(url));
//
// Each client has a connection of its own there, so that MULTI, SELECT and subscriptions are its
// own. The journal has all of it, and can be replayed where there is no Redis.

import type { FarEnd, Target } from './far-end.ts';
import type { Interceptor, Request } from './interception.ts';
import { toBytes } from './values.ts';
import { RawReply } from './passage.ts';

/** An interceptor that has another server answer. What that cannot be asked is an error. */
export function proxyTo(target: Target): Interceptor {
  const known = new Map<number, Promise<FarEnd>>();
  const open = async ({ client, signal, send }: Request): Promise<FarEnd> => {
    const { FarEnd } = await import('./far-end.ts');
    const far = await FarEnd.open(target);
    far.onPush = send;
    const leave = () => {
      known.delete(client.id);
      far.close();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
    return far;
  };
  return async (request) => {
    const { id } = request.client;
    let far = known.get(id);
    if (far === undefined) {
      far = open(request);
      known.set(id, far);
    }
    try {
      return new RawReply(await (await far).ask(request.bytes.map(toBytes)));
    } catch (problem) {
      if (known.get(id) === far) known.delete(id); // The next request connects again.
      throw problem;
    }
  };
}
