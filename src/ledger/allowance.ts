const ALLOWANCE = 'allowance';

/** The most budgets that one deduction is charged to, the parents of those it names included. */
export const CHARGES_MAX = 16;

/**
 * The account id of what a budget may spend in one period: an account of the service's own, split as the account is that the
 * budget belongs to. It contains a blank, which no user can send.
 *
 * @param digest of account, budget and period, 32 hex digits
 */
export function allowanceId(digest: string): string {
  return `${ALLOWANCE} ${digest}`;
}

export function isAllowanceId(accountId: string): boolean {
  return accountId.startsWith(`${ALLOWANCE} `);
}

/** The key of the entry that brings one step of a limit into an allowance: the first step gives it all, later ones change it. */
export function allowanceStepKey(step: number): string {
  return `${ALLOWANCE} ${step}`;
}

export function isAllowanceStepKey(requestId: string): boolean {
  return requestId.startsWith(`${ALLOWANCE} `);
}

/** A budget that a deduction is charged to, beside its account. */
export interface Charge {
  readonly budgetId: string;
  readonly allowanceId: string;
}

/** A charge that is to be decided, by the newest step of the allowance that is known. */
export interface ChargeAsked extends Charge {
  readonly step: number;
}

/** An entry's charges as its row has them. */
export function chargesText(charges: readonly Charge[]): string {
  return charges
    .map(({ budgetId, allowanceId: id }) => `${budgetId} ${id.slice(ALLOWANCE.length + 1)}`)
    .join(',');
}

/** The inverse of `chargesText`. */
export function chargesIn(text: string): Charge[] {
  return text.split(',').map((charge) => {
    const [budgetId = '', digest = ''] = charge.split(' ');
    return { budgetId, allowanceId: allowanceId(digest) };
  });
}
