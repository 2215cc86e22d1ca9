// One server: its databases, its clients, its clock, and what it counts.
//
// There is nothing global: a process may run hundreds of these. All that happens to a
// server happens in turns. A turn begins when bytes arrive or a timer fires, runs to its
// end without interruption, and ends by sending whatever was said to clients on the side.

import { Roll } from '../datatypes/roll.ts';
import { SKIP_SLOWLOG } from '../protocol/command-spec.ts';
import type { ReplyError } from '../protocol/errors.ts';
import type { Link } from '../protocol/link.ts';
import { BufferPool, ReplyWriter } from '../protocol/reply-writer.ts';
import { Acl } from './acl.ts';
import { AppendOnly } from './append-only.ts';
import { Blocking } from './blocking.ts';
import { Client, RESTED_SHARE } from './client.ts';
import { ClientMemory } from './client-memory.ts';
import { describeClient } from './client-info.ts';
import { Clock, Random } from './clock.ts';
import { Cluster } from './cluster.ts';
import { Compatibility } from './cluster-compatibility.ts';
import { type Command, CommandTable } from './command-table.ts';
import type { Config } from './config/config.ts';
import { startCron, TRUST } from './cron.ts';
import type { Disk } from './disk.ts';
import type { Seam } from './double/seam.ts';
import { type CrashTest, DebugSwitches } from './debug-switches.ts';
import { Expirer } from './expire.ts';
import { Failover } from './failover.ts';
import { Eviction } from './eviction.ts';
import { Farewell } from './farewell.ts';
import { Following } from './following.ts';
import { Histogram } from './histogram.ts';
import { Database } from './keyspace.ts';
import { LatencyMonitor } from './latency.ts';
import type { Loading } from './loading.ts';
import { Log } from './log.ts';
import { Migrations } from './migrations.ts';
import { feedMonitors } from './monitor.ts';
import { type KeyEvent, followNotifications } from './notify.ts';
import { outputBytes, UNSENT_MAX } from './output-limit.ts';
import type { Pause } from './pause.ts';
import { Propagation } from './propagate.ts';
import { PubSub } from './pubsub.ts';
import { Replication } from './replication.ts';
import { Saving } from './saving.ts';
import { ScriptEngine } from './script-engine.ts';
import type { ScriptRun } from './script-run.ts';
import { SignalledShutdown } from './shutdown.ts';
import type { Standstill } from './sleep.ts';
import { SlowLog } from './slowlog.ts';
import { Stats } from './stats.ts';
import { TrackingTable } from './tracking.ts';
import { UsedMemory } from './used-memory.ts';
import type { Version } from './versions/version.ts';

const LATE_MS = 0.5;

/** What the world around gives a server that it cannot make itself. */
export type Surroundings = {
  /** Seeds everything that is left to chance; drawn at random if it is not given. */
  readonly seed?: number | undefined;
  /** Takes the lines of the log; without it there is no log. */
  readonly log?: ((line: string) => void) | undefined;
  readonly pid?: number;
  readonly configFile?: string | undefined;
  /** Where files are; without it nothing is saved, and nothing loaded. */
  readonly disk?: Disk | undefined;
  readonly executable?: string;
  /** Those of another version (versions/commands.ts); without it, those of 8.0. */
  readonly commands?: CommandTable | undefined;
};

export class Server {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether its chance is to repeat itself. */
  readonly isSeeded: boolean;
  readonly acl: Acl;
  readonly hashSeed: number;
  readonly log: Log;
  readonly pid: number;
  readonly configFile: string;
  readonly executable: string;
  readonly disk: Disk | null;
  runId: string;
  startedMs: number;
  /** Which version of Redis or Valkey it is. */
  readonly version: Version;
  readonly commands: CommandTable;
  readonly databases: Database[] = [];
  readonly stats = new Stats();
  readonly slowlog: SlowLog;
  readonly latency: LatencyMonitor;
  readonly expirer: Expirer;
  readonly blocking: Blocking;
  readonly tracking: TrackingTable;
  readonly saving: Saving;
  readonly signalled: SignalledShutdown;
  readonly appendOnly: AppendOnly;
  readonly replication: Replication;
  readonly following: Following;
  readonly failover: Failover;
  readonly scripting: ScriptEngine;
  readonly farewell: Farewell;
  /** What it knows of the cluster that it is a node of; null if it is by itself. */
  readonly cluster: Cluster | null;
  readonly compatibility: Compatibility;
  /** Whether it matters of which slots keys are. */
  minding = false;
  readonly migrations: Migrations;
  readonly usedMemory: UsedMemory;
  readonly clientMemory: ClientMemory;
  readonly eviction: Eviction;
  readonly pool = new BufferPool();
  /** Those who repeat what changes here. */
  readonly propagation = new Propagation();
  readonly pubsub = new PubSub();
  readonly debug = new DebugSwitches();

