import { driveByH2load } from '../grpc/drive-by-h2load';
import type { Yardstick } from '../grpc/yardstick-counts';
import { noopPath } from '../http/noop-route';
import type { ServiceProcess } from '../http/service-process';
import type { LoadResult } from '../load/load-plan';
import { RefusedRun } from '../refused-run';
import { HOT_ACCOUNT } from '../stage/runtime';
import type { Driving } from './driving';

interface CallKind {
  /** Deductions in one call. */
  readonly items: number;
  /** It answers at once, and nothing of it stands in the ledger. */
  readonly isNoop: boolean;
  /** Why it cannot be made here, if it cannot. */
  whyNot(service: ServiceProcess): string | undefined;
  drive(driving: Driving): Promise<LoadResult>;
}

/** Deductions in one request of the batch calls. */
const BATCH_ITEMS = 500;

/** The calls to a running service that are measured, each with who drives it. */
export const CALLS = {
  http: onConnections({ path: `/v1/accounts/${HOT_ACCOUNT}/deductions`, items: 1 }),
  'http-noop': { ...onConnections({ path: noopPath(HOT_ACCOUNT), items: 1 }), isNoop: true },
  'http-batch': onConnections({ path: '/v1/deductions:batch', items: BATCH_ITEMS }),
  'grpc-noop': { ...byH2load('noop'), isNoop: true },
  grpc: byH2load('fresh'),
  'grpc-batch': inLoop('grpcBatch', BATCH_ITEMS, grpcAddress),
  'grpc-stream': inLoop('grpcStream', 1, grpcAddress),
  client: inLoop('client', 1, ({ url }) => url.href),
} as const satisfies Readonly<Record<string, CallKind>>;

export type ServiceCall = keyof typeof CALLS;

/** A client library in the load process, or what is used like one. */
function inLoop(
  duty: 'client' | 'grpcBatch' | 'grpcStream',
  items: number,
  addressOf: (service: ServiceProcess) => string,
): CallKind {
  return {
    items,
    isNoop: false,
    whyNot: duty === 'client' ? () => undefined : withoutGrpc,
    drive: ({ service, load, inFlight, firstSequence, timing }) =>
      load.run(duty, {
        address: addressOf(service),
        key: service.key,
        inFlight,
        items,
        accountId: HOT_ACCOUNT,
        firstSequence,
        timing,
      }),
  };
}

function byH2load(yardstick: Yardstick): CallKind {
  return {
    items: 1,
    isNoop: false,
    whyNot: (service) => withoutGrpc(service) ?? withoutH2load(),
    drive: (driving) => driveByH2load(yardstick, driving),
  };
}

function withoutGrpc({ grpcUrl }: ServiceProcess): string | undefined {
  return grpcUrl === undefined ? 'the service does not listen for gRPC' : undefined;
}

function withoutH2load(): string | undefined {
  if (process.env['HOTSPLIT_BENCH_H2LOAD'] !== undefined) return undefined;
  return `h2load is missing (${process.env['HOTSPLIT_BENCH_H2LOAD_UNAVAILABLE'] ?? 'npm run bench brings it'})`;
}

function grpcAddress({ grpcUrl }: ServiceProcess): string {
  if (grpcUrl === undefined) throw new RefusedRun('the service does not listen for gRPC');
  return grpcUrl;
}

/** The load client's own HTTP/1.1, one connection for each call under way. */
function onConnections({ path, items }: { readonly path: string; readonly items: number }): CallKind {
  return {
    items,
    isNoop: false,
    whyNot: () => undefined,
    drive: ({ service, load, inFlight, firstSequence, timing }) =>
      load.run('connections', {
        host: service.url.hostname,
        port: Number(service.url.port),
        path,
        key: service.key,
        connections: inFlight,
        items,
        accountId: HOT_ACCOUNT,
        firstSequence,
        timing,
      }),
  };
}
