import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { EngineRuntime } from '../engine/runtime';
import { Metrics } from '../platform/metrics';
import { AccountRates, type RateLimited } from '../platform/rates/account-rates';
import { transferMoney, type TransferOutcome, type TransferRequest } from './transfer-money';

export type { TransferOutcome, TransferRequest } from './transfer-money';

/** Money from one account to another. */
@Injectable()
export class TransferService {
  constructor(
    private readonly accounts: AccountService,
    private readonly runtime: EngineRuntime,
    private readonly metrics: Metrics,
    private readonly rates: AccountRates,
  ) {}

  /** Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when what decides cannot be read. */
  async transfer(request: TransferRequest): Promise<TransferOutcome | RateLimited> {
    const { accounts, runtime } = this;
    const started = performance.now();
    const outcome = (await this.#limited(request)) ?? (await transferMoney({ accounts, runtime }, request));
    this.metrics.commandDone('transfer', outcome.kind, (performance.now() - started) / 1_000);
    return outcome;
  }

  /** No account stands in the path of a transfer, so the doors have taken nothing from the payer's rate. */
  async #limited({ from }: TransferRequest): Promise<RateLimited | undefined> {
    const payer = await this.accounts.find(from);
    return payer && this.rates.takeOne(payer);
  }
}
