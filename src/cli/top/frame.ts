import type { Load } from '../../load/load-watch';
import type { ShownOperation } from '../service/operations';
import type { Columns } from '../terminal/columns';
import { grouped } from '../terminal/tables';
import type { BusyAccount } from './busiest-accounts';

/** What one look saw. */
export interface Frame {
  readonly at: string;
  /** None until there were two looks: rates are what came between them. */
  readonly rates?: {
    readonly applied: number;
    readonly refused: number;
    readonly failed: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  };
  readonly instances: number;
  readonly waiting: number;
  readonly shards: readonly ShardFrame[];
  readonly alarms: readonly string[];
  /** None where the key may not see them. */
  readonly accounts?: readonly BusyAccount[];
  readonly operations?: readonly ShownOperation[];
}

export interface ShardFrame {
  readonly name: string;
  readonly isUp: boolean;
  readonly waiting: number;
  /** Since the instance started. */
  readonly batchCommands?: number;
  readonly batchMs?: number;
}

export function frameOf(load: Load, at: string, others: Pick<Frame, 'accounts' | 'operations'>): Frame {
  const point = load.points.at(-1);
  const shards = [...load.shards].map(([name, { depth, isUp, batchCommands, batchMs }]) => ({
    name,
    isUp,
    waiting: depth,
    ...(batchCommands !== undefined && { batchCommands }),
    ...(batchMs !== undefined && { batchMs }),
  }));
  return {
    at,
    ...(point && {
      rates: {
        applied: point.applied,
        refused: point.refused,
        failed: point.failed,
        p50Ms: point.p50Ms,
        p99Ms: point.p99Ms,
      },
    }),
    instances: load.instances,
    waiting: shards.reduce((sum, { waiting }) => sum + waiting, 0),
    shards,
    alarms: load.alarms.map(({ what }) => what),
    ...others,
  };
}

/** For pipes and logs. */
export function lineOf(frame: Frame): string {
  const { at, rates, waiting, shards, accounts = [], operations = [], alarms } = frame;
  const up = shards.filter(({ isUp }) => isUp).length;
  const [busiest] = accounts;
  return [
    at,
    rates ? `applied ${perSecond(rates.applied)}` : 'applied -',
    rates ? `refused ${perSecond(rates.refused)}` : 'refused -',
    rates ? `failed ${perSecond(rates.failed)}` : 'failed -',
    `p50 ${milliseconds(rates?.p50Ms)}`,
    `p99 ${milliseconds(rates?.p99Ms)}`,
    `waiting ${grouped(waiting)}`,
    `shards ${up}/${shards.length} up`,
    `operations ${operations.length}`,
    ...(busiest ? [`busiest ${busiest.accountId} ${percentOf(busiest.share)}`] : []),
    ...(alarms.length > 0 ? [`alarms ${alarms.length}`] : []),
  ].join('  ');
}

export const FRAME_COLUMNS: Columns<Frame> = {
  at: ({ at }) => at,
  'applied per second': ({ rates }) => rates && Math.round(rates.applied),
  'refused per second': ({ rates }) => rates && Math.round(rates.refused),
  'failed per second': ({ rates }) => rates && Math.round(rates.failed),
  'p50 ms': ({ rates }) => rates?.p50Ms?.toFixed(1),
  'p99 ms': ({ rates }) => rates?.p99Ms?.toFixed(1),
  waiting: ({ waiting }) => waiting,
  'shards up': ({ shards }) => shards.filter(({ isUp }) => isUp).length,
  shards: ({ shards }) => shards.length,
  operations: ({ operations }) => operations?.length,
  'busiest account': ({ accounts }) => accounts?.[0]?.accountId,
  alarms: ({ alarms }) => alarms.length,
};

export function perSecond(rate: number): string {
  return `${grouped(Math.round(rate))}/s`;
}

export function milliseconds(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : `${value.toFixed(1)} ms`;
}

export function percentOf(share: number): string {
  return `${Math.round(share * 100)} %`;
}
