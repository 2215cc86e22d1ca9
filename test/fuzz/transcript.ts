// Calls and replies in the spelling of redis-cli, to be read and to be typed again.

import type { Reply } from '../wire.ts';

/** A call as one would type it. */
export function shownCall(argv: readonly string[]): string {
  return argv.map((arg) => (/^[!#-&(-~]+$/.test(arg) ? shortened(arg) : quoted(arg))).join(' ');
}

/** A reply as redis-cli prints it, with the type byte where that alone would be lost. */
export function shownReply(reply: Reply, indent = ''): string {
  if (reply.isNull) return `(nil ${reply.type})`;
  switch (reply.type) {
    case '+':
      return reply.text;
    case '-':
    case '!':
      return `(error) ${shortened(reply.text)}`;
    case ':':
      return `(integer) ${reply.text}`;
    case '$':
      return quoted(reply.text);
    case '*':
    case '~':
    case '>':
    case '%':
      return shownItems(reply, indent);
    default:
      return `(${reply.type}) ${quoted(reply.text)}`;
  }
}

function shownItems(reply: Reply, indent: string): string {
  const kind = reply.type === '*' ? '' : `(${reply.type}) `;
  if (reply.items.length === 0) return `${kind}(empty)`;
  const lines = reply.items.slice(0, ITEMS).map((item, i) => {
    const number = `${i + 1}) `;
    return number + shownReply(item, indent + ' '.repeat(number.length + kind.length));
  });
  if (reply.items.length > ITEMS) lines.push(`... (${reply.items.length})`);
  return kind + lines.join(`\n${indent}${' '.repeat(kind.length)}`);
}

function quoted(bytes: string): string {
  const inside = shortened(bytes).replace(/["\\]|[^ -~]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${inside}"`;
}

const SHOWN = 500; // Bytes,
const ITEMS = 50; // and elements of a list.

function shortened(bytes: string): string {
  if (bytes.length <= SHOWN) return bytes;
  return `${bytes.slice(0, 40)}...<${bytes.length} bytes>...${bytes.slice(-20)}`;
}
