import type { IntakeEnd, IntakeRecord, RejectionReason } from '../../ledger/intake';
import type { Screened } from '../../ledger/screened';
import { routeRequest } from '../../ledger/routing';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { Surroundings } from '../../shards/surroundings';
import type { AccountCache } from '../account-cache';
import type { BudgetedDebits } from '../budgets/budgeted-debits';
import type { Engine } from '../engine';
import type { EngineOutcome, LaneOutcome } from '../engine-outcome';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { Question } from '../screening/question';
import type { Screening } from '../screening/screening';
import type { ShardSet } from '../shard-set';

export interface ChargingParts {
  readonly shards: ShardSet;
  readonly accounts: Pick<AccountCache, 'peek' | 'read'>;
  readonly engine: Pick<Engine, 'charge'>;
  readonly budgets: Pick<BudgetedDebits, 'charge'>;
  readonly screening: Screening;
  readonly surroundings: Pick<Surroundings, 'random'>;
  readonly reach?: ReachPoint | undefined;
}

/** What became of a record: how its attempt ended, nothing because it was over already, or why it goes on waiting. */
export type Charged =
  | { readonly kind: 'ended'; readonly end: string; readonly outcome?: EngineOutcome | undefined }
  | { readonly kind: 'over' }
  /** By screening: it comes again by itself when it is due. */
  | { readonly kind: 'putOff' }
  | { readonly kind: 'waits'; readonly why: string };

/** Reasons for which the engine refuses a deduction for good. */
const REASONS: Readonly<Partial<Record<EngineOutcome['kind'], RejectionReason>>> = {
  insufficientFunds: 'INSUFFICIENT_FUNDS',
  accountFrozen: 'ACCOUNT_FROZEN',
  accountClosed: 'ACCOUNT_CLOSED',
  keyReused: 'IDEMPOTENCY_KEY_REUSED',
  budgetExhausted: 'BUDGET_EXHAUSTED',
  budgetNotFound: 'BUDGET_NOT_FOUND',
  tooManyBudgets: 'INVALID_ARGUMENT',
};

/**
 * Works off one record. Who else works it off at the same time does no harm: a charge and an end are decided under the lock
 * of the record's row, by the record as it is then, and only by a placement that the row has not left behind.
 */
export class Charging {
  constructor(private readonly parts: ChargingParts) {}

  /** Rejects when the directory or a past home cannot be read. */
  async charge(shard: string, record: IntakeRecord): Promise<Charged> {
    const charged = await this.#charge(shard, record);
    if (charged.kind === 'ended' || charged.kind === 'over') this.parts.screening.ended(questionOf(record));
    return charged;
  }

