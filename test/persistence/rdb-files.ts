// Between the databases of a server and the bytes of an RDB file, for tests.

import { AUX, DATABASE, END, KEY, MORE, RdbReader } from '../../persistence/rdb-reader.ts';
import { RdbWriter } from '../../persistence/rdb-writer.ts';
import type { Server } from '../../server/server.ts';

/** All that a server holds, as an RDB file. */
export function save(server: Server, checksum = true, chunkBytes = 4096): Buffer {
  const chunks: Buffer[] = [];
  const compression = server.config.values.rdbcompression;
  const options = { compression, checksum, chunkBytes };
  const writer = new RdbWriter((chunk) => chunks.push(chunk), options);
  writer.begin();
  writer.aux('redis-ver', '8.0.2');
  writer.aux('redis-bits', 64);
  for (const db of server.databases) {
    if (db.size === 0) continue;
    writer.database(db.id, db.size, db.volatile);
    for (let i = 0; i < db.size; i++) {
      writer.key(db.dict.keyAt(i), db.dict.valueAt(i), db.exactExpiryAt(i));
    }
  }
  writer.end();
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== writer.written) throw new Error(`${writer.written} bytes were announced`);
  return bytes;
}

/** Puts what a file holds into a server, which is empty; the file comes in chunks of this size. */
export function load(server: Server, file: Buffer, chunkBytes = 1000): Map<string, string> {
  const facts = new Map<string, string>();
  const make = { limits: server.config.values, seed: server.hashSeed, chance: server.random };
  const reader = new RdbReader(make, { checksum: true, bytes: file.length });
  let at = 0;
  for (;;) {
    const what = reader.next();
    if (what === MORE) {
      if (at >= file.length) reader.finish();
      else reader.feed(Buffer.from(file.subarray(at, (at += chunkBytes))));
    } else if (what === AUX) {
      facts.set(reader.name, reader.text);
    } else if (what === DATABASE && server.databases[reader.database] === undefined) {
      throw new Error(`no database ${reader.database}`);
    } else if (what === KEY) {
      const db = server.databases[reader.database];
      db.add(reader.key, reader.value);
      if (reader.whenMs !== -1) db.expireAt(reader.key, reader.whenMs);
      db.restoreUse(reader.idleSeconds, reader.frequency);
    } else if (what === END) {
      return facts;
    }
  }
}
