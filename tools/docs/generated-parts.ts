import { commandsTable, exitCodesTable } from './cli-tables';
import { errorsTable } from './errors-table';
import { envelopeTable, eventDataTables, eventsTable } from './events-tables';
import { metricsTable } from './metrics-table';
import { fixedBoundsTable, settingsTable } from './settings-tables';

/** A part of a page that is made from the code. Around it stands what people write. */
export interface GeneratedPart {
  readonly page: string;
  readonly name: string;
  readonly text: string;
}

const END = '<!-- end of what is generated -->';

export async function generatedParts(): Promise<readonly GeneratedPart[]> {
  return [
    { page: 'docs/settings.md', name: 'settings', text: settingsTable() },
    { page: 'docs/settings.md', name: 'fixed bounds', text: fixedBoundsTable() },
    { page: 'docs/errors.md', name: 'errors', text: errorsTable() },
    { page: 'docs/metrics.md', name: 'metrics', text: await metricsTable() },
    { page: 'docs/cli.md', name: 'commands', text: commandsTable() },
    { page: 'docs/cli.md', name: 'exit codes', text: exitCodesTable() },
    { page: 'docs/events.md', name: 'events', text: eventsTable() },
    { page: 'docs/events.md', name: 'event envelope', text: envelopeTable() },
    { page: 'docs/events.md', name: 'event data', text: eventDataTables() },
  ];
}

/** The page with this part as the code has it. @throws Error when the page has no place for the part */
export function withPart(markdown: string, { page, name, text }: GeneratedPart): string {
  const begin = `<!-- generated: ${name}; npm run docs:generate writes it -->`;
  const from = markdown.indexOf(begin);
  const to = markdown.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for the generated part "${name}"`);
  return `${markdown.slice(0, from + begin.length)}\n\n${text}\n\n${markdown.slice(to)}`;
}
