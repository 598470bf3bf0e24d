import { RefusedError } from '../../client';
import { operationsPage } from '../../client/lists';
import { LoadWatch } from '../../load/load-watch';
import { passing } from '../faults';
import type { ShownOperation } from '../service/operations';
import type { ServiceClient } from '../service/service-client';
import type { Clock } from '../surroundings';
import { BusiestAccounts } from './busiest-accounts';
import { type Frame, frameOf } from './frame';

const OPERATIONS_READ = 50;
const ACCOUNTS_SHOWN = 10;

/** What `hotsplit top` knows, look by look. */
export class TopWatch {
  readonly #load = new LoadWatch();
  readonly #accounts: BusiestAccounts | undefined;
  readonly #clock: Clock;
  #mayListOperations = true;

  constructor(
    private readonly client: ServiceClient,
    { readsEvents, clock }: { readonly readsEvents: boolean; readonly clock: Clock },
  ) {
    this.#accounts = readsEvents ? new BusiestAccounts(client) : undefined;
    this.#clock = clock;
  }

  /** @param metrics what the service has just said. @throws NotSettled */
  async look(metrics: string): Promise<Frame> {
    const now = this.#clock.wallMs();
    const load = this.#load.note(metrics, now);
    const [accounts, operations] = await Promise.all([this.#accounts?.look(ACCOUNTS_SHOWN), this.#running()]);
    return frameOf(load, new Date(now).toISOString(), {
      ...(accounts && { accounts }),
      ...(operations && { operations }),
    });
  }

  /** @returns undefined when this key may not list them */
  async #running(): Promise<readonly ShownOperation[] | undefined> {
    if (!this.#mayListOperations) return undefined;
    try {
      const { body } = await this.client.call(
        operationsPage({ status: 'running' })({ limit: OPERATIONS_READ }),
      );
      return body.items;
    } catch (error) {
      if (error instanceof RefusedError) this.#mayListOperations = false;
      else if (!passing(error)) throw error;
      return undefined;
    }
  }
}
