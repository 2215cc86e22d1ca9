// The versions that a server can be: which they are, what they say of themselves, and what came
// when.
//
// Everything else in this project is written as Redis 8.0.2 does it. Where another version does
// otherwise, the question is always the same: had 8.0's way come by then? `has('7.2')` answers it.
// Valkey left from Redis 7.2 and has what came up to there; what it took over later, or has found
// for itself, is asked for by its own number: `has('7.4', '8.0')`, `hasOwn('8.1')`.

export const VERSION_NAMES = [
  ...(['6.2', '7.0', '7.2', '7.4', '8.0'] as const),
  ...(['valkey-8.0', 'valkey-8.1'] as const),
] as const;

export type VersionName = (typeof VERSION_NAMES)[number];

/** The release that is meant by a version, and the format of its RDB files. */
const RELEASES: Readonly<Record<VersionName, readonly [release: string, rdb: number]>> = {
  '6.2': ['6.2.16', 9],
  '7.0': ['7.0.15', 10],
  '7.2': ['7.2.6', 11],
  '7.4': ['7.4.1', 12],
  '8.0': ['8.0.2', 12],
  'valkey-8.0': ['8.0.1', 11],
  'valkey-8.1': ['8.1.1', 11],
};

const VALKEY = 'valkey-';
const VALKEY_LEFT = '7.2.4'; // What it says of itself where somebody asks for Redis's version.

export class Version {
  readonly name: VersionName;
  /** INFO: redis_version; of Valkey, the one that it is compatible with. */
  readonly redis: string;
  /** '' unless it is Valkey. */
  readonly valkey: string;
  /** What HELLO says. */
  readonly server: 'redis' | 'valkey';
  readonly release: string;
  readonly rdb: number;
  /** Whether it is the one that everything is written as. */
  readonly isCurrent: boolean;
  /**
   * Whether it is older than 7.2, which some of the paths that every command takes have to know.
   * Doubles were said with 17 digits then, whether they take them or not; a command that has to
   * wait counted when it began to; and a consumer that was given nothing did not come into being.
   */
  readonly isBefore72: boolean;
  private readonly level: number;
  private readonly ownLevel: number;

  constructor(name: VersionName) {
    const isValkey = name.startsWith(VALKEY);
    const [release, rdb] = RELEASES[name];
    this.name = name;
    this.release = release;
    this.rdb = rdb;
    this.redis = isValkey ? VALKEY_LEFT : release;
    this.valkey = isValkey ? release : '';
    this.server = isValkey ? 'valkey' : 'redis';
    this.isCurrent = name === '8.0';
    this.level = levelOf(this.redis);
    this.ownLevel = isValkey ? levelOf(release) : 0;
    this.isBefore72 = !this.has('7.2');
  }

  /**
   * Whether it has what came with that version of Redis, '7.2' or '7.2.0'. What came after 7.2 came
   * to Valkey with the version that is named for it, or not at all.
   */
  has(redis: string, valkey = ''): boolean {
    if (this.level >= levelOf(redis)) return true;
    return valkey !== '' && this.hasOwn(valkey);
  }

  /** Whether it is Valkey, from that version on. */
  hasOwn(valkey: string): boolean {
    return this.ownLevel >= levelOf(valkey);
  }
}

/** '7.2' or '7.2.4' as a number that can be compared: 702. */
function levelOf(version: string): number {
  const [major, minor] = version.split('.');
  return Number(major) * 100 + Number(minor);
}

const known = new Map<VersionName, Version>();

export function versionOf(name: VersionName): Version {
  let version = known.get(name);
  if (version === undefined) known.set(name, (version = new Version(name)));
  return version;
}
