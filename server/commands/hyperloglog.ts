// HyperLogLog commands. What a HyperLogLog is, and how it lies in its string, is told in
// datatypes/hyperloglog.ts.

import {
  addElement,
  CHANGED,
  CORRUPT,
  DENSE,
  describeRuns,
  emptyHyperLogLog,
  encodingOf,
  estimateOf,
  estimateRanks,
  forgetEstimate,
  isEstimated,
  isHyperLogLog,
  raise,
  raiseRanks,
  refreshEstimate,
  REGISTERS,
  SPARSE,
  toDense,
  writeRanks,
} from '../../datatypes/hyperloglog.ts';
import { type Bytes, bytesOf, type StringValue, stringLength } from '../../datatypes/string.ts';
import type { hyperloglog as specs } from '../../protocol/commands/hyperloglog.ts';
import { quoting, ReplyError } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { edit } from '../string-value.ts';
import { selfTest } from './hyperloglog-selftest.ts';

const NOT_A_HYPERLOGLOG = new ReplyError('WRONGTYPE Key is not a valid HyperLogLog string value.');
const CORRUPTED = new ReplyError('INVALIDOBJ Corrupted HLL object detected');
const NO_KEY = new ReplyError('ERR The specified key does not exist');
const NOT_SPARSE = new ReplyError('ERR HLL encoding is not sparse');
const NEITHER_ON_NOR_OFF = new ReplyError('ERR Argument must be ON or OFF');

function check(value: StringValue | undefined): void {
  if (value !== undefined && !isHyperLogLog(value)) throw NOT_A_HYPERLOGLOG;
}

/** The value found last, checked, fit to be written to. Redis: its encoding becomes raw. */
function own(c: Client, key: string, value: StringValue): Bytes {
  return edit(c.db, key, value, stringLength(value));
}

function created(c: Client, key: string): Bytes {
  const hll = emptyHyperLogLog();
  c.db.add(key, hll);
  return hll;
}

/** PFADD key [element [element ...]] */
function pfadd(c: Client): void {
  const { argv, db } = c;
  const key = argv[1];
  const value = db.writeString(key);
  check(value);
  const hll = value === undefined ? created(c, key) : own(c, key, value);
  const sparseMax = Number(c.server.config.values['hll-sparse-max-bytes']);
  let changes = value === undefined ? 1 : 0;
  for (let i = 2; i < argv.length; i++) {
    const outcome = addElement(hll, argv[i], sparseMax);
    if (outcome === CORRUPT) throw CORRUPTED;
    if (outcome === CHANGED) changes++;
  }
  if (changes > 0) {
    forgetEstimate(hll);
    db.changed(key, 'pfadd', changes);
  }
  c.reply.int(changes > 0 ? 1 : 0);
}

// What several values come to together. Cleared by whoever is about to use it.
const ranks = new Uint8Array(REGISTERS);
let anyDense = false; // Whether one of those gathered was dense.

/** Gathers in `ranks` what all the keys from argv[1] on have seen. */
function gather(c: Client): void {
  const argv = c.argv;
  ranks.fill(0);
  anyDense = false;
  for (let i = 1; i < argv.length; i++) {
    const value = c.db.readString(argv[i]);
    if (value === undefined) continue;
    check(value);
    const bytes = bytesOf(value);
    if (bytes[4] === DENSE) anyDense = true;
    if (!raiseRanks(ranks, bytes, stringLength(value))) throw CORRUPTED;
  }
}

/** PFCOUNT key [key ...] */
function pfcount(c: Client): void {
  const key = c.argv[1];
  if (c.argv.length > 2) {
    gather(c);
    return integer(c.reply, estimateRanks(ranks));
  }
  const value = c.db.readString(key);
  if (value === undefined) return c.reply.int(0);
  check(value);
  c.db.willChange(key);
  const hll = own(c, key, value);
  if (!isEstimated(hll)) {
    if (!refreshEstimate(hll)) throw CORRUPTED;
    // Redis: the value has changed for those who watch it, for replicas and for the next save;
    // it is no event.
    c.server.dirty++;
    c.db.touched(key);
  }
  integer(c.reply, estimateOf(hll));
}

function integer(reply: Reply, n: number | bigint): void {
  if (typeof n === 'number' && Number.isSafeInteger(n)) reply.int(n);
  else reply.int64(BigInt(n));
}

/** PFMERGE destkey [sourcekey [sourcekey ...]] */
function pfmerge(c: Client): void {
  const { argv, db } = c;
  const key = argv[1];
  gather(c);
  const value = db.writeString(key);
  const hll = value === undefined ? created(c, key) : own(c, key, value);
  if (anyDense) {
    writeRanks(hll, ranks);
  } else {
    const sparseMax = Number(c.server.config.values['hll-sparse-max-bytes']);
    for (let register = 0; register < REGISTERS; register++) {
      if (ranks[register] !== 0) raise(hll, register, ranks[register], sparseMax);
    }
  }
  forgetEstimate(hll);
  db.changed(key, 'pfadd'); // Redis: as if the elements had been added.
  c.reply.ok();
}

/** PFDEBUG subcommand key */
function pfdebug(c: Client): void {
  const [, word, key] = c.argv;
  const name = word.toUpperCase();
  if (name === 'SIMD') return simd(c);
  const value = c.db.writeString(key);
  if (value === undefined) throw NO_KEY;
  check(value);
  const hll = own(c, key, value);
  switch (name) {
    case 'GETREG':
      return getreg(c, hll);
    case 'DECODE':
      if (encodingOf(hll) !== SPARSE) throw NOT_SPARSE;
      return c.reply.bulk(describeRuns(hll));
    case 'ENCODING':
      return c.reply.status(encodingOf(hll) === DENSE ? 'dense' : 'sparse');
    case 'TODENSE':
      return c.reply.int(densify(c, hll) ? 1 : 0);
    default:
      throw quoting("Unknown PFDEBUG subcommand '", word, "'");
  }
}

/** There are no vector instructions here that could be switched on or off. */
function simd(c: Client): void {
  const word = c.argv[2].toUpperCase();
  // Unlike Redis: PFDEBUG SIMD answers a wrong word once, rather than with an error and a status.
  if (word !== 'ON' && word !== 'OFF') throw NEITHER_ON_NOR_OFF;
  c.reply.status(word === 'ON' ? 'enabled' : 'disabled');
}

function getreg(c: Client, hll: Bytes): void {
  densify(c, hll);
  ranks.fill(0);
  raiseRanks(ranks, hll.buf, hll.length);
  c.reply.array(REGISTERS);
  for (let i = 0; i < REGISTERS; i++) c.reply.int(ranks[i]);
}

/** Makes a value dense; false if it was. Redis: a change that nobody is told of. */
function densify(c: Client, hll: Bytes): boolean {
  if (encodingOf(hll) === DENSE) return false;
  if (!toDense(hll)) throw CORRUPTED;
  c.server.dirty++;
  return true;
}

/** PFSELFTEST */
function pfselftest(c: Client): void {
  const problem = selfTest(c.server.random);
  if (problem !== null) throw new ReplyError(problem);
  c.reply.ok();
}

export const hyperloglogCommands: Handlers<typeof specs> = {
  pfadd,
  pfcount,
  pfdebug,
  pfmerge,
  pfselftest,
};
