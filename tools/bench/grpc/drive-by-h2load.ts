import { setTimeout as sleep } from 'node:timers/promises';
import type { Driving } from '../cases/driving';
import type { ServiceProcess } from '../http/service-process';
import { runH2load } from '../load/h2load';
import type { LoadResult } from '../load/load-plan';
import { RefusedRun } from '../refused-run';
import { HOT_ACCOUNT } from '../stage/runtime';
import { deductRequest, refusal } from './messages';
import { framed } from '../../kernel/grpc-wire';
import {
  countsBetween,
  underWay,
  type Yardstick,
  YARDSTICK_SERVICES,
  type YardstickCounts,
} from './yardstick-counts';

/** One connection for so many calls at once, as a client of gRPC would share it. */
const STREAMS_PER_CONNECTION = 16;
/** It is one message, so it is one amount. */
const AMOUNT = 1;
const REST_EVERY_MS = 20;
const REST_MS_MAX = 30_000;

/** Calls one by one, by h2load, to a method that stands for Deduct. What came of them is counted at the service. */
export async function driveByH2load(
  yardstick: Yardstick,
  { service, inFlight, timing }: Driving,
): Promise<LoadResult> {
  const command = process.env['HOTSPLIT_BENCH_H2LOAD'];
  if (command === undefined || service.grpcUrl === undefined)
    throw new RefusedRun('gRPC one by one needs h2load and a service that listens for gRPC');
  const connections = Math.ceil(inFlight / STREAMS_PER_CONNECTION);
  const before = await service.yardstickCounts(yardstick);
  const measured = await runH2load({
    command,
    url: new URL(`/${YARDSTICK_SERVICES[yardstick]}/Deduct`, service.grpcUrl).href,
    key: service.key,
    body: framed(deductRequest(HOT_ACCOUNT, { amount: AMOUNT })),
    connections,
    streamsPerConnection: Math.ceil(inFlight / connections),
    timing,
  });
  const counts = countsBetween(before, await atRest(service, yardstick));
  const codes = Object.entries(counts.failures);
  const failed = (unknownOnly: boolean): number =>
    codes
      .filter(([code]) => !unknownOnly || refusal(code).kind === 'unknown')
      .reduce((sum, [, count]) => sum + count, 0);
  return {
    ...measured,
    // To HTTP every answer is a success.
    errors: measured.errors + failed(false),
    sequencesUsed: 0,
    acknowledged: {
      count: counts.acknowledged,
      amountMinor: counts.acknowledged * AMOUNT,
      unknownCount: failed(true),
      unknownAmountMinor: failed(true) * AMOUNT,
    },
    failures: counts.failures,
  };
}

/** What h2load leaves behind when its time is over goes on at the service. */
async function atRest(service: ServiceProcess, yardstick: Yardstick): Promise<YardstickCounts> {
  const deadline = performance.now() + REST_MS_MAX;
  for (;;) {
    const counts = await service.yardstickCounts(yardstick);
    if (underWay(counts) === 0) return counts;
    if (performance.now() > deadline)
      throw new Error(`${underWay(counts)} calls have not ended at the service`);
    await sleep(REST_EVERY_MS);
  }
}
