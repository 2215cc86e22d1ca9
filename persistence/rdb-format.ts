// The vocabulary of RDB files.
//
// A file is a row of records, each begun by one byte: an opcode, or the type of a value, which is
// followed by the key and the value.
//
//   REDIS0012                          the version, in decimal digits
//   AUX name value                     some facts about the writer, for whoever is interested
//   FUNCTION2 code                     a library of functions
//   SELECTDB number                    what follows is in this database,
//   RESIZEDB keys expiries             which holds so many
//   EXPIRETIME_MS time                 the next key expires
//   IDLE seconds | FREQ count          how it was used
//   type key value
//   EOF checksum                       CRC-64 of all before it, or zeros
//
// Types are also the versions of values: a new layout gets a new number, and old ones are read for
// ever.

/** What Redis 8.0 writes. */
export const RDB_VERSION = 12;

/** Types of values, by what they hold and how. Those that are only read are marked so. */
export const TYPE = {
  STRING: 0,
  LIST: 1, // Read only, from here to ZSET: until Redis 3.2 and 4.0.
  SET: 2,
  ZSET: 3, // Read only: scores in decimal digits.
  HASH: 4,
  ZSET_2: 5,
  MODULE_PRE_GA: 6,
  MODULE_2: 7,
  HASH_ZIPMAP: 9, // Read only.
  LIST_ZIPLIST: 10, // Read only.
  SET_INTSET: 11,
  ZSET_ZIPLIST: 12, // Read only.
  HASH_ZIPLIST: 13, // Read only.
  LIST_QUICKLIST: 14, // Read only.
  STREAM_LISTPACKS: 15, // Read only.
  HASH_LISTPACK: 16,
  ZSET_LISTPACK: 17,
  LIST_QUICKLIST_2: 18,
  STREAM_LISTPACKS_2: 19, // Read only.
  SET_LISTPACK: 20,
  STREAM_LISTPACKS_3: 21,
  HASH_METADATA_PRE_GA: 22, // Read only: release candidates of 7.4.
  HASH_LISTPACK_EX_PRE_GA: 23, // Read only.
  HASH_METADATA: 24,
  HASH_LISTPACK_EX: 25,
} as const;

export const OPCODE = {
  SLOT_INFO: 244,
  FUNCTION2: 245,
  FUNCTION_PRE_GA: 246,
  MODULE_AUX: 247,
  IDLE: 248,
  FREQ: 249,
  AUX: 250,
  RESIZEDB: 251,
  EXPIRETIME_MS: 252,
  EXPIRETIME: 253,
  SELECTDB: 254,
  EOF: 255,
} as const;

// The two highest bits of a length's first byte: 6 bits, 14 bits, a full number behind, or a
// string that is no plain row of bytes.
export const LENGTH_32 = 0x80;
export const LENGTH_64 = 0x81;
export const ENCODED_INT8 = 0xc0;
export const ENCODED_INT16 = 0xc1;
export const ENCODED_INT32 = 0xc2;
export const ENCODED_LZF = 0xc3;

/** A node of a list is one element, or a listpack of them. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** The last moment at which a field of a hash may expire (Unix ms), as far as files go. */
export const FIELD_TIME_MAX = 2 ** 48 - 1;

/** Whether a number is the type of a value at all. */
export function isType(type: number): boolean {
  return type <= TYPE.HASH_LISTPACK_EX && type !== 8;
}
