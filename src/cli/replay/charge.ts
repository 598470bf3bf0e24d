/** One row of a log, fit to be sent. */
export interface Charge {
  /** The line it stands on, counted from 1 below the header: the same in every run over the same log. */
  readonly row: number;
  readonly accountId: string;
  readonly amountMinor: bigint;
  readonly requestId: string;
  /** The log names the request id itself. */
  readonly hasOwnId: boolean;
}

/** A row that cannot be sent, and why. */
export interface BadRow {
  readonly row: number;
  /** The last line that it takes up, by the same count; `row` itself where it is one line. */
  readonly lastRow: number;
  readonly reason: string;
  /** The row's amount looks like one in major units. */
  readonly hasFraction?: boolean;
}

/** What stands on one line of a log, or on several. */
export type LogRow =
  | { readonly kind: 'charge'; readonly charge: Charge }
  | ({ readonly kind: 'bad' } & BadRow)
  | { readonly kind: 'blank'; readonly row: number };

export type NotSent = Exclude<LogRow, { readonly kind: 'charge' }>;

export function linesOf({ row, lastRow }: BadRow): number {
  return lastRow - row + 1;
}
