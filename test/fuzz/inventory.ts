// Everything that is in the databases of a server, by asking for it: each call and its
// reply, to be compared with those of another server.

import { encode, Reply, type Wire } from '../wire.ts';
import { shownCall } from './transcript.ts';

// What there is to know about a value of each type.
const VALUES: Readonly<Record<string, (key: string) => string[][]>> = {
  string: (key) => [['GET', key]],
  list: (key) => [['LRANGE', key, '0', '-1']],
  set: (key) => [['SMEMBERS', key]],
  zset: (key) => [['ZRANGE', key, '0', '-1', 'WITHSCORES']],
  hash: (key) => [['HGETALL', key]],
  stream: (key) => [['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0']],
};

// Figures that depend on nothing but what was asked. CONFIG RESETSTAT has set them to zero.
const COUNTED = /^(?:cmdstat_|errorstat_|keyspace_|expired_keys|total_error_replies|unexpected_)/;

/** What the server has counted, as if each figure were a reply. */
export async function accounts(wire: Wire): Promise<Map<string, Reply>> {
  const found = new Map<string, Reply>();
  const sections = ['commandstats', 'errorstats', 'stats'];
  for (const { text } of await askAll(
    wire,
    sections.map((each) => ['INFO', each]),
  )) {
    for (const line of text.split('\r\n')) {
      if (!COUNTED.test(line)) continue;
      const colon = line.indexOf(':');
      const figure = line.slice(colon + 1).replace(/,?usec[^,]*/g, '');
      found.set(`INFO > ${line.slice(0, colon)}`, new Reply('+', figure, [], false, figure));
    }
  }
  return found;
}

/** Asks for everything. The calls are as redis-cli would show them, after the database. */
export async function inventory(wire: Wire, databases: number): Promise<Map<string, Reply>> {
  const found = new Map<string, Reply>();
  const ids = Array.from({ length: databases }, (_, id) => String(id));
  const sizes = await askAll(
    wire,
    ids.flatMap((id) => [['SELECT', id], ['DBSIZE']]),
  );
  for (const id of ids) {
    if (sizes[Number(id) * 2 + 1].text === '0') continue;
    await wire.ask('SELECT', id);
    await readDatabase(wire, id, found);
  }
  found.set('all > DEBUG DIGEST', await wire.ask('DEBUG', 'DIGEST'));
  return found;
}

async function readDatabase(wire: Wire, id: string, found: Map<string, Reply>): Promise<void> {
  const keep = (call: string[], reply: Reply) => found.set(`db${id} > ${shownCall(call)}`, reply);
  const all = await wire.ask('KEYS', '*');
  // Beside KEYS it tells whether keys whose time has come, and that KEYS leaves out, are there.
  keep(['DBSIZE'], await wire.ask('DBSIZE'));
  const keys = all.items.map((item) => item.text).sort();
  const types = await askAll(
    wire,
    keys.map((key) => ['TYPE', key]),
  );
  const calls = keys.flatMap((key, i) => [
    ['OBJECT', 'ENCODING', key],
    ['PEXPIRETIME', key],
    ...(VALUES[types[i].text]?.(key) ?? [['TYPE', key]]),
  ]);
  const replies = await askAll(wire, calls);
  for (let i = 0; i < calls.length; i++) keep(calls[i], replies[i]);
}

async function askAll(wire: Wire, calls: readonly string[][]): Promise<Reply[]> {
  wire.send(calls.map(encode).join(''));
  const replies: Reply[] = [];
  for (let i = 0; i < calls.length; i++) replies.push(await wire.next());
  return replies;
}
