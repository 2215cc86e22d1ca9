// Commands that only Valkey has.

import type { CommandSpec } from '../../protocol/command-spec.ts';
import type { Handler } from '../command-table.ts';
import type { When } from './change.ts';

type Own = { readonly when: When; readonly row: { spec: CommandSpec; run: Handler } };

export const valkeyRows: readonly Own[] = [];
