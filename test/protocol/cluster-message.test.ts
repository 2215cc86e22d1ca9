import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as packet from '../../protocol/cluster-message.ts';
import { ClusterMessage, readMessage } from '../../protocol/cluster-message.ts';

const name = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 40,
  maxLength: 40,
});
const port = fc.nat(65535);
const ip = fc.constantFrom('', '127.0.0.1', '2001:db8::1234:5678');
const count = fc.nat(2 ** 31);
const slots = fc.uint8Array({ minLength: 2048, maxLength: 2048 });
const words = fc.string({ unit: fc.nat(255).map((n) => String.fromCharCode(n)), maxLength: 300 });
const plain = fc.string({ unit: fc.constantFrom(...'ab.-'), maxLength: 40 });

const gossip = fc.record({
  name,
  pingSeconds: count,
  pongSeconds: count,
  ip,
  port,
  tlsPort: port,
  busPort: port,
  flags: port,
});
const extensions = fc.record({
  hostname: plain,
  humanName: plain,
  shard: name,
  secret: name,
  forgotten: fc.array(fc.record({ name, seconds: count }), { maxLength: 3 }),
});
const head = fc.record({
  port,
  tlsPort: port,
  busPort: port,
  currentEpoch: count,
  epoch: count,
  offset: fc.nat(2 ** 40),
  sender: name,
  slots,
  master: fc.oneof(fc.constant(''), name),
  ip,
  flags: port,
  ok: fc.boolean(),
  messageFlags: fc.constantFrom(packet.EXTENSIBLE, packet.EXTENSIBLE | packet.PAUSED),
});
const body = fc.oneof(
  fc.record({
    type: fc.constantFrom(packet.PING, packet.PONG, packet.MEET),
    gossip: fc.array(gossip, { maxLength: 5 }),
    extensions,
  }),
  fc.record({ type: fc.constant(packet.FAIL), about: name }),
  fc.record({
    type: fc.constantFrom(packet.PUBLISH, packet.PUBLISH_SHARD),
    channel: words,
    message: words,
  }),
  fc.record({
    type: fc.constant(packet.UPDATE),
    about: name,
    aboutEpoch: count,
    aboutSlots: slots,
  }),
  fc.record({ type: fc.constantFrom(packet.VOTE_REQUEST, packet.VOTE, packet.PAUSE) }),
);

function made(...parts: object[]): ClusterMessage {
  return Object.assign(new ClusterMessage(0), ...parts) as ClusterMessage;
}

/** Plain arrays, so that what is a view compares with what is not. */
function comparable(message: ClusterMessage): unknown {
  const { slots, aboutSlots } = message;
  return { ...message, slots: [...slots], aboutSlots: [...aboutSlots] };
}

test('a packet says when it is read what it was made of', () => {
  fc.assert(
    fc.property(head, body, (first, second) => {
      const message = made(first, second);
      const bytes = message.encode();
      expect(packet.announcedLength(bytes)).toBe(bytes.length);
      const read = readMessage(bytes);
      if (typeof read === 'string') throw new Error(read);
      expect(comparable(read)).toEqual(comparable(message));
    }),
    { numRuns: 50 },
  );
});

test('a packet that was cut, or changed anywhere, is refused or read, and no more', () => {
  fc.assert(
    fc.property(head, body, fc.nat(), fc.nat(255), (first, second, at, byte) => {
      const bytes = made(first, second).encode();
      bytes[at % bytes.length] = byte;
      const cut = bytes.subarray(0, 2256 + (at % (bytes.length - 2255)));
      for (const each of [bytes, cut]) {
        const read = readMessage(each);
        expect(typeof read === 'string' || read instanceof ClusterMessage).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('what does not begin as a packet has no length', () => {
  expect(packet.announcedLength(Buffer.from('GET / HT'))).toBe(0);
  expect(packet.announcedLength(Buffer.from('RCmb\0\0\0\x10', 'latin1'))).toBe(0);
});
