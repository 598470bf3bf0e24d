import type { Site } from './site';
import { NOT_NOW } from './site';

/** Everybody who asks what there is. */
export class Readers {
  constructor(private readonly site: Site) {}

  /** Reads, one reader after the other's heels, until told to stop. */
  async read(count: number, isOver: () => boolean): Promise<void> {
    const reader = async (): Promise<void> => {
      while (!isOver()) {
        await this.site.sleep(this.site.chance.spanMs(60));
        if (this.site.accounts.length > 0) await this.#one();
      }
    };
    await Promise.all(Array.from({ length: count }, reader));
  }

  async #one(): Promise<void> {
    const { chance } = this.site;
    const { accountId } = chance.oneOf(this.site.accounts);
    if (chance.happens(0.4)) await this.balance(accountId, 'current');
    else if (chance.happens(0.5)) await this.balance(accountId, 'snapshot');
    else await this.#lookUp(accountId);
  }

  /** A balance, judged by the totals that the account had while it was read. */
  async balance(accountId: string, consistency: 'current' | 'snapshot'): Promise<void> {
    const { site } = this;
    const { model, coverage } = site.world;
    const account = model.account(accountId);
    const reading = { totalsMinor: new Set([account.totalMinor]) };
    account.openReadings.add(reading);
    const balance = await site.ask(
      `a ${consistency} balance of ${accountId}`,
      async ({ accounts, runtime }) => {
        const known = await accounts.find(accountId);
        return known && (await runtime.balances[consistency](known));
      },
    );
    account.openReadings.delete(reading);
    if (balance === NOT_NOW || !balance) return;
    coverage.mark(`read ${consistency}`);
    const { totalMinor, availableMinor, heldMinor } = balance;
    const stoodStill = reading.totalsMinor.size === 1;
    if (availableMinor < 0n || heldMinor < 0n)
      model.violated(
        'readingIsTrue',
        `${consistency} of ${accountId}: available ${availableMinor}, held ${heldMinor}`,
      );
    if (consistency === 'current' && !stoodStill) return;
    if (!reading.totalsMinor.has(totalMinor) || availableMinor + heldMinor !== totalMinor)
      model.violated(
        'readingIsTrue',
        `${consistency} of ${accountId}: ${totalMinor}; it had ${[...reading.totalsMinor].join(', ')}`,
      );
  }

  /** What became of a key: found if it had taken effect, and then as it did. */
  async #lookUp(accountId: string): Promise<void> {
    const { site } = this;
    const { model, coverage } = site.world;
    const account = model.account(accountId);
    const keys = [...account.asked.keys()];
    if (keys.length === 0) return;
    const requestId = site.chance.oneOf(keys);
    const before = account.entries.get(requestId);
    const found = await site.ask(`key ${requestId}`, async ({ accounts, runtime }) => {
      const known = await accounts.find(accountId);
      return known && { entry: await runtime.engine.findEntry(known, requestId) };
    });
    if (found === NOT_NOW || !found) return;
    coverage.mark('key looked up');
    const told = found.entry?.entry.amountMinor;
    const is = (before ?? account.entries.get(requestId))?.entry.amountMinor;
    if ((before || found.entry) && told !== is)
      model.violated(
        'readingIsTrue',
        `key ${requestId} is told as ${String(told)} and is ${String(is)}`,
        requestId,
      );
  }
}
