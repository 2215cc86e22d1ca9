#!/usr/bin/env node
// The server by itself: `respite [file] [--parameter value ...] [-]`, as redis-server takes it, and
// a few options that it does not know (cli-options.ts).

import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { commandTable } from '../protocol/command-table.ts';
import { REDIS_VERSION } from '../protocol/version.ts';
import { loadUsersAtStart } from './acl-file.ts';
import { allowControlOfProgram } from './control.ts';
import { parseCommandLine } from './config/command-line.ts';
import { Config } from './config/config.ts';
import { type ConfigSources, diskHost, loadConfig, StartError } from './config/config-file.ts';
import { endWithReport } from './crash.ts';
import { realDisk } from './disk.ts';
import { Listeners } from './listeners.ts';
import { LoadError, Loading } from './loading.ts';
import { followOomScore } from './oom-score.ts';
import { ProgressBar } from './progress-bar.ts';
import { type OwnOptions, ownOptions } from './cli-options.ts';
import { ping } from './cli-ping.ts';
import { banner, USAGE } from './cli-texts.ts';
import { Server } from './server.ts';
import { nearAddress, urlOf } from './server-url.ts';
import { loadData } from './start.ts';
import { loadCommands } from './versions/load.ts';

const IN_BACKGROUND = 'RESPITE_IN_BACKGROUND'; // Set for a process that was detached already.
const DEFAULT_PID_FILE = '/var/run/redis.pid';
let bar: ProgressBar | null = null; // What the terminal shows of a file that is being loaded.
const { own, rest } = readOwnOptions();
const line = parseCommandLine(rest);
if (own.ping !== undefined) {
  process.exitCode = await ping(own.ping);
} else if (line.action === 'version') {
  process.stdout.write(
    `Redis server v=${REDIS_VERSION} sha=00000000:0 malloc=v8 bits=64 build=0\n`,
  );
} else if (line.action === 'help') {
  process.stderr.write(USAGE);
  process.exitCode = 1;
} else if (line.action !== 'run') {
  process.stderr.write(`respite does not test the machine that it runs on: ${process.argv[2]}\n`);
  process.exitCode = 1;
} else {
  await run();
}

function readOwnOptions(): { own: OwnOptions; rest: string[] } {
  try {
    return ownOptions(process.argv.slice(2));
  } catch (problem) {
    process.stderr.write(`respite: ${(problem as Error).message}\n`);
    process.exit(1);
  }
}

/** Reads the configuration, also once more when the server starts again. Throws StartError. */
function configure(sources: ConfigSources): Config {
  const config = new Config({
    ...diskHost(),
    isCommand: (name) => commandTable.has(name) && !name.includes('|'),
  });
  loadConfig(config, sources);
  return config;
}

async function run(): Promise<void> {
  const stdin = line.stdin ? readFileSync(0, 'latin1') : '';
  const file = line.file === '' ? '' : resolve(line.file);
  const sources: ConfigSources = { file, stdin, directives: line.directives };
  let config: Config;
  try {
    config = configure(sources);
  } catch (problem) {
    if (!(problem instanceof StartError)) throw problem;
    process.stderr.write(problem.stderr);
    for (const warning of problem.warnings) process.stdout.write(`# ${warning}\n`);
    process.exit(1);
  }
  if (config.values.daemonize && process.env[IN_BACKGROUND] === undefined) return detach();
  const write = logWriter(config);
  const server = new Server(config, {
    commands: await loadCommands(config.version),
    log: write,
    seed: own.seed,
    pid: process.pid,
    configFile: file,
    disk: realDisk,
    executable: process.argv[1],
  });
  endWithReport(server);
  followOomScore(server);
  endOnSignals(server);
  if (own.exitWithStdin) endWithStdin(server);
  server.log.notice('oO0OoO0OoO0Oo Respite is starting oO0OoO0OoO0Oo');
  if (config.values['always-show-logo'] || (write === toTerminal && process.stdout.isTTY)) {
    server.log.raw(banner(process.pid, config.values.port));
  }
  warnOfBacklog(server);
  await listen(server, () => configure(sources));
}

