// Messages to whoever listens: channels, patterns of channels, and channels that belong to a shard.

import {
  CommandSpec,
  FAST,
  LOADING,
  MAY_REPLICATE,
  NOSCRIPT,
  NOT_KEY,
  PUBSUB,
  STALE,
  container,
  group,
  keyAt,
  keysFrom,
  many,
  optional,
  pattern,
  text,
} from '../command-spec.ts';

const LISTENING = PUBSUB | NOSCRIPT | LOADING | STALE;
const PUBLISHING = PUBSUB | LOADING | STALE | FAST | MAY_REPLICATE;
const ASKING = PUBSUB | LOADING | STALE;

export const pubsub = group('pubsub', {
  psubscribe: new CommandSpec(-2, LISTENING, [], [many(pattern('pattern'))], {
    since: '2.0.0',
    cost: 'O(1) for each pattern',
    summary: 'Listens to all channels whose names match a pattern.',
  }),

  publish: new CommandSpec(3, PUBLISHING, [], [text('channel'), text('message')], {
    since: '2.0.0',
    cost: 'O(N+M) for N clients that hear it, and M patterns that anybody listens to',
    summary: 'Sends a message to all who listen to a channel.',
  }),

  pubsub: container(-2, 0, {
    since: '2.8.0',
    cost: 'See the subcommands',
    summary: 'Tells what is listened to, and by how many.',
  }),

  'pubsub|channels': new CommandSpec(-2, ASKING, [], [optional(pattern('pattern'))], {
    since: '2.8.0',
    cost: 'O(N) for N channels that anybody listens to',
    summary: 'Lists the channels that somebody listens to.',
  }),

  'pubsub|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
    outsideGroup: true,
  }),

  'pubsub|numpat': new CommandSpec(2, ASKING, [], [], {
    since: '2.8.0',
    cost: 'O(1)',
    summary: 'Counts the different patterns that somebody listens to.',
  }),

  'pubsub|numsub': new CommandSpec(-2, ASKING, [], [optional(many(text('channel')))], {
    since: '2.8.0',
    cost: 'O(1) for each channel',
    summary: 'Counts those who listen to channels, patterns left aside.',
  }),

  'pubsub|shardchannels': new CommandSpec(-2, ASKING, [], [optional(pattern('pattern'))], {
    since: '7.0.0',
    cost: 'O(N) for N shard channels that anybody listens to',
    summary: 'Lists the shard channels that somebody listens to.',
  }),

  'pubsub|shardnumsub': new CommandSpec(-2, ASKING, [], [optional(many(text('shardchannel')))], {
    since: '7.0.0',
    cost: 'O(1) for each shard channel',
    summary: 'Counts those who listen to shard channels.',
  }),

  punsubscribe: new CommandSpec(-1, LISTENING, [], [optional(many(pattern('pattern')))], {
    since: '2.0.0',
    cost: 'O(1) for each pattern',
    summary: 'Stops listening to patterns: those given, or all.',
  }),

  spublish: new CommandSpec(
    3,
    PUBLISHING,
    [keyAt(1, NOT_KEY)],
    [text('shardchannel'), text('message')],
    {
      since: '7.0.0',
      cost: 'O(N) for N clients that hear it',
      summary: 'Sends a message to all who listen to a shard channel.',
    },
  ),

  ssubscribe: new CommandSpec(-2, LISTENING, [keysFrom(1, NOT_KEY)], [many(text('shardchannel'))], {
    since: '7.0.0',
    cost: 'O(1) for each shard channel',
    summary: 'Listens to shard channels.',
  }),

  subscribe: new CommandSpec(-2, LISTENING, [], [many(text('channel'))], {
    since: '2.0.0',
    cost: 'O(1) for each channel',
    summary: 'Listens to channels.',
  }),

  sunsubscribe: new CommandSpec(
    -1,
    LISTENING,
    [keysFrom(1, NOT_KEY)],
    [optional(many(text('shardchannel')))],
    {
      since: '7.0.0',
      cost: 'O(1) for each shard channel',
      summary: 'Stops listening to shard channels: those given, or all.',
    },
  ),

  unsubscribe: new CommandSpec(-1, LISTENING, [], [optional(many(text('channel')))], {
    since: '2.0.0',
    cost: 'O(1) for each channel',
    summary: 'Stops listening to channels: those given, or all.',
  }),
});
