// What becomes of an append-only file when the disk fails, and what of a file that is not whole.

import { afterEach, describe, expect, test } from 'vitest';
import { AofOutput } from '../../persistence/aof-output.ts';
import { DIR, FOLDER, idle, type OnDisk, startOn } from './append-only-server.ts';
import { type Files, MemoryDisk } from './memory-disk.ts';

const open: OnDisk[] = [];
afterEach(() => {
  for (const { server } of open.splice(0)) server.close();
});

async function start(
  disk: MemoryDisk,
  options: Record<string, string> = {},
  log: string[] = [],
): Promise<OnDisk | null> {
  const started = await startOn(disk, options, log);
  if (started !== null) open.push(started);
  return started;
}

/** The values of all keys that a server begins with on these files; null if it refuses them. */
async function loaded(
  files: Files,
  options: Record<string, string> = {},
  log: string[] = [],
): Promise<Record<string, string> | null> {
  const started = await start(new MemoryDisk(files), options, log);
  return started === null ? null : contents(started);
}

async function contents({ wire }: OnDisk): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { text: key } of (await wire.ask('KEYS', '*')).items) {
    all[key] = (await wire.ask('DEBUG', 'DIGEST-VALUE', key)).items[0].text;
  }
  return all;
}

describe('every operation of the disk failing once', () => {
  const POLICIES = ['always', 'everysec'];
  const HOW = POLICIES.flatMap((policy) =>
    [false, true].map((tears) => ({ policy, tears, preamble: tears ? 'no' : 'yes' })),
  );

  /**
   * Writes keys, rewrites the file, and writes more. Returns what clients were told of each key:
   * its value, or several where a write was begun and nobody heard how it ended.
   */
  async function live(started: OnDisk): Promise<Map<string, Set<string>>> {
    const { server, wire } = started;
    const known = new Map<string, Set<string>>();
    for (let i = 0; i < 24; i++) {
      if (i === 8 || i === 16) {
        if (!started.dead) await wire.ask('BGREWRITEAOF').catch(() => {});
        if (i === 16) await idle(server);
      }
      if (started.dead) break;
      await server.clock.advance(700);
      const key = `k${i % 10}`;
      const value = `v${i}`;
      const before = known.get(key) ?? new Set(['']);
      known.set(key, new Set([...before, value]));
      const reply = await wire.ask('SET', key, value).catch(() => null);
      if (reply === null) break;
      known.set(key, reply.isError ? before : new Set([value]));
    }
    if (!started.dead) {
      await idle(server);
      server.appendOnly.finish();
    }
    return known;
  }

  async function values(files: Files): Promise<Map<string, string> | null> {
    const log: string[] = [];
    const started = await start(new MemoryDisk(files), {}, log);
    expect(started, log.join('')).not.toBeNull();
    const found = new Map<string, string>();
    for (let i = 0; i < 10; i++) {
      const { text } = await started!.wire.ask('GET', `k${i}`);
      found.set(`k${i}`, text);
    }
    return found;
  }

  test.each(HOW)(
    'nothing is lost that a client was told (%o)',
    async ({ policy, tears, preamble }) => {
      const options = { appendfsync: policy, 'aof-use-rdb-preamble': preamble };
      const whole = new MemoryDisk();
      await live((await start(whole, options))!);
      expect(whole.operations).toBeGreaterThan(60);
      for (let k = 1; k <= whole.operations; k++) {
        const disk = new MemoryDisk();
        disk.failsAt = k;
        disk.tearsWrites = tears;
        const started = await start(disk, options);
        if (started === null) {
          expect(await values(disk.afterKill), `refused at ${k}`).not.toBeNull();
          continue;
        }
        const known = await live(started);
        const views = policy === 'always' ? [disk.afterKill, disk.afterPowerCut] : [disk.afterKill];
        for (const view of views) {
          const found = (await values(view))!;
          for (const [key, possible] of known) {
            expect([...possible], `${key} when operation ${k} fails`).toContain(found.get(key));
          }
        }
        started.server.close();
      }
    },
  );

  test('while the disk stays full, changes are refused, and all goes on when there is room', async () => {
    const disk = new MemoryDisk();
    const { server, wire, log } = (await start(disk))!;
    disk.failsAt = disk.operations + 1;
    disk.forGood = true;
    expect((await wire.ask('SET', 'a', '1')).text).toBe('OK'); // Redis: it notices only now.
    expect((await wire.ask('SET', 'a', '2')).text).toBe(
      'MISCONF Errors writing to the AOF file: No space left on device',
    );
    expect((await wire.ask('PING')).text).toMatch(/^MISCONF/);
    expect((await wire.ask('GET', 'a')).text).toBe('1');
    expect((await wire.ask('INFO', 'persistence')).text).toContain('aof_last_write_status:err');
    disk.failsAt = 0;
    await server.clock.advance(200);
    expect((await wire.ask('SET', 'b', '3')).text).toBe('OK');
    expect(log.join('')).toContain('AOF write error looks solved, Redis can write again.');
    server.appendOnly.finish();
    expect(Object.keys((await loaded(disk.afterKill))!).sort()).toEqual(['a', 'b']);
  });

  test('with appendfsync always the server ends before anybody hears of what is not on disk', async () => {
    const disk = new MemoryDisk();
    const started = (await start(disk, { appendfsync: 'always' }))!;
    disk.failsAt = disk.operations + 2; // The sync.
    await expect(started.wire.ask('SET', 'a', '1')).rejects.toThrow('ended');
    expect(started.dead).toBe(true);
    expect(started.log.join('')).toContain("AOF fsync policy is 'always': I/o error. Exiting...");
  });
});

