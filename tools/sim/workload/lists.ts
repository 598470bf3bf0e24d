import { type EntriesPage, listEntries, type ListedPage } from '../../../src/engine/entry-lists';
import type { ListsPlan } from './plan';
import { isMark } from '../../../src/ledger/entry';
import { NOT_NOW, type Site } from './site';

/** Reads whole lists of entries, page by page: each has every entry that was committed when it was asked for, once. */
export async function readLists(site: Site, plan: ListsPlan, isOver: () => boolean): Promise<void> {
  const chance = site.chance.named('lists');
  while (!isOver()) {
    await site.sleep(chance.spanMs(plan.pauseMsMean));
    if (site.accounts.length > 0) await readList(site, chance.oneOf(site.accounts).accountId, plan.limit);
  }
}

async function readList(site: Site, accountId: string, limit: number): Promise<void> {
  const { model, coverage } = site.world;
  const listed: string[] = [];
  const committed = [...model.account(accountId).entries.values()]
    .filter(({ entry }) => !isMark(entry.kind))
    .map(({ entry }) => entry.requestId);
  for (let before: EntriesPage['before']; ;) {
    const page = await pageOf(site, accountId, { limit, before });
    if (page === NOT_NOW || !page) return;
    listed.push(...page.items.map(({ entry }) => entry.requestId));
    before = page.next;
    if (!before) break;
  }
  coverage.mark('read list');
  const found = new Set(listed);
  const missing = committed.filter((key) => !found.has(key));
  if (missing.length > 0)
    model.violated(
      'readingIsTrue',
      `${missing.length} of ${committed.length} entries of ${accountId} are not listed, ${String(missing[0])} among them`,
    );
  if (found.size < listed.length)
    model.violated('readingIsTrue', `a list of ${accountId} has an entry twice`);
}

/** Each page may be asked of another instance. */
function pageOf(
  site: Site,
  accountId: string,
  page: EntriesPage,
): Promise<ListedPage | undefined | typeof NOT_NOW> {
  return site.ask(`a list of ${accountId}`, async ({ accounts, runtime }) => {
    const known = await accounts.find(accountId);
    if (!known) return undefined;
    const { account } = await runtime.balances.read(known);
    const shards = account.reach.map((shard) => runtime.shards.shard(shard));
    const sleep = (ms: number): Promise<void> => runtime.surroundings.sleep(ms);
    return listEntries({ shards, sleep }, accountId, page);
  });
}
