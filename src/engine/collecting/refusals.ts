import type { AccountRecord } from '../../shards/directory/account-record';
import { DirectoryUnavailableError } from '../../shards/directory/directory';
import { InvariantViolation, ShardContendedError, ShardUnavailableError } from '../../shards/faults';
import { greater } from '../../ledger/money';
import { earlierUse } from '../earlier-use';
import type { KeyLookUps } from '../key-look-ups';
import type { LevelWatch, SeenLevel } from '../levels/level-watch';
import {
  balanceOf,
  heldStill,
  isHalted,
  isOutrun,
  payableOf,
  type Reading,
  readReach,
  spendableOf,
} from '../reading';
import type { ShardSet } from '../shard-set';
import type { LaneOutcome } from '../engine-outcome';
import { type Homed, takesOther } from './waiting';

export interface RefusalParts {
  readonly shards: ShardSet;
  readonly lookUps: KeyLookUps;
  /** Who is told of a refusal before it is answered; nobody where no levels of balances are kept. */
  readonly levels?: Pick<LevelWatch, 'see'> | undefined;
  /** Readings of a round that tries to find the account at rest. */
  readonly passesMax: number;
}

/** What was found to be too little. */
export interface Short {
  readonly payableMinor: bigint;
  /** More is held by leases. */
  readonly isLent: boolean;
  /** The account's level, read before the instant at which it was short. */
  readonly level: SeenLevel | undefined;
  /** The least of what is refused together. */
  readonly refusedMinor: bigint;
}

/** An account at rest. */
export interface Still {
  readonly reading: Reading;
  readonly isLent: boolean;
  readonly level: SeenLevel | undefined;
  /** As it was known before the reading. */
  readonly account: AccountRecord;
}

/** Refuses for funds: only what the whole account could not pay at one instant, and what has not taken effect by then. */
export class Refusals {
  constructor(private readonly parts: RefusalParts) {}

  /**
   * A reading that is true of one instant between the first one and now; `undefined` when the account does not hold still
   * or cannot be read.
   */
  async atRest(account: AccountRecord, first: Reading): Promise<Still | undefined> {
    let before = first;
    for (let pass = 1; pass < this.parts.passesMax; pass += 1) {
      // Between the two readings: whoever takes a lease or gives one back disturbs them.
      const isLent = await this.#isLentIfReadable(account, balanceOf(before).heldMinor);
      if (isLent === undefined) return undefined;
      // Before the second reading too: what that one finds is then newer than the level.
      const level = await this.see(account);
      const after = await readReach(this.parts.shards, account);
      if (after.unreadable.length > 0 || isOutrun(after, account)) return undefined;
      if (heldStill(before, after)) return { reading: after, isLent, level, account };
      before = after;
    }
    return undefined;
  }

  /**
   * Whether any of what is held is in leases.
   *
   * Rejects with `ShardUnavailableError` when that cannot be read.
   */
  async isLent({ accountId, reach, allowance }: AccountRecord, heldMinor: bigint): Promise<boolean> {
    if (heldMinor === 0n || allowance) return false;
    const leases = await Promise.all(
      reach.map((shard) => this.parts.shards.shard(shard).openLeases(accountId)),
    );
    return leases.some((some) => some.length > 0);
  }

