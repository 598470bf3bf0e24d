import type { MeasuredCase, Round, Subject } from '../cases/case';
import { roundLine } from '../cases/run-together';
import { ServiceProcess } from '../http/service-process';
import type { LoadResult } from '../load/load-plan';
import { LoadProcess } from '../load/load-process';
import { type Timing } from '../measure/measurement';
import { Sequence } from '../measure/requests';
import { Tally } from '../measure/tally';
import type { Surroundings } from '../scenario';
import { directoryOf, createSite, type Site } from '../stage/site';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import { startRuntime } from '../stage/runtime';
import { SILENT_OBSERVER } from '../../../src/engine/observer';
import { auditSums } from './audit-sums';
import { COLD_ACCOUNTS_MAX, coldAccountId } from './cold-accounts';
import type { ColdOptions } from './cold-options';
import { fillAccounts } from './fill-accounts';
import { measureAtomic } from './measure-atomic';
import { RefusedRun } from '../refused-run';

export const ATOMIC = 'atomic';
export const START_SECONDS = 'start s';

export interface ColdDoor {
  readonly name: 'http' | 'http-batch' | 'client';
  /** Calls under way. */
  readonly inFlight: number;
  /** Deductions in a call. */
  readonly items: number;
  /** Whether deductions come together before they arrive, so that one by one does not bound them. */
  readonly merges: boolean;
}

/** One by one, in batches of 500, and asked for one by one of the client, which makes batches. */
export const COLD_DOORS: readonly ColdDoor[] = [
  { name: 'http', inFlight: 256, items: 1, merges: false },
  { name: 'http-batch', inFlight: 4, items: 500, merges: true },
  { name: 'client', inFlight: 2_048, items: 1, merges: true },
];

export type CacheState = 'cold' | 'warm';

export function nameOf({ name }: ColdDoor, cache: CacheState): string {
  return `${name} ${cache}`;
}

const BALANCE_MINOR = 10 ** 9;

interface Ground {
  readonly site: Site;
  readonly options: ColdOptions;
  readonly sequence: Sequence;
  readonly tally: Tally;
  readonly load: LoadProcess;
  readonly surroundings: Surroundings;
}

/** A store's accounts are made once; then one row each, and every door with a service that has just started and again. */
export async function measureCold(
  store: StoreKind,
  options: ColdOptions,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const { accounts } = options;
  if (accounts > COLD_ACCOUNTS_MAX) throw new RefusedRun(`at most ${COLD_ACCOUNTS_MAX} accounts`);
  const site = await createSite(store, surroundings.servers, surroundings.cleanups);
  const load = new LoadProcess(surroundings.cleanups);
  const ground = { site, options, sequence: new Sequence(), tally: new Tally(), load, surroundings };
  try {
    const filledIn = await fill(ground);
    surroundings.print(`  ${accounts.toLocaleString('en-US')} accounts made in ${filledIn.toFixed(0)} s`);
    const unaudited = [await measureOneRowEach(store, ground)];
    for (const door of COLD_DOORS) unaudited.push(...(await measureDoor(store, door, ground)));
    const audit = await auditSums(site.shards, {
      accounts,
      balanceMinor: BALANCE_MINOR,
      deducted: ground.tally.total,
    });
    return unaudited.map(({ subject, round }) => ({ case: subject, rounds: [{ ...round, audit }] }));
  } finally {
    await load.stop();
    await site.drop();
  }
}

interface Unaudited {
  readonly subject: Subject;
  readonly round: Omit<Round, 'audit'>;
}

async function fill({ site, options }: Ground): Promise<number> {
  const runtime = await startRuntime(site, SILENT_OBSERVER);
  await runtime.stop();
  const started = performance.now();
  const { shards } = site;
  const { accounts } = options;
  await fillAccounts({ shards, directory: directoryOf(site), accounts, balanceMinor: BALANCE_MINOR });
  return (performance.now() - started) / 1_000;
}

async function measureOneRowEach(store: StoreKind, ground: Ground): Promise<Unaudited> {
  const { site, options, sequence, tally, surroundings } = ground;
  const inFlight = 64;
  const subject = subjectOf(store, { name: ATOMIC, inFlight });
  const round = await measureAtomic({
    site,
    accounts: options.accounts,
    sequence,
    tally,
    inFlight,
    timing: timingOf(options),
  });
  surroundings.print(roundLine('1/1', subject, { ...round, audit: 'audited in the end' }));
  return { subject, round };
}

async function measureDoor(store: StoreKind, door: ColdDoor, ground: Ground): Promise<Unaudited[]> {
  const { site, surroundings } = ground;
  const startedAt = performance.now();
  const service = await ServiceProcess.start(site, surroundings.cleanups);
  const startSeconds = (performance.now() - startedAt) / 1_000;
  const results: Unaudited[] = [];
  try {
    for (const cache of ['cold', 'warm'] as const) {
      const subject = subjectOf(store, { name: nameOf(door, cache), inFlight: door.inFlight * door.items });
      const measured = await drive(service, door, ground);
      const round = { ...measured, ...(cache === 'cold' && { figures: { [START_SECONDS]: startSeconds } }) };
      surroundings.print(roundLine('1/1', subject, { ...round, audit: 'audited in the end' }));
      results.push({ subject, round });
    }
  } finally {
    await service.stop();
  }
  return results;
}

async function drive(service: ServiceProcess, door: ColdDoor, ground: Ground): Promise<Omit<Round, 'audit'>> {
  const { sequence, tally, options } = ground;
  const before = await service.usage();
  const result = await sent(service, door, ground);
  const after = await service.usage();
  const { sequencesUsed, acknowledged, failures, ...measurement } = result;
  sequence.reserve(sequencesUsed);
  tally.add(acknowledged);
  if (measurement.errors > 0)
    ground.surroundings.print(
      `  not acknowledged, by status: ${JSON.stringify(failures)}, of ${options.accounts}`,
    );
  return {
    ...measurement,
    cpuMicrosPerOp: (after.cpuMicros - before.cpuMicros) / acknowledged.count,
    rssMb: { start: before.nowMb, peak: after.peakMb, end: after.nowMb },
  };
}

function sent(
  service: ServiceProcess,
  { name, inFlight, items }: ColdDoor,
  ground: Ground,
): Promise<LoadResult> {
  const { load, sequence, options } = ground;
  const common = {
    key: service.key,
    items,
    accountId: coldAccountId(0),
    accounts: options.accounts,
    firstSequence: sequence.reserve(0),
    timing: timingOf(options),
  };
  if (name === 'client') return load.run('client', { ...common, address: service.url.href, inFlight });
  const path = name === 'http' ? `/v1/accounts/${common.accountId}/deductions` : '/v1/deductions:batch';
  const { hostname: host, port } = service.url;
  return load.run('connections', { ...common, host, port: Number(port), path, connections: inFlight });
}

/** Without a warm-up: what is measured cold would be over. */
function timingOf({ seconds }: ColdOptions): Timing {
  return { warmUpMs: 0, measureMs: seconds * 1_000, drainMsMax: 30_000 };
}

function subjectOf(store: StoreKind, { name, inFlight }: { name: string; inFlight: number }): Subject {
  return { name, store, shards: shardCountOf(store), subAccounts: 1, inFlight };
}
