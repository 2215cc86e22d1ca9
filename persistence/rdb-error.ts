// What is wrong with an RDB file or a DUMP payload. Reading one throws nothing else.

/**
 * short       it ends before it should
 * corrupt     what it says makes no sense
 * signature   it is no RDB file
 * version     it is of a version that is not known here
 * checksum    it was changed after it was written
 * module      it holds what only a module could read
 * functions   it holds functions as only a release candidate of 7.0 wrote them
 * library     it holds a library of functions that cannot be loaded
 */
export type RdbFault =
  | 'short'
  | 'corrupt'
  | 'signature'
  | 'version'
  | 'checksum'
  | 'module'
  | 'functions'
  | 'library';

export class RdbError extends Error {
  override readonly name = 'RdbError';
  readonly fault: RdbFault;
  /** How many bytes had been read. */
  offset = 0;

  constructor(fault: RdbFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** An error of data that make no sense. */
export function corrupt(message: string): RdbError {
  return new RdbError('corrupt', message);
}
