// Values of the host that Lua can only hand around and compare, and newproxy()'s, which can do what
// their metatable says.

import type { LuaTable } from './table.ts';

/** An address of the host's, without anything that Lua could do with it. */
export class LightUserdata {
  /** What tostring() shows behind "userdata: ". */
  readonly address: string;
  readonly meta: LuaTable | null;

  constructor(address: string, meta: LuaTable | null = null) {
    this.address = address;
    this.meta = meta;
  }
}

/** The address of nothing: how cjson has JSON's null in tables, where nil cannot be. */
export const NULL = Object.freeze(new LightUserdata('(nil)'));