describe('files that are not whole', () => {
  type Step = { at: number; content: unknown; isCommand: boolean };

  /** A file, and after each of its commands: where it ends, and what is loaded up to there. */
  async function made(): Promise<{ file: Buffer; steps: Step[] }> {
    const out = new AofOutput();
    const steps: Step[] = [];
    const step = async (isCommand: boolean) => {
      const file = Buffer.from(out.buf.subarray(0, out.length));
      const content = await loaded(filesOf(file));
      steps.push({ at: out.length, content, isCommand });
    };
    steps.push({ at: 0, content: {}, isCommand: true });
    for (const line of LINES) {
      if (line === '#') out.timestamp(1_700_000_000);
      else for (const each of line.split('|')) out.command(each.split(' '));
      await step(line !== '#');
    }
    return { file: Buffer.from(out.buf.subarray(0, out.length)), steps };
  }

  const LINES = [
    'SELECT 0',
    'SET a 1',
    '#',
    'RPUSH list a bb ccc',
    'MULTI|SET a 2|INCR a|EXEC',
    'HSET hash field value',
    '#',
    'DEL list',
  ];

  function filesOf(increment: Buffer): Files {
    const manifest = 'file appendonly.aof.1.incr.aof seq 1 type i\n';
    return new Map([
      [`${FOLDER}/appendonly.aof.manifest`, Buffer.from(manifest)],
      [`${FOLDER}/appendonly.aof.1.incr.aof`, increment],
    ]);
  }

  test('cut at any byte, a file is cut back to its last whole command, or refused', async () => {
    const { file, steps } = await made();
    for (let length = 0; length < file.length; length++) {
      const step = steps.filter(({ at }) => at <= length).at(-1)!;
      const disk = new MemoryDisk(filesOf(file.subarray(0, length)));
      const log: string[] = [];
      const started = (await start(disk, {}, log))!;
      expect(started, `cut at ${length}: ${log.join('')}`).not.toBeNull();
      expect(await contents(started), `cut at ${length}`).toEqual(step.content);
      const left = disk.afterKill.get(`${FOLDER}/appendonly.aof.1.incr.aof`)!;
      // Redis: it is cut off behind a command, even if annotations follow that are whole.
      const command = steps.filter((each) => each.isCommand && each.at <= length).at(-1)!;
      expect(left.length, `cut at ${length}`).toBe(step.at === length ? length : command.at);
      // What is appended from then on is read again.
      await started.wire.ask('SET', 'later', 'x');
      started.server.appendOnly.finish();
      const again = await loaded(disk.afterKill);
      expect(Object.keys(again!), `cut at ${length}`).toContain('later');
      started.server.close();

      const strict = await loaded(filesOf(file.subarray(0, length)), {
        'aof-load-truncated': 'no',
      });
      expect(strict, `cut at ${length}`).toEqual(step.at === length ? step.content : null);
    }
  });

  test('whatever byte is another, a file loads or is refused with a reason', async () => {
    const { file } = await made();
    for (let at = 0; at < file.length; at++) {
      for (const bit of [1, 4, 32, 128]) {
        const bytes = Buffer.from(file);
        bytes[at] ^= bit;
        const log: string[] = [];
        const content = await loaded(filesOf(bytes), {}, log);
        if (content === null) expect(log.join(''), `byte ${at} bit ${bit}`).toMatch(REASON);
      }
    }
  });

  const REASON = /(Bad file format|Unknown command|Unexpected end of file) [\s\S]*append only file/;

  test('a base that is cut or changed is never loaded by half', async () => {
    const disk = new MemoryDisk();
    const { server, wire } = (await start(disk))!;
    for (const line of ['SET a 1', 'RPUSH l a b c', 'HSET h f v', 'ZADD z 1 a', 'SADD s x']) {
      await wire.ask(...line.split(' '));
    }
    await wire.ask('BGREWRITEAOF');
    await idle(server);
    server.appendOnly.finish();
    const files = disk.afterKill;
    const path = `${FOLDER}/appendonly.aof.2.base.rdb`;
    const base = files.get(path)!;
    for (let at = 0; at < base.length; at++) {
      const cut = new Map(files).set(path, base.subarray(0, at));
      if (at > 0) expect(await loaded(cut), `cut at ${at}`).toBeNull();
      const flipped = Buffer.from(base);
      flipped[at] ^= 0x40;
      const content = await loaded(new Map(files).set(path, flipped));
      expect(content, `byte ${at}`).toBeNull();
    }
  });

  test('a file from before Redis 7 is taken in', async () => {
    const out = new AofOutput();
    out.command(['SET', 'old', '1']);
    const disk = new MemoryDisk(
      new Map([[`${DIR}/appendonly.aof`, Buffer.from(out.buf.subarray(0, out.length))]]),
    );
    const { server, wire } = (await start(disk))!;
    expect((await wire.ask('GET', 'old')).text).toBe('1');
    server.appendOnly.finish();
    expect([...disk.afterKill.keys()].sort()).toEqual([
      `${FOLDER}/appendonly.aof`,
      `${FOLDER}/appendonly.aof.1.incr.aof`,
      `${FOLDER}/appendonly.aof.manifest`,
    ]);
  });
});
