// What the package exports, as few files: to import the server's modules one by one takes three times
// as long, and every test file does (docs/decisions/one-file.md). package.json says what is exported;
// the client has a bundle of its own.

import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The entrances that a kind of import finds, by their names in the bundle. */
function entrances(kind) {
  const found = {};
  for (const { types, ...ways } of Object.values(exports)) {
    const way = ways[kind];
    const file = way?.default ?? way;
    const name = /^\.\/dist\/(?:cjs\/)?bundle\/(.*)\.js$/.exec(file ?? '');
    if (name === null) continue;
    const source = (way.types ?? types).replace(/^\.\/dist\/(cjs\/)?/, './');
    found[name[1]] = source.replace(/\.d\.ts$/, '.ts');
  }
  return found;
}

const common = { platform: 'node', external: [/^[^./]/] }; // What has a name is not ours.
const output = { chunkFileNames: 'part-[name]-[hash].js', cleanDir: true };

export default [
  {
    ...common,
    input: { ...entrances('import'), cli: './server/cli.ts' },
    output: { ...output, dir: 'dist/bundle', format: 'esm' },
  },
  {
    ...common,
    input: entrances('require'),
    output: { ...output, dir: 'dist/cjs/bundle', format: 'cjs' },
  },
];
