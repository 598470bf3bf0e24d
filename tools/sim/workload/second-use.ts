import type { Asked } from '../model/asked';
import { rest } from './calm';
import { type Clients, toAsked } from './clients';
import { PLAIN_ACCOUNT } from './plain-account';
import type { AccountPlan } from './plan';
import type { Site } from './site';
import type { Wishes } from './wishes';

const ACCOUNT: AccountPlan = { ...PLAIN_ACCOUNT, accountId: 'again', subAccounts: 4 };

/** Each brings more than the rows have from those before it, so that all of them are spread. */
const CREDITS_MINOR = [40n, 120n, 400n, 1_200n, 4_000n, 12_000n];

/** The idempotency window, and what clocks may differ by. */
export const WINDOW_MS = 31 * 24 * 3_600_000;

/**
 * Credits to an account that moves, sent again: within the idempotency window each is the first one; after it, those
 * whose home has moved are credits of their own, and all of their money must arrive and can be spent.
 */
export async function secondUse(
  site: Site,
  { clients, wishes }: { readonly clients: Clients; readonly wishes: Wishes },
): Promise<void> {
  const { world, chance } = site;
  const [from, kept, to] = chance.some(site.shards, site.shards.length);
  if (from === undefined || kept === undefined || to === undefined) return;
  const { accountId, subAccounts } = ACCOUNT;
  const credits = CREDITS_MINOR.map((amountMinor, n) =>
    toAsked({ kind: 'credit', accountId, requestId: `again-${n}`, amountMinor }),
  );
  const send = async (): Promise<void> => {
    for (const asked of chance.some(credits, credits.length)) await clients.untilAnswered(asked);
  };

  await wishes.create(ACCOUNT);
  if (!(await wishes.move(accountId, subAccounts, [from, kept]))) return;
  await send();
  await spend(site, clients, 'first');
  if (!(await wishes.move(accountId, subAccounts, [to, kept]))) return;
  await rest(site);
  await send();
  world.passTime(WINDOW_MS);
  world.model.account(accountId).mayUseAgain = true;
  for (const { runtime } of world.living) await runtime.accounts.read(accountId);
  await send();
  await rest(site);
  await spend(site, clients, 'second');
  await send();
  await rest(site);
  await wishes.audit();
}

/** All there is, in one piece. */
async function spend(site: Site, clients: Clients, requestId: string): Promise<void> {
  const { accountId } = ACCOUNT;
  await rest(site);
  const { payableMinor: totalMinor } = site.world.model.account(accountId);
  if (totalMinor <= 0n) return;
  const asked: Asked = toAsked({ kind: 'deduct', accountId, requestId, amountMinor: totalMinor });
  const answer = await clients.ask(asked);
  if (answer.kind !== 'applied')
    site.world.model.violated(
      'refusedOnlyIfShort',
      `${accountId} has ${totalMinor} and does not pay it: ${answer.kind}`,
      accountId,
    );
}
