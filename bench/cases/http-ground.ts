import { auditSite } from '../audit/audit-site';
import { noopPath } from '../http/noop-route';
import { type BatchSums, ServiceProcess } from '../http/service-process';
import type { LoadPlan, LoadResult } from '../load/load-plan';
import { LoadProcess } from '../load/load-process';
import type { Timing } from '../measure/measurement';
import { Sequence } from '../measure/requests';
import { type Stage, wholeOf } from '../measure/stage-clock';
import { Tally } from '../measure/tally';
import type { Cleanups } from '../stage/cleanups';
import { HOT_ACCOUNT } from '../stage/runtime';
import { createSite, type Site } from '../stage/site';
import type { Servers, StoreKind } from '../stage/store-kind';
import type { Round } from './case';

/** The calls that are measured over HTTP. */
export type HttpCall = 'http' | 'http-noop' | 'http-batch';

/** Deductions in one request of the batch call. */
export const BATCH_ITEMS = 500;

const PATHS: Readonly<Record<HttpCall, string>> = {
  http: `/v1/accounts/${HOT_ACCOUNT}/deductions`,
  'http-noop': noopPath(HOT_ACCOUNT),
  'http-batch': '/v1/deductions:batch',
};

/**
 * One service process on one site, and one load process, that a store's HTTP cases share through all their rounds: the
 * yardstick and the product are the same server, and its memory is watched over the whole of it.
 */
export class HttpGround {
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
    { servers, cleanups }: { servers: Servers; cleanups: Cleanups },
  ): Promise<HttpGround> {
    const site = await createSite(store, servers, cleanups);
    const service = await ServiceProcess.start(site, cleanups);
    await service.createHotAccount(subAccounts);
    return new HttpGround(site, service, new LoadProcess(cleanups));
  }

  async measure(
    call: HttpCall,
    connections: number,
    timing: Timing,
    { profile, decompose }: { readonly profile: boolean; readonly decompose: boolean },
  ): Promise<Round> {
    const batchesBefore = await this.service.batchSums();
    const before = await this.service.usage();
    const load = () => this.load.run(this.#plan(call, connections, timing));
    let stages: Stage[] | undefined;
    const run = async (): Promise<LoadResult> => {
      if (!decompose) return load();
      const starting = setTimeout(() => void this.service.startStages(), timing.warmUpMs);
      const result = await load().finally(() => clearTimeout(starting));
      const inside = await this.service.stopStages();
      stages = wholeOf(inside, 'HTTP, network and client', { ...result, inFlight: connections });
      return result;
    };
    const { result, profile: found } = profile
      ? await this.service.profiled(run)
      : { result: await run(), profile: undefined };
    const after = await this.service.usage();
    return {
      ...this.#counted(call, result),
      audit: await auditSite(this.site, this.#tally.total),
      cpuMicrosPerOp: (after.cpuMicros - before.cpuMicros) / result.acknowledged.count,
      rssMb: { start: before.nowMb, peak: after.peakMb, end: after.nowMb },
      ...batchesBetween(batchesBefore, await this.service.batchSums()),
      ...(found ? { profile: found } : {}),
      ...(stages ? { stages } : {}),
    };
  }

  async close(): Promise<void> {
    await this.load.stop();
    await this.service.stop();
    await this.site.drop();
  }

  #plan(call: HttpCall, connections: number, timing: Timing): LoadPlan {
    const { url, key } = this.service;
    return {
      host: url.hostname,
      port: Number(url.port),
      path: PATHS[call],
      key,
      connections,
      items: call === 'http-batch' ? BATCH_ITEMS : 1,
      accountId: HOT_ACCOUNT,
      firstSequence: this.#sequence.reserve(0),
      timing,
    };
  }

  /** The yardstick's requests are acknowledged too, but nothing of them stands in the ledger. */
  #counted(call: HttpCall, result: LoadResult): Omit<Round, 'audit' | 'cpuMicrosPerOp'> {
    const { sequencesUsed, acknowledged, failures, ...measurement } = result;
    this.#sequence.reserve(sequencesUsed);
    if (call !== 'http-noop') this.#tally.add(acknowledged);
    if (measurement.errors > 0) console.log(`  not acknowledged, by status: ${JSON.stringify(failures)}`);
    return measurement;
  }
}

function batchesBetween(before: BatchSums, after: BatchSums): Pick<Round, 'batches'> {
  const batches = after.batches - before.batches;
  if (batches === 0) return {};
  const commands = (after.commands - before.commands) / batches;
  return { batches: { commands, ms: ((after.seconds - before.seconds) * 1_000) / batches } };
}
