import type { Directory } from '../../shards/directory/directory';
import type { LeaseStore } from '../../shards/directory/lease-store';
import type { Later } from '../../shards/surroundings';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import type { CreditLines } from './credit-lines';

export interface CreditLineSweepSettings {
  readonly intervalMs: number;
  /** Accounts that one tick goes through. */
  readonly accountsMax: number;
  readonly leaseMs: number;
}

export const CREDIT_LINE_SWEEP_SETTINGS: CreditLineSweepSettings = {
  intervalMs: 2_000,
  accountsMax: 64,
  leaseMs: 10_000,
};

export interface CreditLineSweepParts {
  readonly directory: Pick<Directory, 'creditLines'>;
  readonly leases: Pick<LeaseStore, 'acquire'>;
  readonly lines: CreditLines;
  readonly observer: EngineObserver;
  readonly settings: CreditLineSweepSettings;
  readonly instanceId: string;
  readonly later?: Later;
}

/**
 * Goes on with changes of credit lines whose instance died, and looks whether accounts above their limit are within it by now. One
 * instance does so at a time; nothing depends on that.
 */
export class CreditLineSweep {
  readonly #ticking: Periodic;
  /** Where the next tick goes on. */
  #after = '';

  constructor(private readonly parts: CreditLineSweepParts) {
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  stop(): Promise<void> {
    return this.#ticking.stop();
  }

  /** Never rejects. */
  async tick(): Promise<void> {
    const { directory, leases, observer, settings, instanceId } = this.parts;
    try {
      const limit = settings.accountsMax;
      const found = await directory.creditLines.unsettled({ after: this.#after, limit });
      this.#after = found.length < limit ? '' : (found.at(-1)?.accountId ?? '');
      if (found.length === 0 || !(await leases.acquire('credit', instanceId, settings.leaseMs))) return;
      for (const { accountId, creation } of found) if (creation === 'done') await this.#settle(accountId);
    } catch (error) {
      observer.deferred('credit lines', error);
    }
  }

  async #settle(accountId: string): Promise<void> {
    try {
      await this.parts.lines.settle(accountId);
    } catch (error) {
      this.parts.observer.deferred(`the credit line of ${accountId}`, error);
    }
  }
}
