import type { LaneSettings } from '../../../src/engine/lane-settings';
import { auditSite } from '../audit/audit-site';
import { type Operation, runClosedLoop, within } from '../measure/closed-loop';
import { profiled } from '../measure/cpu-profile';
import type { Timing } from '../measure/measurement';
import { Sequence } from '../measure/requests';
import { StageClock, wholeOf } from '../measure/stage-clock';
import { Tally } from '../measure/tally';
import { createHotAccount, startRuntime } from '../stage/runtime';
import type { Site } from '../stage/site';
import { BatchCounter } from './batch-counter';
import type { BatchFigures, Case, Figures, Round, Subject } from './case';
import { mergedLoad } from './merged-load';

const END_MS_MAX = 30_000;

/** What a load stands on: a fresh site, and the counting of what it was told. */
export interface Ground {
  readonly site: Site;
  readonly subAccounts: number;
  readonly sequence: Sequence;
  readonly tally: Tally;
}

/** A load in this process, on a site prepared for it. */
export interface Load {
  /** How many operations are kept under way. */
  readonly inFlight: number;
  readonly operation: Operation;
  /** How the product merged, where it is the product. */
  batches?(): BatchFigures;
  /** Asked for when the last operation has ended. */
  figures?(): Figures;
  /** Brings the rows in order where the load itself does not, and disconnects. */
  end(): Promise<void>;
}

export interface InProcessPlan extends Subject {
  readonly timing: Timing;
  readonly profile: boolean;
  /** Also say where the time of one deduction goes. */
  readonly decompose?: boolean;
  createSite(): Promise<Site>;
  prepare(ground: Ground): Promise<Load>;
}

/** A case whose every round has fresh databases, so that no round pays for what another left behind. */
export function inProcessCase(plan: InProcessPlan): Case {
  const { name, store, shards, subAccounts, inFlight } = plan;
  return { name, store, shards, subAccounts, inFlight, measure: () => measureFresh(plan) };
}

async function measureFresh(plan: InProcessPlan): Promise<Round> {
  const site = await plan.createSite();
  try {
    const ground = { site, subAccounts: plan.subAccounts, sequence: new Sequence(), tally: new Tally() };
    return await measureLoad(plan, ground, await plan.prepare(ground));
  } finally {
    await site.drop();
  }
}

async function measureLoad(plan: InProcessPlan, ground: Ground, load: Load): Promise<Round> {
  const before = process.cpuUsage();
  const clock = plan.decompose ? StageClock.attach() : undefined;
  if (clock) setTimeout(() => clock.start(), plan.timing.warmUpMs);
  const run = () => runClosedLoop({ ...plan.timing, inFlight: load.inFlight }, load.operation);
  const measuring = plan.profile ? profiled(run) : run().then((result) => ({ result, profile: undefined }));
  const { result, profile, cpuMicros, figures } = await measuring
    .then((measured) => ({ ...measured, cpuMicros: microsSince(before), figures: load.figures?.() }))
    .finally(() => within(END_MS_MAX, load.end(), 'ending a load'));
  const batches = load.batches?.();
  const stages =
    clock && wholeOf(clock.stop(), "the load's own part", { ...result, inFlight: load.inFlight });
  return {
    ...result,
    errors: ground.tally.errors,
    cpuMicrosPerOp: cpuMicros / ground.tally.total.count,
    audit: await auditSite(ground.site, ground.tally.total),
    ...(batches ? { batches } : {}),
    ...(profile ? { profile } : {}),
    ...(stages ? { stages } : {}),
    ...(figures ? { figures } : {}),
  };
}

export function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The product itself. */
export async function prepareMerged(
  { site, subAccounts, sequence, tally }: Ground,
  inFlight: number,
  settings: Partial<LaneSettings> & { readonly keepsFeed?: boolean } = {},
): Promise<Load> {
  const observer = new BatchCounter();
  const runtime = await startRuntime(site, observer, settings);
  await createHotAccount(runtime, subAccounts);
  observer.reset();
  return {
    inFlight,
    operation: mergedLoad(runtime, sequence, tally),
    batches: () => observer.figures,
    end: () => runtime.stop(),
  };
}
