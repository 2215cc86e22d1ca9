// Configuration files and command lines, each given to a real 8.0.2 as well: what it prints
// when it refuses to start, and what CONFIG GET says when it does.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../server/config/command-line.ts';
import { Config } from '../../server/config/config.ts';
import { diskHost, loadConfig, StartError } from '../../server/config/config-file.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';

const install = await realRedis('8.0.2');
if (install === null) process.stderr.write(`\n*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'respite-config-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = new Set(['get', 'set', 'config']);

/** What we would say instead of starting; '' if nothing stands in the way. */
function ourRefusal(config: Config, args: string[], stdin: string): StartError | undefined {
  const line = parseCommandLine(args);
  try {
    loadConfig(config, {
      file: line.file === '' ? '' : resolve(folder, line.file),
      stdin: line.stdin ? stdin : '',
      directives: line.directives,
    });
    return undefined;
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
}

function ourConfig(): Config {
  return new Config({ ...diskHost(), folder, isCommand: (name) => COMMANDS.has(name) });
}

function realRefusal(args: string[], stdin: string): Promise<{ out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout: 5000, encoding: 'latin1' } as const;
    const child = execFile(install!.server, args, options, (_, out, err) => resolve({ out, err }));
    child.stdin!.on('error', () => {}); // It may end before it has read anything.
    child.stdin!.end(stdin);
  });
}

async function sameRefusal(args: string[], stdin = ''): Promise<void> {
  const ours = ourRefusal(ourConfig(), args, stdin);
  expect(ours, 'we would start').toBeDefined();
  const real = await realRefusal(args, stdin);
  const warnings = [...real.out.matchAll(/^\d+:[A-Z] .{24} # (.*)$/gm)].map((match) => match[1]);
  const started = warnings.filter((line) => !line.startsWith('WARNING'));
  expect([ours!.stderr, ours!.warnings]).toEqual([real.err, started]);
}

const BAD_LINES = [
  '--invalid',
  '--port',
  '--port 6379 6380',
  '--replicaof --127.0.0.1 abc',
  '--replicaof 127.0.0.1',
  '--replicaof x 65536',
  '--replicaof x 1 2',
  '--replicaof',
  '--user foo --user foo',
  '--user',
  '--nope 1 2',
  '--nope',
  '-x',
  'no-such-file.conf',
  '- --databases 0',
  '--databases 0 -',
  '--port x - --port 5',
  '--loglevel',
  '--loglevel x --port y',
  '--maxmemory x --port x',
  '--save 900',
  '--save --port x',
  '--SAVE --port x',
  "--save '' --port x",
  '--save --port x --save',
  '--sentinel --port x',
  "'--port x'",
  "'--port 1 --port x'",
  "'--port ' x",
  "--port '--port x'",
  '--port --loglevel debug',
  '--bind --port x --port y',
  "--bind '1 2' --port x",
  '--bind 1 2 --port x',
  '--masterauth --x --port y',
  '--masterauth -x --port y',
  "--maxmemory '1 gb'",
  '--unixsocketperm 999',
  '--unixsocketperm 1000',
  "--supervised ''",
  "--client-output-buffer-limit ''",
  '--client-output-buffer-limit normal 1 2',
  "--shutdown-on-sigterm ''",
  '--appendfilename a/b',
  "--appendfilename ''",
  '--appenddirname a/b',
  "--appenddirname ''",
  '--include no-such-file.conf',
  '--dir no-such-folder',
  '--logfile no-such-folder/log',
  '--cluster-enabled yes --replicaof a 1',
  '--rename-command nope x',
  '--rename-command get set',
  "--rename-command get '' --rename-command get x",
  '--rename-command get set2 --rename-command set set2',
  '--masterauth -',
  '--activedefrag yes',
  "--port '6379\"'",
  "--tls-port 'a b\\'",
  '--port \t --port 1',
];

/** As a shell would: words, some in quotes. */
function shell(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|[^ ]+/g)].map((match) => match[1] ?? match[0]);
}

const BAD_FILES = {
  'a bad word after comments': '# one\nport 1\n\n  port x  \nhz 1',
  'unbalanced quotes': 'port 1\n"unbal\nport 2',
  'a quote that goes on after its end': 'port "1"x',
  'escapes in quotes': 'port "a\\x41\\n\\q"',
  'single quotes': "port 'a\\'b'",
  'carriage returns and tabs': 'port 1\r\n\tport\tx\r\n',
  'a directive in capitals': 'PORT x',
  'sentinel directives': 'sentinel\nsentinel monitor x',
  'an unknown directive with a word': 'hz 5\nnope "a  b" c',
  'an unknown directive without': 'hz 5\nnope',
  'a module that no one loads': 'foo.bar 1',
  'deprecated directives': [
    'list-max-ziplist-entries 5\nlua-replicate-commands x',
    'io-threads-do-reads yes\nlist-max-ziplist-value x\nport x',
  ].join('\n'),
  'a deprecated directive with two words': 'list-max-ziplist-entries 5 6',
  'an include without a file': 'include',
  'an include with two': 'include a b',
  'an include that is not there': '# x\ninclude nowhere.conf',
  'an include with a mistake': 'hz 5\ninclude sub/bad.conf',
  'includes that match nothing': 'include sub/*.nope\nport x',
  'includes by pattern': 'include sub/b?d.conf\nport y',
  'an include below another folder': 'dir sub\ninclude bad.conf',
  'users twice': 'user a on\nuser b on\nuser a off',
  'a save point in two lines': 'save 900\nsave 1',
  'many words in one': 'oom-score-adj-values "1 2 x"',
  'a number with a unit in the wrong place': 'port 1kb',
  'nothing at all after a name': 'loglevel ',
  'no line end before the options': 'port 1',
};

describe.skipIf(install === null)('a start that real Redis 8.0.2 refuses', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'bad.conf'), 'timeout 1\n\nport q\n');
    writeFileSync(join(folder, 'sub', '.bid.conf'), 'port hidden\n');
  });

  for (const line of BAD_LINES) {
    test(`is refused in the same words: ${JSON.stringify(line)}`, () => sameRefusal(shell(line)));
  }

  for (const [what, text] of Object.entries(BAD_FILES)) {
    test(`is refused in the same words: a file with ${what}`, async () => {
      writeFileSync(join(folder, 'test.conf'), text);
      await sameRefusal(
        what.startsWith('no line end') ? ['test.conf', '--hz', 'x'] : ['test.conf'],
      );
    });
  }

  test('standard input follows the file, and the options follow both', async () => {
    writeFileSync(join(folder, 'test.conf'), 'hz 5\n');
    await sameRefusal(['test.conf', '-'], 'timeout 3\nport x');
    await sameRefusal(['test.conf', '-', '--hz', 'x'], 'timeout 3');
    await sameRefusal(['test.conf', '--hz', 'x', '-'], 'timeout 3\n');
    writeFileSync(join(folder, 'test.conf'), 'hz');
    await sameRefusal(['test.conf', '-'], ' 5\nport x');
  });
});

const GOOD_LINES = [
  '--save',
  "--save ''",
  '--save 5 1',
  "--save '5 1 6 2'",
  "--save 5 1 --save 6 2 --save ''",
  "--save '' --save 7 1",
  '--save --hz 7',
  '--hz 9999 --timeout 5 --TIMEOUT 6',
  "'--hz 17' --timeout 8",
  '--repl-backlog-size 1 --watchdog-period 5',
  "--client-output-buffer-limit normal 1mb 2mb 3 --client-output-buffer-limit 'replica 4 5 6'",
  "--latency-tracking-info-percentiles '' --bind-source-addr 127.0.0.1",
  '--latency-tracking-info-percentiles 5 0.123456789 --latency-tracking-info-percentiles 7 9',
  '--masterauth --secret --masteruser -u',
  "--masterauth 'a\"b\\c\n\x01\u00e9 d'",
  "--shutdown-on-sigterm nosave now --shutdown-on-sigint 'save force'",
  '--notify-keyspace-events KEA --maxmemory 1gb --maxmemory-clients 5%',
  '--maxmemory-policy allkeys-LFU',
  '--oom-score-adj-values 1 2 3 --proc-title-template --my',
  '--replicaof 127.0.0.1 1 --slaveof no one',
  '--list-max-ziplist-size 7 --slave-priority 9 --lua-time-limit 3',
  "--unixsocketperm '' --cluster-announce-hostname a.b",
  '--unixsocketperm 0770',
  '--dbfilename x --dir /',
];

const OF_THE_RUN = ['port', 'bind', 'unixsocket', 'dir'];

describe.skipIf(install === null)('a start that real Redis 8.0.2 accepts', () => {
  async function sameConfiguration(args: string[]): Promise<void> {
    const first = ['--save', '', '--enable-debug-command', 'yes'];
    const more = ['--enable-protected-configs', 'yes', '--enable-module-command', 'yes'];
    const real = (await startReal('8.0.2', args))!;
    try {
      const cli = ['-s', real.socket, '--json', 'CONFIG', 'GET', '*', '*'];
      const theirs = await new Promise<string>((resolve, reject) => {
        const take = (error: Error | null, out: string) => (error ? reject(error) : resolve(out));
        execFile(install!.cli, cli, { encoding: 'utf8' }, take);
      });
      const ours = ourConfig();
      const problem = ourRefusal(ours, [...first, ...more, ...args], '');
      expect(problem?.toString()).toBeUndefined();
      const text = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
      const all = [...ours.match(['*'])].map(([name, value]) => [name, text(value)]);
      const comparable = (all: Record<string, string>) => {
        for (const name of OF_THE_RUN) delete all[name];
        return Object.fromEntries(Object.entries(all).sort());
      };
      expect(comparable(Object.fromEntries(all))).toEqual(
        comparable(JSON.parse(theirs) as Record<string, string>),
      );
    } finally {
      await real.stop();
    }
  }

  for (const line of GOOD_LINES) {
    test(`has the same configuration: ${JSON.stringify(line)}`, async () => {
      await sameConfiguration(shell(line));
    });
  }
});
