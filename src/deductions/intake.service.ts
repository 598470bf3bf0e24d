import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import type { KnownDeduction } from '../contract/received';
import type { Received } from '../engine/intake/reception';
import { EngineRuntime } from '../engine/runtime';
import { Metrics } from '../platform/metrics';
import type { AccountRecord } from '../shards/directory/account-record';
import { DeductionService, engineRequest, type MoneyRequest } from './deduction.service';

/** What became of a request to charge later; `accountNotFound` beside what the engine tells. */
export type ReceivedOutcome = Received | { readonly kind: 'accountNotFound' };

/** Deductions that are received now and charged later. */
@Injectable()
export class IntakeService {
  constructor(
    private readonly accounts: AccountService,
    private readonly deductions: DeductionService,
    private readonly runtime: EngineRuntime,
    private readonly metrics: Metrics,
  ) {}

  /** Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when what decides cannot be read. */
  async receive(request: MoneyRequest): Promise<ReceivedOutcome> {
    const started = performance.now();
    const account =
      this.runtime.accounts.peek(request.accountId) ?? (await this.accounts.read(request.accountId));
    const outcome: ReceivedOutcome = account
      ? await this.runtime.intake.receive(engineRequest(request), account)
      : { kind: 'accountNotFound' };
    this.metrics.commandDone('receive', outcome.kind, (performance.now() - started) / 1_000);
    return outcome;
  }

  /**
   * What is known under a key. The record is read before the entry: one that is charged between the two reads is found as an
   * entry. An entry of another request under the same key says nothing of the record.
   */
  async find(account: AccountRecord, requestId: string): Promise<KnownDeduction | undefined> {
    const record = await this.runtime.intake.find(account, requestId);
    const found = await this.deductions.findDeduction(account, requestId);
    if (found) return found.entry.fingerprint === record?.fingerprint ? { ...found, record } : found;
    return record && { record };
  }
}
