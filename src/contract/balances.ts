import { type Balance, spendableOf } from '../engine/reading';
import type { AccountRecord } from '../shards/directory/account-record';
import { accountPath } from './accounts';
import { answer, type Call, queryOf } from './call';
import * as fields from './fields';

/** What a balance may be: see `Balances` for the first two; `cached` is a `current` one that is at most a second old. */
export const CONSISTENCIES = ['current', 'snapshot', 'cached'] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

export const balance = {
  $id: 'Balance',
  type: 'object',
  required: ['accountId', 'asset', 'available', 'held', 'total', 'inTransit', 'consistency', 'asOf'],
  properties: {
    accountId: { type: 'string' },
    asset: { type: 'string' },
    available: fields.amountOut,
    held: fields.amountOut,
    total: fields.amountOut,
    inTransit: fields.amountOut,
    creditLimit: fields.creditLimitOut,
    spendable: fields.amountOut,
    consistency: { type: 'string', enum: CONSISTENCIES },
    asOf: fields.timeOut,
  },
} as const;

export function balanceView(
  account: AccountRecord,
  read: { readonly balance: Balance; readonly asOfMs: number },
  consistency: Consistency,
) {
  const { availableMinor, heldMinor, totalMinor, inTransitMinor } = read.balance;
  return {
    accountId: account.accountId,
    asset: account.asset,
    available: availableMinor.toString(),
    held: heldMinor.toString(),
    total: totalMinor.toString(),
    inTransit: inTransitMinor.toString(),
    ...spendableView(account, read.balance),
    consistency,
    asOf: new Date(read.asOfMs).toISOString(),
  };
}

/** What can be spent, of an account that has a credit line, or had one and is in debt. */
export function spendableView(
  account: AccountRecord,
  balance: Balance,
): { readonly creditLimit?: string; readonly spendable?: string } {
  const { limitMinor, isUnsettled } = account.credit;
  if (limitMinor === null && !isUnsettled && balance.grantedMinor === 0n) return {};
  const spendableMinor = spendableOf(balance, account);
  return {
    creditLimit: (limitMinor ?? 0n).toString(),
    spendable: (spendableMinor > 0n ? spendableMinor : 0n).toString(),
  };
}

export const getBalance = {
  name: 'getBalance',
  summary: 'Get an account’s balance',
  description:
    '`current`: all shards, each read once; exact against money moving inside the account, not one instant. ' +
    '`snapshot`: a total that it really had at one instant. `cached`: a current one, at most a second old.',
  group: 'accounts',
  scope: 'read',
  path: accountPath,
  query: queryOf({ consistency: { type: 'string', enum: CONSISTENCIES, default: 'current' } }),
  answers: { 200: answer(balance, 'The balance.') },
} as const satisfies Call;
