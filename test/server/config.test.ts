// What the configuration does by itself. That it does what Redis does is in
// config-oracle.test.ts and its neighbours.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReplyError } from '../../protocol/errors.ts';
import { splitWords } from '../../protocol/words.ts';
import { parseCommandLine } from '../../server/config/command-line.ts';
import { Config } from '../../server/config/config.ts';
import {
  diskHost,
  loadConfig,
  replaceFile,
  type StartError,
} from '../../server/config/config-file.ts';
import { quoted } from '../../protocol/words.ts';
import { Refused } from '../../server/config/kinds.ts';
import { allParameters, findParameter } from '../../server/config/parameters.ts';
import { rewriteConfig } from '../../server/config/rewrite.ts';

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ReplyError) return error.line;
    if (error instanceof Refused) return error.why;
    return String(error);
  }
  return 'nothing was thrown';
}

describe('the table of parameters', () => {
  test('has defaults that are spelled as they would be shown', () => {
    for (const { name, kind, initial } of allParameters) {
      if (name === 'dir' || name === 'replicaof') continue;
      const words = kind.manyWords && initial !== '' ? initial.split(' ') : [initial];
      expect(kind.text(words, kind.gathers ? '' : initial), name).toBe(initial);
    }
  });

  test('says why a parameter is without effect', () => {
    for (const { name, effect } of allParameters) {
      if (effect.is === 'stored') expect(effect.why, name).toMatch(/^[a-zN][^.]{10,}$/);
    }
  });

  test('has no alias that is a name', () => {
    for (const { name, alias } of allParameters) {
      if (alias !== '') expect(findParameter(alias)?.name, alias).toBe(name);
    }
  });
});

describe('values', () => {
  test('have the types that their parameters suggest', () => {
    const { values } = new Config();
    const port: number = values.port;
    const protectedMode: boolean = values['protected-mode'];
    const policy: 'noeviction' | 'allkeys-lru' | string = values['maxmemory-policy'];
    expect([port, protectedMode, policy]).toEqual([6379, true, 'noeviction']);
    expect(values.save[0]).toEqual({ seconds: 3600, changes: 1 });
    expect(values['client-output-buffer-limit'].pubsub.softSeconds).toBe(60);
    expect(values.bind).toEqual(['127.0.0.1', '-::1']);
    expect(values.replicaof).toBeUndefined();
    expect(values['latency-tracking-info-percentiles']).toEqual([50, 99, 99.9]);
  });

  test('follow CONFIG SET, in place', () => {
    const config = new Config();
    const { values } = config;
    config.set(['maxmemory-clients', '5%', 'shutdown-on-sigterm', 'now nosave', 'save', '5 6']);
    expect(values['maxmemory-clients']).toBe(-5);
    expect(values['shutdown-on-sigterm']).toEqual(['nosave', 'now']);
    expect(values.save).toEqual([{ seconds: 5, changes: 6 }]);
  });

  test('of two servers are their own', () => {
    const [one, other] = [new Config(), new Config()];
    one.set(['timeout', '7']);
    expect([one.values.timeout, other.values.timeout]).toEqual([7, 0]);
  });
});

