// Payloads for RESTORE: of all types, old and new; and some that are none.

import { Crc64 } from '../../persistence/crc64.ts';
import { dump } from '../../persistence/dump.ts';
import { RDB_VERSION, TYPE } from '../../persistence/rdb-format.ts';
import { packed } from '../../datatypes/listpack.ts';

/** A payload of some bytes, with a footer that fits. */
function sealed(type: number, ...parts: (Buffer | number[])[]): string {
  const body = Buffer.concat([Buffer.from([type]), ...parts.map((part) => Buffer.from(part))]);
  const bytes = Buffer.concat([body, Buffer.from([RDB_VERSION, 0]), Buffer.alloc(8)]);
  const crc = new Crc64();
  crc.update(bytes, 0, bytes.length - 8);
  crc.write(bytes, bytes.length - 8);
  return bytes.toString('latin1');
}

/** A string of up to 63 bytes, and a listpack as one. */
const text = (bytes: string) => Buffer.from(String.fromCharCode(bytes.length) + bytes, 'latin1');
const pack = (...elements: string[]) => text(packed(elements).toString('latin1'));
const whole = (value: string | number) => dump(value, true).toString('latin1');

/** A call with the payloads that a server writes whose newest version that is; or most of them. */
export function ofVersion(argv: readonly string[], version: number): readonly string[] {
  return argv.map((word) => {
    const at = PAYLOADS.indexOf(word);
    // Some stay as they are: from a newer server.
    if (at < 0 || word.length < 11 || at % 7 === 3) return word;
    const bytes = Buffer.from(word, 'latin1');
    bytes[bytes.length - 10] = version;
    const crc = new Crc64();
    crc.update(bytes, 0, bytes.length - 8);
    crc.write(bytes, bytes.length - 8);
    return bytes.toString('latin1');
  });
}

const two = Buffer.alloc(8);
two.writeDoubleLE(2.5);

export const PAYLOADS: readonly string[] = [
  ...[whole('abc'), whole(7), whole(''), whole('long '.repeat(30)), whole('2147483648')],
  sealed(TYPE.LIST_QUICKLIST_2, [1, 2], pack('a', '1', 'b')),
  sealed(TYPE.LIST_QUICKLIST_2, [2, 1], text('plain'), [2], pack('x', 'a')),
  sealed(TYPE.LIST, [2], text('a'), text('b')),
  sealed(TYPE.SET_LISTPACK, pack('a', 'b', '10')),
  sealed(TYPE.SET, [3], text('a'), text('b'), [0xc0, 7]),
  sealed(TYPE.SET_INTSET, text('\x02\0\0\0\x02\0\0\0\xff\xff\x05\0')),
  sealed(TYPE.ZSET_LISTPACK, pack('a', '1', 'b', '2.5')),
  sealed(TYPE.ZSET_2, [1], text('a'), two),
  sealed(TYPE.ZSET, [2], text('a'), text('3'), text('b'), [254]),
  sealed(TYPE.HASH_LISTPACK, pack('a', '1', 'b', 'x')),
  sealed(TYPE.HASH, [2], text('a'), text('b'), text('b'), text('10')),
  sealed(TYPE.HASH_ZIPMAP, text('\x01\x01a\x02\x00xy\xff')),
  sealed(TYPE.HASH_LISTPACK_EX, Buffer.alloc(8), pack('a', '1', '4102444800000', 'b', '2', '0')),
  // Without elements; of the wrong size; of no type; twice the same; with a wrong checksum.
  sealed(TYPE.SET_LISTPACK, pack()),
  sealed(TYPE.LIST_QUICKLIST_2, [1, 2], text(`x${packed(['a']).toString('latin1')}`)),
  sealed(8, text('a')),
  sealed(TYPE.SET, [2], text('a'), text('a')),
  ...[`${whole('abc').slice(0, -1)}.`, 'abc', ''],
];
