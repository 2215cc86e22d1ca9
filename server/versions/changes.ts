// How the commands of other versions differ from those of 8.0, family by family.

import { BLOCKING, LOADING, NO_MULTI, NOSCRIPT } from '../../protocol/command-spec.ts';
import { before, type Change, valkey, without } from './change.ts';

export const changes: readonly Change[] = [
  // Blocking commands could not be called by scripts.
  { when: before('7.2'), of: 'blmove blpop brpop brpoplpush bzpopmax bzpopmin', adds: NOSCRIPT },
  { when: before('7.2'), of: 'wait', adds: NOSCRIPT, takes: BLOCKING },
  { when: before('7.2'), of: 'zrank zrevrank', arity: 3 },
  { when: before('7.2'), of: 'command|getkeys command|getkeysandflags', arity: -4 },
  { when: before('7.2'), of: 'cluster|shards cluster|slots', takes: LOADING },
  { when: before('7.4', '8.0'), of: 'hscan', run: without(3, 'NOVALUES') },
  { when: before('7.4', '8.0'), of: 'client|kill', run: without(2, 'MAXAGE') },
  { when: valkey(), of: 'multi watch', adds: NO_MULTI },
];
