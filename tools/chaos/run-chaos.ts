import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, pause } from '../kernel/clock';
import type { Breach } from './check/breach';
import { check } from './check/check';
import { gather } from './check/evidence';
import { readDump } from './check/read-dump';
import { BRISK_PACE, PACE, type Parts, planOnce, planRounds } from './faults/plan-rounds';
import { runRounds } from './faults/run-rounds';
import { HistoryFile, readHistory } from './history/history-file';
import { plannedAccounts } from './load/accounts';
import { Clients } from './load/clients';
import { Load } from './load/load';
import { resolveAll } from './load/resolve';
import { Rest } from './load/rest';
import { createAccounts, Steward } from './load/steward';
import { type Cluster, NoNodesError, startCluster } from './parts/cluster';
import { Dice } from '../kernel/dice';
import { breachCounts, quantile, recoveryReport, type Report } from './report/report';
import { GRACE_MS, Watchers } from './report/watchers';

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Every kind of fault once, briefly, instead of so many minutes. */
  readonly once: boolean;
  /** Whether one more shard is on a Galera cluster; undefined: where this machine can have one. */
  readonly nodes: boolean | undefined;
  readonly arrivalsPerSecond: number;
  readonly commit: string;
  readonly keep: boolean;
}

const WARM_UP_MS = 1_500;
/** After the last fault: the time for recovery, and some to see that all is well. */
const LAST_QUIET_MS = GRACE_MS + 3_000;
/** A busy machine may need longer until everything has worked again; what has not by then counts as broken for good. */
const RECOVERED_MS_MAX = 300_000;
const LOOK_AGAIN_MS = 100;
const FAILURES_KEPT = 100;
const BREACHES_KEPT = 1_000;

