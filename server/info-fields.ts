// What a section of INFO consists of.

/** Names and values in the order in which they are printed. */
export type Fields = ReadonlyMap<string, string | number>;

/** Fields as an object literal spells them, in its order. */
export function fieldsOf(fields: Readonly<Record<string, string | number>>): Fields {
  return new Map(Object.entries(fields));
}