  /** Everybody connected, by id, in the order of their coming. */
  readonly clients = new Roll<Client>();
  readonly monitors = new Set<Client>();
  /** Clients that something was said to which has not been sent. */
  readonly output: Client[] = [];
  /**
   * Runs something once all sockets that have bytes now were read. Whoever opens sockets sets
   * it: replies are sent together then, because the first wakes the process at the other end,
   * and what comes while it is awake is cheap. Without sockets there is nothing to wait for.
   */
  later: ((run: () => void) => void) | null = null;
  /** What is left of the room for arguments that were only announced (RequestParser.trust). */
  readonly trust = { left: TRUST };
  /** Counts the times that `later` came: in between, each client has one share of the time. */
  round = 0;
  /** Whose command is running, */
  current: Client | null = null;
  /** and what it will be told behind the reply (push.ts). */
  readonly held: Buffer[] = [];
  /** Where messages to many are spelled. */
  readonly aside = new ReplyWriter(this.pool);
  /** Whether the command that runs now leaves no trace in the keys' last use. */
  noTouch = false;
  /** What looks in on requests for a test double (double/seam.ts); null if nothing does. */
  seam: Seam | null = null;
  paused: Pause | null = null;
  /** Why it stands still (DEBUG SLEEP, a script that is stepped through), or null. */
  asleep: Standstill | null = null;
  /** The data set being loaded, or null. */
  loading: Loading | null = null;
  /** The script that takes so long that others are told so, or null. */
  busyScript: ScriptRun | null = null;
  /** What is written in the background: an RDB file, or the append-only file anew. */
  background: '' | 'rdb' | 'aof' = '';
  /** Whether something that had to be written was not: then changes may be refused. */
  troubled = false;
  /** Whether fewer replicas than wanted are near enough: then changes are refused. */
  lacksReplicas = false;
  /** Whether it repeats what another server does. */
  isFollowing = false;
  /** Whether there is a limit for memory, that of clients or all of it. */
  limited = false;
  /** Changes since the last save. */
  dirty = 0;
  /** Unix time in seconds, as the last turn saw it: when keys were used last. */
  lruClock = 0;
  /** Whether keys count how often they are used, rather than when. */
  lfu = false;
  /** From so many bytes of output on, a client may be over a limit. */
  outputMax = UNSENT_MAX;
  /**
   * Whether there is a limit to what an ordinary client may have waiting. Then nothing is sent to
   * one that rests: all that it asked for at once is held against the limit.
   */
  holdsOutput = false;
  /** From so many on, they are sent before the client's next request is carried out. */
  flushAt = BufferPool.LARGEST;
  /** Whether a client has to say who it is (see acl.ts). */
  needsAuth = false;
  /** Called with each keyspace event, if anybody listens. */
  onKeyEvent: ((db: number, key: string, event: KeyEvent) => void) | null = null;
  /** What SHUTDOWN does once the server agrees to end: the process exits, or close() runs. */
  onShutdown: () => void = () => {};
  /** Ends the process as DEBUG wants it; null where the process is not the server's to end. */
  crash: ((how: CrashTest) => void) | null = null;
  /** Called when nobody must be told anything any more: the process exits, or all is closed. */
  onFatal: () => void = () => {};
  /**
   * Moves the listeners to where the configuration now says (CONFIG SET port, bind);
   * resolves to what is wrong, or ''. Null where nobody listens.
   */
  relisten: (() => Promise<string>) | null = null;
  /** Closes the listeners, so that nobody connects to a server that is about to end. */
  unlisten: () => void = () => {};
  /** Stops the process until it is told to go on (DEBUG REPL-PAUSE); null where it must not. */
  suspend: (() => void) | null = null;
  /** The TCP port that it listens on, and the one for TLS; 0 if on none. */
  port = 0;
  tlsPort = 0;

