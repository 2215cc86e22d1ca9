// Messages between the nodes of a fleet, by topic.

import { RedisRelayBackend, type RelayMessage } from 'bullmq';
import { expect } from 'vitest';
import { type Tests, until } from '../servers.ts';
import { Scene } from './scene.ts';

export const relays: Tests = {
  'every subscriber of a topic hears of it, wherever it is': async (place) => {
    await using use = new Scene(place);
    const [here, there] = [
      await use.relay({ nodeId: 'here' }),
      await use.relay({ nodeId: 'there' }),
    ];
    const heard: string[] = [];
    const listen = (who: string) => (message: RelayMessage) => {
      heard.push(`${who}: ${message.topic} ${JSON.stringify(message.data)}`);
    };
    const exact = await here.subscribe('jobs.1.done', listen('exact'));
    await here.subscribe('jobs.*.done', listen('star'));
    await there.subscribe('jobs.>', listen('there'));
    expect(await there.publish('jobs.1.done', { ok: true })).toMatchObject({
      nodes: 2,
      endpoints: 3,
    });
    await until(() => heard.length === 3);
    expect(heard.sort()).toEqual([
      'exact: jobs.1.done {"ok":true}',
      'star: jobs.1.done {"ok":true}',
      'there: jobs.1.done {"ok":true}',
    ]);
    await exact.unsubscribe();
    expect(await here.publish('jobs.1.done', 2)).toMatchObject({ endpoints: 2 });
    expect((await here.getPatterns()).map(({ pattern }) => pattern).sort()).toEqual([
      ...['jobs.*.done', 'jobs.>'],
    ]);
    expect(await here.getSubscriptions({ nodeId: 'there' })).toHaveLength(1);
    expect((await here.getNodes()).map(({ id }) => id).sort()).toEqual(['here', 'there']);
    expect(await here.getNodeConnections('there')).toHaveLength(1);
    expect(await here.getNamespaces()).toEqual(['default']);
  },

  'a message may be retained for those who come later': async (place) => {
    await using use = new Scene(place);
    const relay = await use.relay();
    await relay.publish('weather.today', 'sun', { retain: 1e6 });
    const heard: unknown[] = [];
    await relay.subscribe('weather.today', ({ data, retained }) => {
      heard.push([data, retained]);
    });
    await until(() => heard.length === 1);
    expect(heard).toEqual([['sun', true]]);
    expect((await relay.getRetained()).map(({ topic }) => topic)).toEqual(['weather.today']);
    expect(await relay.deleteRetained('weather.today')).toBe(true);
    expect(await relay.getCounts()).toMatchObject({ nodes: 1, retained: 0 });
    await expect(relay.publish('not..a topic', 1)).rejects.toThrow(/topic/i);
  },

  'a node that is silent is swept away; the others keep their lease': async (place) => {
    await using use = new Scene(place);
    const swept: string[] = [];
    const alive = await use.relay({
      ...{ nodeId: 'alive', leaseDuration: 60_000, heartbeatInterval: 10, sweepInterval: 10 },
    });
    alive.on('swept', (ids: string[]) => swept.push(...ids));
    await alive.subscribe('any.>', () => {});
    const backend = new RedisRelayBackend({ connection: use.connection, namespace: 'default' });
    await backend.registerNode('silent', 60_000, {});
    await backend.subscribe('silent', 'endpoint', 'any.>');
    await backend.heartbeat('silent', 1); // And after that millisecond, no more.
    await until(() => swept.length > 0);
    expect(swept).toEqual(['silent']);
    expect((await alive.getNodes()).map(({ id }) => id)).toEqual(['alive']);
    await backend.close();
  },
};