/** Says so where the system lets fewer connections wait than the configuration would. */
function warnOfBacklog(server: Server): void {
  const file = '/proc/sys/net/core/somaxconn';
  const wanted = server.config.values['tcp-backlog'];
  const most = existsSync(file) ? Number(readFileSync(file, 'latin1')) : 0;
  if (most <= 0 || most >= wanted) return;
  server.log.warning(
    `WARNING: The TCP backlog setting of ${wanted} cannot be enforced because ${file} is set ` +
      `to the lower value of ${most}.`,
  );
}

/** Starts over in the background, away from the terminal, and ends here. */
function detach(): void {
  spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, [IN_BACKGROUND]: '1' },
  }).unref();
}

async function listen(server: Server, again: () => Config): Promise<void> {
  const { values } = server.config;
  loadUsers(server);
  // Redis: a server in the background always has one.
  const pidFile = values.pidfile === '' && values.daemonize ? DEFAULT_PID_FILE : values.pidfile;
  const listeners = new Listeners(server);
  server.relisten = () => listeners.reopen();
  server.unlisten = () => void listeners.close();
  server.suspend = () => process.kill(process.pid, 'SIGSTOP');
  server.onFatal = () => process.exit(1);
  server.onShutdown = () => {
    if (pidFile !== '') {
      server.log.notice('Removing the pid file.');
      rmSync(onDisk(server, pidFile), { force: true });
    }
    if (values.unixsocket !== '') {
      server.log.notice('Removing the unix socket file.');
      rmSync(onDisk(server, values.unixsocket), { force: true });
    }
    server.log.warning('Redis is now ready to exit, bye bye...');
    process.exit(0);
  };
  // Whoever comes between the opening of two ports must not find the databases empty, and a signal
  // must not have them saved so.
  server.loading = new Loading(server.clock.ms, 0);
  try {
    await listeners.open(own.printUrl ? { tcp: true, tls: values['tls-cert-file'] !== '' } : {});
  } catch {
    process.exit(1); // The log has it.
  }
  server.config.put('port', String(server.port));
  server.config.put('tls-port', String(server.tlsPort));
  if (pidFile !== '') writePidFile(server, onDisk(server, pidFile));
  server.log.notice('Server initialized');
  if (process.stderr.isTTY) bar = new ProgressBar(server, process.stderr);
  server.loading = null; // Its own comes at once.
  const loaded = loadData(server).finally(() => {
    bar?.end();
    bar = null;
  });
  try {
    await loaded;
  } catch (problem) {
    if (!(problem instanceof LoadError)) throw problem;
    process.exit(1); // The log has it.
  }
  server.following.start();
  await allowControlOfProgram({ server, listeners, listens: true, configure: again });
  if (values.port !== 0) server.log.notice('Ready to accept connections tcp');
  if (values.unixsocket !== '') server.log.notice('Ready to accept connections unix');
  if (values['tls-port'] !== 0) server.log.notice('Ready to accept connections tls');
  if (own.printUrl) process.stdout.write(`${urlOf(server, nearAddress(values.bind))}\n`);
}

function loadUsers(server: Server): void {
  try {
    loadUsersAtStart(server);
  } catch (problem) {
    if (!(problem instanceof LoadError)) throw problem;
    process.exit(1); // The log has it.
  }
}

function endOnSignals(server: Server): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => end(server, signal));
  }
}

function endWithStdin(server: Server): void {
  process.stdin.on('end', () => end(server, 'SIGTERM'));
  process.stdin.on('error', () => end(server, 'SIGTERM'));
  process.stdin.resume();
}

function end(server: Server, signal: 'SIGINT' | 'SIGTERM'): void {
  server.clock.resume(); // What ends it takes time, which may have been stopped.
  server.signalled.ask(signal, (code) => process.exit(code));
}

function writePidFile(server: Server, path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (problem) {
    server.log.warning(`Failed to write PID file: ${(problem as Error).message}`);
  }
}

/** Where a path of the configuration leads, as the operating system spells it. */
function onDisk(server: Server, path: string): string {
  return resolve(toText(server.config.values.dir), toText(path));
}

function toText(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}

function toTerminal(text: string): void {
  bar?.clear();
  (own.printUrl ? process.stderr : process.stdout).write(text, 'latin1');
}

function logWriter(config: Config): (text: string) => void {
  if (config.values.logfile === '') return toTerminal;
  const path = resolve(toText(config.values.dir), toText(config.values.logfile));
  // Appended to anew each time: others may write to the file, move or empty it.
  return (text) => appendFileSync(path, text, 'latin1');
}
