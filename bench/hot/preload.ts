import type { Entry } from '../../src/ledger/entry';
import { shardOfSubAccount } from '../../src/ledger/routing';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import { amountOf } from '../measure/requests';
import type { Tally } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';
import type { Site } from '../stage/site';
import type { EntryWriter } from '../yardsticks/entry-writer';
import { openEntryWriter } from '../yardsticks/open-entry-writer';
import { nowUs } from '../yardsticks/sqlite-connection';

const ROWS_PER_STATEMENT = 2_000;
const WRITERS_PER_SHARD = 3;
const PROGRESS_EVERY_MS = 5_000;
const FINGERPRINT = '0123456789abcdef0123456789abcdef';

/**
 * Gives the account a past: deductions, and one credit that covers them, so that the rows need no change and every audit
 * counts them in. Their times end now; their ids sort before the measurement's, as older ids do.
 */
export async function preload(
  entries: number,
  {
    site,
    account,
    tally,
    print,
  }: { site: Site; account: AccountRecord; tally: Tally; print: (text: string) => void },
): Promise<void> {
  const past = new Past(entries, site, account);
  const started = performance.now();
  const report = (): void => {
    const rate = Math.round(past.written / ((performance.now() - started) / 1_000));
    print(
      `  preload: ${past.written.toLocaleString('en-US')} of ${entries.toLocaleString('en-US')}, ${rate}/s`,
    );
  };
  const timer = setInterval(report, PROGRESS_EVERY_MS);
  try {
    await Promise.all(site.shards.map((_, shard) => past.fillShard(shard)));
    await past.cover();
  } finally {
    clearInterval(timer);
  }
  report();
  tally.add({ count: entries, amountMinor: past.amountMinor, unknownCount: 0, unknownAmountMinor: 0 });
}

class Past {
  written = 0;
  amountMinor = 0;
  readonly #startUs: number;

  constructor(
    private readonly entries: number,
    private readonly site: Site,
    private readonly account: AccountRecord,
  ) {
    this.#startUs = nowUs() - entries - 1;
  }

  /** Every n-th entry belongs to this shard; writers take the next stretch, so that the table grows at its end. */
  async fillShard(shard: number): Promise<void> {
    const shards = this.site.shards.length;
    let next = shard;
    const takeStretch = (): Entry[] => {
      const stretch: Entry[] = [];
      for (; next < this.entries && stretch.length < ROWS_PER_STATEMENT; next += shards)
        stretch.push(this.#entry(next, shard));
      return stretch;
    };
    const writers = this.site.kind === 'sqlite' ? 1 : WRITERS_PER_SHARD;
    await Promise.all(
      Array.from({ length: writers }, () =>
        this.#withWriter(shard, async (writer) => {
          for (let stretch = takeStretch(); stretch.length > 0; stretch = takeStretch()) {
            await writer.write(stretch);
            this.written += stretch.length;
            for (const { amountMinor } of stretch) this.amountMinor += Number(amountMinor);
            await new Promise((resolve) => setImmediate(resolve));
          }
        }),
      ),
    );
  }

  /** The credit that paid for all of it. */
  async cover(): Promise<void> {
    const credit: Entry = {
      ...this.#entry(0, 0),
      requestId: 'past-cover',
      kind: 'credit',
      amountMinor: BigInt(this.amountMinor),
      createdAtUs: this.#startUs - 1,
    };
    await this.#withWriter(0, (writer) => writer.write([credit]));
  }

  #entry(position: number, shard: number): Entry {
    return {
      accountId: HOT_ACCOUNT,
      createdAtUs: this.#startUs + position,
      subAccount: this.#subAccountOn(shard, position),
      version: position,
      requestId: `past-${position.toString().padStart(15, '0')}`,
      kind: 'deduction',
      amountMinor: BigInt(amountOf(position)),
      epoch: 1,
      fingerprint: FINGERPRINT,
      reference: null,
      metadata: null,
    };
  }

  #subAccountOn(shard: number, position: number): number {
    const { placement, subAccounts } = this.account;
    const first = placement.shards.indexOf(this.site.shards[shard]?.name ?? '');
    const turns = Math.max(1, Math.floor(subAccounts / placement.shards.length));
    const index = first + placement.shards.length * (position % turns);
    if (shardOfSubAccount(index, placement) !== this.site.shards[shard]?.name)
      throw new RangeError('the preloaded account must have a sub-account on every shard');
    return index;
  }

  async #withWriter(shard: number, use: (writer: EntryWriter) => Promise<void>): Promise<void> {
    const { location } = this.site.shards[shard] ?? {};
    if (!location) throw new RangeError(`the site has no shard ${shard}`);
    const writer = await openEntryWriter(location);
    try {
      await use(writer);
    } finally {
      await writer.close();
    }
  }
}
