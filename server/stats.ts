// What a server counts, for INFO. CONFIG RESETSTAT sets most of it back to zero.

const SAMPLES = 16; // Redis: STATS_METRIC_SAMPLES.
const ERRORS_MAX = 128; // Redis: kinds of errors that are told apart.

export class Stats {
  connections = 0;
  rejectedConnections = 0;
  commands = 0;
  netInput = 0;
  netOutput = 0;
  readsProcessed = 0;
  writesProcessed = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  expiredKeys = 0;
  errorReplies = 0;
  queryBufferDisconnections = 0;
  outputBufferDisconnections = 0;
  cycles = 0; // Turns of the event loop that did something,
  cycleMicros = 0; // the time they took,
  commandMicros = 0; // and the part of it that commands took.
  peakMemory = 0;
  /** Error replies by their code, for INFO errorstats. */
  readonly errors = new Map<string, number>();
  errorsOverflowed = false;

  readonly commandRate = new Rate();
  readonly inputRate = new Rate();
  readonly outputRate = new Rate();

  /** Counts an error reply by the first word of its line. */
  countError(code: string): void {
    this.errorReplies++;
    const known = this.errors.get(code);
    if (known !== undefined) this.errors.set(code, known + 1);
    else if (this.errors.size < ERRORS_MAX) this.errors.set(code, 1);
    else this.errorsOverflowed = true;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    const { peakMemory } = this;
    Object.assign(this, new Stats(), { peakMemory });
  }
}

/** How fast a counter rises: the mean of its last samples, per second. */
export class Rate {
  private readonly samples = new Float64Array(SAMPLES);
  private next = 0;
  private lastMs = 0;
  private lastCount = 0;

  sample(nowMs: number, count: number): void {
    const passed = nowMs - this.lastMs;
    if (this.lastMs !== 0 && passed > 0) {
      this.samples[this.next] = ((count - this.lastCount) * 1000) / passed;
      this.next = (this.next + 1) % SAMPLES;
    }
    this.lastMs = nowMs;
    this.lastCount = count;
  }

  get perSecond(): number {
    let sum = 0;
    for (const sample of this.samples) sum += sample;
    return sum / SAMPLES;
  }
}
