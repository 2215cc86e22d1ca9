// The folder of an append-only file, and the manifest in it.
//
// What a manifest names must be there whenever the power fails, so the order is always the same:
// first the file, then the manifest that names it (written aside, brought to the disk, renamed),
// and only then is deleted what the manifest before it named.

import { type AofFile, AofManifest, ManifestError } from '../persistence/aof-manifest.ts';
import { type Disk, isMissing, reasonOf } from './disk.ts';
import { LoadError } from './loading.ts';
import type { Server } from './server.ts';

const FOLDER_MODE = 0o755;

export class AppendOnlyFolder {
  manifest = new AofManifest();
  readonly disk: Disk;
  private readonly server: Server;

  constructor(server: Server, disk: Disk) {
    this.server = server;
    this.disk = disk;
  }

  /** What the names of all files begin with. */
  get prefix(): string {
    return this.server.config.values.appendfilename;
  }

  /** The name of the increment that is written until the first base is complete. */
  get temporaryIncrement(): string {
    return `temp-${this.prefix}.incr`;
  }

  /** The path of a file in the folder. */
  path(name: string): string {
    return `${this.root(this.server.config.values.appenddirname)}/${name}`;
  }

  /** The path of a file in the server's own folder. */
  root(name: string): string {
    return `${this.server.config.values.dir}/${name}`;
  }

  /** Makes the folder unless it is there; says in the log why not, and returns false. */
  make(): boolean {
    const name = this.server.config.values.appenddirname;
    try {
      this.disk.makeFolder(this.root(name), FOLDER_MODE);
      return true;
    } catch (problem) {
      this.warn(`Can't open or create append-only dir ${name}: ${reasonOf(problem)}`);
      return false;
    }
  }

  /** Reads the manifest, if there is one. Throws a LoadError if it makes no sense. */
  readManifest(): void {
    this.manifest = new AofManifest();
    const name = `${this.prefix}.manifest`;
    const path = this.path(name);
    if (!this.disk.exists(path)) {
      this.server.log.debug(`The AOF manifest file ${name} doesn't exist`);
      return;
    }
    let text: string;
    try {
      text = this.readText(path);
    } catch (problem) {
      const why = reasonOf(problem);
      this.warn(`Fatal error: can't open the AOF manifest file ${path} for reading: ${why}`);
      throw new LoadError(why);
    }
    try {
      this.manifest = AofManifest.parse(text);
    } catch (problem) {
      if (!(problem instanceof ManifestError)) throw problem;
      this.warn('\n*** FATAL AOF MANIFEST FILE ERROR ***\n');
      if (problem.line !== null) {
        this.warn(`Reading the manifest file, at line ${problem.at}\n`);
        this.warn(`>>> '${problem.line}'\n`);
      }
      this.warn(`${problem.message}\n`);
      throw new LoadError(problem.message);
    }
  }

  /**
   * Writes a manifest, which is this folder's from then on. If that fails the log says why, and
   * the one before is what there is: false.
   */
  replaceManifest(manifest: AofManifest): boolean {
    const step = { doing: '', renamed: false };
    try {
      this.writeManifest(manifest, step);
    } catch (problem) {
      this.warn(`${step.doing}: ${reasonOf(problem)}`);
      // What has its name is in force, whether or not that will outlast a failing power.
      if (!step.renamed || this.restoreManifest()) return false;
    }
    this.manifest = manifest;
    return true;
  }

  private writeManifest(manifest: AofManifest, step: { doing: string; renamed: boolean }): void {
    const { disk } = this;
    const name = `${this.prefix}.manifest`;
    const temporary = `temp-${name}`;
    step.doing = `Can't open the AOF manifest file ${temporary}`;
    const file = disk.open(this.path(temporary), 'w');
    try {
      step.doing = `Error trying to write the temporary AOF manifest file ${temporary}`;
      disk.write(file, Buffer.from(manifest.print(), 'latin1'));
      step.doing = `Fail to fsync the temp AOF file ${temporary}`;
      disk.sync(file);
    } finally {
      disk.close(file);
    }
    step.doing = `Error trying to rename the temporary AOF manifest file ${temporary} into ${name}`;
    disk.rename(this.path(temporary), this.path(name));
    step.renamed = true;
    step.doing = `Fail to fsync AOF directory ${this.path(name)}`;
    disk.syncFolder(this.path('.'));
  }