  async #charge(shard: string, record: IntakeRecord): Promise<Charged> {
    const { accounts } = this.parts;
    const account = accounts.peek(record.accountId) ?? (await accounts.read(record.accountId));
    if (!account) return { kind: 'waits', why: 'the directory does not know its account' };
    if (homeOf(record, account) !== shard) return this.#move(shard, record, account);
    await (this.parts.reach ?? NO_FAULTS)('intake.charging');
    const screened = await this.#screen(record);
    if (screened && screened.verdict !== 'pass') return this.#withhold(shard, record, { account, screened });
    const request = requestOf(shard, record, screened);
    const outcome = record.budgets
      ? await this.parts.budgets.charge(request, account, record.budgets)
      : await this.parts.engine.charge(request, account);
    if (outcome.kind === 'applied') return { kind: 'ended', end: 'succeeded', outcome };
    // Of an account that has moved meanwhile, the record is found again and brought to its new home.
    if (outcome.kind === 'attemptOver') return this.#afterMove(shard, record, account);
    if (outcome.kind === 'replayed') return this.#end(shard, record, { account, end: { kind: 'succeeded' } });
    const reason = REASONS[outcome.kind];
    if (reason === undefined) return { kind: 'waits', why: outcome.kind };
    await (this.parts.reach ?? NO_FAULTS)('intake.refused');
    const charged = await this.#end(shard, record, { account, end: { kind: 'rejected', reason } });
    return charged.kind === 'ended' && charged.end === reason ? { ...charged, outcome } : charged;
  }

  /** The verdict on a record; `undefined` where nothing is screened. */
  async #screen(record: IntakeRecord): Promise<Screened | undefined> {
    const { screening, reach = NO_FAULTS } = this.parts;
    if (!screening.isOn) return undefined;
    const screened = await screening.screen(questionOf(record));
    await reach('intake.screened');
    return screened;
  }

  /** Writes that a record is rejected, or put off, by a verdict. */
  async #withhold(
    shard: string,
    record: IntakeRecord,
    { account, screened }: { readonly account: AccountRecord; readonly screened: Screened },
  ): Promise<Charged> {
    const { screening, surroundings, reach = NO_FAULTS } = this.parts;
    if (screened.verdict === 'reject') {
      await reach('intake.refused');
      const end = { kind: 'rejected', reason: 'SCREENED_OUT', screening: screened } as const;
      return this.#end(shard, record, { account, end });
    }
    const waitUsMax = screening.waitMsMax * 1_000;
    const end = { kind: 'putOff', screening: screened, waitUsMax, jitter: surroundings.random() } as const;
    return this.#end(shard, record, { account, end });
  }

  async #afterMove(shard: string, record: IntakeRecord, account: AccountRecord): Promise<Charged> {
    const fresh = await this.parts.accounts.read(record.accountId);
    return !fresh || fresh.placement.epoch === account.placement.epoch
      ? { kind: 'over' }
      : { kind: 'waits', why: 'its account has moved' };
  }

  /**
   * Brings a record to the home that the account's placement gives it. The record is read once more, now that the placement is
   * known to stand: what was ended here under an earlier one must not begin anew over there.
   */
  async #move(
    shard: string,
    { accountId, requestId }: IntakeRecord,
    account: AccountRecord,
  ): Promise<Charged> {
    const { shards, reach = NO_FAULTS } = this.parts;
    const [record] = await shards.shard(shard).findIntakes(accountId, [requestId]);
    if (record?.state !== 'received') return { kind: 'over' };
    const home = routeRequest(requestId, account.placement, account.subAccounts);
    await shards.ensure([home.shard]);
    if (!shards.has(home.shard)) return { kind: 'waits', why: 'shardUnavailable' };
    const { attempt, amountMinor, fingerprint, reference, metadata, budgets, receivedAtUs } = record;
    const outcome = await shards.lanes(home.shard).submit({
      kind: 'takeOver',
      accountId,
      requestId,
      attempt,
      amountMinor,
      fingerprint,
      reference,
      metadata,
      ...(budgets && { budgets }),
      receivedAtUs,
      subAccount: home.subAccount,
      epoch: account.placement.epoch,
    });
    const end = endAfterMove(outcome);
    if (!end) return this.#waits(record, outcome);
    await reach('intake.moved');
    return this.#end(shard, record, { account, end });
  }

  async #end(
    shard: string,
    { accountId, requestId, attempt, subAccount }: IntakeRecord,
    { account, end }: { readonly account: AccountRecord; readonly end: IntakeEnd },
  ): Promise<Charged> {
    const { epoch } = account.placement;
    const command = { kind: 'endIntake', accountId, requestId, attempt, subAccount, epoch, end } as const;
    const outcome = await this.parts.shards.lanes(shard).submit(command);
    if (outcome.kind === 'attemptOver') return { kind: 'over' };
    if (outcome.kind !== 'intakeEnded') return this.#waits({ accountId }, outcome);
    if (outcome.record.state === 'received') return { kind: 'putOff' };
    return { kind: 'ended', end: outcome.record.reason ?? outcome.record.state };
  }

  /** A placement that a row has left behind is read anew before the next try. */
  async #waits({ accountId }: Pick<IntakeRecord, 'accountId'>, { kind }: LaneOutcome): Promise<Charged> {
    if (kind === 'fenced') await this.parts.accounts.read(accountId);
    return { kind: 'waits', why: kind };
  }
}

function homeOf({ requestId }: IntakeRecord, { placement, subAccounts }: AccountRecord): string {
  return routeRequest(requestId, placement, subAccounts).shard;
}

function questionOf({ receivedAtUs, ...record }: IntakeRecord): Question {
  return { ...record, occurredAtUs: receivedAtUs };
}

function requestOf(shard: string, record: IntakeRecord, screening: Screened | undefined) {
  const { accountId, requestId, amountMinor, fingerprint, reference, metadata, attempt, subAccount } = record;
  return {
    kind: 'deduct',
    accountId,
    requestId,
    amountMinor,
    fingerprint,
    reference,
    metadata,
    attempt: { number: attempt, shard, subAccount, screening },
  } as const;
}

/** What a record comes to at its old home, once the new one has answered. */
function endAfterMove(outcome: LaneOutcome): IntakeEnd | undefined {
  switch (outcome.kind) {
    case 'received':
      return { kind: 'moved' };
    case 'replayed':
      return { kind: 'succeeded' };
    case 'keyReused':
      return { kind: 'rejected', reason: 'IDEMPOTENCY_KEY_REUSED' };
    default:
      return undefined;
  }
}
