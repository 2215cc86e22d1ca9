// docs/differences.md, printed from the source: the comments that begin with "Unlike Redis:",
// and the parameters that are accepted without having an effect.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allParameters } from '../../server/config/parameters.ts';

const FOLDERS = ['protocol', 'datatypes', 'persistence', 'lua', 'server', 'client'];

/** The text of docs/differences.md for a checkout. */
export function differences(root: string): string {
  const marked = FOLDERS.flatMap((folder) => markedIn(root, folder));
  const stored = allParameters.filter(({ effect }) => effect.is === 'stored');
  const rows = stored.map(({ name, effect }) => {
    return `| \`${name}\` | ${effect.is === 'stored' ? effect.why : ''} |`;
  });
  return `# What differs from Redis 8.0.2

Printed by \`npm run docs\`; do not edit. A command, a subcommand or an option that is not built
answers as an unknown one does, so it is not listed here: \`COMMAND\` tells what there is.

## On purpose

${marked.join('\n')}

## Parameters that are kept, shown and rewritten, and have no effect

| parameter | why |
|---|---|
${rows.join('\n')}
`;
}

function markedIn(root: string, folder: string): string[] {
  let files: string[];
  try {
    files = (readdirSync(join(root, folder), { recursive: true }) as string[]).sort();
  } catch {
    return []; // Not built yet.
  }
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(root, folder, file), 'utf8');
      return remarks(source).map((remark) => `- ${remark} (\`${folder}/${file}\`)`);
    });
}

/** The sentences behind "Unlike Redis:", each to the end of its comment. */
function remarks(source: string): string[] {
  const found: string[] = [];
  const lines = source.split('\n');
  lines.forEach((line, i) => {
    const at = line.indexOf('Unlike Redis:');
    if (at < 0) return;
    let text = line.slice(at + 'Unlike Redis:'.length).trim();
    for (let next = i + 1; next < lines.length; next++) {
      const more = /^\s*(?:\/\/|\*(?!\/))\s?(.*)$/.exec(lines[next]);
      if (more === null || more[1].trim() === '' || more[1].includes('Unlike Redis:')) break;
      text += ` ${more[1].trim()}`;
    }
    text = text.replace(/\s*\*\/$/, '');
    found.push(text[0].toUpperCase() + text.slice(1));
  });
  return found;
}
