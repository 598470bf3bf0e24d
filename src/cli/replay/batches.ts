import { type Charge, linesOf, type LogRow, type NotSent } from './charge';

/** Rows that are sent together. Batches follow each other without gaps. */
export interface Batch {
  readonly charges: readonly Charge[];
  /** Rows up to and including this one are in this batch or an earlier one. */
  readonly lastRow: number;
  readonly badRows: number;
  readonly blankLines: number;
}

/** Cuts rows into batches of up to `size` charges. Only the batch being filled is in memory. */
export async function* cutBatches(
  rows: AsyncIterable<LogRow>,
  { size, onNotSent }: { readonly size: number; readonly onNotSent: (row: NotSent) => void },
): AsyncGenerator<Batch> {
  let charges: Charge[] = [];
  let badRows = 0;
  let blankLines = 0;
  let lastRow = 0;
  for await (const row of rows) {
    if (row.kind !== 'charge') {
      if (row.kind === 'bad') badRows += linesOf(row);
      else blankLines += 1;
      lastRow = row.kind === 'bad' ? row.lastRow : row.row;
      onNotSent(row);
      continue;
    }
    charges.push(row.charge);
    lastRow = row.charge.row;
    if (charges.length < size) continue;
    yield { charges, lastRow, badRows, blankLines };
    charges = [];
    badRows = 0;
    blankLines = 0;
  }
  if (charges.length + badRows + blankLines > 0) yield { charges, lastRow, badRows, blankLines };
}
