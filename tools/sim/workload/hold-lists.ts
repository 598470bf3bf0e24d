import { type HoldsPage, type ListedHolds, listHolds } from '../../../src/engine/hold-lists';
import { HOLD_STATES, type HoldState } from '../../../src/ledger/hold';
import type { AccountModel } from '../model/account-model';
import type { HoldListsPlan } from './plan';
import { NOT_NOW, type Site } from './site';

/** Reads whole lists of holds, page by page: each has whatever had the status all the time, once, and nothing that never had it. */
export async function readHoldLists(site: Site, plan: HoldListsPlan, isOver: () => boolean): Promise<void> {
  const chance = site.chance.named('hold lists');
  while (!isOver()) {
    await site.sleep(chance.spanMs(plan.pauseMsMean));
    if (site.accounts.length === 0) continue;
    const status = chance.happens(0.6) ? 'held' : chance.oneOf(HOLD_STATES);
    await readHoldList(site, chance.oneOf(site.accounts).accountId, { status, limit: plan.limit });
  }
}

async function readHoldList(
  site: Site,
  accountId: string,
  { status, limit }: { readonly status: HoldState; readonly limit: number },
): Promise<void> {
  const { model, coverage } = site.world;
  const account = model.account(accountId);
  const before = new Map(account.holdStates);
  const listed: string[] = [];
  for (let after: HoldsPage['after']; ;) {
    const page = await pageOf(site, accountId, { status, limit, after });
    if (page === NOT_NOW || !page) return;
    listed.push(...page.items.map(({ hold }) => hold.holdId));
    after = page.next;
    if (!after) break;
  }
  coverage.mark('read holds');
  const broken = brokenList(account, { status, before, listed });
  if (broken !== undefined) model.violated('readingIsTrue', `${status} holds of ${accountId}: ${broken}`);
}

function brokenList(
  account: AccountModel,
  list: {
    readonly status: HoldState;
    readonly before: ReadonlyMap<string, HoldState>;
    readonly listed: readonly string[];
  },
): string | undefined {
  const { status, before, listed } = list;
  const found = new Set(listed);
  if (found.size < listed.length) return 'one is listed twice';
  const now = account.holdStates;
  for (const [holdId, was] of before)
    if (was === status && now.get(holdId) === status && !found.has(holdId)) return `${holdId} is not listed`;
  for (const holdId of found) {
    // A hold is held first and comes to its end once, so its states at both ends of the reading say which it may have had.
    const may = status === 'held' ? (before.get(holdId) ?? 'held') : now.get(holdId);
    if (may !== status || !now.has(holdId))
      return `${holdId} is listed, and was ${before.get(holdId) ?? 'nothing'}`;
  }
  return undefined;
}

/** Each page may be asked of another instance. */
function pageOf(
  site: Site,
  accountId: string,
  page: HoldsPage,
): Promise<ListedHolds | undefined | typeof NOT_NOW> {
  return site.ask(`a list of holds of ${accountId}`, async ({ accounts, runtime }) => {
    const known = await accounts.find(accountId);
    return known && listHolds(runtime, known, page);
  });
}
