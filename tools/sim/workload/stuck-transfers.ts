import { routeRequest } from '../../../src/ledger/routing';
import { rest } from './calm';
import { type Clients, toAsked } from './clients';
import { PLAIN_ACCOUNT } from './plain-account';
import type { StuckPlan } from './plan';
import type { Site } from './site';
import type { Wishes } from './wishes';

/** A row on either shard. */
const ACCOUNT = { ...PLAIN_ACCOUNT, subAccounts: 2 };

/** Longer than the sender of a transfer tries to let it arrive, and than recovery leaves it to its sender. */
const GIVEN_UP_MS = 30_000;

/** How long a shard is gone. */
const GONE_MS = { from: 60_000, to: 150_000 };

/** Recovery passes by each of what is stuck, which takes it as long as a batch is tried, before it delivers what is behind. */
const DELIVERED_MS_MAX = 300_000;
const LOOK_MS = 500;

/** Money of an account that waits on one shard for the way to another. */
interface Backlog {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
  /** Lets the account's rows go at the destination. */
  readonly letGo: () => void;
}

/**
 * Transfers that cannot be delivered for a long time, and others behind them: first a shard is gone to which much is on its
 * way, then one account's rows are locked there by somebody. Whatever is not stuck itself arrives meanwhile, and when
 * nothing is stuck any more, all does.
 */
export async function stuckTransfers(
  site: Site,
  parts: { readonly clients: Clients; readonly wishes: Wishes },
  { lots, transfers }: StuckPlan,
): Promise<void> {
  const { world } = site;
  const [from, to, elsewhere] = lots.some(site.shards, site.shards.length);
  if (from === undefined || to === undefined) return;
  const backlog = (name: string, toShard: string): Promise<Backlog | undefined> =>
    leave(site, parts, { name, from, to: toShard, transfers });

  // Recovery goes through departures in the order of their accounts.
  const stuck = await backlog('in the way', to);
  const behind = await backlog('on its way behind', to);
  const beside = elsewhere === undefined ? undefined : await backlog('on its way elsewhere', elsewhere);
  await site.sleep(GIVEN_UP_MS);
  if (stuck && beside) {
    site.note(`${to} is gone`);
    world.takeAway(to);
    const back = site.sleep(lots.between(GONE_MS.from, GONE_MS.to));
    await delivered(site, beside, stuck);
    await back;
    site.note(`${to} is back`);
    world.bringBack(to);
  }
  if (stuck && behind) await delivered(site, behind, stuck);
  stuck?.letGo();
  behind?.letGo();
  beside?.letGo();
  await rest(site);
  await parts.wishes.audit();
}

/** Makes an account with transfers that left and do not arrive, because somebody has its rows locked where they are to. */
async function leave(
  site: Site,
  { clients, wishes }: { readonly clients: Clients; readonly wishes: Wishes },
  {
    name,
    from,
    to,
    transfers,
  }: { readonly name: string; readonly from: string; readonly to: string; readonly transfers: number },
): Promise<Backlog | undefined> {
  const accountId = name.replaceAll(' ', '-');
  await wishes.create({ ...ACCOUNT, accountId });
  if (!(await wishes.move(accountId, ACCOUNT.subAccounts, [from, to]))) return undefined;
  const account = await (await site.anyInstance()).runtime.accounts.read(accountId);
  if (!account) return undefined;
  const letGo = await lock(site, accountId, to);
  const { placement, subAccounts } = account;
  let amountMinor = 10n;
  for (let key = 0, sent = 0; sent < transfers; key += 1) {
    const requestId = `${accountId}-${key}`;
    if (routeRequest(requestId, placement, subAccounts).shard !== from) continue;
    await clients.untilAnswered(toAsked({ kind: 'credit', accountId, requestId, amountMinor }));
    // Each brings more than the row has from those before it, so that each is spread.
    amountMinor *= 3n;
    sent += 1;
  }
  return { accountId, from, to, letGo };
}

/** Somebody's transaction has an account's rows on a shard. @returns lets them go */
async function lock(site: Site, accountId: string, shard: string): Promise<() => void> {
  const database = site.world.database(shard);
  const somebody = {};
  const transaction = database.begin(somebody);
  await database.lockRows(transaction, accountId, () => true);
  site.note(`somebody locks ${accountId} on ${shard}`);
  return () => {
    site.note(`${accountId} on ${shard} is let go`);
    database.end(somebody, transaction);
  };
}

/** From now on nothing of a backlog is stuck, and all of it must arrive while another one is. */
async function delivered(site: Site, backlog: Backlog, stuck: Backlog): Promise<void> {
  const { coverage, model } = site.world;
  const count = pending(site, backlog);
  const inTheWay = pending(site, stuck);
  backlog.letGo();
  for (const untilMs = site.nowMs + DELIVERED_MS_MAX; pending(site, backlog) > 0;) {
    if (site.nowMs > untilMs) {
      const { accountId, from, to } = backlog;
      model.violated(
        'nothingStarves',
        `${pending(site, backlog)} transfers of ${accountId} from ${from} to ${to} do not arrive while ${inTheWay} of ${stuck.accountId} cannot`,
        accountId,
      );
      return;
    }
    await site.sleep(LOOK_MS);
  }
  if (count > 0 && inTheWay > 0 && pending(site, stuck) > 0)
    coverage.mark(
      backlog.to === stuck.to ? 'delivered past what is stuck' : 'delivered while a shard is gone',
    );
}

function pending(site: Site, { accountId, from, to }: Backlog): number {
  const { transfers } = site.world.database(from).account(accountId);
  return [...transfers.values()].filter((row) => row.pending && row.peerShard === to).length;
}
