// The options of the command line that redis-server does not have. They are taken out of it
// wherever they stand; what is left is read as redis-server would read it (config/command-line.ts).

/** What the command line asks for beyond Redis. */
export type OwnOptions = {
  /**
   * Writes the URL on standard output, on a line by itself, once connections are accepted; the
   * log goes to standard error then. Port 0 is any free port.
   */
  readonly printUrl: boolean;
  /** Ends, as on SIGTERM, when standard input does: at the latest when the parent process dies. */
  readonly exitWithStdin: boolean;
  /** What makes chance repeat; undefined if it is not to. */
  readonly seed: number | undefined;
  /** What to ping instead of starting a server; undefined to start one. */
  readonly ping: string | undefined;
};

const DEFAULT_URL = 'redis://127.0.0.1:6379';

/** Splits the words of the command line. Throws an Error in words for who typed them. */
export function ownOptions(words: readonly string[]): { own: OwnOptions; rest: string[] } {
  const rest: string[] = [];
  let printUrl = false;
  let exitWithStdin = false;
  let seed: number | undefined;
  let ping: string | undefined;
  for (let i = 0; i < words.length; i++) {
    switch (words[i]) {
      case '--print-url':
        printUrl = true;
        break;
      case '--exit-with-stdin':
        exitWithStdin = true;
        break;
      case '--seed':
        seed = Number(words[++i] || Number.NaN);
        if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number');
        break;
      case '--ping':
        ping = words[i + 1] === undefined ? DEFAULT_URL : words[++i];
        break;
      default:
        rest.push(words[i]);
    }
  }
  return { own: { printUrl, exitWithStdin, seed, ping }, rest };
}
