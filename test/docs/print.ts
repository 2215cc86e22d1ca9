// `npm run docs`: prints the pages that are made from the source.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPage } from './commands.ts';
import { differences } from './differences.ts';

const root = process.cwd();
writeFileSync(join(root, 'docs/differences.md'), differences(root));
writeFileSync(join(root, 'docs/commands.md'), commandPage());
