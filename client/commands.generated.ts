// Written by `npm run generate` from protocol/commands: do not edit.

import type {
  Claimed,
  ConsumerInfo,
  Cursor,
  Dict,
  Either,
  Entry,
  FailoverOptions,
  Fields,
  FunctionStats,
  GroupInfo,
  Integer,
  KillFilter,
  LibraryInfo,
  LongestMatch,
  Many,
  MigrateOptions,
  Num,
  OneOf,
  Pairs,
  Pending,
  PendingSummary,
  Place,
  Ranked,
  Scored,
  ScoredMembers,
  SlowEntry,
  SortOptions,
  StreamInfo,
  Triples,
  TrimOptions,
} from './types.ts';
import type { Value } from './command.ts';

/** A line for each command: see client/command.ts. */
export const rows = `acl cat			p?	[s]
acl deluser			l
acl dryrun			p p l?	s
acl genpass			p?	s
acl getuser			p	(flags:[s],passwords:[s],selectors:[()])
acl help				[s]
acl list				[s]
acl load
acl log			o:count::v o:reset:RESET:f	[()]
acl save
acl setuser			p l?
acl users				[s]
acl whoami				s
append	w	1	p p
asking
auth			p p?
bgrewriteaof				s
bgsave			o:schedule:SCHEDULE:f	s
bitcount	r	1	p p? p? p?
bitfield	w	1	p l
bitfield_ro	r	1	p l
bitop	w	2,3:-1	p p l
bitpos	r	1	p p p? p? p?
blmove	wb	1,2	p p p p p
blmpop	wb	#2	p n l p o:count:COUNT:v
blpop	wb	1:-2	l p
brpop	wb	1:-2	l p
brpoplpush	wb	1,2	p p p
bzmpop	wb	#2	p n l p o:count:COUNT:v	<_,z>
bzpopmax	wb	1:-2	l p	<_,_,d>
bzpopmin	wb	1:-2	l p	<_,_,d>
client caching			p
client getname				s
client getredir
client help				[s]
client id
client info				s
client kill			o:id:ID:v o:type:TYPE:v o:user:USER:v o:addr:ADDR:v o:laddr:LADDR:v o:skipme:SKIPME:v o:maxage:MAXAGE:v
client list			o:type:TYPE:v o:id:ID:l	s
client no-evict			p
client no-touch			p
client pause			p o:write:WRITE:f o:all:ALL:f
client reply			p	plain
client setinfo			p p
client setname			p
client tracking			p o:redirect:REDIRECT:v o:prefix:PREFIX:L o:bcast:BCAST:f o:optin:OPTIN:f o:optout:OPTOUT:f o:noloop:NOLOOP:f
client trackinginfo				(flags:[s])
client unblock			p o:timeout:TIMEOUT:f o:error:ERROR:f
client unpause
cluster addslots			l
cluster addslotsrange			t2
cluster bumpepoch				s
cluster count-failure-reports			p
cluster countkeysinslot			p
cluster delslots			l
cluster delslotsrange			t2
cluster failover			o:force:FORCE:f o:takeover:TAKEOVER:f
cluster flushslots
cluster forget			p
cluster getkeysinslot			p p
cluster help				[s]
cluster info				s
cluster keyslot			p
cluster links				[()]
cluster meet			p p p?
cluster myid				s
cluster myshardid				s
cluster nodes				s
cluster replicas			p	[s]
cluster replicate			p
cluster reset			o:hard:HARD:f o:soft:SOFT:f
cluster saveconfig
cluster set-config-epoch			p
cluster setslot			p p p?
cluster shards				[(nodes:[()])]
cluster slaves			p	[s]
cluster slots
command				plain
command count
command docs			l?	{plain}
command getkeys			p l?
command getkeysandflags			p l?	[<_,[s]>]
command help				[s]
command info			l?
command list			o:module:MODULE:v o:aclcat:ACLCAT:v o:pattern:PATTERN:v	[s]
config get			l	(*:s)
config help				[s]
config resetstat
config rewrite
config set			t2
copy	w	1,2	p p o:db:DB:v o:replace:REPLACE:f
dbsize	r
debug				plain
decr	w	1	p
decrby	w	1	p p
del	w	1:-1	l
discard				plain
dump	rB	1	p
echo			p
eval		#2	p n l? l?	plain
eval_ro	r	#2	p n l? l?	plain
evalsha		#2	p n l? l?	plain
evalsha_ro	r	#2	p n l? l?	plain
exec				plain
exists	r	1:-1	l
expire	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f
expireat	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f
expiretime	r	1	p
failover			o:to:TO:v2 o:force:FORCE:f o:abort:ABORT:f o:timeout:TIMEOUT:v
fcall		#2	p n l? l?	plain
fcall_ro	r	#2	p n l? l?	plain
flushall	w		o:async:ASYNC:f o:sync:SYNC:f
flushdb	w		o:async:ASYNC:f o:sync:SYNC:f
function delete	w		p
function dump	B
function flush	w		o:async:ASYNC:f o:sync:SYNC:f
function help				[s]
function kill
function list			o:libraryname:LIBRARYNAME:v o:withcode:WITHCODE:f	[(library_name:s,engine:s,library_code:s,functions:[(name:s,description:s,flags:[s])])]
function load	w		o:replace:REPLACE:f p	s
function restore	w		p o:flush:FLUSH:f o:append:APPEND:f o:replace:REPLACE:f
function stats				(running_script:(),engines:(*:()))
geoadd	w	1	p o:nx:NX:f o:xx:XX:f o:ch:CH:f t3
geodist	r	1	p p p p?	d
geohash	r	1	p l?	[s]
geopos	r	1	p l?	positions
georadius	w	1,STORE@6,STOREDIST@6	p p p p p o:withcoord:WITHCOORD:f o:withdist:WITHDIST:f o:withhash:WITHHASH:f o:count:COUNT:v o:any:ANY:f o:asc:ASC:f o:desc:DESC:f o:store:STORE:v o:storedist:STOREDIST:v	places
georadius_ro	r	1	p p p p p o:withcoord:WITHCOORD:f o:withdist:WITHDIST:f o:withhash:WITHHASH:f o:count:COUNT:v o:any:ANY:f o:asc:ASC:f o:desc:DESC:f	places
georadiusbymember	w	1,STORE@5,STOREDIST@5	p p p p o:withcoord:WITHCOORD:f o:withdist:WITHDIST:f o:withhash:WITHHASH:f o:count:COUNT:v o:any:ANY:f o:asc:ASC:f o:desc:DESC:f o:store:STORE:v o:storedist:STOREDIST:v	places
georadiusbymember_ro	r	1	p p p p o:withcoord:WITHCOORD:f o:withdist:WITHDIST:f o:withhash:WITHHASH:f o:count:COUNT:v o:any:ANY:f o:asc:ASC:f o:desc:DESC:f	places
geosearch	r	1	p o:frommember:FROMMEMBER:v o:fromlonlat:FROMLONLAT:v2 o:byradius:BYRADIUS:v2 o:bybox:BYBOX:v3 o:asc:ASC:f o:desc:DESC:f o:count:COUNT:v o:any:ANY:f o:withcoord:WITHCOORD:f o:withdist:WITHDIST:f o:withhash:WITHHASH:f	places
geosearchstore	w	1,2	p p o:frommember:FROMMEMBER:v o:fromlonlat:FROMLONLAT:v2 o:byradius:BYRADIUS:v2 o:bybox:BYBOX:v3 o:asc:ASC:f o:desc:DESC:f o:count:COUNT:v o:any:ANY:f o:storedist:STOREDIST:f
get	r	1	p
getbit	r	1	p p
getdel	w	1	p
getex	w	1	p o:ex:EX:v o:px:PX:v o:exat:EXAT:v o:pxat:PXAT:v o:persist:PERSIST:f
getrange	r	1	p p p
getset	w	1	p p
hdel	w	1	p l
hello			p? o:auth:AUTH:v2 o:setname:SETNAME:v	plain
hexists	r	1	p p
hexpire	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f =FIELDS n l
hexpireat	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f =FIELDS n l
hexpiretime	r	1	p =FIELDS n l
hget	r	1	p p
hgetall	r	1	p	{_}
hgetdel	w	1	p =FIELDS n l
hgetex	w	1	p o:ex:EX:v o:px:PX:v o:exat:EXAT:v o:pxat:PXAT:v o:persist:PERSIST:f =FIELDS n l
hincrby	w	1	p p p
hincrbyfloat	w	1	p p p	d
hkeys	r	1	p
hlen	r	1	p
hmget	r	1	p l
hmset	w	1	p t2
hpersist	w	1	p =FIELDS n l
hpexpire	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f =FIELDS n l
hpexpireat	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f =FIELDS n l
hpexpiretime	r	1	p =FIELDS n l
hpttl	r	1	p =FIELDS n l
hrandfield	r	1	p p? o:withvalues:WITHVALUES:f	_|withvalues=p|#1=_
hscan	r	1	p p o:match:MATCH:v o:count:COUNT:v o:novalues:NOVALUES:f	fieldsCursor
hset	w	1	p t2
hsetex	w	1	p o:fnx:FNX:f o:fxx:FXX:f o:ex:EX:v o:px:PX:v o:exat:EXAT:v o:pxat:PXAT:v o:keepttl:KEEPTTL:f =FIELDS n t2
hsetnx	w	1	p p p
hstrlen	r	1	p p
httl	r	1	p =FIELDS n l
hvals	r	1	p
incr	w	1	p
incrby	w	1	p p
incrbyfloat	w	1	p p	d
info			l?	s
keys	r		p
lastsave
latency doctor				s
latency graph			p	s
latency help				[s]
latency histogram			l?	(*:())
latency history			p
latency latest
latency reset			l?
lcs	r	1:1	p p o:len:LEN:f o:idx:IDX:f o:minmatchlen:MINMATCHLEN:v o:withmatchlen:WITHMATCHLEN:f	_|len=_|idx=(matches:plain)
lindex	r	1	p p
linsert	w	1	p p p p
llen	r	1	p
lmove	w	1,2	p p p p
lmpop	w	#1	n l p o:count:COUNT:v
lolwut	r		o:version:VERSION:v	s
lpop	w	1	p p?
lpos	r	1	p p o:rank:RANK:v o:count:COUNT:v o:maxlen:MAXLEN:v
lpush	w	1	p l
lpushx	w	1	p l
lrange	r	1	p p p
lrem	w	1	p p p
lset	w	1	p p p
ltrim	w	1	p p p
memory doctor				s
memory help				[s]
memory malloc-stats				s
memory purge
memory stats				(*:plain)
memory usage	r	2	p o:samples:SAMPLES:v
mget	r	1:-1	l
migrate	w	3,KEYS@-2:-1	p p p p p o:copy:COPY:f o:replace:REPLACE:f o:auth:AUTH:v o:auth2:AUTH2:v2 o:keys:KEYS:l
module help				plain
module list				plain
module load			p l?	plain
module loadex			p =CONFIG t2? o:args:ARGS:l	plain
module unload			p	plain
monitor				plain
move	w	1	p p
mset	w	1:-1:2	t2
msetnx	w	1:-1:2	t2
multi				plain
object encoding	r	2	p	s
object freq	r	2	p
object help				[s]
object idletime	r	2	p
object refcount	r	2	p
persist	w	1	p
pexpire	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f
pexpireat	w	1	p p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f
pexpiretime	r	1	p
pfadd	w	1	p l?
pfcount	r	1:-1	l
pfdebug	w	2	p p	plain
pfmerge	w	1,2:-1	p l?
pfselftest				plain
ping			p?
psetex	w	1	p p p
psubscribe			l	plain
psync			p p	plain
pttl	r	1	p
publish			p p
pubsub channels			p?
pubsub help				[s]
pubsub numpat
pubsub numsub			l?	{_}
pubsub shardchannels			p?
pubsub shardnumsub			l?	{_}
punsubscribe			l?	plain
quit				plain
randomkey	r
readonly
readwrite
rename	w	1,2	p p
renamenx	w	1,2	p p
replconf				plain
replicaof			p p	s
reset				plain
restore	w	1	p p p o:replace:REPLACE:f o:absttl:ABSTTL:f o:idletime:IDLETIME:v o:freq:FREQ:v
restore-asking	w	1	p p p o:replace:REPLACE:f o:absttl:ABSTTL:f o:idletime:IDLETIME:v o:freq:FREQ:v	plain
role
rpop	w	1	p p?
rpoplpush	w	1,2	p p
rpush	w	1	p l
rpushx	w	1	p l
sadd	w	1	p l
save
scan	r		p o:match:MATCH:v o:count:COUNT:v o:type:TYPE:v	cursor
scard	r	1	p
script debug			p
script exists			l
script flush			o:async:ASYNC:f o:sync:SYNC:f
script help				[s]
script kill
script load			p	s
sdiff	r	1:-1	l
sdiffstore	w	1,2:-1	p l
select			p
set	w	1	p p o:nx:NX:f o:xx:XX:f o:get:GET:f o:ex:EX:v o:px:PX:v o:exat:EXAT:v o:pxat:PXAT:v o:keepttl:KEEPTTL:f
setbit	w	1	p p p
setex	w	1	p p p
setnx	w	1	p p
setrange	w	1	p p p
shutdown			o:nosave:NOSAVE:f o:save:SAVE:f o:now:NOW:f o:force:FORCE:f o:abort:ABORT:f
sinter	r	1:-1	l
sintercard	r	#1	n l o:limit:LIMIT:v
sinterstore	w	1,2:-1	p l
sismember	r	1	p p
slaveof			p p	s
slowlog get			p?	[slow]
slowlog help				[s]
slowlog len
slowlog reset
smembers	r	1	p
smismember	r	1	p l
smove	w	1,2	p p p
sort	w	1	p o:by:BY:v o:limit:LIMIT:v2 o:get:GET:L o:asc:ASC:f o:desc:DESC:f o:alpha:ALPHA:f o:store:STORE:v
sort_ro	r	1	p o:by:BY:v o:limit:LIMIT:v2 o:get:GET:L o:asc:ASC:f o:desc:DESC:f o:alpha:ALPHA:f
spop	w	1	p p?
spublish		1	p p
srandmember	r	1	p p?
srem	w	1	p l
sscan	r	1	p p o:match:MATCH:v o:count:COUNT:v	cursor
ssubscribe		1:-1	l	plain
strlen	r	1	p
subscribe			l	plain
substr	r	1	p p p
sunion	r	1:-1	l
sunionstore	w	1,2:-1	p l
sunsubscribe		1:-1	l?	plain
swapdb	w		p p
sync				plain
time				[i]
touch	r	1:-1	l
ttl	r	1	p
type	r	1	p	s
unlink	w	1:-1	l
unsubscribe			l?	plain
unwatch				plain
wait			p p
waitaof			p p p
watch		1:-1	l	plain
xack	w	1	p p l
xadd	w	1	p o:nomkstream:NOMKSTREAM:f o:maxlen:MAXLEN:m o:minid:MINID:m o:limit:LIMIT:v p t2	s
xautoclaim	w	1	p p p p p o:count:COUNT:v o:justid:JUSTID:f	claimed
xclaim	w	1	p p p p l o:idle:IDLE:v o:time:TIME:v o:retrycount:RETRYCOUNT:v o:force:FORCE:f o:justid:JUSTID:f o:lastid:LASTID:v	entries|justid=[s]
xdel	w	1	p l
xgroup create	w	2	p p p o:mkstream:MKSTREAM:f o:entriesread:ENTRIESREAD:v
xgroup createconsumer	w	2	p p p
xgroup delconsumer	w	2	p p p
xgroup destroy	w	2	p p
xgroup help				[s]
xgroup setid	w	2	p p p o:entriesread:ENTRIESREAD:v
xinfo consumers	r	2	p p	[()]
xinfo groups	r	2	p	[(last-delivered-id:s)]
xinfo help				[s]
xinfo stream	r	2	p o:full:FULL:f o:count:COUNT:v	(last-generated-id:s,max-deleted-entry-id:s,recorded-first-entry-id:s,first-entry:entry,last-entry:entry)|full=(last-generated-id:s,max-deleted-entry-id:s,recorded-first-entry-id:s,entries:entries,groups:[(last-delivered-id:s,consumers:[()])])
xlen	r	1	p
xpending	r	1	p p o:idle:IDLE:v p? p? p? p?	pendingSummary|#2=pending
xrange	r	1	p p p o:count:COUNT:v	entries
xread	rb	STREAMS@1:-1:1:2	o:count:COUNT:v o:block:BLOCK:v =STREAMS c	streams
xreadgroup	wb	STREAMS@4:-1:1:2	=GROUP p p o:count:COUNT:v o:block:BLOCK:v o:noack:NOACK:f =STREAMS c	streams
xrevrange	r	1	p p p o:count:COUNT:v	entries
xsetid	w	1	p p o:entriesadded:ENTRIESADDED:v o:maxdeletedid:MAXDELETEDID:v
xtrim	w	1	p o:maxlen:MAXLEN:m o:minid:MINID:m o:limit:LIMIT:v
zadd	w	1	p o:nx:NX:f o:xx:XX:f o:gt:GT:f o:lt:LT:f o:ch:CH:f o:incr:INCR:f t2	d
zcard	r	1	p
zcount	r	1	p p p
zdiff	r	#1	n l o:withscores:WITHSCORES:f	_|withscores=z
zdiffstore	w	1,#2	p n l
zincrby	w	1	p p p	d
zinter	r	#1	n l o:weights:WEIGHTS:l o:aggregate:AGGREGATE:v o:withscores:WITHSCORES:f	_|withscores=z
zintercard	r	#1	n l o:limit:LIMIT:v
zinterstore	w	1,#2	p n l o:weights:WEIGHTS:l o:aggregate:AGGREGATE:v
zlexcount	r	1	p p p
zmpop	w	#1	n l p o:count:COUNT:v	<_,z>
zmscore	r	1	p l	[d]
zpopmax	w	1	p p?	y|#1=z
zpopmin	w	1	p p?	y|#1=z
zrandmember	r	1	p p? o:withscores:WITHSCORES:f	_|withscores=z|#1=_
zrange	r	1	p p p o:byscore:BYSCORE:f o:bylex:BYLEX:f o:rev:REV:f o:limit:LIMIT:v2 o:withscores:WITHSCORES:f	_|withscores=z
zrangebylex	r	1	p p p o:limit:LIMIT:v2
zrangebyscore	r	1	p p p o:withscores:WITHSCORES:f o:limit:LIMIT:v2	_|withscores=z
zrangestore	w	1,2	p p p p o:byscore:BYSCORE:f o:bylex:BYLEX:f o:rev:REV:f o:limit:LIMIT:v2
zrank	r	1	p p o:withscore:WITHSCORE:f	_|withscore=<_,d>
zrem	w	1	p l
zremrangebylex	w	1	p p p
zremrangebyrank	w	1	p p p
zremrangebyscore	w	1	p p p
zrevrange	r	1	p p p o:withscores:WITHSCORES:f	_|withscores=z
zrevrangebylex	r	1	p p p o:limit:LIMIT:v2
zrevrangebyscore	r	1	p p p o:withscores:WITHSCORES:f o:limit:LIMIT:v2	_|withscores=z
zrevrank	r	1	p p o:withscore:WITHSCORE:f	_|withscore=<_,d>
zscan	r	1	p p o:match:MATCH:v o:count:COUNT:v	scoresCursor
zscore	r	1	p p	d
zunion	r	#1	n l o:weights:WEIGHTS:l o:aggregate:AGGREGATE:v o:withscores:WITHSCORES:f	_|withscores=z
zunionstore	w	1,#2	p n l o:weights:WEIGHTS:l o:aggregate:AGGREGATE:v`;

