// Every error line that the server sends for a caller's mistake.
//
// A handler refuses by throwing one of these. They are made once: throwing a
// constant that carries no stack costs a tenth of `new Error` (see
// bench/micro/errors.ts), and a wording is changed in one place. Those that
// quote the caller are built by the functions at the end, off the hot path.
//
// The first word of a line is its code; clients and INFO errorstats go by it.

/** What a caller did wrong: the error line of the reply, without '-' and line end. */
export class ReplyError {
  readonly line: string;

  constructor(line: string) {
    this.line = line;
  }

  /** The code that INFO errorstats counts this line under. */
  get code(): string {
    const space = this.line.indexOf(' ');
    // Redis: a first word that goes on and on is no code.
    return space < 0 || space > 30 ? 'ERR' : this.line.slice(0, space);
  }

  toString(): string {
    return this.line;
  }
}

const make = (line: string) => new ReplyError(line);

/** The refusal of changes while the append-only file cannot be written. */
export function misconfiguredAof(why: string): ReplyError {
  return make(`MISCONF Errors writing to the AOF file: ${why}`);
}

/** What Redis says where it does not say why. */
export const FAILED = new ReplyError('ERR');
export const LOADING_DATA = new ReplyError('LOADING Redis is loading the dataset in memory');
export const BUSY_SCRIPT = new ReplyError(
  'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
);
export const BUSY_FUNCTION = new ReplyError(
  'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.',
);
export const SYNTAX = make('ERR syntax error');
export const WRONG_TYPE = make('WRONGTYPE Operation against a key holding the wrong kind of value');
export const NO_SUCH_KEY = make('ERR no such key');
export const NOT_AN_INTEGER = make('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = make('ERR value is not a valid float');
export const BUSY_KEY = make('BUSYKEY Target key name already exists.');
export const OUT_OF_RANGE = make('ERR value is out of range');
export const MUST_BE_POSITIVE = make('ERR value is out of range, must be positive');
export const INDEX_OUT_OF_RANGE = make('ERR index out of range');
export const OFFSET_OUT_OF_RANGE = make('ERR offset is out of range');
export const SAME_OBJECT = make('ERR source and destination objects are the same');
export const STRING_TOO_LONG = make('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
export const OVERFLOW = make('ERR increment or decrement would overflow');
export const DECREMENT_OVERFLOW = make('ERR decrement would overflow');
export const NAN_OR_INFINITY = make('ERR increment would produce NaN or Infinity');
export const NOT_AN_INT32 = make(
  'ERR value is out of range, value must between -2147483648 and 2147483647',
);
export const DB_OUT_OF_RANGE = make('ERR DB index is out of range');
export const INVALID_CURSOR = make('ERR invalid cursor');
export const NOVALUES_IN_HSCAN = make('ERR NOVALUES option can only be used in HSCAN');
export const NX_AND_XX_GT_LT = make(
  'ERR NX and XX, GT or LT options at the same time are not compatible',
);
export const GT_AND_LT = make('ERR GT and LT options at the same time are not compatible');
export const IDLE_TIME_UNKNOWN = make(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when ' +
    'switching between policies at runtime LRU and LFU data will take some time to adjust.',
);
export const FREQUENCY_UNKNOWN = make(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that ' +
    'when switching between policies at runtime LRU and LFU data will take some time to adjust.',
);
export const NO_AUTH = make('NOAUTH Authentication required.');
export const WRONG_PASS = make('WRONGPASS invalid username-password pair or user is disabled.');
export const AUTH_WITHOUT_PASSWORD = make(
  'ERR AUTH <password> called without any password configured for the default user. ' +
    'Are you sure your configuration is correct?',
);
export const NO_PROTO = make('NOPROTO unsupported protocol version');
export const PROTOCOL_NOT_A_NUMBER = make('ERR Protocol version is not an integer or out of range');
export const NESTED_MULTI = make('ERR MULTI calls can not be nested');
export const WATCH_INSIDE_MULTI = make('ERR WATCH inside MULTI is not allowed');
export const EXEC_WITHOUT_MULTI = make('ERR EXEC without MULTI');
export const DISCARD_WITHOUT_MULTI = make('ERR DISCARD without MULTI');
export const EXEC_ABORT = make('EXECABORT Transaction discarded because of previous errors.');
export const NOT_IN_TRANSACTION = make('ERR Command not allowed inside a transaction');
export const BAD_FIRST_DB = make('ERR invalid first DB index');
export const BAD_SECOND_DB = make('ERR invalid second DB index');
export const NO_SHUTDOWN = make('ERR No shutdown in progress.');
export const CANNOT_SHUT_DOWN = make('ERR Errors trying to SHUTDOWN. Check logs.');
export const REPLICA_TOUCHES_KEYS = make("ERR Replica can't interact with the keyspace");
export const READ_ONLY = make("READONLY You can't write against a read only replica.");
export const MASTER_DOWN = make(
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
);
export const OUT_OF_MEMORY = new ReplyError(
  "OOM command not allowed when used memory > 'maxmemory'.",
);
export const NO_REPLICAS = make('NOREPLICAS Not enough good replicas to write.');
export const MAX_CLIENTS = make('ERR max number of clients reached');
export const PROTECTED_MODE = make(
  'DENIED Redis is running in protected mode because protected mode is enabled and no password ' +
    'is set for the default user. In this mode connections are only accepted from the loopback ' +
    'interface. If you want to connect from external computers to Redis you may adopt one of the ' +
    'following solutions: 1) Just disable protected mode sending the command ' +
    "'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the " +
    'same host the server is running, however MAKE SURE Redis is not publicly accessible from ' +
    'internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively ' +
    'you can just disable the protected mode by editing the Redis configuration file, and ' +
    'setting the ' +
    "protected mode option to 'no', and then restarting the server. 3) If you started the server " +
    "manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an " +
    'authentication password for the default user. NOTE: You only need to do one of the above ' +
    'things in order for the server to start accepting connections from the outside.',
);
export const BAD_SCORE_RANGE = make('ERR min or max is not a float');
export const BAD_NAME_RANGE = make('ERR min or max not valid string range item');
export const ZADD_NX_AND_XX = make('ERR XX and NX options at the same time are not compatible');
export const ZADD_GT_LT_NX = make(
  'ERR GT, LT, and/or NX options at the same time are not compatible',
);
export const ZADD_ONE_INCREMENT = make('ERR INCR option supports a single increment-element pair');
export const SCORE_NOT_A_NUMBER = make('ERR resulting score is not a number (NaN)');
export const WEIGHT_NOT_A_FLOAT = make('ERR weight value is not a float');
export const LIMIT_OF_RANKS = make(
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
);
export const SCORES_OF_NAMES = make(
  'ERR syntax error, WITHSCORES not supported in combination with BYLEX',
);
export const BAD_NUMKEYS = make('ERR numkeys should be greater than 0');
export const BAD_COUNT = make('ERR count should be greater than 0');
export const BAD_LIMIT = make("ERR LIMIT can't be negative");
export const BIG_COUNT = make(
  'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
);

export const BAD_STREAM_ID = make('ERR Invalid stream ID specified as stream command argument');
export const BUSY_GROUP = make('BUSYGROUP Consumer Group name already exists');

/** The refusal of a group that a stream does not have, or of a stream that is not there. */
export function noGroup(key: string, group: string, where = ''): ReplyError {
  const names = `No such key '${cString(key)}' or consumer group '${cString(group)}'`;
  return make(oneLine(`NOGROUP ${names}${where}`));
}

/** The same where the stream is known to be there. */
export function noGroupOf(group: string, key: string): ReplyError {
  const names = `No such consumer group '${cString(group)}' for key name '${cString(key)}'`;
  return make(oneLine(`NOGROUP ${names}`));
}

/** The refusal of a call whose number of arguments the command does not take. */
export function wrongArity(fullName: string): ReplyError {
  return make(`ERR wrong number of arguments for '${fullName}' command`);
}

/** The refusal of a name that no command has. Redis: it quotes 128 bytes of what followed. */
export function unknownCommand(argv: readonly string[]): ReplyError {
  let args = '';
  for (let i = 1; i < argv.length && args.length < 128; i++) {
    args += `'${cString(argv[i]).slice(0, 128 - args.length)}' `;
  }
  const name = cString(argv[0]).slice(0, 128);
  return make(oneLine(`ERR unknown command '${name}', with args beginning with: ${args}`));
}

/** The refusal of a subcommand that a container such as CLIENT does not have. */
export function unknownSubcommand(container: string, name: string): ReplyError {
  const quoted = cString(name).slice(0, 128);
  return make(oneLine(`ERR unknown subcommand '${quoted}'. Try ${container.toUpperCase()} HELP.`));
}

/** The same where Redis does not tell a wrong name from a wrong number of arguments. */
export function badSubcommand(argv: readonly string[]): ReplyError {
  const name = cString(argv[1]).slice(0, 128);
  const container = cString(argv[0]).toUpperCase();
  const problem = `unknown subcommand or wrong number of arguments for '${name}'`;
  return make(oneLine(`ERR ${problem}. Try ${container} HELP.`));
}

// Redis: quoted text is printed with %s, so it ends at the first NUL.
export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** A refusal that quotes a word of the caller between its own. */
export function quoting(before: string, word: string, after: string): ReplyError {
  return make(oneLine(`ERR ${before}${cString(word)}${after}`));
}

/** An error line holds no line break: each is sent as a blank. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}

/** The refusal of DEBUG and MODULE where the configuration does not allow them. */
export function notAllowed(name: string): ReplyError {
  const command = name.replace(/\|.*/, '');
  const option = `enable-${command}-command`;
  return make(
    `ERR ${command.toUpperCase()} command not allowed. If the ${option} option is set to ` +
      '"local", you can run it from a local connection, otherwise you need to set this option in ' +
      'the configuration file, and then restart the server.',
  );
}

/** The refusal of a command that a client cannot call while it listens to channels in RESP2. */
export function onlyListening(name: string): ReplyError {
  return make(
    `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
      'are allowed in this context',
  );
}

/** The refusal of an option that EXPIRE and its like do not have. */
export function unsupportedOption(word: string): ReplyError {
  // Redis: line breaks at the end of a line are dropped, those inside it become blanks.
  return make(oneLine(`ERR Unsupported option ${cString(word).replace(/[\r\n]+$/, '')}`));
}

/** What EXEC says when it is itself refused: the transaction is over. */
export function execAbort(cause: ReplyError): ReplyError {
  return make(`EXECABORT Transaction discarded because of: ${cause.line.replace(/^ERR /, '')}`);
}
