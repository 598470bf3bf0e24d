import type { Strategy } from '../../../src/ledger/strategy';
import { audit } from '../../../src/audit/audit';
import type { AccountStatus } from '../../../src/ledger/sub-account';
import type { OperationStart } from '../../../src/operations/operation.service';
import { simUrl, type SimInstance } from '../world/sim-instance';
import { type AccountPlan, accountPlan, leasedPlan, type Wish } from './plan';
import { firstLimitFor } from './credit-lines';
import { boundFor } from './levels';
import { NOT_NOW, type Site } from './site';

const SUB_ACCOUNTS_MAX = 24;

const CHANGED_TO = ['leased', 'leased', 'merged', 'atomic'] as const;

/** Whatever breaks meanwhile, what is asked for again and again comes about within this. */
const END_MS_MAX = 300_000;

/** How often a change of status is asked for again before it is left to whoever runs it. */
const STATUS_TRIES_MAX = 30;

/** What operators ask for: accounts, sizes, shards, statuses, audits. */
export class Wishes {
  /** Accounts of which somebody is changing the status: one at a time, so that it is known what must hold. */
  readonly #changing = new Set<string>();

  constructor(private readonly site: Site) {}

  carryOut(wish: Wish): Promise<void> {
    switch (wish) {
      case 'resize':
        return this.#resize(false);
      case 'move':
        return this.#resize(true);
      case 'rebalance':
        return this.#rebalance();
      case 'freeze':
        return this.freeze(this.site.chance.oneOf(this.site.accounts).accountId);
      case 'close':
        return this.close(this.site.chance.oneOf(this.site.accounts).accountId);
      case 'addShard':
        return this.#addShard();
      case 'audit':
        return this.audit();
      case 'create':
        return this.create(accountPlan(this.site.chance, this.site.accounts.length));
    }
  }

  /** Creates an account, however often that takes. */
  async create(wanted: AccountPlan): Promise<void> {
    const { site } = this;
    const plan = this.#perhapsLeased(wanted);
    site.accounts.push(plan);
    site.note(`create ${plan.accountId} with ${plan.subAccounts} sub-accounts and ${plan.openingMinor}`);
    const creditLimitMinor = firstLimitFor(site, plan);
    site.world.model.account(plan.accountId).line.asks(creditLimitMinor ?? 0n);
    for (const untilMs = site.nowMs + END_MS_MAX; ;) {
      const created = await site.ask(`creating ${plan.accountId}`, ({ accounts }) =>
        accounts.create({
          accountId: plan.accountId,
          subAccounts: plan.isSplitByItself ? null : plan.subAccounts,
          initialBalanceMinor: plan.openingMinor === 0n ? null : plan.openingMinor,
          asset: plan.asset ?? 'USD/2',
          strategy: plan.strategy,
          lowBalanceMinor: boundFor(site, plan),
          creditLimitMinor,
        }),
      );
      if (created !== NOT_NOW) {
        site.created.add(plan.accountId);
        site.world.model.account(plan.accountId).line.rests(creditLimitMinor ?? 0n);
        return;
      }
      if (site.nowMs > untilMs) {
        site.world.model.violated(
          'everythingEnds',
          `account ${plan.accountId} is not created`,
          plan.accountId,
        );
        return;
      }
      await site.sleep(site.chance.spanMs(200));
    }
  }

  /** Has an account's deductions carried out otherwise from now on, or leased from. */
  async changeStrategy(among: readonly Strategy[] = CHANGED_TO): Promise<void> {
    const { site } = this;
    const { accountId } = site.chance.oneOf(site.accounts);
    const strategy = site.chance.oneOf(among);
    const { leavingLeases } = site.world;
    if (leavingLeases.has(accountId)) return;
    site.note(`change ${accountId} to ${strategy}`);
    if (strategy !== 'leased') leavingLeases.add(accountId);
    const chosen = await site.ask(`changing ${accountId} to ${strategy}`, ({ accounts }) =>
      accounts.chooseStrategy(accountId, strategy, undefined),
    );
    leavingLeases.delete(accountId);
    if (chosen !== NOT_NOW && chosen.kind === 'chosen') site.world.coverage.mark(`changed to ${strategy}`);
  }

