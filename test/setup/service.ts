import type { FastifyInstance } from 'fastify';
import { readSettings } from '../../src/platform/settings';
import { startService } from '../../src/service';
import { HUNG_MS } from './eventually';
import { ADMIN_KEY, RestClient } from './rest-client';

/** A service that runs inside the test's own process. */
export interface TestService {
  readonly rest: RestClient;
  /** Host and port. */
  readonly grpcAddress: string;
  stop(): Promise<void>;
}

export interface TestServiceOptions {
  readonly folder: string;
  readonly shards: readonly string[];
  /** Further settings, by variable. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly extend?: (rest: FastifyInstance) => void;
}

/**
 * A machine that is busy with other tests is slow and not wrong: what waits there for its turn is not turned away, and no
 * worker is taken for dead. Tests about being turned away give their own bounds.
 */
export const PATIENCE = {
  HOTSPLIT_WAIT_MS_MAX: '120000',
  HOTSPLIT_QUEUED_MS_MAX: '120000',
  HOTSPLIT_WORKER_SILENT_SECONDS_MAX: '300',
  HOTSPLIT_TEST_FENCE_MS: String(HUNG_MS),
};

// The services of this process read it from there.
process.env['HOTSPLIT_TEST_FENCE_MS'] ??= PATIENCE.HOTSPLIT_TEST_FENCE_MS;

/** The variables that make a service under test: any free port, the given shards, the fixed admin key. */
export function serviceEnvironment(options: TestServiceOptions): Record<string, string> {
  return {
    HOTSPLIT_HTTP_PORT: '0',
    HOTSPLIT_GRPC_PORT: '0',
    HOTSPLIT_DATA_DIR: options.folder,
    HOTSPLIT_SHARDS: options.shards.join(','),
    HOTSPLIT_ADMIN_KEY: ADMIN_KEY,
    HOTSPLIT_LOG_LEVEL: 'error',
    ...PATIENCE,
    ...options.settings,
  };
}

export async function startTestService(options: TestServiceOptions): Promise<TestService> {
  const settings = readSettings(serviceEnvironment(options));
  const service = await startService(settings, ADMIN_KEY, { extend: options.extend });
  const rest = new RestClient(service.restUrl);
  return {
    rest,
    grpcAddress: service.grpcAddress,
    stop: async () => {
      rest.close();
      await service.stop();
    },
  };
}
