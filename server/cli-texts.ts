// What the command line shows to people.

export const USAGE = `Usage: respite [file] [--parameter value ...] [-]
       respite -            takes its configuration from standard input
       respite -v, --version
       respite -h, --help

Every line of a redis.conf can be an option: respite --port 7000 --maxclients 100
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
