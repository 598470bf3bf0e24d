import type { Entry } from '../../src/ledger/entry';

/** Deducts in a transaction of its own. @returns false when the row could not pay */
export interface AtomicStore {
  deduct(entry: Entry): Promise<boolean>;
  close(): Promise<void>;
}
