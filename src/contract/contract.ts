import * as accounts from './accounts';
import * as balances from './balances';
import type { Call } from './call';
import * as deductions from './deductions';
import * as entries from './entries';
import * as health from './health';
import * as holds from './holds';
import * as keys from './keys';
import * as operations from './operations';
import { problem } from './problem-body';
import * as received from './received';
import * as shards from './shards';
import * as subAccounts from './sub-accounts';

/** Everything that a client may ask for, in the order in which it is described. */
export const CALLS: readonly Call[] = [
  accounts.createAccount,
  accounts.listAccounts,
  accounts.getAccount,
  balances.getBalance,
  entries.listEntries,
  accounts.freezeAccount,
  accounts.unfreezeAccount,
  accounts.closeAccount,
  deductions.deduct,
  deductions.credit,
  deductions.getDeduction,
  deductions.reverse,
  holds.holdFunds,
  holds.confirmHold,
  holds.cancelHold,
  holds.getHold,
  deductions.batchDeduct,
  subAccounts.listSubAccounts,
  subAccounts.resizeSubAccounts,
  subAccounts.rebalance,
  subAccounts.repairAccount,
  accounts.setStrategy,
  operations.getOperation,
  operations.listOperations,
  operations.startAudit,
  shards.listShards,
  shards.registerShard,
  shards.removeShard,
  keys.createKey,
  keys.listKeys,
  keys.changeKey,
  keys.deleteKey,
  health.getHealth,
  health.getReadiness,
  health.getMetrics,
];

/** What answers consist of; each is described once, under its name. */
export const RESOURCES = [
  problem,
  accounts.account,
  entries.entry,
  received.deduction,
  holds.hold,
  balances.balance,
  deductions.batchResult,
  keys.apiKey,
  subAccounts.subAccount,
  operations.operation,
  shards.shard,
];
