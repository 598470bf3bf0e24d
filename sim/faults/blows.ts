import type { FaultPoint } from '../../src/engine/fault-points';
import type { Asked } from '../model/asked';
import type { Deferral } from '../model/lease-model';
import type { AccountPlan, Blow } from '../workload/plan';
import type { Site } from '../workload/site';
import type { LineEnd } from '../world/instance-world';
import { someHazards } from './weather';

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
  /** Sends much for it, in a while. */
  readonly rush: (account: AccountPlan, ms: number) => Promise<void>;
  /** Sends once more what was answered before, sometimes for something else. */
  readonly again: (asked: Asked) => Promise<void>;
}

/** What the dead wait for. */
const NEVER = new Promise<void>(() => undefined);

/** What breaks, for a while each time. Everything is mended again by the one who broke it. */
export class Blows {
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly site: Site,
    private readonly ambushers: Ambushers,
  ) {}

  strike(blow: Blow): Promise<void> {
    this.site.world.coverage.mark(`blow ${blow}`);
    switch (blow) {
      case 'kill':
        return this.#kill();
      case 'stall':
        return this.#stall();
      case 'restart':
        return this.#restart();
      case 'shardAway':
        return this.#away(this.#anyShard());
      case 'directoryAway':
        return this.#away('directory');
      case 'cutOff':
        return this.#cutOff();
      case 'clockJump':
        return this.#clockJump();
      case 'badWeather':
        return this.#badWeather();
    }
  }

  /** From now on instances may die, or stall, between two steps of what they do; until `spare`. */
  lieInWait(): void {
    const { world, chance, plan } = this.site;
    world.atPoint = (instance, point) => {
      if (chance.happens(plan.deathAtPoint)) {
        this.site.note(`${instance.name} dies at ${point}`);
        world.coverage.mark('blow death at a point');
        this.#underWay.add(this.#killAndReplace(instance));
        return NEVER;
      }
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
    this.#underWay.add(this.#cutOffFor(instance, { name: this.#shardOf(account), ms }));
    return undefined;
  }

  /** The runner goes on when the account has been frozen, or could not be for too long. */
  #frozenMeanwhile({ accountId }: AccountPlan, ms: number): Promise<void> {
    this.site.world.coverage.mark('blow frozen in a resize');
    return new Promise((goOn) => {
      this.#underWay.add(this.ambushers.freeze(accountId, goOn));
      void this.site.sleep(ms).then(goOn);
    });
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
    return typeof row?.[0] === 'string' ? chance.oneOf(row[0].split(',')) : this.#anyShard();
  }

  /** Resolves when whoever died has been replaced, and what was cut is mended. */
  async spare(): Promise<void> {
    this.site.world.atPoint = () => undefined;
    await Promise.all(this.#underWay);
  }

  async #kill(): Promise<void> {
    const { living } = this.site.world;
    if (living.length > 0) await this.#killAndReplace(this.site.chance.oneOf(living));
  }

  async #killAndReplace(victim: LineEnd): Promise<void> {
    const { site } = this;
    site.note(`kill ${victim.name}`);
    victim.kill();
    await site.sleep(site.chance.spanMs(600));
    await site.startInstance();
  }

  async #stall(): Promise<void> {
    const { site } = this;
    const { living } = site.world;
    if (living.length === 0) return;
    const victim = site.chance.oneOf(living);
    const ms = site.chance.between(100, 12_000);
    site.note(`stall ${victim.name} for ${ms} ms`);
    victim.stall(ms);
    await site.sleep(ms);
  }

  async #restart(): Promise<void> {
    const { site } = this;
    const { living } = site.world;
    if (living.length === 0) return;
    const one = site.chance.oneOf(living);
    site.note(`stop ${one.name}`);
    await site.inTime(`the stop of ${one.name}`, one.stop(), undefined);
    await site.startInstance();
  }

  async #away(name: string): Promise<void> {
    const { site } = this;
    site.note(`${name} goes away`);
    site.world.takeAway(name);
    await site.sleep(site.chance.between(50, 5_000));
    site.note(`${name} is back`);
    site.world.bringBack(name);
  }

  async #cutOff(): Promise<void> {
    const { site } = this;
    const { living } = site.world;
    if (living.length === 0) return;
    const name = site.chance.happens(0.2) ? 'directory' : this.#anyShard();
    await this.#cutOffFor(site.chance.oneOf(living), { name, ms: site.chance.between(50, 6_000) });
  }

  async #cutOffFor(
    one: LineEnd,
    { name, ms }: { readonly name: string; readonly ms: number },
  ): Promise<void> {
    this.site.note(`${one.name} is cut off from ${name} for ${ms} ms`);
    one.cutOff(name, true);
    await this.site.sleep(ms);
    one.cutOff(name, false);
  }

  async #clockJump(): Promise<void> {
    const { site } = this;
    const { chance } = site;
    // A clock that goes back stands still until its time has come again.
    const ms = chance.happens(0.2) ? chance.between(60_000, 7_200_000) : chance.between(-2_000, 4_000);
    const what = chance.oneOf(['directory', 'instance', ...site.shards]);
    site.note(`the clock of ${what} jumps by ${ms} ms`);
    if (what !== 'instance') site.world.jumpClock(what, ms);
    else for (const instance of site.world.living) instance.wallOffsetMs += ms;
    return Promise.resolve();
  }

  async #badWeather(): Promise<void> {
    const { site } = this;
    const { chance } = site;
    for (const name of ['directory', ...site.shards])
      if (chance.happens(0.6)) site.world.setHazards(name, someHazards(chance));
    await site.sleep(chance.between(200, 5_000));
    site.world.calmDown();
  }

  #anyShard(): string {
    return this.site.chance.oneOf(this.site.shards);
  }
}
