import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CpuProfile } from '../measure/cpu-profile';
import type { Stage } from '../measure/stage-clock';
import type { Yardstick, YardstickCounts } from '../grpc/yardstick-counts';
import { Child } from '../../kernel/child-process';
import type { Cleanups } from '../../kernel/cleanups';
import { environmentOf, HOT_ACCOUNT, OPENING_BALANCE_MINOR } from '../stage/runtime';
import type { Site } from '../stage/site';

/** For what hangs; a busy machine starts a service in less. */
const START_MS_MAX = 300_000;
const ANSWER_MS_MAX = 300_000;

/** What the service's own metrics add up to, over all shards. */
export interface EngineSums {
  /** Transactions, the commands merged into them, and the time they took. */
  readonly batches: number;
  readonly commands: number;
  readonly batchSeconds: number;
  /** Commands that came to their outcome, and the time from their arrival at the engine until then. */
  readonly outcomes: number;
  readonly outcomeSeconds: number;
}

/** Where a service listens, as URLs. */
export interface ServiceAddresses {
  readonly rest: string;
  readonly grpc?: string;
}

/** A running service, and what a load needs to reach it. */
export class ServiceProcess {
  private constructor(
    private readonly child: Child,
    readonly url: URL,
    /** Where it listens for gRPC, if it does. */
    readonly grpcUrl: string | undefined,
    readonly key: string,
  ) {}

  static async start(site: Site, cleanups: Cleanups): Promise<ServiceProcess> {
    const key = randomBytes(24).toString('hex');
    const env = { ...environmentOf(site), HOTSPLIT_ADMIN_KEY: key };
    const child = new Child('the service', join(__dirname, 'service-main.js'), { env, cleanups });
    const { rest, grpc } = await child.call<ServiceAddresses>('addresses', undefined, START_MS_MAX);
    return new ServiceProcess(child, new URL(rest), grpc, key);
  }

  async createHotAccount(subAccounts: number): Promise<void> {
    const response = await fetch(new URL('/v1/accounts', this.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        id: HOT_ACCOUNT,
        asset: 'USD/2',
        subAccounts,
        initialBalance: OPENING_BALANCE_MINOR.toString(),
      }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (response.status !== 201)
      throw new Error(`the account was not created: ${response.status} ${await response.text()}`);
  }

  /** Resident memory now, and the most since the last time it was asked for; processor time so far. */
  usage(): Promise<{ nowMb: number; peakMb: number; cpuMicros: number }> {
    return this.child.call('usage', undefined, ANSWER_MS_MAX);
  }

  /** What the service counted of the calls to a method of the benchmark's own. */
  yardstickCounts(yardstick: Yardstick): Promise<YardstickCounts> {
    return this.child.call('yardstickCounts', yardstick, ANSWER_MS_MAX);
  }

  /** Sums over everything so far. */
  async engineSums(): Promise<EngineSums> {
    const response = await fetch(new URL('/metrics', this.url), {
      headers: { authorization: `Bearer ${this.key}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await response.text();
    const sum = (metric: string): number =>
      [...text.matchAll(new RegExp(`^${metric}\\{.*\\} ([0-9.e+-]+)$`, 'gm'))].reduce(
        (total, [, value]) => total + Number(value),
        0,
      );
    return {
      batches: sum('hotsplit_batch_commands_count'),
      commands: sum('hotsplit_batch_commands_sum'),
      batchSeconds: sum('hotsplit_batch_seconds_sum'),
      outcomes: sum('hotsplit_command_seconds_count'),
      outcomeSeconds: sum('hotsplit_command_seconds_sum'),
    };
  }

  async profiled<T>(work: () => Promise<T>): Promise<{ result: T; profile: CpuProfile }> {
    await this.child.call('startProfile', undefined, ANSWER_MS_MAX);
    const result = await work();
    return { result, profile: await this.child.call<CpuProfile>('stopProfile', undefined, ANSWER_MS_MAX) };
  }

  /** From now on, where deductions spend their time inside the engine. */
  async startStages(): Promise<void> {
    await this.child.call('startStages', undefined, ANSWER_MS_MAX);
  }

  stopStages(): Promise<Stage[]> {
    return this.child.call('stopStages', undefined, ANSWER_MS_MAX);
  }

  stop(): Promise<void> {
    return this.child.end();
  }
}
