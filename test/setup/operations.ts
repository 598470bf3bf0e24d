import type { HotsplitClient } from '../../src/client';

/** Where an operation of the API is to be had: the same command at every door. */
export interface DoorsOf {
  /** As OpenAPI has it; of a deduction that is reversed, the key is called `reverses`. */
  readonly rest: string;
  /** Below `hotsplit.v1`. */
  readonly grpc: string;
  readonly client: Exclude<keyof HotsplitClient, symbol>;
}

const account = '/v1/accounts/{accountId}';
const admin = '/v1/admin/accounts/{accountId}';
const webhook = '/v1/admin/webhooks/{webhookId}';

/** Every operation, by the `operationId` of OpenAPI. */
export const OPERATIONS = {
  deduct: at(`POST ${account}/deductions`, 'DeductionService/Deduct', 'deduct'),
  batchDeduct: at('POST /v1/deductions:batch', 'DeductionService/BatchDeduct', 'deduct'),
  getDeduction: at(`GET ${account}/deductions/{requestId}`, 'DeductionService/GetDeduction', 'deduction'),
  credit: at(`POST ${account}/credits`, 'DeductionService/Credit', 'credit'),
  reverse: at(`POST ${account}/deductions/{reverses}/reversals`, 'DeductionService/Reverse', 'reverse'),
  reverseCredit: at(
    `POST ${account}/credits/{reverses}/reversals`,
    'DeductionService/ReverseCredit',
    'reverseCredit',
  ),
  transfer: at('POST /v1/transfers', 'DeductionService/Transfer', 'transfer'),
  hold: at(`POST ${account}/holds`, 'DeductionService/Hold', 'hold'),
  getHold: at(`GET ${account}/holds/{holdId}`, 'DeductionService/GetHold', 'holdOf'),
  listHolds: at(`GET ${account}/holds`, 'DeductionService/ListHolds', 'holds'),
  confirmHold: at(`POST ${account}/holds/{holdId}/confirm`, 'DeductionService/ConfirmHold', 'confirmHold'),
  extendHold: at(`POST ${account}/holds/{holdId}/extend`, 'DeductionService/ExtendHold', 'extendHold'),
  raiseHold: at(`POST ${account}/holds/{holdId}/raise`, 'DeductionService/RaiseHold', 'raiseHold'),
  batchHold: at('POST /v1/holds:batch', 'DeductionService/BatchHold', 'hold'),
  batchConfirmHold: at('POST /v1/holds:confirm', 'DeductionService/BatchConfirmHold', 'confirmHold'),
  cancelHold: at(`POST ${account}/holds/{holdId}/cancel`, 'DeductionService/CancelHold', 'cancelHold'),
  createAccount: at('POST /v1/accounts', 'AccountService/CreateAccount', 'createAccount'),
  getAccount: at(`GET ${account}`, 'AccountService/GetAccount', 'account'),
  updateAccount: at(`PATCH ${account}`, 'AccountService/UpdateAccount', 'updateAccount'),
  listAccounts: at('GET /v1/accounts', 'AccountService/ListAccounts', 'accounts'),
  getBalance: at(`GET ${account}/balance`, 'AccountService/GetBalance', 'balance'),
  listEntries: at(`GET ${account}/entries`, 'AccountService/ListEntries', 'entries'),
  getEntry: at(`GET ${account}/entries/{requestId}`, 'AccountService/GetEntry', 'entry'),
  getStatement: at(`GET ${account}/statement`, 'AccountService/GetStatement', 'statement'),
  getSummary: at(`GET ${account}/summary`, 'AccountService/GetSummary', 'summary'),
  listEvents: at('GET /v1/events', 'EventService/ListEvents', 'events'),
  createBudget: at(`POST ${account}/budgets`, 'AccountService/CreateBudget', 'createBudget'),
  listBudgets: at(`GET ${account}/budgets`, 'AccountService/ListBudgets', 'budgets'),
  getBudget: at(`GET ${account}/budgets/{budgetId}`, 'AccountService/GetBudget', 'budget'),
  changeBudget: at(`PATCH ${account}/budgets/{budgetId}`, 'AccountService/ChangeBudget', 'changeBudget'),
  deleteBudget: at(`DELETE ${account}/budgets/{budgetId}`, 'AccountService/DeleteBudget', 'deleteBudget'),
  freezeAccount: at(`POST ${account}/freeze`, 'AccountService/FreezeAccount', 'freeze'),
  unfreezeAccount: at(`POST ${account}/unfreeze`, 'AccountService/UnfreezeAccount', 'unfreeze'),
  closeAccount: at(`POST ${account}/close`, 'AccountService/CloseAccount', 'closeAccount'),
  resizeSubAccounts: at(`PUT ${admin}/sub-accounts`, 'AdminService/ResizeSubAccounts', 'resize'),
  listSubAccounts: at(`GET ${admin}/sub-accounts`, 'AdminService/ListSubAccounts', 'subAccounts'),
  setStrategy: at(`PUT ${admin}/strategy`, 'AdminService/SetStrategy', 'setStrategy'),
  setAutoSplit: at(`PUT ${admin}/auto-split`, 'AdminService/SetAutoSplit', 'setAutoSplit'),
  listHotAccounts: at('GET /v1/admin/hot-accounts', 'AdminService/ListHotAccounts', 'hotAccounts'),
  rebalance: at(`POST ${admin}/rebalance`, 'AdminService/Rebalance', 'rebalance'),
  repairAccount: at(`POST ${admin}/repair`, 'AdminService/RepairAccount', 'repair'),
  getOperation: at('GET /v1/admin/operations/{operationId}', 'AdminService/GetOperation', 'operation'),
  listOperations: at('GET /v1/admin/operations', 'AdminService/ListOperations', 'operations'),
  startAudit: at('POST /v1/admin/audits', 'AdminService/StartAudit', 'audit'),
  listAuditLog: at('GET /v1/admin/audit-log', 'AdminService/ListAuditLog', 'auditLog'),
  listShards: at('GET /v1/admin/shards', 'AdminService/ListShards', 'shards'),
  registerShard: at('POST /v1/admin/shards', 'AdminService/RegisterShard', 'registerShard'),
  removeShard: at('DELETE /v1/admin/shards/{shard}', 'AdminService/RemoveShard', 'removeShard'),
  createKey: at('POST /v1/admin/keys', 'AdminService/CreateKey', 'createKey'),
  listKeys: at('GET /v1/admin/keys', 'AdminService/ListKeys', 'keys'),
  changeKey: at('PUT /v1/admin/keys/{keyId}', 'AdminService/ChangeKey', 'changeKey'),
  deleteKey: at('DELETE /v1/admin/keys/{keyId}', 'AdminService/DeleteKey', 'deleteKey'),
  createWebhook: at('POST /v1/admin/webhooks', 'AdminService/CreateWebhook', 'createWebhook'),
  listWebhooks: at('GET /v1/admin/webhooks', 'AdminService/ListWebhooks', 'webhooks'),
  updateWebhook: at(`PATCH ${webhook}`, 'AdminService/UpdateWebhook', 'updateWebhook'),
  deleteWebhook: at(`DELETE ${webhook}`, 'AdminService/DeleteWebhook', 'deleteWebhook'),
  rotateWebhookSecret: at(
    `POST ${webhook}/rotate-secret`,
    'AdminService/RotateWebhookSecret',
    'rotateWebhookSecret',
  ),
  listWebhookDeliveries: at(
    `GET ${webhook}/deliveries`,
    'AdminService/ListWebhookDeliveries',
    'webhookDeliveries',
  ),
  redeliverWebhook: at(
    `POST ${webhook}/deliveries/{deliveryId}/redeliver`,
    'AdminService/RedeliverWebhook',
    'redeliver',
  ),
} as const satisfies Readonly<Record<string, DoorsOf>>;

