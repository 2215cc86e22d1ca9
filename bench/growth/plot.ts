// docs/complexity.svg: what an operation costs as its value grows. A panel for each type, a line
// for each operation. Across, elements on a logarithmic scale; up, microseconds from zero on:
// what costs the same at every size is level, what costs O(log N) rises by equal steps.

/** One operation, and what it took in microseconds at each size, or null where it was not run. */
export type Line = {
  readonly type: string;
  readonly operation: string;
  /** As Redis's documentation has it. */
  readonly cost: string;
  readonly micros: readonly (number | null)[];
};

const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7']; // Told apart by everyone.
const COLUMNS = 2;
const WIDTH = 380; // Of a panel, with its margins.
const HEIGHT = 250;
const LEFT = 44;
const RIGHT = 26;
const TOP = 84; // Room for the title and four operations.
const BOTTOM = 34;
const HEAD = 30;

/** The whole picture. `lines` is not empty. */
export function growthPlot(lines: readonly Line[], sizes: readonly number[], node: string): string {
  const types = [...new Set(lines.map((line) => line.type))];
  const most = Math.max(...lines.flatMap((line) => line.micros.map((each) => each ?? 0)));
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 50, 100, 1000].find((each) => most / each <= 5) ?? most;
  const top = Math.ceil(most / step) * step;
  const width = WIDTH * COLUMNS;
  const height = HEAD + HEIGHT * Math.ceil(types.length / COLUMNS);
  const panels = types.flatMap((type, i) => {
    const x = (i % COLUMNS) * WIDTH;
    const y = HEAD + Math.floor(i / COLUMNS) * HEIGHT;
    const own = lines.filter((line) => line.type === type);
    return [`<g transform="translate(${x} ${y})">`, ...panel(own, sizes, top, step), '</g>'];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      'font-family="sans-serif" font-size="12">',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(LEFT, 20, `Microseconds for an operation, by elements in the value (Node ${node})`),
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel(
  lines: readonly Line[],
  sizes: readonly number[],
  top: number,
  step: number,
): string[] {
  const across = (i: number): number => LEFT + (i * (WIDTH - LEFT - RIGHT)) / (sizes.length - 1);
  const up = (micros: number): number => HEIGHT - BOTTOM - (micros / top) * (HEIGHT - TOP - BOTTOM);
  const marks = [text(LEFT, 18, lines[0].type, 'start', ' font-weight="bold"')];
  for (let micros = 0; micros <= top + step / 2; micros += step) {
    const y = up(micros).toFixed(1);
    const label = String(Number(micros.toFixed(3)));
    marks.push(`<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#ddd"/>`);
    marks.push(text(LEFT - 6, Number(y) + 4, label, 'end'));
  }
  sizes.forEach((size, i) => {
    marks.push(text(across(i), HEIGHT - BOTTOM + 18, size.toLocaleString('en-US'), 'middle'));
  });
  lines.forEach((line, i) => {
    const color = COLORS[i % COLORS.length];
    const points = line.micros.flatMap((micros, at) =>
      micros === null ? [] : [`${across(at).toFixed(1)} ${up(micros).toFixed(1)}`],
    );
    const label = `${line.operation}, ${line.cost}`;
    marks.push(
      `<path d="M${points.join('L')}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...points.map((point) => {
        const [x, y] = point.split(' ');
        return `<circle cx="${x}" cy="${y}" r="3.5" fill="${color}"/>`;
      }),
      `<circle cx="${LEFT + 4}" cy="${30 + i * 14}" r="3.5" fill="${color}"/>`,
      text(LEFT + 14, 34 + i * 14, label),
    );
  });
  return marks;
}

function text(x: number, y: number, words: string, anchor = 'start', more = ''): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${more}>${words}</text>`;
}

/** The same as a table in Markdown, in microseconds. */
export function growthTable(lines: readonly Line[], sizes: readonly number[]): string {
  const heads = sizes.map((size) => size.toLocaleString('en-US'));
  return [
    `| operation | cost | ${heads.join(' | ')} |`,
    `|---|---|${sizes.map(() => '---:|').join('')}`,
    ...lines.map((line) => {
      const cells = line.micros.map((micros) => (micros === null ? '' : micros.toFixed(2)));
      return `| ${line.operation} | ${line.cost} | ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}
