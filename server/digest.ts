// The digest of a data set: 40 hexadecimal digits that are equal if, and nearly only if, two
// servers hold the same keys with the same values. Tests compare it across a restart, a
// replica, or with another implementation, so the recipe is Redis's to the byte.
//
// Keys have no order, so they must not influence the result by theirs. Two operations on a
// digest of 20 bytes do that:
//
//    xor(data)   digest ^= SHA1(data)            "this is among it", in any order
//    mix(data)   digest = SHA1(digest ^ SHA1(data))   "and then came this"
//
//    key     = mix(name), mix(type), mix(value), and xor("!!expire!!") if it ever expires
//    data    = for each database that holds keys: mix(its number), then xor(key) for each
//
// What an expiry is makes no difference, only that there is one: two servers rarely agree
// about it to the millisecond.
//
// This file is one of the edges that may use node: modules. SHA1 comes from there for what is not
// short, and whoever needs it asks here.

import { createHash } from 'node:crypto';
import { MemberSet } from '../datatypes/set.ts';
import { Hash } from '../datatypes/hash.ts';
import { List } from '../datatypes/list.ts';
import { SortedSet } from '../datatypes/sorted-set.ts';
import { Stream } from '../datatypes/stream.ts';
import { MAX_ID, MIN_ID } from '../datatypes/stream-id.ts';
import { Bytes, stringOf } from '../datatypes/string.ts';
import { format17 } from '../protocol/double-17.ts';
import { formatGrisu } from '../protocol/double-format.ts';
import { formatDouble } from '../protocol/numbers.ts';
import { type Database, isString, kindOf, typeName, type Value } from './keyspace.ts';
import { SHORTEST_LONG, sha1OfString, sha1OfWords } from './sha1-short.ts';

const HASH_BYTES = 20;

/** The SHA1 of a byte string or of bytes: 20 bytes. */
export function sha1(data: string | Uint8Array): Buffer {
  const hash = createHash('sha1');
  if (typeof data === 'string') hash.update(data, 'latin1');
  else hash.update(data);
  return hash.digest();
}

// What was hashed last.
const hash = new Int32Array(HASH_BYTES / 4);
const number = new Int32Array(1);

class Digest {
  private readonly words = new Int32Array(HASH_BYTES / 4);

  /** Adds something that may come in any order. */
  xor(data: string | Uint8Array): void {
    if (typeof data === 'string' && data.length < SHORTEST_LONG) {
      sha1OfString(data, hash);
    } else {
      const bytes = sha1(data);
      for (let i = 0; i < hash.length; i++) hash[i] = bytes.readInt32BE(i * 4);
    }
    this.xorHash();
  }

  /** Adds what another digest has gathered, in any order. */
  xorDigest(other: Digest): void {
    sha1OfWords(other.words, hash);
    this.xorHash();
  }

  /** Adds something that follows what was added before. */
  mix(data: string | Uint8Array): void {
    this.xor(data);
    sha1OfWords(this.words, this.words);
  }

  /** Adds a number as the 32 bits that it has on the wire. */
  mixNumber(n: number): void {
    number[0] = n;
    sha1OfWords(number, hash);
    this.xorHash();
    sha1OfWords(this.words, this.words);
  }

  get hex(): string {
    let text = '';
    for (const word of this.words) text += (word >>> 0).toString(16).padStart(8, '0');
    return text;
  }

  private xorHash(): void {
    for (let i = 0; i < hash.length; i++) this.words[i] ^= hash[i];
  }
}

/** The digest of everything that these databases hold; `all17` is for before Redis 7.2. */
export function digestOf(databases: readonly Database[], all17 = false): string {
  const all = new Digest();
  for (const db of databases) {
    if (db.size === 0) continue;
    all.mixNumber(db.id);
    for (let i = 0; i < db.size; i++) {
      const one = new Digest();
      one.mix(db.dict.keyAt(i));
      addEntry(one, db, i, all17);
      all.xorDigest(one);
    }
  }
  return all.hex;
}

/** The digest of what a key holds, its name left out; all zeros if it is not there. */
export function digestOfKey(db: Database, key: string, all17 = false): string {
  const digest = new Digest();
  const i = db.dict.find(key);
  if (i >= 0) addEntry(digest, db, i, all17);
  return digest.hex;
}

function addEntry(digest: Digest, db: Database, i: number, all17: boolean): void {
  const value = db.dict.valueAt(i);
  digest.mixNumber(kindOf(value));
  if (value instanceof SortedSet) addScores(digest, value, all17);
  else addValue(digest, value);
  if (db.expiryAt(i) !== -1) digest.xor('!!expire!!');
}

function addValue(digest: Digest, value: Value): void {
  if (value instanceof Bytes) digest.mix(value.buf.subarray(0, value.length));
  else if (isString(value)) digest.mix(stringOf(value));
  else if (value instanceof MemberSet) addMembers(digest, value);
  else if (value instanceof Hash) addFields(digest, value);
  else if (value instanceof List) addList(digest, value);
  else if (value instanceof Stream) addStream(digest, value);
  else throw new Error(`no digest of a ${typeName(value)}`);
}

function addMembers(digest: Digest, set: MemberSet): void {
  for (let i = 0; i < set.size; i++) digest.xor(set.at(i));
}

function addFields(digest: Digest, hash: Hash): void {
  for (let i = 0; i < hash.size; i++) {
    const one = new Digest();
    one.mix(hash.fieldAt(i));
    one.mix(hash.valueAt(i));
    if (hash.expiryAt(i) !== 0) one.xor('!!hexpire!!');
    digest.xorDigest(one);
  }
}

function addScores(digest: Digest, set: SortedSet, all17: boolean): void {
  for (let i = 0; i < set.size; i++) {
    const one = new Digest();
    one.mix(set.memberAt(i));
    const score = set.scoreAt(i);
    // Redis: whole numbers have no more digits than they need, unlike in replies.
    if (all17) one.mix(format17(score));
    else one.mix(score === 0 || !Number.isFinite(score) ? formatDouble(score) : formatGrisu(score));
    digest.xorDigest(one);
  }
}

function addList(digest: Digest, list: List): void {
  list.walk((element) => {
    digest.mix(element);
    return false;
  });
}

function addStream(digest: Digest, stream: Stream): void {
  const cursor = stream.cursor(MIN_ID, MAX_ID, false);
  while (cursor.advance()) {
    digest.mix(cursor.printedId.replace('-', '.'));
    for (const word of cursor.words()) digest.mix(word);
  }
}
