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
}

export interface HoldRequest extends DeductRequest {
  readonly expiresInSeconds?: number;
}

export interface OneHoldRequest {
  readonly accountId: string;
  readonly holdId: string;
  readonly amount?: Int64;
}

export interface CreateAccountRequest {
  readonly id: string;
  readonly asset: string;
  readonly subAccounts?: number;
  readonly initialBalance?: Int64;
  readonly strategy?: string;
  readonly lowBalance?: Int64;
}

export interface AccountRequest {
  readonly accountId: string;
}

export interface GetDeductionRequest extends AccountRequest {
  readonly requestId: string;
}

export interface GetBalanceRequest extends AccountRequest {
  readonly consistency: number;
}

/** A page of a list. */
export interface PageRequest {
  readonly cursor?: string;
  readonly limit?: number;
}

export interface ListEntriesRequest extends AccountRequest, PageRequest {
  readonly kind: number;
  readonly fromTime: Timestamp | null;
  readonly toTime: Timestamp | null;
}

export interface ResizeSubAccountsRequest extends AccountRequest {
  readonly count: number;
  readonly shards: readonly string[];
  readonly ifMatch?: string;
}

export interface GetOperationRequest {
  readonly operationId: string;
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
}

export interface ChangeKeyRequest {
  readonly keyId: string;
  readonly scopes: readonly number[];
  readonly accounts: readonly string[];
  readonly expiresAt: Timestamp | null;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

export interface DeleteKeyRequest {
  readonly keyId: string;
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

export interface DeductResult {
  readonly accountId: string;
  readonly requestId: string;
  readonly status: number;
  readonly durability?: number;
  readonly error?: ProblemMessage;
}
