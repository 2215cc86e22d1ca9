// Every fact in the table, beside what a real server says of its own commands. The
// prose is ours, so summaries, complexities and the texts of histories and notes are
// not compared; that there is one where there should be one is.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Arg, CommandSpec, KeyRun } from '../../protocol/command-spec.ts';
import * as is from '../../protocol/command-spec.ts';
import { commandTable, families } from '../../protocol/command-table.ts';
import {
  accessNames,
  aclCategories,
  flagNames,
  legacyRange,
  usage,
} from '../../protocol/derive.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** COMMAND TABLE NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

describe.skipIf(install === null)('the table beside real Redis 8.0.2', () => {
  let real: RealServer | null = null;
  const info = new Map<string, unknown[]>();
  const docs = new Map<string, Fields>();

  beforeAll(async () => {
    real = await startReal('8.0.2');
    const client = new Redis({ path: real!.socket });
    const rows = await client.call('COMMAND');
    const pages = await client.call('COMMAND', 'DOCS');
    client.disconnect();
    for (const row of rows as unknown[][]) {
      info.set(row[0] as string, row);
      for (const sub of row[9] as unknown[][]) info.set(sub[0] as string, sub);
    }
    for (const [name, page] of Object.entries(fields(pages))) {
      docs.set(name, fields(page));
      for (const [sub, subPage] of Object.entries(fields(fields(page)['subcommands'] ?? []))) {
        docs.set(sub, fields(subPage));
      }
    }
  });
  afterAll(() => real?.stop());

  for (const [name, spec] of commandTable) {
    test(`${name} has the real arity, flags, keys, categories and tips`, () => {
      const row = info.get(name);
      expect(row, 'no such command').toBeDefined();
      const [, arity, flags, first, last, step, categories, tips, keys] = row!;
      expect({ arity: spec.arity, flags: flagNames(spec), range: legacyRange(spec) }).toEqual({
        arity,
        flags,
        range: [first, last, step],
      });
      expect(aclCategories(spec).map((category) => `@${category}`)).toEqual(categories);
      expect(spec.tips).toEqual(tips);
      expect(spec.keys.map(describeRun)).toEqual((keys as unknown[]).map(describeReal));
    });

    test(`${name} has the real grammar and history`, () => {
      const page = docs.get(name)!;
      expect(spec.args.map(describeArg)).toEqual(list(page['arguments']).map(realArg));
      expect(describeDoc(spec)).toEqual(realDoc(page));
    });

    if (spec.container) {
      test(`${name} has no subcommand that the real one does not`, () => {
        const theirs = (info.get(name)![9] as unknown[][]).map((sub) => sub[0]);
        for (const sub of spec.subcommands.values()) expect(theirs).toContain(sub.name);
      });
    }
  }

  test('usage lines are those that redis-cli prints', async () => {
    for (const spec of commandTable.values()) {
      const words = spec.name.split('|');
      const args = ['-s', real!.socket, 'help', ...words];
      const { stdout } = await promisify(execFile)(install!.cli, args, { encoding: 'latin1' });
      const plain = stdout.replaceAll(/\x1b\[\d+m/g, '').trim();
      // redis-cli says "(null)" of a command that takes nothing.
      const line = plain.slice(0, plain.indexOf('\r')).replace(' (null)', '');
      expect(line).toBe(usage(spec));
    }
  });
});

test('a command stands in the table once', () => {
  const rows = Object.values(families).flatMap((family) => Object.keys(family));
  expect(new Set(rows).size).toBe(rows.length);
});

test('every row says what it does in a sentence of its own', () => {
  const seen = new Map<string, string>();
  for (const spec of commandTable.values()) {
    expect(spec.doc.summary, spec.name).toMatch(/^[A-Z].*\.$/);
    if (!spec.name.endsWith('|help')) expect(seen.get(spec.doc.summary)).toBeUndefined();
    seen.set(spec.doc.summary, spec.name);
  }
});

type Fields = Record<string, unknown>;

/** A RESP2 map: names and values in turn. */
function fields(flat: unknown): Fields {
  const of: Fields = {};
  const items = list(flat);
  for (let i = 0; i < items.length; i += 2) of[String(items[i])] = items[i + 1];
  return of;
}

function list(value: unknown): unknown[] {
  return (value ?? []) as unknown[];
}

function describeDoc({ doc, group }: CommandSpec): unknown {
  return {
    since: doc.since,
    group,
    history: (doc.history ?? []).map(([version]) => version),
    deprecated: doc.deprecated?.since,
    replaced: doc.deprecated !== undefined,
    flags: [...(doc.deprecated ? ['deprecated'] : []), ...(doc.syscmd ? ['syscmd'] : [])],
    hasCost: doc.cost !== '',
  };
}

function realDoc(page: Fields): unknown {
  return {
    since: page['since'],
    group: page['group'],
    history: list(page['history']).map((entry) => (entry as unknown[])[0]),
    deprecated: page['deprecated_since'],
    replaced: page['replaced_by'] !== undefined,
    flags: page['doc_flags'] ?? [],
    hasCost: page['complexity'] !== undefined,
  };
}

function describeRun(run: KeyRun): unknown {
  const search = [
    { type: 'index', spec: { index: run.at } },
    { type: 'keyword', spec: { keyword: run.keyword, startfrom: run.at } },
    { type: 'unknown', spec: {} },
  ];
  const find = [
    { type: 'range', spec: { lastkey: run.last, keystep: run.step, limit: run.limit } },
    { type: 'keynum', spec: { keynumidx: 0, firstkey: 1, keystep: run.step } },
    { type: 'unknown', spec: {} },
  ];
  return {
    noted: run.note !== '',
    flags: accessNames(run.access),
    begin: search[run.search],
    find: find[run.find],
  };
}

function describeReal(run: unknown): unknown {
  const part = (flat: unknown): unknown => {
    const of = fields(flat);
    return { type: of['type'], spec: fields(of['spec']) };
  };
  const of = fields(run);
  return {
    noted: of['notes'] !== undefined,
    flags: of['flags'],
    begin: part(of['begin_search']),
    find: part(of['find_keys']),
  };
}

function describeArg(arg: Arg): unknown {
  const nested = arg.type === 'oneof' || arg.type === 'block';
  const flags: string[] = [];
  if (arg.optional) flags.push('optional');
  if (arg.multiple) flags.push('multiple');
  if (arg.multipleToken) flags.push('multiple_token');
  return {
    name: arg.name,
    type: arg.type,
    display: nested ? undefined : arg.display || arg.name,
    keySpec: arg.keySpec < 0 ? undefined : arg.keySpec,
    token: arg.type === 'pure-token' ? arg.token : arg.token || undefined,
    since: arg.since || undefined,
    deprecated: arg.deprecatedSince || undefined,
    flags,
    of: arg.of.map(describeArg),
  };
}

function realArg(flat: unknown): unknown {
  const of = fields(flat);
  return {
    name: of['name'],
    type: of['type'],
    display: of['display_text'],
    keySpec: of['key_spec_index'],
    token: of['token'],
    since: of['since'],
    deprecated: of['deprecated_since'],
    flags: of['flags'] ?? [],
    of: list(of['arguments']).map(realArg),
  };
}

test('one range stands for the runs that follow each other, and no more', () => {
  const { RO, RW, keyAt, keyAfter, keysFrom, numkeysAt, CommandSpec: Spec } = is;
  const row = (...keys: KeyRun[]): CommandSpec =>
    new Spec(-2, 0, keys, [], { since: '1.0.0', cost: '', summary: '' });
  const cases: [CommandSpec, [number, number, number], boolean][] = [
    [row(), [0, 0, 0], false],
    [row(keyAt(2, RW)), [2, 2, 1], false],
    [row(keysFrom(1, RW, -1, 2)), [1, -1, 2], false],
    [row(keyAt(1, RW), keyAt(2, RO)), [1, 2, 1], false],
    [row(keyAt(2, RW), keysFrom(3, RO)), [2, -1, 1], false],
    [row(keyAt(1, RW), keyAt(3, RO)), [1, 1, 1], true],
    [row(keyAt(1, RW), keyAfter('STORE', 5, RO)), [1, 1, 1], true],
    [row(numkeysAt(2, RW)), [0, 0, 0], true],
  ];
  for (const [spec, range, movable] of cases) {
    expect([legacyRange(spec), (spec.flags & is.MOVABLE_KEYS) !== 0]).toEqual([range, movable]);
  }
});
