// Users in files: what ACL LOAD and a start make of them, beside real Redis where it can be had.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadUsersAtStart } from '../../server/acl-file.ts';
import { Config, type ConfigOptions } from '../../server/config/config.ts';
import { diskHost, loadConfig, StartError } from '../../server/config/config-file.ts';
import { startServer } from '../../server/index.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const GOOD = {
  'nothing at all': '',
  'blank lines, and blanks around': '\n  user ada on nopass   ~* +@all \r\n\n\tuser bob\n',
  'a default user of its own': 'user default on >secret ~k* +get +acl +auth\n',
  selectors: 'user ada on (+get ~a* ) ( %R~b*  +@read ) (&c)\nuser bob (+set ~x) clearselectors\n',
  'rules of every kind':
    'user ada on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b >x <x ' +
    '~a %W~b %R~b &c +@all -@dangerous +config|get +select|0 skip-sanitize-payload\n',
};

const BAD = {
  'a line that is no user': 'user ada on\nadmin bob\nuser\n',
  'a comment': '# users\nuser ada\n',
  'the same user twice': 'user ada on\nuser bob\nuser ada off\nuser default\nuser default\n',
  'commands that nobody knows': 'user ada +nosuch -@what +get|\n',
  'more than one mistake': 'user ada foo bar ~* ~x +nosuch\nuser bob (&* &x)\n',
  'a name with a tab in it': 'user a\tb on\nuser c on\n',
  'a password that was never there': 'user ada <x #12\n',
};

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** FILES OF USERS NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('a file of users, beside real Redis', () => {
  let real: RealServer;
  let server: Server;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'respite-acl-'));
    writeFileSync(join(folder, 'users.acl'), '');
    writeFileSync(join(folder, 'real.acl'), '');
    const path = join(folder, 'real.acl');
    real = (await startReal('8.0.2', ['--aclfile', path]))!;
    const config = new Config();
    config.options({ aclfile: join(folder, 'users.acl') });
    server = new Server(config, {});
    loadUsersAtStart(server);
  });

  afterAll(async () => {
    server.close();
    await real.stop();
    rmSync(folder, { recursive: true });
  });

  async function load(text: string): Promise<{ ours: string; real: string }> {
    const wires: Record<'ours' | 'real', Wire> = {
      ours: inProcess(server),
      real: await overSocket({ path: real.socket }),
    };
    for (const wire of Object.values(wires)) await wire.ask('AUTH', 'default', 'secret');
    const told = { ours: '', real: '' };
    for (const who of ['ours', 'real'] as const) {
      writeFileSync(join(folder, who === 'ours' ? 'users.acl' : 'real.acl'), text);
      const { text: answer } = await wires[who].ask('ACL', 'LOAD');
      told[who] = answer.replaceAll(/\S*\/(users|real)\.acl/g, 'FILE');
    }
    for (const who of ['ours', 'real'] as const) {
      const { items } = await wires[who].ask('ACL', 'LIST');
      told[who] += `\n${items.map((line) => line.text).join('\n')}`;
      wires[who].close();
    }
    return told;
  }

  for (const [what, text] of Object.entries({ ...GOOD, ...BAD })) {
    test(`ACL LOAD reads ${what}`, async () => {
      await load('user default on nopass ~* &* +@all\n');
      const told = await load(text);
      expect(told.ours).toBe(told.real);
      expect(told.ours.startsWith('OK')).toBe(what in GOOD);
      await load('user default on nopass ~* &* +@all\n');
    });
  }

  test('ACL SAVE writes what real Redis writes', async () => {
    await load(Object.values(GOOD)[3]);
    const path = { path: real.socket };
    for (const wire of [inProcess(server), await overSocket(path)]) {
      expect((await wire.ask('ACL', 'SETUSER', 'zoe', 'on', '>x', '(+@set ~s*)')).text).toBe('OK');
      expect((await wire.ask('ACL', 'SAVE')).text).toBe('OK');
      wire.close();
    }
    const [ours, theirs] = ['users.acl', 'real.acl'].map((name) =>
      readFileSync(join(folder, name), 'latin1'),
    );
    expect(ours).toBe(theirs);
    expect(ours).toContain('user zoe on sanitize-payload #');
  });

  for (const lines of [
    ['ada on nopass (+get ~x ) allkeys', 'bob >x +@all -get'],
    ['default on nopass ~k* +@all', 'ada'],
    ['ada on', 'ada off'],
    ['ada on foo'],
    ['ada foo'],
    ['ada +nosuch on'],
    ['ada on ~* ~x'],
  ]) {
    test(`a start takes the users of the configuration: ${lines.join(', ')}`, async () => {
      const options = lines.flatMap((line) => ['--user', ...line.split(' ')]);
      const started = await startReal('8.0.2', options).catch((problem) => String(problem));
      const ours = configured(lines);
      if (typeof started === 'string') {
        expect(ours).toContain(/(Error in user|Error loading ACL rule).*/.exec(started)![0]);
        return;
      }
      const wire = await overSocket({ path: started!.socket });
      const { items } = await wire.ask('ACL', 'LIST');
      wire.close();
      await started!.stop();
      expect(ours).toEqual(items.map((line) => line.text.slice('user '.length)));
    });
  }
});

