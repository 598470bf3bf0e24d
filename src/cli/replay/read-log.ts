import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { OperatorFault } from '../faults';
import type { LogRow } from './charge';
import { type LogColumns, readHeader } from './log-columns';
import { type LogFile, openLog } from './log-file';
import { readRow } from './read-row';

// Far above any row of this shape: only a quote that is never closed makes one that long.
const ROW_BYTES_MAX = 64 * 1024;

/**
 * The rows of a log in order, one at a time.
 *
 * @param options.rowsSkipped how many rows at the start are left out; the others keep their numbers
 * @throws OperatorFault if the log is no CSV with the columns it needs
 */
export async function* readLog(
  file: LogFile,
  options: {
    readonly idPrefix: string;
    readonly rowsSkipped?: number;
    readonly onRead?: (fileBytesRead: number) => void;
  },
): AsyncGenerator<LogRow> {
  const { content, fileBytesRead } = openLog(file);
  const records = parse({
    bom: true,
    skip_empty_lines: true,
    // Told row by row instead of ending it all.
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: ROW_BYTES_MAX,
  });
  pipeline(content, records, () => undefined);
  const rowsSkipped = options.rowsSkipped ?? 0;
  let columns: LogColumns | undefined;
  let row = 0;
  try {
    for await (const fields of records as AsyncIterable<string[]>) {
      if (columns === undefined) {
        columns = readHeader(fields);
        continue;
      }
      row += 1;
      if (row <= rowsSkipped) continue;
      yield readRow(fields, { row, columns, idPrefix: options.idPrefix });
      if (row % 1000 === 0) options.onRead?.(fileBytesRead());
    }
  } catch (error) {
    throw error instanceof CsvError ? brokenCsv(file, row, error) : error;
  }
  if (columns === undefined) throw new OperatorFault(`${file.path} is empty: not even a header row`);
}

function brokenCsv(file: LogFile, row: number, cause: CsvError): OperatorFault {
  return new OperatorFault(
    `${file.path} is no CSV behind row ${row}: ${cause.message}; most likely a quote is opened there and not closed`,
    { cause },
  );
}
