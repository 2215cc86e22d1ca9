// `respite --ping [url]`: whether a server answers, for whoever watches over it: Docker's
// HEALTHCHECK, a script that waits for a service. A few bytes, because a client is not the server's
// to import.

import { connect } from 'node:net';

const PATIENCE_MS = 2000;

/**
 * Resolves to the exit code: 0 if the server at 'redis://host:port' or 'unix:///path' takes
 * commands. One that wants a password is there; one that loads its data set is not ready yet.
 */
export function ping(url: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ ...placeOf(url), timeout: PATIENCE_MS });
    let text = '';
    const end = (code: number, words: string) => {
      socket.destroy();
      (code === 0 ? process.stdout : process.stderr).write(`${words}\n`);
      resolve(code);
    };
    socket.on('timeout', () => end(1, `no answer from ${url}`));
    socket.on('error', (problem) => end(1, problem.message));
    socket.on('close', () => resolve(1));
    socket.on('connect', () => socket.write('*1\r\n$4\r\nPING\r\n'));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const line = /^[+-](.*)\r\n/.exec(text);
      if (line !== null) end(/^(\+|-NOAUTH)/.test(text) ? 0 : 1, line[1]);
    });
  });
}

function placeOf(url: string): { path: string } | { host: string; port: number } {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol === 'unix:') return { path: decodeURIComponent(pathname) };
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
}
