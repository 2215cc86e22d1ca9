// A second Debian suite beside the machine's own, without touching the machine.
//
// apt keeps everything it knows in four places: a list of sources, the downloaded indexes, a
// status file of what is installed, and a cache. Given a folder of its own for all four it is a
// downloader for any suite that the machine's mirror carries: no root, nothing installed, and the
// machine's proxies, credentials and keys still apply, because apt's configuration is read as usual.
// The mirror is the one the machine is configured for; only the name of the suite is ours.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Mirror {
  uri: string;
  /** Path of the keyring the machine trusts for this mirror; undefined for apt's default. */
  signedBy: string | undefined;
}

/** Whether a suite is a plain release: not updates, not security, not backports. */
function isReleaseSuite(suite: string): boolean {
  return suite !== '' && !/[-/]/.test(suite);
}

/** The first Debian archive in deb822 text (the contents of a `.sources` file). */
export function mirrorFromDeb822(text: string): Mirror | null {
  for (const stanza of text.split(/\n[ \t]*\n/)) {
    const fields = new Map<string, string>();
    for (const line of stanza.split('\n')) {
      const field = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line);
      if (field !== null) fields.set(field[1]!.toLowerCase(), field[2]!.trim());
    }
    if (fields.get('enabled') === 'no') continue;
    if (!fields.get('types')?.split(/\s+/).includes('deb')) continue;
    if (!fields.get('components')?.split(/\s+/).includes('main')) continue;
    const suites = fields.get('suites')?.split(/\s+/) ?? [];
    const uri = fields.get('uris')?.split(/\s+/)[0];
    if (!uri || !suites.some(isReleaseSuite)) continue;
    const key = fields.get('signed-by');
    return { uri, signedBy: key?.startsWith('/') ? key : undefined };
  }
  return null;
}

/** The first Debian archive in one-line text (the contents of a `.list` file). */
export function mirrorFromOneLine(text: string): Mirror | null {
  for (const line of text.split('\n')) {
    const deb = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    if (deb === null || !isReleaseSuite(deb[3]!)) continue;
    if (!deb[4]!.split(/\s+/).includes('main')) continue;
    const key = /(?:^|\s)signed-by=(\/\S+)/i.exec(deb[1] ?? '');
    return { uri: deb[2]!, signedBy: key?.[1] };
  }
  return null;
}

/** The Debian mirror this machine is configured for, or null where there is none. */
export function configuredMirror(root = '/etc/apt'): Mirror | null {
  const files = existsSync(join(root, 'sources.list')) ? [join(root, 'sources.list')] : [];
  const parts = join(root, 'sources.list.d');
  if (existsSync(parts)) {
    for (const name of readdirSync(parts).sort()) files.push(join(parts, name));
  }
  // Other vendors' lists look just like Debian's: only one that speaks of Debian will do.
  const candidates: Mirror[] = [];
  for (const file of files) {
    let found: Mirror | null = null;
    if (file.endsWith('.sources')) found = mirrorFromDeb822(readFileSync(file, 'utf8'));
    else if (file.endsWith('.list')) found = mirrorFromOneLine(readFileSync(file, 'utf8'));
    if (found !== null) candidates.push(found);
  }
  return candidates.find((each) => /debian(\/|$)/.test(each.uri)) ?? null;
}

/** apt with its state in `folder`, for one suite of the machine's mirror. */
export class PrivateApt {
  readonly #folder: string;
  readonly #options: string[];
  readonly #sources: string;
  readonly #text: string;

  /** `types` is 'deb', 'deb-src', or both separated by a space. Throws where no mirror is known. */
  constructor(folder: string, suite: string, types: string) {
    const mirror = configuredMirror();
    if (mirror === null) throw new Error('no Debian mirror is configured on this machine');
    this.#folder = folder;
    this.#sources = join(folder, 'suite.sources');
    const key = mirror.signedBy === undefined ? '' : `Signed-By: ${mirror.signedBy}\n`;
    const place = `URIs: ${mirror.uri}\nSuites: ${suite}\nComponents: main\n`;
    this.#text = `Types: ${types}\n${place}${key}`;
    const settings = [
      `Dir::Etc::SourceList=${this.#sources}`,
      'Dir::Etc::SourceParts=-',
      `Dir::State=${join(folder, 'state')}`,
      `Dir::State::status=${join(folder, 'status')}`,
      `Dir::Cache=${join(folder, 'cache')}`,
      'Acquire::Languages=none',
      'Acquire::Retries=1',
      'Acquire::http::Timeout=20',
      'APT::Sandbox::User=root',
    ];
    this.#options = settings.flatMap((setting) => ['-o', setting]);
  }

  /** Fetches the suite's indexes. Rejects with apt's words when that fails. */
  async update(): Promise<void> {
    mkdirSync(join(this.#folder, 'state', 'lists', 'partial'), { recursive: true });
    mkdirSync(join(this.#folder, 'cache', 'archives', 'partial'), { recursive: true });
    writeFileSync(this.#sources, this.#text);
    writeFileSync(join(this.#folder, 'status'), '');
    // Without this, a mirror that cannot be reached is a warning and apt exits with 0.
    await this.#run(['-o', 'APT::Update::Error-Mode=any', 'update'], this.#folder);
  }

  /** Downloads packages (`name.deb` files) into `into`, without their dependencies. */
  async download(packages: string[], into: string): Promise<void> {
    mkdirSync(into, { recursive: true });
    await this.#run(['download', ...packages], into);
  }

  /** Downloads the parts of a source package (`.dsc`, `.orig.tar.*`, `.debian.tar.*`). */
  async downloadSource(name: string, into: string): Promise<void> {
    mkdirSync(into, { recursive: true });
    await this.#run(['source', '--download-only', name], into);
  }

  async #run(args: string[], cwd: string): Promise<void> {
    const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', [...this.#options, ...args], { cwd, env, timeout: 300_000 });
  }
}

/** Unpacks every `.deb` in `from` below `root`. */
export async function unpackAll(from: string, root: string): Promise<void> {
  mkdirSync(root, { recursive: true });
  for (const name of readdirSync(from).sort()) {
    if (name.endsWith('.deb')) await run('dpkg', ['-x', join(from, name), root]);
  }
}
