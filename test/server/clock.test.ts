// The clock that a whole server waits for.

import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

const START = 1_700_000_000_000;

// The event loop's timers and the system's time, in our hands.
vi.useFakeTimers({ now: START });
vi.mock('../../server/real-time.ts', async (load) => ({
  ...(await load<object>()),
  SystemDate: Date,
  clearTimeout,
  performance,
  setTimeout,
}));
const { Clock, Random } = await import('../../server/clock.ts');

beforeEach(() => {
  vi.clearAllTimers();
  vi.setSystemTime(START);
});
afterAll(() => {
  vi.useRealTimers();
});

test('ms stands still until tick()', () => {
  const clock = new Clock();
  expect(clock.ms).toBe(START);
  vi.setSystemTime(START + 5);
  expect(clock.ms).toBe(START);
  expect(clock.tick()).toBe(START + 5);
  expect(clock.ms).toBe(START + 5);
});

test('setting a timer does not move ms', () => {
  const clock = new Clock();
  vi.setSystemTime(START + 5);
  const timer = clock.in(10, () => {});
  expect(timer.dueMs).toBe(START + 15);
  expect(clock.ms).toBe(START);
  clock.close();
});

describe('running by itself', () => {
  test('timers fire at their times, in order, and those of one moment in the order of setting', () => {
    const clock = new Clock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} ${clock.ms - START}`);
    clock.in(30, note('c'));
    clock.in(10, note('a1'));
    clock.in(20, note('b'));
    clock.in(10, note('a2'));
    vi.advanceTimersByTime(9);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['a1 10', 'a2 10', 'b 20', 'c 30']);
  });

  test('a timer for a time that has passed fires as soon as it can, not at once', () => {
    const clock = new Clock();
    let fired = 0;
    clock.at(START - 1000, () => fired++);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  test('a timer that sets itself again for now lets the event loop have its turn', () => {
    const clock = new Clock();
    let fired = 0;
    const again = (): void => {
      if (++fired < 1000) clock.at(START, again);
    };
    clock.at(START, again);
    vi.advanceTimersToNextTimer();
    expect(fired).toBe(1);
    vi.advanceTimersToNextTimer();
    expect(fired).toBe(2);
    clock.close();
  });

  test('a timer further away than the event loop can wait fires all the same', () => {
    const clock = new Clock();
    const days = 40 * 24 * 3600 * 1000;
    let firedAt = 0;
    clock.in(days, () => {
      firedAt = clock.ms;
    });
    vi.advanceTimersByTime(days - 1);
    expect(firedAt).toBe(0);
    vi.advanceTimersByTime(1);
    expect(firedAt).toBe(START + days);
  });

  test('a sooner timer takes the place of the one that is waited for', () => {
    const clock = new Clock();
    const fired: number[] = [];
    clock.in(1000, () => fired.push(1000));
    clock.in(10, () => fired.push(10));
    vi.advanceTimersByTime(10);
    expect(fired).toEqual([10]);
    vi.advanceTimersByTime(990);
    expect(fired).toEqual([10, 1000]);
  });
});

describe('cancel', () => {
  test('a cancelled timer does not fire, nor disturb the others', () => {
    const delays = fc.array(fc.record({ ms: fc.nat(50), cancelled: fc.boolean() }));
    fc.assert(
      fc.property(delays, (all) => {
        const clock = new Clock();
        clock.freeze();
        const fired: number[] = [];
        const timers = all.map(({ ms }, i) => clock.in(ms, () => fired.push(i)));
        all.forEach(({ cancelled }, i) => {
          if (cancelled) clock.cancel(timers[i]);
        });
        clock.advance(50);
        const expected = all
          .map(({ ms, cancelled }, i) => ({ ms, cancelled, i }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.ms - b.ms || a.i - b.i)
          .map(({ i }) => i);
        expect(fired).toEqual(expected);
      }),
    );
  });

  test('is harmless for a timer that fired, and twice', () => {
    const clock = new Clock();
    clock.freeze();
    let fired = 0;
    const first = clock.in(1, () => fired++);
    const second = clock.in(2, () => fired++);
    clock.advance(1);
    clock.cancel(first);
    clock.cancel(second);
    clock.cancel(second);
    clock.advance(10);
    expect(fired).toBe(1);
  });

  test('a timer may cancel the next one', () => {
    const clock = new Clock();
    clock.freeze();
    let fired = false;
    clock.in(1, () => clock.cancel(next));
    const next = clock.in(1, () => {
      fired = true;
    });
    clock.advance(5);
    expect(fired).toBe(false);
  });
});

describe('freeze, advance, set, resume', () => {
  test('nothing happens by itself while time is frozen', () => {
    const clock = new Clock();
    let fired = false;
    clock.in(10, () => {
      fired = true;
    });
    clock.freeze();
    vi.advanceTimersByTime(1000);
    expect(clock.tick()).toBe(START);
    expect(clock.micros()).toBe(START * 1000);
    expect(fired).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('advance() fires what falls due on the way, each timer at its own time', () => {
    const clock = new Clock();
    clock.freeze();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.ms - START);
      clock.in(100, again);
    };
    clock.in(100, again);
    clock.in(250, () => fired.push(clock.ms - START));
    clock.advance(350);
    expect(fired).toEqual([100, 200, 250, 300]);
    expect(clock.ms).toBe(START + 350);
  });

  test('what is done at leisure is done once for all the time that advance() makes pass', () => {
    const clock = new Clock();
    clock.freeze();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.ms - START);
      clock.atLeisure(100, again);
    };
    clock.atLeisure(100, again);
    clock.advance(1_000_000);
    expect(fired).toEqual([100, 1_000_000]);
    clock.advance(150);
    expect(fired).toEqual([100, 1_000_000, 1_000_100]);
    clock.resume();
    vi.advanceTimersByTime(250);
    expect(fired.slice(3)).toEqual([1_000_200, 1_000_300, 1_000_400]);
  });

  test('resume() goes on from where time stood', () => {
    const clock = new Clock();
    clock.freeze();
    clock.advance(5000);
    vi.setSystemTime(START + 60_000);
    let fired = false;
    clock.in(10, () => {
      fired = true;
    });
    clock.resume();
    expect(clock.tick()).toBe(START + 5000);
    vi.advanceTimersByTime(9);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
    expect(clock.tick()).toBe(START + 5010);
  });

  test('advance() works on a clock that runs, and brings nearer what is waited for', () => {
    const clock = new Clock();
    let firedAt = 0;
    clock.in(10_000, () => {
      firedAt = clock.ms;
    });
    clock.advance(9_000);
    expect(firedAt).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(firedAt).toBe(START + 10_000);
  });

  test('set() moves forward, firing on the way, and back, firing nothing again', () => {
    const clock = new Clock();
    const fired: number[] = [];
    clock.in(10, () => fired.push(clock.ms - START));
    clock.set(new Date(START + 1000));
    expect(fired).toEqual([10]);
    expect(clock.tick()).toBe(START + 1000);
    clock.in(10, () => fired.push(clock.ms - START));
    clock.set(START);
    expect(clock.tick()).toBe(START);
    vi.advanceTimersByTime(1009);
    expect(fired).toEqual([10]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([10, 1010]);
  });

  test('reset() goes back to the time that it would be, and on from there', () => {
    const clock = new Clock();
    clock.freeze();
    clock.advance(5000);
    let firedAt = 0;
    clock.in(10, () => {
      firedAt = clock.ms;
    });
    vi.setSystemTime(START + 2);
    clock.reset();
    expect(clock.tick()).toBe(START + 2);
    expect(firedAt).toBe(0);
    vi.advanceTimersByTime(5008);
    expect(firedAt).toBe(START + 5010);
  });

  test('what is no time, or backwards, is refused', () => {
    const clock = new Clock();
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
    expect(() => clock.set(Number.NaN)).toThrow(RangeError);
    expect(() => clock.set(new Date('never'))).toThrow(RangeError);
  });

  test('what timers had to say is sent after each of them', () => {
    const order: string[] = [];
    const clock = new Clock(() => order.push('sent'));
    clock.freeze();
    clock.in(1, () => order.push('a'));
    clock.in(2, () => order.push('b'));
    clock.advance(2);
    expect(order).toEqual(['a', 'sent', 'b', 'sent']);
  });
});

test('a hold lasts as long as was said, though the event loop counts from before it', () => {
  const clock = new Clock();
  const from = clock.stopwatch();
  let early = 0;
  vi.spyOn(clock, 'stopwatch').mockImplementation(() => performance.now() - early);
  const ended: number[] = [];
  clock.hold(10, () => ended.push(clock.stopwatch() - from));
  early = 2;
  vi.advanceTimersByTime(100);
  expect(ended).toEqual([10]);
  clock.close();
});

test('close() leaves nothing for the event loop to wait for', () => {
  const clock = new Clock();
  let fired = false;
  clock.in(10, () => {
    fired = true;
  });
  clock.close();
  clock.in(20, () => {
    fired = true;
  });
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(100);
  expect(fired).toBe(false);
});

describe('Random', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('restart() goes back to where begin() was called', () => {
    const random = new Random(5);
    random.next();
    random.begin();
    const first = [random.next(), random.next()];
    random.restart();
    expect([random.next(), random.next()]).toEqual(first);
    expect(new Random(random.seed).next()).toBe(new Random(5).next());
  });

  test('below(n) draws each number below n, about equally often', () => {
    const random = new Random(3);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 70_000; i++) counts[random.below(7)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('hex() has as many digits as it was asked for', () => {
    expect(new Random(4).hex(40)).toMatch(/^[0-9a-f]{40}$/);
  });
});
