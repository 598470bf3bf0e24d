import type { FaultPoint } from '../../../src/engine/fault-points';
import type { Asked } from '../model/asked';
import type { Deferral } from '../model/lease-model';
import type { AccountPlan } from '../workload/plan';
import type { Site } from '../workload/site';
import type { LineEnd } from '../world/instance-world';
import { anyShard, cutOffFor } from './blows/databases';
import { killAndReplace } from './blows/instances';

/** An instance that stalls again and again is as good as none. */
const STALLS_MAX = 3;

/** Between two looks for one that can be held up. */
const HELD_UP_LOOK_MS = 5;

/** Where a change of placement is in the middle of it, and the step that its operation is at. */
const AMBUSHED: ReadonlyMap<FaultPoint, string> = new Map([
  ['resize.announced', 'preparing'],
  ['resize.prepared', 'preparing'],
  ['resize.fencing', 'fencing'],
]);

/** What strikes an account in the middle of a change of its placement. */
export interface Ambushers {
  /** Freezes it for a while; `told` is called when that has been answered. */
  readonly freeze: (accountId: string, told: () => void) => Promise<void>;
  /** Closes it, if it is empty. */
  readonly close: (accountId: string) => Promise<void>;
  /** Sends much for it, in a while. */
  readonly rush: (account: AccountPlan, ms: number) => Promise<void>;
  /** Sends once more what was answered before, sometimes for something else. */
  readonly again: (asked: Asked) => Promise<void>;
}

/** What the dead wait for. */
const NEVER = new Promise<void>(() => undefined);

