import { CsvError, parse } from 'csv-parse/sync';
import type { LogLine } from './read-lines';

/** The fields of one line, or of several where a quote spans them; without fields where the lines are blank or no CSV. */
export interface LogRecord {
  /** Counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly isEnded: boolean;
  readonly fields: readonly string[] | 'blank' | 'not closed';
}

/**
 * Puts lines together into records of CSV. Lines without a quote, nearly all of a log's, are records as they are.
 *
 * @param lengthMax characters of one record; a quote that is open for longer, or to the end, is not closed
 */
export async function* readRecords(
  lines: AsyncIterable<LogLine[]>,
  { delimiter, lengthMax }: { readonly delimiter: string; readonly lengthMax: number },
): AsyncGenerator<LogRecord> {
  let line = 0;
  let open: { readonly firstLine: number; text: string; isEnded: boolean } | undefined;
  for await (const some of lines) {
    for (const { text, isEnded } of some) {
      line += 1;
      if (open === undefined && !text.includes('"')) {
        const fields = text === '' ? 'blank' : text.split(delimiter);
        yield { firstLine: line, lastLine: line, isEnded, fields };
        continue;
      }
      open = { firstLine: open?.firstLine ?? line, text: open ? `${open.text}\n${text}` : text, isEnded };
      // Only a line with a quote can close one.
      const fields = text.includes('"') ? parseRecord(open.text, delimiter) : undefined;
      if (fields === undefined && open.text.length <= lengthMax) continue;
      yield { firstLine: open.firstLine, lastLine: line, isEnded, fields: fields ?? 'not closed' };
      if (fields === undefined) return;
      open = undefined;
    }
  }
  if (open) yield { firstLine: open.firstLine, lastLine: line, isEnded: open.isEnded, fields: 'not closed' };
}

/** @returns `undefined` while a quote is open */
function parseRecord(text: string, delimiter: string): string[] | undefined {
  try {
    const [fields] = parse(text, { delimiter, relax_column_count: true, relax_quotes: true });
    return fields;
  } catch (error) {
    if (error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED') return undefined;
    throw error;
  }
}
