import type { FenceCommand, LayoutCommand, LevelCommand, StatusCommand } from './command';
import type { Draft } from './draft';
import { moveInside } from './inside-move';
import type { Outcome } from './outcome';
import { planLevel } from './plan-level';
import { type SubAccount, withState } from './sub-account';

/** Lifts the rows' epochs, which only ever rise, so that a fence that comes late does no harm. */
export function fence(draft: Draft, { accountId, epoch }: FenceCommand): Outcome {
  return changeRows(draft, accountId, (row) => (row.epoch < epoch ? { ...row, epoch } : row));
}

/** Opens the rows in use and sets the others draining; rows that a newer operation wrote are left alone. */
export function layOut(draft: Draft, command: LayoutCommand): Outcome {
  const { accountId, operation, openIndices, epoch } = command;
  return changeRows(draft, accountId, (row) => {
    if (row.operation >= operation) return row;
    return { ...withState(row, openIndices.has(row.index)), operation, epoch: Math.max(row.epoch, epoch) };
  });
}

/** Tells the rows the account's status, unless they know a newer one. */
export function setStatus(draft: Draft, { accountId, status, version }: StatusCommand): Outcome {
  const newest = (draft.wholeAccount(accountId) ?? []).reduce(
    (most, row) => Math.max(most, row.accountStatusVersion),
    version,
  );
  const told = changeRows(draft, accountId, (row) =>
    row.accountStatusVersion < version
      ? { ...row, accountStatus: status, accountStatusVersion: version }
      : row,
  );
  return newest > version ? { kind: 'settled', newerVersion: newest } : told;
}

/** Empties draining rows into open ones and levels those; see `planLevel`. */
export function level(draft: Draft, { accountId, exactly }: LevelCommand): Outcome {
  const rows = draft.wholeAccount(accountId);
  if (!rows) return { kind: 'leveled', strandedMinor: 0n };
  moveInside(draft, accountId, planLevel(rows, exactly));
  let strandedMinor = 0n;
  for (const row of draft.wholeAccount(accountId) ?? []) {
    const settled = withState(row);
    if (settled !== row) draft.putRow({ ...settled, version: row.version + 1 });
    if (row.state !== 'open') strandedMinor += row.availableMinor;
  }
  return { kind: 'leveled', strandedMinor };
}

function changeRows(draft: Draft, accountId: string, change: (row: SubAccount) => SubAccount): Outcome {
  for (const row of draft.wholeAccount(accountId) ?? []) {
    const changed = change(row);
    if (changed !== row) draft.putRow({ ...changed, version: row.version + 1 });
  }
  return { kind: 'settled' };
}