/** A method for each command. S: string or Buffer; M: how dictionaries come. */
export interface Commands<S, M extends 'object' | 'map' = 'object'> {
  /**
   * Lists the categories of commands, or the commands of a category.
   *
   * `ACL CAT [category]`
   *
   * Since 6.0.0. O(N) for N commands.
   */
  aclCat(category?: Value): Promise<string[]>;
  /**
   * Removes users, and ends their connections.
   *
   * `ACL DELUSER username [username ...]`
   *
   * Since 6.0.0. O(N) for N connections.
   */
  aclDeluser(...username: Many<Value>): Promise<number>;
  /**
   * Tells whether a user might run a command, without running it.
   *
   * `ACL DRYRUN username command [arg [arg ...]]`
   *
   * Since 7.0.0. O(N) for N rules of the user.
   */
  aclDryrun(username: Value, command: Value, ...arg: Many<Value>): Promise<string>;
  /**
   * Makes up a password that nobody can guess.
   *
   * `ACL GENPASS [bits]`
   *
   * Since 6.0.0. O(1).
   */
  aclGenpass(bits?: Num): Promise<string>;
  /**
   * Returns all that is known of a user.
   *
   * `ACL GETUSER username`
   *
   * Since 6.0.0. O(N) for N rules of the user.
   */
  aclGetuser(username: Value): Promise<Fields | null>;
  /**
   * Lists the subcommands.
   *
   * `ACL HELP`
   *
   * Since 6.0.0. O(1).
   */
  aclHelp(): Promise<string[]>;
  /**
   * Returns the users as a file would have them.
   *
   * `ACL LIST`
   *
   * Since 6.0.0. O(N) for N rules of all users.
   */
  aclList(): Promise<string[]>;
  /**
   * Reads the file of users again.
   *
   * `ACL LOAD`
   *
   * Since 6.0.0. O(N) for N users and connections.
   */
  aclLoad(): Promise<'OK'>;
  /**
   * Tells who was refused what lately, or forgets it.
   *
   * `ACL LOG [count|RESET]`
   *
   * Since 6.0.0. O(N) for N entries.
   */
  aclLog(options?: Either<{ count: Num; reset: true }>): Promise<Fields[]>;
  /**
   * Writes all users to the file of users.
   *
   * `ACL SAVE`
   *
   * Since 6.0.0. O(N) for N rules of all users.
   */
  aclSave(): Promise<'OK'>;
  /**
   * Makes a user, or changes what one may do.
   *
   * `ACL SETUSER username [rule [rule ...]]`
   *
   * Since 6.0.0. O(N) for N rules.
   */
  aclSetuser(username: Value, ...rule: Many<Value>): Promise<'OK'>;
  /**
   * Returns the names of the users.
   *
   * `ACL USERS`
   *
   * Since 6.0.0. O(N) for N users.
   */
  aclUsers(): Promise<string[]>;
  /**
   * Returns the name of this connection's user.
   *
   * `ACL WHOAMI`
   *
   * Since 6.0.0. O(1).
   */
  aclWhoami(): Promise<string>;
  /**
   * Adds bytes to the end of a string, which is created if missing.
   *
   * `APPEND key value`
   *
   * Since 2.0.0. O(1) amortised: room grows ahead of need.
   */
  append(key: Value, value: Value): Promise<number>;
  /**
   * Tells the server who is speaking.
   *
   * `AUTH [username] password`
   *
   * Since 1.0.0. O(N) for a user of N passwords.
   */
  auth(usernameOrPassword: Value, password?: Value): Promise<'OK'>;
  /**
   * Makes the append-only file anew from what the keys hold, while commands go on.
   *
   * `BGREWRITEAOF`
   *
   * Since 1.0.0. O(1).
   */
  bgrewriteaof(): Promise<string>;
  /**
   * Saves the data set to a file while commands go on.
   *
   * `BGSAVE [SCHEDULE]`
   *
   * Since 1.0.0. O(1).
   */
  bgsave(options?: { schedule?: boolean | undefined }): Promise<string>;
  /**
   * Counts the bits that are set.
   *
   * `BITCOUNT key [start end [BYTE|BIT]]`
   *
   * Since 2.6.0. O(N) in the bytes counted.
   */
  bitcount(key: Value, start?: Num, end?: Num, unit?: 'BYTE' | 'BIT'): Promise<number>;
  /**
   * Reads and changes integers of any width inside a string.
   *
   * `BITFIELD key [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] SET encoding offset value|INCRBY encoding offset increment [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] SET encoding offset value|INCRBY encoding offset increment ...]]`
   *
   * Since 3.2.0. O(1) for each operation.
   */
  bitfield(key: Value, ...operations: Many<Value>): Promise<(Integer | null)[]>;
  /**
   * Reads integers of any width inside a string.
   *
   * `BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]`
   *
   * Since 6.0.0. O(1) for each read.
   */
  bitfieldRo(key: Value, ...operations: Many<Value>): Promise<(Integer | null)[]>;
  /**
   * Combines strings bit by bit and stores the outcome.
   *
   * `BITOP AND|OR|XOR|NOT destkey key [key ...]`
   *
   * Since 2.6.0. O(N) in the longest string.
   */
  bitop(operation: 'AND' | 'OR' | 'XOR' | 'NOT', destkey: Value, ...key: Many<Value>): Promise<number>;
  /**
   * Finds the first bit that is set, or that is clear.
   *
   * `BITPOS key bit [start [end [BYTE|BIT]]]`
   *
   * Since 2.8.7. O(N) in the bytes searched.
   */
  bitpos(key: Value, bit: Num, start?: Num, end?: Num, unit?: 'BYTE' | 'BIT'): Promise<number>;
  /**
   * Moves an element from one list to another, and waits for one if there is none.
   *
   * `BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout`
   *
   * Since 6.2.0. O(1).
   */
  blmove(source: Value, destination: Value, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT', timeout: Num): Promise<S | null>;
  /**
   * Takes elements from the first list that has any, and waits if none has.
   *
   * `BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]`
   *
   * Since 7.0.0. O(N+M) for N keys and M elements.
   */
  blmpop(timeout: Num, key: Value | readonly Value[], where: 'LEFT' | 'RIGHT', options?: { count?: Num | undefined }): Promise<[key: S, elements: S[]] | null>;
  /**
   * Takes the first element of the first list that has any, and waits if none has.
   *
   * `BLPOP key [key ...] timeout`
   *
   * Since 2.0.0. O(N) for N keys.
   */
  blpop(key: Value | readonly Value[], timeout: Num): Promise<[key: S, element: S] | null>;
  /**
   * Takes the last element of the first list that has any, and waits if none has.
   *
   * `BRPOP key [key ...] timeout`
   *
   * Since 2.0.0. O(N) for N keys.
   */
  brpop(key: Value | readonly Value[], timeout: Num): Promise<[key: S, element: S] | null>;
  /**
   * Moves the last element of a list to the front of another, and waits for one.
   *
   * `BRPOPLPUSH source destination timeout`
   *
   * Since 2.2.0. O(1).
   *
   * @deprecated since 6.2.0: use `BLMOVE` with the `RIGHT` and `LEFT` arguments
   */
  brpoplpush(source: Value, destination: Value, timeout: Num): Promise<S | null>;
  /**
   * Takes members from the first of several keys that has any, or waits for some.
   *
   * `BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]`
   *
   * Since 7.0.0. O(K) to look at K keys, and O(M*log(N)) to take M members.
   */
  bzmpop(timeout: Num, key: Value | readonly Value[], where: 'MIN' | 'MAX', options?: { count?: Num | undefined }): Promise<[key: S, members: ScoredMembers<S>] | null>;
  /**
   * Takes the highest member of the first key that has any, or waits for one.
   *
   * `BZPOPMAX key [key ...] timeout`
   *
   * Since 5.0.0. O(log(N)).
   */
  bzpopmax(key: Value | readonly Value[], timeout: Num): Promise<[key: S, member: S, score: number] | null>;
  /**
   * Takes the lowest member of the first key that has any, or waits for one.
   *
   * `BZPOPMIN key [key ...] timeout`
   *
   * Since 5.0.0. O(log(N)).
   */
  bzpopmin(key: Value | readonly Value[], timeout: Num): Promise<[key: S, member: S, score: number] | null>;
  /**
   * Says whether the keys that the next command reads are tracked.
   *
   * `CLIENT CACHING YES|NO`
   *
   * Since 6.0.0. O(1).
   */
  clientCaching(mode: 'YES' | 'NO'): Promise<'OK'>;
  /**
   * Returns the name of this connection.
   *
   * `CLIENT GETNAME`
   *
   * Since 2.6.9. O(1).
   */
  clientGetname(): Promise<string | null>;
  /**
   * Tells which connection receives the invalidations of this one.
   *
   * `CLIENT GETREDIR`
   *
   * Since 6.0.0. O(1).
   */
  clientGetredir(): Promise<number>;
  /**
   * Lists the subcommands.
   *
   * `CLIENT HELP`
   *
   * Since 5.0.0. O(1).
   */
  clientHelp(): Promise<string[]>;
  /**
   * Returns the number of this connection, which is never used twice.
   *
   * `CLIENT ID`
   *
   * Since 5.0.0. O(1).
   */
  clientId(): Promise<number>;
  /**
   * Describes this connection.
   *
   * `CLIENT INFO`
   *
   * Since 6.2.0. O(1).
   */
  clientInfo(): Promise<string>;
  /**
   * Closes the connections that filters choose.
   *
   * `CLIENT KILL ip:port|[ID client-id]|[TYPE NORMAL|MASTER|SLAVE|REPLICA|PUBSUB]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME YES|NO]|[MAXAGE maxage] [[ID client-id]|[TYPE NORMAL|MASTER|SLAVE|REPLICA|PUBSUB]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME YES|NO]|[MAXAGE maxage] ...]`
   *
   * Since 2.4.0. O(N) for N connections.
   */
  clientKill(filter: KillFilter): Promise<number>;
  /**
   * Describes the open connections, one a line.
   *
   * `CLIENT LIST [TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]]`
   *
   * Since 2.4.0. O(N) for N connections.
   */
  clientList(options?: { type?: 'NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB' | undefined; id?: Num | readonly Num[] | undefined }): Promise<string>;
  /**
   * Keeps this connection when clients are dropped for want of memory.
   *
   * `CLIENT NO-EVICT ON|OFF`
   *
   * Since 7.0.0. O(1).
   */
  clientNoEvict(enabled: 'ON' | 'OFF'): Promise<'OK'>;
  /**
   * Stops the commands of this connection from counting as use of a key.
   *
   * `CLIENT NO-TOUCH ON|OFF`
   *
   * Since 7.2.0. O(1).
   */
  clientNoTouch(enabled: 'ON' | 'OFF'): Promise<'OK'>;
  /**
   * Holds back the commands of all clients for a while.
   *
   * `CLIENT PAUSE timeout [WRITE|ALL]`
   *
   * Since 3.0.0. O(1).
   */
  clientPause(timeout: Num, options?: Either<{ write: true; all: true }>): Promise<'OK'>;
  /**
   * Says which commands of this connection are answered.
   *
   * `CLIENT REPLY ON|OFF|SKIP`
   *
   * Since 3.2.0. O(1).
   */
  clientReply(action: 'ON' | 'OFF' | 'SKIP'): Promise<unknown>;
  /**
   * Notes what library a connection comes from.
   *
   * `CLIENT SETINFO LIB-NAME libname|LIB-VER libver`
   *
   * Since 7.2.0. O(1).
   */
  clientSetinfo(attribute: 'LIB-NAME' | 'LIB-VER', value: Value): Promise<'OK'>;
  /**
   * Names this connection.
   *
   * `CLIENT SETNAME connection-name`
   *
   * Since 2.6.9. O(1).
   */
  clientSetname(connectionName: Value): Promise<'OK'>;
  /**
   * Lets a connection be told when keys change that it keeps copies of.
   *
   * `CLIENT TRACKING ON|OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`
   *
   * Since 6.0.0. O(1), and more with some options.
   */
  clientTracking(status: 'ON' | 'OFF', options?: { redirect?: Num | undefined; prefix?: Value | readonly Value[] | undefined; bcast?: boolean | undefined; optin?: boolean | undefined; optout?: boolean | undefined; noloop?: boolean | undefined }): Promise<'OK'>;
  /**
   * Tells how this connection tracks keys.
   *
   * `CLIENT TRACKINGINFO`
   *
   * Since 6.2.0. O(1).
   */
  clientTrackinginfo(): Promise<{ flags: string[]; redirect: number; prefixes: S[] }>;
  /**
   * Ends the wait of a blocked client, as if in time or with an error.
   *
   * `CLIENT UNBLOCK client-id [TIMEOUT|ERROR]`
   *
   * Since 5.0.0. O(log N) for N connections.
   */
  clientUnblock(clientId: Num, options?: Either<{ timeout: true; error: true }>): Promise<0 | 1>;
  /**
   * Lets paused clients go on.
   *
   * `CLIENT UNPAUSE`
   *
   * Since 6.2.0. O(N) for N paused clients.
   */
  clientUnpause(): Promise<'OK'>;
  /**
   * Has this node serve slots that nobody serves.
   *
   * `CLUSTER ADDSLOTS slot [slot ...]`
   *
   * Since 3.0.0. O(N) for N slots.
   */
  clusterAddslots(...slot: Many<Num>): Promise<'OK'>;
  /**
   * Has this node serve ranges of slots that nobody serves.
   *
   * `CLUSTER ADDSLOTSRANGE start-slot end-slot [start-slot end-slot ...]`
   *
   * Since 7.0.0. O(N) for N slots.
   */
  clusterAddslotsrange(...range: readonly (Value | Pairs)[]): Promise<'OK'>;
  /**
   * Makes this node's claims newer than all others, unless they are already.
   *
   * `CLUSTER BUMPEPOCH`
   *
   * Since 3.0.0. O(1).
   */
  clusterBumpepoch(): Promise<string>;
  /**
   * Counts the nodes that say of a node that it cannot be reached.
   *
   * `CLUSTER COUNT-FAILURE-REPORTS node-id`
   *
   * Since 3.0.0. O(N) for N reports.
   */
  clusterCountFailureReports(nodeId: Value): Promise<number>;
  /**
   * Counts the keys of a slot that are here.
   *
   * `CLUSTER COUNTKEYSINSLOT slot`
   *
   * Since 3.0.0. O(1).
   */
  clusterCountkeysinslot(slot: Num): Promise<number>;
  /**
   * Forgets who serves these slots.
   *
   * `CLUSTER DELSLOTS slot [slot ...]`
   *
   * Since 3.0.0. O(N) for N slots.
   */
  clusterDelslots(...slot: Many<Num>): Promise<'OK'>;
  /**
   * Forgets who serves these ranges of slots.
   *
   * `CLUSTER DELSLOTSRANGE start-slot end-slot [start-slot end-slot ...]`
   *
   * Since 7.0.0. O(N) for N slots.
   */
  clusterDelslotsrange(...range: readonly (Value | Pairs)[]): Promise<'OK'>;
  /**
   * Has this replica take its master's place.
   *
   * `CLUSTER FAILOVER [FORCE|TAKEOVER]`
   *
   * Since 3.0.0. O(1).
   */
  clusterFailover(options?: Either<{ force: true; takeover: true }>): Promise<'OK'>;
  /**
   * Forgets all slots that this node serves.
   *
   * `CLUSTER FLUSHSLOTS`
   *
   * Since 3.0.0. O(1).
   */
  clusterFlushslots(): Promise<'OK'>;
  /**
   * Removes a node from those that this one knows.
   *
   * `CLUSTER FORGET node-id`
   *
   * Since 3.0.0. O(1).
   */
  clusterForget(nodeId: Value): Promise<'OK'>;
  /**
   * Returns some keys of a slot.
   *
   * `CLUSTER GETKEYSINSLOT slot count`
   *
   * Since 3.0.0. O(N) for N keys.
   */
  clusterGetkeysinslot(slot: Num, count: Num): Promise<S[]>;
  /**
   * Lists the subcommands.
   *
   * `CLUSTER HELP`
   *
   * Since 5.0.0. O(1).
   */
  clusterHelp(): Promise<string[]>;
  /**
   * Tells how the cluster is, and what was said on its bus.
   *
   * `CLUSTER INFO`
   *
   * Since 3.0.0. O(1).
   */
  clusterInfo(): Promise<string>;
  /**
   * Tells which slot a key belongs to.
   *
   * `CLUSTER KEYSLOT key`
   *
   * Since 3.0.0. O(N) for N bytes.
   */
  clusterKeyslot(key: Value): Promise<number>;
  /**
   * Lists the connections to other nodes and from them.
   *
   * `CLUSTER LINKS`
   *
   * Since 7.0.0. O(N) for N nodes.
   */
  clusterLinks(): Promise<Fields[]>;
  /**
   * Takes a node in, and so makes one cluster of two.
   *
   * `CLUSTER MEET ip port [cluster-bus-port]`
   *
   * Since 3.0.0. O(1).
   */
  clusterMeet(ip: Value, port: Num, clusterBusPort?: Num): Promise<'OK'>;
  /**
   * Returns the name of this node.
   *
   * `CLUSTER MYID`
   *
   * Since 3.0.0. O(1).
   */
  clusterMyid(): Promise<string>;
  /**
   * Returns the name of the shard that this node is part of.
   *
   * `CLUSTER MYSHARDID`
   *
   * Since 7.2.0. O(1).
   */
  clusterMyshardid(): Promise<string>;
  /**
   * Describes each node that this one knows in a line.
   *
   * `CLUSTER NODES`
   *
   * Since 3.0.0. O(N) for N nodes.
   */
  clusterNodes(): Promise<string>;
  /**
   * Describes each replica of a node in a line.
   *
   * `CLUSTER REPLICAS node-id`
   *
   * Since 5.0.0. O(N) for N replicas.
   */
  clusterReplicas(nodeId: Value): Promise<string[]>;
  /**
   * Makes this node a replica of another.
   *
   * `CLUSTER REPLICATE node-id`
   *
   * Since 3.0.0. O(1).
   */
  clusterReplicate(nodeId: Value): Promise<'OK'>;
  /**
   * Forgets slots and nodes; HARD takes a new name, too.
   *
   * `CLUSTER RESET [HARD|SOFT]`
   *
   * Since 3.0.0. O(N) for N nodes, and for a replica that of FLUSHALL.
   */
  clusterReset(options?: Either<{ hard: true; soft: true }>): Promise<'OK'>;
  /**
   * Writes the file in which the node remembers the cluster.
   *
   * `CLUSTER SAVECONFIG`
   *
   * Since 3.0.0. O(1).
   */
  clusterSaveconfig(): Promise<'OK'>;
  /**
   * Gives a new node's claims their age.
   *
   * `CLUSTER SET-CONFIG-EPOCH config-epoch`
   *
   * Since 3.0.0. O(1).
   */
  clusterSetConfigEpoch(configEpoch: Num): Promise<'OK'>;
  /**
   * Opens a slot to be moved from node to node, or says who serves it.
   *
   * `CLUSTER SETSLOT slot IMPORTING node-id|MIGRATING node-id|NODE node-id|STABLE`
   *
   * Since 3.0.0. O(1).
   */
  clusterSetslot(slot: Num, state: 'IMPORTING' | 'MIGRATING' | 'NODE' | 'STABLE', nodeId?: Value): Promise<'OK'>;
  /**
   * Lists the shards: their slots, and their nodes in detail.
   *
   * `CLUSTER SHARDS`
   *
   * Since 7.0.0. O(N) for N nodes.
   */
  clusterShards(): Promise<Fields[]>;
  /**
   * The old name of CLUSTER REPLICAS.
   *
   * `CLUSTER SLAVES node-id`
   *
   * Since 3.0.0. O(N) for N replicas.
   *
   * @deprecated since 5.0.0: use CLUSTER REPLICAS
   */
  clusterSlaves(nodeId: Value): Promise<string[]>;
  /**
   * Maps ranges of slots to the nodes that serve them.
   *
   * `CLUSTER SLOTS`
   *
   * Since 3.0.0. O(N) for N nodes.
   *
   * @deprecated since 7.0.0: use CLUSTER SHARDS
   */
  clusterSlots(): Promise<unknown[]>;
  /**
   * Describes every command.
   *
   * `COMMAND`
   *
   * Since 2.8.13. O(N) for N commands.
   */
  command(): Promise<unknown>;
  /**
   * Counts the commands.
   *
   * `COMMAND COUNT`
   *
   * Since 2.8.13. O(1).
   */
  commandCount(): Promise<number>;
  /**
   * Documents commands: arguments, history, complexity.
   *
   * `COMMAND DOCS [command-name [command-name ...]]`
   *
   * Since 7.0.0. O(N) for N commands.
   */
  commandDocs(...commandName: Many<Value>): Promise<Dict<S, unknown, M>>;
  /**
   * Picks the keys out of a command line.
   *
   * `COMMAND GETKEYS command [arg [arg ...]]`
   *
   * Since 2.8.13. O(N) for N arguments.
   */
  commandGetkeys(command: Value, ...arg: Many<Value>): Promise<S[]>;
  /**
   * Picks the keys out of a command line, and says what is done with each.
   *
   * `COMMAND GETKEYSANDFLAGS command [arg [arg ...]]`
   *
   * Since 7.0.0. O(N) for N arguments.
   */
  commandGetkeysandflags(command: Value, ...arg: Many<Value>): Promise<[key: S, flags: string[]][]>;
  /**
   * Lists the subcommands.
   *
   * `COMMAND HELP`
   *
   * Since 5.0.0. O(1).
   */
  commandHelp(): Promise<string[]>;
  /**
   * Describes the named commands, or all.
   *
   * `COMMAND INFO [command-name [command-name ...]]`
   *
   * Since 2.8.13. O(N) for N commands.
   */
  commandInfo(...commandName: Many<Value>): Promise<unknown[]>;
  /**
   * Lists the names of commands.
   *
   * `COMMAND LIST [FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern]`
   *
   * Since 7.0.0. O(N) for N commands.
   */
  commandList(options?: Either<{ module: Value; aclcat: Value; pattern: Value }>): Promise<string[]>;
  /**
   * Returns the parameters whose names match.
   *
   * `CONFIG GET parameter [parameter ...]`
   *
   * Since 2.0.0. O(N) for N patterns.
   */
  configGet(...parameter: Many<Value>): Promise<Record<string, string>>;
  /**
   * Lists the subcommands.
   *
   * `CONFIG HELP`
   *
   * Since 5.0.0. O(1).
   */
  configHelp(): Promise<string[]>;
  /**
   * Sets the counters that INFO shows back to zero.
   *
   * `CONFIG RESETSTAT`
   *
   * Since 2.0.0. O(1).
   */
  configResetstat(): Promise<'OK'>;
  /**
   * Writes the present configuration into the configuration file.
   *
   * `CONFIG REWRITE`
   *
   * Since 2.8.0. O(1).
   */
  configRewrite(): Promise<'OK'>;
  /**
   * Changes parameters: all of them or none.
   *
   * `CONFIG SET parameter value [parameter value ...]`
   *
   * Since 2.0.0. O(N) for N parameters.
   */
  configSet(...data: readonly (Value | Pairs)[]): Promise<'OK'>;
  /**
   * Copies a key with its value and expiry.
   *
   * `COPY source destination [DB destination-db] [REPLACE]`
   *
   * Since 6.2.0. O(N) for a collection of N elements, O(1) for a string.
   */
  copy(source: Value, destination: Value, options?: { db?: Num | undefined; replace?: boolean | undefined }): Promise<0 | 1>;
  /**
   * Counts the keys of the database.
   *
   * `DBSIZE`
   *
   * Since 1.0.0. O(1).
   */
  dbsize(): Promise<number>;
  /**
   * Subtracts one from an integer. A missing key counts as 0.
   *
   * `DECR key`
   *
   * Since 1.0.0. O(1).
   */
  decr(key: Value): Promise<Integer>;
  /**
   * Subtracts a number from an integer. A missing key counts as 0.
   *
   * `DECRBY key decrement`
   *
   * Since 1.0.0. O(1).
   */
  decrby(key: Value, decrement: Num): Promise<Integer>;
  /**
   * Removes keys.
   *
   * `DEL key [key ...]`
   *
   * Since 1.0.0. O(N) for N keys, and O(M) more for each collection of M elements.
   */
  del(...key: Many<Value>): Promise<number>;
  /**
   * Returns what a key holds as bytes that RESTORE understands.
   *
   * `DUMP key`
   *
   * Since 2.6.0. O(N) for a value of N bytes.
   */
  dump(key: Value): Promise<Buffer | null>;
  /**
   * Returns its argument.
   *
   * `ECHO message`
   *
   * Since 1.0.0. O(1).
   */
  echo(message: Value): Promise<S>;
  /**
   * Runs a Lua script.
   *
   * `EVAL script numkeys [key [key ...]] [arg [arg ...]]`
   *
   * Since 2.6.0. That of the script.
   */
  eval(script: Value, key?: Value | readonly Value[], ...arg: Many<Value>): Promise<unknown>;
  /**
   * Runs a Lua script, and lets it change nothing.
   *
   * `EVAL_RO script numkeys [key [key ...]] [arg [arg ...]]`
   *
   * Since 7.0.0. That of the script.
   */
  evalRo(script: Value, key?: Value | readonly Value[], ...arg: Many<Value>): Promise<unknown>;
  /**
   * Runs a Lua script that the server knows, by its SHA1 digest.
   *
   * `EVALSHA sha1 numkeys [key [key ...]] [arg [arg ...]]`
   *
   * Since 2.6.0. That of the script.
   */
  evalsha(sha1: Value, key?: Value | readonly Value[], ...arg: Many<Value>): Promise<unknown>;
  /**
   * Runs a Lua script that the server knows, and lets it change nothing.
   *
   * `EVALSHA_RO sha1 numkeys [key [key ...]] [arg [arg ...]]`
   *
   * Since 7.0.0. That of the script.
   */
  evalshaRo(sha1: Value, key?: Value | readonly Value[], ...arg: Many<Value>): Promise<unknown>;
  /**
   * Counts how many of the named keys exist.
   *
   * `EXISTS key [key ...]`
   *
   * Since 1.0.0. O(N) for N keys.
   */
  exists(...key: Many<Value>): Promise<number>;
  /**
   * Lets a key expire after some seconds.
   *
   * `EXPIRE key seconds [NX|XX|GT|LT]`
   *
   * Since 1.0.0. O(1).
   */
  expire(key: Value, seconds: Num, options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<0 | 1>;
  /**
   * Lets a key expire at a Unix time in seconds.
   *
   * `EXPIREAT key unix-time-seconds [NX|XX|GT|LT]`
   *
   * Since 1.2.0. O(1).
   */
  expireat(key: Value, unixTimeSeconds: Num, options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<0 | 1>;
  /**
   * Tells the Unix time in seconds at which a key expires.
   *
   * `EXPIRETIME key`
   *
   * Since 7.0.0. O(1).
   */
  expiretime(key: Value): Promise<number>;
  /**
   * Changes places with a replica, without losing anything.
   *
   * `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]`
   *
   * Since 6.2.0. O(1).
   */
  failover(options?: FailoverOptions): Promise<'OK'>;
  /**
   * Calls a function of a library.
   *
   * `FCALL function numkeys [key [key ...]] [arg [arg ...]]`
   *
   * Since 7.0.0. That of the function.
   */
  fcall(functionName: Value, key?: Value | readonly Value[], ...arg: Many<Value>): Promise<unknown>;
  /**
   * Calls a function of a library, and lets it change nothing.
   *
   * `FCALL_RO function numkeys [key [key ...]] [arg [arg ...]]`
   *
   * Since 7.0.0. That of the function.
   */
  fcallRo(functionName: Value, key?: Value | readonly Value[], ...arg: Many<Value>): Promise<unknown>;
  /**
   * Removes every key of every database.
   *
   * `FLUSHALL [ASYNC|SYNC]`
   *
   * Since 1.0.0. O(N) in the keys of all databases.
   */
  flushall(options?: Either<{ async: true; sync: true }>): Promise<'OK'>;
  /**
   * Removes every key of the database.
   *
   * `FLUSHDB [ASYNC|SYNC]`
   *
   * Since 1.0.0. O(N) in the keys of the database.
   */
  flushdb(options?: Either<{ async: true; sync: true }>): Promise<'OK'>;
  /**
   * Deletes a library and its functions.
   *
   * `FUNCTION DELETE library-name`
   *
   * Since 7.0.0. O(1).
   */
  functionDelete(libraryName: Value): Promise<'OK'>;
  /**
   * Returns all libraries in the form that FUNCTION RESTORE takes.
   *
   * `FUNCTION DUMP`
   *
   * Since 7.0.0. O(N) for N functions.
   */
  functionDump(): Promise<Buffer>;
  /**
   * Deletes all libraries.
   *
   * `FUNCTION FLUSH [ASYNC|SYNC]`
   *
   * Since 7.0.0. O(N) for N functions.
   */
  functionFlush(options?: Either<{ async: true; sync: true }>): Promise<'OK'>;
  /**
   * Lists the subcommands.
   *
   * `FUNCTION HELP`
   *
   * Since 7.0.0. O(1).
   */
  functionHelp(): Promise<string[]>;
  /**
   * Ends the function that runs, unless it has changed something.
   *
   * `FUNCTION KILL`
   *
   * Since 7.0.0. O(1).
   */
  functionKill(): Promise<'OK'>;
  /**
   * Lists the libraries and their functions.
   *
   * `FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]`
   *
   * Since 7.0.0. O(N) for N functions.
   */
  functionList(options?: { libraryname?: Value | undefined; withcode?: boolean | undefined }): Promise<LibraryInfo[]>;
  /**
   * Makes a library from its code.
   *
   * `FUNCTION LOAD [REPLACE] function-code`
   *
   * Since 7.0.0. O(1), apart from compiling it.
   */
  functionLoad(functionCode: Value, options?: { replace?: boolean | undefined }): Promise<string>;
  /**
   * Makes libraries from what FUNCTION DUMP returned.
   *
   * `FUNCTION RESTORE serialized-value [FLUSH|APPEND|REPLACE]`
   *
   * Since 7.0.0. O(N) for N functions of the payload.
   */
  functionRestore(serializedValue: Value, options?: Either<{ flush: true; append: true; replace: true }>): Promise<'OK'>;
  /**
   * Tells what function runs, and how many there are.
   *
   * `FUNCTION STATS`
   *
   * Since 7.0.0. O(1).
   */
  functionStats(): Promise<FunctionStats>;
  /**
   * Adds members at places on the globe, or moves them there.
   *
   * `GEOADD key [NX|XX] [CH] longitude latitude member [longitude latitude member ...]`
   *
   * Since 3.2.0. O(log(N)) for each member added, N members in all.
   */
  geoadd(key: Value, data: Triples, options?: { ch?: boolean | undefined } & Either<{ nx: true; xx: true }>): Promise<number>;
  /**
   * Returns the distance between two members.
   *
   * `GEODIST key member1 member2 [M|KM|FT|MI]`
   *
   * Since 3.2.0. O(1).
   */
  geodist(key: Value, member1: Value, member2: Value, unit?: 'M' | 'KM' | 'FT' | 'MI'): Promise<number | null>;
  /**
   * Returns the places of members as standard geohashes.
   *
   * `GEOHASH key [member [member ...]]`
   *
   * Since 3.2.0. O(1) for each member.
   */
  geohash(key: Value, ...member: Many<Value>): Promise<(string | null)[]>;
  /**
   * Returns the places of members as longitude and latitude.
   *
   * `GEOPOS key [member [member ...]]`
   *
   * Since 3.2.0. O(1) for each member.
   */
  geopos(key: Value, ...member: Many<Value>): Promise<([longitude: number, latitude: number] | null)[]>;
  /**
   * Finds, or stores, the members within a distance of a place.
   *
   * `GEORADIUS key longitude latitude radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STORE key|STOREDIST key]`
   *
   * Since 3.2.0. O(N+log(M)), N members in the cells around the area, M members in all.
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument
   */
  georadius(key: Value, longitude: Num, latitude: Num, radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI', options?: { withcoord?: boolean | undefined; withdist?: boolean | undefined; withhash?: boolean | undefined; count?: Num | undefined; any?: boolean | undefined } & Either<{ asc: true; desc: true }> & Either<{ store: Value; storedist: Value }>): Promise<(S | Place<S>)[]>;
  /**
   * Finds the members within a distance of a place.
   *
   * `GEORADIUS_RO key longitude latitude radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC]`
   *
   * Since 3.2.10. O(N+log(M)), N members in the cells around the area, M members in all.
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` with the `BYRADIUS` argument
   */
  georadiusRo(key: Value, longitude: Num, latitude: Num, radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI', options?: { withcoord?: boolean | undefined; withdist?: boolean | undefined; withhash?: boolean | undefined; count?: Num | undefined; any?: boolean | undefined } & Either<{ asc: true; desc: true }>): Promise<(S | Place<S>)[]>;
  /**
   * Finds, or stores, the members within a distance of a member.
   *
   * `GEORADIUSBYMEMBER key member radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STORE key|STOREDIST key]`
   *
   * Since 3.2.0. O(N+log(M)), N members in the cells around the area, M members in all.
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments
   */
  georadiusbymember(key: Value, member: Value, radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI', options?: { withcoord?: boolean | undefined; withdist?: boolean | undefined; withhash?: boolean | undefined; count?: Num | undefined; any?: boolean | undefined } & Either<{ asc: true; desc: true }> & Either<{ store: Value; storedist: Value }>): Promise<(S | Place<S>)[]>;
  /**
   * Finds the members within a distance of a member.
   *
   * `GEORADIUSBYMEMBER_RO key member radius M|KM|FT|MI [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC]`
   *
   * Since 3.2.10. O(N+log(M)), N members in the cells around the area, M members in all.
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments
   */
  georadiusbymemberRo(key: Value, member: Value, radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI', options?: { withcoord?: boolean | undefined; withdist?: boolean | undefined; withhash?: boolean | undefined; count?: Num | undefined; any?: boolean | undefined } & Either<{ asc: true; desc: true }>): Promise<(S | Place<S>)[]>;
  /**
   * Finds the members in a circle or a box.
   *
   * `GEOSEARCH key FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS radius M|KM|FT|MI|BYBOX width height M|KM|FT|MI [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
   *
   * Since 6.2.0. O(N+log(M)), N members in the cells around the area, M members in all.
   */
  geosearch(key: Value, options: { count?: Num | undefined; any?: boolean | undefined; withcoord?: boolean | undefined; withdist: true; withhash?: boolean | undefined } & OneOf<{ frommember: Value; fromlonlat: readonly [longitude: Num, latitude: Num] }> & OneOf<{ byradius: readonly [radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI']; bybox: readonly [width: Num, height: Num, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & Either<{ asc: true; desc: true }>): Promise<Place<S>[]>;
  geosearch(key: Value, options: { count?: Num | undefined; any?: boolean | undefined; withcoord: true; withdist?: boolean | undefined; withhash?: boolean | undefined } & OneOf<{ frommember: Value; fromlonlat: readonly [longitude: Num, latitude: Num] }> & OneOf<{ byradius: readonly [radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI']; bybox: readonly [width: Num, height: Num, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & Either<{ asc: true; desc: true }>): Promise<Place<S>[]>;
  geosearch(key: Value, options: { count?: Num | undefined; any?: boolean | undefined; withcoord?: boolean | undefined; withdist?: boolean | undefined; withhash: true } & OneOf<{ frommember: Value; fromlonlat: readonly [longitude: Num, latitude: Num] }> & OneOf<{ byradius: readonly [radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI']; bybox: readonly [width: Num, height: Num, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & Either<{ asc: true; desc: true }>): Promise<Place<S>[]>;
  geosearch(key: Value, options: { count?: Num | undefined; any?: boolean | undefined; withcoord?: boolean | undefined; withdist?: boolean | undefined; withhash?: boolean | undefined } & OneOf<{ frommember: Value; fromlonlat: readonly [longitude: Num, latitude: Num] }> & OneOf<{ byradius: readonly [radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI']; bybox: readonly [width: Num, height: Num, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & Either<{ asc: true; desc: true }>): Promise<S[]>;
  /**
   * Stores the members in a circle or a box.
   *
   * `GEOSEARCHSTORE destination source FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS radius M|KM|FT|MI|BYBOX width height M|KM|FT|MI [ASC|DESC] [COUNT count [ANY]] [STOREDIST]`
   *
   * Since 6.2.0. O(N+log(M)), N members in the cells around the area, M members in all.
   */
  geosearchstore(destination: Value, source: Value, options: { count?: Num | undefined; any?: boolean | undefined; storedist?: boolean | undefined } & OneOf<{ frommember: Value; fromlonlat: readonly [longitude: Num, latitude: Num] }> & OneOf<{ byradius: readonly [radius: Num, unit: 'M' | 'KM' | 'FT' | 'MI']; bybox: readonly [width: Num, height: Num, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & Either<{ asc: true; desc: true }>): Promise<number>;
  /**
   * Returns the string that a key holds.
   *
   * `GET key`
   *
   * Since 1.0.0. O(1).
   */
  get(key: Value): Promise<S | null>;
  /**
   * Returns one bit of a string.
   *
   * `GETBIT key offset`
   *
   * Since 2.2.0. O(1).
   */
  getbit(key: Value, offset: Num): Promise<0 | 1>;
  /**
   * Returns a string and removes its key.
   *
   * `GETDEL key`
   *
   * Since 6.2.0. O(1).
   */
  getdel(key: Value): Promise<S | null>;
  /**
   * Returns a string and sets, changes or clears when it expires.
   *
   * `GETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]`
   *
   * Since 6.2.0. O(1).
   */
  getex(key: Value, options?: Either<{ ex: Num; px: Num; exat: Num; pxat: Num; persist: true }>): Promise<S | null>;
  /**
   * Returns part of a string, both ends included.
   *
   * `GETRANGE key start end`
   *
   * Since 2.4.0. O(N) to return N bytes.
   */
  getrange(key: Value, start: Num, end: Num): Promise<S>;
  /**
   * Stores a string and returns the one that was there before.
   *
   * `GETSET key value`
   *
   * Since 1.0.0. O(1).
   *
   * @deprecated since 6.2.0: use SET with GET
   */
  getset(key: Value, value: Value): Promise<S | null>;
  /**
   * Removes fields from a hash; the key goes with the last one.
   *
   * `HDEL key field [field ...]`
   *
   * Since 2.0.0. O(N) for N fields.
   */
  hdel(key: Value, ...field: Many<Value>): Promise<number>;
  /**
   * Tells whether a hash has a field.
   *
   * `HEXISTS key field`
   *
   * Since 2.0.0. O(1).
   */
  hexists(key: Value, field: Value): Promise<0 | 1>;
  /**
   * Lets fields expire after some seconds.
   *
   * `HEXPIRE key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hexpire(key: Value, seconds: Num, field: Value | readonly Value[], options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<number[] | null>;
  /**
   * Lets fields expire at a Unix time in seconds.
   *
   * `HEXPIREAT key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hexpireat(key: Value, unixTimeSeconds: Num, field: Value | readonly Value[], options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<number[] | null>;
  /**
   * Tells at which Unix time, in seconds, fields expire.
   *
   * `HEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hexpiretime(key: Value, ...field: Many<Value>): Promise<number[] | null>;
  /**
   * Returns the value of a field.
   *
   * `HGET key field`
   *
   * Since 2.0.0. O(1).
   */
  hget(key: Value, field: Value): Promise<S | null>;
  /**
   * Returns all fields of a hash with their values.
   *
   * `HGETALL key`
   *
   * Since 2.0.0. O(N) for a hash of N fields.
   */
  hgetall(key: Value): Promise<Dict<S, S, M>>;
  /**
   * Returns the values of fields and removes the fields.
   *
   * `HGETDEL key FIELDS numfields field [field ...]`
   *
   * Since 8.0.0. O(N) for N fields.
   */
  hgetdel(key: Value, ...field: Many<Value>): Promise<(S | null)[] | null>;
  /**
   * Returns the values of fields and sets, changes or clears when they expire.
   *
   * `HGETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] FIELDS numfields field [field ...]`
   *
   * Since 8.0.0. O(N) for N fields.
   */
  hgetex(key: Value, field: Value | readonly Value[], options?: Either<{ ex: Num; px: Num; exat: Num; pxat: Num; persist: true }>): Promise<(S | null)[] | null>;
  /**
   * Adds a number to an integer in a field. A missing field counts as 0.
   *
   * `HINCRBY key field increment`
   *
   * Since 2.0.0. O(1).
   */
  hincrby(key: Value, field: Value, increment: Num): Promise<Integer>;
  /**
   * Adds a floating point number to a number in a field. A missing field counts as 0.
   *
   * `HINCRBYFLOAT key field increment`
   *
   * Since 2.6.0. O(1).
   */
  hincrbyfloat(key: Value, field: Value, increment: Num): Promise<number>;
  /**
   * Returns the names of all fields of a hash.
   *
   * `HKEYS key`
   *
   * Since 2.0.0. O(N) for a hash of N fields.
   */
  hkeys(key: Value): Promise<S[]>;
  /**
   * Tells how many fields a hash has.
   *
   * `HLEN key`
   *
   * Since 2.0.0. O(1).
   */
  hlen(key: Value): Promise<number>;
  /**
   * Returns the values of several fields; null where there is none.
   *
   * `HMGET key field [field ...]`
   *
   * Since 2.0.0. O(N) for N fields.
   */
  hmget(key: Value, ...field: Many<Value>): Promise<(S | null)[]>;
  /**
   * Sets the values of several fields: an older name of HSET.
   *
   * `HMSET key field value [field value ...]`
   *
   * Since 2.0.0. O(N) for N fields.
   *
   * @deprecated since 4.0.0: use HSET with several fields
   */
  hmset(key: Value, ...data: readonly (Value | Pairs)[]): Promise<'OK'>;
  /**
   * Lets fields live on that would have expired.
   *
   * `HPERSIST key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hpersist(key: Value, ...field: Many<Value>): Promise<number[] | null>;
  /**
   * Lets fields expire after some milliseconds.
   *
   * `HPEXPIRE key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hpexpire(key: Value, milliseconds: Num, field: Value | readonly Value[], options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<number[] | null>;
  /**
   * Lets fields expire at a Unix time in milliseconds.
   *
   * `HPEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hpexpireat(key: Value, unixTimeMilliseconds: Num, field: Value | readonly Value[], options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<number[] | null>;
  /**
   * Tells at which Unix time, in milliseconds, fields expire.
   *
   * `HPEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hpexpiretime(key: Value, ...field: Many<Value>): Promise<number[] | null>;
  /**
   * Tells in how many milliseconds fields expire.
   *
   * `HPTTL key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  hpttl(key: Value, ...field: Many<Value>): Promise<number[] | null>;
  /**
   * Returns one or more fields drawn at random.
   *
   * `HRANDFIELD key [count [WITHVALUES]]`
   *
   * Since 6.2.0. O(N) for N fields returned.
   */
  hrandfield(key: Value, count: Num | undefined, options: { withvalues: true }): Promise<[field: S, value: S][]>;
  hrandfield(key: Value, count: Num, options?: { withvalues?: boolean | undefined }): Promise<S[]>;
  hrandfield(key: Value, count?: Num, options?: { withvalues?: boolean | undefined }): Promise<S | null>;
  /**
   * Walks the fields of a hash, some at a time.
   *
   * `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`
   *
   * Since 2.8.0. O(1) a call, O(N) for all of N fields.
   */
  hscan(key: Value, cursor: Num, options: { match?: Value | undefined; count?: Num | undefined; novalues: true }): Promise<Cursor<S>>;
  hscan(key: Value, cursor: Num, options?: { match?: Value | undefined; count?: Num | undefined; novalues?: boolean | undefined }): Promise<Cursor<[field: S, value: S]>>;
  /**
   * Sets the values of fields, and tells how many of them are new.
   *
   * `HSET key field value [field value ...]`
   *
   * Since 2.0.0. O(N) for N fields.
   */
  hset(key: Value, ...data: readonly (Value | Pairs)[]): Promise<number>;
  /**
   * Sets the values of fields, and when they expire.
   *
   * `HSETEX key [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] FIELDS numfields field value [field value ...]`
   *
   * Since 8.0.0. O(N) for N fields.
   */
  hsetex(key: Value, data: Pairs, options?: Either<{ fnx: true; fxx: true }> & Either<{ ex: Num; px: Num; exat: Num; pxat: Num; keepttl: true }>): Promise<0 | 1>;
  /**
   * Sets the value of a field if there is no such field.
   *
   * `HSETNX key field value`
   *
   * Since 2.0.0. O(1).
   */
  hsetnx(key: Value, field: Value, value: Value): Promise<0 | 1>;
  /**
   * Tells how many bytes the value of a field has.
   *
   * `HSTRLEN key field`
   *
   * Since 3.2.0. O(1).
   */
  hstrlen(key: Value, field: Value): Promise<number>;
  /**
   * Tells in how many seconds fields expire.
   *
   * `HTTL key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. O(N) for N fields.
   */
  httl(key: Value, ...field: Many<Value>): Promise<number[] | null>;
  /**
   * Returns the values of all fields of a hash.
   *
   * `HVALS key`
   *
   * Since 2.0.0. O(N) for a hash of N fields.
   */
  hvals(key: Value): Promise<S[]>;
  /**
   * Adds one to an integer. A missing key counts as 0.
   *
   * `INCR key`
   *
   * Since 1.0.0. O(1).
   */
  incr(key: Value): Promise<Integer>;
  /**
   * Adds a number to an integer. A missing key counts as 0.
   *
   * `INCRBY key increment`
   *
   * Since 1.0.0. O(1).
   */
  incrby(key: Value, increment: Num): Promise<Integer>;
  /**
   * Adds a floating point number to a number. A missing key counts as 0.
   *
   * `INCRBYFLOAT key increment`
   *
   * Since 2.6.0. O(1).
   */
  incrbyfloat(key: Value, increment: Num): Promise<number>;
  /**
   * Reports figures about the server.
   *
   * `INFO [section [section ...]]`
   *
   * Since 1.0.0. O(1).
   */
  info(...section: Many<Value>): Promise<string>;
  /**
   * Lists the keys that match a pattern.
   *
   * `KEYS pattern`
   *
   * Since 1.0.0. O(N) in the keys of the database.
   */
  keys(pattern: Value): Promise<S[]>;
  /**
   * Returns the Unix time of the last save that went well.
   *
   * `LASTSAVE`
   *
   * Since 1.0.0. O(1).
   */
  lastsave(): Promise<number>;
  /**
   * Comments on the slow events seen so far.
   *
   * `LATENCY DOCTOR`
   *
   * Since 2.8.13. O(1).
   */
  latencyDoctor(): Promise<string>;
  /**
   * Draws the recent history of one event.
   *
   * `LATENCY GRAPH event`
   *
   * Since 2.8.13. O(1).
   */
  latencyGraph(event: Value): Promise<string>;
  /**
   * Lists the subcommands.
   *
   * `LATENCY HELP`
   *
   * Since 2.8.13. O(1).
   */
  latencyHelp(): Promise<string[]>;
  /**
   * Returns how long calls took, command by command.
   *
   * `LATENCY HISTOGRAM [command [command ...]]`
   *
   * Since 7.0.0. O(N) for N commands.
   */
  latencyHistogram(...command: Many<Value>): Promise<Record<string, Fields>>;
  /**
   * Returns when one event was slow, and how slow.
   *
   * `LATENCY HISTORY event`
   *
   * Since 2.8.13. O(1).
   */
  latencyHistory(event: Value): Promise<[time: number, latency: number][]>;
  /**
   * Returns the last slow occurrence of every event.
   *
   * `LATENCY LATEST`
   *
   * Since 2.8.13. O(1).
   */
  latencyLatest(): Promise<[event: S, time: number, latest: number, max: number][]>;
  /**
   * Forgets slow events.
   *
   * `LATENCY RESET [event [event ...]]`
   *
   * Since 2.8.13. O(1).
   */
  latencyReset(...event: Many<Value>): Promise<number>;
  /**
   * Finds the longest common subsequence of two strings.
   *
   * `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]`
   *
   * Since 7.0.0. O(N*M) for strings of N and M bytes.
   */
  lcs(key1: Value, key2: Value, options: { len: true; idx?: boolean | undefined; minmatchlen?: Num | undefined; withmatchlen?: boolean | undefined }): Promise<number>;
  lcs(key1: Value, key2: Value, options: { len?: boolean | undefined; idx: true; minmatchlen?: Num | undefined; withmatchlen?: boolean | undefined }): Promise<LongestMatch>;
  lcs(key1: Value, key2: Value, options?: { len?: boolean | undefined; idx?: boolean | undefined; minmatchlen?: Num | undefined; withmatchlen?: boolean | undefined }): Promise<S>;
  /**
   * Returns the element at an index.
   *
   * `LINDEX key index`
   *
   * Since 1.0.0. O(N) for an element N away from the nearer end.
   */
  lindex(key: Value, index: Num): Promise<S | null>;
  /**
   * Inserts an element beside the first one that equals the pivot.
   *
   * `LINSERT key BEFORE|AFTER pivot element`
   *
   * Since 2.2.0. O(N) for a pivot N behind the first element.
   */
  linsert(key: Value, where: 'BEFORE' | 'AFTER', pivot: Value, element: Value): Promise<number>;
  /**
   * Tells how many elements a list has.
   *
   * `LLEN key`
   *
   * Since 1.0.0. O(1).
   */
  llen(key: Value): Promise<number>;
  /**
   * Moves an element from one list to another.
   *
   * `LMOVE source destination LEFT|RIGHT LEFT|RIGHT`
   *
   * Since 6.2.0. O(1).
   */
  lmove(source: Value, destination: Value, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT'): Promise<S | null>;
  /**
   * Takes elements from the first list that has any.
   *
   * `LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]`
   *
   * Since 7.0.0. O(N+M) for N keys and M elements.
   */
  lmpop(key: Value | readonly Value[], where: 'LEFT' | 'RIGHT', options?: { count?: Num | undefined }): Promise<[key: S, elements: S[]] | null>;
  /**
   * Draws something for fun, and names the version.
   *
   * `LOLWUT [VERSION version]`
   *
   * Since 5.0.0. .
   */
  lolwut(options?: { version?: Num | undefined }): Promise<string>;
  /**
   * Takes the first element, or the first few.
   *
   * `LPOP key [count]`
   *
   * Since 1.0.0. O(N) for N elements.
   */
  lpop(key: Value, count: Num): Promise<S[] | null>;
  lpop(key: Value, count?: Num): Promise<S | null>;
  /**
   * Tells at which indexes an element stands.
   *
   * `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]`
   *
   * Since 6.0.6. O(N) for a list of N elements, or as many as MAXLEN says.
   */
  lpos(key: Value, element: Value, options: { rank?: Num | undefined; count: true; maxlen?: Num | undefined }): Promise<number[]>;
  lpos(key: Value, element: Value, options?: { rank?: Num | undefined; count?: Num | undefined; maxlen?: Num | undefined }): Promise<number | null>;
  /**
   * Puts elements in front of a list, one after the other.
   *
   * `LPUSH key element [element ...]`
   *
   * Since 1.0.0. O(N) for N elements.
   */
  lpush(key: Value, ...element: Many<Value>): Promise<number>;
  /**
   * Puts elements in front of a list that exists.
   *
   * `LPUSHX key element [element ...]`
   *
   * Since 2.2.0. O(N) for N elements.
   */
  lpushx(key: Value, ...element: Many<Value>): Promise<number>;
  /**
   * Returns the elements between two indexes.
   *
   * `LRANGE key start stop`
   *
   * Since 1.0.0. O(S+N) for N elements that begin S away from the nearer end.
   */
  lrange(key: Value, start: Num, stop: Num): Promise<S[]>;
  /**
   * Removes elements that equal a given one, counted from either end.
   *
   * `LREM key count element`
   *
   * Since 1.0.0. O(N+M) for a list of N elements, M of which go.
   */
  lrem(key: Value, count: Num, element: Value): Promise<number>;
  /**
   * Replaces the element at an index.
   *
   * `LSET key index element`
   *
   * Since 1.0.0. O(N) for an element N away from the nearer end.
   */
  lset(key: Value, index: Num, element: Value): Promise<'OK'>;
  /**
   * Removes all elements but those between two indexes.
   *
   * `LTRIM key start stop`
   *
   * Since 1.0.0. O(N) for N elements that go.
   */
  ltrim(key: Value, start: Num, stop: Num): Promise<'OK'>;
  /**
   * Comments on the use of memory.
   *
   * `MEMORY DOCTOR`
   *
   * Since 4.0.0. O(1).
   */
  memoryDoctor(): Promise<string>;
  /**
   * Lists the subcommands.
   *
   * `MEMORY HELP`
   *
   * Since 4.0.0. O(1).
   */
  memoryHelp(): Promise<string[]>;
  /**
   * Returns what the allocator says of itself.
   *
   * `MEMORY MALLOC-STATS`
   *
   * Since 4.0.0. Grows with the memory in use.
   */
  memoryMallocStats(): Promise<string>;
  /**
   * Asks the allocator to give unused memory back.
   *
   * `MEMORY PURGE`
   *
   * Since 4.0.0. Grows with the memory in use.
   */
  memoryPurge(): Promise<'OK'>;
  /**
   * Returns what memory is used for, in figures.
   *
   * `MEMORY STATS`
   *
   * Since 4.0.0. O(1).
   */
  memoryStats(): Promise<Fields>;
  /**
   * Estimates how many bytes a key and its value take.
   *
   * `MEMORY USAGE key [SAMPLES count]`
   *
   * Since 4.0.0. O(N) for N samples.
   */
  memoryUsage(key: Value, options?: { samples?: Num | undefined }): Promise<number | null>;
  /**
   * Returns the strings of several keys; null where there is none.
   *
   * `MGET key [key ...]`
   *
   * Since 1.0.0. O(N) for N keys.
   */
  mget(...key: Many<Value>): Promise<(S | null)[]>;
  /**
   * Moves keys to another server.
   *
   * `MIGRATE host port key|"" destination-db timeout [COPY] [REPLACE] [AUTH password|AUTH2 username password] [KEYS key [key ...]]`
   *
   * Since 2.6.0. O(N) for values of N bytes, here and on the other server.
   */
  migrate(host: Value, port: Num, key: Value, database: Num, timeout: Num, options?: MigrateOptions): Promise<'OK' | 'NOKEY'>;
  /**
   * Lists the subcommands of MODULE.
   *
   * `MODULE HELP`
   *
   * Since 5.0.0. O(1).
   */
  moduleHelp(): Promise<unknown>;
  /**
   * Lists the modules that are loaded.
   *
   * `MODULE LIST`
   *
   * Since 4.0.0. O(N) for N modules.
   */
  moduleList(): Promise<unknown>;
  /**
   * Loads a module.
   *
   * `MODULE LOAD path [arg [arg ...]]`
   *
   * Since 4.0.0. O(1).
   */
  moduleLoad(path: Value, ...arg: Many<Value>): Promise<unknown>;
  /**
   * Loads a module with parameters.
   *
   * `MODULE LOADEX path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]]`
   *
   * Since 7.0.0. O(1).
   */
  moduleLoadex(path: Value, configs?: Pairs, options?: { args?: Value | readonly Value[] | undefined }): Promise<unknown>;
  /**
   * Unloads a module.
   *
   * `MODULE UNLOAD name`
   *
   * Since 4.0.0. O(1).
   */
  moduleUnload(name: Value): Promise<unknown>;
  /**
   * Moves a key to another database.
   *
   * `MOVE key db`
   *
   * Since 1.0.0. O(1).
   */
  move(key: Value, db: Num): Promise<0 | 1>;
  /**
   * Stores several strings at once.
   *
   * `MSET key value [key value ...]`
   *
   * Since 1.0.1. O(N) for N keys.
   */
  mset(...data: readonly (Value | Pairs)[]): Promise<'OK'>;
  /**
   * Stores several strings, unless one of the keys exists: all or nothing.
   *
   * `MSETNX key value [key value ...]`
   *
   * Since 1.0.1. O(N) for N keys.
   */
  msetnx(...data: readonly (Value | Pairs)[]): Promise<0 | 1>;
  /**
   * Names the encoding that a value has in memory.
   *
   * `OBJECT ENCODING key`
   *
   * Since 2.2.3. O(1).
   */
  objectEncoding(key: Value): Promise<string | null>;
  /**
   * Tells how often a value was used lately, on a logarithmic scale.
   *
   * `OBJECT FREQ key`
   *
   * Since 4.0.0. O(1).
   */
  objectFreq(key: Value): Promise<number | null>;
  /**
   * Lists the subcommands.
   *
   * `OBJECT HELP`
   *
   * Since 6.2.0. O(1).
   */
  objectHelp(): Promise<string[]>;
  /**
   * Tells for how many seconds a value was not used.
   *
   * `OBJECT IDLETIME key`
   *
   * Since 2.2.3. O(1).
   */
  objectIdletime(key: Value): Promise<number | null>;
  /**
   * Tells how many references a value has.
   *
   * `OBJECT REFCOUNT key`
   *
   * Since 2.2.3. O(1).
   */
  objectRefcount(key: Value): Promise<number | null>;
  /**
   * Lets a key live on without expiry.
   *
   * `PERSIST key`
   *
   * Since 2.2.0. O(1).
   */
  persist(key: Value): Promise<0 | 1>;
  /**
   * Lets a key expire after some milliseconds.
   *
   * `PEXPIRE key milliseconds [NX|XX|GT|LT]`
   *
   * Since 2.6.0. O(1).
   */
  pexpire(key: Value, milliseconds: Num, options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<0 | 1>;
  /**
   * Lets a key expire at a Unix time in milliseconds.
   *
   * `PEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT]`
   *
   * Since 2.6.0. O(1).
   */
  pexpireat(key: Value, unixTimeMilliseconds: Num, options?: Either<{ nx: true; xx: true; gt: true; lt: true }>): Promise<0 | 1>;
  /**
   * Tells the Unix time in milliseconds at which a key expires.
   *
   * `PEXPIRETIME key`
   *
   * Since 7.0.0. O(1).
   */
  pexpiretime(key: Value): Promise<number>;
  /**
   * Lets a HyperLogLog see elements, and makes it if it is not there.
   *
   * `PFADD key [element [element ...]]`
   *
   * Since 2.8.9. O(1) for each element.
   */
  pfadd(key: Value, ...element: Many<Value>): Promise<0 | 1>;
  /**
   * Estimates how many different elements one or more HyperLogLogs have seen.
   *
   * `PFCOUNT key [key ...]`
   *
   * Since 2.8.9. O(1) for one key, O(N) for several, and much slower for each of them.
   */
  pfcount(...key: Many<Value>): Promise<number>;
  /**
   * Makes a HyperLogLog that has seen what any of several have seen.
   *
   * `PFMERGE destkey [sourcekey [sourcekey ...]]`
   *
   * Since 2.8.9. O(N) for N keys.
   */
  pfmerge(destkey: Value, ...sourcekey: Many<Value>): Promise<'OK'>;
  /**
   * Answers, to show that the server is alive.
   *
   * `PING [message]`
   *
   * Since 1.0.0. O(1).
   */
  ping(message: Value): Promise<S>;
  ping(message?: Value): Promise<'PONG'>;
  /**
   * Stores a string that expires after some milliseconds.
   *
   * `PSETEX key milliseconds value`
   *
   * Since 2.6.0. O(1).
   *
   * @deprecated since 2.6.12: use SET with PX
   */
  psetex(key: Value, milliseconds: Num, value: Value): Promise<'OK'>;
  /**
   * Tells in how many milliseconds a key expires.
   *
   * `PTTL key`
   *
   * Since 2.6.0. O(1).
   */
  pttl(key: Value): Promise<number>;
  /**
   * Sends a message to all who listen to a channel.
   *
   * `PUBLISH channel message`
   *
   * Since 2.0.0. O(N+M) for N clients that hear it, and M patterns that anybody listens to.
   */
  publish(channel: Value, message: Value): Promise<number>;
  /**
   * Lists the channels that somebody listens to.
   *
   * `PUBSUB CHANNELS [pattern]`
   *
   * Since 2.8.0. O(N) for N channels that anybody listens to.
   */
  pubsubChannels(pattern?: Value): Promise<S[]>;
  /**
   * Lists the subcommands.
   *
   * `PUBSUB HELP`
   *
   * Since 6.2.0. O(1).
   */
  pubsubHelp(): Promise<string[]>;
  /**
   * Counts the different patterns that somebody listens to.
   *
   * `PUBSUB NUMPAT`
   *
   * Since 2.8.0. O(1).
   */
  pubsubNumpat(): Promise<number>;
  /**
   * Counts those who listen to channels, patterns left aside.
   *
   * `PUBSUB NUMSUB [channel [channel ...]]`
   *
   * Since 2.8.0. O(1) for each channel.
   */
  pubsubNumsub(...channel: Many<Value>): Promise<Dict<S, number, M>>;
  /**
   * Lists the shard channels that somebody listens to.
   *
   * `PUBSUB SHARDCHANNELS [pattern]`
   *
   * Since 7.0.0. O(N) for N shard channels that anybody listens to.
   */
  pubsubShardchannels(pattern?: Value): Promise<S[]>;
  /**
   * Counts those who listen to shard channels.
   *
   * `PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]`
   *
   * Since 7.0.0. O(1) for each shard channel.
   */
  pubsubShardnumsub(...shardchannel: Many<Value>): Promise<Dict<S, number, M>>;
  /**
   * Returns some key of the database.
   *
   * `RANDOMKEY`
   *
   * Since 1.0.0. O(1).
   */
  randomkey(): Promise<S | null>;
  /**
   * Lets this connection read from a replica what its master serves.
   *
   * `READONLY`
   *
   * Since 3.0.0. O(1).
   */
  readonly(): Promise<'OK'>;
  /**
   * Takes READONLY back.
   *
   * `READWRITE`
   *
   * Since 3.0.0. O(1).
   */
  readwrite(): Promise<'OK'>;
  /**
   * Gives a key another name, replacing what had it.
   *
   * `RENAME key newkey`
   *
   * Since 1.0.0. O(1).
   */
  rename(key: Value, newkey: Value): Promise<'OK'>;
  /**
   * Gives a key another name, if that is free.
   *
   * `RENAMENX key newkey`
   *
   * Since 1.0.0. O(1).
   */
  renamenx(key: Value, newkey: Value): Promise<0 | 1>;
  /**
   * Makes the server a replica of another, or a master again.
   *
   * `REPLICAOF host port|NO ONE`
   *
   * Since 5.0.0. O(1).
   */
  replicaof(host: Value, port: Num): Promise<string>;
  /**
   * Creates a key from the bytes that DUMP returned.
   *
   * `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
   *
   * Since 2.6.0. O(N) for a value of N bytes, O(N*log(N)) for a sorted set.
   */
  restore(key: Value, ttl: Num, serializedValue: Value, options?: { replace?: boolean | undefined; absttl?: boolean | undefined; idletime?: Num | undefined; freq?: Num | undefined }): Promise<'OK'>;
  /**
   * Tells what part the server plays in replication.
   *
   * `ROLE`
   *
   * Since 2.8.12. O(1).
   */
  role(): Promise<unknown[]>;
  /**
   * Takes the last element, or the last few.
   *
   * `RPOP key [count]`
   *
   * Since 1.0.0. O(N) for N elements.
   */
  rpop(key: Value, count: Num): Promise<S[] | null>;
  rpop(key: Value, count?: Num): Promise<S | null>;
  /**
   * Moves the last element of a list to the front of another.
   *
   * `RPOPLPUSH source destination`
   *
   * Since 1.2.0. O(1).
   *
   * @deprecated since 6.2.0: use `LMOVE` with the `RIGHT` and `LEFT` arguments
   */
  rpoplpush(source: Value, destination: Value): Promise<S | null>;
  /**
   * Puts elements behind a list, one after the other.
   *
   * `RPUSH key element [element ...]`
   *
   * Since 1.0.0. O(N) for N elements.
   */
  rpush(key: Value, ...element: Many<Value>): Promise<number>;
  /**
   * Puts elements behind a list that exists.
   *
   * `RPUSHX key element [element ...]`
   *
   * Since 2.2.0. O(N) for N elements.
   */
  rpushx(key: Value, ...element: Many<Value>): Promise<number>;
  /**
   * Adds members to a set.
   *
   * `SADD key member [member ...]`
   *
   * Since 1.0.0. O(N) for N members.
   */
  sadd(key: Value, ...member: Many<Value>): Promise<number>;
  /**
   * Saves the data set to a file while everybody waits.
   *
   * `SAVE`
   *
   * Since 1.0.0. O(N) in the keys.
   */
  save(): Promise<'OK'>;
  /**
   * Walks the keys of the database, some at a time.
   *
   * `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
   *
   * Since 2.8.0. O(1) a call, O(N) for all of N keys.
   */
  scan(cursor: Num, options?: { match?: Value | undefined; count?: Num | undefined; type?: Value | undefined }): Promise<Cursor<S>>;
  /**
   * Counts the members of a set.
   *
   * `SCARD key`
   *
   * Since 1.0.0. O(1).
   */
  scard(key: Value): Promise<number>;
  /**
   * Lets the scripts that follow be debugged.
   *
   * `SCRIPT DEBUG YES|SYNC|NO`
   *
   * Since 3.2.0. O(1).
   */
  scriptDebug(mode: 'YES' | 'SYNC' | 'NO'): Promise<'OK'>;
  /**
   * Tells which scripts the server knows.
   *
   * `SCRIPT EXISTS sha1 [sha1 ...]`
   *
   * Since 2.6.0. O(N) for N scripts asked for.
   */
  scriptExists(...sha1: Many<Value>): Promise<(0 | 1)[]>;
  /**
   * Forgets all scripts.
   *
   * `SCRIPT FLUSH [ASYNC|SYNC]`
   *
   * Since 2.6.0. O(N) for N scripts.
   */
  scriptFlush(options?: Either<{ async: true; sync: true }>): Promise<'OK'>;
  /**
   * Lists the subcommands.
   *
   * `SCRIPT HELP`
   *
   * Since 5.0.0. O(1).
   */
  scriptHelp(): Promise<string[]>;
  /**
   * Ends the script that runs, unless it has changed something.
   *
   * `SCRIPT KILL`
   *
   * Since 2.6.0. O(1).
   */
  scriptKill(): Promise<'OK'>;
  /**
   * Makes a script known to the server without running it.
   *
   * `SCRIPT LOAD script`
   *
   * Since 2.6.0. O(N) for N bytes of the script.
   */
  scriptLoad(script: Value): Promise<string>;
  /**
   * Returns what is in the first set and in none of the others.
   *
   * `SDIFF key [key ...]`
   *
   * Since 1.0.0. O(N) in the members of all sets.
   */
  sdiff(...key: Many<Value>): Promise<S[]>;
  /**
   * Stores what is in the first set and in none of the others.
   *
   * `SDIFFSTORE destination key [key ...]`
   *
   * Since 1.0.0. O(N) in the members of all sets.
   */
  sdiffstore(destination: Value, ...key: Many<Value>): Promise<number>;
  /**
   * Chooses the database for what follows.
   *
   * `SELECT index`
   *
   * Since 1.0.0. O(1).
   */
  select(index: Num): Promise<'OK'>;
  /**
   * Stores a string, whatever the key held before.
   *
   * `SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]`
   *
   * Since 1.0.0. O(1).
   */
  set(key: Value, value: Value, options: { get: true } & Either<{ nx: true; xx: true }> & Either<{ ex: Num; px: Num; exat: Num; pxat: Num; keepttl: true }>): Promise<S | null>;
  set(key: Value, value: Value, options?: { get?: boolean | undefined } & Either<{ nx: true; xx: true }> & Either<{ ex: Num; px: Num; exat: Num; pxat: Num; keepttl: true }>): Promise<'OK' | null>;
  /**
   * Sets or clears one bit of a string and returns what it was.
   *
   * `SETBIT key offset value`
   *
   * Since 2.2.0. O(1).
   */
  setbit(key: Value, offset: Num, value: Num): Promise<0 | 1>;
  /**
   * Stores a string that expires after some seconds.
   *
   * `SETEX key seconds value`
   *
   * Since 2.0.0. O(1).
   *
   * @deprecated since 2.6.12: use SET with EX
   */
  setex(key: Value, seconds: Num, value: Value): Promise<'OK'>;
  /**
   * Stores a string if the key does not exist.
   *
   * `SETNX key value`
   *
   * Since 1.0.0. O(1).
   *
   * @deprecated since 2.6.12: use SET with NX
   */
  setnx(key: Value, value: Value): Promise<0 | 1>;
  /**
   * Overwrites part of a string from an offset on, padding with zero bytes.
   *
   * `SETRANGE key offset value`
   *
   * Since 2.2.0. O(M) to write M bytes; more if the string has to move to grow.
   */
  setrange(key: Value, offset: Num, value: Value): Promise<number>;
  /**
   * Saves if so configured, and stops the server.
   *
   * `SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]`
   *
   * Since 1.0.0. O(N) in the keys if they are saved, else O(1).
   */
  shutdown(options?: { now?: boolean | undefined; force?: boolean | undefined; abort?: boolean | undefined } & Either<{ nosave: true; save: true }>): Promise<'OK'>;
  /**
   * Returns what is in all of the sets.
   *
   * `SINTER key [key ...]`
   *
   * Since 1.0.0. O(N*M) for M sets, the smallest of N members.
   */
  sinter(...key: Many<Value>): Promise<S[]>;
  /**
   * Counts what is in all of the sets.
   *
   * `SINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Since 7.0.0. O(N*M) for M sets, the smallest of N members.
   */
  sintercard(key: Value | readonly Value[], options?: { limit?: Num | undefined }): Promise<number>;
  /**
   * Stores what is in all of the sets.
   *
   * `SINTERSTORE destination key [key ...]`
   *
   * Since 1.0.0. O(N*M) for M sets, the smallest of N members.
   */
  sinterstore(destination: Value, ...key: Many<Value>): Promise<number>;
  /**
   * Tells whether a set has a member.
   *
   * `SISMEMBER key member`
   *
   * Since 1.0.0. O(1).
   */
  sismember(key: Value, member: Value): Promise<0 | 1>;
  /**
   * Makes the server a replica of another, or a master again, as it was called once.
   *
   * `SLAVEOF host port|NO ONE`
   *
   * Since 1.0.0. O(1).
   *
   * @deprecated since 5.0.0: use `REPLICAOF`
   */
  slaveof(host: Value, port: Num): Promise<string>;
  /**
   * Returns the latest entries.
   *
   * `SLOWLOG GET [count]`
   *
   * Since 2.2.12. O(N) for N entries.
   */
  slowlogGet(count?: Num): Promise<SlowEntry<S>[]>;
  /**
   * Lists the subcommands.
   *
   * `SLOWLOG HELP`
   *
   * Since 6.2.0. O(1).
   */
  slowlogHelp(): Promise<string[]>;
  /**
   * Counts the entries.
   *
   * `SLOWLOG LEN`
   *
   * Since 2.2.12. O(1).
   */
  slowlogLen(): Promise<number>;
  /**
   * Empties the log.
   *
   * `SLOWLOG RESET`
   *
   * Since 2.2.12. O(N) for N entries.
   */
  slowlogReset(): Promise<'OK'>;
  /**
   * Returns all members of a set.
   *
   * `SMEMBERS key`
   *
   * Since 1.0.0. O(N) in the members.
   */
  smembers(key: Value): Promise<S[]>;
  /**
   * Tells for several members whether a set has them.
   *
   * `SMISMEMBER key member [member ...]`
   *
   * Since 6.2.0. O(N) for N members asked about.
   */
  smismember(key: Value, ...member: Many<Value>): Promise<(0 | 1)[]>;
  /**
   * Moves a member from one set to another.
   *
   * `SMOVE source destination member`
   *
   * Since 1.0.0. O(1).
   */
  smove(source: Value, destination: Value, member: Value): Promise<0 | 1>;
  /**
   * Sorts the elements of a list, a set or a sorted set, and may store the outcome.
   *
   * `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA] [STORE destination]`
   *
   * Since 1.0.0. O(N + M log M) for N elements, M of them returned.
   */
  sort(key: Value, options: SortOptions & { store: Value }): Promise<number>;
  sort(key: Value, options?: SortOptions): Promise<(S | null)[]>;
  /**
   * Returns the elements of a list, a set or a sorted set in order.
   *
   * `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA]`
   *
   * Since 7.0.0. O(N + M log M) for N elements, M of them returned.
   */
  sortRo(key: Value, options?: { by?: Value | undefined; limit?: readonly [offset: Num, count: Num] | undefined; get?: Value | readonly Value[] | undefined; alpha?: boolean | undefined } & Either<{ asc: true; desc: true }>): Promise<(S | null)[]>;
  /**
   * Removes random members of a set and returns them.
   *
   * `SPOP key [count]`
   *
   * Since 1.0.0. O(N) for N members removed.
   */
  spop(key: Value, count: Num): Promise<S[]>;
  spop(key: Value, count?: Num): Promise<S | null>;
  /**
   * Sends a message to all who listen to a shard channel.
   *
   * `SPUBLISH shardchannel message`
   *
   * Since 7.0.0. O(N) for N clients that hear it.
   */
  spublish(shardchannel: Value, message: Value): Promise<number>;
  /**
   * Returns random members of a set.
   *
   * `SRANDMEMBER key [count]`
   *
   * Since 1.0.0. O(N) for N members returned.
   */
  srandmember(key: Value, count: Num): Promise<S[]>;
  srandmember(key: Value, count?: Num): Promise<S | null>;
  /**
   * Removes members of a set.
   *
   * `SREM key member [member ...]`
   *
   * Since 1.0.0. O(N) for N members.
   */
  srem(key: Value, ...member: Many<Value>): Promise<number>;
  /**
   * Walks over the members of a set, some at a time.
   *
   * `SSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Since 2.8.0. O(1) for each call, O(N) for a whole walk.
   */
  sscan(key: Value, cursor: Num, options?: { match?: Value | undefined; count?: Num | undefined }): Promise<Cursor<S>>;
  /**
   * Tells how many bytes a string has.
   *
   * `STRLEN key`
   *
   * Since 2.2.0. O(1).
   */
  strlen(key: Value): Promise<number>;
  /**
   * Returns part of a string: an older name of GETRANGE.
   *
   * `SUBSTR key start end`
   *
   * Since 1.0.0. O(N) to return N bytes.
   *
   * @deprecated since 2.0.0: use GETRANGE
   */
  substr(key: Value, start: Num, end: Num): Promise<S>;
  /**
   * Returns what is in any of the sets.
   *
   * `SUNION key [key ...]`
   *
   * Since 1.0.0. O(N) in the members of all sets.
   */
  sunion(...key: Many<Value>): Promise<S[]>;
  /**
   * Stores what is in any of the sets.
   *
   * `SUNIONSTORE destination key [key ...]`
   *
   * Since 1.0.0. O(N) in the members of all sets.
   */
  sunionstore(destination: Value, ...key: Many<Value>): Promise<number>;
  /**
   * Exchanges the keys of two databases.
   *
   * `SWAPDB index1 index2`
   *
   * Since 4.0.0. O(N) in the clients that watch or wait for keys of either.
   */
  swapdb(index1: Num, index2: Num): Promise<'OK'>;
  /**
   * Returns the time of the server: seconds, and microseconds of the second.
   *
   * `TIME`
   *
   * Since 2.6.0. O(1).
   */
  time(): Promise<[seconds: number, microseconds: number]>;
  /**
   * Marks keys as just used, and counts those that exist.
   *
   * `TOUCH key [key ...]`
   *
   * Since 3.2.1. O(N) for N keys.
   */
  touch(...key: Many<Value>): Promise<number>;
  /**
   * Tells in how many seconds a key expires.
   *
   * `TTL key`
   *
   * Since 1.0.0. O(1).
   */
  ttl(key: Value): Promise<number>;
  /**
   * Names the type of the value that a key holds.
   *
   * `TYPE key`
   *
   * Since 1.0.0. O(1).
   */
  type(key: Value): Promise<string>;
  /**
   * Removes keys now, and frees their memory later.
   *
   * `UNLINK key [key ...]`
   *
   * Since 4.0.0. O(1) for each key; freeing large values is put off.
   */
  unlink(...key: Many<Value>): Promise<number>;
  /**
   * Waits until replicas have what the connection wrote.
   *
   * `WAIT numreplicas timeout`
   *
   * Since 3.0.0. O(1).
   */
  wait(numreplicas: Num, timeout: Num): Promise<number>;
  /**
   * Waits until what the connection wrote is in append-only files on disks.
   *
   * `WAITAOF numlocal numreplicas timeout`
   *
   * Since 7.2.0. O(1).
   */
  waitaof(numlocal: Num, numreplicas: Num, timeout: Num): Promise<[local: number, replicas: number]>;
  /**
   * Acknowledges entries, which are pending no longer.
   *
   * `XACK key group id [id ...]`
   *
   * Since 5.0.0. O(log N) for each ID and N pending entries.
   */
  xack(key: Value, group: Value, ...id: Many<Value>): Promise<number>;
  /**
   * Adds an entry to a stream, and makes the stream if it is not there.
   *
   * `XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value [field value ...]`
   *
   * Since 5.0.0. O(1), and O(N) for N entries that are trimmed.
   */
  xadd(key: Value, id: Value, fields: Pairs, options: { nomkstream?: boolean } & TrimOptions & { nomkstream: true }): Promise<string | null>;
  xadd(key: Value, id: Value, fields: Pairs, options?: { nomkstream?: boolean } & TrimOptions): Promise<string>;
  /**
   * Takes over pending entries that nobody has dealt with for some time.
   *
   * `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`
   *
   * Since 6.2.0. O(M log N) for N pending entries, ten times COUNT of which are looked at.
   */
  xautoclaim(key: Value, group: Value, consumer: Value, minIdleTime: Value, start: Value, options: { count?: Num | undefined; justid: true }): Promise<Claimed<string>>;
  xautoclaim(key: Value, group: Value, consumer: Value, minIdleTime: Value, start: Value, options?: { count?: Num | undefined; justid?: boolean | undefined }): Promise<Claimed<Entry<S, M> | null>>;
  /**
   * Takes over pending entries from whoever has them.
   *
   * `XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]`
   *
   * Since 5.0.0. O(log N) for each ID and N pending entries.
   */
  xclaim(key: Value, group: Value, consumer: Value, minIdleTime: Value, id: Value | readonly Value[], options: { idle?: Num | undefined; time?: Num | undefined; retrycount?: Num | undefined; force?: boolean | undefined; justid: true; lastid?: Value | undefined }): Promise<string[]>;
  xclaim(key: Value, group: Value, consumer: Value, minIdleTime: Value, id: Value | readonly Value[], options?: { idle?: Num | undefined; time?: Num | undefined; retrycount?: Num | undefined; force?: boolean | undefined; justid?: boolean | undefined; lastid?: Value | undefined }): Promise<Entry<S, M>[]>;
  /**
   * Deletes entries of a stream, and tells how many there were.
   *
   * `XDEL key id [id ...]`
   *
   * Since 5.0.0. O(1) for each entry.
   */
  xdel(key: Value, ...id: Many<Value>): Promise<number>;
  /**
   * Creates a group that reads a stream from an ID on.
   *
   * `XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD entries-read]`
   *
   * Since 5.0.0. O(1).
   */
  xgroupCreate(key: Value, group: Value, id: Value, options?: { mkstream?: boolean | undefined; entriesread?: Num | undefined }): Promise<'OK'>;
  /**
   * Adds a consumer to a group.
   *
   * `XGROUP CREATECONSUMER key group consumer`
   *
   * Since 6.2.0. O(1).
   */
  xgroupCreateconsumer(key: Value, group: Value, consumer: Value): Promise<0 | 1>;
  /**
   * Removes a consumer, and what it had pending.
   *
   * `XGROUP DELCONSUMER key group consumer`
   *
   * Since 5.0.0. O(M log N) for a consumer of M of N pending entries.
   */
  xgroupDelconsumer(key: Value, group: Value, consumer: Value): Promise<number>;
  /**
   * Removes a group.
   *
   * `XGROUP DESTROY key group`
   *
   * Since 5.0.0. O(N) for N pending entries.
   */
  xgroupDestroy(key: Value, group: Value): Promise<0 | 1>;
  /**
   * Lists the subcommands.
   *
   * `XGROUP HELP`
   *
   * Since 5.0.0. O(1).
   */
  xgroupHelp(): Promise<string[]>;
  /**
   * Says from which ID on a group reads.
   *
   * `XGROUP SETID key group id|$ [ENTRIESREAD entries-read]`
   *
   * Since 5.0.0. O(1).
   */
  xgroupSetid(key: Value, group: Value, id: Value, options?: { entriesread?: Num | undefined }): Promise<'OK'>;
  /**
   * Describes the consumers of a group.
   *
   * `XINFO CONSUMERS key group`
   *
   * Since 5.0.0. O(N log N) for N consumers.
   */
  xinfoConsumers(key: Value, group: Value): Promise<ConsumerInfo<S>[]>;
  /**
   * Describes the groups of a stream.
   *
   * `XINFO GROUPS key`
   *
   * Since 5.0.0. O(N log N) for N groups.
   */
  xinfoGroups(key: Value): Promise<GroupInfo<S>[]>;
  /**
   * Tells what the subcommands are.
   *
   * `XINFO HELP`
   *
   * Since 5.0.0. O(1).
   */
  xinfoHelp(): Promise<string[]>;
  /**
   * Tells about a stream.
   *
   * `XINFO STREAM key [FULL [COUNT count]]`
   *
   * Since 5.0.0. O(1).
   */
  xinfoStream(key: Value, options: { full: true; count?: Num | undefined }): Promise<Fields>;
  xinfoStream(key: Value, options?: { full?: boolean | undefined; count?: Num | undefined }): Promise<StreamInfo<S, M>>;
  /**
   * Tells how many entries a stream has.
   *
   * `XLEN key`
   *
   * Since 5.0.0. O(1).
   */
  xlen(key: Value): Promise<number>;
  /**
   * Tells what is pending.
   *
   * `XPENDING key group [[IDLE min-idle-time] start end count [consumer]]`
   *
   * Since 5.0.0. O(log N + M) for M of N pending entries; O(C log C) for a summary of C consumers.
   */
  xpending(key: Value, group: Value, start: Value, end?: Value, count?: Num, consumer?: Value, options?: { idle?: Num | undefined }): Promise<Pending[]>;
  xpending(key: Value, group: Value, start?: Value, end?: Value, count?: Num, consumer?: Value, options?: { idle?: Num | undefined }): Promise<PendingSummary<M>>;
  /**
   * Returns the entries of a stream between two IDs.
   *
   * `XRANGE key start end [COUNT count]`
   *
   * Since 5.0.0. O(log(N)+M) for M entries that are returned.
   */
  xrange(key: Value, start: Value, end: Value, options?: { count?: Num | undefined }): Promise<Entry<S, M>[]>;
  /**
   * Returns what is newer in some streams, and waits for it if there is nothing.
   *
   * `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]`
   *
   * Since 5.0.0. .
   */
  xread(streams: Pairs, options?: { count?: Num; block?: Num }): Promise<Dict<S, Entry<S, M>[], M> | null>;
  /**
   * Reads for a consumer of a group what is new, or what it has pending.
   *
   * `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]`
   *
   * Since 5.0.0. O(M) for M entries of each stream.
   */
  xreadgroup(group: Value, consumer: Value, streams: Pairs, options?: { count?: Num; block?: Num; noack?: boolean }): Promise<Dict<S, Entry<S, M>[], M> | null>;
  /**
   * Returns the entries of a stream between two IDs, the newest first.
   *
   * `XREVRANGE key end start [COUNT count]`
   *
   * Since 5.0.0. O(log(N)+M) for M entries that are returned.
   */
  xrevrange(key: Value, end: Value, start: Value, options?: { count?: Num | undefined }): Promise<Entry<S, M>[]>;
  /**
   * Sets what a stream remembers beside its entries; used between servers.
   *
   * `XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]`
   *
   * Since 5.0.0. O(1).
   */
  xsetid(key: Value, lastId: Value, options?: { entriesadded?: Num | undefined; maxdeletedid?: Value | undefined }): Promise<'OK'>;
  /**
   * Deletes the oldest entries of a stream.
   *
   * `XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count]`
   *
   * Since 5.0.0. O(N) for N entries that go, which is little where whole nodes do.
   */
  xtrim(key: Value, options: TrimOptions): Promise<number>;
  /**
   * Gives members a score, adding those that are new.
   *
   * `ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]`
   *
   * Since 1.2.0. O(log(N)) for each member.
   */
  zadd(key: Value, data: Scored, options: { ch?: boolean | undefined; incr: true } & Either<{ nx: true; xx: true }> & Either<{ gt: true; lt: true }>): Promise<number | null>;
  zadd(key: Value, data: Scored, options?: { ch?: boolean | undefined; incr?: boolean | undefined } & Either<{ nx: true; xx: true }> & Either<{ gt: true; lt: true }>): Promise<number>;
  /**
   * Counts the members.
   *
   * `ZCARD key`
   *
   * Since 1.2.0. O(1).
   */
  zcard(key: Value): Promise<number>;
  /**
   * Counts the members whose score lies in a range.
   *
   * `ZCOUNT key min max`
   *
   * Since 2.0.0. O(log(N)).
   */
  zcount(key: Value, min: Num, max: Num): Promise<number>;
  /**
   * Returns the members of the first key that no other has.
   *
   * `ZDIFF numkeys key [key ...] [WITHSCORES]`
   *
   * Since 6.2.0. O(L+N*log(N)) for L members in all, N of them in the first key.
   */
  zdiff(key: Value | readonly Value[], options: { withscores: true }): Promise<ScoredMembers<S>>;
  zdiff(key: Value | readonly Value[], options?: { withscores?: boolean | undefined }): Promise<S[]>;
  /**
   * Stores the members of the first key that no other has.
   *
   * `ZDIFFSTORE destination numkeys key [key ...]`
   *
   * Since 6.2.0. O(L+N*log(N)) for L members in all, N of them in the first key.
   */
  zdiffstore(destination: Value, ...key: Many<Value>): Promise<number>;
  /**
   * Adds a number to a member's score. A missing member counts as 0.
   *
   * `ZINCRBY key increment member`
   *
   * Since 1.2.0. O(log(N)).
   */
  zincrby(key: Value, increment: Num, member: Value): Promise<number>;
  /**
   * Returns the members that all the keys have.
   *
   * `ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]`
   *
   * Since 6.2.0. O(N*K+M*log(M)): N in the smallest of K keys, M in all.
   */
  zinter(key: Value | readonly Value[], options: { weights?: Num | readonly Num[] | undefined; aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined; withscores: true }): Promise<ScoredMembers<S>>;
  zinter(key: Value | readonly Value[], options?: { weights?: Num | readonly Num[] | undefined; aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined; withscores?: boolean | undefined }): Promise<S[]>;
  /**
   * Counts the members that all the keys have.
   *
   * `ZINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Since 7.0.0. O(N*K) for N members in the smallest of K keys.
   */
  zintercard(key: Value | readonly Value[], options?: { limit?: Num | undefined }): Promise<number>;
  /**
   * Stores the members that all the keys have.
   *
   * `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX]`
   *
   * Since 2.0.0. O(N*K+M*log(M)): N in the smallest of K keys, M in all.
   */
  zinterstore(destination: Value, key: Value | readonly Value[], options?: { weights?: Num | readonly Num[] | undefined; aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined }): Promise<number>;
  /**
   * Counts the members in a range of names, all scores being equal.
   *
   * `ZLEXCOUNT key min max`
   *
   * Since 2.8.9. O(log(N)).
   */
  zlexcount(key: Value, min: Value, max: Value): Promise<number>;
  /**
   * Takes members from the first of several keys that has any.
   *
   * `ZMPOP numkeys key [key ...] MIN|MAX [COUNT count]`
   *
   * Since 7.0.0. O(K) to look at K keys, and O(M*log(N)) to take M members.
   */
  zmpop(key: Value | readonly Value[], where: 'MIN' | 'MAX', options?: { count?: Num | undefined }): Promise<[key: S, members: ScoredMembers<S>] | null>;
  /**
   * Returns the scores of several members.
   *
   * `ZMSCORE key member [member ...]`
   *
   * Since 6.2.0. O(N) for N members asked for.
   */
  zmscore(key: Value, ...member: Many<Value>): Promise<(number | null)[]>;
  /**
   * Takes the members with the highest scores away, and returns them.
   *
   * `ZPOPMAX key [count]`
   *
   * Since 5.0.0. O(M*log(N)) to take M members.
   */
  zpopmax(key: Value, count: Num): Promise<ScoredMembers<S>>;
  zpopmax(key: Value, count?: Num): Promise<[member: S, score: number] | null>;
  /**
   * Takes the members with the lowest scores away, and returns them.
   *
   * `ZPOPMIN key [count]`
   *
   * Since 5.0.0. O(M*log(N)) to take M members.
   */
  zpopmin(key: Value, count: Num): Promise<ScoredMembers<S>>;
  zpopmin(key: Value, count?: Num): Promise<[member: S, score: number] | null>;
  /**
   * Returns members picked at random.
   *
   * `ZRANDMEMBER key [count [WITHSCORES]]`
   *
   * Since 6.2.0. O(M) to return M members.
   */
  zrandmember(key: Value, count: Num | undefined, options: { withscores: true }): Promise<ScoredMembers<S>>;
  zrandmember(key: Value, count: Num, options?: { withscores?: boolean | undefined }): Promise<S[]>;
  zrandmember(key: Value, count?: Num, options?: { withscores?: boolean | undefined }): Promise<S | null>;
  /**
   * Returns the members in a range of ranks, scores or names.
   *
   * `ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
   *
   * Since 1.2.0. O(log(N)+M) to return M members.
   */
  zrange(key: Value, start: Value, stop: Value, options: { rev?: boolean | undefined; limit?: readonly [offset: Num, count: Num] | undefined; withscores: true } & Either<{ byscore: true; bylex: true }>): Promise<ScoredMembers<S>>;
  zrange(key: Value, start: Value, stop: Value, options?: { rev?: boolean | undefined; limit?: readonly [offset: Num, count: Num] | undefined; withscores?: boolean | undefined } & Either<{ byscore: true; bylex: true }>): Promise<S[]>;
  /**
   * Returns the members in a range of names, all scores being equal.
   *
   * `ZRANGEBYLEX key min max [LIMIT offset count]`
   *
   * Since 2.8.9. O(log(N)+M) to return M members.
   *
   * @deprecated since 6.2.0: use ZRANGE with BYLEX
   */
  zrangebylex(key: Value, min: Value, max: Value, options?: { limit?: readonly [offset: Num, count: Num] | undefined }): Promise<S[]>;
  /**
   * Returns the members whose score lies in a range.
   *
   * `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
   *
   * Since 1.0.5. O(log(N)+M) to return M members.
   *
   * @deprecated since 6.2.0: use ZRANGE with BYSCORE
   */
  zrangebyscore(key: Value, min: Num, max: Num, options: { withscores: true; limit?: readonly [offset: Num, count: Num] | undefined }): Promise<ScoredMembers<S>>;
  zrangebyscore(key: Value, min: Num, max: Num, options?: { withscores?: boolean | undefined; limit?: readonly [offset: Num, count: Num] | undefined }): Promise<S[]>;
  /**
   * Stores the members in a range of ranks, scores or names in another key.
   *
   * `ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]`
   *
   * Since 6.2.0. O(log(N)+M) to store M members.
   */
  zrangestore(dst: Value, src: Value, min: Value, max: Value, options?: { rev?: boolean | undefined; limit?: readonly [offset: Num, count: Num] | undefined } & Either<{ byscore: true; bylex: true }>): Promise<number>;
  /**
   * Returns how many members come before one, from the lowest score.
   *
   * `ZRANK key member [WITHSCORE]`
   *
   * Since 2.0.0. O(log(N)).
   */
  zrank(key: Value, member: Value, options: { withscore: true }): Promise<Ranked | null>;
  zrank(key: Value, member: Value, options?: { withscore?: boolean | undefined }): Promise<number | null>;
  /**
   * Removes members. The key goes with the last one.
   *
   * `ZREM key member [member ...]`
   *
   * Since 1.2.0. O(M*log(N)) to remove M members.
   */
  zrem(key: Value, ...member: Many<Value>): Promise<number>;
  /**
   * Removes the members in a range of names, all scores being equal.
   *
   * `ZREMRANGEBYLEX key min max`
   *
   * Since 2.8.9. O(log(N)+M) to remove M members.
   */
  zremrangebylex(key: Value, min: Value, max: Value): Promise<number>;
  /**
   * Removes the members in a range of ranks.
   *
   * `ZREMRANGEBYRANK key start stop`
   *
   * Since 2.0.0. O(log(N)+M) to remove M members.
   */
  zremrangebyrank(key: Value, start: Num, stop: Num): Promise<number>;
  /**
   * Removes the members whose score lies in a range.
   *
   * `ZREMRANGEBYSCORE key min max`
   *
   * Since 1.2.0. O(log(N)+M) to remove M members.
   */
  zremrangebyscore(key: Value, min: Num, max: Num): Promise<number>;
  /**
   * Returns the members in a range of ranks, from the highest score down.
   *
   * `ZREVRANGE key start stop [WITHSCORES]`
   *
   * Since 1.2.0. O(log(N)+M) to return M members.
   *
   * @deprecated since 6.2.0: use ZRANGE with REV
   */
  zrevrange(key: Value, start: Num, stop: Num, options: { withscores: true }): Promise<ScoredMembers<S>>;
  zrevrange(key: Value, start: Num, stop: Num, options?: { withscores?: boolean | undefined }): Promise<S[]>;
  /**
   * Returns the members in a range of names, from the last one back.
   *
   * `ZREVRANGEBYLEX key max min [LIMIT offset count]`
   *
   * Since 2.8.9. O(log(N)+M) to return M members.
   *
   * @deprecated since 6.2.0: use ZRANGE with REV and BYLEX
   */
  zrevrangebylex(key: Value, max: Value, min: Value, options?: { limit?: readonly [offset: Num, count: Num] | undefined }): Promise<S[]>;
  /**
   * Returns the members whose score lies in a range, from the highest down.
   *
   * `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
   *
   * Since 2.2.0. O(log(N)+M) to return M members.
   *
   * @deprecated since 6.2.0: use ZRANGE with REV and BYSCORE
   */
  zrevrangebyscore(key: Value, max: Num, min: Num, options: { withscores: true; limit?: readonly [offset: Num, count: Num] | undefined }): Promise<ScoredMembers<S>>;
  zrevrangebyscore(key: Value, max: Num, min: Num, options?: { withscores?: boolean | undefined; limit?: readonly [offset: Num, count: Num] | undefined }): Promise<S[]>;
  /**
   * Returns how many members come before one, from the highest score.
   *
   * `ZREVRANK key member [WITHSCORE]`
   *
   * Since 2.0.0. O(log(N)).
   */
  zrevrank(key: Value, member: Value, options: { withscore: true }): Promise<Ranked | null>;
  zrevrank(key: Value, member: Value, options?: { withscore?: boolean | undefined }): Promise<number | null>;
  /**
   * Walks over members and scores, some at a time.
   *
   * `ZSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Since 2.8.0. O(M) for M members looked at; O(N) for the whole.
   */
  zscan(key: Value, cursor: Num, options?: { match?: Value | undefined; count?: Num | undefined }): Promise<Cursor<[member: S, score: number]>>;
  /**
   * Returns the score of a member.
   *
   * `ZSCORE key member`
   *
   * Since 1.2.0. O(1).
   */
  zscore(key: Value, member: Value): Promise<number | null>;
  /**
   * Returns the members of all the keys.
   *
   * `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]`
   *
   * Since 6.2.0. O(N+M*log(M)) for N members in all, M of them different.
   */
  zunion(key: Value | readonly Value[], options: { weights?: Num | readonly Num[] | undefined; aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined; withscores: true }): Promise<ScoredMembers<S>>;
  zunion(key: Value | readonly Value[], options?: { weights?: Num | readonly Num[] | undefined; aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined; withscores?: boolean | undefined }): Promise<S[]>;
  /**
   * Stores the members of all the keys.
   *
   * `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX]`
   *
   * Since 2.0.0. O(N+M*log(M)) for N members in all, M of them different.
   */
  zunionstore(destination: Value, key: Value | readonly Value[], options?: { weights?: Num | readonly Num[] | undefined; aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined }): Promise<number>;
}
