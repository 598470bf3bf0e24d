import type { Dice } from '../../kernel/dice';

/** A kind of account by how it is used. */
export interface AccountKind {
  readonly name: 'hot' | 'lean' | 'cold';
  readonly count: number;
  readonly subAccounts: number;
  readonly openingMinor: number;
  readonly deductionMinorMax: number;
  readonly creditMinorMax: number;
  /** How much of the load goes to accounts of this kind. */
  readonly weight: number;
}

/** Lean ones are kept around empty, so that refusals happen and the collector has work. */
export const ACCOUNT_KINDS: readonly AccountKind[] = [
  {
    name: 'hot',
    count: 5,
    subAccounts: 6,
    openingMinor: 50_000_000,
    deductionMinorMax: 500,
    creditMinorMax: 5_000,
    weight: 0.6,
  },
  {
    name: 'lean',
    count: 4,
    subAccounts: 4,
    openingMinor: 3_000,
    deductionMinorMax: 300,
    creditMinorMax: 700,
    weight: 0.2,
  },
  {
    name: 'cold',
    count: 60,
    subAccounts: 1,
    openingMinor: 100_000,
    deductionMinorMax: 200,
    creditMinorMax: 300,
    weight: 0.2,
  },
];

export interface Account {
  readonly id: string;
  readonly kind: AccountKind;
}

export function plannedAccounts(): Account[] {
  return ACCOUNT_KINDS.flatMap((kind) =>
    Array.from({ length: kind.count }, (_, n) => ({ id: `${kind.name}-${n}`, kind })),
  );
}

/** An account by its kind's weight, then any of that kind. */
export function pickAccount(accounts: readonly Account[], dice: Dice): Account {
  let rest = dice.next();
  for (const kind of ACCOUNT_KINDS) {
    rest -= kind.weight;
    if (rest < 0) return dice.oneOf(accounts.filter((account) => account.kind === kind));
  }
  return dice.oneOf(accounts);
}
