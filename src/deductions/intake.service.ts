import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import type { KnownDeduction } from '../contract/received';
import type { Received } from '../engine/intake/reception';
import { EngineRuntime } from '../engine/runtime';
import { Metrics } from '../platform/metrics';
import { AccountRates, type RateLimited } from '../platform/rates/account-rates';
import type { AccountRecord } from '../shards/directory/account-record';
import { DeductionService, engineRequest, type MoneyRequest } from './deduction.service';

/** What became of a request to charge later; `accountNotFound` beside what the engine tells. */
export type ReceivedOutcome = Received | RateLimited | { readonly kind: 'accountNotFound' };

/** Deductions that are received now and charged later. */
@Injectable()
export class IntakeService {
  constructor(
    private readonly accounts: AccountService,
    private readonly deductions: DeductionService,
    private readonly runtime: EngineRuntime,
    private readonly metrics: Metrics,
    private readonly rates: AccountRates,
  ) {}

  /**
   * Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when what decides cannot be read.
   *
   * @param isOneOfMany the doors have not taken it from its account's rate
   */
  async receive(request: MoneyRequest, isOneOfMany = false): Promise<ReceivedOutcome> {
    const started = performance.now();
    const account =
      this.runtime.accounts.peek(request.accountId) ?? (await this.accounts.read(request.accountId));
    const limited = account && isOneOfMany ? await this.rates.takeOne(account) : undefined;
    const outcome: ReceivedOutcome = account
      ? (limited ?? (await this.runtime.intake.receive(engineRequest(request), account)))
      : { kind: 'accountNotFound' };
    this.metrics.commandDone('receive', outcome.kind, (performance.now() - started) / 1_000);
    return outcome;
  }

  /**
   * What is known under a key. The record is read before the entry: one that is charged between the two reads is found as an
   * entry. An entry of another request under the same key says nothing of the record.
   */
  async find(account: AccountRecord, requestId: string): Promise<KnownDeduction | undefined> {
    let record = await this.runtime.intake.find(account, requestId);
    const found = await this.deductions.findDeduction(account, requestId);
    // Charged between the two reads: its end was written with its entry.
    if (found && record?.state === 'received') record = await this.runtime.intake.find(account, requestId);
    if (found) return found.entry.fingerprint === record?.fingerprint ? { ...found, record } : found;
    return record && { record };
  }
}
