import { auditSite } from '../audit/audit-site';
import { SlowReaderProcess } from '../grpc/slow-reader-process';
import { type EngineSums, ServiceProcess } from '../http/service-process';
import type { LoadResult } from '../load/load-plan';
import { LoadProcess } from '../load/load-process';
import type { Timing } from '../measure/measurement';
import { Sequence } from '../measure/requests';
import { type Stage, wholeOf } from '../measure/stage-clock';
import { type Acknowledged, Tally } from '../measure/tally';
import { RefusedRun } from '../refused-run';
import type { Surroundings } from '../scenario';
import type { Cleanups } from '../../kernel/cleanups';
import { HOT_ACCOUNT } from '../stage/runtime';
import { createSite, type Site } from '../stage/site';
import type { StoreKind } from '../stage/store-kind';
import type { Round } from './case';
import { CALLS, type ServiceCall } from './service-calls';

/** The figure that says how long a deduction was in the engine, on average: in a lane, then in a transaction. */
export const IN_ENGINE_MS = 'in the engine, ms';

/** What is looked at besides, each of which slows what it looks at. */
export interface Looks {
  readonly profile: boolean;
  readonly decompose: boolean;
}

const NO_LOOKS: Looks = { profile: false, decompose: false };

/** Beyond what the load process will ever have sent. */
const FAR_SEQUENCE = 10 ** 12;

/**
 * One service process on one site, and one load process, that a store's doors share through all their rounds: the
 * yardsticks and the product are the same server, and its memory is watched over the whole of it.
 */
export class ServiceGround {
  readonly #sequence = new Sequence();
  readonly #tally = new Tally();

  private constructor(
    private readonly site: Site,
    private readonly service: ServiceProcess,
    private readonly load: LoadProcess,
  ) {}

  static async open(
    store: StoreKind,
    subAccounts: number,
    { servers, cleanups }: Pick<Surroundings, 'servers' | 'cleanups'>,
  ): Promise<ServiceGround> {
    const site = await createSite(store, servers, cleanups);
    const service = await ServiceProcess.start(site, cleanups);
    await service.createHotAccount(subAccounts);
    return new ServiceGround(site, service, new LoadProcess(cleanups));
  }

  /** For what is opened beside the load. */
  get door(): { readonly url: string; readonly key: string } {
    return { url: this.service.url.href, key: this.service.key };
  }

  /** Why a call cannot be made here, if it cannot. */
  whyNot(call: ServiceCall): string | undefined {
    return CALLS[call].whyNot(this.service);
  }

  /** @param inFlight calls under way at once */
  async measure(
    call: ServiceCall,
    inFlight: number,
    timing: Timing,
    looks: Looks = NO_LOOKS,
  ): Promise<Round> {
    const round = await this.measureUnaudited(call, inFlight, timing, looks);
    return { ...round, audit: await this.audit() };
  }

  /** Only when nothing is under way. @returns `balanced`, or what is not */
  audit(): Promise<string> {
    return auditSite(this.site, this.#tally.total);
  }

  /** A client beside those that are measured; what it is told is to be `added` before the next audit. */
  startSlowReader(cleanups: Cleanups): Promise<SlowReaderProcess> {
    const { grpcUrl: address, key } = this.service;
    if (address === undefined) throw new RefusedRun('the service does not listen for gRPC');
    const plan = { address, key, accountId: HOT_ACCOUNT, firstSequence: FAR_SEQUENCE };
    return SlowReaderProcess.start(plan, cleanups);
  }

  added(told: Acknowledged): void {
    this.#tally.add(told);
  }

  async measureUnaudited(
    call: ServiceCall,
    inFlight: number,
    timing: Timing,
    { profile, decompose }: Looks = NO_LOOKS,
  ): Promise<Omit<Round, 'audit'>> {
    const sumsBefore = await this.service.engineSums();
    const before = await this.service.usage();
    const { service, load } = this;
    const firstSequence = this.#sequence.reserve(0);
    const drive = () => CALLS[call].drive({ service, load, inFlight, firstSequence, timing });
    let stages: Stage[] | undefined;
    const run = async (): Promise<LoadResult> => {
      if (!decompose) return drive();
      const starting = setTimeout(() => void service.startStages(), timing.warmUpMs);
      const result = await drive().finally(() => {
        clearTimeout(starting);
      });
      stages = wholeOf(await service.stopStages(), 'HTTP, network and client', { ...result, inFlight });
      return result;
    };
    const { result, profile: found } = profile
      ? await service.profiled(run)
      : { result: await run(), profile: undefined };
    const after = await service.usage();
    return {
      ...this.#counted(call, result),
      cpuMicrosPerOp: (after.cpuMicros - before.cpuMicros) / result.acknowledged.count,
      rssMb: { start: before.nowMb, peak: after.peakMb, end: after.nowMb },
      ...engineBetween(sumsBefore, await service.engineSums()),
      ...(found ? { profile: found } : {}),
      ...(stages ? { stages } : {}),
    };
  }

  async close(): Promise<void> {
    await this.load.stop();
    await this.service.stop();
    await this.site.drop();
  }

  /** A yardstick's requests are acknowledged too, but nothing of them stands in the ledger. */
  #counted(call: ServiceCall, result: LoadResult): Omit<Round, 'audit' | 'cpuMicrosPerOp'> {
    const { sequencesUsed, acknowledged, failures, ...measurement } = result;
    this.#sequence.reserve(sequencesUsed);
    if (!CALLS[call].isNoop) this.#tally.add(acknowledged);
    if (measurement.errors > 0) console.log(`  not acknowledged, by status: ${JSON.stringify(failures)}`);
    return measurement;
  }
}

/** How the engine merged what came in, and how long a deduction was in it. */
function engineBetween(before: EngineSums, after: EngineSums): Pick<Round, 'batches' | 'figures'> {
  const between = (name: keyof EngineSums): number => after[name] - before[name];
  const [batches, outcomes] = [between('batches'), between('outcomes')];
  if (batches === 0 || outcomes === 0) return {};
  const batchMs = (between('batchSeconds') * 1_000) / batches;
  return {
    batches: { commands: between('commands') / batches, ms: batchMs },
    figures: { [IN_ENGINE_MS]: (between('outcomeSeconds') * 1_000) / outcomes },
  };
}
