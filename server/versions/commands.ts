// The commands of other versions: the rows and handlers of 8.0, less what had not come yet, with
// what was otherwise.
//
// What a row says of its history makes most of it: commands, arguments and notes that are younger
// than the version are left out. The rest are the changes of change.ts, each with the versions that
// it is for. A table is made when somebody first asks for a version, and the hot path of 8.0 knows
// nothing of any of it: where a version differs, it has another handler in its table.

import { type Arg, CommandSpec, type Doc } from '../../protocol/command-spec.ts';
import { CommandTable, everyCommand, type Handler } from '../command-table.ts';
import type { Change } from './change.ts';
import { changes } from './changes.ts';
import { valkeyRows } from './valkey-commands.ts';
import { type Version, versionOf, type VersionName } from './version.ts';

type Row = { spec: CommandSpec; run: Handler };

const tables = new Map<Version, ReadonlyMap<string, Row>>();

/** The commands that a server of this version knows: a table of its own. */
export function commandsOf(name: VersionName): CommandTable {
  const version = versionOf(name);
  if (version.isCurrent) return new CommandTable();
  let rows = tables.get(version);
  if (rows === undefined) tables.set(version, (rows = rowsOf(version)));
  return new CommandTable(rows.values());
}

function rowsOf(version: Version): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const row of everyCommand()) {
    if (version.has(row.spec.doc.since)) rows.set(row.spec.name, row);
  }
  for (const { when, row } of valkeyRows) if (when(version)) rows.set(row.spec.name, row);
  const wanted = changesFor(version);
  for (const [name, row] of rows) rows.set(name, changed(row, wanted.get(name) ?? [], version));
  for (const [name, { spec }] of rows) {
    const bar = name.indexOf('|');
    if (bar < 0) continue;
    spec.parent = rows.get(name.slice(0, bar))!.spec;
    spec.parent.subcommands.set(name.slice(bar + 1), spec);
  }
  return rows;
}

function changesFor(version: Version): Map<string, Change[]> {
  const found = new Map<string, Change[]>();
  for (const change of changes) {
    if (!change.when(version)) continue;
    for (const name of change.of.split(' ')) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [change]);
      else list.push(change);
    }
  }
  return found;
}

/** A row as it was, and what carries it out. The one that is given stays as it is. */
function changed({ spec, run }: Row, list: readonly Change[], version: Version): Row {
  let { arity, flags, keys, args, doc } = spec;
  args = args.flatMap((arg) => argumentOf(arg, version));
  doc = docOf(doc, version);
  for (const change of list) {
    arity = change.arity ?? arity;
    flags = (flags | (change.adds ?? 0)) & ~(change.takes ?? 0);
    keys = change.keys ?? keys;
    args = [...args, ...(change.args ?? [])];
    doc = { ...doc, ...change.doc };
    if (change.run !== undefined) run = change.run(run);
  }
  const copy = new CommandSpec(arity, flags, keys, args, doc);
  copy.name = spec.name;
  copy.group = spec.group;
  copy.container = spec.container;
  return { spec: copy, run };
}

/** An argument, or nothing if it is younger than the version. */
function argumentOf(arg: Arg, version: Version): Arg[] {
  if (arg.since !== '' && !version.has(arg.since)) return [];
  if (arg.of.length === 0) return [arg];
  const copy = Object.create(Object.getPrototypeOf(arg) as object) as Arg;
  const of = arg.of.flatMap((each) => argumentOf(each, version));
  return [Object.assign(copy, arg, { of })];
}

function docOf(doc: Doc, version: Version): Doc {
  const { deprecated, history, ...rest } = doc;
  const past = history?.filter(([since]) => version.has(since)) ?? [];
  const isOld = deprecated !== undefined && version.has(deprecated.since);
  return {
    ...rest,
    ...(past.length > 0 ? { history: past } : {}),
    ...(isOld ? { deprecated } : {}),
  };
}
