// Tests of Redis's suite that real Redis passes and this server does not, each with its reason.
//
// A test that fails without standing here makes `npm run conformance` fail. Kept by hand: whoever
// builds what a reason speaks of takes its entries away.

export interface Waiting {
  unit: string;
  /** The name, or a pattern for several. */
  test: string | RegExp;
  reason: string;
}

export const waiting: Waiting[] = [];
