import { NO_CREDIT } from '../../src/shards/directory/credit-line';
import type { AccountRecord } from '../../src/shards/directory/account-record';

/** An account as the directory has it, sensible wherever a test has nothing to say. */
export function accountRecord(given: Partial<AccountRecord> = {}): AccountRecord {
  const placement = given.placement ?? { epoch: 1, shards: ['s0'] };
  return {
    accountId: 'acme',
    asset: 'CNY/2',
    status: 'active',
    statusVersion: 1,
    strategy: 'merged',
    subAccounts: 4,
    placement,
    next: null,
    past: [],
    reach: placement.shards,
    operation: 0,
    operationId: null,
    closingFrom: null,
    revision: 1,
    lowBalanceMinor: null,
    metadata: null,
    rates: null,
    autoSplit: null,
    credit: NO_CREDIT,
    openingBalanceMinor: null,
    creation: 'done',
    fingerprint: '00'.repeat(16),
    createdAtUs: 0,
    readAtUs: 0,
    ...given,
  };
}
