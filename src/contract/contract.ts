import * as accounts from './accounts';
import * as auditLog from './audit-log';
import * as balances from './balances';
import * as budgets from './budgets';
import type { Call } from './call';
import * as deductions from './deductions';
import * as entries from './entries';
import * as events from './events';
import * as heat from './heat';
import * as health from './health';
import * as holds from './holds';
import * as keys from './keys';
import * as operations from './operations';
import { problem } from './problem-body';
import * as received from './received';
import * as shards from './shards';
import * as statements from './statements';
import * as subAccounts from './sub-accounts';
import * as summaries from './summaries';
import * as transfers from './transfers';
import * as webhooks from './webhooks';

/** Everything that a client may ask for, in the order in which it is described. */
export const CALLS: readonly Call[] = [
  accounts.createAccount,
  accounts.listAccounts,
  accounts.getAccount,
  accounts.updateAccount,
  balances.getBalance,
  entries.listEntries,
  entries.getEntry,
  summaries.getSummary,
  statements.getStatement,
  accounts.freezeAccount,
  accounts.unfreezeAccount,
  accounts.closeAccount,
  budgets.createBudget,
  budgets.listBudgets,
  budgets.getBudget,
  budgets.changeBudget,
  budgets.deleteBudget,
  deductions.deduct,
  deductions.credit,
  deductions.getDeduction,
  deductions.reverse,
  deductions.reverseCredit,
  holds.holdFunds,
  holds.confirmHold,
  holds.extendHold,
  holds.raiseHold,
  holds.cancelHold,
  holds.getHold,
  holds.listHolds,
  holds.batchHold,
  holds.batchConfirmHold,
  deductions.batchDeduct,
  transfers.transferFunds,
  events.listEvents,
  events.streamEvents,
  subAccounts.listSubAccounts,
  subAccounts.resizeSubAccounts,
  subAccounts.rebalance,
  subAccounts.repairAccount,
  accounts.setStrategy,
  heat.setAutoSplit,
  heat.listHotAccounts,
  operations.getOperation,
  operations.listOperations,
  operations.startAudit,
  auditLog.listAuditLog,
  shards.listShards,
  shards.registerShard,
  shards.removeShard,
  keys.createKey,
  keys.listKeys,
  keys.changeKey,
  keys.deleteKey,
  webhooks.createWebhook,
  webhooks.listWebhooks,
  webhooks.updateWebhook,
  webhooks.deleteWebhook,
  webhooks.rotateWebhookSecret,
  webhooks.listWebhookDeliveries,
  webhooks.redeliverWebhook,
  health.getHealth,
  health.getReadiness,
  health.getMetrics,
];

/** What answers consist of; each is described once, under its name. */
export const RESOURCES = [
  problem,
  accounts.account,
  entries.entry,
  budgets.budget,
  transfers.transfer,
  received.deduction,
  holds.hold,
  holds.holdResult,
  balances.balance,
  summaries.summary,
  events.event,
  deductions.batchResult,
  keys.apiKey,
  subAccounts.subAccount,
  heat.hotAccount,
  operations.operation,
  auditLog.auditLogLine,
  shards.shard,
  webhooks.webhook,
  webhooks.createdWebhook,
  webhooks.webhookDelivery,
];
