import type { Clients } from './clients';
import { rest } from './calm';
import { toAsked } from './clients';
import { isNoAnswer } from './door';
import { type AccountPlan, MINOR_MAX } from './plan';
import { Readers } from './readers';
import type { Site } from './site';
import type { Wishes } from './wishes';

/** Keys that are sent once more in the end. */
const RESENT_MAX = 60;

/** Tries of a request of which every answer must be one. */
const TRIES_MAX = 20;

/** In the end everything is told, nothing is under way, and every account pays what it has, to the last unit. */
export async function finale(site: Site, parts: { clients: Clients; wishes: Wishes }): Promise<void> {
  const { world, calls, chance } = site;
  await rest(site);
  for (const asked of calls.unresolved) await resolve(site, parts.clients, asked);
  calls.judgeRefused();
  await rest(site);
  world.model.judgeDeferrals();
  world.model.judgeReceived();
  await parts.wishes.audit();
  judgePlacements(site);
  for (const asked of chance.some(calls.effective, RESENT_MAX)) {
    const answer = await parts.clients.ask(asked);
    const isReplay = answer.kind === 'replayed' || (answer.kind === 'held' && answer.replayed);
    if (!isReplay)
      world.model.violated(
        'oneEffectPerKey',
        `${asked.requestId} took effect and is then ${answer.kind}`,
        asked.requestId,
      );
  }
  for (const { accountId } of site.accounts) await parts.clients.holders.settle(accountId);
  for (const account of site.accounts) await emptyOut(site, parts, account);
  await rest(site);
  await parts.wishes.audit();
}

async function resolve(site: Site, clients: Clients, asked: Parameters<Clients['ask']>[0]): Promise<void> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const answer = await clients.ask(asked);
    if (!isNoAnswer(answer)) return;
    await site.sleep(500);
  }
  site.world.model.violated('everythingEnds', `${asked.requestId} is never answered`, asked.requestId);
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
  { clients, wishes }: { clients: Clients; wishes: Wishes },
  { accountId }: AccountPlan,
): Promise<void> {
  const { model } = site.world;
  const account = model.account(accountId);
  if (account.maybeClosed) return;
  await new Readers(site).balance(accountId, 'current');
  for (let part = 1; account.totalMinor > 0n; part += 1) {
    const amountMinor = account.totalMinor > MINOR_MAX ? MINOR_MAX : account.totalMinor;
    const answer = await clients.ask(
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
  const more = await clients.ask(
    toAsked({ kind: 'deduct', accountId, requestId: `more-${accountId}`, amountMinor: 1n }),
  );
  if (more.kind !== 'insufficientFunds')
    model.violated('neverNegative', `${accountId} is empty and answers ${more.kind}`, accountId);
  if (site.chance.happens(0.3)) await wishes.close(accountId);
}
