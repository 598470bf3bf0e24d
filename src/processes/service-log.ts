import { changedSettings, type Settings } from '../platform/settings';
import type { StructuredLog } from '../platform/structured-log';
import { PRODUCT_VERSION } from '../platform/version';
import { withoutSecrets } from '../shards/shard-address';

/** What the log says of a process that serves: when it began, as what, and how it ended. A process that was killed says nothing. */
export class ServiceLog {
  #stoppingAtMs = 0;

  constructor(
    private readonly log: Pick<StructuredLog, 'info' | 'warn'>,
    private readonly settings: Settings,
    private readonly now: () => number = () => performance.now(),
  ) {}

  begun({ restUrl, grpcAddress }: { readonly restUrl: string; readonly grpcAddress: string }): void {
    const { settings } = this;
    this.log.info('the service serves', {
      version: PRODUCT_VERSION,
      node: process.versions.node,
      pid: process.pid,
      rest: restUrl,
      grpc: grpcAddress,
      directory: withoutSecrets(settings.directoryLocation),
      shards: Object.fromEntries(
        settings.shardAddresses.map(({ name, location }) => [name, withoutSecrets(location)]),
      ),
      settings: changedSettings(settings),
    });
  }

  /** @param why the signal, or who said so */
  stopping(why: string): void {
    this.#stoppingAtMs = this.now();
    this.log.info('the service stops', { why, drainSeconds: this.settings.drainSeconds });
  }

  stopped(isInOrder: boolean): void {
    const seconds = Math.round(this.now() - this.#stoppingAtMs) / 1_000;
    if (isInOrder) this.log.info('the service has stopped: all that it had taken is finished', { seconds });
    else this.log.warn('the service ends with requests unfinished: stopping took too long', { seconds });
  }
}
