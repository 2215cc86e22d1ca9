// DEBUG PROTOCOL: one example of each kind of reply, for whoever writes a client.

import { ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';

const NO_SUCH_TYPE = new ReplyError(
  'ERR Wrong protocol type name. Please use one of the following: ' +
    'string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
);
const NEEDS_RESP3 = new ReplyError('ERR RESP2 is not supported by this command');

/** DEBUG PROTOCOL <type> */
export function debugProtocol(c: Client): void {
  const { reply } = c;
  switch (c.argv[2].toLowerCase()) {
    case 'string':
      return reply.bulk('Hello World');
    case 'integer':
      return reply.int(12345);
    case 'double':
      return reply.doubleText('3.141');
    case 'bignum':
      return reply.bigNumber('1234567999999999999999999999999999999');
    case 'null':
      return reply.null();
    case 'array':
      reply.array(3);
      return count(c);
    case 'set':
      reply.set(3);
      return count(c);
    case 'map':
      return map(c);
    case 'attrib':
      return attribute(c);
    case 'push':
      return push(c);
    case 'verbatim':
      return reply.verbatim('txt', 'This is a verbatim\nstring');
    case 'true':
      return reply.bool(true);
    case 'false':
      return reply.bool(false);
    default:
      throw NO_SUCH_TYPE;
  }
}

function count(c: Client): void {
  for (let i = 0; i < 3; i++) c.reply.int(i);
}

function map(c: Client): void {
  c.reply.map(3);
  for (let i = 0; i < 3; i++) {
    c.reply.int(i);
    c.reply.bool(i === 1);
  }
}

function attribute(c: Client): void {
  const { reply } = c;
  if (reply.resp3) {
    reply.attribute(1);
    reply.bulk('key-popularity');
    reply.array(2);
    reply.bulk('key:123');
    reply.int(90);
  }
  reply.bulk('Some real reply following the attribute');
}

function push(c: Client): void {
  const { reply } = c;
  if (!reply.resp3) throw NEEDS_RESP3;
  // Redis: what is pushed to the client whose command runs waits until that has its reply.
  reply.bulk('Some real reply following the push reply');
  if (c.inExec) return; // Unlike Redis: DEBUG PROTOCOL pushes nothing from inside EXEC.
  reply.push(2);
  reply.bulk('server-cpu-usage');
  reply.int(42);
}
