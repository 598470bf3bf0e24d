import type { Batch } from './batches';
import type { CheckpointRows } from './checkpoint';

/** How far a log is answered without a gap, although batches are answered in any order. */
export class AnsweredRows {
  /** Batches not answered yet (`undefined`), or answered behind one that is not; in the log's order. */
  readonly #open = new Map<Batch, number | undefined>();
  #rows: CheckpointRows;

  constructor(start: CheckpointRows) {
    this.#rows = start;
  }

  get rows(): CheckpointRows {
    return this.#rows;
  }

  /** Must be told of all batches, in the log's order, each before it is answered. */
  opened(batch: Batch): void {
    this.#open.set(batch, undefined);
  }

  answered(batch: Batch, rejected: number): void {
    this.#open.set(batch, rejected + batch.badRows);
    for (const [earliest, refused] of this.#open) {
      if (refused === undefined) return;
      this.#rows = { rowsAnswered: earliest.lastRow, rowsRefused: this.#rows.rowsRefused + refused };
      this.#open.delete(earliest);
    }
  }
}
