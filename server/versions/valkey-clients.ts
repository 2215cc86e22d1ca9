// CLIENT LIST as Valkey 8.1 has it: any number of filters, of which a client has to pass all.

import { quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { ageSeconds, clientType, clientTypeNamed, describeClient } from '../client-info.ts';

type Filter = (each: Client) => boolean;

const BAD_ID = new ReplyError('ERR client-id should be greater than 0');
const BAD_AGE = new ReplyError('ERR maxage is not an integer or out of range');
const SMALL_AGE = new ReplyError('ERR maxage should be greater than 0');

/** CLIENT LIST, with its filters. */
export function filteredClients(c: Client): void {
  const { argv, server } = c;
  const filters: Filter[] = [];
  let at = 2;
  while (at < argv.length) at = addFilter(c, at, filters);
  let text = '';
  for (const each of server.clients.values()) {
    if (filters.every((passes) => passes(each))) text += `${describeClient(each)}\n`;
  }
  c.reply.verbatim('txt', text);
}

/** Reads the filter at a place; returns where the next one is. */
function addFilter(c: Client, at: number, filters: Filter[]): number {
  const word = c.argv[at].toUpperCase();
  if (word === 'ID') return addIds(c.argv, at + 1, filters);
  if (at + 1 === c.argv.length) throw SYNTAX;
  const value = c.argv[at + 1];
  filters.push(filterOf(c, word, value));
  return at + 2;
}

function addIds(argv: readonly string[], first: number, filters: Filter[]): number {
  if (first === argv.length) throw SYNTAX;
  const ids = new Set<number>();
  let at = first;
  for (; at < argv.length; at++) {
    const id = parseInt64(argv[at]);
    if (id === undefined) break;
    if (id < 1n) throw BAD_ID;
    ids.add(Number(id));
  }
  filters.push((each) => ids.has(each.id));
  return at;
}

function filterOf(c: Client, word: string, value: string): Filter {
  switch (word) {
    case 'TYPE': {
      const type = clientTypeNamed(value.toLowerCase() === 'primary' ? 'master' : value);
      return (each) => clientType(each) === type;
    }
    case 'USER':
      if (c.server.acl.find(value) === undefined) throw quoting("No such user '", value, "'");
      return (each) => each.user.name === value;
    case 'ADDR':
      return (each) => each.link.address === value;
    case 'LADDR':
      return (each) => each.link.localAddress === value;
    case 'SKIPME':
      if (/^yes$/i.test(value)) return (each) => each !== c;
      if (/^no$/i.test(value)) return () => true;
      throw SYNTAX;
    case 'MAXAGE': {
      const least = parseSafeInt(value);
      if (least !== least) throw BAD_AGE;
      if (least < 1) throw SMALL_AGE;
      return (each) => ageSeconds(each) >= least;
    }
    default:
      throw SYNTAX;
  }
}
