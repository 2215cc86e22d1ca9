// The command line as a process: how it begins, how it ends, and what it says when it cannot.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli } from '../faults/kill-nine.ts';
import { overSocket, type Wire } from '../wire.ts';

class Program {
  out = '';
  err = '';
  /** Its exit code, or the signal that ended it; null as long as it runs. */
  end: number | string | null = null;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  private readonly waiting = new Set<() => void>();

  constructor(argv: readonly string[], nodeArgv: readonly string[] = []) {
    this.child = spawn(process.execPath, [...nodeArgv, cli, ...argv]);
    this.child.stdout!.on('data', (chunk: Buffer) => this.news(() => (this.out += chunk)));
    this.child.stderr!.on('data', (chunk: Buffer) => this.news(() => (this.err += chunk)));
    this.child.on('close', (code, signal) => this.news(() => (this.end = code ?? signal)));
    this.ended = once(this.child, 'close');
  }

  /** Resolves when it has said this; throws if it ends before. */
  async says(words: RegExp): Promise<void> {
    while (!words.test(this.out)) {
      if (this.end !== null) throw new Error(`ended with ${this.end}:\n${this.out}${this.err}`);
      await new Promise<void>((go) => this.waiting.add(go));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  private news(take: () => void): void {
    take();
    for (const go of this.waiting) go();
    this.waiting.clear();
  }
}

describe.skipIf(!existsSync(cli))('the command line', () => {
  let dir: string;
  const programs: Program[] = [];
  const wires: Wire[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'respite-cli-'));
  });
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.close();
    for (const program of programs.splice(0)) {
      if (program.end === null) program.signal('SIGKILL');
      await program.ended;
    }
    rmSync(dir, { recursive: true, force: true });
  });

  function run(argv: readonly string[], nodeArgv: readonly string[] = []): Program {
    const program = new Program(argv, nodeArgv);
    programs.push(program);
    return program;
  }

  /** A server on a Unix socket in the folder, and a connection to it. */
  async function serve(
    options: readonly string[] = [],
    nodeArgv: readonly string[] = [],
  ): Promise<{ program: Program; wire: Wire }> {
    const socket = join(dir, 'socket');
    const program = run(
      ['--port', '0', '--unixsocket', socket, '--dir', dir, ...options],
      nodeArgv,
    );
    await program.says(/Ready to accept connections unix/);
    const wire = await overSocket({ path: socket });
    wires.push(wire);
    return { program, wire };
  }

  const files = () => readdirSync(dir).filter((name) => name !== 'socket');
  const noSave = ['--save', ''];
  const save = ['--save', '3600', '1'];

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} saves where there are save points, and the next start has it`, async () => {
      const first = await serve([...save, '--pidfile', join(dir, 'pid')]);
      await first.wire.ask('SET', 'k', 'v');
      expect(readFileSync(join(dir, 'pid'), 'latin1')).toBe(`${first.program.child.pid}\n`);
      first.program.signal(signal);
      await first.program.ended;
      expect(first.program.end).toBe(0);
      expect(first.program.out).toMatch(/Received \w+ scheduling shutdown/);
      expect(first.program.out).toMatch(/Saving the final RDB snapshot before exiting/);
      expect(first.program.out).toMatch(/ready to exit, bye bye/);
      expect(files()).toEqual(['dump.rdb']);
      expect(existsSync(join(dir, 'socket'))).toBe(false);
      const second = await serve(save);
      expect((await second.wire.ask('GET', 'k')).text).toBe('v');
    });

    test(`${signal} saves nothing where there are none`, async () => {
      const { program, wire } = await serve(noSave);
      await wire.ask('SET', 'k', 'v');
      program.signal(signal);
      await program.ended;
      expect(program.end).toBe(0);
      expect(files()).toEqual([]);
    });
  }

  test('a second SIGINT ends the process at once, and the old file is whole', async () => {
    const { program, wire } = await serve([...save, '--rdb-key-save-delay', '0']);
    await wire.ask('SET', 'k', 'old');
    await wire.ask('SAVE');
    await wire.ask('MSET', 'k', 'new', 'k2', 'new', 'k3', 'new');
    await wire.ask('CONFIG', 'SET', 'rdb-key-save-delay', '100000000');
    const before = readFileSync(join(dir, 'dump.rdb'));
    program.signal('SIGINT');
    await program.says(/Saving the final RDB snapshot/);
    expect(program.end).toBe(null);
    program.signal('SIGINT');
    await program.ended;
    expect(program.end).toBe(1);
    expect(program.out).toMatch(/You insist\.\.\. exiting now\./);
    expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(before);
    expect(files()).toEqual(['dump.rdb']);
  });

  test('shutdown-on-sigterm says what SIGTERM does', async () => {
    const { program, wire } = await serve([...save, '--shutdown-on-sigterm', 'nosave']);
    await wire.ask('SET', 'k', 'v');
    program.signal('SIGTERM');
    await program.ended;
    expect([program.end, files()]).toEqual([0, []]);
  });

  test('who cannot save does not end, unless it is forced to', async () => {
    const { program, wire } = await serve(save);
    await wire.ask('SET', 'k', 'v');
    rmSync(dir, { recursive: true, force: true });
    program.signal('SIGTERM');
    await program.says(/Errors trying to shut down the server/);
    expect((await wire.ask('GET', 'k')).text).toBe('v');
    await wire.ask('CONFIG', 'SET', 'shutdown-on-sigterm', 'force');
    program.signal('SIGTERM');
    await program.ended;
    expect(program.end).toBe(0);
    expect(program.out).toMatch(/Error trying to save the DB. Exit anyway./);
  });

  test('a signal while the data set loads ends the process, and leaves the file alone', async () => {
    const first = await serve([...save, '--enable-debug-command', 'yes']);
    await first.wire.ask('DEBUG', 'POPULATE', '100');
    first.program.signal('SIGTERM');
    await first.program.ended;
    const before = readFileSync(join(dir, 'dump.rdb'));
    const program = run(['--port', '0', '--dir', dir, ...save, '--key-load-delay', '100000']);
    await program.says(/Respite is starting/);
    program.signal('SIGTERM');
    await program.ended;
    expect(program.end).toBe(0);
    expect(program.out).toMatch(/Received shutdown signal during loading, exiting now/);
    expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(before);
  });

  test('SIGHUP changes nothing: the terminal may go', async () => {
    const { program, wire } = await serve(noSave);
    program.signal('SIGHUP');
    program.signal('SIGALRM'); // Redis tells where it is, and goes on.
    await program.says(/Received SIGALRM/);
    expect((await wire.ask('PING')).text).toBe('PONG');
  });

  test('a configuration that makes no sense ends with 1, and says where', async () => {
    const file = join(dir, 'redis.conf');
    writeFileSync(file, 'port 0\nhz often\n');
    const program = run([file]);
    await program.ended;
    expect(program.end).toBe(1);
    expect(program.err).toMatch(/\*\*\* FATAL CONFIG FILE ERROR/);
    expect(program.err).toContain("at line 2\n>>> 'hz often'\n");
    writeFileSync(file, 'port 0\nnonsense yes\n');
    const unknown = run([file]);
    await unknown.ended;
    expect([unknown.end, unknown.out]).toEqual([1, expect.stringContaining("'nonsense yes'")]);
    const missing = run([join(dir, 'missing.conf')]);
    await missing.ended;
    expect(missing.end).toBe(1);
    expect(missing.out).toContain('missing.conf');
  });

  test('a file that is no RDB file ends with 1, and stays as it is', async () => {
    for (const bytes of ['nonsense', 'REDIS0012\xfe', 'REDIS9999']) {
      writeFileSync(join(dir, 'dump.rdb'), bytes, 'latin1');
      const program = run(['--port', '0', '--dir', dir]);
      await program.ended;
      expect(program.end, bytes).toBe(1);
      expect(program.out).toMatch(/#/);
      expect(readFileSync(join(dir, 'dump.rdb'), 'latin1')).toBe(bytes);
    }
  });

  test('a port that is taken ends with 1, and says so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const program = run(['--port', String(port), '--bind', '127.0.0.1', ...noSave]);
    await program.ended;
    other.close();
    expect(program.end).toBe(1);
    expect(program.out).toContain(`${port}`);
    expect(program.out).toMatch(/Address already in use|listen/i);
  });

  test.skipIf(!existsSync('/proc/sys/net/core/somaxconn'))(
    'a backlog that the system cuts short is warned of, and the usual one is not',
    async () => {
      const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
      const over = await serve(['--tcp-backlog', String(most + 1)]);
      expect(over.program.out).toContain(
        `# WARNING: The TCP backlog setting of ${most + 1} cannot be enforced because ` +
          `/proc/sys/net/core/somaxconn is set to the lower value of ${most}.`,
      );
      const { wire } = over;
      await wire.ask('SHUTDOWN', 'NOSAVE').catch(() => {});
      await over.program.ended;
      const equal = await serve(['--tcp-backlog', String(most)]);
      expect(equal.program.out).not.toContain('backlog');
    },
  );

  test('--version and --help say something and end', async () => {
    const version = run(['--version']);
    await version.ended;
    expect([version.end, version.out]).toEqual([0, expect.stringMatching(/^Redis server v=8/)]);
    const help = run(['--help']);
    await help.ended;
    expect([help.end, help.err]).toEqual([1, expect.stringMatching(/Usage/)]);
  });

  describe('when it crashes', () => {
    const START = /=== REDIS BUG REPORT START/;
    const END = /=== REDIS BUG REPORT END/;
    const debug = [...noSave, '--enable-debug-command', 'yes'];

    test('by a signal from outside, the log has a report', async () => {
      const { program, wire } = await serve([...save, '--enable-debug-command', 'yes']);
      await wire.ask('SET', 'k', 'v');
      program.signal('SIGABRT');
      await program.ended;
      expect(program.end).toBe('SIGABRT');
      expect(program.out).toMatch(/Redis 8\.0\.2 crashed by signal: 6/);
      for (const title of ['INFO', 'CLIENT LIST', 'CONFIG DEBUG']) {
        expect(program.out).toContain(`------ ${title} OUTPUT ------\n`);
      }
      expect(program.out).toContain('cmd=set');
      expect(program.out).toMatch(START);
      expect(program.out).toMatch(END);
      expect(files()).toEqual([]); // Nothing is saved of what may be damaged.
    });

    test('by what DEBUG can do, the report has the command and where it ran', async () => {
      for (const [how, end, words] of [
        ['segfault', 'SIGSEGV', 'crashed by signal: 11'],
        ['assert', 'SIGABRT', '=== ASSERTION FAILED ==='],
        ['panic', 'SIGABRT', 'Guru Meditation'],
      ]) {
        const { program, wire } = await serve(debug);
        wire.send(`DEBUG ${how}\r\n`);
        await program.ended;
        expect(program.end).toBe(end);
        expect(program.out).toContain(words);
        expect(program.out).toContain(`argc: 2\nargv[0]: "DEBUG"\nargv[1]: "${how}"\n`);
        expect(program.out).toMatch(/STACK TRACE ------\n.*\n +at /);
        expect(program.out).toMatch(END);
      }
    });

    test('it shows no arguments, says no more, or exits, if the configuration wants it', async () => {
      const { program, wire } = await serve([
        ...[...debug, '--use-exit-on-panic', 'yes'],
        ...['--hide-user-data-from-log', 'yes'],
      ]);
      wire.send('DEBUG PANIC secret\r\n');
      await program.ended;
      expect(program.end).toBe(1);
      expect(program.out).toContain('argv[1]: *redacted*\nargv[2]: *redacted*\n');
      expect(program.out).not.toContain('secret');
      const short = await serve([...debug, '--crash-log-enabled', 'no']);
      short.wire.send('DEBUG PANIC\r\n');
      await short.program.ended;
      expect(short.program.out).toMatch(END);
      expect(short.program.out).not.toContain('INFO OUTPUT');
    });

    test('by an exception that nobody caught, the report has where it was thrown', async () => {
      const bug = `process.on('SIGUSR2', function buggy() { throw new Error('a bug'); })`;
      const { program } = await serve(noSave, ['--import', `data:text/javascript,${bug}`]);
      program.signal('SIGUSR2');
      await program.ended;
      expect(program.end).toBe('SIGABRT');
      expect(program.out).toContain('crashed by an exception: a bug');
      expect(program.out).toContain('buggy');
      expect(program.out).toMatch(END);
    });
  });
});
