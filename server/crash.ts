// How the process of the command line ends when it has to: with a report in the log, and then as
// the operating system has it, so that whoever looks after the process sees what it was.
//
// An exception that nobody caught is one way, SIGABRT from outside another, and DEBUG can try the
// rest. Unlike Redis: bad memory (SIGSEGV, SIGBUS, SIGILL, SIGFPE) ends the process without a
// report, and a signal is heard when the command under way has ended, if that is not DEBUG SLEEP:
// JavaScript runs neither in the middle of C++ nor of itself.

import type { CrashTest } from './debug-switches.ts';
import { REDIS_VERSION } from '../protocol/version.ts';
import { reportCrash } from './crash-report.ts';
import type { Server } from './server.ts';

const SIGABRT = 6;
const SIGSEGV = 11;

/** Has the process report how it ends. To be called once, for the server that is the process. */
export function endWithReport(server: Server): void {
  const bySignal = (number: number) => `Redis ${REDIS_VERSION} crashed by signal: ${number}`;
  process.on('uncaughtException', (problem) => {
    const what = `Redis ${REDIS_VERSION} crashed by an exception: ${problem.message}`;
    reportCrash(server, { lines: [what], stack: problem.stack ?? '' });
    stop(server);
  });
  process.on('SIGABRT', () => {
    reportCrash(server, { lines: [bySignal(SIGABRT)], stack: '' });
    process.abort();
  });
  // Redis: it only tells where the process is. Here that is always between two commands, or asleep.
  process.on('SIGALRM', () => {
    const where = server.asleep === null ? 'between two commands' : 'asleep';
    server.log.warning(`Received SIGALRM, ${where}`);
  });
  process.on('SIGHUP', () => {}); // Redis: the terminal may go.
  server.crash = (how: CrashTest) => {
    const stack = new Error(`DEBUG ${how}`).stack ?? '';
    switch (how) {
      case 'segfault':
        reportCrash(server, { lines: [bySignal(SIGSEGV)], stack });
        return process.kill(process.pid, 'SIGSEGV');
      case 'assert':
        reportCrash(server, { lines: ['=== ASSERTION FAILED ===', '==> DEBUG ASSERT'], stack });
        return stop(server);
      case 'panic':
        reportCrash(server, {
          lines: ['!!! Software Failure.', 'Guru Meditation: called by DEBUG PANIC'],
          stack,
        });
        return stop(server);
    }
  };
}

function stop(server: Server): void {
  if (server.config.values['use-exit-on-panic']) process.exit(1);
  process.abort();
}
