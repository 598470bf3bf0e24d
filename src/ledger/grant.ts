import type { GrantCommand } from './command';
import type { Draft } from './draft';
import { BALANCE_MAX_MINOR, lesser, wrap64 } from './money';
import type { Outcome } from './outcome';
import { shareOut } from './share-out';
import { type SubAccount, withState } from './sub-account';

/**
 * Grants the account's rows of this shard money on credit, or takes it back.
 *
 * What is granted lies in the rows as available, so that a debit on credit is a debit like any other. It is spread over the rows in
 * use as far as they have room, and taken back from the rows in proportion to what they have. What was granted or taken back is the
 * change of Σ `grantedMinor`, which may be less than was asked for.
 *
 * Whether this version was here before is known from all rows together: a row that was made later does not know it.
 */
export function grant(draft: Draft, command: GrantCommand): Outcome {
  const { accountId, version, signedMinor } = command;
  const rows = draft.wholeAccount(accountId) ?? [];
  // Nothing remembers what is granted where there is no row; a row is made before money is sent to it.
  if (rows.length === 0) return signedMinor === 0n ? { kind: 'settled' } : { kind: 'fenced', epoch: 0 };
  const newest = Math.max(...rows.map(({ grantVersion }) => grantVersion));
  if (newest >= version) return { kind: 'settled', ...(newest > version && { newerVersion: newest }) };

  const parts = signedMinor < 0n ? takenFrom(rows, -signedMinor) : grantedTo(rows, signedMinor);
  rows.forEach((row, position) => {
    draft.putRow({ ...changedBy(row, parts[position] ?? 0n), grantVersion: version });
  });
  return { kind: 'settled' };
}

function changedBy(row: SubAccount, signedMinor: bigint): SubAccount {
  return withState({
    ...row,
    availableMinor: row.availableMinor + signedMinor,
    grantedMinor: wrap64(row.grantedMinor + signedMinor),
    version: row.version + 1,
    // What the account can pay has changed: a reading from before must not decide.
    outsideVersion: row.outsideVersion + 1,
  });
}

/** Of each row what it takes of an amount: the rows in use in equal parts, what they have no room for whoever has it. */
function grantedTo(rows: readonly SubAccount[], amountMinor: bigint): bigint[] {
  const rooms = rows.map(({ availableMinor, heldMinor }) => BALANCE_MAX_MINOR - availableMinor - heldMinor);
  const hasOpen = rows.some(({ state }) => state === 'open');
  const weights = rows.map(({ state }) => (hasOpen && state !== 'open' ? 0n : 1n));
  return fill(shareOut(amountMinor, weights), rooms, amountMinor);
}

function takenFrom(rows: readonly SubAccount[], amountMinor: bigint): bigint[] {
  const rooms = rows.map(({ availableMinor }) => availableMinor);
  const total = rooms.reduce((sum, room) => sum + room, 0n);
  return shareOut(lesser(amountMinor, total), rooms).map((part) => -part);
}

/** No part above its room; the rest goes where there is some, in the order of the rows. */
function fill(parts: readonly bigint[], rooms: readonly bigint[], amountMinor: bigint): bigint[] {
  const filled = parts.map((part, position) => lesser(part, atLeastZero(rooms[position])));
  let restMinor = amountMinor - filled.reduce((sum, part) => sum + part, 0n);
  return filled.map((part, position) => {
    const more = lesser(restMinor, atLeastZero(rooms[position]) - part);
    restMinor -= more;
    return part + more;
  });
}

function atLeastZero(room = 0n): bigint {
  return room > 0n ? room : 0n;
}
