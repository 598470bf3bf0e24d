import type { Site } from './site';

/** By then every account that is used no more has cooled, and is as it was: it stays split for longer each time. */
const AS_BEFORE_MS_MAX = 600_000;
const LOOK_MS = 500;

/** From now on no size is decided about; resolves when nobody is about to begin what was decided. */
export async function restSizes(site: Site): Promise<void> {
  site.world.splitsItself = false;
  while (site.world.living.some(({ selfSplit }) => selfSplit?.isUnderWay)) await site.sleep(LOOK_MS);
}

export function decideSizes(site: Site): void {
  site.world.splitsItself = site.plan.selfSplit !== undefined;
}

/** Nobody uses the accounts any more: those that were split by themselves become what they were. */
export async function judgeSizes(site: Site): Promise<void> {
  if (!site.plan.selfSplit) return;
  const untilMs = site.nowMs + AS_BEFORE_MS_MAX;
  for (;;) {
    const split = stillSplit(site);
    if (split === undefined) return;
    if (site.nowMs > untilMs) {
      site.world.model.violated('sizeIsDecidedOnce', split);
      return;
    }
    await site.sleep(LOOK_MS);
  }
}

function stillSplit(site: Site): string | undefined {
  for (const account of site.accounts.filter(({ isSplitByItself }) => isSplitByItself)) {
    const [row] = site.world.directory.read(
      'SELECT sub_accounts, auto_split, status, heat_since_us FROM account WHERE account_id = ?',
      [account.accountId],
    );
    const [subAccounts, autoSplit, status, since] = row ?? [];
    // A size that an operator has fixed stays.
    if (String(autoSplit).includes('false') || status !== 'active') continue;
    if (since !== null) return `${account.accountId} does not cool`;
    if (subAccounts !== 1n) return `${account.accountId} stays at ${String(subAccounts)} sub-accounts`;
  }
  return undefined;
}
