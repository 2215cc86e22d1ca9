// protocol/reply-writer.ts: below 24 chars a loop beats the call into C++.

import '../../protocol/byte-string.ts';
import { compare } from './suite.ts';

const PER = 256;
const buf = Buffer.alloc(64 * 1024);

/** Strings as the request parser makes them, all different. */
function strings(length: number): string[] {
  const bytes = Buffer.alloc(PER + length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7 + 33) & 0xff;
  return Array.from({ length: PER }, (_, i) => bytes.latin1Slice(i, i + length));
}

function loop(bytes: string, at: number): void {
  const { length } = bytes;
  for (let i = 0; i < length; i++) buf[at + i] = bytes.charCodeAt(i);
}

for (const length of [8, 16, 20, 24, 28, 32, 64]) {
  const words = strings(length);
  compare(`write ${length} bytes`, PER, {
    'charCodeAt in a loop': () => {
      for (let i = 0; i < PER; i++) loop(words[i], i * length);
    },
    latin1Write: () => {
      for (let i = 0; i < PER; i++) buf.latin1Write(words[i], i * length, length);
    },
    "write(.., 'latin1')": () => {
      for (let i = 0; i < PER; i++) buf.write(words[i], i * length, length, 'latin1');
    },
  });
}
