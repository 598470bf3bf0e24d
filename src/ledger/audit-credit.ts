import type { Finding } from './audit-finding';
import { wrap64 } from './money';
import type { SubAccount } from './sub-account';

/** An account's credit line as the directory had it at one moment. */
export interface CreditFrame {
  readonly limitMinor: bigint | null;
  /** Rises with every step of a change. */
  readonly version: number;
  readonly isUnsettled: boolean;
}

/**
 * Whether the rows of an account, over all shards, were granted what its limit says. Nothing is said of a line that was changing, or
 * has changed, between a look at the directory before the rows were read and one behind it.
 */
export function judgeCredit(
  accountId: string,
  rows: readonly SubAccount[],
  { before, behind }: { readonly before: CreditFrame; readonly behind: CreditFrame },
): Finding[] {
  if (before.version !== behind.version || before.isUnsettled || behind.isUnsettled) return [];
  const found = wrap64(rows.reduce((sum, { grantedMinor }) => sum + grantedMinor, 0n));
  const expected = behind.limitMinor ?? 0n;
  if (found === expected) return [];
  return [
    {
      invariant: 'grantedIsCreditLimit',
      accountId,
      detail: 'granted',
      expected: expected.toString(),
      found: found.toString(),
    },
  ];
}
