// Configuration files: redis.conf and what it includes, standard input, the command line's rest.
//
// All of them are one text to Redis: the file, what came on standard input, and the options
// of the command line as lines of their own, in this order; the last word on a parameter counts.
// This is the only file of the configuration that touches the disk.

import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { posix } from 'node:path';
import { fromText, toBuffer } from '../../protocol/byte-string.ts';
import { globMatch } from '../../protocol/glob.ts';
import { splitWords } from '../../protocol/words.ts';
import type { Config, ConfigHost } from './config.ts';
import { Refused } from './kinds.ts';

const DEEPEST_INCLUDE = 100;

/** Why a server cannot start: what to print on stderr, or to log as warnings; then exit with 1. */
export class StartError {
  readonly stderr: string;
  readonly warnings: readonly string[];

  constructor(stderr: string, warnings: readonly string[] = []) {
    this.stderr = stderr;
    this.warnings = warnings;
  }

  toString(): string {
    return this.stderr.trim() || this.warnings.join('\n');
  }
}

export type ConfigSources = {
  /** The absolute path of the file, or '' for none. */
  readonly file: string;
  /** What was read from standard input. */
  readonly stdin: string;
  /** The command line's options, as lines. */
  readonly directives: string;
};

/** Loads everything a command line names, and looks whether it fits together. Throws StartError. */
export function loadConfig(config: Config, sources: ConfigSources): void {
  const file = sources.file === '' ? '' : readConfigFile(sources.file, sources.file);
  config.file = sources.file;
  loadText(config, `${file}${sources.stdin}\n${sources.directives}`, 0);
  if (config.unresolved.length > 0) {
    throw new StartError('', [
      'Unresolved Configuration(s) Detected:',
      ...config.unresolved.map((directive) => `>>> '${directive}'`),
      'Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting',
    ]);
  }
}

function loadText(config: Config, text: string, depth: number): void {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (line === '' || line[0] === '#') continue;
    try {
      const words = splitWords(line);
      if (words === undefined) throw new Refused('Unbalanced quotes in configuration line');
      if (words.length === 2 && words[0].toLowerCase() === 'include') {
        if (depth === DEEPEST_INCLUDE) throw new Refused('files include each other');
        for (const path of matching(words[1], config.values.dir)) {
          loadText(config, readConfigFile(posix.resolve(config.values.dir, path), path), depth + 1);
        }
      } else if (words.length > 0) {
        config.load(words);
      }
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      const where = `Reading the configuration file, at line ${i + 1}\n>>> '${line}'\n`;
      throw fatal(where + problem.why);
    }
  }
  const { values } = config;
  const logProblem = values.logfile === '' ? '' : cannotAppend(values.logfile, values.dir);
  if (logProblem !== '') throw fatal(`Can't open the log file: ${logProblem}`);
  if (values['cluster-enabled'] && values.replicaof !== undefined) {
    throw fatal('replicaof directive not allowed in cluster mode');
  }
}

function fatal(about: string): StartError {
  return new StartError(`\n*** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***\n${about}\n`);
}

function readConfigFile(path: string, asNamed: string): string {
  try {
    return readFileSync(toBuffer(path)).latin1Slice();
  } catch (error) {
    // Redis: a folder can be opened, and has no lines.
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return '';
    const why = systemError(error);
    throw new StartError('', [`Fatal error, can't open config file '${asNamed}': ${why}`]);
  }
}

/** The files that a path names, which may have wildcards in any part; none is no error then. */
function matching(path: string, folder: string): string[] {
  if (!/[*?[]/.test(path)) return [path];
  let found = [path.startsWith('/') ? '/' : ''];
  for (const part of path.split('/').filter((name) => name !== '')) {
    found = found.flatMap((parent) => {
      if (!/[*?[]/.test(part)) return [posix.join(parent, part)];
      const pattern = part.replaceAll('[!', '[^');
      return filesIn(posix.resolve(folder, parent))
        .filter((name) => globMatch(pattern, name) && name.startsWith('.') === part.startsWith('.'))
        .map((name) => posix.join(parent, name));
    });
  }
  return found.filter((each) => exists(posix.resolve(folder, each)));
}

function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(toBuffer(folder), { encoding: 'buffer' });
    return names.map((name) => name.latin1Slice()).sort();
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return statSync(toBuffer(path), { throwIfNoEntry: false }) !== undefined;
}

function cannotAppend(file: string, folder: string): string {
  try {
    closeSync(openSync(toBuffer(posix.resolve(folder, file)), 'a'));
    return '';
  } catch (error) {
    return systemError(error);
  }
}

/** The disk that this process sees, from the folder it was started in. */
export function diskHost(): Pick<ConfigHost, 'folder' | 'enterFolder'> {
  return { folder: fromText(process.cwd()), enterFolder };
}

function enterFolder(path: string, from: string): string {
  try {
    if (path === '') throw { code: 'ENOENT' };
    const real = realpathSync(toBuffer(posix.resolve(from, path)), { encoding: 'buffer' });
    if (!statSync(real).isDirectory()) throw { code: 'ENOTDIR' };
    accessSync(real, constants.X_OK);
    return real.latin1Slice();
  } catch (error) {
    throw new Refused(systemError(error));
  }
}

/** The text of a file; a folder has none. Throws the system's error. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(toBuffer(path)).latin1Slice();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return '';
    throw error;
  }
}

/** The text of a configuration file, '' if there is none yet. Throws the system's error. */
export function readOldConfig(path: string): string {
  try {
    return readFileSync(toBuffer(path)).latin1Slice();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/**
 * Puts a new text in a file's place, so that at any moment there is either the old or the new one.
 * `unique` makes the temporary file's name its own. Throws the system's error.
 */
export function replaceFile(path: string, text: string, unique: string): void {
  const temporary = toBuffer(`${path}-${unique}.tmp`);
  try {
    const file = openSync(temporary, 'wx', 0o644);
    try {
      const bytes = toBuffer(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, toBuffer(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(toBuffer(posix.dirname(path)), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

const SYSTEM_ERRORS: Record<string, string> = {
  EACCES: 'Permission denied',
  EEXIST: 'File exists',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
};

/** What the C library says of an error of the operating system. */
export function systemError(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return SYSTEM_ERRORS[code ?? ''] ?? `${code ?? error}`;
}
