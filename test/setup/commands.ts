/** How an operation of the API is to be had on the command line. */
export type Told =
  | {
      /** Below `hotsplit`. */
      readonly command: string;
      /** Fields of the request that have no argument or option of their own name, and what stands for them. */
      readonly fields?: Readonly<Record<string, string>>;
    }
  /** Why there is none. */
  | { readonly none: string };

/** Followed to their end by the command. */
const CURSOR = 'the command goes from page to page by itself';
const PAGED = { cursor: CURSOR };
/** The id of a hold is its request id. */
const HOLD = { holdId: 'argument <hold>', accountId: 'argument <account>' };
const WEBHOOK = { webhookId: 'argument <id>' };
const OF_ACCOUNT = { accountId: 'argument <account>' };
const BUDGET = { ...OF_ACCOUNT, budgetId: 'argument <budget>' };
const ACCOUNT = { accountId: 'argument <id>' };
/** RFC 9110's header is for those that name no request id in the body. */
const KEYED = { 'idempotency-key': 'option --request-id, which is sent in the body' };
const PAID = { ...OF_ACCOUNT, ...KEYED };
const KEY = { keyId: 'argument <id>' };

/** Every operation, by its `operationId`; a test compares the list with the contract. */
export const COMMANDS: Readonly<Record<string, Told>> = {
  createAccount: { command: 'account create' },
  listAccounts: { command: 'account list', fields: PAGED },
  getAccount: { command: 'account show', fields: ACCOUNT },
  updateAccount: { command: 'account change', fields: ACCOUNT },
  getBalance: { command: 'balance', fields: OF_ACCOUNT },
  listEntries: { command: 'entries', fields: { ...OF_ACCOUNT, ...PAGED } },
  getEntry: { command: 'entry', fields: OF_ACCOUNT },
  getStatement: { command: 'statement', fields: { ...OF_ACCOUNT, ...PAGED, limit: CURSOR } },
  getSummary: { command: 'summary', fields: OF_ACCOUNT },
  createBudget: { command: 'budget create', fields: BUDGET },
  listBudgets: { command: 'budget list', fields: { ...OF_ACCOUNT, ...PAGED, limit: CURSOR } },
  getBudget: { command: 'budget show', fields: BUDGET },
  changeBudget: { command: 'budget change', fields: BUDGET },
  deleteBudget: { command: 'budget delete', fields: BUDGET },
  freezeAccount: { command: 'account freeze', fields: ACCOUNT },
  unfreezeAccount: { command: 'account unfreeze', fields: ACCOUNT },
  closeAccount: { command: 'account close', fields: ACCOUNT },
  setStrategy: { command: 'account strategy', fields: ACCOUNT },
  setAutoSplit: {
    command: 'account auto-split',
    fields: { ...ACCOUNT, enabled: 'argument <switch>' },
  },
  listHotAccounts: { command: 'hot' },
  deduct: { command: 'deduct', fields: { ...PAID, prefer: 'command submit' } },
  submitDeductions: { command: 'replay', fields: { items: 'argument <file>', prefer: 'option --async' } },
  batchDeduct: { command: 'replay', fields: { items: 'argument <file>', prefer: 'option --async' } },
  credit: { command: 'credit', fields: PAID },
  getDeduction: { command: 'deduction', fields: OF_ACCOUNT },
  // Its request id is in the path, and that of the reversal in the body.
  reverse: { command: 'reverse', fields: PAID },
  reverseCredit: { command: 'reverse-credit', fields: PAID },
  transfer: { command: 'transfer', fields: KEYED },
  hold: { command: 'hold', fields: { ...PAID, expiresInSeconds: 'option --expires-in' } },
  confirmHold: { command: 'confirm', fields: HOLD },
  raiseHold: { command: 'raise', fields: HOLD },
  extendHold: { command: 'extend', fields: { ...HOLD, expiresInSeconds: 'argument <seconds>' } },
  cancelHold: { command: 'cancel', fields: HOLD },
  listHolds: { command: 'holds', fields: { ...OF_ACCOUNT, ...PAGED } },
  getHold: { command: 'held', fields: HOLD },
  batchHold: { none: 'many holds at once are for programs, and hold takes one' },
  batchConfirmHold: { none: 'many confirms at once are for programs, and confirm takes one' },
  listEvents: {
    command: 'events tail',
    fields: { cursor: 'option --from', accountId: 'option --account', limit: CURSOR },
  },
  streamEvents: { none: 'events tail shows the same events, and asks for them again and again' },
  listSubAccounts: { command: 'account sub-accounts', fields: ACCOUNT },
  resizeSubAccounts: { command: 'account resize', fields: ACCOUNT },
  rebalance: { command: 'account rebalance', fields: ACCOUNT },
  repairAccount: { command: 'account repair', fields: ACCOUNT },
  getOperation: { command: 'operation show', fields: { operationId: 'argument <id>' } },
  listOperations: {
    command: 'operation list',
    fields: { cursor: 'option --limit, for one page of 1,000', accountId: 'option --account' },
  },
  startAudit: { command: 'audit' },
  listAuditLog: {
    command: 'audit-log list',
    fields: { cursor: 'command audit-log export', order: 'command audit-log export has the oldest first' },
  },
  listShards: { command: 'shard list' },
  registerShard: { command: 'shard add' },
  removeShard: { command: 'shard remove', fields: { shard: 'argument <name>' } },
  createKey: { command: 'key create' },
  listKeys: { command: 'key list', fields: { ...PAGED, limit: CURSOR } },
  changeKey: { command: 'key change', fields: KEY },
  deleteKey: { command: 'key delete', fields: KEY },
  createWebhook: { command: 'webhook create', fields: { accountId: 'option --account' } },
  listWebhooks: { command: 'webhook list' },
  updateWebhook: {
    command: 'webhook change',
    fields: {
      ...WEBHOOK,
      url: 'option --to',
      accountId: 'option --account',
      enabled: 'option --enable',
    },
  },
  deleteWebhook: { command: 'webhook delete', fields: WEBHOOK },
  rotateWebhookSecret: { command: 'webhook rotate-secret', fields: WEBHOOK },
  listWebhookDeliveries: {
    command: 'webhook deliveries',
    fields: { ...WEBHOOK, cursor: 'option --limit, for one page of 1,000' },
  },
  redeliverWebhook: {
    command: 'webhook redeliver',
    fields: { ...WEBHOOK, deliveryId: 'argument <delivery>' },
  },
  getHealth: { none: 'health shows the readiness, which nobody answers who is not alive' },
  getReadiness: { command: 'health' },
  getMetrics: { command: 'metrics' },
};

/** Methods of the protos that are no operation of OpenAPI. */
export const GRPC_METHODS: Readonly<Record<string, Told>> = {
  'DeductionService/SubmitDeductions': { command: 'replay' },
  'DeductionService/StreamDeduct': { none: 'a stream of deductions is for programs; replay sends batches' },
};
