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

/** Every operation, by the `operationId` of OpenAPI. */
export const OPERATIONS = {
  deduct: at(`POST ${account}/deductions`, 'DeductionService/Deduct', 'deduct'),
  batchDeduct: at('POST /v1/deductions:batch', 'DeductionService/BatchDeduct', 'deduct'),
  getDeduction: at(`GET ${account}/deductions/{requestId}`, 'DeductionService/GetDeduction', 'deduction'),
  credit: at(`POST ${account}/credits`, 'DeductionService/Credit', 'credit'),
  reverse: at(`POST ${account}/deductions/{reverses}/reversals`, 'DeductionService/Reverse', 'reverse'),
  hold: at(`POST ${account}/holds`, 'DeductionService/Hold', 'hold'),
  getHold: at(`GET ${account}/holds/{holdId}`, 'DeductionService/GetHold', 'holdOf'),
  confirmHold: at(`POST ${account}/holds/{holdId}/confirm`, 'DeductionService/ConfirmHold', 'confirmHold'),
  cancelHold: at(`POST ${account}/holds/{holdId}/cancel`, 'DeductionService/CancelHold', 'cancelHold'),
  createAccount: at('POST /v1/accounts', 'AccountService/CreateAccount', 'createAccount'),
  getAccount: at(`GET ${account}`, 'AccountService/GetAccount', 'account'),
  listAccounts: at('GET /v1/accounts', 'AccountService/ListAccounts', 'accounts'),
  getBalance: at(`GET ${account}/balance`, 'AccountService/GetBalance', 'balance'),
  listEntries: at(`GET ${account}/entries`, 'AccountService/ListEntries', 'entries'),
  freezeAccount: at(`POST ${account}/freeze`, 'AccountService/FreezeAccount', 'freeze'),
  unfreezeAccount: at(`POST ${account}/unfreeze`, 'AccountService/UnfreezeAccount', 'unfreeze'),
  closeAccount: at(`POST ${account}/close`, 'AccountService/CloseAccount', 'closeAccount'),
  resizeSubAccounts: at(`PUT ${admin}/sub-accounts`, 'AdminService/ResizeSubAccounts', 'resize'),
  listSubAccounts: at(`GET ${admin}/sub-accounts`, 'AdminService/ListSubAccounts', 'subAccounts'),
  setStrategy: at(`PUT ${admin}/strategy`, 'AdminService/SetStrategy', 'setStrategy'),
  rebalance: at(`POST ${admin}/rebalance`, 'AdminService/Rebalance', 'rebalance'),
  repairAccount: at(`POST ${admin}/repair`, 'AdminService/RepairAccount', 'repair'),
  getOperation: at('GET /v1/admin/operations/{operationId}', 'AdminService/GetOperation', 'operation'),
  listOperations: at('GET /v1/admin/operations', 'AdminService/ListOperations', 'operations'),
  startAudit: at('POST /v1/admin/audits', 'AdminService/StartAudit', 'audit'),
  listShards: at('GET /v1/admin/shards', 'AdminService/ListShards', 'shards'),
  registerShard: at('POST /v1/admin/shards', 'AdminService/RegisterShard', 'registerShard'),
  removeShard: at('DELETE /v1/admin/shards/{shard}', 'AdminService/RemoveShard', 'removeShard'),
  createKey: at('POST /v1/admin/keys', 'AdminService/CreateKey', 'createKey'),
  listKeys: at('GET /v1/admin/keys', 'AdminService/ListKeys', 'keys'),
  changeKey: at('PUT /v1/admin/keys/{keyId}', 'AdminService/ChangeKey', 'changeKey'),
  deleteKey: at('DELETE /v1/admin/keys/{keyId}', 'AdminService/DeleteKey', 'deleteKey'),
} as const satisfies Readonly<Record<string, DoorsOf>>;

export type Command = keyof typeof OPERATIONS;

/** Operations of OpenAPI that are REST's alone, and why. */
export const REST_ONLY: Readonly<Record<string, string>> = {
  getHealth: 'gRPC has the standard health service; a client that calls learns of it by the call',
  getReadiness: 'the same',
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
  submit: '`deduct` of REST with the header Prefer',
  deductionState: 'the same look-up as `deduction`',
  newRequestId: 'made here',
  waitFor: 'looks at an operation again and again',
  close: 'ends its own connections',
};

function at(rest: string, grpc: string, client: DoorsOf['client']): DoorsOf {
  return { rest, grpc, client };
}
