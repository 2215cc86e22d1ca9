// Publish and subscribe. Who listens to what is server/pubsub.ts; that one who listens in RESP2 may
// call hardly anything else is a gate in server/call.ts.
//
// A client is told of each name that it joins or leaves by itself, so SUBSCRIBE answers as
// often as it was given channels: in a transaction too, whose array then holds more than it
// says. These answers are messages like those that follow, and heard even after CLIENT REPLY OFF.

import type { pubsub as specs } from '../../protocol/commands/pubsub.ts';
import { badSubcommand, ReplyError } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import type { Reply } from '../../protocol/reply.ts';
import { REPLY_ON } from '../client-state.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import type { Audience } from '../pubsub.ts';
import { Push, tell } from '../push.ts';

const DENY_BLOCKING = new ReplyError("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");

/** PSUBSCRIBE pattern [pattern ...] */
function psubscribe(c: Client): void {
  join(c, 'psubscribe', c.server.pubsub.patterns);
}

/** PUBLISH channel message */
function publish(c: Client): void {
  const [, channel, message] = c.argv;
  c.reply.int(c.server.pubsub.publish(channel, message));
  passOn(c, false);
}

/** PUBSUB CHANNELS [pattern] */
function pubsubChannels(c: Client): void {
  listNames(c, c.server.pubsub.channels);
}

const HELP = [
  'PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CHANNELS [<pattern>]',
  '    List the channels that somebody listens to: all, or those that match a pattern.',
  'NUMPAT',
  '    Count the different patterns that somebody listens to.',
  'NUMSUB [<channel> ...]',
  '    Count those who listen to each of these channels, patterns left aside.',
  'SHARDCHANNELS [<pattern>]',
  '    List the shard channels that somebody listens to: all, or those that match.',
  'SHARDNUMSUB [<shardchannel> ...]',
  '    Count those who listen to each of these shard channels.',
  'HELP',
  '    Show this text.',
];

/** PUBSUB HELP */
function pubsubHelp(c: Client): void {
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** PUBSUB NUMPAT */
function pubsubNumpat(c: Client): void {
  c.reply.int(c.server.pubsub.patterns.size);
}

/** PUBSUB NUMSUB [channel [channel ...]] */
function pubsubNumsub(c: Client): void {
  countListeners(c, c.server.pubsub.channels);
}

/** PUBSUB SHARDCHANNELS [pattern] */
function pubsubShardchannels(c: Client): void {
  listNames(c, c.server.pubsub.shardChannels);
}

/** PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]] */
function pubsubShardnumsub(c: Client): void {
  countListeners(c, c.server.pubsub.shardChannels);
}

/** PUNSUBSCRIBE [pattern [pattern ...]] */
function punsubscribe(c: Client): void {
  leave(c, 'punsubscribe', c.server.pubsub.patterns);
}

/** SPUBLISH shardchannel message */
function spublish(c: Client): void {
  const [, channel, message] = c.argv;
  c.reply.int(c.server.pubsub.publishToShard(channel, message));
  passOn(c, true);
}

/** SSUBSCRIBE shardchannel [shardchannel ...] */
function ssubscribe(c: Client): void {
  // Redis: SUBSCRIBE and PSUBSCRIBE, which are older, may stand in a transaction.
  if (c.inExec) throw DENY_BLOCKING;
  join(c, 'ssubscribe', c.server.pubsub.shardChannels);
}

/** SUBSCRIBE channel [channel ...] */
function subscribe(c: Client): void {
  join(c, 'subscribe', c.server.pubsub.channels);
}

/** SUNSUBSCRIBE [shardchannel [shardchannel ...]] */
function sunsubscribe(c: Client): void {
  leave(c, 'sunsubscribe', c.server.pubsub.shardChannels);
}

/** UNSUBSCRIBE [channel [channel ...]] */
function unsubscribe(c: Client): void {
  leave(c, 'unsubscribe', c.server.pubsub.channels);
}

function join(c: Client, kind: string, audience: Audience): void {
  const { argv } = c;
  for (let i = 1; i < argv.length; i++) {
    audience.join(argv[i], c);
    confirm(c, kind, argv[i], audience);
  }
}

function leave(c: Client, kind: string, audience: Audience): void {
  const given = c.argv.length > 1;
  const names = given ? c.argv.slice(1) : [...audience.namesOf(c)];
  for (const name of names) {
    audience.leave(name, c);
    confirm(c, kind, name, audience);
  }
  // Redis: who leaves everything without listening to anything is told so all the same.
  if (names.length === 0) confirm(c, kind, null, audience);
}

/** Tells a client what it joined or left, and how many names it listens to now. */
function confirm(c: Client, kind: string, name: string | null, audience: Audience): void {
  const { channels, patterns, shardChannels } = c.server.pubsub;
  const count =
    audience === shardChannels
      ? shardChannels.joinedBy(c)
      : channels.joinedBy(c) + patterns.joinedBy(c);
  const write = (reply: Reply) => {
    reply.push(3);
    reply.bulk(kind);
    if (name === null) reply.null();
    else reply.bulk(name);
    reply.int(count);
  };
  if (c.replyMode === REPLY_ON) write(c.reply);
  else tell(c, new Push(write));
}

function listNames(c: Client, audience: Audience): void {
  const { argv, reply } = c;
  if (argv.length > 3) throw badSubcommand(argv);
  const start = reply.beginArray();
  let count = 0;
  for (const name of audience.names()) {
    if (argv.length === 3 && !globMatch(argv[2], name)) continue;
    reply.bulk(name);
    count++;
  }
  reply.endArray(start, count);
}

function countListeners(c: Client, audience: Audience): void {
  const { argv, reply } = c;
  reply.array((argv.length - 2) * 2);
  for (let i = 2; i < argv.length; i++) {
    reply.bulk(argv[i]);
    reply.int(audience.countOf(argv[i]));
  }
}

/** A message changes nothing here, and is to be heard by those who listen to a replica. */
function passOn(c: Client, sharded: boolean): void {
  const { cluster } = c.server;
  if (cluster !== null) {
    // Redis: replicas are nodes themselves, and hear of it on the bus.
    const [, channel, message] = c.argv;
    return cluster.bus.publish(channel, message, sharded);
  }
  if (c.server.propagation.active) c.instead = [c.argv.slice()];
}

export const pubsubCommands: Handlers<typeof specs> = {
  psubscribe,
  publish,
  'pubsub|channels': pubsubChannels,
  'pubsub|help': pubsubHelp,
  'pubsub|numpat': pubsubNumpat,
  'pubsub|numsub': pubsubNumsub,
  'pubsub|shardchannels': pubsubShardchannels,
  'pubsub|shardnumsub': pubsubShardnumsub,
  punsubscribe,
  spublish,
  ssubscribe,
  subscribe,
  sunsubscribe,
  unsubscribe,
};