export type Command = keyof typeof OPERATIONS;

/** Operations of OpenAPI that are REST's alone, and why. */
export const REST_ONLY: Readonly<Record<string, string>> = {
  getHealth: 'gRPC has the standard health service; a client that calls learns of it by the call',
  getReadiness: 'the same',
  streamEvents:
    'the same events over a connection that stays; over gRPC and with the client, ListEvents is asked again',
  getMetrics: 'Prometheus reads them over HTTP',
};

/** Methods of the protos that are gRPC's alone, and why. */
export const GRPC_ONLY: Readonly<Record<string, string>> = {
  'DeductionService/SubmitDeductions': 'REST asks for it of `deduct` and `batchDeduct`, by the header Prefer',
  'DeductionService/StreamDeduct': 'HTTP/1.1 has no streams in both directions; the client sends batches',
};

/** Methods of the client that are no operation, and why. */
export const CLIENT_ONLY: Readonly<Record<string, string>> = {
  constructor: '',
  counters: 'counts its own tries',
  balanceAt: '`balance` of REST with `at`',
  submit: '`deduct` of REST with the header Prefer',
  deductionState: 'the same look-up as `deduction`',
  entriesAfter: 'a page of `entries`, oldest first, for whoever follows an account',
  newRequestId: 'made here',
  waitFor: 'looks at an operation again and again',
  close: 'ends its own connections',
};

function at(rest: string, grpc: string, client: DoorsOf['client']): DoorsOf {
  return { rest, grpc, client };
}