/** What breaks where it hurts most: between two steps, in the middle of a change of placement, with answers unwritten. */
export class Ambushes {
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly site: Site,
    private readonly ambushers: Ambushers,
  ) {}

  /** From now on instances may die, or stall, between two steps of what they do; until `spare`. */
  lieInWait(): void {
    const { world, chance, plan } = this.site;
    world.atPoint = (instance, point) => {
      if (plan.feed && point.startsWith('level.') && chance.happens(plan.feed.deathAtPoint))
        return this.#dies(instance, point);
      if (plan.creditLines && point.startsWith('credit.') && chance.happens(plan.creditLines.deathAtPoint))
        return this.#dies(instance, point);
      if (plan.payments && point.startsWith('payment.')) {
        if (chance.happens(plan.payments.deathAtPoint)) return this.#dies(instance, point);
        if (point === 'payment.departed' && chance.happens(plan.payments.ambush))
          return this.#turnedAway(instance);
      }
      if (chance.happens(plan.deathAtPoint)) return this.#dies(instance, point);
      if (AMBUSHED.has(point) && chance.happens(plan.ambush)) return this.#ambush(instance, point);
      if (instance.stalls >= STALLS_MAX || !chance.happens(plan.stallAtPoint)) return undefined;
      const ms = chance.between(100, 9_000);
      this.site.note(`${instance.name} stalls at ${point} for ${ms} ms`);
      world.coverage.mark('blow stall at a point');
      instance.stall(ms);
      return world.timeline.sleep(0, instance);
    };
  }

  /**
   * An instance stands still with what it answered and has not written, which is sent again elsewhere meanwhile; then it may
   * not learn what became of it.
   */
  async holdUp({ accountId }: AccountPlan, ms: number, runner?: LineEnd): Promise<void> {
    const { site } = this;
    const { unwritten } = site.world.model.account(accountId).leases;
    for (const untilMs = site.nowMs + ms; site.nowMs < untilMs;) {
      const victim = site.world.living
        .filter((each) => each !== runner && each.stalls < STALLS_MAX)
        .find(({ name }) => [...unwritten].some(({ owner }) => owner === name));
      if (victim) {
        site.world.coverage.mark(`blow stalled with a lease${runner ? ' in a resize' : ''}`);
        await this.#standStill(
          victim,
          [...unwritten].filter(({ owner }) => owner === victim.name),
        );
        return;
      }
      await site.sleep(HELD_UP_LOOK_MS);
    }
  }

  async #standStill(victim: LineEnd, owed: readonly Deferral[]): Promise<void> {
    const { site } = this;
    const stallMs = site.chance.between(100, 6_000);
    site.note(`${victim.name} stalls for ${stallMs} ms with ${owed.length} answers that are not written`);
    victim.stall(stallMs);
    const resent = owed.map(async ({ asked }) => {
      await site.sleep(site.chance.next() * stallMs);
      await this.ambushers.again(asked);
    });
    const shards = owed.map(({ shard }) => shard);
    await Promise.all([...resent, this.#answersLost(shards, stallMs)]);
  }

  /** When one that stood still goes on, many answers of a shard are lost. */
  async #answersLost([shard = '']: readonly string[], afterMs: number): Promise<void> {
    const { world, chance } = this.site;
    await this.site.sleep(afterMs);
    if (chance.happens(0.5)) return;
    world.setHazards(shard, { ...world.hazardsOf(shard), answerLost: 0.5 });
    await this.site.sleep(chance.between(20, 400));
    world.setHazards(shard, { ...world.hazardsOf(shard), answerLost: 0 });
  }

  /** In the middle of a change of placement, while much is sent for that very account. */
  #ambush(instance: LineEnd, point: FaultPoint): Promise<void> | undefined {
    const { chance } = this.site;
    const account = this.#accountAt(point);
    if (!account) return undefined;
    const ms = chance.between(200, 2_500);
    this.site.note(`${instance.name} is ambushed at ${point} of ${account.accountId}`);
    this.#underWay.add(this.ambushers.rush(account, ms));
    if (chance.happens(0.7)) this.#underWay.add(this.#deaf(instance, account, ms));
    if (this.site.plan.leasing) this.#underWay.add(this.holdUp(account, ms, instance));
    if (chance.happens(0.5)) return this.#frozenMeanwhile(account, ms);
    this.site.world.coverage.mark('blow cut off in a resize');
    this.#underWay.add(cutOffFor(this.site, instance, { name: this.#shardOf(account), ms }));
    return undefined;
  }

  /** The runner goes on when the account has been frozen, or could not be for too long. */
  #frozenMeanwhile({ accountId }: AccountPlan, ms: number): Promise<void> {
    this.site.world.coverage.mark('blow frozen in a resize');
    return this.#frozenFor(accountId, ms);
  }

  #frozenFor(accountId: string, ms: number): Promise<void> {
    return new Promise((goOn) => {
      this.#underWay.add(this.ambushers.freeze(accountId, goOn));
      void this.site.sleep(ms).then(goOn);
    });
  }

  #dies(instance: LineEnd, point: FaultPoint): Promise<void> {
    this.site.note(`${instance.name} dies at ${point}`);
    this.site.world.coverage.mark('blow death at a point');
    this.#underWay.add(killAndReplace(this.site, instance));
    return NEVER;
  }

  /** A payment has left, and does not go on until its account has been frozen or closed, or could not be for too long. */
  #turnedAway(instance: LineEnd): Promise<void> | undefined {
    const { world, chance } = this.site;
    const underWay = world.databases.flatMap(({ accounts }) =>
      [...accounts.values()].flatMap(({ payments }) => [...payments.values()]),
    );
    const [payment] = underWay.sort((a, b) => b.createdAtUs - a.createdAtUs);
    if (!payment) return undefined;
    const { accountId } = payment.payee;
    const isEmpty = world.model.account(accountId).totalMinor === 0n;
    this.site.note(`${instance.name} waits with ${payment.requestId} until ${accountId} turns it away`);
    world.coverage.mark('blow frozen or closed before a payment arrives');
    const ms = chance.between(50, 3_000);
    // One that has paid all it had looks empty, and must stay open for what may come back.
    if (world.model.account(payment.accountId).totalMinor === 0n && chance.happens(0.7))
      this.#underWay.add(this.ambushers.close(payment.accountId));
    if (!isEmpty || chance.happens(0.5)) return this.#frozenFor(accountId, ms);
    const closed = this.ambushers.close(accountId);
    this.#underWay.add(closed);
    return Promise.race([closed, this.site.sleep(ms)]);
  }

  /** One of the others does not hear what becomes of the account, for a while, and the rest may. */
  async #deaf(runner: LineEnd, { accountId }: AccountPlan, ms: number): Promise<void> {
    const { world, chance } = this.site;
    const others = world.living.filter((other) => other !== runner);
    if (others.length === 0) return;
    const { name, deafTo } = chance.oneOf(others);
    this.site.note(`${name} hears nothing of ${accountId} for ${ms} ms`);
    world.coverage.mark('blow deaf in a resize');
    deafTo.add(accountId);
    await this.site.sleep(ms);
    deafTo.delete(accountId);
  }

  /** One of the accounts whose operations are at the step of a point: mostly there is one. */
  #accountAt(point: FaultPoint): AccountPlan | undefined {
    const { world, accounts, chance } = this.site;
    const at = world.directory.read(
      `SELECT account_id FROM operation WHERE kind = 'resize' AND step = ? ORDER BY operation_id`,
      [AMBUSHED.get(point) ?? ''],
    );
    if (at.length === 0) return undefined;
    const [accountId] = chance.oneOf(at);
    return accounts.find((account) => account.accountId === accountId);
  }

  /** A shard of the account's present placement. */
  #shardOf({ accountId }: AccountPlan): string {
    const { world, chance } = this.site;
    const [row] = world.directory.read('SELECT shards FROM account WHERE account_id = ?', [accountId]);
    return typeof row?.[0] === 'string' ? chance.oneOf(row[0].split(',')) : anyShard(this.site);
  }

  /** Resolves when whoever died has been replaced, and what was cut is mended. */
  async spare(): Promise<void> {
    this.site.world.atPoint = () => undefined;
    await Promise.all(this.#underWay);
  }
}
