// CLIENT KILL: ends the connections that filters choose, in two forms. The old one names one
// address, spares nobody and says OK; the new one takes filters, which all have to fit, and
// counts. Of a filter given twice the last one holds.

import { quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { User } from '../acl-user.ts';
import type { Client } from '../client.ts';
import { ageSeconds, type ClientType, clientType, clientTypeNamed } from '../client-info.ts';
import { integer } from '../string-value.ts';

const NO_SUCH_CLIENT = new ReplyError('ERR No such client');
const BAD_ID = new ReplyError('ERR client-id should be greater than 0');
const MAXAGE_NOT_AN_INTEGER = new ReplyError('ERR maxage is not an integer or out of range');
const BAD_MAXAGE = new ReplyError('ERR maxage should be greater than 0');

class Filters {
  id = 0;
  type: ClientType | null = null;
  user: User | null = null;
  address: string | null = null;
  localAddress: string | null = null;
  skipsCaller = true;
  maxAge = 0;

  fit(each: Client, caller: Client): boolean {
    return (
      (this.id === 0 || each.id === this.id) &&
      (this.type === null || clientType(each) === this.type) &&
      (this.user === null || each.user === this.user) &&
      (this.address === null || each.link.address === this.address) &&
      (this.localAddress === null || each.link.localAddress === this.localAddress) &&
      (this.maxAge === 0 || ageSeconds(each) >= this.maxAge) &&
      !(this.skipsCaller && each === caller)
    );
  }
}

/**
 * CLIENT KILL ip:port|[ID client-id]|[TYPE NORMAL|MASTER|SLAVE|REPLICA|PUBSUB]|[USER username]|
 *   [ADDR ip:port]|[LADDR ip:port]|[SKIPME YES|NO]|[MAXAGE maxage] [[ID client-id]|[TYPE NORMAL|
 *   MASTER|SLAVE|REPLICA|PUBSUB]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME YES|NO]|
 *   [MAXAGE maxage] ...]
 */
export function clientKill(c: Client): void {
  const oldForm = c.argv.length === 3;
  const filters = oldForm ? new Filters() : readFilters(c);
  if (oldForm) {
    filters.address = c.argv[2];
    filters.skipsCaller = false;
  }
  let killed = 0;
  for (const each of [...c.server.clients.values()]) {
    if (!filters.fit(each, c)) continue;
    killed++;
    if (each === c) c.closing = true;
    else each.close();
  }
  if (!oldForm) c.reply.int(killed);
  else if (killed > 0) c.reply.ok();
  else throw NO_SUCH_CLIENT;
}

function readFilters({ argv, server }: Client): Filters {
  const filters = new Filters();
  for (let i = 2; i < argv.length; i += 2) {
    if (i + 1 === argv.length) throw SYNTAX;
    const value = argv[i + 1];
    switch (argv[i].toUpperCase()) {
      case 'ID':
        filters.id = integer(value, BAD_ID);
        if (filters.id <= 0) throw BAD_ID;
        break;
      case 'MAXAGE':
        filters.maxAge = integer(value, MAXAGE_NOT_AN_INTEGER);
        if (filters.maxAge <= 0) throw BAD_MAXAGE;
        break;
      case 'TYPE':
        filters.type = clientTypeNamed(value);
        break;
      case 'ADDR':
        filters.address = value;
        break;
      case 'LADDR':
        filters.localAddress = value;
        break;
      case 'USER':
        filters.user = server.acl.find(value) ?? null;
        if (filters.user === null) throw quoting("No such user '", value, "'");
        break;
      case 'SKIPME':
        filters.skipsCaller = skipme(value.toUpperCase());
        break;
      default:
        throw SYNTAX;
    }
  }
  return filters;
}

function skipme(word: string): boolean {
  if (word !== 'YES' && word !== 'NO') throw SYNTAX;
  return word === 'YES';
}
