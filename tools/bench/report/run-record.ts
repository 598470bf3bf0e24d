import { BALANCED } from '../audit/audit-site';
import type { BatchFigures, Figures, MeasuredCase, MemoryMb } from '../cases/case';
import { medianBy } from '../measure/median';

/** One case as `--json` writes it. The figures are those of its median round, by rate or, where that is given, by p99; `rounds` has every round's rate. */
export interface RunRecord {
  readonly scenario: string;
  readonly name: string;
  readonly store: string;
  readonly shards: number;
  readonly subAccounts: number;
  readonly inFlight: number;
  readonly seconds: number;
  readonly ops: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Of all rounds together. */
  readonly errors: number;
  /** `balanced`, or the first audit that did not. */
  readonly audit: string;
  readonly rounds: readonly number[];
  readonly cpuMicrosPerOp: number;
  /** Resident memory of the service: at the first round's start, at most, and at the last round's end. */
  readonly rssMb?: MemoryMb;
  readonly batches?: BatchFigures;
  readonly figures?: Figures;
}

export function recordOf(scenario: string, measured: MeasuredCase): RunRecord {
  const { case: what, rounds } = measured;
  const middle = medianBy(rounds, (round) => (what.paced ? round.p99Ms : round.opsPerSecond));
  if (!middle) throw new RangeError(`${what.name} was not measured`);
  const rssMb = memoryOver(measured);
  return {
    scenario,
    name: what.name,
    store: what.store,
    shards: what.shards,
    subAccounts: what.subAccounts,
    inFlight: what.inFlight,
    seconds: middle.seconds,
    ops: middle.ops,
    opsPerSecond: Math.round(middle.opsPerSecond),
    p50Ms: middle.p50Ms,
    p99Ms: middle.p99Ms,
    p999Ms: middle.p999Ms,
    errors: rounds.reduce((total, round) => total + round.errors, 0),
    audit: rounds.find((round) => round.audit !== BALANCED)?.audit ?? BALANCED,
    cpuMicrosPerOp: Number(middle.cpuMicrosPerOp.toFixed(1)),
    rounds: rounds.map((round) => Math.round(round.opsPerSecond)),
    ...(rssMb ? { rssMb } : {}),
    ...(middle.batches ? { batches: middle.batches } : {}),
    ...(middle.figures ? { figures: middle.figures } : {}),
  };
}

function memoryOver({ rounds }: MeasuredCase): MemoryMb | undefined {
  const all = rounds.map((round) => round.rssMb).filter((memory) => memory !== undefined);
  const [first] = all;
  const last = all.at(-1);
  if (!first || !last) return undefined;
  return {
    start: Math.round(first.start),
    peak: Math.round(Math.max(...all.map((memory) => memory.peak))),
    end: Math.round(last.end),
  };
}
