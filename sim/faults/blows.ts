import type { Blow } from '../workload/plan';
import type { Site } from '../workload/site';
import type { LineEnd } from '../world/instance-world';
import { someHazards } from './weather';

/** An instance that stalls again and again is as good as none. */
const STALLS_MAX = 3;

/** What the dead wait for. */
const NEVER = new Promise<void>(() => undefined);

/** What breaks, for a while each time. Everything is mended again by the one who broke it. */
export class Blows {
  readonly #deaths = new Set<Promise<void>>();

  constructor(private readonly site: Site) {}

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
        this.#deaths.add(this.#killAndReplace(instance));
        return NEVER;
      }
      if (instance.stalls >= STALLS_MAX || !chance.happens(plan.stallAtPoint)) return undefined;
      const ms = chance.between(100, 9_000);
      this.site.note(`${instance.name} stalls at ${point} for ${ms} ms`);
      world.coverage.mark('blow stall at a point');
      instance.stall(ms);
      return world.timeline.sleep(0, instance);
    };
  }

  /** Resolves when whoever died has been replaced. */
  async spare(): Promise<void> {
    this.site.world.atPoint = () => undefined;
    await Promise.all(this.#deaths);
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
    const one = site.chance.oneOf(living);
    const name = site.chance.happens(0.2) ? 'directory' : this.#anyShard();
    site.note(`${one.name} is cut off from ${name}`);
    one.cutOff(name, true);
    await site.sleep(site.chance.between(50, 6_000));
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
