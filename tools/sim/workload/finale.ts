import type { Clients } from './clients';
import { rest } from './calm';
import { isReplay } from '../model/answer-rules';
import { toAsked } from './clients';
import { answerTo } from './answer-to';
import type { FeedFollowers } from './feed-followers';
import { type CreditLineChanges, lowerBelowUse } from './credit-lines';
import { type AccountPlan, clamp } from './plan';
import { judgeLevels, judgeRefusal, makeAllLow } from './levels';
import { judgeSizes, restSizes } from './self-split';
import { Readers } from './readers';
import type { Site } from './site';
import type { Wishes } from './wishes';

/** Keys that are sent once more in the end. */
const RESENT_MAX = 60;

/** Longer than levels are waited for. */
const HELD_US = 600_000_000;

/** In the end everything is told, nothing is under way, and every account pays what it has, to the last unit. */
export async function finale(
  site: Site,
  parts: {
    clients: Clients;
    wishes: Wishes;
    limits: CreditLineChanges;
    feed: FeedFollowers | undefined;
  },
): Promise<void> {
  const { world, calls, chance } = site;
  await judgeSizes(site);
  await restSizes(site);
  await rest(site);
  for (const asked of calls.unresolved) await answerTo(site, parts.clients, asked);
  calls.judgeRefused();
  await rest(site);
  world.model.judgeDeferrals();
  world.model.judgeReceived();
  await parts.wishes.audit();
  judgePlacements(site);
  for (const asked of chance.some(calls.effective, RESENT_MAX)) {
    const answer = await answerTo(site, parts.clients, asked);
    if (!isReplay(answer))
      world.model.violated(
        'oneEffectPerKey',
        `${asked.requestId} took effect and is then ${answer.kind}`,
        asked.requestId,
      );
  }
  await judgeLevels(site);
  if (site.plan.feed) {
    await makeAllLow(site);
    await judgeLevels(site);
    await setAside(site, parts.clients);
    await judgeLevels(site);
  }
  for (const { accountId } of site.accounts) await parts.clients.holders.settle(accountId);
  await judgeLevels(site);
  for (const account of site.accounts) await emptyOut(site, parts, account);
  await rest(site);
  await judgeLevels(site);
  await parts.feed?.judge();
  await parts.wishes.audit();
}

/** All that accounts can pay is held: nothing else happens after that, and whoever follows them is told. */
async function setAside(site: Site, clients: Clients): Promise<void> {
  for (const { accountId } of site.accounts) {
    const { payableMinor, maybeClosed } = site.world.model.account(accountId);
    if (payableMinor <= 0n || maybeClosed) continue;
    const requestId = `held-${accountId}`;
    const amountMinor = clamp(payableMinor);
    await answerTo(
      site,
      clients,
      toAsked({ kind: 'hold', accountId, requestId, amountMinor, expiresInUs: HELD_US }),
    );
  }
}

/** Every row in use is where the directory says, and none else is in use. */
function judgePlacements(site: Site): void {
  const { directory, databases, model } = site.world;
  for (const [accountId, subAccounts, shards, epoch] of directory.read(
    'SELECT account_id, sub_accounts, shards, epoch FROM account',
    [],
  ) as [string, bigint, string, bigint][]) {
    const placement = shards.split(',');
    const expected = Array.from(
      { length: Number(subAccounts) },
      (_, index) => `${placement[index % placement.length] ?? ''} ${index} e${epoch}`,
    );
    const found = databases.flatMap((database) =>
      [...database.account(accountId).rows.values()]
        .filter(({ state }) => state === 'open')
        .map((row) => `${database.name} ${row.index} e${row.epoch}`),
    );
    if (expected.sort().join() !== found.sort().join())
      model.violated(
        'everythingEnds',
        `${accountId} has rows in use ${found.join()}, not ${expected.join()}`,
        accountId,
      );
  }
}

/** One deduction of all there is, one more that must be refused, and sometimes the account is closed. */
async function emptyOut(
  site: Site,
  { clients, wishes, limits }: { clients: Clients; wishes: Wishes; limits: CreditLineChanges },
  plan: AccountPlan,
): Promise<void> {
  const { model } = site.world;
  const { accountId } = plan;
  const account = model.account(accountId);
  if (account.maybeClosed) return;
  await new Readers(site).balance(accountId, 'current');
  for (let part = 1; account.payableMinor > 0n; part += 1) {
    const amountMinor = clamp(account.payableMinor);
    const answer = await answerTo(
      site,
      clients,
      toAsked({ kind: 'deduct', accountId, requestId: `all-${accountId}-${part}`, amountMinor }),
    );
    if (answer.kind !== 'applied') {
      model.violated(
        'refusedOnlyIfShort',
        `${accountId} has ${amountMinor} and does not pay it: ${answer.kind}`,
        accountId,
      );
      return;
    }
  }
  const more = await answerTo(
    site,
    clients,
    toAsked({ kind: 'deduct', accountId, requestId: `more-${accountId}`, amountMinor: 1n }),
  );
  if (more.kind === 'insufficientFunds') judgeRefusal(site, accountId);
  else model.violated('neverNegative', `${accountId} is empty and answers ${more.kind}`, accountId);
  if (site.plan.creditLines) await lowerBelowUse(site, clients, limits, plan);
  if (site.chance.happens(0.3)) await wishes.close(accountId);
}
