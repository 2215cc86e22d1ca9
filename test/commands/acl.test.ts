// Users and their rights, as clients meet them.

import { describe, expect, test as plain } from 'vitest';
import { startServer } from '../../server/index.ts';
import { everywhere, type Talk, type Value } from '../redis.ts';
import { overSocket } from '../wire.ts';

const WRONG_PASS = /^WRONGPASS invalid username-password pair or user is disabled.$/;

/** A reply that is a map in RESP3, as one. */
function fields(reply: Value): Map<Value, Value> {
  if (reply instanceof Map) return reply;
  const map = new Map<Value, Value>();
  const list = reply as Value[];
  for (let i = 0; i < list.length; i += 2) map.set(list[i], list[i + 1]);
  return map;
}

function words(reply: Value): Value[] {
  return reply instanceof Set ? [...reply] : (reply as Value[]);
}

/** A new client that is this user, whom any password lets in. */
async function as(r: Talk, name: string): Promise<Talk> {
  const client = await r.client();
  await client(['AUTH', name, 'x']);
  return client;
}

async function denied(r: Talk): Promise<Record<string, string>> {
  const info = (await r('INFO stats')) as string;
  const found = info.matchAll(/acl_access_denied_(\w+):(\d+)/g);
  return Object.fromEntries(Array.from(found, ([, name, count]) => [name, count]));
}

