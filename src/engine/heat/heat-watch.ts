import { COLD, type HeatRecord, type HeatState, type HeatStore } from '../../shards/directory/heat-store';
import type { LeaseStore } from '../../shards/directory/lease-store';
import { LOOKED_UP_MAX } from '../../shards/padded-list';
import type { Later } from '../../shards/surroundings';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import type { HeatMeter, MeteredShard } from './heat-meter';
import { type AccountHeat, type Heat, type HeatReport, sumReports } from './heat-report';
import type { Exchanged, SharedReports } from './shared-reports';

export interface HeatSettings {
  readonly intervalMs: number;
  /** So many commands a second make an account hot; half of them leave it so. */
  readonly hotPerSecond: number;
  /** For how long it must have as many. */
  readonly hotMs: number;
  /** For how long it must have less than half, to be hot no more. */
  readonly cooledMs: number;
  /** Whoever decides and dies is followed by another instance after this. */
  readonly leaseMs: number;
}

export const HEAT_SETTINGS: HeatSettings = {
  intervalMs: 1_000,
  hotPerSecond: 500,
  hotMs: 2_000,
  cooledMs: 60_000,
  leaseMs: 5_000,
};

export interface HeatWatchParts {
  readonly meter: HeatMeter;
  readonly reports: SharedReports;
  readonly store: Pick<HeatStore, 'watched' | 'find' | 'step'>;
  readonly leases: Pick<LeaseStore, 'acquire'>;
  /** The shards at hand. */
  readonly shards: () => readonly MeteredShard[];
  readonly settings: HeatSettings;
  readonly instanceId: string;
  readonly observer: EngineObserver;
  readonly now: () => number;
  readonly later?: Later;
}

/** Accounts that are hot at once, or split by themselves; more are left as they are until there is room. */
export const WATCHED_MAX = 500;

/** An instance that has nothing to tell looks so seldom whether somebody is needed to decide. */
const IDLE_TICKS = 30;

/** Who decides what follows from an account's heat; must not reject. */
export type Consider = (watched: readonly HeatRecord[], heat: Heat) => Promise<void>;

/** The heat of all instances, and the accounts about which something is known. */
export interface ReadHeat {
  readonly heat: Heat;
  readonly watched: readonly HeatRecord[];
}

/**
 * Notices which accounts are hot.
 *
 *     each instance, every second:  read the meter ──▶ tell the others
 *     one of them, by lease:        add up ──▶ hot? cooled? (compare-and-set, with its event) ──▶ consider what follows
 *
 * The lease spares work; nothing rests on it: two instances that both decide find the same, and one of them makes the step. While
 * neither Redis nor the directory can be reached nothing is found and nothing is decided, and what was
 * seen before counts no more: an account must be seen hot, or cool, for the whole of its time again.
 */
export class HeatWatch {
  #last: HeatReport;
  #idleTicks = 0;
  #isLeader = false;
  #hot = 0;
  #askedUntil = -Infinity;
  /** Since when accounts are above the one bound, or below the other, as far as this instance has seen it without a gap. */
  readonly #above = new Map<string, number>();
  readonly #below = new Map<string, number>();
  #place: Exchanged['place'] | undefined;
  #consider: Consider | undefined;
  readonly #ticking: Periodic;

