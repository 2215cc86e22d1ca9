// What a server counts, for INFO. CONFIG RESETSTAT sets most of it back to zero.

import { KeySizes } from './key-sizes.ts';
import { SERVER_BYTES } from './used-memory.ts';

const SAMPLES = 16; // Redis: STATS_METRIC_SAMPLES.
const ERRORS_MAX = 128; // Redis: kinds of errors that are told apart.
const LAZY_FROM = 64; // Redis: from so many objects on, they are freed in the background.

export class Stats {
  connections = 0;
  rejectedConnections = 0;
  commands = 0;
  netInput = 0;
  netOutput = 0;
  masterInput = 0; // The part of what came in that a master sent.
  unexpectedErrors = 0; // Errors that led to here from what was to be repeated.
  replicaOutput = 0; // The part of it that went to replicas.
  fullSyncs = 0; // Snapshots that replicas asked for,
  partialSyncs = 0; // how often what they lacked was still there,
  partialSyncsRefused = 0; // and how often it was not.
  readsProcessed = 0;
  writesProcessed = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  expiredKeys = 0;
  keysLoaded = 0; // By the last RDB file,
  keysExpiredAtLoad = 0; // and how many of its keys had expired.
  snapshots = 0; // How many were begun,
  snapshotMicros = 0; // and how long the last took to begin.
  hurriedBytesSaved = 0; // What the last save, and the last rewrite, had to write out of turn,
  hurriedBytesRewritten = 0; // because it was about to change.
  expiredFields = 0; // Of hashes.
  expireMicros = 0; // The time that removing expired keys took.
  evictedKeys = 0;
  evictionExceededMs = 0; // The time for which there was too little memory, up to when it was over.
  evictedClients = 0;
  evictedScripts = 0;
  lazyFreed = 0; // Objects that were dropped with a collection, or by UNLINK and its like.
  errorReplies = 0;
  deniedLogins = 0; // By ACLs.
  deniedCommands = 0;
  deniedKeys = 0;
  deniedChannels = 0;
  queryBufferDisconnections = 0;
  outputBufferDisconnections = 0;
  replyBufferShrinks = 0;
  replyBufferExpands = 0;
  cycles = 0; // Turns of the event loop that did something,
  cycleMicros = 0; // the time they took,
  commandMicros = 0; // the part of it that commands took,
  cronMicros = 0; // the part that the cron took,
  appendMicros = 0; // and that of writing to the append-only file.
  longestCycleMicros = 0;
  mostCommandsInCycle = 0;
  peakMemory = 0;
  /** The memory in use before the server held anything. */
  readonly startupMemory = SERVER_BYTES;
  /** Error replies by their code, for INFO errorstats. */
  readonly errors = new Map<string, number>();
  /** Whether there were so many kinds of errors that they are no longer told apart. */
  errorsOverflowed = false;
  /** Told of all codes when that happens. */
  onErrorsOverflow: ((codes: readonly string[]) => void) | null = null;

  readonly commandRate = new Rate(1000);
  readonly inputRate = new Rate(1000);
  readonly outputRate = new Rate(1000);
  readonly masterRate = new Rate(1000);
  readonly replicaRate = new Rate(1000);
  readonly cycleRate = new Rate(1000);
  readonly cycleDuration = new Rate(1); // Microseconds per turn.
  /** INFO keysizes. */
  readonly keySizes = new KeySizes();

  private commandsBefore = 0; // Those of earlier turns.

  /** Counts an error reply by the first word of its line. */
  countError(code: string): void {
    this.errorReplies++;
    if (this.errorsOverflowed) return;
    const known = this.errors.get(code);
    if (known !== undefined) this.errors.set(code, known + 1);
    else if (this.errors.size < ERRORS_MAX) this.errors.set(code, 1);
    else this.forgetErrors();
  }

  /** Counts a turn of the event loop in which something was done. */
  countCycle(micros: number): void {
    this.cycles++;
    this.cycleMicros += micros;
    if (micros > this.longestCycleMicros) this.longestCycleMicros = micros;
    const commands = this.commands - this.commandsBefore;
    if (commands > this.mostCommandsInCycle) this.mostCommandsInCycle = commands;
    this.commandsBefore = this.commands;
  }

  /** Counts objects that went away together, as Redis does when it frees them lazily. */
  countFreed(objects: number): void {
    if (objects > LAZY_FROM) this.lazyFreed += objects;
  }

  /** Takes the samples that the instantaneous figures are the means of. */
  sample(nowMs: number): void {
    this.commandRate.sample(nowMs, this.commands);
    this.inputRate.sample(nowMs, this.netInput);
    this.outputRate.sample(nowMs, this.netOutput);
    this.masterRate.sample(nowMs, this.masterInput);
    this.replicaRate.sample(nowMs, this.replicaOutput);
    this.cycleRate.sample(nowMs, this.cycles);
    this.cycleDuration.sample(this.cycles, this.cycleMicros);
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    const { errors, peakMemory, onErrorsOverflow } = this;
    Object.assign(this, new Stats(), { peakMemory, onErrorsOverflow });
    this.countFreed(errors.size);
  }

  // Redis: a client that makes codes up must not fill the memory.
  private forgetErrors(): void {
    const codes = [...this.errors.keys()];
    this.countFreed(codes.length);
    this.errors.clear();
    this.errors.set('ERRORSTATS_DISABLED', 1);
    this.errorsOverflowed = true;
    this.onErrorsOverflow?.(codes);
  }
}

/** How fast a counter rises: the mean of its last samples. */
export class Rate {
  private readonly samples = new Float64Array(SAMPLES);
  private readonly units: number;
  private next = 0;
  private lastAt = 0;
  private lastCount = 0;

  /** `units` is how many of what sample() is given as `at` the rate is for: 1000 ms, 1 turn. */
  constructor(units: number) {
    this.units = units;
  }

  sample(at: number, count: number): void {
    const passed = at - this.lastAt;
    if (this.lastAt !== 0) {
      const rise = count - this.lastCount;
      this.samples[this.next] = passed > 0 ? (rise * this.units) / passed : 0;
      this.next = (this.next + 1) % SAMPLES;
    }
    this.lastAt = at;
    this.lastCount = count;
  }

  get mean(): number {
    let sum = 0;
    for (const sample of this.samples) sum += sample;
    return sum / SAMPLES;
  }
}
