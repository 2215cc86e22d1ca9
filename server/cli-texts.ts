// What the command line shows to people.

export const USAGE = `Usage: respite [file] [--parameter value ...] [-]
       respite -            takes its configuration from standard input
       respite -v, --version
       respite -h, --help

       respite --ping [url]

Every line of a redis.conf can be an option: respite --port 7000 --maxclients 100

And, unlike redis-server:
  --print-url         the URL on standard output, when it listens, and the log on standard error;
                      --port 0 is any free port then
  --exit-with-stdin   end when standard input does, with the parent process at the latest
  --seed <number>     everything that is left to chance repeats
  --enable-respite-command yes|local
                      the RESPITE command, for tests in any language: clock, faults, snapshots
  --ping [url]        only see whether a server answers
`;

/** What is shown at the start: who, where, and as which process. */
export function banner(pid: number, port: number): string {
  return `
      .-------.
     /  o   o  \\      Respite, like Redis 8.0.2
    |     |     |     standalone mode
     \\  \\___/  /      Port: ${port}
      '-------'       PID: ${pid}

`;
}