  private nextClientId = 1;
  private attackToldMs = Number.NEGATIVE_INFINITY;
  private sendsLater = false; // sendOutput() is going to run.
  /** Between beginTurn() and endTurn(): no other turn may begin now. */
  inTurn = false;
  private readonly resting: Client[] = []; // Who has more to ask, and waits for the next round.
  private wakesLater = false; // wakeResting() is going to run.
  private roundMs = 0; // How long the turns of this round took together.
  private settling: Promise<void> | null = null;
  private turnStartMs = 0; // When the turn began, by the stopwatch,
  private turnMs = 0; // and the command under way.
  private slowMicros = 0;
  private latencyThresholdMs = 0;
  private latencyTracking = true;
  private readonly stopCron: () => void;

  constructor(config: Config, around: Surroundings) {
    this.config = config;
    this.version = config.version;
    this.commands = around.commands ?? new CommandTable();
    this.clock = new Clock(
      () => this.endTurn(),
      () => this.settled(),
    );
    this.random = new Random(around.seed);
    this.isSeeded = around.seed !== undefined;
    this.hashSeed = this.random.below(0x100000000) | 0;
    this.pid = around.pid ?? 0;
    this.configFile = around.configFile ?? '';
    this.executable = around.executable ?? '';
    this.disk = around.disk ?? null;
    this.log = new Log(this.clock, this.pid, around.log ?? null);
    this.runId = this.random.hex(40);
    this.startedMs = this.clock.ms;
    this.lruClock = Math.floor(this.clock.ms / 1000);
    this.slowlog = new SlowLog(this);
    this.latency = new LatencyMonitor(this);
    this.expirer = new Expirer(this);
    this.blocking = new Blocking(this);
    this.replication = new Replication(this);
    this.following = new Following(this);
    this.failover = new Failover(this);
    this.farewell = new Farewell(this);
    this.migrations = new Migrations(this);
    this.saving = new Saving(this);
    this.signalled = new SignalledShutdown(this);
    this.appendOnly = new AppendOnly(this);
    this.tracking = new TrackingTable(this);
    this.usedMemory = new UsedMemory(this);
    this.clientMemory = new ClientMemory(this);
    this.eviction = new Eviction(this);
    this.scripting = new ScriptEngine(this);
    this.cluster = config.values['cluster-enabled'] ? new Cluster(this) : null;
    this.compatibility = new Compatibility(this);
    if (this.cluster !== null) config.put('databases', '1');
    for (let id = 0; id < config.values.databases; id++)
      this.databases.push(new Database(id, this));
    this.acl = new Acl(this);
    for (const [from, to] of config.renames) this.commands.rename(from, to);
    this.followConfig();
    followNotifications(this);
    this.stopCron = startCron(this);
    this.random.begin();
  }

  /** A server that stands beside this one, in the same process and with the same log. */
  another(config: Config): Server {
    const log = (line: string) => this.log.raw(line);
    const server = new Server(config, { log, pid: this.pid });
    server.later = this.later;
    return server;
  }

  /** Takes a new connection in. The client answers as soon as its bytes come. */
  connect(link: Link): Client {
    this.stats.connections++;
    const c = this.admit((id) => new Client(this, link, id));
    if (this.seam !== null) this.seam.connected(c);
    return c;
  }

  /** Takes a client in that is made for its id. */
  admit<C extends Client>(make: (id: number) => C): C {
    const c = make(this.nextClientId++);
    this.clients.add(c.id, c);
    return c;
  }

  forgetClient(c: Client): void {
    this.clients.delete(c.id);
    if (this.seam !== null) this.seam.gone(c);
    this.clientMemory.forget(c);
    this.monitors.delete(c);
    this.pubsub.forget(c);
  }

  /** Brings the clock up to date before something happens. */
  beginTurn(): void {
    this.inTurn = true;
    this.turnMs = this.clock.turn();
    this.turnStartMs = this.turnMs;
    this.lruClock = Math.floor(this.clock.ms / 1000);
  }

