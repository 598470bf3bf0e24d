import { auditSite } from '../audit/audit-site';
import { BatchCounter } from '../cases/batch-counter';
import type { Case, MeasuredCase, Round } from '../cases/case';
import { microsSince } from '../cases/in-process-case';
import { mergedLoad } from '../cases/merged-load';
import { runInterleaved } from '../cases/run-interleaved';
import { runClosedLoop } from '../measure/closed-loop';
import { Sequence } from '../measure/requests';
import { Tally } from '../measure/tally';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { createHotAccount, prepareSite, startRuntime } from '../stage/runtime';
import { createSite, type Site } from '../stage/site';
import type { StoreKind } from '../stage/store-kind';
import type { HotOptions } from './hot-options';
import type { HotPlan } from './hot-plan';
import { preload } from './preload';

const STORE: StoreKind = 'mariadb-2';
const IN_FLIGHT = 512;

/** Does an account with a long past deduct as fast as a new one? Two sites that stay, measured in turn. */
export async function measurePreloaded(
  entries: number,
  plan: HotPlan,
  options: HotOptions,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const measured: MeasuredCase[] = [];
  for (const store of options.store ?? [STORE]) {
    const empty = await Lived.open(store, 0, plan, surroundings);
    const preloaded = await Lived.open(store, entries, plan, surroundings);
    const cases = (options.inFlight ?? [IN_FLIGHT]).flatMap((inFlight) => [
      empty.caseOf('merged-empty', inFlight),
      preloaded.caseOf('merged-preloaded', inFlight),
    ]);
    measured.push(...(await runInterleaved(cases, { rounds: plan.rounds, report: surroundings.print })));
    await empty.site.drop();
    await preloaded.site.drop();
  }
  return measured;
}

/** A site that keeps what its account has lived through. */
class Lived {
  readonly #sequence = new Sequence();
  readonly #tally = new Tally();

  private constructor(
    readonly site: Site,
    private readonly plan: HotPlan,
  ) {}

  static async open(
    store: StoreKind,
    entries: number,
    plan: HotPlan,
    { servers, cleanups, print }: Surroundings,
  ): Promise<Lived> {
    const lived = new Lived(await createSite(store, servers, cleanups), plan);
    const account = await prepareSite(lived.site, plan.subAccounts);
    if (entries > 0) await preload(entries, { site: lived.site, account, tally: lived.#tally, print });
    return lived;
  }

  caseOf(name: string, inFlight: number): Case {
    return {
      name,
      store: this.site.kind,
      shards: this.site.shards.length,
      subAccounts: this.plan.subAccounts,
      inFlight,
      measure: () => this.#measure(inFlight),
    };
  }

  async #measure(inFlight: number): Promise<Round> {
    const errorsBefore = this.#tally.errors;
    const countBefore = this.#tally.total.count;
    const observer = new BatchCounter();
    const runtime = await startRuntime(this.site, observer);
    try {
      await createHotAccount(runtime, this.plan.subAccounts);
      const load = mergedLoad(runtime, this.#sequence, this.#tally);
      const cpuBefore = process.cpuUsage();
      const result = await runClosedLoop({ ...timingOf(this.plan.seconds), inFlight }, load);
      return {
        ...result,
        errors: this.#tally.errors - errorsBefore,
        cpuMicrosPerOp: microsSince(cpuBefore) / (this.#tally.total.count - countBefore),
        batches: observer.figures,
        audit: await auditSite(this.site, this.#tally.total),
      };
    } finally {
      await runtime.stop();
    }
  }
}
