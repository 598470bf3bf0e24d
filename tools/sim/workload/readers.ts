import type { Deferral } from '../model/lease-model';
import type { SimInstance } from '../world/sim-instance';
import type { Site } from './site';
import { NOT_NOW } from './site';

/** Readers of a crowd come within about as long as a snapshot takes. */
const CROWD_MS_MEAN = 3;

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
    const { chance, plan } = this.site;
    const { accountId } = chance.oneOf(this.site.accounts);
    if (chance.happens(0.4)) await this.balance(accountId, 'current');
    else if (!chance.happens(0.5)) await this.#lookUp(accountId);
    else if (plan.crowdShare > 0 && chance.happens(plan.crowdShare)) await this.#crowd(accountId);
    else await this.balance(accountId, 'snapshot');
  }

  /** Several ask one instance for a snapshot of one account, each while those before it may still be under way. */
  async #crowd(accountId: string): Promise<void> {
    const { chance } = this.site;
    const instance = await this.site.anyInstance();
    const one = async (): Promise<void> => {
      await this.site.sleep(chance.spanMs(CROWD_MS_MEAN));
      await this.balance(accountId, 'snapshot', instance);
    };
    await Promise.all(Array.from({ length: chance.between(2, 4) }, one));
  }

  /** A balance, judged by the totals that the account had while it was read. */
  async balance(
    accountId: string,
    consistency: 'current' | 'snapshot',
    instance?: SimInstance,
  ): Promise<void> {
    const { site } = this;
    const { model, coverage } = site.world;
    const account = model.account(accountId);
    const reading = account.beginReading();
    const balance = await site.ask(
      `a ${consistency} balance of ${accountId}`,
      async ({ accounts, runtime }) => {
        const known = await accounts.find(accountId);
        return known && (await runtime.balances[consistency](known));
      },
      instance,
    );
    account.openReadings.delete(reading);
    if (balance === NOT_NOW || !balance) return;
    coverage.mark(`read ${consistency}`);
    const { totalMinor, availableMinor, heldMinor, grantedMinor } = balance;
    const stoodStill = reading.totalsMinor.size === 1;
    if (availableMinor + grantedMinor < 0n || heldMinor < 0n)
      model.violated(
        'readingIsTrue',
        `${consistency} of ${accountId}: available ${availableMinor}, held ${heldMinor}, granted ${grantedMinor}`,
      );
    if (consistency === 'current' && !(stoodStill && reading.grantsMinor.size === 1)) return;
    if (!reading.grantsMinor.has(grantedMinor))
      model.violated(
        'readingIsTrue',
        `${consistency} of ${accountId}: granted ${grantedMinor}, not ${[...reading.grantsMinor].join(', ')}`,
      );
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
    let owed: Deferral | undefined;
    const found = await site.ask(`key ${requestId}`, async ({ name, accounts, runtime }) => {
      owed = account.leases.owedBy(name, requestId);
      const known = await accounts.find(accountId);
      return known && { entry: await runtime.engine.findEntry(known, requestId) };
    });
    if (found === NOT_NOW || !found) return;
    coverage.mark('key looked up');
    // What an instance answered itself it finds: it writes it first, or cannot say.
    if (owed && owed.shortfall === undefined && !found.entry)
      model.violated(
        'readingIsTrue',
        `key ${requestId} was answered by ${owed.owner}, and not found`,
        requestId,
      );
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
