import type { BadRow, Charge, LogRow } from './charge';

/** Rows that are sent together. Batches follow each other without gaps. */
export interface Batch {
  readonly charges: readonly Charge[];
  /** Rows up to and including this one are in this batch or an earlier one. */
  readonly lastRow: number;
  readonly badRows: number;
}

/** Cuts rows into batches of up to `size` charges. Only the batch being filled is in memory. */
export async function* cutBatches(
  rows: AsyncIterable<LogRow>,
  { size, onBadRow }: { readonly size: number; readonly onBadRow: (row: BadRow) => void },
): AsyncGenerator<Batch> {
  let charges: Charge[] = [];
  let badRows = 0;
  let lastRow = 0;
  for await (const row of rows) {
    if (row.kind === 'bad') {
      badRows += 1;
      lastRow = row.row;
      onBadRow(row);
      continue;
    }
    charges.push(row.charge);
    lastRow = row.charge.row;
    if (charges.length < size) continue;
    yield { charges, lastRow, badRows };
    charges = [];
    badRows = 0;
  }
  if (charges.length > 0 || badRows > 0) yield { charges, lastRow, badRows };
}
