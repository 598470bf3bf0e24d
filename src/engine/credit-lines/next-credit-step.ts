import { lesser } from '../../ledger/money';
import { subAccountsOn } from '../../ledger/routing';
import { shareOut } from '../../ledger/share-out';
import type { AccountRecord } from '../../shards/directory/account-record';
import { balanceOf, type Reading } from '../reading';

export type CreditStep =
  /** What the rows of each shard in reach are to be granted, or, below zero, what is to be taken back from them. */
  | { readonly kind: 'round'; readonly parts: ReadonlyMap<string, bigint> }
  /** The account has used more than its limit: its rows are to refuse debits. */
  | { readonly kind: 'over' }
  /** It has not any more: they are to pay again. */
  | { readonly kind: 'within' }
  /** What is to be taken back may be on its way between shards. */
  | { readonly kind: 'awaitTransfers' }
  /** The rows have what the limit says. */
  | { readonly kind: 'settle' }
  /** There is nothing to take back until something comes in. */
  | { readonly kind: 'rest' };

/** So often it is tried to take back what is not used while debits go on; whoever takes it first has it. */
const TRIES_WITHOUT_HALT = 6;

/** So many steps wait for transfers at most; one that cannot arrive is taken back when it does. */
const TRIES_WITH_TRANSFERS = 3;

/**
 * What has to be done next so that the rows have what the limit says, by a reading that was taken while no round was under way.
 *
 * What is granted beyond the limit is taken back where it is available. If that is not enough, more is used than the limit allows:
 * then the rows are told to refuse debits first, so that nothing can leave while the rest is looked for.
 *
 * @param steps taken so far
 */
export function nextCreditStep(
  account: AccountRecord,
  reading: Reading,
  { steps }: { readonly steps: number },
): CreditStep {
  const { grantedMinor, inTransitMinor } = balanceOf(reading);
  const { limitMinor, isOver } = account.credit;
  const missingMinor = (limitMinor ?? 0n) - grantedMinor;
  if (missingMinor > 0n) return { kind: 'round', parts: toBeGranted(account, missingMinor) };
  if (missingMinor === 0n) return { kind: isOver ? 'within' : 'settle' };

  const excessMinor = -missingMinor;
  const inRowsMinor = [...reading.parts.values()].reduce((sum, part) => sum + part.availableMinor, 0n);
  const isThere = inRowsMinor >= excessMinor && steps < TRIES_WITHOUT_HALT;
  if (isThere || (isOver && inRowsMinor > 0n))
    return { kind: 'round', parts: toBeTaken(account, reading, lesser(excessMinor, inRowsMinor)) };
  if (inTransitMinor > 0n && steps < TRIES_WITH_TRANSFERS) return { kind: 'awaitTransfers' };
  return { kind: isOver ? 'rest' : 'over' };
}

/** As much for each of the account's rows. */
function toBeGranted({ reach, placement, subAccounts }: AccountRecord, amountMinor: bigint) {
  const rows = reach.map((shard) =>
    placement.shards.includes(shard) ? BigInt(subAccountsOn(shard, placement, subAccounts).length) : 0n,
  );
  return partsOf(reach, shareOut(amountMinor, rows));
}

/** In proportion to what is there. */
function toBeTaken({ reach }: AccountRecord, { parts }: Reading, amountMinor: bigint) {
  const available = reach.map((shard) => parts.get(shard)?.availableMinor ?? 0n);
  return partsOf(
    reach,
    shareOut(amountMinor, available).map((part) => -part),
  );
}

function partsOf(reach: readonly string[], minor: readonly bigint[]): Map<string, bigint> {
  return new Map(reach.map((shard, position) => [shard, minor[position] ?? 0n]));
}
