import type { MeasuredCase, Round, Subject } from '../cases/case';
import { ServiceGround } from '../cases/service-ground';
import type { SlowReaderProcess } from '../grpc/slow-reader-process';
import type { Surroundings } from '../scenario';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import type { HotOptions } from './hot-options';
import type { HotPlan } from './hot-plan';

const STORE: StoreKind = 'mariadb-2';
const CONNECTIONS = 64;
const INTERVAL_SECONDS_MAX = 30;
/** Of the time with the slow reader, before it and after it each. */
const CONTROL_SHARE = 0.2;
const DRAIN_MS_MAX = 30_000;

/**
 * HTTP clients beside a stream that sends as fast as it may and reads ever so slowly: does it cost them anything, and
 * does the service remember what nobody reads? Measured before it, with it, and after it.
 */
export async function measureSlowReader(
  minutes: number,
  plan: HotPlan,
  options: Pick<HotOptions, 'store'>,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const store = options.store?.[0] ?? STORE;
  const ground = await ServiceGround.open(store, plan.subAccounts, surroundings);
  try {
    const span = new Span(ground, surroundings.print);
    const controlSeconds = minutes * 60 * CONTROL_SHARE;
    const before = await span.measure('without', controlSeconds);
    const reader = await ground.startSlowReader(surroundings.cleanups);
    const beside = await span.measure('with', minutes * 60, reader);
    const { sent, read, acknowledged, failures } = await reader.finish();
    ground.added(acknowledged);
    surroundings.print(`the slow reader: ${sent} sent, ${read} read in the end ${JSON.stringify(failures)}`);
    const after = await span.measure('without', controlSeconds);
    // While the stream is open something may be under way, so one audit stands for all.
    const audit = read === sent ? await ground.audit() : `${sent} sent over the stream, ${read} answered`;
    const caseOf = (name: string, rounds: readonly Unaudited[]): MeasuredCase => ({
      case: subjectOf(name, store, plan),
      rounds: rounds.map((round) => ({ ...round, audit })),
    });
    return [caseOf(WITHOUT_SLOW_READER, [...before, ...after]), caseOf(BESIDE_SLOW_READER, beside)];
  } finally {
    await ground.close();
  }
}

export const WITHOUT_SLOW_READER = 'http';
export const BESIDE_SLOW_READER = 'http beside a slow reader';

type Unaudited = Omit<Round, 'audit'>;

class Span {
  constructor(
    private readonly ground: ServiceGround,
    private readonly print: (line: string) => void,
  ) {}

  /** A line for each interval. */
  async measure(title: string, seconds: number, reader?: SlowReaderProcess): Promise<Unaudited[]> {
    const rounds: Unaudited[] = [];
    const intervals = Math.ceil(seconds / INTERVAL_SECONDS_MAX);
    const timing = {
      warmUpMs: 500,
      measureMs: (seconds / intervals) * 1_000,
      drainMsMax: DRAIN_MS_MAX,
    };
    for (let interval = 0; interval < intervals; interval += 1) {
      const round = await this.ground.measureUnaudited('http', CONNECTIONS, timing);
      rounds.push(round);
      const progress = reader ? await reader.progress() : undefined;
      const stream = progress ? `  stream: ${progress.sent} sent, ${progress.read} read` : '';
      this.print(`${title.padStart(7)}  ${lineOf(round)}${stream}`);
    }
    return rounds;
  }
}

function lineOf({ opsPerSecond, p50Ms, p99Ms, rssMb, errors }: Unaudited): string {
  const rate = Math.round(opsPerSecond).toLocaleString('en-US').padStart(8);
  const rss = rssMb ? `RSS ${Math.round(rssMb.end)} MB (at most ${Math.round(rssMb.peak)})` : '';
  return `${rate}/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  ${rss}  errors ${errors}`;
}

function subjectOf(name: string, store: StoreKind, { subAccounts }: HotPlan): Subject {
  return { name, store, shards: shardCountOf(store), subAccounts, inFlight: CONNECTIONS };
}
