// MONITOR: every command that runs, as it is given, to whoever wants to see.

import { quoted } from '../protocol/words.ts';
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
  const bytes = Buffer.from(`+${line}\r\n`, 'latin1');
  for (const monitor of server.monitors) {
    monitor.writer.rawBytes(bytes);
    monitor.queueOutput();
  }
}

function monitorAddress(c: Client): string {
  return c.link.transport === 'unix'
    ? `unix:${c.link.localAddress.replace(/:0$/, '')}`
    : c.link.address;
}
