import type { Case, MeasuredCase } from '../cases/case';
import { BATCH_ITEMS, type HttpCall, HttpGround } from '../cases/http-ground';
import { runInterleaved } from '../cases/run-interleaved';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import type { HotPlan } from './hot-plan';

const BATCH_CONNECTIONS = 4;

/** The service in its own process under load from another, each call beside the noop on the same server. */
export async function measureHttp(
  store: StoreKind,
  plan: HotPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const ground = await HttpGround.open(store, plan.subAccounts, surroundings);
  const caseOf = (call: HttpCall, connections: number): Case => ({
    name: call,
    store,
    shards: shardCountOf(store),
    subAccounts: plan.subAccounts,
    inFlight: call === 'http-batch' ? connections * BATCH_ITEMS : connections,
    measure: () =>
      ground.measure(call, connections, timingOf(plan.seconds), {
        profile: plan.profile && call !== 'http-noop',
        decompose: plan.decompose && call === 'http',
      }),
  });
  const unary = plan.connections.flatMap((connections) => [
    ...(plan.yardsticks ? [caseOf('http-noop', connections)] : []),
    caseOf('http', connections),
  ]);
  const cases = [
    ...(plan.doors.includes('http') ? unary : []),
    ...(plan.doors.includes('batch') ? [caseOf('http-batch', BATCH_CONNECTIONS)] : []),
  ];
  try {
    return await runInterleaved(cases, { rounds: plan.rounds, report: surroundings.print });
  } finally {
    await ground.close();
  }
}