/** A whole run: parts, load, faults, then rest, resolution, audit and judgement. */
export async function runChaos(
  options: ChaosOptions,
  tell: (text: string) => void,
  cleanups: (() => Promise<void>)[],
): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-chaos-'));
  const { cluster, nodesMissing } = await startWhatCanBe(folder, options.nodes);
  cleanups.push(() => cluster.stop());
  const clock = new Clock();
  const history = new HistoryFile(join(folder, 'history.jsonl'));
  const watchers = new Watchers(clock);
  const rest = new Rest(doorsOf(cluster), cluster.adminKey, clock);
  const write = history.write.bind(history);
  const clients = new Clients({ rest, clock, write, watch: watchers.called.bind(watchers) });
  const accounts = plannedAccounts();
  const services = cluster.services.length;
  const common = { clients, accounts, services };
  const load = new Load({
    ...common,
    dice: new Dice(options.seed).named('load'),
    arrivalsPerSecond: options.arrivalsPerSecond,
  });
  const steward = new Steward({
    ...common,
    rest,
    shardNames: cluster.shardNames,
    dice: new Dice(options.seed).named('steward'),
    clock,
    write,
  });

  await createAccounts(clients, accounts);
  load.start();
  steward.start();
  await pause(WARM_UP_MS);
  const disorderlyStops: string[] = [];
  const parts = partsOf(cluster);
  const dice = new Dice(options.seed).named('faults');
  const rounds = await runRounds(
    options.once ? planOnce(parts, BRISK_PACE, dice) : planRounds(parts, PACE, dice),
    {
      breakable: {
        cluster,
        load,
        disorderlyStop: (service, exit) =>
          disorderlyStops.push(`${service.name} ended with ${exit} at ${Math.round(clock.nowMs())} ms`),
      },
      clock,
      watchers,
      write,
      tell,
      untilMs: options.once ? Infinity : options.minutes * 60_000,
    },
  );
  await pause(LAST_QUIET_MS);
  for (let ms = 0; watchers.recovery.waiting.length > 0 && ms < RECOVERED_MS_MAX; ms += LOOK_AGAIN_MS)
    await pause(LOOK_AGAIN_MS);
  const notRecovered = watchers.recovery.waiting;
  const seconds = clock.nowMs() / 1_000;

  tell('everything is whole: coming to rest …');
  await steward.stop();
  await load.stop();
  await steward.windUp();
  const resolution = await resolveAll({
    clients,
    clock,
    dice: new Dice(options.seed).named('resolve'),
    services,
  });
  const audit = await steward.audit();
  for (const account of new Set(clients.ops.map((op) => op.account)))
    for (let service = 0; service < services; service += 1)
      await clients.readBalance(account, service, 'current', true);
  await history.close();
  await rest.close();

  tell('reading the databases and the history …');
  const databases = cluster.databaseUrls.map((url, n) => ({ name: cluster.shardNames[n] ?? '', url }));
  const evidence = await gather(readHistory(history.path));
  const breaches: Breach[] = [
    ...check(evidence, await readDump(databases)),
    ...failedParts(cluster),
    ...notRecovered.map((what): Breach => ({ rule: 'unresolved', detail: `${what} has not worked again` })),
  ];
  if (audit.error !== undefined) breaches.push({ rule: 'auditUnbalanced', detail: audit.error });
  const isBroken = breaches.length > 0;
  if (!isBroken && !options.keep) rmSync(folder, { recursive: true, force: true });

  const faults: Record<string, number> = {};
  for (const { kind } of evidence.faults) faults[kind] = (faults[kind] ?? 0) + 1;
  return {
    seed: options.seed,
    commit: options.commit,
    database: `MariaDB ${cluster.databases[0]?.version ?? '?'}`,
    seconds,
    verdict: isBroken ? 'broken' : 'clean',
    skipped: [
      ...(parts.smallDisk === undefined ? ['disk full: this machine lets nobody mount a small disk'] : []),
      ...(parts.clustered ? [] : [`writer killed, writer stopped: ${nodesMissing ?? ''}`]),
    ],
    faults,
    rounds,
    calls: watchers.calls,
    acknowledged: watchers.acknowledged,
    keys: clients.ops.length,
    operator: steward.counts,
    resolution,
    broken: breachCounts(breaches),
    breaches: breaches.slice(0, BREACHES_KEPT),
    audit,
    disorderlyStops,
    recovery: recoveryReport(watchers.recovery.recovered),
    quiet: {
      calls: watchers.quietCalls,
      failed: watchers.quietFailures.length,
      failures: watchers.quietFailures.slice(0, FAILURES_KEPT),
      p50Ms: quantile(watchers.quietLatenciesMs, 0.5),
      p99Ms: quantile(watchers.quietLatenciesMs, 0.99),
    },
    beside: {
      calls: watchers.besideLatenciesMs.length,
      p50Ms: quantile(watchers.besideLatenciesMs, 0.5),
      p99Ms: quantile(watchers.besideLatenciesMs, 0.99),
      ...(watchers.slowestBeside && { slowest: watchers.slowestBeside }),
    },
    ...(isBroken || options.keep ? { history: folder } : {}),
  };
}

/** Galera is in packages of Debian and Ubuntu: a machine that cannot have it breaks the rest, unless it was asked for. */
async function startWhatCanBe(
  folder: string,
  wanted: boolean | undefined,
): Promise<{ readonly cluster: Cluster; readonly nodesMissing?: string }> {
  if (wanted === false)
    return { cluster: await startCluster(folder, false), nodesMissing: 'left out; --cluster has it' };
  try {
    return { cluster: await startCluster(folder, true) };
  } catch (error) {
    if (wanted || !(error instanceof NoNodesError)) throw error;
    return { cluster: await startCluster(folder, false), nodesMissing: error.message };
  }
}

function doorsOf(cluster: Cluster): string[] {
  return cluster.links.filter(({ kind }) => kind === 'clients').map(({ proxy }) => proxy.url);
}

function partsOf({ services, databases, nodes, links }: Cluster): Parts {
  const smallDisk = databases.findIndex((database) => database.hasSmallDisk);
  return {
    services: services.length,
    databases: databases.length,
    smallDisk: smallDisk < 0 ? undefined : smallDisk,
    clustered: nodes !== undefined,
    links: links.map(({ kind }) => kind),
  };
}

function failedParts({ services }: Cluster): Breach[] {
  return services
    .filter(({ unexpectedEnds }) => unexpectedEnds > 0)
    .map(({ name, unexpectedEnds }) => ({
      rule: 'partFailed',
      detail: `${name} ended by itself ${unexpectedEnds} times`,
    }));
}
