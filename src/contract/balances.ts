import type { BalanceAtRead } from '../engine/balance-at';
import { type Balance, spendableOf } from '../engine/reading';
import type { AccountRecord } from '../shards/directory/account-record';
import { accountPath } from './accounts';
import { answer, type Call, queryOf, type QueryOf } from './call';
import * as fields from './fields';
import { Problem } from './problem';
import { notSettled } from './statements';
import { rangeTooLarge } from './summaries';
import { microseconds, timeView } from './times';

/** What a balance may be: see `Balances` for the first two; `cached` is a `current` one that is at most a second old. */
export const CONSISTENCIES = ['current', 'snapshot', 'cached'] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

const WHAT_IS_THERE = 'What is there and nothing holds, in minor units; below zero in debt.';
const WHAT_MOVES = 'On its way between sub-accounts at that moment; counted in `available`.';
const NOT_OF_THE_PAST = 'Absent with `at`.';

export const balance = {
  $id: 'Balance',
  type: 'object',
  required: ['accountId', 'asset', 'total', 'asOf'],
  properties: {
    accountId: { type: 'string' },
    asset: { type: 'string' },
    available: { ...fields.amountOut, description: `${WHAT_IS_THERE} ${NOT_OF_THE_PAST}` },
    held: {
      ...fields.amountOut,
      description: `What holds have set aside, in minor units. ${NOT_OF_THE_PAST}`,
    },
    total: fields.amountOut,
    inTransit: { ...fields.amountOut, description: `${WHAT_MOVES} ${NOT_OF_THE_PAST}` },
    creditLimit: fields.creditLimitOut,
    spendable: fields.amountOut,
    consistency: { type: 'string', enum: CONSISTENCIES, description: `How it was read. ${NOT_OF_THE_PAST}` },
    asOf: { ...fields.timeOut, description: 'When it was read; with `at`, that instant.' },
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
    '`snapshot`: a total that it really had at one instant. `cached`: a current one, at most a second old. With `at`: the `total` that it had ' +
    'at that instant, the sum of all entries before it, exactly and for good (`INSTANT_NOT_SETTLED` where some may still be written).',
  group: 'accounts',
  scope: 'read',
  path: accountPath,
  query: queryOf({
    consistency: { type: 'string', enum: CONSISTENCIES, default: 'current' },
    at: { ...fields.time, description: 'An instant of the past; not together with `consistency`.' },
  }),
  answers: { 200: answer(balance, 'The balance.') },
} as const satisfies Call;

/**
 * The instant (µs) that a balance is asked for; `undefined` for the present.
 *
 * @throws Problem INVALID_ARGUMENT
 */
export function instantOf({
  at,
  consistency,
}: Pick<QueryOf<typeof getBalance>, 'at' | 'consistency'>): number | undefined {
  if (at === undefined) return undefined;
  if (consistency !== undefined) throw notBoth();
  return microseconds('at', at);
}

export function notBoth(): Problem {
  return new Problem('INVALID_ARGUMENT', {
    errors: [{ field: 'consistency', rule: 'absent where `at` is given: what was does not change' }],
  });
}

/** @throws Problem INSTANT_NOT_SETTLED or RANGE_TOO_LARGE */
export function totalAt(read: BalanceAtRead): bigint {
  switch (read.kind) {
    case 'tooMany':
      throw rangeTooLarge('at', read.countedToUs);
    case 'unsettled':
      throw notSettled('at', read.settledUs);
    case 'read':
      return read.totalMinor;
  }
}

export function balanceAtView({ accountId, asset }: AccountRecord, atUs: number, totalMinor: bigint) {
  return { accountId, asset, total: totalMinor.toString(), asOf: timeView(atUs) };
}
