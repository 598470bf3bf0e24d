import { compareMinor, lesser } from './money';

/** What one shard of the account has, as a reading found it. */
export interface ShardFunds {
  readonly shard: string;
  readonly availableMinor: bigint;
  /** Whether requests have their home here under the present placement; the others may give all they have. */
  readonly inPlacement: boolean;
}

/** A deduction that its home could not pay. */
export interface Claim {
  readonly homeShard: string;
  readonly amountMinor: bigint;
}

/** Money to bring from one shard to another. */
export interface Pull {
  readonly from: string;
  readonly to: string;
  readonly amountMinor: bigint;
}

export interface Collection {
  /** Positions of the claims that the shards can pay, all of them together. */
  readonly pay: readonly number[];
  /** Positions of the claims that are more than the whole account has. */
  readonly short: readonly number[];
  /** Positions of those that must wait: for money in transit, or for what earlier claims leave. */
  readonly wait: readonly number[];
  readonly pulls: readonly Pull[];
}

/**
 * Decides, in the order in which they came, which waiting deductions the account can pay, and what must be brought where.
 *
 * A claim is paid when the shards that could be read still have its amount after the earlier ones. It is short only when
 * it is more than everything the account has, earlier claims not counted: they may yet be turned away themselves.
 *
 * @param payableMinor Σ net − Σ held over the whole reach, money in transit included
 */
export function planCollection(
  funds: readonly ShardFunds[],
  claims: readonly Claim[],
  payableMinor: bigint,
): Collection {
  let left = funds.reduce((sum, { availableMinor }) => sum + availableMinor, 0n);
  const pay: number[] = [];
  const short: number[] = [];
  const wait: number[] = [];
  const needs = new Map<string, bigint>();
  claims.forEach(({ homeShard, amountMinor }, position) => {
    if (amountMinor <= left) {
      left -= amountMinor;
      needs.set(homeShard, (needs.get(homeShard) ?? 0n) + amountMinor);
      pay.push(position);
    } else if (amountMinor > payableMinor) short.push(position);
    else wait.push(position);
  });
  return { pay, short, wait, pulls: planPulls(funds, needs) };
}

/**
 * What to bring where so that every shard can pay what it needs. A shard that lacks money is lifted to its need and the
 * mean of what then remains, so that the next request there is cheap; no shard in use gives below its need and that
 * mean. The donors' surplus suffices, as in `planDraw`.
 */
export function planPulls(funds: readonly ShardFunds[], needs: ReadonlyMap<string, bigint>): Pull[] {
  const total = funds.reduce((sum, { availableMinor }) => sum + availableMinor, 0n);
  const needed = [...needs.values()].reduce((sum, need) => sum + need, 0n);
  const sharing = BigInt(funds.filter(({ inPlacement }) => inPlacement).length || 1);
  const mean = total > needed ? (total - needed) / sharing : 0n;

  const balances = funds.map(({ shard, availableMinor, inPlacement }) => {
    const need = needs.get(shard) ?? 0n;
    const target = need + (inPlacement ? mean : 0n);
    return { shard, lacks: availableMinor < need, differenceMinor: availableMinor - target };
  });
  return bring(
    balances.map(({ shard, differenceMinor }) => ({ shard, minor: differenceMinor })),
    balances
      .filter(({ lacks }) => lacks)
      .map(({ shard, differenceMinor }) => ({ shard, minor: -differenceMinor })),
  );
}

/** Brings what some shards lack from those that can spare it, the one with the most first, as far as that goes. */
export function bring(
  spare: readonly { readonly shard: string; readonly minor: bigint }[],
  lacking: readonly { readonly shard: string; readonly minor: bigint }[],
): Pull[] {
  const donors = spare
    .filter(({ minor }) => minor > 0n)
    .sort((a, b) => compareMinor(b.minor, a.minor))
    .map(({ shard, minor }) => ({ shard, left: minor }));
  const pulls: Pull[] = [];
  for (const { shard, minor } of lacking) {
    let missing = minor;
    for (const donor of donors) {
      const amountMinor = lesser(donor.left, missing);
      if (amountMinor <= 0n) continue;
      pulls.push({ from: donor.shard, to: shard, amountMinor });
      donor.left -= amountMinor;
      missing -= amountMinor;
    }
  }
  return pulls;
}
