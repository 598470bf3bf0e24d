import { isLeaseKey } from '../../../src/ledger/lease';
import { unseenLevel } from '../model/level-model';
import type { AccountPlan } from './plan';
import type { Site } from './site';

/** By then everything that has happened is published and looked at, and what was too early is not any more. */
const SEEN_MS = 20_000;
const LOOK_MS = 500;

/** What an account counts as low at; nothing is drawn where no levels are kept. */
export function boundFor(site: Site, { accountId, openingMinor, unitMinor }: AccountPlan): bigint | null {
  if (!site.plan.feed) return null;
  const chance = site.chance.named(`bound of ${accountId}`);
  return chance.oneOf([null, unitMinor, openingMinor / 2n, openingMinor / 10n].filter((each) => each !== 0n));
}

/** The bound of an account goes up or down, or away, while it is in use. */
export async function moveBound(site: Site): Promise<void> {
  const account = site.chance.oneOf(site.accounts);
  const { accountId, unitMinor } = account;
  const now = site.world.model.account(accountId).payableMinor;
  const lowBalanceMinor = site.chance.oneOf([null, unitMinor, ...(now > 0n ? [now] : [])]);
  site.note(`${accountId} is low at ${lowBalanceMinor ?? 'nothing'} from now on`);
  await site.ask(`changing ${accountId}`, ({ accounts }) =>
    accounts.change(accountId, { lowBalanceMinor }, undefined),
  );
}

/** Every account that has anything is low from now on, and nothing else happens to it. */
export async function makeAllLow(site: Site): Promise<void> {
  for (const { accountId } of site.accounts) {
    const { payableMinor: lowBalanceMinor, maybeClosed } = site.world.model.account(accountId);
    if (lowBalanceMinor <= 0n || maybeClosed) continue;
    site.note(`${accountId} is low at ${lowBalanceMinor} from now on`);
    await site.ask(`changing ${accountId}`, ({ accounts }) =>
      accounts.change(accountId, { lowBalanceMinor }, undefined),
    );
  }
}

/** Nothing happens any more: soon everybody knows which account is low, exhausted or neither. */
export async function judgeLevels(site: Site): Promise<void> {
  if (!site.plan.feed) return;
  const untilMs = site.nowMs + SEEN_MS;
  for (;;) {
    const unseen = firstUnseen(site);
    if (unseen === undefined) return;
    if (site.nowMs > untilMs) {
      site.world.model.violated('crossingIsTold', unseen);
      return;
    }
    await site.sleep(LOOK_MS);
  }
}

/** Whoever is refused finds everybody told of it. */
export function judgeRefusal(site: Site, accountId: string): void {
  if (!site.plan.feed) return;
  const [row] = site.world.directory.read('SELECT level FROM account WHERE account_id = ?', [accountId]);
  if (row?.[0] !== 'exhausted')
    site.world.model.violated(
      'crossingIsTold',
      `${accountId} refuses, and is ${String(row?.[0])}`,
      accountId,
    );
}

function firstUnseen({ world }: Site): string | undefined {
  const rows = world.directory.read('SELECT account_id, level, low_balance, short_of FROM account', []) as [
    string,
    string | null,
    bigint | null,
    bigint | null,
  ][];
  for (const [accountId, level, lowBalanceMinor, shortOfMinor] of rows) {
    const account = world.model.account(accountId);
    const hasPaid = [...account.entries.values()].some(
      ({ entry: { kind, requestId } }) =>
        kind === 'deduction' || kind === 'transfer-out' || (kind === 'hold' && !isLeaseKey(requestId)),
    );
    const { payableMinor } = account;
    const unseen = unseenLevel({ payableMinor, hasPaid, level, lowBalanceMinor, shortOfMinor });
    if (unseen !== undefined) return `${accountId}: ${unseen}`;
  }
  return undefined;
}
