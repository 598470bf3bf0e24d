import type { Entry } from '../../../src/ledger/entry';

/** Deducts from one row, each time in a transaction of its own. @returns false when the row could not pay */
export interface OneRowStore {
  deduct(entry: Entry): Promise<boolean>;
  close(): Promise<void>;
}
