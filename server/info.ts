// INFO: everything that the server knows about itself, in sections of `field:value` lines.
//
// Sections and fields are Redis 8.0.2's, in its order, and a test compares them with a real
// server's. A field of something that is not built here says what a server says that does not
// use it. The values are this server's own: no field is made up.

import type { Fields } from './info-fields.ts';
import { replication } from './info-replication.ts';
import { clients, cluster, cpu, modules, server, threads } from './info-server.ts';
import { memory, persistence } from './info-memory.ts';
import { commandstats, debug, errorstats, latencystats, stats } from './info-stats.ts';
import { keyspace, keysizes } from './info-keyspace.ts';
import type { Server } from './server.ts';

type Section = {
  readonly title: string;
  readonly when: typeof ALWAYS | typeof ASKED | typeof NAMED;
  readonly fields: (server: Server) => Fields;
};

const ALWAYS = 0; // Shown by a plain INFO,
const ASKED = 1; // by INFO all,
const NAMED = 2; // or only under its own name.

const SECTIONS: Readonly<Record<string, Section>> = {
  server: { title: 'Server', when: ALWAYS, fields: server },
  clients: { title: 'Clients', when: ALWAYS, fields: clients },
  memory: { title: 'Memory', when: ALWAYS, fields: memory },
  persistence: { title: 'Persistence', when: ALWAYS, fields: persistence },
  threads: { title: 'Threads', when: ALWAYS, fields: threads },
  stats: { title: 'Stats', when: ALWAYS, fields: stats },
  replication: { title: 'Replication', when: ALWAYS, fields: replication },
  cpu: { title: 'CPU', when: ALWAYS, fields: cpu },
  modules: { title: 'Modules', when: ALWAYS, fields: modules },
  commandstats: { title: 'Commandstats', when: ASKED, fields: commandstats },
  errorstats: { title: 'Errorstats', when: ALWAYS, fields: errorstats },
  latencystats: { title: 'Latencystats', when: ASKED, fields: latencystats },
  cluster: { title: 'Cluster', when: ALWAYS, fields: cluster },
  keyspace: { title: 'Keyspace', when: ALWAYS, fields: keyspace },
  keysizes: { title: 'Keysizes', when: ALWAYS, fields: keysizes },
  debug: { title: 'Debug', when: NAMED, fields: debug },
};

/**
 * The text of INFO for the sections named, in any case; `default`, `all` and `everything` stand
 * for several. Names that no section has are passed over.
 */
export function infoText(server: Server, names: readonly string[]): string {
  let most = names.length === 0 ? ALWAYS : -1;
  const named = new Set<string>();
  for (const each of names) {
    const name = each.toLowerCase();
    if (name === 'default') most = Math.max(most, ALWAYS);
    else if (name === 'all' || name === 'everything') most = ASKED;
    else named.add(name === 'module_list' ? 'modules' : name);
  }
  const texts: string[] = [];
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (section.when > most && !named.has(name)) continue;
    let text = `# ${section.title}\r\n`;
    for (const [field, value] of section.fields(server)) text += `${field}:${value}\r\n`;
    texts.push(text);
  }
  return texts.join('\r\n');
}
