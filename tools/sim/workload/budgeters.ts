import type { Dice } from '../../kernel/dice';
import { type AccountPlan, type BudgetsPlan, clamp } from './plan';
import { NOT_NOW, type Site } from './site';

/** The budgets of an account, and the one above each. */
const TREE = [
  ['org', null],
  ['team', 'org'],
  ['key', 'team'],
  ['other', 'org'],
] as const;

/** As deductions name them. */
const NAMED = [['team'], ['key'], ['other'], ['key', 'other'], ['org']] as const;

/** Whatever breaks meanwhile, what is asked for again and again comes about within this. */
const END_MS_MAX = 300_000;

/** Everybody who limits what is deducted. */
export class Budgeters {
  readonly #ready = new Map<string, AccountPlan>();
  /** Budgets of which somebody is changing the limit: one at a time, so that it is known what must hold. */
  readonly #changing = new Set<string>();

  readonly #ofHolds: Dice;

  constructor(
    private readonly site: Site,
    private readonly plan: BudgetsPlan,
  ) {
    this.#ofHolds = site.chance.named('budgets of holds');
  }

  /** Makes the budgets of an account, however often that takes. */
  async create(account: AccountPlan): Promise<void> {
    const { accountId } = account;
    for (const [budgetId, parent] of TREE) {
      const limitMinor = this.#anyLimit(account);
      this.site.world.model.account(accountId).budgets.made(budgetId, limitMinor, parent);
      const wanted = { accountId, budgetId, limitMinor, period: 'total', timeZone: 'UTC', parent } as const;
      await this.#untilAnswered(`budget ${budgetId} of ${accountId}`, (budgets) => budgets.create(wanted));
    }
    this.#ready.set(accountId, account);
  }

  /** What a new deduction is charged to as well; nothing, as it happens. */
  budgetsOf(accountId: string): readonly string[] | undefined {
    const { chance } = this.site;
    return this.#ready.has(accountId) && chance.happens(this.plan.share) ? chance.oneOf(NAMED) : undefined;
  }

  /** The same of a new hold. */
  budgetsOfHold(accountId: string): readonly string[] | undefined {
    const chance = this.#ofHolds;
    return this.#ready.has(accountId) && chance.happens(this.plan.share) ? chance.oneOf(NAMED) : undefined;
  }

  /** Raises or lowers a limit, sometimes below what is spent. */
  async perhapsChange(accountId: string): Promise<void> {
    const { chance, world, nowMs } = this.site;
    const account = this.#ready.get(accountId);
    if (!account || !chance.happens(this.plan.changeShare)) return;
    const [budgetId] = chance.oneOf(TREE);
    const name = `${accountId} ${budgetId}`;
    if (this.#changing.has(name)) return;
    this.#changing.add(name);
    const { budgets } = world.model.account(accountId);
    const limitMinor = this.#anyLimit(account);
    this.site.note(`limit ${name} to ${limitMinor} at ${nowMs}`);
    budgets.changes(budgetId, limitMinor);
    world.model.account(accountId).look();
    await this.#untilAnswered(`the limit of ${name}`, (all) =>
      all.changeLimit(accountId, budgetId, limitMinor),
    );
    budgets.changed(budgetId, limitMinor);
    world.model.account(accountId).look();
    world.coverage.mark('limit of a budget changed');
    this.#changing.delete(name);
  }

  #anyLimit({ unitMinor, subAccounts }: AccountPlan): bigint {
    const { chance } = this.site;
    if (chance.happens(0.05)) return 0n;
    const units = chance.between(1, chance.happens(0.3) ? 20 : 400 * subAccounts);
    return clamp(unitMinor * BigInt(units));
  }

  async #untilAnswered<T>(what: string, ask: (budgets: Budgets) => Promise<T>): Promise<void> {
    const { site } = this;
    for (const untilMs = site.nowMs + END_MS_MAX; ;) {
      const answer = await site.ask(what, ({ runtime }) => ask(runtime.budgets));
      if (answer !== NOT_NOW) return;
      if (site.nowMs > untilMs) {
        site.world.model.violated('everythingEnds', `${what} is never answered`);
        return;
      }
      await site.sleep(site.chance.spanMs(200));
    }
  }
}

type Budgets = Site['world']['living'][number]['runtime']['budgets'];
