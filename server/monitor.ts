// MONITOR: every command that runs, as it is given, to whoever wants to see.

import type { Client } from './client.ts';
import { redacted } from './redact.ts';
import type { Server } from './server.ts';

/** Tells all monitors what a client is about to run. */
export function feedMonitors(server: Server, c: Client, argv: readonly string[]): void {
  const micros = server.clock.micros();
  const seconds = Math.floor(micros / 1e6);
  const fraction = String(micros % 1e6).padStart(6, '0');
  let line = `${seconds}.${fraction} [${c.db.id} ${monitorAddress(c)}]`;
  for (const argument of redacted(server, argv)) line += ` ${quoted(argument)}`;
  for (const monitor of server.monitors) {
    monitor.writer.status(line);
    monitor.queueOutput();
  }
}

function monitorAddress(c: Client): string {
  return c.link.transport === 'unix'
    ? `unix:${c.link.localAddress.replace(/:0$/, '')}`
    : c.link.address;
}

/** Bytes in double quotes, with whatever does not print as an escape. */
export function quoted(bytes: string): string {
  let text = '"';
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    switch (code) {
      case 34:
      case 92:
        text += `\\${bytes[i]}`;
        break;
      case 10:
        text += '\\n';
        break;
      case 13:
        text += '\\r';
        break;
      case 9:
        text += '\\t';
        break;
      case 7:
        text += '\\a';
        break;
      case 8:
        text += '\\b';
        break;
      default:
        if (code >= 32 && code < 127) text += bytes[i];
        else text += `\\x${code.toString(16).padStart(2, '0')}`;
    }
  }
  return `${text}"`;
}
