// What a client is told without having asked: messages, and confirmations of what it listens to,
// of which one command may have many. They are kept apart from the replies, and compared on
// their own.

import type { Reply } from '../wire.ts';

const CONFIRMATION = /^[ps]?(un)?subscribe$/i;

/** Whether a command is confirmed once for each of its words, rather than answered. */
export function isConfirmed(argv: readonly string[]): boolean {
  return CONFIRMATION.test(argv[0]);
}

/** Whether this is no reply. In RESP2 that can only be told from what it says. */
export function isTold({ type, items }: Reply): boolean {
  if (type !== '*') return type === '>';
  if (items.length > 0 && CONFIRMATION.test(items[0].text)) return items[2]?.type === ':';
  return items.length > 2 && /^[ps]?message$/.test(items[0].text);
}

/** What one client was told on one side, since it was last compared. */
export class Told {
  private replies = 0;
  private readonly heard: { readonly at: number; readonly reply: Reply }[] = [];
  private claimed = 0; // So many of them are known to confirm a command.

  get size(): number {
    return this.heard.length;
  }

  /** Takes what came next: true if it is no reply, and is kept. */
  keeps(reply: Reply): boolean {
    if (isTold(reply)) this.heard.push({ at: this.replies, reply });
    else this.replies++;
    return isTold(reply);
  }

  /** Whether a command was confirmed behind so many replies, rather than answered. */
  confirms(argv: readonly string[], at: number): boolean {
    const name = argv[0].toLowerCase();
    const from = this.heard.findIndex(({ reply: { items } }, i) => {
      return i >= this.claimed && items[0].text === name && items[1].text === argv[1];
    });
    if (from < 0 || this.heard[from].at !== at) return false;
    this.claimed = from + argv.length - 1;
    return true;
  }

  /** All of it, each with how many replies came before; and forgets it. */
  take(): string[] {
    const all = this.heard.splice(0);
    this.replies = 0;
    this.claimed = 0;
    // Who listens to several patterns hears one message once for each, in the order of a hash
    // table with a seed of its own.
    const message = ({ items }: Reply) =>
      items[0].text === 'pmessage' ? items[2].raw + items[3].raw : null;
    for (let from = 0; from < all.length; from++) {
      const same = message(all[from].reply);
      let to = from + 1;
      while (same !== null && to < all.length && message(all[to].reply) === same) to++;
      const run = all.slice(from, to).sort((a, b) => (a.reply.raw < b.reply.raw ? -1 : 1));
      all.splice(from, run.length, ...run);
      from = to - 1;
    }
    return all.map(({ at, reply }) => `${at} ${reply.raw}`);
  }
}
