// What Redis frees in the background, and what of that there is to see here.
//
// There a value of many pieces is handed to a thread that frees them one by one, because to do it
// at once would stop everybody. Here nothing is freed by hand: whoever removes a value lets go of
// it, however large it is, and the collector takes it apart beside the server's own work. So
// no command and no eviction takes longer because a value has ten million elements, lazily or not,
// and nothing is ever pending. What INFO counts as freed lazily is what Redis would have counted.

import { Bytes } from '../datatypes/string.ts';
import { List } from '../datatypes/list.ts';
import { Stream } from '../datatypes/stream.ts';
import type { Value } from './keyspace.ts';
import type { Server } from './server.ts';

const MANY = 64; // Redis: what has no more pieces is freed at once.
const PACKED = new Set(['listpack', 'listpackex', 'intset']);

/** Counts a value that is about to go as freed lazily, if Redis would. */
export function countLazily(server: Server, value: Value): void {
  if (pieces(value) > MANY) server.stats.lazyFreed++;
}

/** How many allocations Redis would have to free, in orders of magnitude. */
function pieces(value: Value): number {
  if (typeof value !== 'object' || value instanceof Bytes) return 1;
  if (value instanceof List) return value.encoding === 'quicklist' ? value.nodes : 1;
  if (value instanceof Stream) return piecesOfStream(value);
  return PACKED.has(value.encoding) ? 1 : value.size;
}

function piecesOfStream(stream: Stream): number {
  const { groups, nodeCount } = stream;
  const nodes = nodeCount > MANY ? nodeCount : stream.radixNodes();
  if (groups === null || groups.size === 0) return nodes;
  const [first] = groups.values();
  return nodes + groups.size * (1 + first.pending.size);
}
