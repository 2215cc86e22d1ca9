// Sorting no more than the first few.
//
// Of ten thousand members near a place, COUNT 5 wants the nearest five in order. Quicksort finds
// them without sorting the rest: after each partition, go on only with the parts in which the
// first five are.
//
// Any quicksort would find them, but elements that compare equal come out in an order that depends
// on every detail of it. Redis uses the one of J. L. Bentley and M. D. McIlroy, "Engineering a
// Sort Function" (1993), and so does this. Its pivot is the median of three, or for many elements
// the median of three such medians; its partition gathers what equals the pivot at both ends and
// swaps it into the middle at last:
//
//     | = pivot |  < pivot  |   ?   |  > pivot  | = pivot |
//     from      a           b       c           d         end

/** Whether a comes before b (negative), after it (positive), or they are equal (0). */
export type Compare<T> = (a: T, b: T) => number;

const FEW = 7; // Insertion sort is quicker.
const MANY = 40;

/** Puts the first `count` elements of the sorted order in their places. */
export function sortFirst<T>(of: T[], count: number, compare: Compare<T>): void {
  sortPart(of, 0, of.length, count, compare);
}

/** The same for the elements from `from` up to `end`, `count` being from the array's start. */
function sortPart<T>(of: T[], from: number, end: number, count: number, compare: Compare<T>): void {
  while (end - from >= FEW) {
    swap(of, from, pivotOf(of, from, end - from, compare));
    let a = from + 1;
    let b = a;
    let c = end - 1;
    let d = c;
    for (;;) {
      for (let order = 0; b <= c; b++) {
        order = compare(of[b], of[from]);
        if (order > 0) break;
        if (order === 0) swap(of, a++, b);
      }
      for (let order = 0; b <= c; c--) {
        order = compare(of[c], of[from]);
        if (order < 0) break;
        if (order === 0) swap(of, c, d--);
      }
      if (b > c) break;
      swap(of, b++, c--);
    }
    const lower = b - a;
    const higher = d - c;
    swapRuns(of, from, b, Math.min(a - from, lower));
    swapRuns(of, b, end, Math.min(higher, end - d - 1));
    if (lower > 1 && from < count) sortPart(of, from, from + lower, count, compare);
    if (higher <= 1 || end - higher >= count) return;
    from = end - higher;
  }
  for (let i = from + 1; i < end; i++) {
    for (let j = i; j > from && compare(of[j - 1], of[j]) > 0; j--) swap(of, j, j - 1);
  }
}

function pivotOf<T>(of: T[], from: number, n: number, compare: Compare<T>): number {
  let low = from;
  let middle = from + (n >>> 1);
  let high = from + n - 1;
  if (n === FEW) return middle;
  if (n > MANY) {
    const step = n >>> 3;
    low = median(of, low, low + step, low + 2 * step, compare);
    middle = median(of, middle - step, middle, middle + step, compare);
    high = median(of, high - 2 * step, high - step, high, compare);
  }
  return median(of, low, middle, high, compare);
}

function median<T>(of: T[], a: number, b: number, c: number, compare: Compare<T>): number {
  if (compare(of[a], of[b]) < 0) {
    if (compare(of[b], of[c]) < 0) return b;
    return compare(of[a], of[c]) < 0 ? c : a;
  }
  if (compare(of[b], of[c]) > 0) return b;
  return compare(of[a], of[c]) < 0 ? a : c;
}

/** Exchanges the first `count` elements from `from` on with the last before `end`. */
function swapRuns<T>(of: T[], from: number, end: number, count: number): void {
  for (let i = 0; i < count; i++) swap(of, from + i, end - count + i);
}

function swap<T>(of: T[], i: number, j: number): void {
  const element = of[i];
  of[i] = of[j];
  of[j] = element;
}