describe('a start with users', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'respite-acl-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('fails, and tells why, if their file cannot be read', async () => {
    let log = '';
    const aclfile = join(folder, 'none.acl');
    const started = startServer({ aclfile, log: (line) => (log += line) });
    await expect(started).rejects.toThrow(/No such file or directory/);
    expect(log).toContain(`Error loading ACLs, opening file '${aclfile}': No such file`);
  });

  test('takes those of the file, which ACL SAVE writes', async () => {
    const aclfile = join(folder, 'users.acl');
    writeFileSync(aclfile, 'user ada on nopass +@all ~a*\n');
    await using server = await startServer({ aclfile });
    const wire = await overSocket({ host: server.host, port: server.port });
    await wire.ask('AUTH', 'ada', 'any');
    expect((await wire.ask('SET', 'b', 'x')).text).toMatch(/^NOPERM/);
    expect((await wire.ask('ACL', 'SETUSER', 'ada', '~b*')).text).toBe('OK');
    expect((await wire.ask('ACL', 'SAVE')).text).toBe('OK');
    wire.close();
    expect(readFileSync(aclfile, 'latin1')).toBe(
      'user ada on nopass sanitize-payload ~a* ~b* resetchannels +@all\n' +
        'user default on nopass sanitize-payload ~* &* +@all\n',
    );
  });

  test('fails if there are some in the configuration too', () => {
    expect(configured(['ada on'], { aclfile: join(folder, 'users.acl') })).toContain(
      'please define either an ACL file or declare users directly in your redis.conf',
    );
  });

  test('is told that a file which cannot be written was not saved', async () => {
    const aclfile = join(folder, 'users.acl');
    writeFileSync(aclfile, '');
    await using server = await startServer({ aclfile });
    rmSync(folder, { recursive: true });
    const wire = await overSocket({ host: server.host, port: server.port });
    expect((await wire.ask('ACL', 'SAVE')).text).toMatch(/^ERR There was an error trying to save/);
    wire.close();
    mkdirSync(folder);
  });
});

test('a rule for one first argument, wherever it stands, is warned of', async () => {
  const log: string[] = [];
  const config = new Config();
  const server = new Server(config, { log: (line) => log.push(line) });
  const wire = inProcess(server);
  await wire.ask('ACL', 'SETUSER', 'a', '+get|x', '+config|get', '-get', '(~k +SELECT|1 +set)');
  await wire.ask('ACL', 'SETUSER', 'a', '+get|y', '+nosuch|x');
  server.close();
  const warned = log.filter((line) => line.includes('first arg'));
  // In the words of 8.0.2.
  const told =
    /Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get disabled in the future \(offender: (\S+)\)/;
  expect(warned.map((line) => told.exec(line)?.[1])).toEqual(['+get|x', '+SELECT|1', '+get|y']);
});

/** The users that configuration lines make; or what is wrong with them. */
function configured(lines: readonly string[], options: ConfigOptions = {}): string[] | string {
  const config = new Config(diskHost());
  config.options(options);
  let log = '';
  try {
    const directives = lines.map((line) => `user ${line}`).join('\n');
    loadConfig(config, { file: '', stdin: '', directives });
    const server = new Server(config, { log: (line) => (log += line) });
    try {
      loadUsersAtStart(server);
      return server.acl.lines;
    } finally {
      server.close();
    }
  } catch (problem) {
    return problem instanceof StartError ? problem.stderr : log;
  }
}
