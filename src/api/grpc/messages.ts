import type { Int64 } from './int64';
import type { Timestamp } from './timestamp';

/**
 * The messages of proto/hotsplit/v1 as the codec makes and takes them. Fields that are `optional` there are own
 * properties only when they were sent; the others always read as something. Empty texts and maps are as good as absent.
 */
export interface Notes {
  readonly reference?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface DeductRequest extends Notes {
  readonly accountId: string;
  readonly requestId: string;
  readonly amount: Int64;
  /** Credits have none. */
  readonly budgets?: readonly string[];
}

export interface BatchDeductRequest {
  readonly items: readonly DeductRequest[];
}

export interface StreamDeductRequest {
  readonly deductions: readonly DeductRequest[];
}

export interface ReverseRequest extends Notes {
  readonly accountId: string;
  readonly reverses: string;
  readonly requestId: string;
  readonly amount?: Int64;
  readonly captureId?: string;
}

export interface BatchHoldRequest {
  readonly items: readonly HoldRequest[];
}

export interface BatchConfirmHoldRequest {
  readonly items: readonly ConfirmHoldRequest[];
}

export interface TransferRequest extends Notes {
  readonly fromAccount: string;
  readonly toAccount: string;
  readonly requestId: string;
  readonly amount: Int64;
}

export interface HoldRequest extends DeductRequest {
  readonly expiresInSeconds?: number;
}

export interface OneHoldRequest {
  readonly accountId: string;
  readonly holdId: string;
}

export interface ConfirmHoldRequest extends OneHoldRequest, Notes {
  readonly amount?: Int64;
  readonly requestId?: string;
  readonly isFinal?: boolean;
  readonly allowMore?: boolean;
}

export interface ExtendHoldRequest extends OneHoldRequest {
  readonly expiresInSeconds?: number;
}

export interface RaiseHoldRequest extends OneHoldRequest {
  readonly amount: Int64;
}

export interface CreateAccountRequest {
  readonly id: string;
  readonly asset: string;
  readonly subAccounts?: number;
  readonly initialBalance?: Int64;
  readonly strategy?: string;
  readonly lowBalance?: Int64;
  readonly creditLimit?: Int64;
}

export interface AccountRequest {
  readonly accountId: string;
}

export interface BudgetRequest extends AccountRequest {
  readonly budgetId: string;
  readonly limit?: Int64;
}

export interface CreateBudgetRequest extends BudgetRequest {
  readonly period: number;
  readonly timeZone?: string;
  readonly parent?: string;
}

export interface UpdateAccountRequest extends AccountRequest {
  readonly lowBalance?: Int64;
  readonly creditLimit?: Int64;
  readonly metadata: Readonly<Record<string, string>>;
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
  readonly updateMask: { readonly paths: readonly string[] } | null;
  readonly ifMatch?: string;
}

export interface GetDeductionRequest extends AccountRequest {
  readonly requestId: string;
}

export interface GetBalanceRequest extends AccountRequest {
  readonly consistency: number;
  readonly at: Timestamp | null;
}

/** A page of a list. */
export interface PageRequest {
  readonly cursor?: string;
  readonly limit?: number;
}

export interface ListEntriesRequest extends AccountRequest, PageRequest {
  readonly kind: number;
  readonly kinds: readonly number[];
  readonly fromTime: Timestamp | null;
  readonly toTime: Timestamp | null;
  readonly reference?: string;
  readonly order: number;
}

export interface ListAccountsRequest extends PageRequest {
  readonly prefix?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GetEntryRequest extends AccountRequest {
  readonly requestId: string;
  readonly reverses?: string;
  readonly holdId?: string;
  readonly counterparty?: string;
}

export interface GetStatementRequest extends AccountRequest, PageRequest {
  readonly fromTime: Timestamp | null;
  readonly toTime: Timestamp | null;
}

export interface GetSummaryRequest extends AccountRequest {
  readonly fromTime: Timestamp | null;
  readonly toTime: Timestamp | null;
  readonly period?: string;
  readonly timeZone?: string;
}

export interface ListOperationsRequest extends PageRequest {
  readonly accountId?: string;
  readonly status: number;
}

export interface ListHoldsRequest extends AccountRequest, PageRequest {
  readonly status: number;
}

export interface ListEventsRequest extends PageRequest {
  readonly types: readonly string[];
  readonly accountId?: string;
}

export interface ListAuditLogRequest extends PageRequest {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly order: number;
}

export interface ResizeSubAccountsRequest extends AccountRequest {
  readonly count: number;
  readonly shards: readonly string[];
  readonly ifMatch?: string;
}

export interface GetOperationRequest {
  readonly operationId: string;
}

export interface SetAutoSplitRequest extends AccountRequest {
  readonly enabled: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly ifMatch?: string;
}

export interface ListHotAccountsRequest {
  readonly limit?: number;
}

export interface SetStrategyRequest extends AccountRequest {
  readonly strategy: string;
  readonly ifMatch?: string;
}

export interface RegisterShardRequest {
  readonly name: string;
  readonly url: string;
}

export interface RemoveShardRequest {
  readonly shard: string;
}

export interface CreateKeyRequest {
  readonly name: string;
  readonly scopes: readonly number[];
  readonly accounts: readonly string[];
  readonly expiresAt: Timestamp | null;
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
}

export interface ChangeKeyRequest {
  readonly keyId: string;
  readonly scopes: readonly number[];
  readonly accounts: readonly string[];
  readonly expiresAt: Timestamp | null;
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

export interface DeleteKeyRequest {
  readonly keyId: string;
}

export interface CreateWebhookRequest {
  readonly url: string;
  readonly types: readonly string[];
  readonly accountId?: string;
}

export interface UpdateWebhookRequest extends WebhookRequest {
  readonly url?: string;
  readonly types: readonly string[];
  readonly accountId?: string;
  readonly enabled?: boolean;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

export interface WebhookRequest {
  readonly webhookId: string;
}

export interface ListWebhookDeliveriesRequest extends WebhookRequest, PageRequest {}

export interface RedeliverWebhookRequest extends WebhookRequest {
  readonly deliveryId: string;
}

export interface FieldViolation {
  readonly field: string;
  readonly rule: string;
}

export interface ProblemMessage {
  readonly code: string;
  readonly detail: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldViolation[];
}

export interface HoldResult {
  readonly accountId: string;
  readonly holdId: string;
  readonly status: number;
  readonly hold?: object;
  readonly error?: ProblemMessage;
}

export interface DeductResult {
  readonly accountId: string;
  readonly requestId: string;
  readonly status: number;
  readonly durability?: number;
  readonly error?: ProblemMessage;
}
