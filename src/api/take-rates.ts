import { Problem } from '../contract/problem';
import type { KeyRates, Principal } from '../platform/principal';
import { accountHolder, type AccountRates, type RateLimited } from '../platform/rates/account-rates';
import type { Taken } from '../platform/rates/gcra';
import type { Counted, RateLimits } from '../platform/rates/rate-limits';

/** What a call takes of rates. */
export type RatesTaken = Readonly<Record<Counted, number>>;

/** What rates say to a call, and what its answer says of them. */
export interface RateVerdict {
  readonly refusal: Problem | undefined;
  /** draft-ietf-httpapi-ratelimit-headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A key or an account that may come only so often. */
export interface RateHolder {
  readonly kind: 'key' | 'account';
  readonly id: string;
  readonly rates: KeyRates;
}

interface Row {
  readonly kind: RateHolder['kind'];
  readonly counted: Counted;
  readonly perSecond: number;
  readonly taken: Taken;
}

const NONE: readonly RateHolder[] = [];

/**
 * Whose rates a call is held to: its key's, and those of the account that it names.
 *
 * @param accountId of a call that uses the account; none of one that changes or lists accounts
 */
export function holdersOf(
  { keyId, rates }: Principal,
  accounts: AccountRates,
  accountId: string | undefined,
): readonly RateHolder[] {
  const ofAccount = accountId === undefined ? null : accounts.of(accountId);
  if (rates === null && ofAccount === null) return NONE;
  const holders: RateHolder[] = [];
  if (rates) holders.push({ kind: 'key', id: keyId, rates });
  if (ofAccount && accountId !== undefined)
    holders.push({ kind: 'account', id: accountHolder(accountId), rates: ofAccount });
  return holders;
}

/** Takes a call from the rates of all who are held to one. A call that is refused has counted for those that were asked before. */
export async function takeRates(
  limits: RateLimits,
  holders: readonly RateHolder[],
  { requests, deductions }: RatesTaken,
): Promise<RateVerdict> {
  const rows: Row[] = [];
  const take = async (
    { kind, id }: RateHolder,
    counted: Counted,
    { perSecond, count }: { readonly perSecond: number | null; readonly count: number },
  ): Promise<boolean> => {
    if (perSecond === null || count === 0) return true;
    const taken = await limits.take(id, counted, perSecond, count);
    rows.push({ kind, counted, perSecond, taken });
    return taken.allowed;
  };
  for (const holder of holders) {
    const { requestsPerSecond, deductionsPerSecond } = holder.rates;
    const isAllowed =
      (await take(holder, 'requests', { perSecond: requestsPerSecond, count: requests })) &&
      (await take(holder, 'deductions', { perSecond: deductionsPerSecond, count: deductions }));
    if (!isAllowed) return { refusal: refusalBy(rows.at(-1)), headers: headersOf(rows) };
  }
  return { refusal: undefined, headers: headersOf(rows) };
}

/** An item of many that its account's rate does not allow. */
export function rateLimitedProblem({ perSecond, waitMs }: RateLimited): Problem {
  return refusal('account', { counted: 'deductions', perSecond, waitMs });
}

function refusalBy(row: Row | undefined): Problem {
  const { kind, counted, perSecond, taken } = row ?? NOTHING_TAKEN;
  return refusal(kind, { counted, perSecond, waitMs: taken.waitMs });
}

const NOTHING_TAKEN = { kind: 'key', counted: 'requests', perSecond: 0, taken: { waitMs: 0 } } as const;

function refusal(
  kind: RateHolder['kind'],
  {
    counted,
    perSecond,
    waitMs,
  }: { readonly counted: Counted; readonly perSecond: number; readonly waitMs: number },
): Problem {
  const detail =
    kind === 'key'
      ? `The key may make ${perSecond} ${counted} a second.`
      : `The account may have ${perSecond} ${counted} a second.`;
  return new Problem('RATE_LIMITED', { detail, retryAfterSeconds: Math.max(1, seconds(waitMs)) });
}

function headersOf(rows: readonly Row[]): Record<string, string> {
  if (rows.length === 0) return {};
  const nameOf = ({ kind, counted }: Row): string => (kind === 'key' ? counted : `account-${counted}`);
  const list = (value: (row: Row) => string): string =>
    rows.map((row) => `"${nameOf(row)}";${value(row)}`).join(', ');
  return {
    'ratelimit-policy': list(({ perSecond }) => `q=${perSecond};w=1`),
    ratelimit: list(({ taken: { left, waitMs } }) => `r=${left};t=${seconds(waitMs)}`),
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
