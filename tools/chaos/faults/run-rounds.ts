import { type Clock, pause } from '../../kernel/clock';
import type { HistoryEvent } from '../history/events';
import { type Cluster, ON_NODES } from '../parts/cluster';
import type { Watchers } from '../report/watchers';
import { type Breakable, carryOut } from './break';
import type { Fault, FaultKind, Round, Target } from './fault';
import { way } from './way';

const LOOK_AGAIN_MS = 100;
const ACKNOWLEDGED_MS_MAX = 120_000;

/** What one round came to. */
export interface RoundDone {
  readonly faults: readonly string[];
  readonly fromMs: number;
  /** When everything was whole again. */
  readonly wholeMs: number;
  readonly acknowledgedDuring: number;
  readonly acknowledgedAfter: number;
}

export interface RoundsParts {
  readonly breakable: Breakable;
  readonly clock: Clock;
  readonly watchers: Watchers;
  readonly write: (event: HistoryEvent) => void;
  readonly tell: (text: string) => void;
  /** No round begins after it. */
  readonly untilMs: number;
}

/** Carries rounds out one after the other; answers what each came to. */
export async function runRounds(rounds: Iterable<Round>, parts: RoundsParts): Promise<RoundDone[]> {
  const done: RoundDone[] = [];
  for (const round of rounds) {
    if (parts.clock.nowMs() >= parts.untilMs) break;
    done.push(await runRound(round, parts));
  }
  return done;
}

async function runRound(round: Round, parts: RoundsParts): Promise<RoundDone> {
  const { clock, watchers, tell, breakable } = parts;
  const { cluster } = breakable;
  const faults = round.faults.map(({ kind, target }) => `${kind}: ${describe(target, cluster)}`);
  tell(`${at(clock.nowMs())}  ${faults.join(', ')}`);
  const fromMs = clock.nowMs();
  const before = watchers.acknowledged;
  await Promise.all(round.faults.map((fault) => runFault(fault, parts)));
  const wholeMs = clock.nowMs();
  const whole = watchers.acknowledged;
  await pause(round.quietMs);
  // A busy machine may need longer than the quiet time: what is awaited is an acknowledgement, up to a bound.
  for (let ms = 0; watchers.acknowledged === whole && ms < ACKNOWLEDGED_MS_MAX; ms += LOOK_AGAIN_MS)
    await pause(LOOK_AGAIN_MS);
  return {
    faults,
    fromMs,
    wholeMs,
    acknowledgedDuring: whole - before,
    acknowledgedAfter: watchers.acknowledged - whole,
  };
}

async function runFault(fault: Fault, { breakable, clock, watchers, write }: RoundsParts): Promise<void> {
  const { cluster } = breakable;
  await pause(fault.afterMs);
  const fromMs = clock.nowMs();
  const affected = affectedBy(fault, cluster);
  const target = describe(fault.target, cluster);
  const name = `${fault.kind}: ${target}`;
  watchers.broken(affected, name);
  await carryOut(fault, breakable);
  watchers.whole(affected, name);
  write({ event: 'fault', kind: fault.kind, target, fromMs, toMs: clock.nowMs() });
}

const KINDS_WITHOUT_SERVICE: readonly FaultKind[] = [
  'redis killed',
  'redis stopped',
  'redis flushed',
  'screening killed',
  'screening slow',
  'screening failing',
];

/** The ways (through a service to a shard, or to a service) that a fault may close. */
export function affectedBy(fault: Fault, cluster: Cluster): { services: number[]; ways: string[] } {
  const services = cluster.services.map(({ number }) => number);
  const shards = cluster.shardNames;
  const waysOf = (throughs: readonly number[], tos: readonly string[]): string[] =>
    throughs.flatMap((service) => tos.map((shard) => way(service, shard)));
  if (KINDS_WITHOUT_SERVICE.includes(fault.kind)) return { services: [], ways: [] };
  switch (fault.target.part) {
    case 'services':
      return { services, ways: waysOf(services, shards) };
    case 'service':
      return { services: [fault.target.number], ways: waysOf([fault.target.number], shards) };
    case 'database':
      return { services: [], ways: waysOf(services, [shards[fault.target.number] as string]) };
    case 'writer':
      return { services: [], ways: waysOf(services, [ON_NODES]) };
    case 'redis':
    case 'screening':
      return { services: [], ways: [] };
    case 'link': {
      const link = cluster.links[fault.target.number];
      if (!link || link.kind === 'redis' || link.kind === 'screening') return { services: [], ways: [] };
      if (link.kind === 'clients') return { services: [link.service], ways: waysOf([link.service], shards) };
      return { services: [], ways: waysOf([link.service], link.shard === undefined ? [] : [link.shard]) };
    }
  }
}

function describe(target: Target, { links }: Cluster): string {
  switch (target.part) {
    case 'services':
    case 'redis':
    case 'screening':
    case 'writer':
      return target.part;
    case 'service':
    case 'database':
      return `${target.part} ${target.number}`;
    case 'link':
      return links[target.number]?.name ?? '?';
  }
}

function at(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
}
