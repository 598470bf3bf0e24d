import { isReplay } from '../model/answer-rules';
import type { Asked } from '../model/asked';
import { rest } from './calm';
import type { Clients } from './clients';
import { toPayment } from './payers';
import { PLAIN_ACCOUNT } from './plain-account';
import { type AccountPlan } from './plan';
import type { Site } from './site';
import { WINDOW_MS } from './second-use';
import type { Wishes } from './wishes';

const PAYER: AccountPlan = { ...PLAIN_ACCOUNT, accountId: 'pays-again', subAccounts: 4, openingMinor: 100n };
const PAYEE: AccountPlan = { ...PLAIN_ACCOUNT, accountId: 'paid-again', subAccounts: 1 };

const KEYS = 8;

/**
 * Payments of an account that moves, sent again: within the idempotency window each is the first one; after it, those whose
 * home has moved are payments of their own, to the row where the first ones have arrived, and each must arrive there as well.
 */
export async function paidAgain(
  site: Site,
  { clients, wishes }: { readonly clients: Clients; readonly wishes: Wishes },
): Promise<void> {
  const { world, chance } = site;
  const [from, kept, to] = chance.some(site.shards, site.shards.length);
  if (from === undefined || kept === undefined || to === undefined) return;
  const { accountId, subAccounts } = PAYER;
  const payments = Array.from({ length: KEYS }, (_, n) =>
    toPayment({ accountId, requestId: `paid-again-${n}`, amountMinor: 3n, payee: PAYEE.accountId }),
  );
  const send = async (): Promise<void> => {
    for (const asked of chance.some(payments, KEYS)) await clients.untilAnswered(asked);
    await rest(site);
  };

  await wishes.create(PAYER);
  await wishes.create(PAYEE);
  if (!(await wishes.move(accountId, subAccounts, [from, kept]))) return;
  await send();
  if (!(await wishes.move(accountId, subAccounts, [to, kept]))) return;
  await rest(site);
  await replayed(site, clients, payments);
  world.passTime(WINDOW_MS);
  world.model.account(accountId).mayUseAgain = true;
  for (const { runtime } of world.living) await runtime.accounts.read(accountId);
  await send();
  await replayed(site, clients, payments);
  await wishes.audit();
}

async function replayed(site: Site, clients: Clients, payments: readonly Asked[]): Promise<void> {
  for (const asked of payments) {
    const answer = await clients.ask(asked);
    if (!isReplay(answer))
      site.world.model.violated(
        'oneEffectPerKey',
        `${asked.requestId} was paid and is then ${answer.kind}`,
        asked.requestId,
      );
  }
}