  constructor(private readonly parts: HeatWatchParts) {
    this.#last = parts.meter.read(parts.instanceId, []);
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  async stop(): Promise<void> {
    await this.#ticking.stop();
  }

  /** Names who decides what follows. */
  considerWith(consider: Consider): void {
    this.#consider = consider;
  }

  /** Accounts that were hot at the last look, at the instance that decides; 0 at the others. */
  get hot(): number {
    return this.#isLeader ? this.#hot : 0;
  }

  /** What this instance works for, as it was last read. */
  get own(): HeatReport {
    return this.#last;
  }

  /** What all instances work for. Rejects with `DirectoryUnavailableError`. */
  async read(): Promise<ReadHeat> {
    const { reports } = await this.parts.reports.exchange(this.#last);
    return { heat: sumReports(reports), watched: await this.parts.store.watched(WATCHED_MAX) };
  }

  /** Never rejects. */
  async tick(): Promise<void> {
    const { meter, instanceId, shards, reports, observer } = this.parts;
    this.#last = meter.read(instanceId, shards());
    try {
      if (!this.#hasWork()) return;
      const exchanged = await reports.exchange(this.#last);
      if (!(await this.#leads())) {
        this.#forget();
        return;
      }
      if (exchanged.place !== this.#place) this.#forget();
      this.#place = exchanged.place;
      await this.#decide(sumReports(exchanged.reports));
    } catch (error) {
      this.#forget();
      observer.deferred('hot accounts', error);
    }
  }

  /** Who has nothing to tell says so once more, and is quiet then. */
  #hasWork(): boolean {
    this.#idleTicks = this.#last.accounts.length > 0 ? 0 : this.#idleTicks + 1;
    return this.#isLeader || this.#idleTicks <= 1 || this.#idleTicks % IDLE_TICKS === 0;
  }

  async #leads(): Promise<boolean> {
    const {
      leases,
      instanceId,
      now,
      settings: { leaseMs },
    } = this.parts;
    if (now() < this.#askedUntil) return this.#isLeader;
    this.#isLeader = false;
    this.#isLeader = await leases.acquire('heat', instanceId, leaseMs);
    this.#askedUntil = now() + leaseMs / 2;
    return this.#isLeader;
  }

  #forget(): void {
    this.#above.clear();
    this.#below.clear();
  }

  async #decide(heat: Heat): Promise<void> {
    const watched = await this.parts.store.watched(WATCHED_MAX);
    this.#hot = watched.filter(({ state }) => state.hotSinceUs !== null).length;
    const known = new Map(watched.map((record) => [record.account.accountId, record]));
    const rates = new Map(heat.accounts.map((account) => [account.accountId, account]));
    await this.#findCooled(watched, rates);
    await this.#findHot(heat.accounts, known);
    if (this.#consider && watched.length > 0) await this.#consider(watched, heat);
    // Nobody needs a leader who has nothing to decide.
    if (watched.length === 0 && this.#above.size === 0 && this.#last.accounts.length === 0)
      this.#isLeader = false;
  }

  async #findHot(accounts: readonly AccountHeat[], known: ReadonlyMap<string, HeatRecord>): Promise<void> {
    const { settings, store, now } = this.parts;
    const above = accounts.filter(
      ({ accountId, perSecond }) =>
        perSecond >= settings.hotPerSecond && (known.get(accountId)?.state.hotSinceUs ?? null) === null,
    );
    const due = lastingFor(this.#above, above, { ms: settings.hotMs, now: now() })
      .filter(({ accountId }) => known.size < WATCHED_MAX || known.has(accountId))
      .slice(0, LOOKED_UP_MAX);
    if (due.length === 0) return;
    const rates = new Map(due.map((account) => [account.accountId, account.perSecond]));
    for (const record of await store.find([...rates.keys()])) {
      const hotSinceUs = record.account.readAtUs;
      const heat = { perSecond: rates.get(record.account.accountId) ?? 0, hotSinceUs };
      const state: HeatState = { ...record.state, hotSinceUs, cooledAtUs: null };
      if (record.state.hotSinceUs !== null || record.account.status === 'closed') continue;
      await store.step(record, state, { type: 'account.hot', heat });
    }
  }

  async #findCooled(watched: readonly HeatRecord[], rates: ReadonlyMap<string, AccountHeat>): Promise<void> {
    const { settings, store, now } = this.parts;
    const rateOf = (accountId: string): number => rates.get(accountId)?.perSecond ?? 0;
    const below = watched
      .filter(({ state }) => state.hotSinceUs !== null)
      .map((record) => ({ accountId: record.account.accountId, record }))
      .filter(({ accountId }) => rateOf(accountId) < settings.hotPerSecond / 2);
    for (const { accountId, record } of lastingFor(this.#below, below, {
      ms: settings.cooledMs,
      now: now(),
    })) {
      const { state, account } = record;
      const heat = { perSecond: rateOf(accountId), hotSinceUs: state.hotSinceUs ?? 0 };
      const cooled: HeatState = { ...COLD, ...state, hotSinceUs: null, cooledAtUs: account.readAtUs };
      await store.step(record, cooled, { type: 'account.cooled', heat });
    }
  }
}

/**
 * Those of what is so now that have been so for long enough.
 *
 * @param since when each was first found so; those that are not so now are forgotten
 */
function lastingFor<Item extends { readonly accountId: string }>(
  since: Map<string, number>,
  items: readonly Item[],
  { ms, now }: { readonly ms: number; readonly now: number },
): Item[] {
  const present = new Set(items.map(({ accountId }) => accountId));
  for (const accountId of since.keys()) if (!present.has(accountId)) since.delete(accountId);
  return items.filter(({ accountId }) => {
    const first = since.get(accountId);
    if (first === undefined) since.set(accountId, now);
    return now - (first ?? now) >= ms;
  });
}
