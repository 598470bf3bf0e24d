import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import type { EngineOutcome } from '../engine/engine-outcome';
import { canonicalMap, fingerprint } from '../engine/fingerprint';
import { EngineRuntime } from '../engine/runtime';
import type { MoneyOutcome } from '../deductions/deduction.service';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX, type Hold } from '../ledger/hold';
import { Metrics } from '../platform/metrics';
import { Settings } from '../platform/settings';
import type { AccountRecord } from '../shards/directory/account-record';

export interface HoldRequest {
  readonly accountId: string;
  readonly holdId: string;
  readonly amountMinor: bigint;
  readonly expiresInSeconds?: number | undefined;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
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
  ) {}

  /** A hold is found at its past homes for the idempotency window, so it may not outlive that. */
  get secondsMax(): number {
    return Math.min(HOLD_SECONDS_MAX, this.settings.idempotencyDays * DAY_SECONDS);
  }

  /**
   * Sets money aside. Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when what decides cannot be read,
   * as the others do.
   */
  hold(request: HoldRequest): Promise<MoneyOutcome> {
    const { accountId, holdId, amountMinor, expiresInSeconds, reference = null } = request;
    const metadata = canonicalMap(request.metadata);
    const sent = expiresInSeconds === undefined ? null : BigInt(expiresInSeconds);
    return this.#measured('hold', accountId, (account) =>
      this.runtime.engine.submit(
        {
          kind: 'hold',
          accountId,
          requestId: holdId,
          amountMinor,
          expiresInUs: (expiresInSeconds ?? Math.min(HOLD_SECONDS_DEFAULT, this.secondsMax)) * 1_000_000,
          fingerprint: fingerprint('hold', amountMinor, reference, metadata, sent),
          reference,
          metadata,
        },
        account,
      ),
    );
  }

  /** @param amountMinor what to take of it; all of it when absent */
  confirm(accountId: string, holdId: string, amountMinor: bigint | null): Promise<MoneyOutcome> {
    return this.#measured('confirm', accountId, (account) =>
      this.runtime.engine.follow(
        {
          kind: 'confirm',
          accountId,
          holdId,
          amountMinor,
          fingerprint: fingerprint('confirm', holdId, amountMinor),
        },
        account,
      ),
    );
  }

  cancel(accountId: string, holdId: string): Promise<MoneyOutcome> {
    return this.#measured('cancel', accountId, (account) =>
      this.runtime.engine.follow(
        { kind: 'cancel', accountId, holdId, fingerprint: fingerprint('cancel', holdId) },
        account,
      ),
    );
  }

  /** The hold made under a request id, whatever became of it. */
  find(account: AccountRecord, holdId: string): Promise<LocatedHold | undefined> {
    return this.runtime.engine.findHold(account, holdId);
  }

  async #measured(
    kind: 'hold' | 'confirm' | 'cancel',
    accountId: string,
    run: (account: AccountRecord) => Promise<EngineOutcome>,
  ): Promise<MoneyOutcome> {
    const started = performance.now();
    const account = this.runtime.accounts.peek(accountId) ?? (await this.accounts.read(accountId));
    const outcome = account ? await run(account) : ({ kind: 'accountNotFound' } as const);
    this.metrics.commandDone(kind, outcome.kind, (performance.now() - started) / 1_000);
    return outcome;
  }
}
