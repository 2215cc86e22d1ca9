// What the machine and this process say of themselves: memory, CPU time, names.
//
// USED MEMORY
//
// Redis asks its allocator how much it has handed out. The nearest thing that V8 knows is the
// live heap and what hangs on it outside (buffers, mostly), garbage that was not collected yet
// included. It belongs to the whole process: to the program around an embedded server, and
// to all servers in it.

import { machine, release, totalmem, type } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type ProcessMemory = {
  /** What Redis calls used_memory: the heap in use and the memory outside that it owns. */
  readonly used: number;
  /** What the heap has reserved for it. */
  readonly active: number;
  /** What the operating system has given to the process. */
  readonly resident: number;
  /** The part of `used` that lies outside of the heap. */
  readonly external: number;
};

export function processMemory(): ProcessMemory {
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, active: heapTotal + external, resident: rss, external };
}

/** Bytes of physical memory. */
export function totalMemory(): number {
  return totalmem();
}

/** As `uname -srm` prints it. */
export function systemName(): string {
  return `${type()} ${release()} ${machine()}`;
}

/** Whether pointers have 64 bits or 32. */
export function wordBits(): number {
  return /64|s390x/.test(process.arch) ? 64 : 32;
}

/** What libuv waits with for sockets here. */
export function pollingApi(): string {
  switch (process.platform) {
    case 'linux':
    case 'android':
      return 'epoll';
    case 'win32':
      return 'iocp';
    case 'aix':
      return 'pollset';
    case 'sunos':
      return 'evport';
    default:
      return 'kqueue';
  }
}

export type CpuMicros = { readonly user: number; readonly system: number };

/** CPU time that the process has used. */
export function cpuMicros(): CpuMicros {
  return process.cpuUsage();
}

/** CPU time of the thread that runs commands; the whole process's where Node cannot tell. */
export function threadCpuMicros(): CpuMicros {
  const node = process as { threadCpuUsage?: () => CpuMicros };
  return node.threadCpuUsage?.() ?? process.cpuUsage();
}

/** Collects garbage at once. */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) return gc();
  setFlagsFromString('--expose-gc'); // For contexts that are made from now on.
  (runInNewContext('gc') as () => void)();
}

const NUDGE = 128 * 1024 * 1024;

/**
 * Has the collector look soon. It does so by itself when much is allocated, so a process that has
 * dropped hundreds of megabytes of buffers, and does little since, keeps them. Room that is asked
 * for counts with it, although nothing is ever written there, so the system gives none.
 */
export function hurryCollector(): void {
  new ArrayBuffer(NUDGE);
}
