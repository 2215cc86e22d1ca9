// The package's entrance to the protocol, for those who write clients, proxies or tools.

export { type CommandSpec, group } from './command-spec.ts';
export { commandTable } from './command-table.ts';
export { ReplyError } from './errors.ts';
export { globMatch } from './glob.ts';
export type { Link, LinkEvents } from './link.ts';
export type { Reply } from './reply.ts';
export { BufferPool, ReplyWriter } from './reply-writer.ts';
export { BROKEN, MORE, READY, RequestParser } from './request-parser.ts';
export { keySlot } from './slot.ts';