describe('CONFIG SET', () => {
  test('tells the listeners of what changed, once all is set', () => {
    const config = new Config();
    const seen: unknown[] = [];
    config.onChange('timeout', (value) => void seen.push(['timeout', value, config.get('hz')]));
    config.onChange('hz', (value) => void seen.push(['hz', value]));
    config.onChange('maxclients', (value) => void seen.push(['maxclients', value]));
    config.set(['timeout', '5', 'hz', '20', 'maxclients', '10000']);
    const expected = [
      ['timeout', 5, '20'],
      ['hz', 20],
    ];
    expect(seen).toEqual(expected);
  });

  test('goes back to what was when a listener refuses, and says so to those who knew', () => {
    const config = new Config();
    const seen: number[] = [];
    config.onChange('timeout', (value) => void seen.push(value));
    config.onChange('hz', () => 'not today');
    config.onChange('maxclients', () => expect.unreachable());
    const set = () => config.set(['timeout', '5', 'HZ', '20', 'maxclients', '7']);
    expect(refusal(set)).toBe(
      "ERR CONFIG SET failed (possibly related to argument 'hz') - not today",
    );
    expect(seen).toEqual([5, 0]);
    expect(Object.fromEntries(config.match(['timeout', 'hz', 'maxclients']))).toEqual({
      timeout: '0',
      hz: '10',
      maxclients: '10000',
    });
    expect(config.values.timeout).toBe(0);
  });

  test('tells nobody when nothing changed, or when a later value is bad', () => {
    const config = new Config();
    config.onChange('timeout', () => expect.unreachable());
    config.set(['timeout', '0']);
    expect(refusal(() => config.set(['timeout', '5', 'hz', 'x']))).toMatch(/'hz'/);
  });

  test('can be taken back later', () => {
    const config = new Config();
    const seen: number[] = [];
    config.onChange('port', (port) => void seen.push(port));
    const takeBack = config.set(['port', '1', 'timeout', '2']);
    takeBack();
    expect([seen, config.get('port'), config.values.timeout]).toEqual([[1, 6379], '6379', 0]);
  });

  test('follow() brings the present value first, then the changes', () => {
    const config = new Config();
    const seen: number[] = [];
    config.follow('hz', (hz) => void seen.push(hz));
    config.set(['hz', '501']);
    expect(seen).toEqual([10, 500]);
  });

  test('keeps protected parameters from those it should', () => {
    const config = new Config();
    const dir = (local: boolean) =>
      refusal(() => config.set(['dir', '/'], { local, loading: false }));
    expect(dir(true)).toMatch(/can't set protected config$/);
    config.options({ 'enable-protected-configs': 'local' });
    expect(dir(false)).toMatch(/can't set protected config$/);
    expect(dir(true)).toBe('nothing was thrown');
    config.options({ 'enable-protected-configs': true });
    expect(dir(false)).toBe('nothing was thrown');
  });

  test('leaves the folder alone while data is loaded', () => {
    const config = new Config();
    config.options({ 'enable-protected-configs': 'yes' });
    expect(refusal(() => config.set(['dir', '/'], { local: true, loading: true }))).toBe(
      'LOADING Redis is loading the dataset in memory',
    );
  });
});

describe('the options of a program', () => {
  test('are Redis names with numbers, booleans and text', () => {
    const config = new Config();
    config.options({ port: 0, appendonly: true, rdbcompression: false, maxmemory: '2mb' });
    config.options({ save: '5 1 6 2', 'slave-priority': 3, bind: undefined });
    expect(config.get('save')).toBe('5 1 6 2');
    expect(config.get('appendonly')).toBe('yes');
    expect(config.values.maxmemory).toBe(2097152);
    expect(config.values['replica-priority']).toBe(3);
  });

  test('are refused by name', () => {
    const config = new Config();
    expect(refusal(() => config.options({ prot: 1 }))).toBe("Error: there is no option 'prot'");
    expect(refusal(() => config.options({ port: -1 }))).toBe(
      "Error: option 'port': argument must be between 0 and 65535 inclusive",
    );
    expect(refusal(() => config.options({ hz: true }))).toMatch(/option 'hz': argument couldn't/);
  });
});

describe('directives', () => {
  test('rename commands, also those that were renamed', () => {
    const config = new Config({ isCommand: (name) => ['get', 'set'].includes(name) });
    const rename = (from: string, to: string) => config.load(['rename-command', from, to]);
    rename('GET', 'Other');
    rename('other', 'get');
    rename('set', 'other');
    expect(Object.fromEntries(config.renames)).toEqual({ get: 'get', set: 'other' });
    expect(refusal(() => rename('set', 'x'))).toBe('No such command in rename-command');
    expect(refusal(() => rename('get', 'other'))).toBe('Target command name already exists');
    rename('get', '');
    expect(refusal(() => rename('', 'x'))).toBe('No such command in rename-command');
  });

  test('keep users and modules for those who know about them', () => {
    const config = new Config();
    config.load(['user', 'zoe', 'on', '>x']);
    config.load(['loadmodule', 'a.so', '1']);
    expect([config.users, config.modules]).toEqual([[['zoe', 'on', '>x']], [['a.so', '1']]]);
    expect(refusal(() => config.load(['user', 'max', 'on', '?']))).toBe(
      "Error in user declaration 'max': Syntax error",
    );
  });
});

describe('on the disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'respite-config-')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const load = (text: string): Config => {
    const config = new Config({ ...diskHost(), folder });
    loadConfig(config, { file: '', stdin: text, directives: '' });
    return config;
  };

  test('dir moves by relative paths, and later includes with it', () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'a', 'b', 'x.conf'), 'timeout 7\ninclude y*.conf\n');
    writeFileSync(join(folder, 'a', 'b', 'y1.conf'), 'hz 11\nmaxclients 5');
    writeFileSync(join(folder, 'a', 'b', 'y2.conf'), 'hz 12');
    const config = load('dir a\ndir b\ninclude x.conf');
    expect(config.values.dir).toBe(join(folder, 'a', 'b'));
    expect([config.values.timeout, config.values.hz, config.values.maxclients]).toEqual([7, 12, 5]);
  });

  test('a wildcard may stand for folders', () => {
    for (const name of ['p', 'q']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'c.conf'), `save ${name.charCodeAt(0)} 1`);
    }
    expect(load(`include ${folder}/[pq]/c.conf`).get('save')).toBe('112 1 113 1');
  });

  // Unlike Redis, which crashes.
  test('files that include each other are refused', () => {
    writeFileSync(join(folder, 'a.conf'), 'include b.conf');
    writeFileSync(join(folder, 'b.conf'), '\ninclude a.conf');
    expect(refusal(() => load('include a.conf'))).toMatch(/files include each other/);
  });

  test('a refusal says what to print, and what to log', () => {
    const line = parseCommandLine(['--hz', 'x']);
    const config = new Config();
    try {
      loadConfig(config, { file: '', stdin: '', directives: line.directives });
      expect.unreachable();
    } catch (error) {
      expect((error as StartError).stderr).toBe(
        '\n*** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***\n' +
          'Reading the configuration file, at line 2\n>>> \'hz "x"\'\n' +
          "argument couldn't be parsed into an integer\n",
      );
    }
  });

  test('a file is replaced whole, and a failure leaves nothing behind', () => {
    const path = join(folder, 'redis.conf');
    replaceFile(path, 'one\xff\n', 'id');
    replaceFile(path, 'two\xe9\n', 'id');
    expect(readFileSync(path, 'latin1')).toBe('two\xe9\n');
    mkdirSync(join(folder, 'taken'));
    expect(() => replaceFile(join(folder, 'taken'), 'x', 'id')).toThrow();
    expect(readdirSync(folder).sort()).toEqual(['redis.conf', 'taken']);
  });
});