  /** Everything that the audit of the product has to say. Nothing, if all is well; it may be unable to look. */
  async audit(): Promise<void> {
    const { site } = this;
    const { timeline, model, coverage } = site.world;
    const report = await site.ask('an audit', ({ runtime }) =>
      audit({
        shards: runtime.shards.all.map(({ shard }) => shard),
        directory: runtime.directory,
        pacing: {
          pageRows: site.chance.oneOf([20, 1_000, 1_000, 1_000]),
          now: () => timeline.nowMs,
          sleep: (ms) => timeline.sleep(ms),
        },
      }),
    );
    if (report === NOT_NOW) return;
    coverage.mark('audit');
    const [first] = report.findings;
    if (first) model.violated('auditAgrees', JSON.stringify(first), first.accountId);
  }

  /** Closes an account; only an empty one can be. @returns when that has ended, one way or the other */
  async close(accountId: string): Promise<void> {
    await this.#alone(accountId, async () => {
      const account = this.site.world.model.account(accountId);
      account.maybeClosed = true;
      account.look();
      const done = await this.#setStatus(accountId, 'closed');
      await this.#whenStatusRests(accountId);
      if (!done) {
        account.maybeClosed = this.#statusNow(accountId) === 'closed';
        return;
      }
      account.surely = 'closed';
      account.line.rests(0n);
      this.site.world.coverage.mark('account closed');
      if (account.totalMinor !== 0n)
        this.site.world.model.violated('statusIsKept', `${accountId} is closed with ${account.totalMinor}`);
    });
  }

  /**
   * Freezes an account for a while.
   *
   * @param told called when the change has been answered, before the while begins
   * @param chosen the instance that is asked to; any by default
   */
  async freeze(accountId: string, told: () => void = () => undefined, chosen?: SimInstance): Promise<void> {
    const { model, coverage } = this.site.world;
    await this.#alone(accountId, async () => {
      const account = model.account(accountId);
      if (account.maybeClosed) return;
      account.maybeFrozen = true;
      account.look();
      const frozen = await this.#setStatus(accountId, 'frozen', chosen);
      if (frozen && this.#statusNow(accountId) === 'frozen' && this.#openStatusOperations(accountId) === 0) {
        account.surely = 'frozen';
        coverage.mark('account frozen');
      }
      told();
      await this.site.sleep(this.site.chance.spanMs(this.site.chance.oneOf([600, 4_000])));
      account.surely = 'active';
      await this.#setStatus(accountId, 'active');
      await this.#whenStatusRests(accountId);
      account.maybeFrozen = this.#statusNow(accountId) === 'frozen';
    });
  }

  /** Lets a frozen account go on, when the time of its freezing ran out in bad weather. */
  async unfreeze(accountId: string): Promise<void> {
    const account = this.site.world.model.account(accountId);
    await this.#alone(accountId, async () => {
      if (this.#statusNow(accountId) !== 'frozen') return;
      await this.#setStatus(accountId, 'active');
      await this.#whenStatusRests(accountId);
      account.maybeFrozen = this.#statusNow(accountId) === 'frozen';
    });
  }

  async #setStatus(accountId: string, status: AccountStatus, chosen?: SimInstance): Promise<boolean> {
    const { site } = this;
    for (let tries = 1; tries <= STATUS_TRIES_MAX; tries += 1) {
      site.note(`make ${accountId} ${status}`);
      const change = await site.ask(
        `making ${accountId} ${status}`,
        ({ operations }) => operations.changeStatus(accountId, status),
        chosen,
      );
      if (change !== NOT_NOW && change.kind === 'done') return true;
      if (change !== NOT_NOW && change.kind === 'refused' && change.error.code !== 'OPERATION_IN_PROGRESS')
        return false;
      await site.sleep(site.chance.spanMs(400));
    }
    return false;
  }

  /** An earlier try that nobody answered may still be carried out: until it is, anything may hold. */
  async #whenStatusRests(accountId: string): Promise<void> {
    for (const untilMs = this.site.nowMs + END_MS_MAX; this.#openStatusOperations(accountId) > 0;) {
      if (this.site.nowMs > untilMs) {
        this.site.world.model.violated(
          'everythingEnds',
          `the status of ${accountId} does not rest`,
          accountId,
        );
        return;
      }
      await this.site.sleep(200);
    }
  }

  #openStatusOperations(accountId: string): number {
    const [row] = this.site.world.directory.read(
      `SELECT COUNT(*) FROM operation WHERE kind = 'status' AND account_id = ? AND step <> 'ended'`,
      [accountId],
    );
    return Number(row?.[0]);
  }

  #statusNow(accountId: string): unknown {
    const [row] = this.site.world.directory.read('SELECT status FROM account WHERE account_id = ?', [
      accountId,
    ]);
    return row?.[0];
  }

  async #alone(accountId: string, run: () => Promise<void>): Promise<void> {
    if (this.#changing.has(accountId)) return;
    this.#changing.add(accountId);
    await run();
    this.#changing.delete(accountId);
  }

  /** In a world with leases: the first account, and others as it happens. */
  #perhapsLeased(wanted: AccountPlan): AccountPlan {
    const { chance, plan, accounts } = this.site;
    if (!plan.leasing || wanted.strategy === 'leased') return wanted;
    return accounts.length === 0 || chance.happens(plan.leasing.share) ? leasedPlan(chance, wanted) : wanted;
  }

  async #resize(toOtherShards: boolean): Promise<void> {
    const { site } = this;
    const { chance } = site;
    const { accountId } = chance.oneOf(site.accounts);
    const shards = toOtherShards
      ? chance.some(site.shards, chance.happens(0.4) ? 1 : chance.between(1, site.shards.length))
      : undefined;
    const least = shards?.length ?? this.#shardsOf(accountId);
    const subAccounts = chance.between(least, Math.max(least, SUB_ACCOUNTS_MAX));
    site.note(`resize ${accountId} to ${subAccounts} on ${shards?.join(',') ?? 'the same shards'}`);
    await this.#begin(({ operations }) => operations.resize({ accountId, subAccounts, shards }));
  }

  /** Moves an account to some shards, however often that has to be asked for; @returns whether it is there then */
  async move(accountId: string, subAccounts: number, shards: readonly string[]): Promise<boolean> {
    const { site } = this;
    for (const untilMs = site.nowMs + END_MS_MAX; site.nowMs < untilMs;) {
      // Shards that stay keep their places, so the order is not the one that was asked for.
      const isThere = this.#shardNamesOf(accountId).sort().join() === [...shards].sort().join();
      if (isThere && this.#openOperations(accountId) === 0) return true;
      site.note(`move ${accountId} to ${shards.join()}`);
      await this.#begin(({ operations }) => operations.resize({ accountId, subAccounts, shards }));
      await site.sleep(500);
    }
    return false;
  }

  #openOperations(accountId: string): number {
    const [row] = this.site.world.directory.read(
      `SELECT COUNT(*) FROM operation WHERE account_id = ? AND step <> 'ended'`,
      [accountId],
    );
    return Number(row?.[0]);
  }

  #shardNamesOf(accountId: string): string[] {
    const [row] = this.site.world.directory.read('SELECT shards FROM account WHERE account_id = ?', [
      accountId,
    ]);
    return typeof row?.[0] === 'string' ? row[0].split(',') : [];
  }

  async #rebalance(): Promise<void> {
    const { accountId } = this.site.chance.oneOf(this.site.accounts);
    await this.#begin(({ operations }) => operations.rebalance(accountId));
  }

  async #begin(start: (instance: SimInstance) => Promise<OperationStart>): Promise<void> {
    const begun = await this.site.ask('an operation', start);
    if (begun === NOT_NOW || begun.kind !== 'started') return;
    this.site.operations.add(begun.operation.operationId);
  }

  async #addShard(): Promise<void> {
    const { site } = this;
    const name = site.plan.laterShards.find((each) => !site.shards.includes(each));
    if (name === undefined) return;
    site.note(`add shard ${name}`);
    const added = await site.ask(`adding ${name}`, ({ runtime }) =>
      runtime.registry.register(name, simUrl(name)),
    );
    if (added === NOT_NOW) return;
    site.world.coverage.mark('shard added');
    if (!site.shards.includes(name)) site.shards.push(name);
  }

  #shardsOf(accountId: string): number {
    const [row] = this.site.world.directory.read('SELECT shards FROM account WHERE account_id = ?', [
      accountId,
    ]);
    return typeof row?.[0] === 'string' ? row[0].split(',').length : 1;
  }
}
