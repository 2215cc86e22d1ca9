// A folder for what is downloaded, and a lock so that several test workers bring it once.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The project's root, whether this file runs from the source tree or from `dist/`. */
export const projectRoot = findRoot();

function findRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const root = resolve(here, '..', '..');
  return root.endsWith('/dist') ? dirname(root) : root;
}

/** Where downloads live: `$RESPITE_CACHE`, or `.cache` in the project. */
export function cacheFolder(...below: string[]): string {
  const base = process.env['RESPITE_CACHE'] ?? join(projectRoot, '.cache');
  return resolve(base, ...below);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A lock is a folder (making one is atomic) holding its owner's pid; a dead owner's is broken. */
function tryLock(path: string): boolean {
  const owner = join(path, 'pid');
  try {
    mkdirSync(path);
  } catch {
    try {
      const pid = Number(readFileSync(owner, 'utf8'));
      if (pid > 0 && !isAlive(pid)) rmSync(path, { recursive: true, force: true });
    } catch {
      // The owner is between making the folder and writing its pid, or has just left.
    }
    return false;
  }
  writeFileSync(owner, String(process.pid));
  return true;
}

/** Takes a lock if nobody has it: a function that gives it back, or null. */
export function takeLock(path: string): (() => void) | null {
  mkdirSync(dirname(path), { recursive: true });
  // The first attempt may be what breaks a dead owner's lock.
  if (!tryLock(path) && !tryLock(path)) return null;
  return () => rmSync(path, { recursive: true, force: true });
}

/** Runs `work` while no other process on this machine runs under the same lock. */
export async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  while (!tryLock(path)) await scheduler.wait(100);
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