describe('CONFIG REWRITE', () => {
  const settable = allParameters.filter(({ name }) => !['dir', 'replicaof'].includes(name));
  const words = fc.constantFrom(
    ...['yes', 'no', '0', '1', '50', '1mb', '3%', 'always', 'now', 'a b', 'a"b\\', '5 6 7 8', 'KE'],
    ...['1 2 3', 'normal 1 2 3', 'q\n\x01\xff', '', 'hostname', 'debug', '770'],
  );
  const directive = fc.tuple(fc.constantFrom(...settable.map(({ name }) => name)), words);

  const loaded = (text: string): Config => {
    const config = new Config();
    loadConfig(config, { file: '', stdin: text, directives: '' });
    return config;
  };
  const everything = (config: Config) =>
    allParameters.map(({ name }) => `${name} ${config.get(name)}`);

  test('writes what is read back as the same configuration', () => {
    fc.assert(
      fc.property(fc.array(directive, { maxLength: 30 }), fc.string(), (lines, comment) => {
        const old: string[] = [`# ${comment.replace(/[^ -~]/g, '')}`];
        const config = new Config();
        for (const [name, word] of lines) {
          try {
            config.load([name, word]);
            if (name !== 'logfile') old.push(`${name} ${quoted(word)}`);
            else config.put('logfile', '');
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
          }
        }
        const text = rewriteConfig(`${old.join('\n')}\n`, config);
        expect(everything(loaded(text))).toEqual(everything(config));
        expect(text.split('\n')[0]).toBe(old[0].trimEnd());
        expect(everything(loaded(rewriteConfig('', config, { all: true })))).toEqual(
          everything(config),
        );
        // Once more, and it stays as it is, but for the blank line that Redis adds at the end.
        const again = rewriteConfig(text, config);
        expect(again.trimEnd()).toBe(text.trimEnd());
        expect(rewriteConfig(again, config)).toBe(again);
      }),
    );
  });

  test('quotes any bytes so that they are read back', () => {
    const byteString = fc.uint8Array().map((array) => Buffer.from(array).toString('latin1'));
    fc.assert(
      fc.property(byteString, (bytes) => {
        expect(quoted(bytes)).toMatch(/^[ -~]*$/);
        expect(splitWords(`x ${quoted(bytes)}`)).toEqual(['x', bytes]);
      }),
    );
  });
});
