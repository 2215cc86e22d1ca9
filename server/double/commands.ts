// The entrance for those who write commands of their own (own-commands.ts, docs/testing.md).

export * from '../../protocol/command-spec.ts';
export {
  NOT_AN_INTEGER,
  ReplyError,
  SYNTAX,
  WRONG_TYPE,
} from '../../protocol/errors.ts';
export { parseSafeInt } from '../../protocol/numbers.ts';
export { fromText } from '../../protocol/byte-string.ts';
export type { Reply } from '../../protocol/reply.ts';
export type { Client } from '../client.ts';
export type { Handler } from '../command-table.ts';
export { toText } from './values.ts';
