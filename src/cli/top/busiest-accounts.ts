import { RefusedError } from '../../client';
import { eventsCall } from '../../client/event-calls';
import { passing } from '../faults';
import type { ServiceClient } from '../service/service-client';

export interface BusyAccount {
  readonly accountId: string;
  /** Of the entries that were looked at. */
  readonly share: number;
}

/** A look reads one page, however much has happened: what it takes of the service is bounded. */
const PAGE_LENGTH = 500;
/** So much of what was counted before counts at the next look, so that a quiet second does not empty the list. */
const KEPT = 0.6;
const FORGOTTEN_BELOW = 0.5;
const ACCOUNTS_MAX = 2_000;

/** Which accounts have most entries, counted among the newest events; under load that is a sample. */
export class BusiestAccounts {
  readonly #counts = new Map<string, number>();
  #cursor = 'newest';
  #isAllowed = true;

  constructor(private readonly client: ServiceClient) {}

  /** @returns undefined when this key may not read events */
  async look(most: number): Promise<readonly BusyAccount[] | undefined> {
    if (!this.#isAllowed) return undefined;
    try {
      await this.#read();
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'CURSOR_EXPIRED') this.#cursor = 'newest';
      else if (error instanceof RefusedError) this.#isAllowed = false;
      else if (!passing(error)) throw error;
      if (!this.#isAllowed) return undefined;
    }
    return this.#most(most);
  }

  async #read(): Promise<void> {
    const query = { cursor: this.#cursor, limit: PAGE_LENGTH, types: ['hotsplit.entry.created'] };
    const { body } = await this.client.call(eventsCall(query));
    // Whoever is behind begins anew at the end: what is busy now is wanted, and not all that happened.
    this.#cursor = body.hasMore ? 'newest' : body.nextCursor;
    for (const [account, count] of this.#counts) {
      if (count * KEPT < FORGOTTEN_BELOW) this.#counts.delete(account);
      else this.#counts.set(account, count * KEPT);
    }
    for (const { subject } of body.items) {
      const known = this.#counts.get(subject);
      if (known !== undefined || this.#counts.size < ACCOUNTS_MAX)
        this.#counts.set(subject, (known ?? 0) + 1);
    }
  }

  #most(most: number): readonly BusyAccount[] {
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return [...this.#counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([accountId, count]) => ({ accountId, share: count / total }));
  }
}
