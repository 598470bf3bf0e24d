import type { AccountPlan } from './plan';

/** An account about which nothing is special, empty at first. */
export const PLAIN_ACCOUNT: Omit<AccountPlan, 'accountId' | 'subAccounts'> = {
  openingMinor: 0n,
  unitMinor: 1n,
  heat: 1,
  creditShare: 0.5,
  largeShare: 0,
  lopsided: false,
  strategy: 'merged',
};
