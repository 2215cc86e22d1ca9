// Values of the host that Lua can only hand around and compare.

/** An address of the host's, without anything that Lua could do with it. */
export class LightUserdata {
  /** What tostring() shows behind "userdata: ". */
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }
}

/** The address of nothing: how cjson has JSON's null in tables, where nil cannot be. */
export const NULL = Object.freeze(new LightUserdata('(nil)'));
