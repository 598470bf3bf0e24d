import type { Scope } from '../shards/directory/directory';

/** What a key may be given, in the order in which a key's scopes are listed. */
export const SCOPES = [
  'read',
  'deduct',
  'refund',
  'credit',
  'accounts',
  'admin',
] as const satisfies readonly Scope[];

/** What a call needs: a scope, or to look up one deduction or one hold by its id, which several scopes allow. */
export type Permission = Scope | 'lookUp';

/** What each scope allows. */
const ALLOWED: Readonly<Record<Scope, readonly Permission[]>> = {
  read: ['read', 'lookUp'],
  deduct: ['deduct', 'lookUp'],
  refund: ['refund'],
  credit: ['credit'],
  accounts: ['accounts'],
  admin: [...SCOPES, 'lookUp'],
};

/** Who a request comes from, and what it may do. */
export interface Principal {
  readonly keyId: string;
  /** All that the key's scopes allow. */
  readonly permissions: ReadonlySet<Permission>;
  /** The id of every account that is used begins with one of these; `null` for any account. */
  readonly accounts: readonly string[] | null;
  /** How often the key may come; `null` where that is not limited. */
  readonly rates: KeyRates | null;
}

/** How often a key may come; `null` as often as it likes. */
export interface KeyRates {
  readonly requestsPerSecond: number | null;
  readonly deductionsPerSecond: number | null;
}

export function principalOf(key: {
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  readonly accounts: readonly string[] | null;
  readonly requestsPerSecond?: number | null;
  readonly deductionsPerSecond?: number | null;
}): Principal {
  const { keyId, scopes, accounts, requestsPerSecond = null, deductionsPerSecond = null } = key;
  const isLimited = requestsPerSecond !== null || deductionsPerSecond !== null;
  return {
    keyId,
    permissions: new Set(scopes.flatMap((scope) => ALLOWED[scope])),
    accounts,
    rates: isLimited ? { requestsPerSecond, deductionsPerSecond } : null,
  };
}

/** Whether a key's limits let it use an account. */
export function reaches({ accounts }: Principal, accountId: string): boolean {
  if (accounts === null) return true;
  for (const prefix of accounts) if (accountId.startsWith(prefix)) return true;
  return false;
}

/** Who may do nothing. */
export const NOBODY: Principal = principalOf({ keyId: '', scopes: [], accounts: [] });

/** The scopes of which a key needs one for a permission; `admin`, which allows everything, is not named. */
export function scopesFor(permission: Permission): Scope[] {
  return SCOPES.filter(
    (scope) => scope === permission || (scope !== 'admin' && ALLOWED[scope].includes(permission)),
  );
}