everywhere((test) => {
  test('everybody is the default user, who may do everything', async (r) => {
    expect(await r('ACL WHOAMI')).toBe('default');
    expect(await r('ACL USERS')).toEqual(['default']);
    expect(await r('ACL LIST')).toEqual(['user default on nopass sanitize-payload ~* &* +@all']);
    const user = fields(await r('ACL GETUSER default'));
    expect(words(user.get('flags')!)).toEqual(['on', 'nopass', 'sanitize-payload']);
    expect(user.get('selectors')).toEqual([]);
    expect(await r('ACL GETUSER nobody')).toBe(null);
  });

  test('a new user may do nothing, not even come in', async (r) => {
    expect(await r('ACL SETUSER ada')).toBe('OK');
    await r.fails('AUTH ada x', WRONG_PASS);
    await r('ACL SETUSER ada on >secret >other');
    await r.fails('AUTH ada wrong', WRONG_PASS);
    expect(await r('AUTH ada other')).toBe('OK');
    await r.fails('GET k', /^NOPERM User ada has no permissions to run the 'get' command$/);
    await r.fails('CONFIG GET x', /^NOPERM User ada .* the 'config\|get' command$/);
    await r.fails('ACL WHOAMI', /^NOPERM User ada .* the 'acl\|whoami' command$/);
    expect(await r('RESET')).toBe('RESET');
    expect(await r('ACL WHOAMI')).toBe('default');
  });

  test('passwords are kept as hashes, and can be taken away as either', async (r) => {
    const hash = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'; // Of secret.
    await r('ACL SETUSER ada on >secret');
    expect(fields(await r('ACL GETUSER ada')).get('passwords')).toEqual([hash]);
    await r(['ACL', 'SETUSER', 'ada', `!${hash}`]);
    await r.fails('AUTH ada secret', WRONG_PASS);
    await r.fails('ACL SETUSER ada <secret', /: The password you are trying to remove .* exist$/);
    await r.fails(`ACL SETUSER ada #${hash.slice(1)}`, /must be exactly 64 characters/);
    await r('ACL SETUSER ada nopass');
    expect(await r('AUTH ada anything')).toBe('OK');
  });

  test('a rule that makes no sense leaves the user as it was', async (r) => {
    await r('ACL SETUSER ada on ~x* +get');
    const before = await r('ACL LIST');
    const bad = /^ERR Error in ACL SETUSER modifier/;
    await r.fails('ACL SETUSER ada +set nonsense', bad);
    await r.fails('ACL SETUSER ada +nosuch', /'\+nosuch': Unknown command or category name in ACL/);
    await r.fails('ACL SETUSER ada allkeys ~x', /'~x': Adding a pattern after the \* pattern/);
    await r.fails('ACL SETUSER ada +config|get|x', /Allowing first-arg of a subcommand is not/);
    await r.fails(
      'ACL SETUSER ada (+set ~y',
      /^ERR Unmatched parenthesis .* starting at '\(\+set'.$/,
    );
    await r.fails('ACL SETUSER "a b"', /^ERR Usernames can't contain spaces or null characters$/);
    expect(await r('ACL LIST')).toEqual(before);
  });

  test('rules are listed once, in the order of their last use', async (r) => {
    const rules = 'ada -@all +get +@hash -hset +client|id +client|list +CLIENT +@HASH +select|0';
    await r(`ACL SETUSER ${rules}`);
    const commands = () => r('ACL GETUSER ada').then((user) => fields(user).get('commands'));
    expect(await commands()).toBe('-@all +get -hset +client +@hash +select|0');
    await r('ACL SETUSER ada +@all -client|kill');
    expect(await commands()).toBe('+@all -client|kill');
  });

  test('a key pattern may be for reading or for writing only', async (r) => {
    await r('ACL SETUSER ada on nopass +@all %R~r* %W~w* ~b*');
    const ada = await as(r, 'ada');
    const refused = /^NOPERM No permissions to access a key$/;
    await ada('SET w1 x');
    await ada.fails('GET w1', refused);
    await ada.fails('SET r1 x', refused);
    expect(await ada('GET r1')).toBe(null);
    await ada.fails('SET w1 y GET', refused); // It tells what was there.
    await ada('SET b1 y GET');
    await ada('COPY r1 w1');
    await ada.fails('COPY w1 r1', refused);
    await ada('BITFIELD r1 GET u8 0');
    await ada.fails('BITFIELD r1 SET u8 0 1', refused);
    await ada.fails('SORT r1 STORE r2', refused);
    expect(await ada('SORT r1 STORE w2')).toBe(0);
  });

  test('all of a call has to be allowed by one selector', async (r) => {
    await r('ACL SETUSER ada on nopass (+get %R~a*) (+set ~b* +publish &news*)');
    const ada = await as(r, 'ada');
    expect(await ada('GET a1')).toBe(null);
    expect(await ada('SET b1 x')).toBe('OK');
    await ada.fails('GET b1', /^NOPERM No permissions to access a key$/);
    await ada.fails('DEL b1', /^NOPERM User ada has no permissions to run the 'del' command$/);
    expect(await ada('PUBLISH news:1 x')).toBe(0);
    await ada.fails('PUBLISH old x', /^NOPERM No permissions to access a channel$/);
    const selectors = fields(await r('ACL GETUSER ada')).get('selectors') as Value[];
    expect(selectors.map((each) => fields(each).get('keys'))).toEqual(['%R~a*', '~b*']);
    await r('ACL SETUSER ada clearselectors');
    await ada.fails('GET a1', /^NOPERM User ada/);
  });

  test('ACL DRYRUN tells what would be refused, and why', async (r) => {
    await r('ACL SETUSER ada +get +mset ~x* &a +publish');
    expect(await r('ACL DRYRUN ada GET x1')).toBe('OK');
    const words = "User ada has no permissions to access the 'y1' key";
    expect(await r('ACL DRYRUN ada MSET x1 v y1 v')).toBe(words);
    expect(await r('ACL DRYRUN ada PUBLISH b m')).toMatch(/access the 'b' channel$/);
    expect(await r('ACL DRYRUN ada DEL x1')).toMatch(/run the 'del' command$/);
    await r.fails('ACL DRYRUN nobody GET x', /^ERR User 'nobody' not found$/);
    await r.fails('ACL DRYRUN ada NOPE', /^ERR Command 'NOPE' not found$/);
    await r.fails('ACL DRYRUN ada GET', /^ERR wrong number of arguments for 'get' command$/);
  });

  test('who asks for a transaction must still be allowed it when it runs', async (r) => {
    await r('ACL SETUSER ada on nopass +@all ~*');
    const ada = await as(r, 'ada');
    await ada('MULTI');
    await ada('SET k 1');
    await ada('GET k');
    await ada('GET l');
    await r('ACL SETUSER ada resetkeys ~k -set');
    const [set, get, other] = (await ada('EXEC')) as [Error, Value, Error];
    expect(set.message).toMatch(/^NOPERM ACLs rules changed .* execute the command or subcommand$/);
    expect(get).toBe(null);
    expect(other.message).toMatch(/no permission to touch the specified keys$/);
    await ada('MULTI');
    await ada.fails('SET k 1', /^NOPERM User ada/);
    await ada.fails('EXEC', /^EXECABORT Transaction discarded because of previous errors.$/);
  });

  test('who waits for a key must still be allowed it when it comes', async (r) => {
    await r('ACL SETUSER ada on nopass +@all ~*');
    const ada = await as(r, 'ada');
    const popped = ada('BLPOP k 0');
    const refused = expect(popped).rejects.toThrow('NOPERM No permissions to access a key');
    while (!/cmd=blpop/.test((await r('CLIENT LIST')) as string));
    while (!/blocked_clients:1/.test((await r('INFO clients')) as string));
    await r('ACL SETUSER ada resetkeys');
    await r('RPUSH k x');
    await refused;
    expect(await r('LLEN k')).toBe(1);
  });

  test('a script may do what its caller may', async (r) => {
    await r('ACL SETUSER ada on nopass +eval +get ~x*');
    const ada = await as(r, 'ada');
    expect(await ada(['EVAL', "return redis.call('get', 'x')", 0])).toBe(null);
    const noKey = /^ERR ACL failure in script: No permissions to access a key script: \w+/;
    await ada.fails(['EVAL', "return redis.call('get', 'y')", 0], noKey);
    const noCommand = /ACL failure in script: User ada has no permissions to run the 'del' command/;
    await ada.fails(['EVAL', "return redis.call('del', 'x')", 0], noCommand);
    const may = "return {redis.acl_check_cmd('get', 'x'), redis.acl_check_cmd('get', 'y')}";
    expect(await ada(['EVAL', may, 0])).toEqual([1, null]);
  });

  test('a function may do what its caller may', async (r) => {
    const code =
      "#!lua name=lib\nredis.register_function('f', function(keys) return " +
      "redis.call('incr', keys[1]) end)";
    await r(['FUNCTION', 'LOAD', 'REPLACE', code]);
    await r('ACL SETUSER ada on nopass +fcall +incr ~x* ~y* -@dangerous');
    const ada = await as(r, 'ada');
    expect(await ada('FCALL f 1 x')).toBe(1);
    await ada.fails('FCALL f 1 z', /^NOPERM No permissions to access a key$/);
    await r('ACL SETUSER ada -incr');
    await ada.fails('FCALL f 1 x', /ACL failure in script: User ada .* the 'incr' command/);
    await r('FUNCTION FLUSH');
  });

  test('a removed user who waits for a key waits no longer', async (r) => {
    await r('ACL SETUSER ada on nopass +@all ~*');
    const ada = await as(r, 'ada');
    const popped = ada('BLPOP k 0').catch(() => 'gone');
    while (!/blocked_clients:1/.test((await r('INFO clients')) as string));
    await r('ACL DELUSER ada');
    expect(await popped).toBe('gone');
    await r('RPUSH k x');
    expect(await r('LLEN k')).toBe(1);
  });

  test('SORT by other keys needs the right to read them all', async (r) => {
    await r('ACL SETUSER ada on nopass +sort ~k');
    const ada = await as(r, 'ada');
    await ada.fails('SORT k BY w*', /^ERR BY option of SORT denied due to insufficient ACL/);
    await ada.fails('SORT k GET w*', /^ERR GET option of SORT denied due to insufficient ACL/);
    expect(await ada('SORT k BY nosort')).toEqual([]);
    await r('ACL SETUSER ada %R~*');
    expect(await ada('SORT k BY w* GET w*')).toEqual([]);
  });

  test('ACL LOG tells who was refused what, and how often', async (r) => {
    await r('ACL LOG RESET');
    const before = await denied(r);
    await r('ACL SETUSER ada on nopass +get +multi +exec');
    const ada = await as(r, 'ada');
    await ada.fails('SET k v', /^NOPERM/);
    await ada.fails('SET k v', /^NOPERM/);
    await ada('MULTI');
    await ada.fails('GET secret', /^NOPERM/);
    await r.fails('AUTH nobody x', WRONG_PASS);
    const log = ((await r('ACL LOG')) as Value[]).map(fields);
    const shown = log.map((entry) =>
      ['reason', 'context', 'object', 'username', 'count'].map((name) => entry.get(name)).join(' '),
    );
    expect(shown).toEqual([
      'auth toplevel AUTH nobody 1',
      'key multi secret ada 1',
      'command toplevel set ada 2',
    ]);
    expect(log[1].get('client-info')).toMatch(/^id=\d+ .* cmd=get user=ada /);
    expect(((await r('ACL LOG 1')) as Value[]).length).toBe(1);
    const after = await denied(r);
    const more = Object.keys(after).map((name) => Number(after[name]) - Number(before[name]));
    expect(more).toEqual([1, 2, 1, 0]);
    await r('CONFIG SET acllog-max-len 1');
    await ada.fails('DEL k', /^NOPERM/);
    expect(((await r('ACL LOG')) as Value[]).length).toBe(1);
    expect(await r('ACL LOG RESET')).toBe('OK');
    await r.fails('ACL LOG x', /^ERR value is not an integer or out of range$/);
  });

  test('a removed user takes its connections along', async (r) => {
    await r('ACL SETUSER ada on nopass +@all');
    const ada = await as(r, 'ada');
    const other = await as(r, 'ada');
    expect(await ada('ACL DELUSER ada nobody')).toBe(1);
    await ada.wire.toEnd();
    await other.wire.toEnd();
    await r.fails('ACL DELUSER default', /^ERR The 'default' user cannot be removed$/);
  });

  test('who loses a channel that it listens to is disconnected, others are not', async (r) => {
    await r('ACL SETUSER ada on nopass +@all &a* &b &c*');
    const [lost, kept] = [await as(r, 'ada'), await as(r, 'ada')];
    await lost('SUBSCRIBE a1');
    await kept('PSUBSCRIBE c*');
    await r('ACL SETUSER ada resetchannels &b &c* &a2');
    await lost.wire.toEnd();
    expect(await r('PUBLISH c1 x')).toBe(1);
    expect(kept.wire.closed).toBe(false);
  });

  test('a pattern may be listened to only if it is allowed as it stands', async (r) => {
    await r('ACL SETUSER ada on nopass +@all &a* &b?');
    const ada = await as(r, 'ada');
    await ada.fails('PSUBSCRIBE a1*', /^NOPERM No permissions to access a channel$/);
    await ada.fails('PSUBSCRIBE ab', /^NOPERM/);
    expect(await ada('PUNSUBSCRIBE zz*')).toEqual(['punsubscribe', 'zz*', 0]);
    expect(await ada('PSUBSCRIBE b?')).toEqual(['psubscribe', 'b?', 1]);
  });

  test('the default user without a password lets everybody in, and with one nobody', async (r) => {
    await r('CONFIG SET requirepass secret');
    const hashes = fields(await r('ACL GETUSER default')).get('passwords') as Value[];
    expect(hashes.length).toBe(1);
    const wire = await r.connect();
    const ask = async (line: string) => (await wire.ask(...line.split(' '))).text;
    expect(await ask('PING')).toBe('NOAUTH Authentication required.');
    expect(await ask('ACL WHOAMI')).toBe('NOAUTH Authentication required.');
    expect(await ask('AUTH secret')).toBe('OK');
    await r('ACL SETUSER default nopass');
    expect(await ask('AUTH secret')).toMatch(/^ERR AUTH <password> called without any password/);
    await r('ACL SETUSER default off');
    const late = await r.connect();
    expect((await late.ask('PING')).text).toBe('NOAUTH Authentication required.');
    expect(await ask('PING')).toBe('PONG'); // It was in before.
    await r('ACL SETUSER default on');
    await r('CONFIG SET requirepass ""');
  });

  test('ACL CAT lists categories, and what is in them', async (r) => {
    const categories = (await r('ACL CAT')) as string[];
    expect(categories).toContain('scripting');
    expect(await r('ACL CAT Transaction')).toEqual(expect.arrayContaining(['multi', 'exec']));
    expect(await r('ACL CAT connection')).toContain('client|id');
    await r.fails('ACL CAT nope', /^ERR Unknown category 'nope'$/);
    await r.fails('ACL CAT a b', /^ERR unknown subcommand or wrong number of arguments for 'CAT'/);
  });

  test('ACL GENPASS makes passwords of as many bits as one wants', async (r) => {
    const made = (await r('ACL GENPASS')) as string;
    expect(made).toMatch(/^[0-9a-f]{64}$/);
    expect(await r('ACL GENPASS')).not.toBe(made);
    expect(await r('ACL GENPASS 5')).toMatch(/^[0-9a-f]{2}$/);
    await r.fails('ACL GENPASS 0', /^ERR ACL GENPASS argument must be the number of bits/);
    await r.fails('ACL GENPASS 4097', /a positive number up to 4096$/);
    await r.fails('ACL GENPASS x', /^ERR value is not an integer or out of range$/);
  });

  test('without a file there is none to load, nor to save to', async (r) => {
    await r.fails('ACL LOAD', /^ERR This Redis instance is not configured to use an ACL file/);
    await r.fails('ACL SAVE', /^ERR This Redis instance is not configured to use an ACL file/);
    await r.fails('ACL HELP x', /^ERR wrong number of arguments for 'acl\|help' command$/);
    expect(((await r('ACL HELP')) as string[]).at(-2)).toBe('HELP');
  });

  test('CLIENT KILL USER ends the connections of a user that there is', async (r) => {
    await r('ACL SETUSER ada on nopass');
    const ada = await as(r, 'ada');
    expect(await r('CLIENT LIST')).toMatch(/ user=ada /);
    expect(await r('CLIENT KILL USER ada')).toBe(1);
    await ada.wire.toEnd();
    await r.fails('CLIENT KILL USER nobody', /^ERR No such user 'nobody'$/);
  });

  test('acl-pubsub-default says what a new user may listen to', async (r) => {
    await r('CONFIG SET acl-pubsub-default allchannels');
    await r('ACL SETUSER ada');
    await r('CONFIG SET acl-pubsub-default resetchannels');
    await r('ACL SETUSER bob (+get)');
    expect(fields(await r('ACL GETUSER ada')).get('channels')).toBe('&*');
    expect(await r('ACL LIST')).toContain(
      'user bob off sanitize-payload resetchannels -@all (resetchannels -@all +get)',
    );
    await r('ACL SETUSER ada reset');
    expect(fields(await r('ACL GETUSER ada')).get('channels')).toBe('');
  });
});

describe('passwords that the server makes up', () => {
  plain('repeat themselves if the server was given a seed, and only then', async () => {
    const made = async (seed?: number) => {
      await using server = await startServer(seed === undefined ? {} : { seed });
      const wire = await overSocket({ host: server.host, port: server.port });
      const { text } = await wire.ask('ACL', 'GENPASS');
      wire.close();
      return text;
    };
    expect(await made(1)).toBe(await made(1));
    expect(await made()).not.toBe(await made());
  });
});