  private restoreManifest(): boolean {
    const { disk, manifest } = this;
    try {
      if (manifest.print() === '') disk.remove(this.path(`${this.prefix}.manifest`));
      else this.writeManifest(manifest, { doing: '', renamed: false });
      return true;
    } catch {
      return false;
    }
  }

  /** Deletes what has become history. */
  deleteHistory(): void {
    const { history } = this.manifest;
    if (history.length === 0 || this.server.config.values['aof-disable-auto-gc']) return;
    for (const { name } of history) {
      this.server.log.notice(`Removing the history file ${name} in the background`);
      void this.disk.removeLater(this.path(name)).catch((problem) => {
        this.server.log.verbose(`unlink ${name}: ${reasonOf(problem)}`);
      });
    }
    const manifest = this.manifest.copy();
    manifest.history = [];
    this.replaceManifest(manifest);
  }

  /** Removes a file that nobody needs, if it is there. */
  remove(path: string): void {
    try {
      this.disk.remove(path);
    } catch (problem) {
      if (!isMissing(problem)) this.server.log.verbose(`unlink ${path}: ${reasonOf(problem)}`);
    }
  }

  /** How long a file of the folder is; throws what the disk does, and says so in the log. */
  size(name: string): number {
    try {
      const file = this.disk.open(this.path(name), 'r');
      try {
        return this.disk.size(file);
      } finally {
        this.disk.close(file);
      }
    } catch (problem) {
      this.warn(`Unable to obtain the AOF file ${name} length. stat: ${reasonOf(problem)}`);
      throw problem;
    }
  }

  /** All files that are to be loaded, in their order. */
  get files(): readonly AofFile[] {
    const { base, increments } = this.manifest;
    return base === null ? increments : [base, ...increments];
  }

  /**
   * Takes in the append-only file of a Redis before 7, which is a single file outside of the
   * folder. Whatever fails, the next start tries again. Throws a LoadError.
   */
  adoptOldFile(): void {
    const name = this.prefix;
    if (!this.disk.exists(this.root(name)) || !this.isForeign()) return;
    const manifest = this.manifest.copy();
    manifest.adopt(name);
    if (!this.make() || !this.replaceManifest(manifest)) throw new LoadError('no manifest');
    const folder = this.server.config.values.appenddirname;
    try {
      this.disk.rename(this.root(name), this.path(name));
    } catch (problem) {
      const why = reasonOf(problem);
      this.warn(`Error trying to move the old AOF file ${name} into dir ${folder}: ${why}`);
      throw new LoadError(why);
    }
    this.server.log.notice(
      `Successfully migrated an old-style AOF file (${name}) into the AOF directory (${folder}).`,
    );
  }

  /** Whether the manifest knows nothing yet, or nothing but an old file that has not been moved. */
  private isForeign(): boolean {
    const { manifest, prefix } = this;
    if (manifest.isEmpty) return true;
    const { base, increments } = manifest;
    if (increments.length > 0 || base === null || base.name !== prefix) return false;
    return !this.disk.exists(this.path(prefix));
  }

  private readText(path: string): string {
    const file = this.disk.open(path, 'r');
    try {
      const bytes = Buffer.alloc(this.disk.size(file));
      let at = 0;
      for (let read = -1; read !== 0; at += read) read = this.disk.read(file, bytes.subarray(at));
      return bytes.latin1Slice(0, at);
    } finally {
      this.disk.close(file);
    }
  }

  private warn(text: string): void {
    this.server.log.warning(text);
  }
}
