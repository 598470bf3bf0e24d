import type { Changes } from '../../ledger/shard-state';

/** As wide as the columns of `migrations/shard`. */
const KEY_LENGTH_MAX = 160;
const ID_LENGTH_MAX = 64;

/** The column or check of the tables that a batch would break, if any; what the rows' own balances break is not among them. */
export function brokenCheck(changes: Changes): string | undefined {
  const { entries, newHolds, reversals } = changes;
  const transfers = [...changes.departures, ...changes.arrivals, ...changes.localMoves];
  const keys = [
    ...entries.map(({ requestId }) => requestId),
    ...transfers.map(({ transferId }) => transferId),
  ];
  const ids = [
    ...[...entries, ...transfers, ...newHolds].map(({ accountId }) => accountId),
    ...newHolds.map(({ holdId }) => holdId),
    ...reversals.map(({ reverses }) => reverses),
  ];
  const tooLong =
    keys.find(({ length }) => length > KEY_LENGTH_MAX) ?? ids.find(({ length }) => length > ID_LENGTH_MAX);
  if (tooLong !== undefined) return `"${tooLong}" is too long for its column`;
  if (entries.some(({ amountMinor }) => amountMinor < 0n)) return 'the amount of an entry is negative';
  if (changes.newIntakes.some(({ amountMinor }) => amountMinor <= 0n))
    return 'what is received takes nothing';
  if (transfers.some(({ amountMinor }) => amountMinor <= 0n)) return 'a transfer moves nothing';
  return undefined;
}
