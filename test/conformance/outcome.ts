// What Redis's test suite prints, read back.
//
// Each test ends in one line, `[ok]: <name> (<n> ms)` or `[err]: <name> in tests/<unit>.tcl`, the
// latter followed by lines that say what went wrong. A name may occur several times in one unit,
// and a run that breaks off leaves tests out, so runs are compared by counting names.

export type Status = 'ok' | 'err' | 'ignore' | 'skip';

export interface Outcome {
  name: string;
  status: Status;
  /** For 'err' what the suite said, for 'ignore' why. */
  detail: string;
}

export type Mode = 'full' | 'tls' | 'external' | 'cluster';

export interface UnitRun {
  unit: string;
  /** Whose server it was. */
  who: 'real' | 'ours';
  /**
   * Whether the suite started the servers itself ('full'; 'tls' if it talked to them over TLS) or
   * was given one ('external'; 'cluster' if that is a cluster of one node).
   */
  mode: Mode;
  seconds: number;
  /** False when the unit broke off: a time-out, or an exception outside any test. */
  finished: boolean;
  outcomes: Outcome[];
  /** Reasons of whole groups of tests being left out. */
  ignoredGroups: string[];
  /** Failures that belong to no test: a server that does not start, an exception. */
  trouble: string[];
}

const tagged = /^\[(ok|err|ignore|skip|exception|TIMEOUT)\]: (.*)$/;
const boundary = /^(\[(ready|testing|\d+\/\d+ done)\]|\s+The End$|!!! WARNING|\\o\/|Testing )/;
const ignoreReason =
  /^(.*): (Tag: .*|Not supported .*|large memory flag not provided|experimental test not allowed)$/;

/** Reads the output of one unit's run. */
export function readOutput(
  text: string,
): Pick<UnitRun, 'outcomes' | 'ignoredGroups' | 'trouble' | 'finished'> {
  const outcomes: Outcome[] = [];
  const ignoredGroups: string[] = [];
  const trouble: string[] = [];
  let finished = false;
  let broken = false;
  for (const { status, text: said } of entries(text)) {
    if (status === 'end') {
      finished = true;
    } else if (status === 'ok') {
      outcomes.push({ name: said.replace(/ \(\d+ ms\)$/, ''), status, detail: '' });
    } else if (status === 'skip') {
      outcomes.push({ name: said, status, detail: '' });
    } else if (status === 'ignore') {
      const named = ignoreReason.exec(said);
      if (named === null) ignoredGroups.push(said);
      else outcomes.push({ name: named[1]!, status, detail: named[2]! });
    } else if (status === 'err') {
      const named = /^(.*?) in tests\/\S+\.tcl(?:\n|$)/.exec(said);
      if (named === null) trouble.push(said);
      else outcomes.push({ name: named[1]!, status, detail: said.slice(named[0].length) });
    } else {
      broken = true;
      trouble.push(`${status}: ${said}`);
    }
  }
  return { outcomes, ignoredGroups, trouble, finished: finished && !broken };
}

/** The tagged lines, each with the untagged lines that follow it. */
function entries(text: string): { status: string; text: string }[] {
  const found: { status: string; text: string }[] = [];
  let open: { status: string; text: string } | null = null;
  for (const line of text.split('\n')) {
    const start = tagged.exec(line);
    if (start !== null) {
      open = { status: start[1]!, text: start[2]! };
      found.push(open);
    } else if (boundary.test(line)) {
      open = null;
      if (line.trim() === 'The End') found.push({ status: 'end', text: '' });
    } else if (open !== null && open.status !== 'ok' && line.trim() !== '') {
      open.text += `\n${line}`;
    }
  }
  return found;
}

/** How many tests ended so. */
export function count(run: UnitRun, status: Status): number {
  return run.outcomes.filter((outcome) => outcome.status === status).length;
}

export interface Missing {
  name: string;
  /** How many tests of this name pass in `real` and not in `ours`. */
  times: number;
  /** What the suite said, or that the test was never reached. */
  detail: string;
}

/** Tests that pass with real Redis and do not pass with ours, in the suite's order. */
export function missing(real: UnitRun, ours: UnitRun): Missing[] {
  const passed = countPassed(ours);
  const result: Missing[] = [];
  for (const [name, times] of countPassed(real)) {
    const lacking = times - (passed.get(name) ?? 0);
    if (lacking <= 0) continue;
    const said = ours.outcomes.find((each) => each.name === name && each.status !== 'ok');
    const detail = said === undefined ? 'was not reached' : said.detail || said.status;
    result.push({ name, times: lacking, detail });
  }
  return result;
}

function countPassed(run: UnitRun): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name, status } of run.outcomes) {
    if (status === 'ok') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
