// RESP2 through redis-parser, with the same values coming out as of ReplyParser.
//
// redis-parser is asked for bytes and for integers in their digits: text is made here, where it
// can be seen whether the bytes are UTF-8, and integers beyond 2^53 keep their last digits.

import RedisParser from 'redis-parser';
import { ProtocolError, ServerError } from './errors.ts';
import type { ReplySink, ReplyValue } from './reply-parser.ts';
import { textOf } from './text.ts';

export class Resp2Parser {
  /** Whether strings of the reply that comes next are to be Buffers. */
  bytes = false;
  private readonly parser: RedisParser;

  constructor(sink: ReplySink) {
    this.parser = new RedisParser({
      returnBuffers: true,
      stringNumbers: true,
      returnReply: (reply) => {
        const kind = kindOf(reply);
        if (kind !== null && isPush(kind)) sink.push(convert(reply, true) as ReplyValue[]);
        else sink.reply(convert(reply, this.bytes));
      },
      returnError: (error) => sink.reply(new ServerError(error.message)),
      returnFatalError: (error) => {
        throw new ProtocolError(error.message);
      },
    });
  }

  execute(chunk: Buffer, length: number = chunk.length): void {
    // redis-parser's Buffers are views of what it is given.
    this.parser.execute(Buffer.from(chunk.subarray(0, length)));
  }
}

/** In RESP2 a subscriber is told of messages by arrays that begin with one of these words. */
const pushes = /^(?:[ps]?message|[ps]?(?:un)?subscribe)$/;

function isPush(kind: string): boolean {
  return pushes.test(kind);
}

function kindOf(reply: unknown): string | null {
  if (!Array.isArray(reply) || reply.length < 3 || !Buffer.isBuffer(reply[0])) return null;
  return reply[0].length <= 12 ? reply[0].latin1Slice() : null;
}

function convert(value: unknown, bytes: boolean): ReplyValue {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return bytes ? value : textOf(value, 0, value.length);
  if (typeof value === 'string') return integerOf(value);
  if (Array.isArray(value)) return value.map((each) => convert(each, bytes));
  if (value instanceof Error) return new ServerError(value.message);
  throw new ProtocolError(`a reply is ${typeof value}`);
}

function integerOf(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}