  async #isLentIfReadable(account: AccountRecord, heldMinor: bigint): Promise<boolean | undefined> {
    try {
      return await this.isLent(account, heldMinor);
    } catch (error) {
      if (error instanceof ShardUnavailableError) return undefined;
      throw error;
    }
  }

  /** Comes before the reading that proves a refusal. */
  async see(account: AccountRecord): Promise<SeenLevel | undefined> {
    if (account.allowance) return undefined;
    return this.parts.levels?.see(account);
  }

  /** What the account could pay at the instant of a reading: nothing, where it had used more than its credit limit. */
  payableOf({ reading, account }: Still): bigint {
    const balance = balanceOf(reading);
    const isOver = account.credit.isOver && isHalted(reading);
    return isOver ? greater(0n, spendableOf(balance, account)) : payableOf(balance);
  }

  /** Refuses deductions that are more than the account had at the instant of a reading. */
  async refuse(refused: readonly Homed[], still: Still): Promise<void> {
    const { reading, isLent, level } = still;
    const short = { payableMinor: this.payableOf(still), isLent, level, refusedMinor: leastOf(refused) };
    const inactive = [...reading.parts.values()].some(({ inactiveRows }) => inactiveRows > 0);
    await Promise.all(
      refused.map((each) => (inactive ? this.askHome(each, short) : this.tellShort(each, short))),
    );
  }

  /**
   * Refuses one for funds, unless its key took effect at home by now or some of the account's money is lent. At past homes it was
   * looked up when it was routed, by the placement that the account still has, and nothing is added there. Never rejects.
   */
  async tellShort(homed: Homed, short: Short): Promise<void> {
    const { waiting, shard: home } = homed;
    const { payableMinor, isLent, level } = short;
    if (isLent) {
      waiting.resolve({ shard: home, outcome: { kind: 'lent' } });
      return;
    }
    if (waiting.request.kind === 'pinned') {
      await this.#tellPinned(homed, short);
      return;
    }
    const asked = waiting.request.kind === 'charge' ? waiting.request.request : waiting.request;
    const { requestId, accountId } = asked;
    try {
      const entry = await this.parts.lookUps.find(home, accountId, requestId);
      if (!entry && payableMinor < 0n)
        throw new InvariantViolation(`account ${waiting.request.accountId} has ${payableMinor} to pay with`);
      const outcome = entry
        ? await earlierUse(asked, entry, this.parts.shards.shard(home))
        : refusalOf(homed, payableMinor);
      if (outcome.kind === 'insufficientFunds') await level?.refused(levelOf(short));
      waiting.resolve({ shard: home, outcome });
    } catch (error) {
      if (error instanceof ShardUnavailableError || error instanceof DirectoryUnavailableError)
        waiting.resolve({ shard: home, outcome: { kind: 'shardUnavailable', shard: home } });
      else if (error instanceof ShardContendedError)
        waiting.resolve({ shard: home, outcome: { kind: 'overloaded', shard: home } });
      else waiting.reject(error);
    }
  }

  /**
   * What it is about is decided under the lock of its row, and everything that was done to it is loaded with that: so it is asked once
   * more after the instant at which the account had too little, and a repetition is told what had been done.
   */
  async #tellPinned(homed: Homed, short: Short): Promise<void> {
    const { waiting, shard, command } = homed;
    const outcome = await this.parts.shards.lanes(shard).submit(command);
    const isShort = outcome.kind === 'insufficientFunds' && !takesOther(homed, outcome);
    if (isShort) await short.level?.refused(levelOf(short));
    if (!isShort) {
      waiting.resolve({ shard, outcome });
      return;
    }
    const refusal = refusalOf(homed, short.payableMinor);
    const isOfAccount = refusal.kind === 'insufficientFunds';
    waiting.resolve({
      shard,
      outcome: isOfAccount ? { ...refusal, askedMinor: homed.amountMinor } : refusal,
    });
  }

  /** Some rows know of a status that refuses before any question of funds: home says which. */
  async askHome(homed: Homed, short: Short): Promise<void> {
    const { shard, command, waiting } = homed;
    const outcome = await this.parts.shards.lanes(shard).submit(command);
    if (outcome.kind === 'insufficientFunds') await this.tellShort(homed, short);
    else waiting.resolve({ shard, outcome });
  }
}

/** Of the account, or of the allowance whose money it is. */
function refusalOf({ waiting, command }: Homed, availableMinor: bigint): LaneOutcome {
  const { accountId } = waiting.request;
  return accountId === command.accountId
    ? { kind: 'insufficientFunds', availableMinor }
    : { kind: 'allowanceShort', allowanceId: accountId, availableMinor };
}

function levelOf({ payableMinor, refusedMinor }: Short) {
  return { availableMinor: payableMinor, refusedMinor };
}

/** The least that is asked for. */
export function leastOf(refused: readonly Homed[]): bigint {
  return refused.reduce(
    (least, { amountMinor }) => (amountMinor < least ? amountMinor : least),
    refused[0]?.amountMinor ?? 0n,
  );
}
