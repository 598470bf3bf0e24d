import type { Case, MeasuredCase } from '../cases/case';
import { runInterleaved } from '../cases/run-interleaved';
import { CALLS, type ServiceCall } from '../cases/service-calls';
import { ServiceGround } from '../cases/service-ground';
import { timingOf } from '../measure/timing';
import type { Surroundings } from '../scenario';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import type { Door } from './hot-options';
import type { HotPlan } from './hot-plan';

/** Batches under way at once: enough that the service never waits for the next, few enough for short queues. */
const BATCHES_IN_FLIGHT = 4;
/** Deductions, where they travel as they come to hand: what as many batches carry. */
const MERGED_IN_FLIGHT = 2_048;

/**
 * The service in its own process under load from another, each call beside its noop on the same server. HTTP and gRPC
 * have a service each, so that the memory of one is not taken for the other's.
 */
export async function measureDoors(
  store: StoreKind,
  plan: HotPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const calls = callsOf(plan);
  const isGrpc = ({ call }: PlannedCall): boolean => call.startsWith('grpc');
  const http = calls.filter((each) => !isGrpc(each));
  return [
    ...(await measureCalls(http, store, plan, surroundings)),
    ...(await measureCalls(calls.filter(isGrpc), store, plan, surroundings)),
  ];
}

async function measureCalls(
  calls: readonly PlannedCall[],
  store: StoreKind,
  plan: HotPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  if (calls.length === 0) return [];
  const ground = await ServiceGround.open(store, plan.subAccounts, surroundings);
  const possible = calls.filter(({ call }) => {
    const why = ground.whyNot(call);
    if (why !== undefined) surroundings.print(`left out: ${store} ${call}, ${why}`);
    return why === undefined;
  });
  const cases = possible.map(({ call, inFlight }): Case => ({
    name: call,
    store,
    shards: shardCountOf(store),
    subAccounts: plan.subAccounts,
    inFlight: inFlight * CALLS[call].items,
    measure: () =>
      ground.measure(call, inFlight, timingOf(plan.seconds), {
        profile: plan.profile && !CALLS[call].isNoop,
        decompose: plan.decompose && !CALLS[call].isNoop && CALLS[call].items === 1,
      }),
  }));
  try {
    return await runInterleaved(cases, { rounds: plan.rounds, report: surroundings.print });
  } finally {
    await ground.close();
  }
}

interface PlannedCall {
  readonly call: ServiceCall;
  /** Calls under way at once. */
  readonly inFlight: number;
}

function callsOf({ doors, unaryInFlight, yardsticks }: HotPlan): PlannedCall[] {
  const unary = (noop: ServiceCall, call: ServiceCall): PlannedCall[] =>
    unaryInFlight.flatMap((inFlight) => [
      ...(yardsticks ? [{ call: noop, inFlight }] : []),
      { call, inFlight },
    ]);
  const only = (door: Door, call: ServiceCall, inFlight: number): PlannedCall[] =>
    doors.includes(door) ? [{ call, inFlight }] : [];
  return [
    ...(doors.includes('http') ? unary('http-noop', 'http') : []),
    ...(doors.includes('grpc') ? unary('grpc-noop', 'grpc') : []),
    ...only('batch', 'http-batch', BATCHES_IN_FLIGHT),
    ...only('grpc-batch', 'grpc-batch', BATCHES_IN_FLIGHT),
    ...only('grpc-stream', 'grpc-stream', MERGED_IN_FLIGHT),
    ...only('client', 'client', MERGED_IN_FLIGHT),
  ];
}
