import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { budgetsText, canonicalMap, fingerprint } from '../engine/fingerprint';
import type { Flow } from '../engine/flow';
import { type HoldsPage, type ListedHolds, listHolds } from '../engine/hold-lists';
import { EngineRuntime } from '../engine/runtime';
import type { MoneyOutcome } from '../deductions/deduction.service';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX, type Hold } from '../ledger/hold';
import { Metrics } from '../platform/metrics';
import { AccountRates } from '../platform/rates/account-rates';
import { Settings } from '../platform/settings';
import type { AccountRecord } from '../shards/directory/account-record';

export interface HoldRequest {
  readonly accountId: string;
  readonly holdId: string;
  readonly amountMinor: bigint;
  readonly expiresInSeconds?: number | undefined;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** In which it is set aside as well, and in all above them. */
  readonly budgets?: readonly string[] | undefined;
  readonly flow?: Flow | undefined;
}

/** A hold that stands, for somebody who has something done to it. */
export interface StandingHold {
  readonly accountId: string;
  readonly holdId: string;
  /** Whose request it is, for fair shares of the lanes. */
  readonly flow?: Flow | undefined;
}

export interface ConfirmRequest extends StandingHold {
  /** By which it is known among the captures of its hold; the last one needs none. */
  readonly captureId?: string | undefined;
  /** What to take of it; `null` for all that it has. */
  readonly amountMinor: bigint | null;
  /** By default; the rest of the hold is released then. */
  readonly isFinal?: boolean | undefined;
  /** What is above the hold is taken out of what is available. */
  readonly mayTakeMore?: boolean | undefined;
  /** Of the entry that it makes, in place of the hold's own. */
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ExtendRequest extends StandingHold {
  /** From now on. */
  readonly expiresInSeconds: number;
}

export interface RaiseRequest extends StandingHold {
  /** What the hold is to come to in all, what was captured of it included. */
  readonly amountMinor: bigint;
}

/** A hold with the shard it lives on. */
export interface LocatedHold {
  readonly hold: Hold;
  readonly shard: string;
}

const DAY_SECONDS = 24 * 3_600;

/** Money that is set aside first and taken or released later: try, confirm, cancel. */
@Injectable()
export class HoldService {
  constructor(
    private readonly accounts: AccountService,
    private readonly runtime: EngineRuntime,
    private readonly metrics: Metrics,
    private readonly settings: Settings,
    private readonly rates: AccountRates,
  ) {}

  /** A hold is found at its past homes for the idempotency window, so it may not outlive that. */
  get secondsMax(): number {
    return Math.min(HOLD_SECONDS_MAX, this.settings.idempotencyDays * DAY_SECONDS);
  }

