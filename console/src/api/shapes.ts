/** What the API answers, as far as the console shows it. The API's description has all of it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export type Permission = 'read' | 'deduct' | 'refund' | 'credit' | 'accounts' | 'admin';

export interface Session {
  readonly signedIn: boolean;
  readonly keyId?: string;
  readonly permissions?: readonly Permission[];
  readonly accounts?: readonly string[];
  readonly expiresAt?: string;
  readonly version?: string;
  /** Whether brokers are set. */
  readonly kafka?: boolean;
}

export interface Account {
  readonly id: string;
  readonly asset: string;
  readonly status: 'active' | 'frozen' | 'closed';
  readonly strategy: string;
  readonly subAccounts: number;
  readonly epoch: number;
  readonly lowBalance?: string;
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
  readonly autoSplit: { readonly enabled: boolean; readonly min?: number; readonly max?: number };
  readonly creditLimit?: string;
  readonly creditLimitStatus?: 'granted' | 'changing' | 'exceeded';
  readonly metadata?: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

export interface Balance {
  readonly available: string;
  readonly held: string;
  readonly total: string;
  readonly inTransit: string;
  /** `available` and what is left of the credit limit. */
  readonly spendable?: string;
  readonly asOf: string;
}

export interface SubAccount {
  readonly shard: string;
  readonly index: number;
  readonly available: string;
  readonly held: string;
  readonly status: 'open' | 'draining' | 'closed';
}

export interface Entry {
  readonly requestId: string;
  readonly kind: string;
  readonly status: string;
  readonly durability?: string;
  readonly amount: string;
  readonly holdId?: string;
  readonly reverses?: string;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly shard?: string;
  readonly subAccount?: number;
  readonly createdAt?: string;
}

export interface Hold {
  readonly holdId: string;
  readonly status: string;
  readonly amount: string;
  readonly heldAmount: string;
  readonly confirmedAmount?: string;
  readonly reference?: string;
  readonly expiresAt: string;
  readonly createdAt: string;
}

export interface Budget {
  readonly budgetId: string;
  readonly accountId: string;
  readonly limit: string;
  readonly period: 'total' | 'hour' | 'day' | 'month';
  readonly timeZone: string;
  readonly parent?: string;
  /** This and what follows: not in lists. */
  readonly spent?: string;
  readonly available?: string;
  readonly periodStart?: string;
  readonly renewsAt?: string;
  readonly createdAt: string;
}

/** A deduction or a hold as a look-up shows it. */
export interface Found extends Entry {
  readonly reason?: string;
  readonly receivedAt?: string;
  readonly endedAt?: string;
  readonly expiresAt?: string;
  readonly confirmedAmount?: string;
  readonly screening?: { readonly verdict: string; readonly by: string; readonly reason?: string };
}

export interface Operation {
  readonly operationId: string;
  readonly kind: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly accountId?: string;
  readonly progress: { readonly done: number; readonly total: number };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly detail: string };
  readonly createdAt: string;
}

export interface HotAccount {
  readonly accountId: string;
  readonly perSecond: number;
  readonly refusedPerSecond: number;
  readonly subAccounts: number;
  readonly hotSince?: string;
  /** What would be decided now, and why. */
  readonly now: { readonly kind: string; readonly reason: string };
}

export interface Finding {
  readonly invariant: string;
  readonly accountId?: string;
  readonly shard?: string;
  readonly detail: string;
  readonly expected?: string;
  readonly found?: string;
}

export interface Shard {
  readonly name: string;
  readonly address?: string;
  readonly status: 'up' | 'down' | 'full';
}

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly accounts?: readonly string[];
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
  readonly expiresAt?: string;
  readonly lastUsedAt?: string;
  readonly createdAt: string;
}

export interface Webhook {
  readonly webhookId: string;
  readonly url: string;
  readonly types?: readonly string[];
  readonly accountId?: string;
  readonly enabled: boolean;
  readonly disabledBecause?: string;
  readonly createdAt: string;
}

export interface Delivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly status: 'delivered' | 'pending' | 'failed';
  readonly attempts: number;
  readonly answer: string;
  readonly createdAt: string;
  readonly triedAt: string;
  readonly nextAt?: string;
}

export interface AuditLine {
  readonly sequence: number;
  readonly at: string;
  readonly callId: string;
  readonly outcome: string;
  readonly actor: string;
  readonly address: string;
  readonly door: string;
  readonly requestId?: string;
  readonly action: string;
  readonly target?: string;
  readonly request?: unknown;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly code?: string;
  readonly hash: string;
  readonly altered?: boolean;
}
