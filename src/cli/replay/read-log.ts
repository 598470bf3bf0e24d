import { OperatorFault } from '../faults';
import type { LogRow } from './charge';
import { type LogColumns, readHeader } from './log-columns';
import { type LogFile, openLog } from './log-file';
import type { LogFormat } from './log-format';
import { readLines } from './read-lines';
import { type LogRecord, readRecords } from './read-records';
import { readRow } from './read-row';

// Far above any row of this shape: only a quote that is never closed makes one that long.
const ROW_LENGTH_MAX = 64 * 1024;

/**
 * What stands on the lines of a log below its header, in order: each line is in exactly one of the rows, bad and blank
 * ones included.
 *
 * @param options.rowsSkipped how many lines at the start are left out; the others keep their numbers
 * @throws OperatorFault if the log is no CSV with the columns it needs
 */
export async function* readLog(
  file: LogFile,
  options: {
    readonly idPrefix: string;
    readonly format: LogFormat;
    readonly rowsSkipped?: number;
    /** Lines behind so many are left out: they came after the log was looked at. */
    readonly rowsMax?: number;
    /** Told which line of the file the header is. */
    readonly onHeader?: (line: number) => void;
    readonly onRead?: (fileBytesRead: number) => void;
  },
): AsyncGenerator<LogRow> {
  const { format, idPrefix, rowsSkipped = 0, rowsMax = Infinity, onHeader, onRead } = options;
  const { content, fileBytesRead } = openLog(file);
  const lines = readLines(content, {
    lengthMax: ROW_LENGTH_MAX,
    tooLong: (line) => {
      throw new OperatorFault(`line ${line} of ${file.path} is longer than ${ROW_LENGTH_MAX} characters`);
    },
  });
  let header: { readonly line: number; readonly columns: LogColumns } | undefined;
  for await (const record of readRecords(lines, { ...format, lengthMax: ROW_LENGTH_MAX })) {
    if (record.fields === 'not closed') throw notClosed(file, record);
    if (header === undefined) {
      if (record.fields === 'blank') continue;
      header = { line: record.lastLine, columns: readHeader(record.fields, format) };
      onHeader?.(header.line);
      continue;
    }
    const row = record.firstLine - header.line;
    if (row <= rowsSkipped) continue;
    if (row > rowsMax) return;
    yield readRow(record, { row, columns: header.columns, idPrefix, format });
    if (row % 1000 === 0) onRead?.(fileBytesRead());
  }
  if (header === undefined) throw new OperatorFault(`${file.path} is empty: not even a header row`);
}

function notClosed(file: LogFile, { firstLine }: LogRecord): OperatorFault {
  return new OperatorFault(
    `${file.path} is no CSV from line ${firstLine} on: a quote is opened there and not closed`,
  );
}
