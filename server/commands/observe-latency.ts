// LATENCY: what took too long, and how long everything takes.

import { quoting } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Client } from '../client.ts';
import type { Command } from '../command-table.ts';
import type { Histogram } from '../histogram.ts';
import type { LatencyEvent } from '../latency.ts';
import type { Server } from '../server.ts';
import { sparkline } from '../sparkline.ts';

/** LATENCY LATEST */
function latencyLatest(c: Client): void {
  const { events } = c.server.latency;
  c.reply.array(events.size);
  for (const [name, event] of events) {
    const last = event.samples[event.samples.length - 1];
    c.reply.array(4);
    c.reply.bulk(name);
    c.reply.int(last.when);
    c.reply.int(last.ms);
    c.reply.int(event.worst);
  }
}

/** LATENCY HISTORY event */
function latencyHistory(c: Client): void {
  const samples = c.server.latency.events.get(c.argv[2])?.samples ?? [];
  c.reply.array(samples.length);
  for (const { when, ms } of samples) {
    c.reply.array(2);
    c.reply.int(when);
    c.reply.int(ms);
  }
}

/** LATENCY RESET [event [event ...]] */
function latencyReset(c: Client): void {
  const { argv, server } = c;
  if (argv.length === 2) return c.reply.int(server.latency.reset());
  let forgotten = 0;
  for (let i = 2; i < argv.length; i++) forgotten += server.latency.reset(argv[i]);
  c.reply.int(forgotten);
}

/** LATENCY GRAPH event */
function latencyGraph(c: Client): void {
  const name = c.argv[2];
  const event = c.server.latency.events.get(name);
  if (event === undefined) {
    throw quoting("No samples available for event '", name, "'");
  }
  c.reply.verbatim('txt', graph(name, event, Math.floor(c.server.clock.ms / 1000)));
}

function graph(name: string, { samples, worst }: LatencyEvent, now: number): string {
  const all = samples.map((sample) => sample.ms);
  const [high, low] = [Math.max(...all), Math.min(...all)];
  return (
    `${name} - high ${high} ms, low ${low} ms (all time high ${worst} ms)\n` +
    `${'-'.repeat(80)}\n` +
    sparkline(samples.map(({ when, ms }) => ({ value: ms, label: ago(now - when) })))
  );
}

function ago(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 60 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 24 * 60 * 60) return `${Math.floor(seconds / (60 * 60))}h`;
  return `${Math.floor(seconds / (24 * 60 * 60))}d`;
}

/** LATENCY HISTOGRAM [command [command ...]] */
function latencyHistogram(c: Client): void {
  const { argv, reply, server } = c;
  const mark = reply.beginArray();
  let told = 0;
  const tell = (command: Command) => {
    if (command.latency === null) return;
    reply.bulk(command.spec.name);
    histogram(reply, command.latency);
    told++;
  };
  if (argv.length === 2) for (const command of server.commands.all.values()) tell(command);
  for (let i = 2; i < argv.length; i++) {
    const command = named(server, argv[i]);
    if (command === undefined) continue;
    tell(command);
    for (const subcommand of command.subcommands?.values() ?? []) tell(subcommand);
  }
  reply.endMap(mark, told);
}

function named(server: Server, name: string): Command | undefined {
  const [first, second, ...more] = name.split('|');
  const command = server.commands.find(first);
  if (second === undefined) return command;
  return more.length > 0 ? undefined : command?.subcommands?.get(second.toLowerCase());
}

function histogram(reply: Reply, latency: Histogram): void {
  reply.map(2);
  reply.bulk('calls');
  reply.int(latency.count);
  reply.bulk('histogram_usec');
  const mark = reply.beginArray();
  let pairs = 0;
  latency.powersOfTwo((micros, calls) => {
    reply.int(micros);
    reply.int(calls);
    pairs++;
  });
  reply.endMap(mark, pairs);
}

/** LATENCY DOCTOR */
function latencyDoctor(c: Client): void {
  c.reply.verbatim('txt', report(c.server));
}

function report(server: Server): string {
  const { events } = server.latency;
  const values = server.config.values;
  const threshold = values['latency-monitor-threshold'];
  if (events.size === 0) {
    if (threshold !== 0) return `Nothing took as long as ${threshold} ms.\n`;
    return (
      'Nobody is watching: the latency monitor is off. CONFIG SET latency-monitor-threshold ' +
      'turns it on, and says from how many milliseconds on an event is noted.\n'
    );
  }
  const now = Math.floor(server.clock.ms / 1000);
  let text = `Events that took ${threshold} ms or more:\n\n`;
  for (const [name, event] of events) text += `- ${name}: ${describe(event, now)}\n`;
  return `${text}${advice(server)}`;
}

/** How many samples, how bad they are, and how often they come. */
function describe({ samples, worst }: LatencyEvent, now: number): string {
  const count = samples.length;
  const mean = samples.reduce((sum, { ms }) => sum + ms, 0) / count;
  const deviation = samples.reduce((sum, { ms }) => sum + Math.abs(ms - mean), 0) / count;
  const seconds = Math.max(1, now - samples[0].when) / count;
  return (
    `${count} times, one in ${seconds.toFixed(2)} seconds; ${Math.round(mean)} ms on average ` +
    `(mean deviation ${Math.round(deviation)} ms), ${worst} ms at worst.`
  );
}

function advice(server: Server): string {
  const { events } = server.latency;
  const values = server.config.values;
  const threshold = values['latency-monitor-threshold'];
  const slower = values['slowlog-log-slower-than'];
  const lines: string[] = [];
  if (events.has('command') || events.has('fast-command')) {
    if (slower < 0 || slower > threshold * 1000) {
      lines.push(
        'The slow log leaves out commands that are slow enough to be noted here: ' +
          `CONFIG SET slowlog-log-slower-than ${threshold * 1000}.`,
      );
    }
    lines.push('SLOWLOG GET tells which commands they were.');
    lines.push('A command that touches a million elements keeps everybody waiting; so does KEYS.');
  }
  if (events.has('fast-command')) {
    lines.push(
      'Fast commands should never be slow: the machine is busy, or garbage was collected.',
    );
  }
  if (events.has('expire-cycle')) lines.push('Many keys expire at the same moment: spread them.');
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}

const HELP = [
  'LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DOCTOR',
  '    Say in words what took too long, and what may help.',
  'GRAPH <event>',
  '    Draw the history of one event.',
  'HISTORY <event>',
  '    Tell when one event took too long, and how long.',
  'LATEST',
  '    Tell the last time of every event, and the worst.',
  'RESET [<event> ...]',
  '    Forget the events named; without a name, all.',
  'HISTOGRAM [<command> ...]',
  '    Tell how many calls took no longer than 1, 2, 4, ... microseconds,',
  '    for the commands named; without a name, for all that were called.',
  'HELP',
  '    Show this text.',
];

/** LATENCY HELP */
function latencyHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

export const latencyCommands = {
  'latency|doctor': latencyDoctor,
  'latency|graph': latencyGraph,
  'latency|help': latencyHelp,
  'latency|histogram': latencyHistogram,
  'latency|history': latencyHistory,
  'latency|latest': latencyLatest,
  'latency|reset': latencyReset,
};
