import type { Entry } from '../../ledger/entry';

/** A deduction that was answered and is not written yet. */
export interface Deferred {
  /** As it was answered; row, version and time are those of its lease and this clock until it is written. */
  readonly entry: Entry;
  readonly shard: string;
}

/** What was answered and is not written, by account and key: an instance knows its own before it asks a shard. */
export class DeferredKeys {
  readonly #accounts = new Map<string, Map<string, Deferred>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  find(accountId: string, requestId: string): Deferred | undefined {
    return this.#accounts.get(accountId)?.get(requestId);
  }

  add(deferred: Deferred): void {
    const { accountId, requestId } = deferred.entry;
    const keys = this.#accounts.get(accountId) ?? new Map<string, Deferred>();
    keys.set(requestId, deferred);
    this.#accounts.set(accountId, keys);
    this.#count += 1;
  }

  delete({ entry: { accountId, requestId } }: Deferred): void {
    const keys = this.#accounts.get(accountId);
    if (!keys?.delete(requestId)) return;
    this.#count -= 1;
    if (keys.size === 0) this.#accounts.delete(accountId);
  }
}
