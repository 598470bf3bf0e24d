import { ENDED } from '../../shards/directory/operation-store';
import type { AccountCache } from '../account-cache';
import type { Rebalancer } from '../rebalancer';
import type { Job, JobRun } from './operation-runner';

/** Levels an account now, exactly. */
export class RebalanceJob implements Job {
  constructor(private readonly parts: { readonly accounts: AccountCache; readonly rebalancer: Rebalancer }) {}

  async run(run: JobRun): Promise<void> {
    const account = await this.parts.accounts.read(run.operation.accountId ?? '');
    const movedMinor = account ? await this.parts.rebalancer.level(account, true) : 0n;
    await run.advance({
      step: ENDED,
      status: 'done',
      progress: { done: 1, total: 1 },
      result: { movedBetweenShards: movedMinor.toString() },
    });
  }
}
