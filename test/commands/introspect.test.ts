// COMMAND's replies, byte for byte beside a real server's. Only the prose differs (and
// with it the lengths of those strings), so prose is blotted out on both sides.

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandTable } from '../../protocol/command-table.ts';
import { introspect } from '../../protocol/commands/introspect.ts';
import { usage } from '../../protocol/derive.ts';
import { ReplyError } from '../../protocol/errors.ts';
import { BufferPool, ReplyWriter } from '../../protocol/reply-writer.ts';
import type { Client } from '../../server/client.ts';
import { introspectCommands } from '../../server/commands/introspect.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

const commands = {
  all: new Map([...commandTable].map(([name, spec]) => [name, { spec }])),
  find: (word: string) => (word.includes('|') ? undefined : commands.all.get(word.toLowerCase())),
};

type Handlers = Readonly<Record<string, (c: Client) => void>>;

/** The bytes that answer a COMMAND line. */
function ours(line: string, resp3 = false): string {
  const argv = line.split(' ');
  const reply = new ReplyWriter(new BufferPool());
  reply.resp3 = resp3;
  const c = { argv, reply, server: { commands } } as unknown as Client;
  const name = argv.length > 1 ? `command|${argv[1].toLowerCase()}` : 'command';
  try {
    (introspectCommands as Handlers)[name](c);
  } catch (problem) {
    if (!(problem instanceof ReplyError)) throw problem;
    reply.error(problem.line);
  }
  return Buffer.concat(reply.take()).toString('latin1');
}

test('COMMAND GETKEYS refuses what has no keys, does not exist, or is too short', () => {
  const cases = [
    ['ping', 'The command has no key arguments'],
    ['config', 'The command has no key arguments'],
    ['nosuch a', 'Invalid command specified'],
    ['object nosuch k', 'Invalid command specified'],
    ['memory|usage k', 'Invalid command specified'],
    ['get', 'Invalid number of arguments specified for command'],
    ['get a b', 'Invalid number of arguments specified for command'],
  ];
  for (const [line, problem] of cases) {
    expect(ours(`command getkeys ${line}`)).toBe(`-ERR ${problem}\r\n`);
  }
});

test('COMMAND GETKEYS finds the keys of subcommands too', () => {
  expect(ours('command getkeys object encoding k')).toBe('*1\r\n$1\r\nk\r\n');
  expect(ours('command getkeys mset a 1 b 2')).toBe('*2\r\n$1\r\na\r\n$1\r\nb\r\n');
});

test('COMMAND LIST filters by pattern and category, without regard to case', () => {
  expect(ours('command list filterby pattern Client|i*')).toBe(
    '*2\r\n$9\r\nclient|id\r\n$11\r\nclient|info\r\n',
  );
  expect(ours('COMMAND LIST FILTERBY ACLCAT Transaction')).toContain('$5\r\nmulti\r\n');
  expect(ours('command list filterby aclcat @transaction')).toBe('*0\r\n');
  expect(ours('command list filterby module vectorset')).toBe('*0\r\n');
  for (const line of ['filterby', 'filterby bogus x', 'x', 'filterby pattern a b']) {
    expect(ours(`command list ${line}`)).toBe('-ERR syntax error\r\n');
  }
});

test('COMMAND COUNT counts what COMMAND describes, and COMMAND LIST names the rest as well', () => {
  const described = /^\*(\d+)/.exec(ours('command'))![1];
  expect(ours('command count')).toBe(`:${described}\r\n`);
  expect(ours('command list')).toMatch(new RegExp(`^\\*${commandTable.size}\r\n`));
});

test('COMMAND HELP begins as every HELP does, and mentions every subcommand', () => {
  const lines = ours('command help').split('\r\n');
  expect(lines[1]).toBe('+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:');
  for (const name of commandTable.get('command')!.subcommands.keys()) {
    expect(lines.some((line) => line.startsWith(`+${name.toUpperCase()}`))).toBe(true);
  }
});

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** COMMAND NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer | null = null;
  beforeAll(async () => {
    real = await startReal('8.0.2');
  });
  afterAll(() => real?.stop());

  // Containers name what we do not have yet, in an order of their own.
  const rows = [...commandTable.values()].filter((spec) => spec.subcommands.size === 0);

  for (const resp3 of [false, true]) {
    const lines = [
      ...rows.flatMap(({ name }) => [`command info ${name}`, `command docs ${name}`]),
      'command info GET nosuch client|nosuch client|help|x get|x Client|ID',
      'command docs GET nosuch client|nosuch',
      'command getkeys get a',
      'command getkeysandflags set a 1 get',
      'command getkeysandflags lcs a b',
      'command getkeys mset a 1 b',
      'command list filterby pattern append',
    ];
    test(`COMMAND answers alike in RESP${resp3 ? 3 : 2}`, async () => {
      const connection = await open(real!.socket);
      await connection.ask(resp3 ? 'hello 3' : 'hello 2');
      for (const line of lines) {
        expect(blotted(ours(line, resp3)), line).toEqual(blotted(await connection.ask(line)));
      }
      connection.socket.destroy();
    });
  }
});

test('blotting leaves names and numbers alone', () => {
  expect(blotted('*2\r\n$7\r\nsummary\r\n$3\r\nabc\r\n:1\r\n')).toEqual([
    '*2',
    '=summary',
    'PROSE',
    ':1',
  ]);
});

test('the comment above each handler is the usage that its grammar spells', () => {
  const source = readFileSync(
    new URL('../../server/commands/introspect.ts', import.meta.url),
    'utf8',
  );
  for (const spec of Object.values(introspect)) {
    expect(source).toContain(`/** ${usage(spec)} */\nfunction `);
  }
});

/** A reply as its lines, strings joined to their headers, and prose replaced by one word. */
function blotted(reply: string): string[] {
  const lines = reply.split('\r\n').slice(0, -1);
  const out: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (!/^\$\d/.test(lines[i])) out.push(lines[i]);
    else out.push(`=${lines[++i]}`);
  }
  return out.map((line, i) => {
    const before = out[i - 1] ?? '';
    if (/^=(summary|complexity|notes|replaced_by)$/.test(before)) return 'PROSE';
    // A history holds pairs: a version, then what changed.
    return /^=\d+\.\d+\.\d+$/.test(before) && out[i - 2] === '*2' ? 'PROSE' : line;
  });
}

type Connection = { socket: Socket; ask(line: string): Promise<string> };

function open(path: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve({ socket, ask }));
    socket.on('error', reject);
    let heard = '';
    let answer: (reply: string) => void = () => {};
    const end = '$3\r\nend\r\n';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (!heard.endsWith(end)) return;
      const reply = heard.slice(0, -end.length);
      heard = '';
      answer(reply);
    });
    function ask(line: string): Promise<string> {
      return new Promise((replied) => {
        answer = replied;
        socket.write(`${line}\r\necho end\r\n`);
      });
    }
  });
}
