// Every parameter of Redis 8.0.2, with the types that follow from the rows.

import type { Kind } from './kinds.ts';
import { HIDDEN, type Parameter } from './parameter.ts';
import { clusterParameters, fileParameters, replicationParameters } from './parameters-data.ts';
import { keyParameters } from './parameters-keys.ts';
import { networkParameters, tlsParameters } from './parameters-network.ts';
import { processParameters } from './parameters-process.ts';

export const parameters = {
  ...networkParameters,
  ...processParameters,
  ...keyParameters,
  ...fileParameters,
  ...replicationParameters,
  ...clusterParameters,
  ...tlsParameters,
};

export type ParameterName = keyof typeof parameters;

export type ValueOf<Name extends ParameterName> =
  (typeof parameters)[Name]['kind'] extends Kind<infer T> ? T : never;

/** What the server works with: each parameter's value, under Redis's own name for it. */
export type ConfigValues = { readonly [Name in ParameterName]: ValueOf<Name> };

const OURS = /(^|-)respite-/;
const rows: readonly Parameter[] = Object.values(parameters);

/** Those of Redis. */
export const allParameters: readonly Parameter[] = rows.filter(({ name }) => !OURS.test(name));
/** Those that no Redis has. CONFIG shows them, and changes them, like the others. */
export const ourParameters: readonly Parameter[] = rows.filter(({ name }) => OURS.test(name));

const byName = new Map<string, Parameter>();
for (const parameter of rows) {
  byName.set(parameter.name, parameter);
  if (parameter.alias !== '') byName.set(parameter.alias, parameter);
}

/** The parameter of this name or alias, in any case. */
export function findParameter(name: string): Parameter | undefined {
  return byName.get(name.toLowerCase());
}

/** Names and aliases that CONFIG GET's patterns see, each with its parameter. */
export const visibleNames: readonly (readonly [string, Parameter])[] = [...byName].filter(
  ([, parameter]) => (parameter.flags & HIDDEN) === 0,
);
