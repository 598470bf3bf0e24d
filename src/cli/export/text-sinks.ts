import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { csvField } from '../../documents/csv-field';
import { jsonText } from '../terminal/harmless';
import { COLUMNS, type EntrySink, type ExportedEntry } from './exported-entry';

/** A line for each entry. @param head the first line */
export function textSink(
  out: Writable,
  { head, line }: { readonly head: string; readonly line: (entry: ExportedEntry) => string },
): Pick<EntrySink, 'write'> {
  let before = head;
  return {
    write: async (entries) => {
      const text = before + entries.map(line).join('');
      before = '';
      if (text !== '' && !out.write(text)) await once(out, 'drain');
    },
  };
}

export const CSV = {
  head: `${COLUMNS.join(',')}\r\n`,
  line: (entry: ExportedEntry): string => `${COLUMNS.map((name) => cell(entry[name])).join(',')}\r\n`,
};

/** Amounts are strings, as in the API: most readers of JSON know no exact integers of 64 bits. */
export const NDJSON = {
  head: '',
  line: ({ metadata, ...entry }: ExportedEntry): string => {
    const texts = { ...entry, change: entry.change.toString(), balance: entry.balance.toString() };
    return `${jsonText({ ...texts, ...(metadata !== undefined && { metadata: JSON.parse(metadata) as object }) })}\n`;
  },
};

function cell(value: string | bigint | number | undefined): string {
  return typeof value === 'string' ? csvField(value) : (value?.toString() ?? '');
}
