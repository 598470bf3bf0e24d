import type { Changes } from '../../../src/ledger/shard-state';
import type { SubAccount } from '../../../src/ledger/sub-account';

const TWO_64 = 1n << 64n;

/** What is wrong with a row that was just written, if anything. */
export function brokenRow(
  row: SubAccount,
  was: SubAccount | undefined,
  changes: Changes,
): string | undefined {
  const { availableMinor, heldMinor, netMinor, movedMinor, grantedMinor } = row;
  if (availableMinor < 0n || heldMinor < 0n) return `available ${availableMinor}, held ${heldMinor}`;
  if ((availableMinor + heldMinor - netMinor - movedMinor - grantedMinor) % TWO_64 !== 0n)
    return `available ${availableMinor} + held ${heldMinor} ≠ net ${netMinor} + moved ${movedMinor} + granted ${grantedMinor}`;
  if (row.state === 'closed' && availableMinor + heldMinor !== 0n) return 'closed, and not empty';
  if (!was) return 'written before it was made';
  if (row.version <= was.version) return `version ${row.version} after ${was.version}`;
  if (row.epoch < was.epoch) return `epoch ${row.epoch} after ${was.epoch}`;
  if (row.operation < was.operation) return `operation ${row.operation} after ${was.operation}`;
  if (row.accountStatusVersion < was.accountStatusVersion)
    return `status version ${row.accountStatusVersion} after ${was.accountStatusVersion}`;
  if (row.grantVersion < was.grantVersion)
    return `grant version ${row.grantVersion} after ${was.grantVersion}`;
  return brokenOutsideVersion(row, was, changes);
}

/** It rises with what comes from outside and with nothing else: a refusal rests on its standing still. */
function brokenOutsideVersion(row: SubAccount, was: SubAccount, changes: Changes): string | undefined {
  const { entries, newHolds, changedHolds } = changes;
  // A lease that is recalled and a hold that is extended stand as before; captures and raises have entries.
  const settled = changedHolds.filter(({ state }) => state !== 'held');
  const fromOutside = [...entries, ...newHolds, ...settled].some(
    ({ accountId, subAccount }) => accountId === row.accountId && subAccount === row.index,
  );
  const rose = row.outsideVersion - was.outsideVersion;
  const isGranted = row.grantVersion > was.grantVersion;
  if (rose < 0 || rose > 0 !== (fromOutside || isGranted))
    return `outside version ${row.outsideVersion} after ${was.outsideVersion}, ${fromOutside ? 'with' : 'without'} a change from outside`;
  return undefined;
}
