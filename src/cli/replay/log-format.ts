/** The columns that a replay knows. */
export const COLUMN_NAMES = ['ts_ms', 'account_id', 'amount', 'request_id'] as const;

export type ColumnName = (typeof COLUMN_NAMES)[number];

/** How a log is written. */
export interface LogFormat {
  /** One character between the fields. */
  readonly delimiter: string;
  /** What the header calls a column, where it is not the column's own name. */
  readonly columns: ReadonlyMap<ColumnName, string>;
  /** Digits behind the decimal separator that an amount may have: with 2, `56.1` is 5610. */
  readonly decimals: number;
  readonly decimalSeparator: string;
  /** Whether a last line without its line break is taken: it may be the first half of a longer one. */
  readonly takesLastLine: boolean;
}

export const PLAIN_FORMAT: LogFormat = {
  delimiter: ',',
  columns: new Map(),
  decimals: 0,
  decimalSeparator: '.',
  takesLastLine: false,
};