  /**
   * Sets money aside. Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when what decides cannot be read,
   * as the others do.
   *
   * @param isOneOfMany the doors have not taken it from its account's rate
   */
  hold(request: HoldRequest, isOneOfMany = false): Promise<MoneyOutcome> {
    const { accountId, holdId, amountMinor, expiresInSeconds, reference = null, budgets, flow } = request;
    const metadata = canonicalMap(request.metadata);
    const sent = expiresInSeconds === undefined ? null : BigInt(expiresInSeconds);
    const named = budgets && budgetsText(budgets);
    return this.#measured('hold', accountId, async (account) => {
      const limited = isOneOfMany ? await this.rates.takeOne(account) : undefined;
      if (limited) return limited;
      const hold = {
        kind: 'hold',
        accountId,
        requestId: holdId,
        amountMinor,
        expiresInUs: (expiresInSeconds ?? Math.min(HOLD_SECONDS_DEFAULT, this.secondsMax)) * 1_000_000,
        fingerprint: fingerprint('hold', amountMinor, reference, metadata, sent, ...(named ? [named] : [])),
        reference,
        metadata,
        flow,
      } as const;
      return budgets
        ? this.runtime.budgets.debits.submit(hold, account, budgets)
        : this.runtime.engine.submit(hold, account);
    });
  }

  /** Captures a hold, or a part of it. Unless it is the last capture, the rest stays held. */
  confirm(request: ConfirmRequest): Promise<MoneyOutcome> {
    const { accountId, holdId, captureId = null, amountMinor, flow, reference = null } = request;
    const { isFinal = true, mayTakeMore = false } = request;
    const metadata = canonicalMap(request.metadata);
    const asked = { captureId, amountMinor, isFinal, mayTakeMore, reference, metadata };
    return this.#measured('confirm', accountId, (account) =>
      this.runtime.budgets.debits.follow(
        {
          kind: 'confirm',
          accountId,
          holdId,
          ...asked,
          fingerprint: captureFingerprint(holdId, asked),
          flow,
        },
        account,
      ),
    );
  }

  /** Lets a hold last until so long from now. */
  extend({ accountId, holdId, flow, expiresInSeconds }: ExtendRequest): Promise<MoneyOutcome> {
    const expiresInUs = expiresInSeconds * 1_000_000;
    const lastsUsMax = this.secondsMax * 1_000_000;
    return this.#measured('extend', accountId, (account) =>
      this.runtime.engine.follow(
        {
          kind: 'extend',
          accountId,
          holdId,
          expiresInUs,
          lastsUsMax,
          fingerprint: fingerprint('extend', holdId, BigInt(expiresInSeconds)),
          flow,
        },
        account,
      ),
    );
  }

  /** Sets so much more aside that the hold comes to an amount in all. */
  raise({ accountId, holdId, flow, amountMinor }: RaiseRequest): Promise<MoneyOutcome> {
    return this.#measured('raise', accountId, (account) =>
      this.runtime.budgets.debits.follow(
        {
          kind: 'raise',
          accountId,
          holdId,
          amountMinor,
          fingerprint: fingerprint('raise', holdId, amountMinor),
          flow,
        },
        account,
      ),
    );
  }

  cancel({ accountId, holdId, flow }: StandingHold): Promise<MoneyOutcome> {
    return this.#measured('cancel', accountId, (account) =>
      this.runtime.engine.follow(
        { kind: 'cancel', accountId, holdId, fingerprint: fingerprint('cancel', holdId), flow },
        account,
      ),
    );
  }

  /** The hold made under a request id, whatever became of it. */
  find(account: AccountRecord, holdId: string): Promise<LocatedHold | undefined> {
    return this.runtime.engine.findHold(account, holdId);
  }

  /** A page of the account's holds by their ids; see `listHolds`. */
  list(account: AccountRecord, page: HoldsPage): Promise<ListedHolds> {
    return listHolds(this.runtime, account, page);
  }

  async #measured(
    kind: 'hold' | 'confirm' | 'extend' | 'raise' | 'cancel',
    accountId: string,
    run: (account: AccountRecord) => Promise<MoneyOutcome>,
  ): Promise<MoneyOutcome> {
    const started = performance.now();
    const account = this.runtime.accounts.peek(accountId) ?? (await this.accounts.read(accountId));
    const outcome = account ? await run(account) : ({ kind: 'accountNotFound' } as const);
    this.metrics.commandDone(kind, outcome.kind, (performance.now() - started) / 1_000);
    return outcome;
  }
}

type Capture = Required<Pick<ConfirmRequest, 'amountMinor' | 'isFinal' | 'mayTakeMore'>> & {
  readonly captureId: string | null;
  readonly reference: string | null;
  readonly metadata: string | null;
};

/**
 * A capture with an id is another one if anything about it differs. The last one without an id is told apart by its amount alone, so
 * that whoever learns more about it meanwhile may send it again.
 */
function captureFingerprint(holdId: string, capture: Capture): string {
  const { captureId, amountMinor, isFinal, mayTakeMore, reference, metadata } = capture;
  if (captureId === null) return fingerprint('confirm', holdId, amountMinor);
  const kind = `${isFinal ? 'final' : 'partial'}${mayTakeMore ? ', or more' : ''}`;
  return fingerprint('capture', holdId, captureId, amountMinor, kind, reference, metadata);
}
