import type { IntakeRecord, IntakeState } from '../../ledger/intake';
import type { Later } from '../../shards/surroundings';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import type { ShardSet } from '../shard-set';
import type { IntakeSettings } from './intake-settings';

const ENDED: readonly IntakeState[] = ['succeeded', 'rejected', 'moved'];

/** Pages of one look at one state of one shard. */
const PAGES_MAX = 20;

export interface CleaningParts {
  readonly shards: ShardSet;
  readonly observer: EngineObserver;
  readonly settings: IntakeSettings;
  readonly later?: Later | undefined;
}

/**
 * Forgets records that ended longer ago than keys are remembered, each under the lock of its row: another attempt may be
 * about to follow it. Several instances may do so at once; what one has forgotten the others do not find.
 */
export class IntakeCleaning {
  readonly #looking: Periodic;

  constructor(private readonly parts: CleaningParts) {
    this.#looking = new Periodic(parts.settings.cleaningMs, () => this.look(), parts.later);
  }

  start(): void {
    this.#looking.start('after a pause');
  }

  stop(): Promise<void> {
    return this.#looking.stop();
  }

  /** Never rejects. */
  async look(): Promise<void> {
    await Promise.all(this.parts.shards.names.map((shard) => this.#clean(shard)));
  }

  async #clean(shard: string): Promise<void> {
    const { shards, observer, settings } = this.parts;
    const { pageRecords: limit, windowMs: olderThanMs } = settings;
    const lanes = shards.lanes(shard);
    try {
      for (const state of ENDED)
        for (let pages = 0; pages < PAGES_MAX && !lanes.isDown; pages += 1) {
          const page = await lanes.shard.intakeInState({ state, limit, olderThanMs });
          await Promise.all(page.map((record) => lanes.submit(forget(record))));
          if (page.length < limit) break;
        }
    } catch (error) {
      observer.deferred(`cleaning the intake of ${shard}`, error);
    }
  }
}

function forget({ accountId, requestId, attempt, subAccount }: IntakeRecord) {
  const end = { kind: 'forgotten' } as const;
  return { kind: 'endIntake', accountId, requestId, attempt, subAccount, epoch: 0, end } as const;
}
