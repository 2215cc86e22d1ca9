// A small graph in characters, as LATENCY GRAPH shows it: four rows of twelve heights, with
// labels written from top to bottom underneath.
//
//        #
//       o|
//     _#||
//   __||||
//
//   621 4      <- "6h", "2h", "1h", ...
//   hhh s

const ROWS = 4;
const STEPS = '_o#'; // The heights within a row, from the lowest.
const COLUMNS = 80;

export type Sample = { readonly value: number; readonly label: string };

/** Draws samples from left to right, 80 in a line of graphs. Every line ends with a newline. */
export function sparkline(samples: readonly Sample[]): string {
  const values = samples.map((sample) => sample.value);
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const heights = values.map((value) => {
    const step = Math.floor(((value - least) * ROWS * STEPS.length) / range);
    return Math.min(step, ROWS * STEPS.length - 1);
  });
  const graphs: string[] = [];
  for (let from = 0; from < samples.length; from += COLUMNS) {
    const labels = samples.slice(from, from + COLUMNS).map((sample) => sample.label);
    graphs.push(oneGraph(heights.slice(from, from + COLUMNS), labels));
  }
  return graphs.join('\n');
}

function oneGraph(heights: readonly number[], labels: readonly string[]): string {
  let text = '';
  for (let row = ROWS - 1; row >= 0; row--) {
    for (const height of heights) {
      const step = height - row * STEPS.length;
      if (step < 0) text += ' ';
      else text += step < STEPS.length ? STEPS[step] : '|';
    }
    text += '\n';
  }
  text += `${' '.repeat(heights.length)}\n`;
  const longest = Math.max(...labels.map((label) => label.length));
  for (let i = 0; i < longest; i++) {
    for (const label of labels) text += label[i] ?? ' ';
    text += '\n';
  }
  return text;
}
