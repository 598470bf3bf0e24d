/** An entry as it is exported. Amounts in minor units. */
export interface ExportedEntry {
  readonly account_id: string;
  readonly asset: string;
  readonly created_at: string;
  readonly kind: string;
  /** What it changed the balance by. */
  readonly change: bigint;
  /** What the account had behind it, held money included. */
  readonly balance: bigint;
  readonly request_id: string;
  readonly reverses: string | undefined;
  readonly hold_id: string | undefined;
  readonly counterparty: string | undefined;
  readonly reference: string | undefined;
  /** JSON of a string map. */
  readonly metadata: string | undefined;
  readonly shard: string;
  readonly sub_account: number;
}

/** The columns of every format, in their order. */
export const COLUMNS = [
  ...(['account_id', 'asset', 'created_at', 'kind', 'change', 'balance', 'request_id'] as const),
  ...(['reverses', 'hold_id', 'counterparty', 'reference', 'metadata', 'shard', 'sub_account'] as const),
] as const satisfies readonly (keyof ExportedEntry)[];

/** Somewhere entries are written to, in the order of accounts and times. */
export interface EntrySink {
  write(entries: readonly ExportedEntry[]): Promise<void>;
  /** The file is whole from here on. */
  finish(): Promise<void>;
  /** What was written is dropped. */
  abandon(): Promise<void>;
}
