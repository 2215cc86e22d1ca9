// Tests of Redis's suite that real Redis passes and this server does not, each with its reason.
//
// A test that fails without standing here makes `npm run conformance` fail. Kept by hand: whoever
// builds what a reason speaks of takes its entries away (and `--everything` tells which may go).
// Which test needs what was found by forbidding the commands of one family at a time, through an
// ACL, to a real server, and looking what failed.

export interface Waiting {
  unit: string;
  /** The name, or a pattern for several. */
  test: string | RegExp;
  reason: string;
  /** Its failure spoils the tests after it (a MULTI left open, a hang), so it is not even tried. */
  disturbs: boolean;
}

const loopback = 'it listens on the loopback interfaces unless told otherwise, on purpose';
const oneThread = 'there is one thread, on purpose: io-threads has no effect';
const noRehashing = 'dictionaries here grow a segment at a time and never rehash as a whole';
const listpacks = 'small values are arrays here, not listpacks that could be printed';
const noChains = 'dictionaries here have no chains, whose lengths it asks for';
const checked =
  'counts on the payload to be taken and the server to end on an assertion: here packed values ' +
  'are checked to the last byte, on purpose';
const noChild =
  'it looks for a child process; what is written in the background is no process here';
const jemalloc = "tried only with servers whose memory is jemalloc's, and ours is V8's";

/** One reason for several tests of a unit. */
function wait(unit: string, reason: string, ...tests: (string | RegExp)[]): Waiting[] {
  return tests.map((test) => ({ unit, test, reason, disturbs: false }));
}

/** The same for tests that must not be tried. */
function avoid(unit: string, reason: string, ...tests: (string | RegExp)[]): Waiting[] {
  return tests.map((test) => ({ unit, test, reason, disturbs: true }));
}

const stringUnits: Waiting[] = [
  ...wait('unit/type/string', jemalloc, 'trim on SET with big value'),
];

const setUnits: Waiting[] = [
  ...avoid('unit/type/set', noChains, 'SRANDMEMBER with a dict containing long chain'),
];

const hashUnits: Waiting[] = [
  ...wait('unit/type/hash-field-expire', listpacks, 'Test listpack debug listpack'),
];

const corruptUnits: Waiting[] = [
  ...wait(
    'integration/corrupt-dump',
    checked,
    'corrupt payload: listpack too long entry len',
    'corrupt payload: listpack very long entry len',
    'corrupt payload: hash listpack with duplicate records - convert',
    'corrupt payload: fuzzer findings - NPD in streamIteratorGetID',
    'corrupt payload: fuzzer findings - listpack NPD on invalid stream',
    'corrupt payload: fuzzer findings - stream bad lp_count - unsanitized',
    'corrupt payload: fuzzer findings - infinite loop',
    'corrupt payload: fuzzer findings - negative reply length',
    'corrupt payload: fuzzer findings - stream with no records',
    'corrupt payload: fuzzer findings - stream listpack valgrind issue',
    'corrupt payload: fuzzer findings - stream listpack lpPrev valgrind issue',
    'corrupt payload: fuzzer findings - gcc asan reports false leak on assert',
    'corrupt payload: fuzzer findings - lpFind invalid access',
    'corrupt payload: fuzzer findings - set with duplicate elements causes sdiff to hang',
    'corrupt payload: fuzzer findings - set with invalid length causes smembers to hang',
    'corrupt payload: fuzzer findings - set with invalid length causes sscan to hang',
    'corrupt payload: zset listpack encoded with invalid length causes zscan to hang',
    'corrupt payload: hash listpack encoded with invalid length causes hscan to hang',
  ),
];

/** Tests of COMMAND that ask about commands of other families. */
const commandFacts: Waiting[] = [];

const serverUnits: Waiting[] = [
  ...wait('unit/introspection', loopback, 'cannot modify protected configuration - local'),
  ...wait('unit/introspection', oneThread, 'IO threads client number', /evenly distributed/),
  ...commandFacts,
  ...wait('unit/networking', loopback, /^Default bind address/, /^Protected mode works/),
  ...wait('unit/info', noRehashing, /rehashing dict count$/),
];

const memoryUnits: Waiting[] = [
  ...wait('unit/memefficiency', jemalloc, /^Active [Dd]efrag/),
  ...wait('unit/oom-score-adj', noChild, 'CONFIG SET oom-score-adj works as expected'),
];

const transactionUnits: Waiting[] = [];

const pubsubUnits: Waiting[] = [];

const programUnits: Waiting[] = [];

const appendOnlyUnits: Waiting[] = [
  ...avoid(
    'integration/aof-multi-part',
    noChild,
    'AOF multiple rewrite failures will open multiple INCR AOFs',
    "AOF rewrite doesn't open new aof when AOF turn off", // It counts the files of the one above,
    'AOF enable/disable auto gc', // and so do these two.
    'AOF can produce consecutive sequence number after reload',
    'AOF enable during BGSAVE will not write data util AOFRW finish',
    'AOF will trigger limit when AOFRW fails many times',
    /^AOF will open a temporary INCR AOF to accumulate data until the first AOFRW success/,
  ),
];

const letGo = 'what expires is let go of at once, however many elements it has, on purpose';

const scriptUnits: Waiting[] = [...wait('unit/latency-monitor', letGo, /expire event/)];

const fileUnits: Waiting[] = [
  ...wait('unit/expire', noRehashing, /^expire scan should skip dictionaries/),
  ...wait('unit/other', noRehashing, /^Redis can (trigger resizing|rewind and|resize empty dict)/),
  ...avoid('unit/other', noChild, "Don't rehash if redis has child process"),
  ...wait('unit/shutdown', noChild, /^Temp rdb will be deleted if we use bg_unlink/),
  ...avoid('integration/rdb', noChild, 'failed bgsave prevents writes'),
];

export const waiting: Waiting[] = [
  ...scriptUnits,
  ...stringUnits,
  ...setUnits,
  ...hashUnits,
  ...serverUnits,
  ...memoryUnits,
  ...transactionUnits,
  ...pubsubUnits,
  ...programUnits,
  ...appendOnlyUnits,
  ...corruptUnits,
  ...fileUnits,
];
