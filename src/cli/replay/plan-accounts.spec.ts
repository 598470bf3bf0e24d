import { AMOUNT_MAX_MINOR } from '../../ledger/money';
import type { AccountNeed } from './account-needs';
import { planAccounts } from './plan-accounts';

const options = { asset: 'POINTS/0', headroom: 4, hot: 2, hotSubAccounts: 32 };

function need(rows: number, totalMinor: bigint, largestMinor: bigint): AccountNeed {
  return { rows, totalMinor, largestMinor };
}

describe('planAccounts', () => {
  it('splits the busiest accounts, busiest first, ties by id', () => {
    const needs = new Map([
      ['c', need(5, 5n, 1n)],
      ['quiet', need(1, 1n, 1n)],
      ['b', need(5, 5n, 1n)],
      ['a', need(5, 5n, 1n)],
    ]);
    expect(planAccounts(needs, options).map(({ id, subAccounts }) => [id, subAccounts])).toEqual([
      ['a', 32],
      ['b', 32],
      ['c', 1],
      ['quiet', 1],
    ]);
  });

  it('opens an account of many rows with the headroom over what the log takes', () => {
    const [plan] = planAccounts(new Map([['busy', need(1_000_000, 10_000_000n, 10n)]]), options);
    expect(plan).toEqual({ id: 'busy', asset: 'POINTS/0', subAccounts: 32, initialBalance: '40000000' });
  });

  it('gives each sub-account a thousand times the largest charge when rows are few', () => {
    const [plan] = planAccounts(new Map([['few', need(2, 110n, 100n)]]), options);
    expect(plan?.initialBalance).toBe('3200000');
  });

  it('stays within what one request may move', () => {
    const [plan] = planAccounts(new Map([['rich', need(1, AMOUNT_MAX_MINOR, AMOUNT_MAX_MINOR)]]), options);
    expect(plan?.initialBalance).toBe(AMOUNT_MAX_MINOR.toString());
  });
});
