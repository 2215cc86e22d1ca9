// Which slot of a cluster the keys of a call are in, for servers that are no cluster.

import type { CommandSpec } from '../../protocol/command-spec.ts';
import { routedIndexes } from '../../protocol/derive.ts';
import { keySlot } from '../../protocol/slot.ts';

const SHOWN = 60; // Chars of a key in a message.
const places: number[] = [];

/**
 * The slot of a call's keys, and of those that came before (-1 if there were none); `problem` names
 * the first that is in another, and is '' if none is.
 */
export function slotOfCall(
  spec: CommandSpec,
  argv: readonly string[],
  before: number,
): { slot: number; problem: string } {
  let slot = before;
  let first = '';
  const count = routedIndexes(spec, argv, places);
  for (let i = 0; i < count; i++) {
    const key = argv[places[i]];
    const other = keySlot(key);
    if (slot >= 0 && other !== slot) return { slot, problem: told(first, key, other, slot) };
    if (slot < 0) first = key;
    slot = other;
  }
  return { slot, problem: '' };
}

function told(first: string, key: string, other: number, slot: number): string {
  const others = first === '' ? `the others in ${slot}` : `'${shown(first)}' in ${slot}`;
  return `'${shown(key)}' is in slot ${other}, ${others}`;
}

/** A key in a message: printable, and not too long. */
export function shown(key: string): string {
  const short = key.length > SHOWN ? `${key.slice(0, SHOWN)}...` : key;
  return short.replace(/[^ -~]/g, '?');
}
