// npm run bench:micro -- [name ...]: what comments in the source say of speed, measured.
//
// A file here is named by the comment that it backs. Without a name, all of them are run. The
// absolute numbers depend on the machine; compare within one block.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const helpers = ['run', 'suite', 'dict-program'];
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.slice(0, -'.js'.length))
  .filter((name) => !helpers.includes(name));

const names = process.argv.length > 2 ? process.argv.slice(2) : known;
for (const name of names) {
  if (!known.includes(name)) {
    console.error(`there is no ${name}; there are ${known.join(', ')}`);
    process.exit(2);
  }
}
for (const name of names) await import(`./${name}.js`);