  /** Sees to it that everything said in this turn is sent: now, or with that of other turns. */
  endTurn(): void {
    this.finishTurn();
    this.inTurn = false;
  }

  private finishTurn(): void {
    this.blocking.serve(); // Time may have taken a key that somebody waits for.
    this.blocking.proceed();
    if (this.replication.wantsAcks) this.replication.askForAcks();
    const ms = this.turnMs - this.turnStartMs;
    this.roundMs += ms;
    this.stats.countCycle(ms * 1000);
    if (this.sendsLater) return;
    if (this.output.length === 0 && !this.tracking.due && !this.appendOnly.pending) {
      if (this.clientMemory.isOver) this.clientMemory.evict();
      return;
    }
    if (this.later === null) return this.sendOutput();
    this.sendsLater = true;
    this.later(this.sendOutput);
  }

  /** Resolves when everything that clients were told so far has been sent. */
  settled(): Promise<void> {
    if (this.settling === null) this.settling = this.settle();
    return this.settling;
  }

  private async settle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        if (this.later === null) resolve();
        else this.later(resolve);
      });
    } while (this.sendsLater || this.wakesLater);
    this.settling = null;
  }

  /** Whether this round has lasted so long already that what may be long waits for the next. */
  get isLate(): boolean {
    return this.roundMs > LATE_MS;
  }

  private nextRound(): void {
    this.round++;
    this.roundMs = 0;
  }

  /** Lets a client go on in the next round. False where there are none, and it goes on at once. */
  rest(c: Client): boolean {
    if (this.later === null || c.link.transport === 'memory') return false;
    this.resting.push(c);
    if (!this.wakesLater) this.later(this.wakeResting);
    this.wakesLater = true;
    return true;
  }

  private readonly wakeResting = (): void => {
    if (this.sendsLater) this.sendOutput(); // Those who did not have to rest come first.
    this.nextRound();
    const { resting } = this;
    const count = resting.length; // Who rests again stands behind these.
    const endMs = this.clock.stopwatch() + RESTED_SHARE.ms;
    let woken = 0;
    do resting[woken++].goOn(RESTED_SHARE);
    while (woken < count && this.turnMs <= endMs);
    resting.splice(0, woken);
    this.wakesLater = resting.length > 0;
    if (this.wakesLater) this.later!(this.wakeResting);
  };

  private readonly sendOutput = (): void => {
    this.sendsLater = false;
    if (this.asleep !== null) return; // A turn ends when it wakes.
    this.nextRound();
    if (this.appendOnly.pending) this.appendOnly.flush();
    if (this.tracking.due) this.tracking.broadcast();
    const output = this.output;
    for (let i = 0; i < output.length; i++) {
      output[i].outputQueued = false;
      output[i].flush();
      if (this.limited) this.clientMemory.weigh(output[i]);
    }
    output.length = 0;
    if (this.clientMemory.isOver) this.clientMemory.evict();
  };

  /** The stopwatch at the start of a command, which is where the last one ended. */
  stopwatchMs(): number {
    return this.turnMs;
  }

  /** Counts a sleep, since `startMs` by the stopwatch, as part of the turn. */
  slept(startMs: number): void {
    this.turnStartMs = startMs;
  }

  /** Counts work that is no command as part of the turn; returns its microseconds. */
  worked(startMs: number): number {
    this.turnMs = this.clock.stopwatch();
    return (this.turnMs - startMs) * 1000;
  }

  /** Counts a command that ran. */
  ran(c: Client, command: Command, startMs: number, failed: boolean): void {
    const stopMs = this.clock.stopwatch();
    const micros = (stopMs - startMs) * 1000;
    this.turnMs = stopMs;
    command.calls++;
    command.micros += micros;
    if (!c.inExec) this.stats.commandMicros += micros; // EXEC counts for what it runs.
    if (failed) command.failed++;
    if (this.latencyTracking) {
      if (command.latency === null) command.latency = new Histogram();
      command.latency.record(micros);
    }
    this.stats.commands++;
    c.commands++;
    if (micros >= this.slowMicros && !(command.flags & SKIP_SLOWLOG)) {
      this.slowlog.add(c, c.argv, micros);
    }
    if (this.latencyThresholdMs !== 0 && micros >= this.latencyThresholdMs * 1000) {
      this.latency.command(command, micros);
    }
  }

  feedMonitors(c: Client, argv: readonly string[]): void {
    feedMonitors(this, c, argv);
  }

  /** Whether the data set must not change by itself: writes wait, it loads, a master decides. */
  get writesPaused(): boolean {
    return (
      this.paused !== null || this.loading !== null || this.busyScript !== null || this.isFollowing
    );
  }

  /** Why nothing may be changed now, or null. */
  get writeProblem(): ReplyError | null {
    return this.saving.problem ?? this.appendOnly.refusal;
  }

  /** Whether a client may call DEBUG or MODULE. */
  allowsProtected(c: Client, command: Command): boolean {
    const name = command.spec.name;
    const allowed =
      name === 'debug'
        ? this.config.values['enable-debug-command']
        : this.config.values['enable-module-command'];
    return allowed === 'yes' || (allowed === 'local' && c.isLocal);
  }

  /** Tells the log that somebody speaks HTTP, once a minute at most: it must not be filled. */
  tellAttack(address: string): void {
    if (this.clock.ms - this.attackToldMs <= 60_000) return;
    this.attackToldMs = this.clock.ms;
    this.log.warning(
      'Possible SECURITY ATTACK detected. Somebody sends POST or Host:, as a browser does when a ' +
        'web page makes it speak to this port (Cross Protocol Scripting). ' +
        `Connection from ${address} aborted.`,
    );
  }

  /** A client in the words of CLIENT LIST, for the log. */
  describe(c: Client): string {
    return describeClient(c);
  }

  /** Lets go of everything: timers, clients. The listeners are closed by whoever opened them. */
  close(): void {
    this.stopCron();
    this.following.close();
    // The clients first: a replica that waits would have the next snapshot begin.
    for (const c of [...this.clients.values()]) c.close();
    this.migrations.close();
    this.cluster?.close();
    this.scripting.close();
    this.saving.cancel();
    this.appendOnly.rewrite.cancel();
    this.appendOnly.finish();
    this.clock.close();
  }

  /** Keeps the copies of settings that every command looks at. */
  private followConfig(): void {
    const { config } = this;
    const follow = () => {
      const { values } = config;
      const slow = values['slowlog-log-slower-than'];
      this.slowMicros = slow < 0 ? Number.POSITIVE_INFINITY : slow;
      this.latencyThresholdMs = values['latency-monitor-threshold'];
      this.latencyTracking = values['latency-tracking'];
      this.lfu = values['maxmemory-policy'].endsWith('lfu');
      this.log.level = values.loglevel;
      const sizes = Object.values(values['client-output-buffer-limit'])
        .flatMap(({ hardBytes, softBytes }) => [hardBytes, softBytes])
        .filter((bytes) => bytes !== 0);
      this.outputMax = Math.min(UNSENT_MAX, ...sizes.map(outputBytes));
      // Redis: who asks for more at once than the limit is cut off, however fast it reads.
      const { hardBytes, softBytes } = values['client-output-buffer-limit'].normal;
      const mayGo = hardBytes === 0 && softBytes === 0;
      this.holdsOutput = !mayGo;
      this.flushAt = mayGo ? Math.min(BufferPool.LARGEST, this.outputMax) : this.outputMax;
      for (const c of this.clients.values()) {
        if (!c.repeats) c.parser.maxBulk = values['proto-max-bulk-len'];
      }
    };
    follow();
    for (const name of FOLLOWED) config.onChange(name, follow);
    this.stats.onErrorsOverflow = (codes) => {
      this.log.warning(
        'Errorstats stopped adding new errors because the number of errors reached the limit. ' +
          'Where errors are replied by scripts, they should have few codes.',
      );
      this.log.warning(`Current errors code list: ${codes.join(', ')}`);
    };
  }
}

const FOLLOWED = [
  'slowlog-log-slower-than',
  'latency-monitor-threshold',
  'latency-tracking',
  'maxmemory-policy',
  'loglevel',
  'proto-max-bulk-len',
  'client-output-buffer-limit',
] as const;
