// The package's entrance to RDB files, for those who read dumps without a server.

export {
  type PendingEntry,
  type RdbContents,
  type RdbEncoding,
  type RdbEntry,
  type ReadRdbOptions,
  readRdb,
  type StreamConsumer,
  type StreamContents,
  type StreamEntry,
  type StreamGroup,
} from './rdb-entries.ts';
export { RdbError, type RdbFault } from './rdb-error.ts';
