// DEBUG OBJECT: a value as the server keeps it, on one line. Tests of Redis read it.

import { List } from '../../datatypes/list.ts';
import { savedLength } from '../../persistence/dump.ts';
import { NO_SUCH_KEY } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { encodingName, references } from './generic-object.ts';

const LRU_BITS = 0xffffff; // Redis keeps this much of a key's last use.

/** DEBUG OBJECT <key> */
export function debugObject(c: Client): void {
  const { db, server } = c;
  // Redis: neither a use of the key nor a reason to remove it, should its time have come.
  const i = db.dict.find(c.argv[2]);
  if (i < 0) throw NO_SUCH_KEY;
  const value = db.dict.valueAt(i);
  const compressed = server.config.values.rdbcompression;
  const lru = db.accessAt(i) & LRU_BITS;
  const idle = (server.lruClock - lru) & LRU_BITS;
  // Unlike Redis: DEBUG OBJECT gives no address but the number of the key's entry.
  c.reply.status(
    `Value at:0x${i.toString(16)} refcount:${references(c.server, value)}` +
      ` encoding:${encodingName(value)} serializedlength:${savedLength(value, compressed)}` +
      ` lru:${lru} lru_seconds_idle:${idle}${value instanceof List ? nodesOf(value) : ''}`,
  );
}

/** What Redis tells of a quicklist beside. */
function nodesOf(list: List): string {
  if (list.encoding !== 'quicklist') return '';
  const average = twoDecimals(list.size / list.nodes);
  const compressed = list.compressDepth === 0 ? 0 : 1;
  return (
    ` ql_nodes:${list.nodes} ql_avg_node:${average} ql_listpack_max:${list.limit}` +
    ` ql_compressed:${compressed} ql_uncompressed_size:${list.bytes}`
  );
}

/** As C's printf does it: what lies in the middle goes to the even digit. */
function twoDecimals(n: number): string {
  const eighths = n * 8;
  if (eighths % 2 !== 1) return n.toFixed(2);
  const hundredths = Math.floor(n * 100);
  return ((hundredths + (hundredths % 2)) / 100).toFixed(2);
}
