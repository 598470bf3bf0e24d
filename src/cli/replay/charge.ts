/** One row of a log, fit to be sent. */
export interface Charge {
  /** Counted from 1, below the header, rows that cannot be read included: the same in every run over the same log. */
  readonly row: number;
  readonly accountId: string;
  readonly amountMinor: bigint;
  readonly requestId: string;
}

/** A row that cannot be sent, and why. */
export interface BadRow {
  readonly row: number;
  readonly reason: string;
}

export type LogRow =
  { readonly kind: 'charge'; readonly charge: Charge } | ({ readonly kind: 'bad' } & BadRow);
