import type { MeasuredCase, Subject } from '../cases/case';
import { findMeasured, ratioOf } from '../cases/run-interleaved';
import type { Goal } from '../report/goals';
import { recordOf, type RunRecord } from '../report/run-record';

/** What a run is compared with: of the same store, and where it says so of the same number in flight. */
const YARDSTICKS: Readonly<
  Record<string, readonly { readonly name: string; readonly sameInFlight?: true }[]>
> = {
  merged: [
    { name: 'bulk-insert' },
    { name: 'atomic' },
    { name: 'pessimistic' },
    { name: 'merged-no-feed', sameInFlight: true },
  ],
  http: [{ name: 'http-noop', sameInFlight: true }],
  grpc: [{ name: 'grpc-noop', sameInFlight: true }],
};

interface Promised {
  readonly store: string;
  readonly name: string;
  readonly inFlight?: number;
  /** At least this many times as fast as a yardstick. */
  readonly over?: Readonly<Record<string, number>>;
  readonly perSecond?: number;
  readonly p99MsBelow?: number;
  readonly rssMbBelow?: number;
}

/** What is promised of one account on one machine of two cores that is client, service and databases at once. */
const PROMISED: readonly Promised[] = [
  { store: 'sqlite', name: 'merged', inFlight: 2_048, perSecond: 120_000 },
  { store: 'sqlite', name: 'merged', inFlight: 512, over: { 'merged-no-feed': 0.95 } },
  { store: 'mariadb-1', name: 'merged', inFlight: 512, over: { 'merged-no-feed': 0.95 } },
  { store: 'mariadb-1', name: 'merged', inFlight: 2_048, over: { 'bulk-insert': 0.75 } },
  {
    store: 'mariadb-2',
    name: 'merged',
    inFlight: 512,
    over: { atomic: 12, pessimistic: 30, 'merged-no-feed': 0.95 },
  },
  { store: 'mariadb-2', name: 'merged', inFlight: 2_048, over: { 'bulk-insert': 0.75 } },
  {
    ...{ store: 'mariadb-2', name: 'http', inFlight: 256 },
    ...{ over: { 'http-noop': 0.68 }, perSecond: 12_000, p99MsBelow: 60, rssMbBelow: 400 },
  },
  {
    ...{ store: 'mariadb-2', name: 'grpc', inFlight: 256 },
    ...{ over: { 'grpc-noop': 0.6 }, perSecond: 7_000 },
  },
  { store: 'mariadb-2', name: 'grpc-stream', perSecond: 30_000 },
  { store: 'mariadb-2', name: 'http-batch', perSecond: 45_000, p99MsBelow: 100 },
  { store: 'mariadb-2', name: 'grpc-batch', perSecond: 45_000, p99MsBelow: 100 },
  { store: 'mariadb-2', name: 'client', perSecond: 45_000, p99MsBelow: 100 },
];

/** Every run of the product beside the yardsticks of its store, by name. */
export function ratiosOf(measured: readonly MeasuredCase[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const one of measured) {
    for (const yardstick of yardsticksOf(one.case, measured))
      ratios[ratioName(one.case, yardstick.case.name)] = ratioOf(one, yardstick);
  }
  return ratios;
}

function yardsticksOf({ name, store, inFlight }: Subject, measured: readonly MeasuredCase[]): MeasuredCase[] {
  return (YARDSTICKS[name] ?? [])
    .map((each) => findMeasured(measured, { name: each.name, store, ...(each.sameInFlight && { inFlight }) }))
    .filter((found) => found !== undefined);
}

function ratioName(
  { store, name, inFlight }: Pick<Subject, 'store' | 'name' | 'inFlight'>,
  yardstick: string,
) {
  return `${store} ${name} @${inFlight} / ${yardstick}`;
}

/** The goals that this run can say something about. */
export function goalsOf(measured: readonly MeasuredCase[]): Goal[] {
  const ratios = ratiosOf(measured);
  return PROMISED.flatMap((promised) => {
    const { store, name, inFlight } = promised;
    const found = findMeasured(measured, { store, name, ...(inFlight !== undefined && { inFlight }) });
    return found ? goalsOn(promised, recordOf('', found), ratios) : [];
  });
}

function goalsOn(promised: Promised, run: RunRecord, ratios: Readonly<Record<string, number>>): Goal[] {
  const { over = {}, perSecond, p99MsBelow, rssMbBelow } = promised;
  const title = `${run.store} ${run.name} @${run.inFlight}`;
  const beside = Object.entries(over).flatMap(([yardstick, atLeast]) => {
    const name = ratioName(run, yardstick);
    const measured = ratios[name];
    return measured === undefined ? [] : [{ name, measured, atLeast }];
  });
  return [
    ...beside,
    ...(perSecond === undefined
      ? []
      : [{ name: `${title}, deductions/s`, measured: run.opsPerSecond, atLeast: perSecond }]),
    ...(p99MsBelow === undefined
      ? []
      : [{ name: `${title}, p99 ms`, measured: run.p99Ms, below: p99MsBelow }]),
    ...(rssMbBelow === undefined || !run.rssMb
      ? []
      : [{ name: `${title}, RSS MB at most`, measured: run.rssMb.peak, below: rssMbBelow }]),
  ];
}
