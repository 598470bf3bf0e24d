/** What the databases hold when everything has come to rest, read past the product. Amounts are in minor units. */
export interface Dump {
  readonly shards: readonly ShardDump[];
  readonly accounts: readonly AccountDump[];
  readonly operations: readonly { readonly id: string; readonly status: string; readonly step: string }[];
}

export interface ShardDump {
  readonly name: string;
  readonly rows: readonly RowDump[];
  readonly entries: readonly EntryDump[];
  readonly transfers: readonly TransferDump[];
}

export interface RowDump {
  readonly account: string;
  readonly index: number;
  readonly available: bigint;
  readonly held: bigint;
  readonly net: bigint;
  readonly moved: bigint;
}

export interface EntryDump {
  readonly account: string;
  readonly key: string;
  readonly kind: string;
  readonly amount: bigint;
}

/** `out` and `in` are the two halves of a transfer between shards; `local` is one within a shard. */
export interface TransferDump {
  readonly account: string;
  readonly id: string;
  readonly direction: 'out' | 'in' | 'local';
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  readonly isPending: boolean;
}

export interface AccountDump {
  readonly account: string;
  readonly status: string;
  readonly isWhole: boolean;
  /** A change of size or placement is written down as under way. */
  readonly isChanging: boolean;
}
