import type { AccountModel } from '../model/account-model';
import { answerTo } from './answer-to';
import type { Clients } from './clients';
import { toAsked } from './clients';
import { type AccountPlan, clamp, MINOR_MAX } from './plan';
import { NOT_NOW, type Site } from './site';

/** A change that nobody answered is made by then, or never: what its instance had sent has arrived. */
const LATE_MS = 15_000;
const TRIES_MAX = 200;

/** What an account may be in debt for at its beginning; nothing is drawn in worlds without credit lines. */
export function firstLimitFor(site: Site, { accountId, unitMinor }: AccountPlan): bigint | null {
  if (!site.plan.creditLines) return null;
  const chance = site.chance.named(`credit of ${accountId}`);
  return chance.oneOf([null, 40n * unitMinor, 400n * unitMinor]);
}

/** Changes what accounts may be in debt for, while they are in use. */
export class CreditLineChanges {
  /** Accounts whose limit somebody changes: it must be known what holds when that is over. */
  readonly #changing = new Set<string>();

  constructor(private readonly site: Site) {}

  /** Once, or twice at once through any two instances. */
  async change(): Promise<void> {
    const { site } = this;
    const plan = site.chance.oneOf(site.accounts);
    const { accountId } = plan;
    const account = site.world.model.account(accountId);
    if (this.#changing.has(accountId) || !site.created.has(accountId) || account.maybeClosed) return;
    this.#changing.add(accountId);
    const limits = site.chance.happens(0.2)
      ? [this.#anyLimit(plan), this.#anyLimit(plan)]
      : [this.#anyLimit(plan)];
    await Promise.all(limits.map((limitMinor) => this.set(accountId, limitMinor)));
    await this.#rest(accountId);
    this.#changing.delete(accountId);
  }

  /** Nothing, less than is used, just that, more, or much. */
  #anyLimit({ accountId, unitMinor }: AccountPlan): bigint {
    const { chance, world } = this.site;
    const { ownMinor } = world.model.account(accountId);
    const usedMinor = ownMinor < 0n ? -ownMinor : 0n;
    const limitMinor = chance.oneOf([
      0n,
      usedMinor / 2n,
      usedMinor,
      usedMinor + 7n * unitMinor,
      500n * unitMinor,
    ]);
    return limitMinor > MINOR_MAX ? MINOR_MAX : limitMinor;
  }

  /** Asks until it is answered. @returns whether the account was said to be above the limit; `undefined` when it cannot be changed */
  async set(accountId: string, limitMinor: bigint): Promise<boolean | undefined> {
    const { site } = this;
    const { model, coverage } = site.world;
    const account = model.account(accountId);
    const change = account.line.asks(limitMinor);
    account.look();
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      site.note(`credit limit of ${accountId} is to be ${limitMinor}`);
      const changed = await site.ask(`a credit limit of ${limitMinor} for ${accountId}`, ({ accounts }) =>
        accounts.change(accountId, { creditLimitMinor: limitMinor === 0n ? null : limitMinor }, undefined),
      );
      if (changed === NOT_NOW) {
        await site.sleep(site.chance.spanMs(400));
        continue;
      }
      if (changed.kind !== 'chosen') return undefined;
      const { isOver } = changed.account.credit;
      coverage.mark(isOver ? 'credit limit lowered below its use' : 'credit limit changed');
      if (tries === 1 && account.line.answered(change)) this.#judge(accountId, account);
      return isOver;
    }
    return undefined;
  }

  /** What is granted is just the limit when the change is answered, or the account is known to be above it. */
  #judge(accountId: string, account: AccountModel): void {
    const { model, directory } = this.site.world;
    const [row] = directory.read('SELECT credit_unsettled, over_limit FROM account WHERE account_id = ?', [
      accountId,
    ]);
    const [unsettled, over] = row ?? [];
    if (unsettled !== null || over !== 0n) return;
    const { grantedMinor, leastMinor } = account.line;
    if (grantedMinor !== leastMinor)
      model.violated('grantedIsLimit', `${accountId} is granted ${grantedMinor} of ${leastMinor}`, accountId);
  }

  /** By then everything that was asked for is made or never will be, and the directory says which. */
  async #rest(accountId: string): Promise<void> {
    const { model } = this.site.world;
    const account = model.account(accountId);
    if (account.line.isChanging) {
      await this.site.sleep(LATE_MS);
      account.line.rests(limitNow(this.site, accountId));
    }
    account.look();
  }
}

export function limitNow({ world }: Site, accountId: string): bigint {
  const [row] = world.directory.read('SELECT credit_limit FROM account WHERE account_id = ?', [accountId]);
  return (row?.[0] as bigint | null | undefined) ?? 0n;
}

/** Credit lines whose change has not come to its end; what is above its limit stays so until money comes in. */
export function unsettledLine({ world }: Site): string | undefined {
  for (const [accountId, over] of world.directory.read(
    'SELECT account_id, over_limit FROM account WHERE credit_unsettled IS NOT NULL',
    [],
  )) {
    const account = world.model.account(String(accountId));
    if (over !== 1n || account.payableMinor > 0n)
      return `the credit line of ${String(accountId)} is not settled`;
  }
  return undefined;
}

/** An account that has used all it may is told less, and comes back within it by what comes in, to the last unit. */
export async function lowerBelowUse(
  site: Site,
  clients: Clients,
  changes: CreditLineChanges,
  { accountId }: AccountPlan,
): Promise<void> {
  const { model } = site.world;
  const account = model.account(accountId);
  const debtMinor = -account.totalMinor;
  if (debtMinor <= 1n || account.maybeClosed) return;
  const limitMinor = debtMinor / 2n;
  const isOver = await changes.set(accountId, limitMinor);
  account.line.rests(limitNow(site, accountId));
  if (isOver !== true)
    model.violated('grantedIsLimit', `${accountId} owes ${debtMinor} of ${limitMinor} and is not above it`);
  const ask = async (kind: 'deduct' | 'credit', name: string, amountMinor: bigint, expected: string) => {
    const requestId = `${name}-${accountId}`;
    const answer = await answerTo(site, clients, toAsked({ kind, accountId, requestId, amountMinor }));
    if (answer.kind !== expected)
      model.violated('refusedOnlyIfShort', `${requestId} of ${amountMinor} is ${answer.kind}`, requestId);
  };
  await ask('deduct', 'above', 1n, 'insufficientFunds');
  await ask('credit', 'within', clamp(debtMinor - limitMinor), 'applied');
  if (debtMinor - limitMinor > MINOR_MAX) return;
  await ask('deduct', 'at-the-limit', 1n, 'insufficientFunds');
  await ask('credit', 'some', 3n, 'applied');
  await ask('deduct', 'of-that', 3n, 'applied');
  await ask('deduct', 'no-more', 1n, 'insufficientFunds');
}
