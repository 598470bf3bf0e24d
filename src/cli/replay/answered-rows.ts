import type { Batch } from './batches';

/**
 * How far a log is answered without a gap, although batches are answered in any order. Batches must be `opened` in the
 * log's order.
 */
export class AnsweredRows {
  /** Batches not answered yet, or answered behind one that is not; in the log's order. */
  readonly #open = new Map<Batch, number | undefined>();

  constructor(
    private rowsAnswered: number,
    private rowsRefused: number,
  ) {}

  /** All rows from the first to this one are answered. */
  get rows(): number {
    return this.rowsAnswered;
  }

  /** How many of them were rejected or could not be read. */
  get refused(): number {
    return this.rowsRefused;
  }

  opened(batch: Batch): void {
    this.#open.set(batch, undefined);
  }

  answered(batch: Batch, rejected: number): void {
    this.#open.set(batch, rejected + batch.badRows);
    for (const [earliest, refused] of this.#open) {
      if (refused === undefined) return;
      this.rowsAnswered = earliest.lastRow;
      this.rowsRefused += refused;
      this.#open.delete(earliest);
    }
  }
}
