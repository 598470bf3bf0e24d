import type { ScannedPage, ScanStart } from '../shards/ledger-scan';

/**
 * Items in the order of their accounts, read page by page: one page is in memory, and the next is asked for when it is
 * used up. What has to be done for each item of a page is done without waiting.
 */
export class PagedStream<Item extends { readonly accountId: string }> {
  #items: readonly Item[] = [];
  #at = 0;
  #ended = false;

  constructor(
    private readonly load: (start: ScanStart<Item>) => Promise<ScannedPage<Item>>,
    private start: ScanStart<Item>,
  ) {}

  /** Goes on from another place; what is loaded is dropped. */
  restart(start: ScanStart<Item>): void {
    this.start = start;
    this.#items = [];
    this.#at = 0;
    this.#ended = false;
  }

  /** Goes on at an account that is not before the present one; whole pages in between are never read. */
  skipTo(accountId: string): void {
    const last = this.#items.at(-1);
    if (last && last.accountId >= accountId) {
      while ((this.head?.accountId ?? accountId) < accountId) this.#at += 1;
    } else if (!this.#ended) this.restart({ fromAccount: accountId });
    else this.#at = this.#items.length;
  }

  /** The next item, once `fill` has been waited for. */
  get head(): Item | undefined {
    return this.#items[this.#at];
  }

  /** Whether `head` says nothing because its page has not been read yet. */
  get isDry(): boolean {
    return this.#at >= this.#items.length && !this.#ended;
  }

  shift(): void {
    this.#at += 1;
  }

  /** Reads on until there is a next item, or none any more. */
  async fill(): Promise<void> {
    while (this.isDry) {
      const { items, ended } = await this.load(this.start);
      const last = items.at(-1);
      if (last) this.start = { after: last };
      this.#items = items;
      this.#at = 0;
      this.#ended = ended;
    }
  }

  /** Takes what the present page has of an account; nothing when there is no more of it. */
  async take(accountId: string): Promise<readonly Item[]> {
    if (this.isDry) await this.fill();
    const from = this.#at;
    while (this.head?.accountId === accountId) this.#at += 1;
    return this.#items.slice(from, this.#at);
  }
}
