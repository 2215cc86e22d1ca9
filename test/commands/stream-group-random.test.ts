// Consumer groups by chance, with readers that wait, beside real Redis 8.0.2: every reply, every
// group, every pending entry, after each step. GROUP_STEPS=20000 takes more of them, GROUP_SEED=7
// others.
//
// IDs are given, never made of a clock. Times since and until differ by what passes between two
// servers: so they are compared only where they lie far apart, and masked in replies.

import { describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import type { Chance } from '../protocol/real.ts';
import type { Reply } from '../wire.ts';
import { type Call, playParty } from './party.ts';

const STEPS = Number(process.env['GROUP_STEPS'] ?? 1500);
const SEED = Number(process.env['GROUP_SEED'] ?? 1);

const KEYS = ['s', 's', 's', 't'];
const GROUPS = ['g', 'g', 'g', 'h'];
const NAMES = ['ada', 'ada', 'bob', 'cyd'];
const IDLE = ['0', '0', '0', '1000000', '-1'];
const WIDE = ['9223372036854775807', '9223372036854775806', '9007199254740992'];

/** Draws words of commands. */
class Words {
  private readonly chance: Chance;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  one(words: readonly string[]): string {
    return this.chance.one([...words]);
  }

  maybe(...words: string[]): string[] {
    return this.chance.below(3) === 0 ? words : [];
  }

  key(): string {
    return this.one(KEYS);
  }

  group(): [string, string] {
    return [this.key(), this.one(GROUPS)];
  }

  member(): [string, string, string] {
    return [...this.group(), this.one(NAMES)];
  }

  id(): string {
    if (this.chance.below(40) === 0) return this.one(['x', '', '18446744073709551615-1', '-', '$']);
    const seq = this.chance.below(3);
    return `${this.chance.below(8)}${seq === 0 ? '' : `-${seq}`}`;
  }

  ids(): string[] {
    return Array.from({ length: 1 + this.chance.below(4) }, () => this.id());
  }

  end(): string {
    return this.one(['-', '+', this.id(), `(${this.id()}`]);
  }

  count(): string {
    return this.one(['1', '2', '3', '10', '0', '-1']);
  }

  entriesRead(): string[] {
    return this.maybe('ENTRIESREAD', this.one(['0', '1', '3', '-1', '-2', ...WIDE]));
  }
}

function changeStream(w: Words): Call {
  switch (w.one(['add', 'add', 'add', 'add', 'del', 'trim', 'setid'])) {
    case 'add':
      return ['XADD', w.key(), ...w.maybe('MAXLEN', '4'), `${w.id().split('-')[0]}-*`, 'f', 'v'];
    case 'del':
      return ['XDEL', w.key(), ...w.ids()];
    case 'trim':
      return ['XTRIM', w.key(), ...w.one(['MAXLEN 2', 'MINID 3', 'MAXLEN 0']).split(' ')];
    default: {
      const added = w.maybe('ENTRIESADDED', w.one(['5', '9', ...WIDE]), 'MAXDELETEDID', w.id());
      return ['XSETID', w.key(), w.id(), ...added];
    }
  }
}

function changeGroup(w: Words): Call {
  const last = () => w.one([w.id(), '0', '$', '-', '+']);
  switch (w.one(['create', 'create', 'create', 'setid', 'destroy', 'join', 'leave'])) {
    case 'create':
      return ['XGROUP', 'CREATE', ...w.group(), last(), ...w.maybe('MKSTREAM'), ...w.entriesRead()];
    case 'setid':
      return ['XGROUP', 'SETID', ...w.group(), last(), ...w.entriesRead()];
    case 'destroy':
      return ['XGROUP', 'DESTROY', ...w.group()];
    case 'join':
      return ['XGROUP', 'CREATECONSUMER', ...w.member()];
    default:
      return ['XGROUP', 'DELCONSUMER', ...w.member()];
  }
}

function claim(w: Words): Call {
  if (w.one(['by ID', 'some']) === 'some') {
    const options = [...w.maybe('COUNT', w.count()), ...w.maybe('JUSTID')];
    return ['XAUTOCLAIM', ...w.member(), w.one(IDLE), w.end(), ...options];
  }
  return [
    ...['XCLAIM', ...w.member(), w.one(IDLE), ...w.ids()],
    ...w.maybe(...w.one(['IDLE 0', 'IDLE 5000000', 'TIME 1000', 'TIME 1', 'IDLE -1']).split(' ')),
    ...w.maybe('RETRYCOUNT', w.one(['0', '3', '-1', ...WIDE])),
    ...[...w.maybe('FORCE'), ...w.maybe('JUSTID'), ...w.maybe('LASTID', w.id())],
  ];
}

function read(w: Words): Call {
  const from = w.one(['>', '>', '>', w.id()]);
  const [key, group, name] = w.member();
  const options = [...w.maybe('COUNT', w.count()), ...w.maybe('NOACK')];
  const streams = w.one(['one', 'one', 'two']) === 'one' ? [key, from] : ['s', 't', from, '>'];
  return ['XREADGROUP', 'GROUP', group, name, ...options, 'STREAMS', ...streams];
}

function look(w: Words): Call {
  switch (w.one(['summary', 'list', 'groups', 'consumers'])) {
    case 'summary':
      return ['XPENDING', ...w.group()];
    case 'list': {
      const range = [w.end(), w.end(), w.count(), ...w.maybe(w.one(NAMES))];
      return ['XPENDING', ...w.group(), ...w.maybe('IDLE', w.one(IDLE)), ...range];
    }
    case 'groups':
      return ['XINFO', 'GROUPS', w.key()];
    default:
      return ['XINFO', 'CONSUMERS', ...w.group()];
  }
}

function changeKey(w: Words): Call {
  switch (w.one(['del', 'set', 'rename', 'copy', 'copy', 'move', 'expire', 'select', 'flush'])) {
    case 'del':
      return ['DEL', w.key()];
    case 'set':
      return ['SET', w.key(), 'v'];
    case 'rename':
      return ['RENAME', w.key(), w.key()];
    case 'copy':
      return ['COPY', w.key(), w.key(), ...w.maybe('REPLACE')];
    case 'move':
      return ['MOVE', w.key(), w.one(['0', '1'])];
    case 'expire':
      return ['PEXPIREAT', w.key(), w.one(['1', '99999999999999'])];
    case 'select':
      return ['SELECT', w.one(['0', '0', '0', '1'])];
    default:
      // Redis: without a word more it makes its caller wait, and others go first.
      return ['FLUSHDB', 'ASYNC'];
  }
}

function wait(w: Words): Call {
  if (w.one(['group', 'group', 'group', 'alone']) === 'alone') {
    return ['XREAD', 'BLOCK', '0', 'STREAMS', 's', 't', w.one(['$', w.id()]), '$'];
  }
  const [key, group, name] = w.member();
  const options = [...w.maybe('COUNT', w.count()), ...w.maybe('NOACK')];
  const streams = w.one(['one', 'one', 'two']) === 'one' ? [key, '>'] : ['t', 's', '>', '>'];
  return ['XREADGROUP', 'GROUP', group, name, 'BLOCK', '0', ...options, 'STREAMS', ...streams];
}

const KINDS = [
  ...[changeStream, changeStream, changeStream, changeGroup, changeGroup],
  ...[read, read, claim, claim, look],
];

function draw(chance: Chance): Call[] {
  const w = new Words(chance);
  const change = (): Call => {
    if (chance.below(12) === 0) return changeKey(w);
    if (chance.below(8) === 0) return ['XACK', ...w.group(), ...w.ids()];
    return chance.one([...KINDS])(w);
  };
  const some = () => Array.from({ length: 1 + chance.below(4) }, change);
  switch (chance.below(8)) {
    case 0:
      return [['MULTI'], ...some().filter(([name]) => name !== 'SELECT'), wait(w), ['EXEC']];
    case 1:
      return [wait(w)];
    case 2:
      return [wait(w), ...some()];
    default:
      return some();
  }
}

const PROBE: Call[] = [
  ['DEBUG', 'DIGEST'],
  ...['s', 't'].map((key) => ['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0']),
];

/** A reply without moments, and without the times that have passed since. */
function told(reply: Reply, call: Call): string {
  const name = call.slice(0, 2).join(' ').toUpperCase();
  if (call[0] === 'EXEC') return reply.items.map((item) => masked(item, true)).join();
  return masked(reply, name.startsWith('XPENDING') || name === 'XINFO CONSUMERS');
}

function masked(reply: Reply, timed: boolean): string {
  const { items, text } = reply;
  if (/^[0-9]{13}$/.test(text)) return 'a moment';
  if (items.length === 0) return reply.raw;
  const flat = items.map((item) => masked(item, timed));
  // Those of XPENDING have the time in third place; those of XINFO CONSUMERS behind these words.
  if (timed && items.length === 4 && items[2].type === ':') flat[2] = 'a while';
  for (let i = 1; timed && i < items.length; i++) {
    if (/^(idle|inactive)$/.test(items[i - 1].text) && items[i].text !== '-1') flat[i] = 'a while';
  }
  return `[${flat.join()}]`;
}

const here = (await realRedis('8.0.2')) !== null;
if (!here) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!here)('beside real Redis 8.0.2', () => {
  test(`in ${STEPS} steps groups come to the same (seed ${SEED})`, async () => {
    await playParty(STEPS, SEED, draw, PROBE, told);
  });
});
