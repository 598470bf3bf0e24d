import type { Scan, ScannedPage, ScanStart } from '../shards/ledger-scan';

export interface Pacing {
  /** Rows read by one statement. */
  readonly pageRows: number;
  /** After this much work comes a rest: reading a page of SQLite and adding it up are work of this process. */
  readonly workMs: number;
  readonly restMs: number;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export const PACING: Pacing = {
  pageRows: 1_000,
  workMs: 4,
  restMs: 2,
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Reads pages at a pace that leaves databases and event loop to the service, until it is told to stop. */
export class PageReader {
  #restedAt: number;

  constructor(
    private readonly pacing: Pacing,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#restedAt = pacing.now();
  }

  /** Rejects with the signal's reason once it is aborted, and with whatever the scan rejects with. */
  async read<Place, Item>(
    scan: (scan: Scan<Place>) => Promise<ScannedPage<Item>>,
    { start, upToAccount }: { start: ScanStart<Place>; upToAccount: string | undefined },
  ): Promise<ScannedPage<Item>> {
    this.signal?.throwIfAborted();
    if (this.isRestDue) await this.rest();
    return scan({ start, upToAccount, limit: this.pacing.pageRows });
  }

  get isRestDue(): boolean {
    return this.pacing.now() - this.#restedAt >= this.pacing.workMs;
  }

  /** Lets everyone else come through. */
  async rest(): Promise<void> {
    await this.pacing.sleep(this.pacing.restMs);
    this.#restedAt = this.pacing.now();
  }
}
