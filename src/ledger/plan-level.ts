import type { InsideMove } from './inside-move';
import { BALANCE_MAX_MINOR, greater, lesser } from './money';
import type { SubAccount } from './sub-account';

/** Below 1/LOW_DIVISOR of the mean a row is low and its shard is leveled. Leveling lifts it to the mean, so it does not slosh. */
const LOW_DIVISOR = 2n;

/**
 * How the rows of one shard are leveled: draining rows give all they have, rows above the mean what they have above it,
 * and rows below it are lifted to it. No row is lifted past the balance limit.
 *
 * @param rows every row of the account on this shard
 * @param exactly level whatever the difference; otherwise only when a row is low or a draining one holds money
 * @returns the moves, about one for each row; none when no row is open
 */
export function planLevel(rows: readonly SubAccount[], exactly: boolean): InsideMove[] {
  const open = rows.filter((row) => row.state === 'open');
  const draining = rows.filter((row) => row.state !== 'open' && row.availableMinor > 0n);
  if (open.length === 0) return [];

  const total = rows.reduce((sum, row) => sum + row.availableMinor, 0n);
  const mean = total / BigInt(open.length);
  const low = open.some((row) => row.availableMinor < mean / LOW_DIVISOR);
  if (draining.length === 0 && !low && !exactly) return [];

  const emptied = draining.map((row) => ({ index: row.index, minor: row.availableMinor }));
  const above = open.map((row) => ({ index: row.index, minor: row.availableMinor - mean }));
  const below = open.map((row) => ({
    index: row.index,
    minor: lesser(mean, limit(row)) - row.availableMinor,
  }));
  const rest = open.map((row) => ({
    index: row.index,
    minor: limit(row) - greater(mean, row.availableMinor),
  }));

  const moves = match(emptied, below);
  // Draining rows go first. What they have left when all are level goes to whoever has room.
  return [...moves, ...match(above, below), ...match(emptied, rest)];
}

/** What a row may have available beside what it holds. */
function limit(row: SubAccount): bigint {
  return BALANCE_MAX_MINOR - row.heldMinor;
}

interface Part {
  readonly index: number;
  /** What is left to give, or to take. */
  minor: bigint;
}

/** Pairs donors with receivers, each in order, until one side has nothing left. */
function match(donors: Part[], receivers: Part[]): InsideMove[] {
  const moves: InsideMove[] = [];
  const queue = receivers.filter((receiver) => receiver.minor > 0n);
  for (const donor of donors) {
    for (let receiver = queue[0]; receiver && donor.minor > 0n; receiver = queue[0]) {
      const amountMinor = lesser(donor.minor, receiver.minor);
      moves.push({ from: donor.index, to: receiver.index, amountMinor });
      donor.minor -= amountMinor;
      receiver.minor -= amountMinor;
      if (receiver.minor === 0n) queue.shift();
    }
  }
  return moves;
}
