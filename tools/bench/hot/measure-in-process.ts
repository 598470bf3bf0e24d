import type { Case, MeasuredCase } from '../cases/case';
import { type Ground, inProcessCase, type Load, prepareMerged } from '../cases/in-process-case';
import { runInterleaved } from '../cases/run-interleaved';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { createSite } from '../stage/site';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import { BULK_ROWS, prepareBulkInsert } from '../yardsticks/bulk-insert';
import { type OneRowWay, prepareOneRow } from '../yardsticks/one-row';
import type { HotPlan } from './hot-plan';

/** One row is compared here: enough requests to keep its connections busy, few enough to be fair. */
const ONE_ROW_IN_FLIGHT = 512;

/** The engine without a door, its yardsticks standing between its own runs. */
export function measureInProcess(
  store: StoreKind,
  plan: HotPlan,
  { servers, cleanups, print }: Surroundings,
): Promise<MeasuredCase[]> {
  const caseOf = (
    name: string,
    subAccounts: number,
    inFlight: number,
    prepare: (ground: Ground) => Promise<Load>,
  ): Case =>
    inProcessCase({
      name,
      store,
      shards: shardCountOf(store),
      subAccounts,
      inFlight,
      timing: timingOf(plan.seconds),
      profile: plan.profile && name === 'merged',
      decompose: plan.decompose && name === 'merged',
      createSite: () => createSite(store, servers, cleanups),
      prepare,
    });
  const merged = plan.inFlight.map((k) =>
    caseOf('merged', plan.subAccounts, k, (ground) => prepareMerged(ground, k)),
  );
  const k = plan.inFlight.includes(ONE_ROW_IN_FLIGHT)
    ? ONE_ROW_IN_FLIGHT
    : (plan.inFlight[0] ?? ONE_ROW_IN_FLIGHT);
  const oneRow = (way: OneRowWay): Case => caseOf(way, 1, k, (ground) => prepareOneRow(way, ground, k));
  const yardsticks = [
    caseOf('bulk-insert', plan.subAccounts, BULK_ROWS, prepareBulkInsert),
    oneRow('atomic'),
    ...(store === 'sqlite' ? [] : [oneRow('pessimistic')]),
    caseOf('merged-no-feed', plan.subAccounts, k, (ground) => prepareMerged(ground, k, { keepsFeed: false })),
  ];
  return runInterleaved(between(merged, plan.yardsticks ? yardsticks : []), {
    rounds: plan.rounds,
    report: print,
  });
}

/** The yardsticks before the last runs of the product, which are those they are compared with. */
function between(merged: readonly Case[], yardsticks: readonly Case[]): Case[] {
  const middle = Math.max(1, merged.length - 1);
  return [...merged.slice(0, middle), ...yardsticks, ...merged.slice(middle)];
}
