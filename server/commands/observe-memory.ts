// MEMORY: what keys and the server as a whole take.

import { NOT_AN_INTEGER, SYNTAX } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import { human } from '../info-memory.ts';
import { collectGarbage, processMemory } from '../machine.ts';
import { datasetPercent, entryMemory, memoryFigures, tableMemory } from '../memory-usage.ts';
import type { Server } from '../server.ts';
import { integer } from '../string-value.ts';

/** MEMORY USAGE key [SAMPLES count] */
function memoryUsage(c: Client): void {
  const { argv, db, reply } = c;
  for (let i = 3; i < argv.length; i += 2) {
    if (argv[i].toUpperCase() !== 'SAMPLES' || i + 1 === argv.length) throw SYNTAX;
    // Values know what they weigh, so there is nothing to sample.
    if (integer(argv[i + 1], NOT_AN_INTEGER) < 0) throw SYNTAX;
  }
  if (!db.has(argv[2])) return reply.null();
  reply.int(entryMemory(db, db.at));
}

/** MEMORY STATS */
function memoryStats(c: Client): void {
  const { reply, server } = c;
  const figures = memoryFigures(server);
  const { used, startup, dataset, keys } = figures;
  const { used: allocated, active, resident } = figures.process;
  const databases = server.databases.filter((db) => db.size > 0);
  const vms = server.scripting.vmBytes;
  let slots = 0;
  for (const db of databases) slots += db.dict.slots;

  reply.map(33 + databases.length);
  int(reply, 'peak.allocated', figures.peak);
  int(reply, 'total.allocated', used);
  int(reply, 'startup.allocated', startup);
  int(reply, 'replication.backlog', figures.backlog);
  int(reply, 'replica.fullsync.buffer', 0);
  int(reply, 'clients.slaves', figures.replicas);
  int(reply, 'clients.normal', figures.clients);
  int(reply, 'cluster.links', 0);
  int(reply, 'aof.buffer', server.appendOnly.memory);
  int(reply, 'lua.caches', server.scripting.scripts.memory);
  int(reply, 'functions.caches', server.scripting.functions.memory);
  int(reply, 'script.VMs', vms.scripts + vms.functions);
  for (const db of databases) {
    const { main, expiries } = tableMemory(db);
    reply.bulk(`db.${db.id}`);
    reply.map(2);
    int(reply, 'overhead.hashtable.main', main);
    int(reply, 'overhead.hashtable.expires', expiries);
  }
  int(reply, 'overhead.db.hashtable.lut', slots * 8);
  int(reply, 'overhead.db.hashtable.rehashing', 0);
  int(reply, 'overhead.total', figures.overhead);
  int(reply, 'db.dict.rehashing.count', 0);
  int(reply, 'keys.count', keys);
  int(reply, 'keys.bytes-per-key', keys === 0 ? 0 : Math.floor((used - startup) / keys));
  int(reply, 'dataset.bytes', dataset);
  double(reply, 'dataset.percentage', datasetPercent(figures));
  double(reply, 'peak.percentage', (used * 100) / figures.peak);
  int(reply, 'allocator.allocated', allocated);
  int(reply, 'allocator.active', active);
  int(reply, 'allocator.resident', resident);
  int(reply, 'allocator.muzzy', 0);
  double(reply, 'allocator-fragmentation.ratio', active / allocated);
  int(reply, 'allocator-fragmentation.bytes', active - allocated);
  double(reply, 'allocator-rss.ratio', resident / active);
  int(reply, 'allocator-rss.bytes', resident - active);
  double(reply, 'rss-overhead.ratio', 1);
  int(reply, 'rss-overhead.bytes', 0);
  double(reply, 'fragmentation', resident / used);
  int(reply, 'fragmentation.bytes', resident - used);
}

function int(reply: Reply, name: string, value: number): void {
  reply.bulk(name);
  reply.int(value);
}

function double(reply: Reply, name: string, value: number): void {
  reply.bulk(name);
  reply.double(value);
}

/** MEMORY DOCTOR */
function memoryDoctor(c: Client): void {
  c.reply.verbatim('txt', report(c.server));
}

const LITTLE = 5 * 1024 * 1024; // Redis: below this, ratios mean nothing.

function report(server: Server): string {
  const { used, startup, process, peak, clients } = memoryFigures(server);
  const data = used - startup;
  if (data < LITTLE) return 'There is hardly any data here, so there is nothing to say about it.\n';
  const found: string[] = [];
  if (peak > used * 1.5) {
    found.push(
      `At its peak the server used ${human(peak)}, now it uses ${human(used)}. The system may ` +
        'not have got the difference back; data that comes now will use it again.',
    );
  }
  const reserve = process.active - process.used;
  if (process.active > process.used * 1.4 && reserve > LITTLE) {
    found.push(`The heap has ${human(reserve)} in reserve. V8 gives them back when it has time.`);
  }
  if (clients > data / 2) {
    found.push(
      `Clients hold ${human(clients)}: CLIENT LIST tells who (tot-mem), and whether they read ` +
        'what they are sent (omem).',
    );
  }
  return found.length === 0 ? 'Nothing is wrong with the memory.\n' : `${found.join('\n\n')}\n`;
}

/** MEMORY MALLOC-STATS */
function memoryMallocStats(c: Client): void {
  const { used, active, resident, external } = processMemory();
  const lines = [
    `heap in use       ${used - external}`,
    `heap reserved     ${active - external}`,
    `outside the heap  ${external}`,
    `resident          ${resident}`,
  ];
  c.reply.verbatim('txt', `V8, in bytes\n${lines.join('\n')}\n`);
}

/** MEMORY PURGE */
function memoryPurge(c: Client): void {
  collectGarbage();
  c.reply.ok();
}

const HELP = [
  'MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DOCTOR',
  '    Say in words what is wrong with the memory.',
  'MALLOC-STATS',
  '    Show what V8 says of the memory.',
  'PURGE',
  '    Collect garbage, if Node allows that (--expose-gc).',
  'STATS',
  '    Show what memory is used for, in figures.',
  'USAGE <key> [SAMPLES <count>]',
  '    Tell about how many bytes a key and its value take in this process. All',
  '    elements are counted, however many are to be sampled.',
  'HELP',
  '    Show this text.',
];

/** MEMORY HELP */
function memoryHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

export const memoryCommands = {
  'memory|doctor': memoryDoctor,
  'memory|help': memoryHelp,
  'memory|malloc-stats': memoryMallocStats,
  'memory|purge': memoryPurge,
  'memory|stats': memoryStats,
  'memory|usage': memoryUsage,
};
