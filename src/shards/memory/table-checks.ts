import type { Changes } from '../../ledger/shard-state';

/** As wide as the columns of `migrations/shard`. */
const KEY_LENGTH_MAX = 224;
const TRANSFER_ID_LENGTH_MAX = 160;
const REVERSED_LENGTH_MAX = 160;
const ID_LENGTH_MAX = 64;

/** The column or check of the tables that a batch would break, if any; what the rows' own balances break is not among them. */
export function brokenCheck(changes: Changes): string | undefined {
  const { entries, newHolds, reversals } = changes;
  const transfers = [...changes.departures, ...changes.arrivals, ...changes.localMoves];
  const ids = [
    ...[...entries, ...transfers, ...newHolds].map(({ accountId }) => accountId),
    ...newHolds.map(({ holdId }) => holdId),
  ];
  const longer = (texts: readonly string[], lengthMax: number): string | undefined =>
    texts.find(({ length }) => length > lengthMax);
  const tooLong =
    longer(
      entries.map(({ requestId }) => requestId),
      KEY_LENGTH_MAX,
    ) ??
    longer(
      transfers.map(({ transferId }) => transferId),
      TRANSFER_ID_LENGTH_MAX,
    ) ??
    longer(
      reversals.map(({ reverses }) => reverses),
      REVERSED_LENGTH_MAX,
    ) ??
    longer(ids, ID_LENGTH_MAX);
  const holds = [...newHolds, ...changes.changedHolds];
  if (
    holds.some(
      ({ amountMinor, confirmedMinor }) =>
        amountMinor < 0n || confirmedMinor < 0n || confirmedMinor > amountMinor,
    )
  )
    return 'more is confirmed of a hold than it has';
  if (tooLong !== undefined) return `"${tooLong}" is too long for its column`;
  if (entries.some(({ amountMinor }) => amountMinor < 0n)) return 'the amount of an entry is negative';
  if (changes.newIntakes.some(({ amountMinor }) => amountMinor <= 0n))
    return 'what is received takes nothing';
  if (changes.newPayments.some(({ amountMinor }) => amountMinor <= 0n)) return 'a payment pays nothing';
  if (transfers.some(({ amountMinor }) => amountMinor <= 0n)) return 'a transfer moves nothing';
  return undefined;
}
