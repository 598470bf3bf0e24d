import { noopPath } from '../http/noop-route';
import type { ServiceProcess } from '../http/service-process';
import type { LoadResult } from '../load/load-plan';
import type { LoadProcess } from '../load/load-process';
import type { Timing } from '../measure/measurement';
import { HOT_ACCOUNT } from '../stage/runtime';

/** What a call is carried out with: the service, and the process that loads it. */
export interface Driving {
  readonly service: ServiceProcess;
  readonly load: LoadProcess;
  /** Calls under way at once. */
  readonly inFlight: number;
  readonly firstSequence: number;
  readonly timing: Timing;
}

interface CallKind {
  /** Deductions in one call. */
  readonly items: number;
  /** It answers at once, and nothing of it stands in the ledger. */
  readonly isNoop: boolean;
  drive(driving: Driving): Promise<LoadResult>;
}

/** Deductions in one request of the batch calls. */
const BATCH_ITEMS = 500;

/** The calls to a running service that are measured, each with who drives it. */
export const CALLS = {
  http: onConnections({ path: `/v1/accounts/${HOT_ACCOUNT}/deductions`, items: 1 }),
  'http-noop': { ...onConnections({ path: noopPath(HOT_ACCOUNT), items: 1 }), isNoop: true },
  'http-batch': onConnections({ path: '/v1/deductions:batch', items: BATCH_ITEMS }),
  client: {
    items: 1,
    isNoop: false,
    drive: ({ service, load, inFlight, firstSequence, timing }) =>
      load.run('client', {
        address: service.url.href,
        key: service.key,
        inFlight,
        items: 1,
        accountId: HOT_ACCOUNT,
        firstSequence,
        timing,
      }),
  },
} as const satisfies Readonly<Record<string, CallKind>>;

export type ServiceCall = keyof typeof CALLS;

/** The load client's own HTTP/1.1, one connection for each call under way. */
function onConnections({ path, items }: { readonly path: string; readonly items: number }): CallKind {
  return {
    items,
    isNoop: false,
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
