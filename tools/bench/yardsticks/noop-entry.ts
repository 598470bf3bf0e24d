import type { Entry } from '../../../src/ledger/entry';

const CREATED_AT_US = 1_767_225_600_000_000;

/** What a yardstick that carries nothing out answers with, in the place of a deduction's entry. */
export function noopEntry(of: {
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
}): { readonly shard: string; readonly entry: Entry } {
  return {
    shard: 's0',
    entry: {
      ...of,
      kind: 'deduction',
      subAccount: 0,
      version: 1,
      epoch: 1,
      fingerprint: '',
      reference: null,
      metadata: null,
      createdAtUs: CREATED_AT_US,
    },
  };
}
