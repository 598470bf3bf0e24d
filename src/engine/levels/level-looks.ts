import { type LevelState, nextLevel } from '../../ledger/balance-level';
import { greater } from '../../ledger/money';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { BalanceLevels, LevelRecord } from '../../shards/directory/balance-levels';
import type { Balances } from '../balances';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import { type Balance, spendableOf } from '../reading';
import type { ShardSet } from '../shard-set';

export interface LevelLooksParts {
  readonly levels: Pick<BalanceLevels, 'find' | 'step'>;
  readonly balances: Balances;
  readonly shards: ShardSet;
  /** Two `replenished` of one account are so far apart at least. */
  readonly restMs: number;
  readonly reach?: ReachPoint;
}

/** Why a look is taken. */
export interface LookCause {
  /** Money is known to have left the account. */
  readonly hasPaid: boolean;
  /** A request for so much was refused. */
  readonly refusedMinor?: bigint | undefined;
}

export interface LookEnd {
  /** Somebody must look again after so long, whatever happens to the account. */
  readonly againMs?: number;
}

const DONE: LookEnd = {};

/** For how long an account counts as exhausted at least that had to refuse a request. */
const AGAIN_MS_MIN = 1_000;

/** Looks at one account while others change its level as well. */
const TRIES_MAX = 4;

/**
 * Finds out by a reading whether an account's balance has crossed a bound, and makes that durable, event included.
 *
 *     read the level ──▶ read the balance ──▶ compare-and-set the level
 *
 * The order matters: a balance that was read before the level may be older than the last crossing, and would tell of it again.
 * A step is only made of a balance that the account had at one instant.
 */
export class LevelLooks {
  constructor(private readonly parts: LevelLooksParts) {}

  /**
   * Rejects with `ShardUnavailableError` when the balance cannot be read, and with `DirectoryUnavailableError`.
   *
   * @param known the level, if it was read for this look
   */
  async look(accountId: string, cause: LookCause, known?: LevelRecord): Promise<LookEnd> {
    let record = known ?? (await this.find(accountId));
    for (let tries = 1; record && tries <= TRIES_MAX; tries += 1) {
      const availableMinor = await this.#available(record, cause);
      if (availableMinor === undefined) return DONE;
      const end = await this.steps(record, availableMinor, cause);
      if (end !== 'overtaken') return end;
      record = await this.find(accountId);
    }
    return record ? { againMs: 0 } : DONE;
  }

  async find(accountId: string): Promise<LevelRecord | undefined> {
    const [record] = await this.parts.levels.find([accountId]);
    return record;
  }

  /**
   * Makes the steps that follow from a balance which the account had at an instant after its level was read.
   *
   * @returns `overtaken` when the level was changed meanwhile by somebody else
   */
  async steps(record: LevelRecord, availableMinor: bigint, cause: LookCause): Promise<LookEnd | 'overtaken'> {
    const { levels, reach = NO_FAULTS } = this.parts;
    const evidence = evidenceOf(availableMinor, cause);
    const { refusedMinor } = evidence;
    let state: LevelState = record;
    let { version } = record;
    for (let step = nextLevel(state, evidence); step; step = nextLevel(state, evidence)) {
      const againMs = step.crossing === 'replenished' ? this.#restOf(record) : 0;
      if (againMs > 0) return { againMs };
      await reach('level.found');
      // Only an account that is exhausted may be so by what was refused.
      const found = { availableMinor, ...(step.crossing === 'exhausted' && { refusedMinor }) };
      if (!(await levels.step({ account: record.account, version }, step, found))) return 'overtaken';
      await reach('level.stepped');
      state = { ...state, ...step };
      version += 1;
    }
    const { level, lowBalanceMinor } = state;
    // One request was too large for an account that is not low: nothing has to happen for it to be replenished.
    const isAbove = level === 'exhausted' && lowBalanceMinor !== null && availableMinor > lowBalanceMinor;
    return isAbove && cause.refusedMinor !== undefined
      ? { againMs: Math.max(AGAIN_MS_MIN, this.#restOf(record)) }
      : DONE;
  }

  /** @returns for how long it is too early to be replenished again */
  #restOf({ account, replenishedAtUs }: LevelRecord): number {
    const agoMs = (account.readAtUs - replenishedAtUs) / 1_000;
    // A time that is still to come is of a clock that was ahead.
    return agoMs < 0 ? 0 : Math.max(0, Math.ceil(this.parts.restMs - agoMs));
  }

  /** What the account had at one instant after the level was read; `undefined` where a first reading says that nothing follows. */
  async #available(record: LevelRecord, cause: LookCause): Promise<bigint | undefined> {
    const { account } = record;
    const { balances } = this.parts;
    const first = await this.#payable(account, await balances.current(account));
    if (!nextLevel(record, evidenceOf(first, cause))) return undefined;
    // One row is read at one instant; several may have been read around a payment.
    if (account.reach.length === 1) return first;
    return this.#payable(account, await balances.snapshot(account));
  }

  /** What the account can spend, its credit line included. What is held by leases is paid from like the rest. */
  async #payable(account: AccountRecord, balance: Balance): Promise<bigint> {
    const { accountId, reach } = account;
    const spendableMinor = greater(0n, spendableOf(balance, account));
    if (balance.heldMinor === 0n) return spendableMinor;
    const leases = await Promise.all(
      reach.map((name) => this.parts.shards.shard(name).openLeases(accountId)),
    );
    return leases.flat().reduce((sum, { amountMinor }) => sum + amountMinor, spendableMinor);
  }
}

function evidenceOf(availableMinor: bigint, { hasPaid, refusedMinor }: LookCause) {
  const isShort = refusedMinor !== undefined && availableMinor < refusedMinor;
  return { availableMinor, hasPaid, ...(isShort && { refusedMinor }) };
}
