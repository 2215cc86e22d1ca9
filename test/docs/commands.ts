// docs/commands.md, printed from the table.

import { commandTable } from '../../protocol/command-table.ts';
import { usage } from '../../protocol/derive.ts';

/** The text of docs/commands.md. */
export function commandPage(): string {
  const groups = new Map<string, string[]>();
  for (const spec of commandTable.values()) {
    if (spec.container) continue;
    const rows = groups.get(spec.group) ?? [];
    groups.set(spec.group, rows);
    const line = usage(spec).replaceAll('|', '\\|');
    rows.push(`| \`${line}\` | ${spec.doc.summary} | ${spec.doc.since} | ${spec.doc.cost} |`);
  }
  const sections = [...groups].map(([group, rows]) => {
    const head = '| command | what it does | since | cost |\n|---|---|---|---|';
    return `## ${group}\n\n${head}\n${rows.join('\n')}\n`;
  });
  return `# Commands

Printed by \`npm run docs\` from the table in \`protocol/commands/\`; do not edit.

${sections.join('\n')}`;
}
