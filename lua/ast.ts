// A chunk as the parser leaves it: names are resolved already, to a local variable or to a global
// name, and locals know whether a closure holds on to them.

/** A local variable, or a parameter. */
export type Local = {
  readonly name: string;
  /** Its number in its function, so that two of one name can be told apart. */
  readonly id: number;
  readonly owner: FunctionBody;
  /** Whether a function inside uses it. */
  captured: boolean;
  /** Whether it is given a value after its declaration. */
  assigned: boolean;
};

export type FunctionBody = {
  /** The line of `function`; 0 for the chunk itself. */
  readonly line: number;
  /** The line of its `end`, or the last one that the chunk has words on. */
  endLine: number;
  readonly parent: FunctionBody | null;
  readonly parameters: Local[];
  variadic: boolean;
  /** The local `arg` of a variadic function: a table of what `...` has, unless that is used. */
  argTable: Local | null;
  usesDots: boolean;
  body: Block;
  locals: number; // How many were declared, for numbering.
  readonly upvalues: Set<Local>;
};

export type Block = readonly Statement[];

export type Statement =
  | {
      readonly type: 'local';
      readonly line: number;
      readonly locals: Local[];
      readonly values: Expression[];
    }
  | {
      readonly type: 'assign';
      readonly line: number;
      readonly targets: Target[];
      readonly values: Expression[];
    }
  | { readonly type: 'call'; readonly line: number; readonly call: Call }
  | { readonly type: 'do'; readonly body: Block }
  | {
      readonly type: 'while';
      readonly line: number;
      readonly condition: Expression;
      readonly body: Block;
    }
  | {
      readonly type: 'repeat';
      readonly line: number;
      /** Where the condition begins. */
      readonly untilLine: number;
      readonly body: Block;
      readonly condition: Expression;
    }
  | { readonly type: 'if'; readonly branches: readonly Branch[]; readonly otherwise: Block | null }
  | {
      readonly type: 'for';
      readonly line: number;
      /** Where `do` stands, which is where errors of the loop's bounds are. */
      readonly doLine: number;
      readonly local: Local;
      readonly start: Expression;
      readonly limit: Expression;
      readonly step: Expression | null;
      readonly body: Block;
    }
  | {
      readonly type: 'forIn';
      readonly line: number;
      readonly locals: Local[];
      readonly values: Expression[];
      readonly body: Block;
    }
  | {
      readonly type: 'localFunction';
      readonly line: number;
      readonly local: Local;
      readonly body: FunctionBody;
    }
  | { readonly type: 'return'; readonly line: number; readonly values: Expression[] }
  | { readonly type: 'break'; readonly line: number };

export type Branch = {
  readonly line: number;
  readonly condition: Expression;
  readonly body: Block;
};

export type Call =
  | {
      readonly type: 'call';
      readonly line: number;
      readonly callee: Expression;
      readonly args: Expression[];
    }
  | {
      readonly type: 'method';
      readonly line: number;
      /** Where the method is looked for. */
      readonly selfLine: number;
      readonly object: Expression;
      readonly name: string;
      readonly args: Expression[];
    };

export type Target =
  | { readonly type: 'localName'; readonly local: Local }
  | { readonly type: 'global'; line: number; readonly name: string }
  | {
      readonly type: 'index';
      line: number;
      readonly object: Expression;
      readonly key: Expression;
    };

export type Expression =
  | Target
  | Call
  | { readonly type: 'nil' | 'true' | 'false' | 'dots' }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'function'; readonly body: FunctionBody }
  | { readonly type: 'table'; readonly items: readonly TableItem[] }
  | {
      readonly type: 'unary';
      readonly line: number;
      readonly op: UnaryOp;
      readonly operand: Expression;
    }
  | {
      readonly type: 'binary';
      readonly line: number;
      readonly op: BinaryOp;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** In parentheses: of several values the first. */
  | { readonly type: 'group'; readonly inner: Expression };

/** `{ value }` if the key is null. */
export type TableItem = {
  readonly line: number;
  readonly key: Expression | null;
  readonly value: Expression;
};

export type UnaryOp = '-' | 'not' | '#';
export type BinaryOp =
  | ('+' | '-' | '*' | '/' | '%' | '^' | '..')
  | ('==' | '~=' | '<' | '<=' | '>' | '>=' | 'and' | 'or');
