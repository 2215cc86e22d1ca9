// A copy of whatever a key holds.

import { Bytes } from '../datatypes/string.ts';
import { isString, type Value } from './keyspace.ts';

/** A value that can be changed without changing this one. */
export function duplicate(value: Value): Value {
  if (!isString(value)) return value.copy();
  if (!(value instanceof Bytes)) return value;
  const bytes = Buffer.from(value.buf.subarray(0, value.length));
  return new Bytes(bytes, value.length, value.embedded);
}
