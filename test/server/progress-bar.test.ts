import { expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Loading } from '../../server/loading.ts';
import { ProgressBar, progressLine } from '../../server/progress-bar.ts';
import { Server } from '../../server/server.ts';

const MB = 2 ** 20;

test('a line has a bar, the part, the bytes and the time that is left', () => {
  const bar = `[${'#'.repeat(10)}${'.'.repeat(30)}]`;
  expect(progressLine(25 * MB, 100 * MB, 2000, 80)).toBe(`${bar}  25%  25.0 of 100.0 MB, 6 s left`);
  expect(progressLine(0, 4096 * MB, 100, 80)).toMatch(/^\[\.{40}\] {3}0% {2}0\.0 of 4\.0 GB$/);
  expect(progressLine(3 * MB, 3 * MB, 100, 80)).toContain('#] 100%  3.0 of 3.0 MB, 0 s left');
});

test('a line fits the terminal, however narrow', () => {
  for (let columns = 1; columns < 100; columns++) {
    expect(progressLine(25 * MB, 100 * MB, 2000, columns).length).toBeLessThan(columns + 1);
  }
});

test('the bar waits a little, makes room for the log, and goes away', async () => {
  const server = new Server(new Config(), { seed: 1 });
  server.clock.freeze();
  const written: string[] = [];
  const take = () => written.splice(0).join('');
  server.loading = new Loading(server.clock.ms, 10 * MB);
  server.loading.loadedBytes = 5 * MB;
  const bar = new ProgressBar(server, { columns: 80, write: (text) => written.push(text) });
  await server.clock.advance(299);
  expect(take()).toBe('');
  await server.clock.advance(1);
  expect(take()).toMatch(/^\r\x1b\[K\[#{20}\.{20}\] {2}50% {2}5\.0 of 10\.0 MB, \d+ s left$/);
  bar.clear();
  expect(take()).toBe('\r\x1b[K');
  bar.clear();
  expect(take()).toBe('');
  await server.clock.advance(100);
  expect(take()).toContain('50%');
  bar.end();
  expect(take()).toBe('\r\x1b[K');
  await server.clock.advance(1000);
  expect(take()).toBe('');
  server.close();
});
