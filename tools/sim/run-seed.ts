import { Violation } from './model/ledger-model';
import { calm } from './workload/calm';
import { Clients } from './workload/clients';
import { CreditLineChanges } from './workload/credit-lines';
import { FeedFollowers } from './workload/feed-followers';
import { finale } from './workload/finale';
import { paidAgain } from './workload/paid-again';
import { planOf } from './workload/plan';
import { restoredDirectory } from './workload/restored-directory';
import { decideSizes } from './workload/self-split';
import { secondUse } from './workload/second-use';
import { Site } from './workload/site';
import { storm } from './workload/storm';
import { stuckTransfers } from './workload/stuck-transfers';
import { withoutDirectory } from './workload/without-directory';
import { Wishes } from './workload/wishes';
import { Dice } from '../kernel/dice';
import { World } from './world/world';

export interface SeedOptions {
  readonly seed: number;
  /** Calls of clients, about. */
  readonly calls: number;
  readonly directoryImage: Buffer;
  readonly keepTrace?: boolean;
}

/** What one seed came to. The same seed and calls give the same result, the checksum of its trace included. */
export interface SeedResult {
  readonly seed: number;
  readonly calls: number;
  readonly entries: number;
  readonly events: number;
  /** Simulated milliseconds. */
  readonly simulatedMs: number;
  readonly checksum: string;
  readonly coverage: Readonly<Record<string, number>>;
  readonly violation: Violation | undefined;
  /** Nothing unless the trace is kept. */
  readonly trace: readonly string[];
}

/** Runs one seed's world from its first moment to its last. */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const { seed, calls, directoryImage, keepTrace = false } = options;
  const chance = new Dice(seed);
  const plan = planOf(chance.fork(), calls);
  const world = new World({ chance: chance.fork(), directoryImage, keepTrace });
  world.model.leaseAmountMaxMinor = plan.leasing?.settings.amountMaxMinor ?? 0n;
  world.guardsIdentity = plan.blows.shardEmptied !== undefined;
  world.onClusters = new Set(plan.cluster?.shards);
  if (plan.screening) world.screenBy(plan.screening);
  const site = new Site(world, plan, chance.fork());
  let violation: Violation | undefined;
  try {
    const ended = await world.timeline.until(Promise.race([live(site), world.model.firstViolation]));
    if (ended instanceof Violation) violation = ended;
  } catch (error) {
    violation = new Violation(
      'everythingEnds',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  } finally {
    for (const instance of world.instances) instance.kill();
    world.directory.close();
  }
  return {
    seed,
    calls: site.calls.calls,
    entries: world.model.entries,
    events: world.timeline.events,
    simulatedMs: world.timeline.nowMs,
    checksum: world.trace.checksum,
    coverage: world.coverage.counts,
    violation,
    trace: world.trace.lines,
  };
}

async function live(site: Site): Promise<void> {
  const { plan } = site;
  const feed = plan.feed && new FeedFollowers(site, plan.feed);
  const parts = {
    clients: new Clients(site),
    wishes: new Wishes(site),
    limits: new CreditLineChanges(site),
    feed,
  };
  await Promise.all(Array.from({ length: plan.instances }, () => site.startInstance()));
  await Promise.all(plan.accounts.map((account) => parts.wishes.create(account)));
  const { budgeters } = parts.clients;
  if (budgeters) await Promise.all(plan.accounts.map((account) => budgeters.create(account)));
  decideSizes(site);
  for (let round = 1; round <= plan.rounds; round += 1) {
    await storm(site, parts);
    await calm(site, parts);
    if (plan.directoryLoss) await withoutDirectory(site, parts, plan.directoryLoss);
  }
  await finale(site, parts);
  if (plan.stuck) await stuckTransfers(site, parts, plan.stuck);
  if (plan.restored) await restoredDirectory(site, parts, plan.restored);
  if (plan.secondUse) await secondUse(site, parts);
  if (plan.secondUse && plan.payments) await paidAgain(site, parts);
}
